"""Honesty: no false success, no lost iterate, no dependence on the units of f."""

from __future__ import annotations

import numpy as np
import pytest

from optlab.core.driver import Loop, run
from optlab.core.optimizer import State
from optlab.core.status import Status
from optlab.core.stop import Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.linesearch.initial import first_length
from optlab.optimizers.gradient.gradient_descent import GradientDescent
from optlab.optimizers.gradient.gradient_descent_armijo import GradientDescentArmijo
from optlab.optimizers.gradient.gradient_descent_candidates import GradientDescentCandidates
from optlab.optimizers.gradient.gradient_descent_decay import GradientDescentDecay
from optlab.optimizers.gradient.gradient_descent_exact import GradientDescentExact
from optlab.optimizers.gradient.gradient_descent_optimal_step import GradientDescentOptimalStep
from optlab.optimizers.gradient.gradient_descent_wolfe import GradientDescentWolfe
from optlab.optimizers.newton.newton import Newton
from optlab.optimizers.newton.newton_damped import NewtonDamped
from optlab.optimizers.projected.projected_gradient import ProjectedGradient
from optlab.optimizers.quasi_newton.bfgs import BFGS
from optlab.optimizers.quasi_newton.lbfgs import LBFGS

SEARCHING = (BFGS(), LBFGS(), NewtonDamped(), GradientDescentArmijo(), GradientDescentWolfe(), GradientDescentExact())
EVERY = (
    *SEARCHING, Newton(), GradientDescent(1e-3), GradientDescentDecay(), GradientDescentOptimalStep(),
    GradientDescentOptimalStep(fallback="search"), GradientDescentCandidates(),
)  # fmt: skip
every = pytest.mark.parametrize("optimizer", EVERY, ids=lambda o: type(o).__name__)
searching = pytest.mark.parametrize("optimizer", SEARCHING, ids=lambda o: type(o).__name__)


def rosenbrock(scale=1.0, offset=0.0, sign=1.0):
    def f(x):
        a, b = x.tolist()
        u, v = b - a * a, 1 - a
        return scale * (100 * u * u + v * v) + offset

    def g(x):
        a, b = x.tolist()
        return sign * scale * np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])

    def H(x):
        a, b = x.tolist()
        return scale * np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200.0]])

    return Problem(f, gradient=g, hessian=H, start=[-1.2, 1.0])


def bowl(scale=1.0, offset=0.0, sign=1.0, n=3):
    h = np.geomspace(1, 10, n)
    return Problem(
        lambda x: scale * 0.5 * float(h @ (x * x)) + offset, gradient=lambda x: sign * scale * h * x,
        hessian=lambda x: scale * np.diag(h), start=np.arange(1.0, n + 1),
    )  # fmt: skip


def barrier():
    """Σ (x − log x), NaN outside its domain."""
    return Problem(
        lambda x: float(np.sum(x - np.log(x))), gradient=lambda x: np.where(x > 0, 1 - 1 / x, np.nan),
        hessian=lambda x: np.diag(1 / x**2), start=[0.05, 12.0],
    )  # fmt: skip


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop or Stationary() | Iterations(1000), **more)
    return loop, run(loop)


@every
@pytest.mark.parametrize("factor", [100.0, 1000.0])
def test_nothing_claims_convergence_far_from_the_minimum(optimizer, factor):
    loop, trace = go(rosenbrock(), optimizer, start=np.array([-1.2, 1.0]) * factor)
    assert trace.status is not Status.ERROR, trace.traceback
    assert trace.status is not Status.CONVERGED or np.linalg.norm(loop.state.x - 1) <= 1e-3
    assert all(np.isfinite(trace.points).all(axis=1))


@pytest.mark.parametrize("optimizer", [BFGS(), LBFGS(), NewtonDamped(), Newton()], ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("factor", [100.0, 1000.0])
def test_fast_methods_solve_rosenbrock_from_afar(optimizer, factor):
    stop = Stationary() | Iterations(3000)
    loop, trace = go(rosenbrock(), optimizer, stop, start=np.array([-1.2, 1.0]) * factor)
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 1.0, atol=1e-3)


@every
@pytest.mark.parametrize("make", [rosenbrock, bowl])
def test_the_units_of_f_do_not_change_the_verdict(optimizer, make):
    if "f_homogeneous" in optimizer.properties:
        verdicts = {go(make(scale), optimizer)[1].status for scale in (1.0, 1e-8, 1e8)}
        assert len(verdicts) == 1


@pytest.mark.parametrize(
    "optimizer", [*SEARCHING, Newton(), GradientDescentOptimalStep()], ids=lambda o: type(o).__name__
)
@pytest.mark.parametrize("k", [-60, -30, 30, 60])
def test_a_power_of_two_in_f_leaves_the_iterates_bit_identical(optimizer, k):
    for make in (rosenbrock, bowl):
        stop = Stationary() | Iterations(60)
        _, a = go(make(), optimizer, stop)
        _, b = go(make(2.0**k), optimizer, stop)
        assert a.status is b.status
        assert np.array_equal(a.points, b.points)
        assert np.array_equal(a.scalars["n_f"], b.scalars["n_f"])
        assert np.array_equal(a.scalars["f"] * 2.0**k, b.scalars["f"])


@every
@pytest.mark.parametrize("make", [rosenbrock, bowl])
def test_a_large_offset_ends_honestly(optimizer, make):
    base = go(make(), optimizer)[1].status
    loop, trace = go(make(offset=1e8), optimizer)
    assert trace.status in (base, Status.STALLED)
    if "line_search" in optimizer.properties or "newton" in optimizer.properties:
        assert trace.status in (Status.CONVERGED, Status.STALLED, base)
    if trace.status is Status.CONVERGED:
        assert np.linalg.norm(loop.state.g) <= 1e-5


@pytest.mark.parametrize("optimizer", [BFGS(), LBFGS(), Newton(), NewtonDamped()], ids=lambda o: type(o).__name__)
def test_an_offset_does_not_keep_newton_like_methods_from_rosenbrocks_valley(optimizer):
    loop, trace = go(rosenbrock(offset=1e8), optimizer)
    assert trace.status in (Status.CONVERGED, Status.STALLED)
    assert np.linalg.norm(loop.state.x - 1) <= 1e-3


@searching
def test_a_barrier_of_nan_is_no_obstacle_to_a_search(optimizer):
    loop, trace = go(barrier(), optimizer)
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 1.0, rtol=1e-6)


def test_pure_newton_meets_nan_and_keeps_its_last_finite_iterate():
    loop, trace = go(barrier(), Newton())
    assert trace.status is Status.NONFINITE
    assert np.isfinite(trace.points).all()
    assert np.array_equal(loop.state.x, trace.points[-1])


@searching
@pytest.mark.parametrize("make", [rosenbrock, bowl])
@pytest.mark.parametrize("offset", [0.0, 1.0])
def test_a_gradient_with_the_wrong_sign_is_found_out(optimizer, make, offset):
    loop, trace = go(make(sign=-1.0, offset=offset), optimizer)
    assert trace.status is Status.LINESEARCH_FAILED
    assert loop.oracle.n_f <= 200


def test_candidates_find_out_a_wrong_gradient():
    loop, trace = go(bowl(sign=-1.0), GradientDescentCandidates())
    assert trace.status is Status.LINESEARCH_FAILED
    assert loop.oracle.n_f <= 200


@every
def test_a_gradient_that_turns_nan_half_way_ends_with_what_there_is(optimizer):
    good = bowl()
    broken = Problem(
        good.value, start=[1.0, 2.0, 3.0], hessian=good.hessian,
        gradient=lambda x: good.gradient(x) if x @ x > 1 else np.full(3, np.nan),
    )  # fmt: skip
    _, trace = go(broken, optimizer)
    ends = {Status.NONFINITE, Status.STALLED, Status.MAX_ITERATIONS, Status.LINESEARCH_FAILED}
    assert trace.status in ends
    assert len(trace) >= 1
    assert np.isfinite(trace.points).all()
    assert np.isfinite(trace.scalars["f"]).all()


@every
def test_a_start_at_the_solution_takes_no_step(optimizer):
    loop, trace = go(rosenbrock(), optimizer, start=[1.0, 1.0])
    assert trace.status is Status.CONVERGED
    assert loop.k == 0


@every
def test_a_flat_f_is_converged_at_once(optimizer):
    flat = Problem(lambda x: 3.0, gradient=lambda x: np.zeros(2), hessian=lambda x: np.zeros((2, 2)), start=[1.0, 2.0])
    loop, trace = go(flat, optimizer)
    assert trace.status is Status.CONVERGED
    assert loop.k == 0


@every
def test_a_slope_without_end_is_no_success(optimizer):
    slope = Problem(
        lambda x: float(-x[0] - 2 * x[1]), gradient=lambda x: np.array([-1.0, -2.0]),
        hessian=lambda x: np.zeros((2, 2)), start=[1.0, 2.0],
    )  # fmt: skip
    _, trace = go(slope, optimizer)
    allowed = {Status.UNBOUNDED, Status.MAX_ITERATIONS, Status.NEGATIVE_CURVATURE, Status.SINGULAR_KKT}
    assert trace.status in allowed
    if isinstance(optimizer, (BFGS, LBFGS, GradientDescentWolfe, GradientDescentExact)):
        assert trace.status is Status.UNBOUNDED


@every
def test_one_variable(optimizer):
    problem = Problem(
        lambda x: float(x[0] - 2.0) ** 2, gradient=lambda x: 2 * (x - 2.0), hessian=lambda x: np.full((1, 1), 2.0),
        start=[5.0],
    )  # fmt: skip
    loop, trace = go(problem, optimizer, Stationary(rtol=1e-6) | Iterations(10_000))
    assert trace.status is Status.CONVERGED
    assert loop.state.x[0] == pytest.approx(2.0, abs=1e-5)


@searching
def test_a_far_start(optimizer):
    loop, trace = go(bowl(), optimizer, Stationary() | Iterations(2000), start=np.full(3, 1e8))
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 0, atol=1e-6)


def test_a_hessian_that_is_singular_up_to_rounding_is_a_status():
    v = np.array([0.1, 0.7, 1.3])
    valley = Problem(
        lambda x: 0.5 * float(v @ x) ** 2 + float(x[0]), gradient=lambda x: (v @ x) * v + [1.0, 0.0, 0.0],
        hessian=lambda x: np.outer(v, v) * (1 + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]) * 2e-16), start=np.ones(3),
    )  # fmt: skip
    assert go(valley, Newton())[1].status is Status.SINGULAR_KKT


@pytest.mark.parametrize("k", [-60, 60])
def test_the_shift_of_damped_newton_is_relative(k):
    def saddle(c):
        return Problem(
            lambda x: c * (0.5 * x[0] ** 2 - 0.5 * x[1] ** 2 + 0.25 * x[1] ** 4),
            gradient=lambda x: c * np.array([x[0], x[1] ** 3 - x[1]]),
            hessian=lambda x: c * np.diag([1.0, 3 * x[1] ** 2 - 1]), start=[1.7, 0.1],
        )  # fmt: skip

    a, b = (go(saddle(c), NewtonDamped())[1] for c in (1.0, 2.0**k))
    assert a.status is b.status is Status.CONVERGED
    np.testing.assert_array_equal(a.points, b.points)


def test_a_singular_hessian_is_a_status():
    valley = Problem(
        lambda x: float(x[0] + x[1]) ** 2 + float(x[0] + x[1]), start=[1.0, 2.0],
        gradient=lambda x: np.full(2, 2 * (x[0] + x[1]) + 1), hessian=lambda x: np.full((2, 2), 2.0),
    )  # fmt: skip
    assert go(valley, Newton())[1].status is Status.SINGULAR_KKT
    assert go(valley, NewtonDamped())[1].status is Status.CONVERGED


def test_negative_curvature_is_a_status_or_the_stated_fallback():
    saddle = Problem(
        lambda x: float(x[0] ** 4 / 4 - x[0] ** 2 / 2), gradient=lambda x: x**3 - x,
        hessian=lambda x: np.array([[3 * x[0] ** 2 - 1]]), start=[0.3],
    )  # fmt: skip
    loop, trace = go(saddle, GradientDescentOptimalStep())
    assert trace.status is Status.NEGATIVE_CURVATURE
    assert loop.k == 0
    loop, trace = go(saddle, GradientDescentOptimalStep(fallback="search"))
    assert trace.status is Status.CONVERGED
    assert loop.state.x[0] == pytest.approx(1.0)
    assert loop.state.restarts > 0


def test_damped_newton_leaves_a_saddle_that_pure_newton_goes_to():
    saddle = Problem(
        lambda x: 0.5 * x[0] ** 2 - 0.5 * x[1] ** 2 + 0.25 * x[1] ** 4,
        gradient=lambda x: np.array([x[0], x[1] ** 3 - x[1]]),
        hessian=lambda x: np.diag([1.0, 3 * x[1] ** 2 - 1]), start=[1.7, 1e-4],
    )  # fmt: skip
    assert abs(go(saddle, Newton())[0].state.x[1]) <= 1e-8
    loop, trace = go(saddle, NewtonDamped())
    assert trace.status is Status.CONVERGED
    assert abs(loop.state.x[1]) == pytest.approx(1.0, rel=1e-6)


@searching
@pytest.mark.parametrize("power", [4, 10])
@pytest.mark.parametrize("start", [2.0, 200.0])
def test_a_flat_bottom_is_not_taken_for_none(optimizer, power, start):
    problem = Problem(
        lambda x: float(x[0] ** power), gradient=lambda x: power * x ** (power - 1),
        hessian=lambda x: np.array([power * (power - 1) * x ** (power - 2)]), start=[2.0],
    )  # fmt: skip
    _, trace = go(problem, optimizer, start=[start])
    assert trace.status is Status.CONVERGED


@searching
def test_a_fall_by_eighty_orders_of_magnitude_does_not_mislead_the_next_search(optimizer):
    def f(x):
        return float(2 * np.cosh(x[0]) + 2 * np.exp(x[0]) * np.cosh(2 * x[1]))

    def g(x):
        both = 2 * np.exp(x[0]) * np.array([np.cosh(2 * x[1]), 2 * np.sinh(2 * x[1])])
        return both + np.array([2 * np.sinh(x[0]), 0.0])

    def H(x):
        c, s = 2 * np.exp(x[0]) * np.cosh(2 * x[1]), 4 * np.exp(x[0]) * np.sinh(2 * x[1])
        return np.array([[c + 2 * np.cosh(x[0]), s], [s, 4 * c]])

    _, trace = go(Problem(f, gradient=g, hessian=H, start=[1.0, 0.5]), optimizer, start=[100.0, 50.0])
    assert trace.status is Status.CONVERGED


@pytest.mark.parametrize("k", [-60, 60])
def test_damped_newton_without_curvature_does_not_depend_on_the_units_of_f(k):
    def slope(c):
        return Problem(
            lambda x: c * float(-x[0] - 2 * x[1]), gradient=lambda x: c * np.array([-1.0, -2.0]),
            hessian=lambda x: np.zeros((2, 2)), start=[1.0, 2.0],
        )  # fmt: skip

    a, b = (go(slope(c), NewtonDamped(), Stationary() | Iterations(50))[1] for c in (1.0, 2.0**k))
    np.testing.assert_array_equal(a.points, b.points)
    assert a.points[-1, 0] > a.points[0, 0] + 50


def test_a_direction_whose_square_overflows_has_a_first_length():
    g = np.full(2, 1e200)
    with np.errstate(over="ignore"):
        assert first_length(State(np.zeros(2), 0.0, g), -g) > 0


def test_an_exact_search_is_not_misled_by_rounding_greater_than_it_assumes():
    """Far out, the products in Beale's function cancel: f has five times the rounding of |f| itself."""
    c = np.array([1.5, 2.25, 2.625])
    p = np.array([1.0, 2.0, 3.0])

    def r(x):
        return c - x[0] * (1 - x[1] ** p)

    def g(x):
        return 2 * np.array([-(1 - x[1] ** p) @ r(x), (x[0] * p * x[1] ** (p - 1)) @ r(x)])

    far = Problem(lambda x: float(r(x) @ r(x)), gradient=g, start=[1.0, 1.0])
    _, trace = go(far, GradientDescentExact(), Stationary() | Iterations(20), start=[100.0, 100.0])
    assert trace.status is Status.MAX_ITERATIONS


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_the_units_of_x_do_not_make_every_bound_active(unit):
    inner = rosenbrock()
    start, lower = unit * np.array([-1.2, 1.0]), unit * np.array([-1.3, 0.9])
    problem = Problem(
        lambda x: inner.value(x / unit), gradient=lambda x: inner.gradient(x / unit) / unit, start=start,
        bounds=(lower, np.inf),
    )  # fmt: skip
    loop, trace = go(problem, ProjectedGradient(), Stationary() | Iterations(5000))
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x / unit, [-0.9432387, 0.9], atol=1e-6)
