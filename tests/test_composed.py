"""Penalty, augmented Lagrangian and barrier against their theory, and the view that inner optimizers have."""

from __future__ import annotations

import pickle
from itertools import pairwise

import autograd.numpy as anp
import numpy as np
import pytest

import optlab
from optlab.checks.spy import counting
from optlab.core.driver import Loop, iterate, run
from optlab.core.endings import lacking
from optlab.core.oracle import Oracle
from optlab.core.program import Program
from optlab.core.status import Status
from optlab.core.stop import Evaluations, Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.kernels.penalty_interior import inside
from optlab.kernels.penalty_terms import Augmented, Barrier
from optlab.optimizers._merit_view import Point, View
from optlab.optimizers.constrained.augmented_lagrangian import AugmentedLagrangian
from optlab.optimizers.constrained.log_barrier import LogBarrier
from optlab.optimizers.constrained.penalty import Penalty
from optlab.optimizers.projected.lbfgsb import LBFGSB
from optlab.optimizers.quasi_newton.bfgs import BFGS
from optlab.optimizers.trust_region.trust_region import TrustRegion

ALL = (Penalty(), AugmentedLagrangian(), LogBarrier())
STOP = Stationary() | Iterations(500)
EXACT = Iterations(100)


def trace_of(problem, method, stop=STOP, start=None):
    loop = Loop(problem, method, stop=stop, start=start)
    return loop, run(loop)


def states(problem, method, stop=STOP, start=None):
    return [record.state for record in iterate(problem, method, stop=stop, start=start)]


def equality_quadratic(n=5, p=2, seed=0):
    """½xᵀHx − cᵀx subject to Ax = b, the rows of A of lengths 2 and 5; with x*, ν* from the KKT system."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    H = (Q * np.geomspace(1, 10, n)) @ Q.T
    H = 0.5 * (H + H.T)
    A = np.linalg.qr(rng.standard_normal((n, p)))[0].T * np.array([[2.0], [5.0]])
    b, c = rng.standard_normal(p), rng.standard_normal(n)
    K = np.block([[H, A.T], [A, np.zeros((p, p))]])
    solution = np.linalg.solve(K, np.concatenate([c, b]))
    problem = Problem(
        lambda x: 0.5 * x @ H @ x - c @ x, gradient=lambda x: H @ x - c, hessian=lambda x: H, start=3 * np.ones(n),
        linear_equality=(A, b),
    )  # fmt: skip
    return problem, (H, A, b, c), solution[:n], solution[n:]


def half_space():
    """½‖x‖² subject to x₁ + x₂ ≥ 1: x* = (½, ½), λ = ½."""
    A, b = np.array([[-1.0, -1.0]]), np.array([-1.0])
    return Problem(
        lambda x: 0.5 * x @ x, gradient=lambda x: x.copy(), hessian=lambda x: np.eye(2), start=[2.0, 1.0],
        linear_inequality=(A, b),
    )  # fmt: skip


def changes(found):
    """The states where a merit function was done with, each with the one before it: its merit function's own."""
    return [(old, new) for old, new in pairwise(found) if new.outer > old.outer]


# --- the terms and the view ---------------------------------------------------------------------


@pytest.mark.parametrize("terms", [
    Augmented(np.array([0.0, 0.7, 2.0]), np.array([-1.5]), np.array([3.0, 0.5, 40.0]), np.array([2.0])),
    Barrier(0.3),
])  # fmt: skip
def test_terms_are_derivatives_of_one_another(terms):
    g, h, t = np.array([-0.9, -0.4, -0.2]), np.array([0.7] if isinstance(terms, Augmented) else []), 1e-6
    lam, nu = terms.multipliers(g, h)
    a, b = terms.curvatures(g, h)
    for i, step in enumerate(t * np.eye(3)):
        assert (terms.value(g + step, h) - terms.value(g - step, h)) / (2 * t) == pytest.approx(lam[i], abs=1e-8)
        slope = (terms.multipliers(g + step, h)[0] - terms.multipliers(g - step, h)[0]) / (2 * t)
        np.testing.assert_allclose(slope, a * np.eye(3)[i], atol=1e-6)
    if h.size:
        assert (terms.value(g, h + t) - terms.value(g, h - t)) / (2 * t) == pytest.approx(nu[0], rel=1e-8)
        assert (terms.multipliers(g, h + t)[1] - terms.multipliers(g, h - t)[1])[0] / (2 * t) == pytest.approx(b[0])
    assert (lam >= 0).all()


def test_an_inequality_out_of_play_has_no_slope_and_the_pieces_meet():
    terms = Augmented(np.array([2.0]), np.empty(0), np.array([4.0]), np.empty(0))
    edge, none = np.array([-0.5]), np.empty(0)
    assert terms.value(edge - 1e-12, none) == pytest.approx(terms.value(edge + 1e-12, none), abs=1e-10)
    assert terms.value(edge - 1, none) == terms.value(edge - 9, none) == -0.5  # −λ²/(2ρ)
    assert terms.multipliers(edge - 1, none)[0] == terms.curvatures(edge - 1, none)[0] == 0
    far = np.array([1e-9])
    quadratic = Augmented(np.zeros(1), none, np.array([8.0]), none)
    assert quadratic.value(far, none) == pytest.approx(4e-18)
    assert Barrier(1.0).value(np.array([0.0, -1.0]), none) == np.inf


def curved(**more):
    return Problem(
        lambda x: x[0] ** 4 + x[0] * x[1] + anp.exp(x[2]), start=[0.4, -0.3, 0.2],
        equality=lambda x: anp.array([x[0] * x[1] * x[2] - 0.1]),
        inequality=lambda x: anp.array([x[0] ** 2 + x[1] ** 2 - 0.2, x[1] - x[2] ** 2 - 1]), **more,
    )  # fmt: skip


def test_the_view_has_the_derivatives_of_the_merit_function():
    oracle = Oracle(curved())
    terms = Augmented(np.array([0.5, 0.1]), np.array([-2.0]), np.array([7.0, 3.0]), np.array([5.0]))
    x, t = np.array([0.4, -0.3, 0.2]), 1e-5

    def at(y):
        return View(Program(oracle), terms).value_and_gradient(y)

    view = View(Program(oracle), terms)
    g, H = view.gradient(x), view.hessian(x)
    for i, e in enumerate(np.eye(3)):
        ahead, behind = at(x + t * e), at(x - t * e)
        assert (ahead[0] - behind[0]) / (2 * t) == pytest.approx(g[i], rel=1e-7)
        np.testing.assert_allclose((ahead[1] - behind[1]) / (2 * t), H[i], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(view.hvp(x, g), H @ g)


def test_the_view_evaluates_nothing_twice_and_shows_bounds_alone():
    oracle = Oracle(curved(bounds=(-1.0, [1.0, np.inf, np.inf])))
    program = Program(oracle)
    x = np.array([0.4, -0.3, 0.2])
    point = Point(program.values(x), program.slopes(x))
    counts = oracle.counts
    terms = Augmented(np.zeros(2), np.zeros(1), np.ones(2), np.ones(1))
    oracle.value(x + 1.0)  # elsewhere
    view = View(program, terms, point)
    view.value_and_gradient(x)
    assert oracle.n_f == counts[0] + 1
    assert oracle.counts[1:] == counts[1:]
    assert view.constrained == ("bounds",)
    np.testing.assert_array_equal(view.project(np.array([2.0, -3.0, 7.0])), [1.0, -1.0, 7.0])
    assert view.project(x) is x
    assert View(Program(Oracle(curved())), terms).constrained == ()


# --- theory -------------------------------------------------------------------------------------


def test_penalty_errors_are_as_one_over_rho():
    """x(ρ) solves (H + AᵀRA)x = c + AᵀRb with R = ρ/‖row‖²; x(ρ) − x* and ρ-weighted residuals − ν* are O(1/ρ)."""
    problem, (H, A, b, c), x_star, nu_star = equality_quadratic()
    errors, estimates, rhos = [], [], []
    for old, new in changes(states(problem, Penalty(loosest=1e-9), EXACT))[:6]:
        R = np.diag(old.rho / np.linalg.norm(A, axis=1) ** 2)
        closed = np.linalg.solve(H + A.T @ R @ A, c + A.T @ R @ b)
        np.testing.assert_allclose(new.x, closed, rtol=1e-9, atol=1e-9)
        errors.append(np.linalg.norm(new.x - x_star))
        estimates.append(np.linalg.norm(R @ (A @ new.x - b) - nu_star))
        rhos.append(old.rho)
    for seen in (np.array(errors), np.array(estimates)):
        scaled = (seen * rhos)[1:5]
        assert scaled.max() <= 1.3 * scaled.min()
        assert seen[4] < 2e-3 * seen[1]


def test_multipliers_of_the_augmented_lagrangian_converge_as_theory_says():
    """On a quadratic ν₊ − ν* = (I + R A H⁻¹ Aᵀ)⁻¹ (ν − ν*): a rate of order 1/ρ, which need not grow."""
    problem, (H, A, _, _), x_star, nu_star = equality_quadratic()
    for rho in (3.0, 30.0):
        method = AugmentedLagrangian(rho=rho, loosest=1e-10, tighten=0.9, theta=0.99)
        found = states(problem, method, EXACT)
        R = np.diag(found[0].rho / np.linalg.norm(A, axis=1) ** 2)
        shrinks = np.linalg.inv(np.eye(2) + R @ A @ np.linalg.solve(H, A.T))
        compared = 0
        for old, new in changes(found):
            assert old.rho == new.rho
            if np.linalg.norm(old.terms.nu - nu_star) < 1e-6:
                break
            expected = shrinks @ (old.terms.nu - nu_star)
            np.testing.assert_allclose(new.terms.nu - nu_star, expected, rtol=1e-4, atol=1e-10)
            compared += 1
        assert compared >= 2
        np.testing.assert_allclose(found[-1].x, x_star, atol=1e-8)
        np.testing.assert_allclose(found[-1].nu, nu_star, atol=1e-7)


def test_the_first_multipliers_are_those_of_least_squares():
    problem, (_, A, _, _), _, _ = equality_quadratic()
    state = states(problem, AugmentedLagrangian(), Iterations(0))[0]
    np.testing.assert_allclose(state.terms.nu, np.linalg.lstsq(A.T, -state.g, rcond=None)[0])
    assert not states(problem, Penalty(), Iterations(0))[0].terms.nu.any()


def test_minimizers_of_the_barrier_are_the_central_path():
    """For x subject to 1 ≤ x ≤ 5: x(μ) solves 1 = μ/(x − 1) − μ/(5 − x); for the half-space 2t² − t = μ, x = (t, t)."""
    on_a_line = Problem(lambda x: x[0], gradient=lambda x: np.ones(1), hessian=lambda x: np.zeros((1, 1)), start=[3.0],
                        bounds=(1.0, 5.0))  # fmt: skip
    method = LogBarrier(centering=1e-6)
    passed = changes(states(on_a_line, method))
    assert len(passed) >= 6
    for old, new in passed:
        x, mu = float(new.x[0]), old.mu
        assert mu / (x - 1) - mu / (5 - x) == pytest.approx(1.0, abs=1e-5)
        assert new.gap == pytest.approx(2 * mu)
        assert new.gap >= new.f - 1.0 >= 0
    for old, new in changes(states(half_space(), method)):
        t = 0.25 * (1 + np.sqrt(1 + 8 * old.mu))
        np.testing.assert_allclose(new.x, [t, t], rtol=1e-6)
        assert new.gap == old.mu
        assert 0 <= new.f - 0.25 <= new.gap * (1 + 1e-6)


def test_the_gap_bounds_the_error_wherever_it_is_known():
    """On convex problems f − f* ≤ mμ once a minimizer is reached; the gap falls to nothing."""
    for name in ("minimum_norm", "degenerate_vertex", "nonunique_multipliers", "hs65", "box_quadratic"):
        problem = optlab.problem(name)
        reached = [new for _, new in changes(states(problem, LogBarrier()))]
        for state in reached:
            assert state.f - problem.known.optimum <= state.gap * 1.01 + 1e-10, name
        assert reached[-1].gap <= 1e-5 * reached[0].gap


# --- promises -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ALL, ids=lambda m: type(m).__name__)
def test_multipliers_equal_closed_forms(method):
    loop, trace = trace_of(half_space(), method)
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 0.5, atol=1e-7)
    np.testing.assert_allclose(loop.state.lam, 0.5, atol=1e-6)
    for name in ("minimum_norm", "hs65", "box_quadratic", "maximum_entropy", "isoperimetric"):
        problem = optlab.problem(name)
        if lacking(problem, method) or problem.known.multipliers is None:
            continue
        if isinstance(method, Penalty) and name == "isoperimetric":
            continue  # a curved valley, along which ρ = 10¹⁰ leaves no accuracy
        loop, trace = trace_of(problem, method)
        assert trace.status is Status.CONVERGED, name
        found = np.concatenate([loop.state.lam, loop.state.nu])
        np.testing.assert_allclose(found, np.concatenate(problem.known.multipliers), rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("name", ["hs12", "hs18", "hs24", "hs29", "hs65", "box_quadratic", "minimum_norm"])
def test_the_barrier_asks_for_f_strictly_inside_alone(name):
    problem = optlab.problem(name)
    oracle = Oracle(problem)
    lo, hi = oracle.bounds or (-np.inf, np.inf)
    calls = []

    def f(x):
        calls.append(x.copy())
        return problem.value(x)

    guarded = Problem(
        f, gradient=problem.gradient, start=problem.start(), inequality=problem.inequality, bounds=problem.bounds,
        feasible=problem.feasible, linear_inequality=problem.linear_inequality, hessian=problem.hessian,
        inequality_jacobian=problem.inequality_jacobian if problem.inequality is not None else None,
        lagrangian_hessian=problem.lagrangian_hessian,
    )  # fmt: skip
    _, trace = trace_of(guarded, LogBarrier())
    assert trace.status is Status.CONVERGED
    assert len(calls) > 10
    for x in calls:
        assert (x > lo).all()
        assert (x < hi).all()
        assert (Oracle(problem).inequality(x) < 0).all()


@pytest.mark.parametrize("method", [Penalty(), AugmentedLagrangian(), AugmentedLagrangian(inner=LBFGSB())], ids=str)
def test_bounds_are_kept_exactly_at_every_evaluation(method):
    problem = optlab.problem("hs24")

    def f(x):
        assert (x >= 0).all()
        return problem.value(x)

    guarded = Problem(f, gradient=problem.gradient, hessian=problem.hessian, start=[1.0, 0.5], bounds=(0.0, np.inf),
                      linear_inequality=problem.linear_inequality)  # fmt: skip
    _, trace = trace_of(guarded, method)
    assert trace.status is Status.CONVERGED


def test_a_start_outside_is_moved_inside_and_where_there_is_no_inside_the_verdict_is_infeasible():
    loop, trace = trace_of(half_space(), LogBarrier(), start=[-5.0, 1.0])
    assert trace.status is Status.CONVERGED
    assert (trace.points.sum(axis=1) > 1).all()
    np.testing.assert_allclose(loop.state.x, 0.5, atol=1e-6)
    for name in ("infeasible_half_planes", "infeasible_parabola"):
        assert trace_of(optlab.problem(name), LogBarrier())[1].status is Status.INFEASIBLE


def test_phase_one_finds_what_is_deep_enough_or_says_that_there_is_nothing():
    def ring(x):
        return np.array([x @ x - 1.0, 0.81 - x @ x])

    def slopes(x):
        return np.array([2 * x, -2 * x])

    x = inside(ring, slopes, np.array([5.0, 5.0]), 1.0).x
    assert 0.81 < x @ x < 1
    assert (ring(x) < -0.01).all()
    assert not inside(lambda x: np.array([x @ x]), lambda x: 2 * x[None, :], np.ones(2), 1.0).strict
    edge = inside(lambda x: np.array([x[0], -x[0]]), lambda x: np.array([[1.0], [-1.0]]), np.ones(1), 1.0)
    assert not edge.strict
    assert edge.height == pytest.approx(0.0, abs=1e-12)
    apart = inside(lambda x: np.array([x[0], 2 - x[0]]), lambda x: np.array([[1.0], [-1.0]]), np.ones(1), 1.0)
    assert not apart.strict
    assert apart.height == pytest.approx(1.0)


@pytest.mark.parametrize("method", [Penalty(), AugmentedLagrangian(), AugmentedLagrangian(inner=LBFGSB())], ids=str)
def test_traps_end_in_an_honest_verdict(method):
    for name in ("infeasible_circles", "infeasible_half_planes", "infeasible_parabola"):
        assert trace_of(optlab.problem(name), method)[1].status is Status.INFEASIBLE, name
    downhill = Problem(lambda x: x[0] + 0 * x[1], start=[1.0, 1.0], equality=lambda x: x[1])
    assert trace_of(downhill, method)[1].status is Status.UNBOUNDED
    assert not trace_of(optlab.problem("hs13"), method)[1].status.success


@pytest.mark.parametrize("method", [Penalty(), AugmentedLagrangian()], ids=str)
def test_a_merit_function_without_a_minimum_raises_rho(method):
    """x³ on [x = 0]: for every ρ the penalty loses against x → −∞; from nearby the minimum is found all the same."""
    falling = Problem(lambda x: x[0] ** 3 - x[0], start=[-3.0], equality=lambda x: x[0])
    loop, trace = trace_of(falling, method)
    assert trace.status is Status.CONVERGED
    assert loop.state.x[0] == pytest.approx(0, abs=1e-7)
    assert loop.state.nu[0] == pytest.approx(1, abs=1e-6)


def test_dependent_rows_are_no_obstacle():
    twice = Problem(lambda x: x @ x, gradient=lambda x: 2 * x, hessian=lambda x: 2 * np.eye(2), start=[3.0, 1.0],
                    linear_equality=(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([1.0, 2.0])))  # fmt: skip
    for method in (Penalty(), AugmentedLagrangian()):
        loop, trace = trace_of(twice, method)
        assert trace.status is Status.CONVERGED
        np.testing.assert_allclose(loop.state.x, 0.5, atol=1e-7)


# --- flatness -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [*ALL, AugmentedLagrangian(inner=LBFGSB())], ids=str)
def test_every_inner_iterate_is_a_record_and_every_evaluation_counts_once(method):
    spy, calls = counting(optlab.problem("hs24"))
    records = list(iterate(spy, method, stop=Iterations(12)))
    assert records[-1].evaluations["f"] == calls["f"]
    assert records[-1].evaluations["gradient"] == calls["gradient"]
    records = list(iterate(optlab.problem("hs24"), method, stop=STOP))
    assert [record.k for record in records] == list(range(len(records)))
    outer = [record.state.outer for record in records]
    assert outer[0] == 0
    assert outer[-1] >= 3
    assert outer == sorted(outer)
    for old, new in pairwise(records):  # nothing is evaluated where the merit function changes
        if old.state.x is new.state.x:
            continue
        assert new.evaluations["f"] > old.evaluations["f"]
    trace = trace_of(optlab.problem("hs24"), method)[1]
    assert {"outer", "lam"} <= set(trace.scalars)
    assert trace.scalars["lam"].shape == (len(trace), 5)
    assert {"rho"} <= set(trace.scalars) or {"mu", "gap"} <= set(trace.scalars)


@pytest.mark.parametrize("method", [*ALL, AugmentedLagrangian(inner=LBFGSB()), LogBarrier(inner=BFGS())], ids=str)
def test_a_pickled_record_resumes_bit_for_bit_wherever_it_was_taken(method):
    problem = optlab.problem("hs24")
    saved = [
        (record.x.tobytes(), record.counts, pickle.dumps(record)) for record in iterate(problem, method, stop=STOP)
    ]
    for i in range(0, len(saved) - 2, 3):
        rest = list(iterate(problem, method, stop=STOP, resume=pickle.loads(saved[i][2])))
        assert [(record.x.tobytes(), record.counts) for record in rest] == [row[:2] for row in saved[i + 1 :]]


def test_budgets_are_those_of_the_oracle():
    for method in ALL:
        loop, trace = trace_of(optlab.problem("hs24"), method, Evaluations(f=7))
        assert trace.status is Status.MAX_EVALUATIONS
        assert loop.oracle.n_f <= 7


def test_the_inner_optimizer_is_a_name_and_decides_what_is_needed_and_handled():
    default, limited = (
        optlab.optimizer("augmented_lagrangian"),
        optlab.optimizer("augmented_lagrangian", inner="lbfgsb"),
    )
    assert default.needs == ("gradient", "lagrangian_hessian")
    assert limited.needs == ("gradient",)
    assert limited.inner == LBFGSB()
    assert default.handles == ("bounds", "equality", "inequality")
    free = AugmentedLagrangian(inner=TrustRegion())
    assert "bounds" not in free.handles
    assert "bounds" in lacking(optlab.problem("hs24"), free)
    assert LogBarrier(inner=BFGS()).needs == ("gradient",)
    assert "equality" in lacking(equality_quadratic()[0], LogBarrier())


# --- what it takes ------------------------------------------------------------------------------

EFFORT = {"hs12": 30, "hs18": 70, "hs19": 50, "hs23": 30, "hs24": 40, "hs26": 50, "hs27": 70, "hs29": 25, "hs32": 10,
          "hs36": 10, "hs46": 40, "hs60": 15, "hs61": 35, "hs63": 20, "hs64": 70, "hs65": 45, "hs7": 35, "hs8": 20,
          "isoperimetric": 35, "water_filling": 15, "portfolio": 10}  # fmt: skip
"""Most evaluations of f until |f − f*| ≤ 10⁻⁶ max(1, |f*|) with a violation of at most 10⁻⁶."""


@pytest.mark.parametrize("name", EFFORT)
def test_the_augmented_lagrangian_takes_few_evaluations(name):
    problem = optlab.problem(name)
    best, spent = problem.known.optimum, None
    for record in iterate(problem, AugmentedLagrangian(), stop=STOP):
        oracle = Oracle(problem)
        violation = Program(oracle).violation(Program(oracle).values(record.x))
        if abs(record.f - best) <= 1e-6 * max(1.0, abs(best)) and violation <= 1e-6:
            spent = record.evaluations["f"]
            break
    assert spent is not None
    assert spent <= EFFORT[name]


@pytest.mark.parametrize("name", ["hs7", "hs24", "hs63", "hs65", "maximum_volume_box", "isoperimetric"])
@pytest.mark.parametrize("power", [-40, 40])
def test_the_augmented_lagrangian_is_bit_exact_in_the_units_of_f(name, power):
    problem = optlab.problem(name)
    scaled = optlab.problem(name, transforms={"name": "value_scaling", "factor": 2.0**power})
    plain, other = trace_of(problem, AugmentedLagrangian())[1], trace_of(scaled, AugmentedLagrangian())[1]
    np.testing.assert_array_equal(plain.points, other.points)
    assert plain.status is other.status is Status.CONVERGED


@pytest.mark.parametrize("method", [Penalty(), AugmentedLagrangian()], ids=lambda m: type(m).__name__)
def test_a_start_where_f_is_flat_gives_no_wrong_unit(method):
    """‖x‖² from 0, where ∇f is zero and on a hyperbola ∇g too: ρ has its scale from elsewhere."""
    for constraint in ({"equality": lambda x: x[0] + x[1] - 2.0}, {"inequality": lambda x: 1.0 - x[0] * x[1]}):
        ends = []
        for factor in (1e-8, 1.0, 1e8):
            problem = Problem(lambda x, c=factor: c * (x[0] ** 2 + x[1] ** 2), start=[0.0, 0.0], **constraint)
            loop, _ = trace_of(problem, method)
            ends.append(loop.state.x)
            multiplier = np.concatenate([loop.state.lam, -loop.state.nu])
            np.testing.assert_allclose(multiplier / factor, 2.0, rtol=1e-5)
        np.testing.assert_allclose(np.abs(ends), 1.0, atol=1e-6)


def test_the_penalty_stops_growing_where_the_constraints_are_met_to_the_last_digit():
    """Beyond ρ = |ν|/(ε‖x‖), in distances, a greater one changes rounding alone."""
    far = Problem(lambda x: (x - 1) @ (x - 1), start=[1.0, 0.0], linear_equality=([[1.0, 1.0]], [1e6]))
    loop, trace = trace_of(far, Penalty())
    assert trace.status is Status.CONVERGED
    assert loop.state.rho < Penalty().most * loop.state.first_rho
    loop, trace = trace_of(optlab.problem("hs64"), Penalty())
    assert loop.state.rho < Penalty().most * loop.state.first_rho
    assert "multipliers" not in trace.message


@pytest.mark.parametrize("method", [Penalty(), AugmentedLagrangian()], ids=str)
def test_multipliers_without_bound_are_given_as_the_reason_where_they_are(method):
    _, trace = trace_of(optlab.problem("cq_failure"), method)
    assert trace.status is Status.STALLED
    assert "the multipliers grow without bound" in trace.message
