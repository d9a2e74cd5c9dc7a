"""The interior point methods and their kernels: closed forms, the central path, honest ends."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from autograd import numpy as anp
from scipy.optimize import linprog

import optlab
from optlab.core.driver import Loop, iterate, run
from optlab.core.oracle import Oracle
from optlab.core.program import Program
from optlab.core.status import Status
from optlab.core.stop import Evaluations, Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.kernels.interior import CLOSEST, NEAR_CENTRAL, Box, Duals, error, fraction, share
from optlab.kernels.interior_filter import GAIN_PHI, GAIN_THETA, Filter
from optlab.kernels.interior_layout import PUSH, UNIT, arranged, free_between, row_units, unit_of
from optlab.optimizers._interior_problem import tried
from optlab.optimizers.constrained.interior_point import InteriorPoint
from optlab.optimizers.constrained.interior_point_bfgs import InteriorPointBFGS
from optlab.transforms.constraint_scaling import ConstraintScaling
from optlab.transforms.value_scaling import ValueScaling

BOTH = pytest.mark.parametrize("method", [InteriorPoint(), InteriorPointBFGS()], ids=["exact", "bfgs"])
EXACT = InteriorPoint()
FINE = Stationary(rtol=1e-10) | Iterations(300)
INF = np.inf


class Run(NamedTuple):
    status: Status
    states: list

    @property
    def last(self):
        return self.states[-1]

    @property
    def x(self):
        return self.states[-1].x


def go(problem, method=EXACT, stop=FINE, **more):
    records = list(iterate(problem, method, stop=stop, **more))
    return Run(records[-1].status, [r.state for r in records if r.status is None or r is records[-1]])


def ball_ridge(pull=6.0, n=3):
    """½‖x − 6u‖² in the unit ball, u a unit vector: x = u, λ = 5 for ½(‖x‖² − 1) ≤ 0."""
    u = np.ones(n) / np.sqrt(n)
    return u, Problem(lambda x: 0.5 * anp.sum((x - pull * u) ** 2), start=np.zeros(n),
                      inequality=lambda x: 0.5 * (anp.sum(x * x) - 1.0))  # fmt: skip


# --- kernels --------------------------------------------------------------------------------------


BOX = Box(np.array([0.0, -INF, -1.0, -INF]), np.array([INF, 2.0, 3.0, INF]))
INSIDE = np.array([0.5, 1.0, 0.0, 7.0])
DUALS = Duals(np.array([2.0, 0.0, 0.5, 0.0]), np.array([0.0, 3.0, 0.25, 0.0]))


def test_the_start_is_pushed_inside():
    w = BOX.pushed(np.array([-4.0, 2.0, -1.0, 5.0]), 0.1)
    assert np.allclose(w, [0.1, 2.0 - 0.2, -1.0 + 0.1, 5.0])
    assert np.array_equal(BOX.pushed(INSIDE, 0.1), INSIDE)
    narrow = Box(np.array([1.0]), np.array([1.001]))
    assert np.allclose(narrow.pushed(np.array([0.0]), 0.1), 1.0001)


def test_rounding_never_reaches_a_bound():
    tight = Box(np.array([1.0, -INF]), np.array([INF, -1.0]))
    w = tight.within(np.array([1.0, -1.0]))
    assert w[0] > 1.0
    assert w[1] < -1.0
    assert max(w[0] - 1.0, -1.0 - w[1]) < 1e-15


def test_the_barriers_slope_is_its_derivative():
    slope, t = BOX.barrier_slope(INSIDE), 1e-6
    for i in range(4):
        e = t * np.eye(4)[i]
        assert slope[i] == pytest.approx((BOX.barrier(INSIDE + e) - BOX.barrier(INSIDE - e)) / (2 * t), abs=1e-7)
    assert slope[3] == 0.0


def test_the_fraction_to_the_boundary():
    """Longest α ≤ 1 with w + αd at least (1 − τ) of every distance away. Source: N & W, equation 19.9."""
    assert BOX.longest(INSIDE, np.array([-1.0, 0.0, 0.0, -9.0]), 0.9) == pytest.approx(0.45)
    assert BOX.longest(INSIDE, np.array([-1.0, 4.0, 0.0, 9.0]), 0.9) == pytest.approx(0.225)
    assert BOX.longest(INSIDE, np.array([9.0, -9.0, 0.1, 9.0]), 0.9) == 1.0
    assert fraction(np.array([1.0]), np.array([-0.5]), 0.99) == 1.0
    assert share(0.99, 0.1) == 0.99
    assert share(0.99, 1e-3) == 0.999
    assert share(0.99, 1e-30) == 1.0 - CLOSEST


def test_the_duals_step_solves_the_linearized_products():
    """Z d + S dz = μ − Zs for lower bounds, −Z d + S dz = μ − Zs for upper ones."""
    d, mu = np.array([0.3, -0.2, 0.1, 5.0]), 0.05
    step = DUALS.step(BOX, INSIDE, d, mu)
    below, above = BOX.room(INSIDE)
    for i in (0, 2):
        assert DUALS.lower[i] * d[i] + below[i] * step.lower[i] == pytest.approx(mu - DUALS.lower[i] * below[i])
    for i in (1, 2):
        assert -DUALS.upper[i] * d[i] + above[i] * step.upper[i] == pytest.approx(mu - DUALS.upper[i] * above[i])
    assert step.lower[1] == step.lower[3] == step.upper[0] == step.upper[3] == 0.0
    assert np.allclose(DUALS.products(BOX, INSIDE), [1.0, 0.5, 3.0, 0.75])


def test_duals_stay_near_the_central_path():
    none = Duals(np.zeros(4), np.zeros(4))
    far = Duals(np.array([1e30, 0.0, 0.0, 0.0]), np.zeros(4))
    moved = far.moved(none, 1.0, BOX, INSIDE, 0.1)
    assert moved.lower[0] == pytest.approx(NEAR_CENTRAL * 0.1 / 0.5)
    assert moved.lower[2] == pytest.approx(0.1 / NEAR_CENTRAL)
    assert moved.lower[3] == moved.upper[3] == 0.0
    assert np.allclose(Duals.central(BOX, INSIDE, 0.2).products(BOX, INSIDE), 0.2)


def test_the_optimality_error_by_hand():
    products = np.array([1.0, 2.0])
    duals = Duals(np.array([300.0, 0.0]), np.array([0.0, 100.0]))
    small = Duals(np.ones(2), np.ones(2))
    assert error(np.array([-3.0]), np.zeros(1), products, np.zeros(1), small, 1.0) == 3.0
    assert error(np.zeros(1), np.array([-4.0]), products, np.zeros(1), small, 1.0) == 4.0
    assert error(np.zeros(1), np.zeros(1), products, np.zeros(1), small, 0.0) == 2.0
    assert error(np.array([4.0]), np.zeros(2), products, np.array([200.0, -200.0]), duals, 1.0) == pytest.approx(2.0)
    assert error(np.array([4.0]), np.zeros(0), np.zeros(0), np.zeros(0), Duals(np.zeros(1), np.zeros(1)), 1.0) == 4.0


def test_a_filter_accepts_what_is_better_in_one_of_two():
    none = Filter.around(0.0)
    full = none.extended(0.5, 10.0)
    assert none.accepts(0.5, 10.0)
    assert not full.accepts(0.5, 10.0)
    assert not full.accepts(0.6, 11.0)
    assert full.accepts(0.4, 99.0)
    assert full.accepts(90.0, 9.0)
    assert not full.accepts(none.theta_max * 1.01, -99.0)
    assert not full.accepts(np.nan, 1.0)
    assert full.emptied().accepts(0.5, 10.0)
    margin = ((1 - GAIN_THETA) * 0.5, 10.0 - GAIN_PHI * 0.5)
    assert full.corners == (margin,)
    assert full.extended(0.1, 5.0).corners == (((1 - GAIN_THETA) * 0.1, 5.0 - GAIN_PHI * 0.1),)  # it covers the other
    assert len(full.extended(0.1, 20.0).corners) == 2


def test_verdicts_of_the_filter():
    """Where θ is small and φ promises much, Armijo decides and the filter stays; else progress in one, and it grows."""
    none = Filter.around(0.0)
    slope = -1.0
    assert none.judged((0.0, 5.0), (0.0, 4.5), 1.0, slope, 0.0) is none
    assert none.judged((0.0, 5.0), (1e-3, 5.1), 1.0, slope, 0.0) is None  # φ rises
    assert none.judged((0.0, 5.0), (0.0, np.nan), 1.0, slope, 0.0) is None
    assert none.judged((0.0, 5.0), (0.0, 5.0 + 1e-9), 1.0, -1e-12, 1e-8) is none  # rounding
    assert none.judged((0.0, 5.0), (0.0, 5.0), 1e-12, slope, 0.0) is None  # Armijo's bound rounds to φ
    assert none.judged((0.0, 5.0), (0.0, 6.0), 1.0, 1.0, 0.0) is None  # θ = 0 is no fall of θ
    grown = none.judged((1.0, 5.0), (0.5, 7.0), 1.0, slope, 0.0)
    assert len(grown.corners) == 1
    assert none.judged((1.0, 5.0), (0.5, 7.0), 1.0, 1.0, 0.0).corners == grown.corners  # φ need not fall
    assert none.judged((1.0, 5.0), (1.0, 5.0), 1.0, 1.0, 0.0) is None
    assert none.judged((1.0, 5.0), (3.0, 4.0), 1.0, 1.0, 0.0).corners == grown.corners
    assert grown.judged((0.9, 9.0), (1.0, 5.0), 1.0, 1.0, 0.0) is None  # as bad as a corner
    assert none.judged((1.0, 5.0), (0.5, 4.0), 1.0, -1e3, 0.0) is none  # a step on φ that also lowers θ


def test_the_least_step_depends_on_what_is_promised():
    none = Filter.around(0.0)
    assert none.least_step(1.0, 1.0) == pytest.approx(0.05 * GAIN_THETA)
    assert none.least_step(1.0, -1e3) == pytest.approx(0.05 * GAIN_PHI / 1e3)
    assert none.least_step(0.0, -1.0) == 0.0


def test_units_make_gradients_equal():
    assert unit_of(5.0) == UNIT / 5.0
    assert unit_of(0.0) == unit_of(INF) == unit_of(np.nan) == 1.0
    units = row_units(np.array([[1.0, -4.0], [0.0, 0.0], [0.0, 0.0]]), np.array([7.0, -2.0, 0.0]))
    assert np.allclose(units, [UNIT / np.sqrt(17), UNIT / 2, 1.0])


def test_the_layout_by_hand():
    """x₁ is fixed, g₁ is met with slack 4 and g₂ is not: its slack starts at the push."""
    lo, hi = np.array([0.0, 1.0, -INF]), np.array([9.0, 1.0, INF])
    free = free_between(lo, hi)
    assert free.tolist() == [0, 2]
    g, h = np.array([-2.0, 3.0]), np.array([0.5])
    lay, w = arranged(np.array([4.0, 1.0, 5.0]), free, lo, hi, 2.0, np.array([2.0, 1.0, 10.0]), g)
    assert w.tolist() == [4.0, 5.0, 4.0, PUSH]
    assert np.allclose(lay.residual(w, g, h), [0.0, 3.0 + PUSH, 5.0])
    assert lay.full(w).tolist() == [4.0, 1.0, 5.0]
    assert lay.spread(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [1.0, 0.0, 2.0]
    A = lay.jacobian(np.arange(6.0).reshape(2, 3), np.array([[7.0, 8.0, 9.0]]))
    assert A.tolist() == [[0.0, 4.0, 1.0, 0.0], [3.0, 5.0, 0.0, 1.0], [70.0, 90.0, 0.0, 0.0]]
    assert lay.slope(np.array([1.0, 2.0, 3.0])).tolist() == [2.0, 6.0, 0.0, 0.0]
    assert lay.slacks(np.array([0.0, 0.0, 1.0, 1.0]), g).tolist() == [0.0, 0.0, 4.0, 1.0]
    assert free_between(np.array([1.0]), np.array([np.nextafter(1.0, 2.0)])).size == 0


# --- closed forms ---------------------------------------------------------------------------------


@BOTH
def test_ball_ridge_has_the_multiplier_5(method):
    u, problem = ball_ridge()
    found = go(problem, method)
    assert found.status is Status.CONVERGED
    assert np.allclose(found.x, u, atol=1e-9)
    assert found.last.lam == pytest.approx([5.0], abs=1e-8)


@BOTH
def test_half_space_has_the_multiplier_1(method):
    problem = Problem(lambda x: x @ x, start=[3.0, -1.0], linear_inequality=(-np.ones((1, 2)), np.array([-1.0])))
    found = go(problem, method)
    assert np.allclose(found.x, 0.5, atol=1e-9)
    assert found.last.lam == pytest.approx([1.0], abs=1e-8)


@BOTH
def test_multipliers_of_equalities_and_bounds(method):
    """X₁ + x₂ on the circle of radius √2: ν = ½. With x₁ ≥ −½ too: x = (−½, −√7/2), and the bound's λ is closed."""
    circle = {"equality": lambda x: x @ x - 2.0}
    free = go(Problem(lambda x: x[0] + x[1], start=[-0.5, -1.5], **circle), method)
    assert np.allclose(free.x, -1.0, atol=1e-8)
    assert free.last.nu == pytest.approx([0.5], abs=1e-8)
    cut = go(Problem(lambda x: x[0] + x[1], start=[-0.1, -1.5], bounds=([-0.5, -INF], [INF, INF]), **circle), method)
    nu = 1.0 / np.sqrt(7.0)
    assert np.allclose(cut.x, [-0.5, -np.sqrt(7.0) / 2], atol=1e-8)
    assert cut.last.nu == pytest.approx([nu], abs=1e-8)
    assert cut.last.lam == pytest.approx([1.0 - nu], abs=1e-8)


def test_multipliers_are_the_sensitivity_of_the_least_value():
    """Df*/db = −λ for g(x) ≤ b, at two active and two inactive constraints."""

    def solved(b):
        rows = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 1.0], [1.0, 0.0, 1.0]])
        problem = Problem(lambda x: anp.sum((x - 3.0) ** 2) + x[0] * x[1], start=np.zeros(3),
                          linear_inequality=(rows, b[:3]), inequality=lambda x: x @ x - b[3])  # fmt: skip
        return go(problem, stop=Stationary(rtol=1e-12) | Iterations(200)).last

    b, t = np.array([2.0, 1.0, 9.0, 60.0]), 1e-4
    base = solved(b)
    lam = np.concatenate([base.lam[1:], base.lam[:1]])  # functions come before linear rows
    for i in range(4):
        change = t * np.eye(4)[i]
        assert (solved(b + change).f - solved(b - change).f) / (2 * t) == pytest.approx(-lam[i], abs=1e-6)
    assert (lam[:2] > 0.01).all()
    assert (lam[2:] < 1e-8).all()


# --- the central path -----------------------------------------------------------------------------


def test_linear_programs_agree_with_linprog_and_their_gap_is_m_mu():
    """On the central path a linear program's dual value is f − Σ λ·slack = f − mμ, and never above f*."""
    assert sum(map(points_of_the_central_path, range(4))) >= 20


def points_of_the_central_path(seed):
    """Check a random linear program, and return at how many iterates the gap mμ was seen."""
    rng = np.random.default_rng(seed)
    n, m, p = 6, 4, 2
    A, E, inside = rng.normal(size=(m, n)), rng.normal(size=(p, n)), rng.uniform(0.2, 1, size=n)
    b, e, c = A @ inside + 0.5, E @ inside, rng.normal(size=n)
    theirs = linprog(c, A, b, E, e, [(0.0, 2.0)] * n)
    problem = Problem(lambda x: c @ x, start=rng.normal(size=n), bounds=(np.zeros(n), np.full(n, 2.0)),
                      linear_inequality=(A, b), linear_equality=(E, e))  # fmt: skip
    assert go(problem).last.f == pytest.approx(theirs.fun, abs=1e-8)
    found = go(problem, InteriorPoint(shrink=0.5, power=1.1, tightness=0.1))  # close to the path
    assert found.status is Status.CONVERGED
    seen = 0
    for state in found.states[1:]:
        x, layout = state.x, state.memory.layout
        slack = np.concatenate([b - A @ x, x, 2.0 - x])
        gradient = c + state.lam @ np.concatenate([A, -np.eye(n), np.eye(n)]) + state.nu @ E
        gap = slack.size * state.mu / layout.of_f
        residual = max(np.abs(gradient).max(), np.abs(E @ x - e).max())
        away = np.abs(layout.of_f * state.lam * slack - state.mu).max()
        if residual < 1e-4 * gap and away < 1e-3 * state.mu:
            dual = -b @ state.lam[:m] - 2.0 * state.lam[m + n :].sum() - e @ state.nu
            assert state.f - dual == pytest.approx(gap, rel=1e-2, abs=1e-12)
            assert dual <= theirs.fun + 1e-2 * gap + 1e-9
            assert theirs.fun <= state.f + 1e-9
            seen += 1
    return seen


def test_mu_falls_superlinearly_and_so_does_the_error():
    u, problem = ball_ridge()
    found = go(problem)
    mu = np.array([state.mu for state in found.states])
    assert (np.diff(mu) <= 0).all()
    late = [(a, b) for a, b in pairwise(mu) if b < a < 1e-2]
    assert late
    assert all(np.log(b) <= 1.7 * np.log(a) for a, b in late)
    errors = [np.linalg.norm(state.x - u) for state in found.states[-4:]]
    assert all(b < a**1.4 for a, b in pairwise(errors) if b > 1e-14)


def test_convergence_is_quadratic_on_equalities():
    """Without bounds it is Newton's method on the KKT conditions: e₊ ≤ Ce²."""
    problem = Problem(lambda x: x[0] + x[1], start=[-0.9, -1.3], equality=lambda x: x @ x - 2.0)
    errors = [np.linalg.norm(state.x + 1.0) for state in go(problem).states]
    tail = [(a, b) for a, b in pairwise(errors) if a < 0.1]
    assert len(tail) >= 3
    assert all(b <= 2.0 * a * a + 1e-14 for a, b in tail)


def test_it_goes_on_until_it_is_stopped():
    """No tolerance is its own: rtol = 10⁻¹³ is met too, and one of 0 ends as STALLED, never as a failure."""
    _, problem = ball_ridge()
    assert go(problem, stop=Stationary(rtol=1e-13) | Iterations(200)).status is Status.CONVERGED
    endless = go(problem, stop=Stationary(rtol=0.0) | Iterations(500))
    assert endless.status is Status.STALLED
    assert endless.last.lam == pytest.approx([5.0], abs=1e-9)


# --- inside, always ---------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("name", ["hs1", "hs4", "hs5", "hs24", "hs36", "hs44", "hs59", "hs64", "box_quadratic"])
def test_f_is_asked_for_strictly_inside_the_bounds(method, name):
    """Even from starts on the bounds and outside them."""
    problem = optlab.problem(name)
    lo, hi = Oracle(problem).bounds
    seen = []

    def inside(x):
        seen.append(((lo < x) & (x < hi)).all())
        return problem.value(x)

    spied = Problem(inside, start=problem.start(), gradient=problem.gradient, bounds=(lo, hi),
                    **{key: getattr(problem, key) for key in ("inequality", "inequality_jacobian", "lagrangian_hessian",
                    "linear_inequality", "equality", "equality_jacobian") if getattr(problem, key) is not None},
                    hessian=problem.hessian)  # fmt: skip
    starts = [problem.start(), np.where(np.isfinite(lo), lo, 0.0), np.where(np.isfinite(hi), hi, 1.0) + 1.0]
    for start in starts:
        go(spied, method, stop=Stationary(rtol=1e-9) | Iterations(60), start=start)
    assert len(seen) > 10
    assert all(seen)


def test_fixed_variables_are_left_out():
    """With x₂ = ½ given by its bounds: (x₁ − 1)² + ½x₁ + …, x₁ = ¾, and the multiplier of the fixed one is closed."""
    problem = Problem(lambda x: (x[0] - 1) ** 2 + (x[1] - 2) ** 2 + x[0] * x[1], start=[3.0, 1.0],
                      bounds=([0.0, 0.5], [9.0, 0.5]))  # fmt: skip
    found = go(problem)
    assert found.status is Status.CONVERGED
    assert found.x == pytest.approx([0.75, 0.5])
    assert all(state.x[1] == 0.5 for state in found.states)
    assert found.last.lam == pytest.approx([0.0, 0.0, 0.0, 2.25], abs=1e-8)  # −∂f/∂x₂ = 3 − x₁, at the upper bound
    nothing_left = Problem(lambda x: x @ x, start=[3.0], bounds=([0.5], [0.5]))
    assert go(nothing_left).status is Status.CONVERGED
    impossible = Problem(lambda x: x @ x, start=[3.0], bounds=([0.5], [0.5]), inequality=lambda x: x)
    assert go(impossible).status is Status.INFEASIBLE


@BOTH
def test_a_start_beyond_the_domain_of_f_is_no_obstacle(method):
    """X₁ − log x₁ beside its wall, within a curve: steps into NaN are shortened."""
    problem = Problem(lambda x: x[0] - anp.log(x[0]) + (x[1] - 2.0) ** 2, start=[0.01, 5.0],
                      inequality=lambda x: x[0] ** 2 + x[1] ** 2 - 6.0)  # fmt: skip
    found = go(problem, method)
    assert found.status is Status.CONVERGED
    assert found.x == pytest.approx([1.0, 2.0], abs=1e-6)


def test_one_variable_and_no_constraint_at_all():
    assert go(Problem(lambda x: (x[0] - 2.0) ** 2, start=[7.0], bounds=([0.0], [1.0]))).x == pytest.approx([1.0])
    quadratic = go(Problem(lambda x: (x[0] - 2.0) ** 2 + 9.0 * (x[1] + 1.0) ** 2, start=[7.0, 3.0]))
    assert quadratic.status is Status.CONVERGED
    assert len(quadratic.states) == 2  # Newton's method
    assert quadratic.x == pytest.approx([2.0, -1.0])


# --- steps ----------------------------------------------------------------------------------------


def circle_of_maratos(corrections):
    """2(‖x‖² − 1) − x₁ on the unit circle, from near (1, 0): Powell (1986); N & W, example 15.4."""
    problem = Problem(lambda x: 2.0 * (x @ x - 1.0) - x[0], start=[np.cos(0.3), np.sin(0.3)],
                      equality=lambda x: x @ x - 1.0)  # fmt: skip
    return go(problem, InteriorPoint(corrections=corrections))


def test_second_order_corrections_keep_unit_steps():
    """A full step raises both f and the violation; corrected, it is accepted."""
    plain, corrected = circle_of_maratos(0), circle_of_maratos(4)
    assert corrected.status is Status.CONVERGED
    assert np.allclose(corrected.x, [1.0, 0.0], atol=1e-9)
    assert corrected.last.nu == pytest.approx([-1.5], abs=1e-8)
    assert all(state.step_size == 1.0 for state in corrected.states[1:])
    assert any(state.step_size < 1.0 for state in plain.states[1:])


def test_negative_curvature_is_regularized():
    """A concave f on a box: δ_w is recorded where it was needed, and the end is a vertex, not the maximum at 0."""
    problem = Problem(lambda x: -(x @ x), start=[0.1, -0.2], bounds=([-1.0, -2.0], [1.5, 1.0]))
    found = go(problem)
    assert found.status is Status.CONVERGED
    assert found.x == pytest.approx([1.5, -2.0], abs=1e-8)
    assert max(state.regularization for state in found.states) > 0


def test_restoration_leads_out_of_the_trap_of_line_searches():
    """A² − b = 1, a − c = ½, b, c ≥ 0 from (−2, 3, 1). Source: Wächter & Biegler (2000)."""
    problem = Problem(lambda x: x[0], start=[-2.0, 3.0, 1.0], bounds=([-INF, 0.0, 0.0], [INF] * 3),
                      equality=lambda x: anp.array([x[0] ** 2 - x[1] - 1.0, x[0] - x[2] - 0.5]))  # fmt: skip
    found = go(problem)
    assert found.status is Status.CONVERGED
    assert found.x == pytest.approx([1.0, 0.0, 0.5], abs=1e-8)
    assert max(state.restoring for state in found.states) == 1.0
    assert found.last.restoring == 0.0
    (back,) = [state for state in found.states if state.restoring == 1.0 and state.memory.restoring == 0.0][:1]
    products = back.memory.duals.products(back.memory.layout.box, back.memory.w)
    assert np.allclose(products, back.mu)  # the duals of the restoration were of another problem


@BOTH
def test_dependent_equalities_are_no_obstacle(method):
    """One row three times, in different units: x = (1, 1), and Jᵀν = −∇f whatever the split."""
    rows = np.array([[1.0, 1.0], [2.0, 2.0], [-0.5, -0.5]])
    problem = Problem(lambda x: x @ x, start=[3.0, 0.0], linear_equality=(rows, 2.0 * rows[:, 0]))
    found = go(problem, method)
    assert found.status is Status.CONVERGED
    assert found.x == pytest.approx([1.0, 1.0])
    assert found.last.nu @ rows == pytest.approx([-2.0, -2.0])
    assert np.abs(found.last.nu).max() < 2.1


@BOTH
def test_the_learned_hessian_needs_no_other(method):
    result = optlab.minimize(optlab.problem("hs24"), method)
    assert result.success
    assert (result.evaluations["hessian"] == 0) == isinstance(method, InteriorPointBFGS)


def test_a_learned_hessian_satisfies_the_secant_equation_of_the_lagrangian():
    """B₊s = ∇L(x₊) − ∇L(x), both with the new multipliers, wherever no damping was needed."""
    seen = 0
    for old, new in pairwise(go(optlab.problem("hs12"), InteriorPointBFGS()).states):
        a, b, k = old.memory, new.memory, old.memory.layout.free.size
        s = (b.w - a.w)[:k]
        y = (b.slope - a.slope + b.y @ (b.jacobian - a.jacobian))[:k]
        if old.k > 0 and s @ y >= 0.2 * (s @ a.model @ s) > 1e-12:
            assert np.allclose(b.model @ s, y, rtol=1e-9, atol=1e-12 * np.abs(b.model).max())
            seen += 1
    assert seen >= 3


def test_corners_of_the_filter_belong_to_one_barrier():
    """φ changes its meaning with μ: what the filter holds after that is from the step itself."""
    states = go(optlab.problem("hs19")).states
    assert any(len(state.memory.filter.corners) > 1 for state in states)
    assert all(len(b.memory.filter.corners) <= 1 for a, b in pairwise(states) if b.mu < a.mu)


def test_what_the_constraints_rule_out_is_not_evaluated():
    _, problem = ball_ridge()
    oracle = Oracle(problem)
    memory = EXACT.init(oracle, problem.start()).memory
    before = oracle.n_f
    assert tried(Program(oracle), memory, memory.w + 1e6, 0.1) is None
    assert oracle.n_f == before
    assert tried(Program(oracle), memory, memory.w + 0.01, 0.1) is not None
    assert oracle.n_f == before + 1


def test_multipliers_of_a_singular_jacobian_are_not_kept():
    """At the start of HS61 the rows are dependent: the multipliers of the step are of any size, not the state's."""
    states = go(optlab.problem("hs61")).states
    assert np.abs(states[1].nu).max() < 1e4
    assert states[-1].f == pytest.approx(-143.64614220)


# --- units ----------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("name", ["hs12", "hs22", "hs29", "hs64", "hs60", "infeasible_half_planes"])
def test_units_of_f_and_of_constraints_do_not_matter(method, name):
    """F × 10^±8 and constraints × 10^±4: the same verdict after as many steps, but for a few of rounding."""
    problem = optlab.problem(name)
    stop = Stationary() | Iterations(300)
    plain = run(Loop(problem, method, stop=stop))
    for transform in (ValueScaling(1e8), ValueScaling(1e-8), ConstraintScaling(1e4), ConstraintScaling(1e-4)):
        scaled = run(Loop(transform.apply(problem), method, stop=stop))
        assert scaled.status is plain.status, transform
        assert abs(len(scaled) - len(plain)) <= 3, transform
        if plain.status.success:
            assert np.allclose(scaled.points[-1], plain.points[-1], rtol=1e-3, atol=1e-4)


def test_a_start_without_slope_has_units_too():
    """∇f = 0 at the start: f is measured by its Hessian, and f × 10^±8 takes the same steps."""

    def steps(factor):
        problem = Problem(lambda x: factor * (x @ x), start=[0.0, 0.0], inequality=lambda x: 1.0 - x[0] - x[1] ** 3)
        return len(go(problem).states)

    assert steps(1e8) == steps(1e-8) == steps(1.0)


# --- honest ends ------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("name", ["infeasible_circles", "infeasible_half_planes", "infeasible_parabola"])
def test_what_cannot_be_met_is_infeasible(method, name):
    assert go(optlab.problem(name), method, stop=Stationary() | Iterations(300)).status is Status.INFEASIBLE


def test_the_least_violation_is_where_infeasible_runs_end():
    """X ≥ 2 and x ≤ 0, equally scaled: both are violated by 1 at the end."""
    problem = Problem(
        lambda x: x @ x, start=[5.0], linear_inequality=(np.array([[-1.0], [1.0]]), np.array([-2.0, 0.0]))
    )
    found = go(problem)
    assert found.status is Status.INFEASIBLE
    assert found.x == pytest.approx([1.0], abs=1e-4)


@BOTH
@pytest.mark.parametrize(
    "problem",
    [
        Problem(lambda x: x[0] + x[1], start=[1.0, 1.0], bounds=([-INF, 0.0], [INF, INF])),
        Problem(lambda x: -x[0] - x[1], start=[0.0, 0.0], linear_inequality=(np.array([[1.0, -1.0]]), np.array([1.0]))),
        Problem(lambda x: x[1] - x[0] ** 2, start=[1.0, 1.0], linear_equality=(np.ones((1, 2)), np.array([2.0]))),
    ],
    ids=["bounds", "rows", "concave"],
)
def test_a_fall_without_end_is_unbounded(method, problem):
    assert go(problem, method).status is Status.UNBOUNDED


@BOTH
@pytest.mark.parametrize("rtol", [1e-6, 1e-8, 1e-10])
def test_no_multiplier_no_success(method, rtol):
    """X subject to x² ≤ 0: the multipliers grow without end, and with them every residual falls."""
    problem = Problem(lambda x: x[0], start=[1.0], inequality=lambda x: x * x)
    found = go(problem, method, stop=Stationary(rtol=rtol) | Iterations(500) | Evaluations(f=2000))
    assert found.status is not Status.CONVERGED
    assert abs(found.x[0]) < 1e-3


def test_multipliers_that_still_grow_are_not_believed():
    _, problem = ball_ridge()
    oracle = Oracle(problem)
    state = go(problem).last
    small = EXACT.stationarity(oracle, state)
    slope = np.abs(state.g).max()
    assert small < 1e-8 * slope
    for y, drift, believed in ((1e3, 1.0, True), (1e5, 0.01, True), (1e5, 0.5, False), (1e11, 0.0, False)):
        other = replace(state, memory=state.memory._replace(y=np.array([y]), drift=drift))
        assert EXACT.stationarity(oracle, other) == (small if believed else slope)


@BOTH
def test_a_wrong_gradient_is_found_out(method):
    """With −∇f for ∇f no step lowers f: that is said at once, and not put down to rounding."""
    problem = Problem(
        lambda x: 1.0 + x @ x, gradient=lambda x: -2.0 * x, hessian=lambda x: 2.0 * np.eye(2), start=[1.0, 2.0]
    )
    result = optlab.minimize(problem, method)
    assert result.status is Status.LINESEARCH_FAILED
    assert result.evaluations["f"] < 100


# --- the contract -----------------------------------------------------------------------------------


@BOTH
def test_old_states_step_again_bit_for_bit(method):
    problem = optlab.problem("hs64")
    records = list(iterate(problem, method, stop=Stationary() | Iterations(30)))
    for k in (0, 3, 7):
        again = pickle.loads(pickle.dumps(records[k]))
        others = list(iterate(problem, method, stop=Stationary() | Iterations(30), resume=again))
        for a, b in zip(records[k + 1 :], others, strict=False):
            assert a.x.tobytes() == b.x.tobytes()
            assert a.state.lam.tobytes() == b.state.lam.tobytes()
            assert a.counts == b.counts


def test_the_trace_shows_multipliers_and_the_barrier():
    trace = optlab.minimize(optlab.problem("hs22"), "interior_point").trace
    for name in ("mu", "regularization", "restoring"):
        assert np.isfinite(trace[name]).all()
    assert any(name.startswith("lam") for name in trace.columns)
