"""Diagnostic columns against closed forms, and their contract."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest

import optlab
from optlab.columns._curvature import optimal_steps
from optlab.columns.condition_number import ConditionNumber
from optlab.columns.cosine_to_steepest_descent import CosineToSteepestDescent
from optlab.columns.critical_point import CriticalPoint
from optlab.columns.distance import Distance
from optlab.columns.gradient_norm import GradientNorm
from optlab.columns.inertia import Inertia
from optlab.columns.kkt import Kkt
from optlab.columns.optimal_step import OptimalStep
from optlab.columns.rate import Rate
from optlab.columns.suboptimality import Suboptimality
from optlab.core.column import Column, compute_columns, norms, spaced
from optlab.core.driver import Loop, run
from optlab.core.problem import Facts, ProblemBase
from optlab.core.status import Status
from optlab.core.stop import Iterations
from optlab.core.trace import Keep, Trace
from optlab.core.user_problem import Problem
from optlab.kernels.eigenvalues import eigenvalues, lanczos, two_by_two
from optlab.optimizers.gradient.gradient_descent import GradientDescent
from optlab.sets.ball import Ball

EVERY = (
    GradientNorm(), Suboptimality(), Distance(), OptimalStep(), ConditionNumber(), Inertia(),
    CosineToSteepestDescent(), Rate(), Kkt(), CriticalPoint(),
)  # fmt: skip
KAPPA5 = np.array([[3.0, 2.0], [2.0, 3.0]])


class Bowl(ProblemBase):
    """½xᵀHx by hand."""

    def __init__(self, H, start, tags=()):
        self.H, self._start, self.tags = np.asarray(H, dtype=float), np.asarray(start, dtype=float), tags
        self.calls = 0

    def value(self, x):
        return 0.5 * float(x @ self.H @ x)

    def gradient(self, x):
        return self.H @ x

    def hessian(self, x):
        self.calls += 1
        return self.H.copy()

    def start(self):
        return self._start.copy()

    def facts(self):
        E = np.linalg.eigvalsh(self.H)
        if not E[0] > 0:
            return Facts()
        return Facts(solution=np.zeros(len(E)), optimum=0.0, curvature=(float(E[0]), float(E[-1])), convex=True)


def trace_of(points, problem, step_size=np.nan, rows=None, **scalars):
    """A record as a run through these points would leave it; `rows` where only some were kept."""
    points = np.array(points, dtype=float)
    rows = np.arange(len(points)) if rows is None else np.array(rows)
    K = int(rows[-1]) + 1
    f = np.full(K, np.nan)
    f[rows] = [problem.value(x) for x in points]
    steps = np.full(K, step_size)
    steps[0] = np.nan
    stationarity = np.full(K, 1.0)
    return Trace(
        {"k": np.arange(K), "f": f, "stationarity": stationarity, "step_size": steps, **scalars}, points, rows,
        Status.MAX_ITERATIONS, Status.MAX_ITERATIONS,
    )  # fmt: skip


def descend(problem, step_size, iterations, keep=None, start=None):
    return run(Loop(problem, GradientDescent(step_size), start=start, stop=Iterations(iterations)), keep or Keep())


def column(item, trace, problem):
    values, notes, _ = compute_columns([item], trace, problem)
    assert notes == {}
    return values


def critical_point(problem, x):
    _, notes, summary = compute_columns([CriticalPoint()], trace_of([x], problem), problem)
    assert notes == {}
    return summary["critical_point"]


# --- ε* -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("g", "best"), [([1, 1], 0.2), ([1, -1], 1.0), ([1, 0], 1 / 3)])
def test_optimal_step_on_the_textbook_bowl(g, best):
    x = np.linalg.solve(KAPPA5, g)
    problem = Bowl(KAPPA5, x)
    assert column(OptimalStep(), trace_of([x, 7 * x], problem), problem)["optimal_step"] == pytest.approx(
        [best, best], rel=1e-14
    )


def test_optimal_step_is_negative_along_negative_curvature_and_nan_where_infinite():
    problem = Bowl(np.diag([2.0, -2.0]), [1.0, 0.0])
    found = column(OptimalStep(), trace_of([[1, 0], [0, 1], [1, 1], [0, 0]], problem), problem)["optimal_step"]
    assert found[:2] == pytest.approx([0.5, -0.5])
    assert np.isnan(found[2:]).all()


def test_step_ratio_is_the_effective_step_over_the_optimal_one_where_it_began():
    problem = Bowl(KAPPA5, [1.0, 0.3])
    found = column(OptimalStep(), descend(problem, 0.3, 5), problem)
    assert np.isnan(found["step_ratio"][0])
    assert found["step_ratio"][1:] == pytest.approx(0.3 / found["optimal_step"][:-1], rel=1e-12)
    assert np.ptp(found["optimal_step"]) > 0.04  # so that the row it belongs to matters


@pytest.mark.parametrize("k", [-600, 600])
def test_optimal_step_neither_overflows_nor_underflows(k):
    problem = Bowl(KAPPA5, [1.0, 0.0])
    x = np.ldexp(np.array([1.0, 0.0]), k)
    plain = optimal_steps(trace_of([[1.0, 0.0]], problem), problem)[0]
    trace = Trace({"k": np.arange(1)}, x[None, :], np.arange(1), Status.ERROR, Status.ERROR)
    assert optimal_steps(trace, problem)[0] == plain


def test_optimal_step_from_autograd_and_products_agrees_with_the_hessian_by_hand():
    by_hand = Bowl(KAPPA5, [1.0, 0.5])
    trace = descend(by_hand, 0.1, 20)
    wanted = column(OptimalStep(), trace, by_hand)["optimal_step"]
    traced = Problem(lambda x: 0.5 * x @ (KAPPA5 @ x), start=[1.0, 0.5])
    products = Problem(
        by_hand.value, start=[1.0, 0.5], gradient=by_hand.gradient, hvp=lambda x, v: KAPPA5 @ v, autodiff=False
    )
    for problem in (traced, products):
        assert column(OptimalStep(), trace, problem)["optimal_step"] == pytest.approx(wanted, rel=1e-12)
    bounds = column(ConditionNumber(), trace, products)
    assert bounds["condition_number"][-1] == pytest.approx(5.0)
    assert bounds["condition_residual"][-1] <= 1e-10


# --- eigenvalues ----------------------------------------------------------------------------------


def exact_condition(H):
    """κ of the floating-point matrix itself, by rational arithmetic and one square root of 200 bits."""
    from math import isqrt

    unit = Fraction(float(np.abs(H).max()))
    a, b, d = (Fraction(float(v)) / unit for v in (H[0, 0], H[1, 0], H[1, 1]))
    square = (a - d) ** 2 / 4 + b**2
    bits = 2**400
    root = Fraction(isqrt(square.numerator * bits // square.denominator), 2**200)
    middle = (a + d) / 2
    big = abs(middle) + root
    return float(big * big / abs(a * d - b * b))


HILBERT = np.array([[1.0, 0.5], [0.5, 1 / 3]])
TILTED = np.array([[1.0, 1.0 - 1e-9], [1.0 - 1e-9, 1.0]])


@pytest.mark.parametrize(
    "H",
    [KAPPA5, HILBERT, TILTED, np.diag([1.0, 1e-10]), np.diag([-1e-10, 3.0]), np.array([[0.0, 1.0], [1.0, 1e-7]]),
     np.array([[1e300, 2e299], [2e299, 1e299]]), np.array([[1e-300, 2e-301], [2e-301, 1e-301]])],
)  # fmt: skip
def test_closed_form_at_two_variables(H):
    E = two_by_two(H[None])[0]
    assert np.abs(E).max() / np.abs(E).min() == pytest.approx(exact_condition(H), rel=1e-14)
    assert pytest.approx(np.linalg.eigvalsh(H), abs=1e-15 * np.abs(H).max()) == E
    assert E[0] <= E[1]


@pytest.mark.parametrize("seed", range(3))
def test_closed_form_on_random_ill_conditioned_matrices(seed):
    rng = np.random.default_rng(seed)
    for _ in range(50):
        t, spread = rng.uniform(0, np.pi), 10.0 ** rng.uniform(0, 12)
        Q = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
        H = Q @ np.diag([spread, rng.choice([-1.0, 1.0])]) @ Q.T
        H[0, 1] = H[1, 0]
        E = two_by_two(H[None])[0]
        assert np.abs(E).max() / np.abs(E).min() == pytest.approx(exact_condition(H), rel=1e-13)


def test_stacked_eigenvalues_of_every_size_with_rows_that_are_not_finite():
    rng = np.random.default_rng(0)
    for n in (1, 2, 3, 7):
        H = rng.standard_normal((5, n, n))
        H = H + H.transpose(0, 2, 1)
        wanted = np.array([np.linalg.eigvalsh(A) for A in H])
        H[1, -1, -1], H[3, 0, 0] = np.nan, np.inf
        found = eigenvalues(H)
        good = [0, 2, 4]
        assert found[good] == pytest.approx(wanted[good], abs=1e-13)
        assert np.isnan(found[[1, 3]]).all()
    assert eigenvalues(np.zeros((1, 2, 2))).tolist() == [[0.0, 0.0]]


def test_condition_number_and_inertia_of_bowl_saddle_and_flat():
    wanted = {
        "bowl": (KAPPA5, 5.0, (0, 0, 2), 1.0, 5.0),
        "saddle": (np.diag([2.0, -2.0]), 1.0, (1, 0, 1), -2.0, 2.0),
        "valley": (np.diag([1.0, 0.0]), np.inf, (0, 1, 1), 0.0, 1.0),
        "rounding": (np.diag([1.0, 1e-17]), 1e17, (0, 1, 1), 1e-17, 1.0),
        "dome": (-KAPPA5, 5.0, (2, 0, 0), -5.0, -1.0),
    }
    for H, condition, inertia, least, greatest in wanted.values():
        problem = Bowl(H, [1.0, 0.5])
        trace = trace_of([[1.0, 0.5], [0.5, 1.0]], problem)
        k, i = column(ConditionNumber(), trace, problem), column(Inertia(), trace, problem)
        assert k["condition_number"] == pytest.approx([condition] * 2, rel=1e-14)
        assert (k["eigenvalue_min"][0], k["eigenvalue_max"][0]) == pytest.approx((least, greatest), rel=1e-14)
        assert np.isnan(k["condition_residual"]).all()
        assert tuple(i[name][1] for name in Inertia.names) == inertia


def test_a_zero_hessian_has_no_condition_number():
    problem = Bowl(np.zeros((2, 2)), [1.0, 0.5])
    trace = trace_of([[1.0, 0.5]], problem)
    assert np.isnan(column(ConditionNumber(), trace, problem)["condition_number"]).all()
    assert column(Inertia(), trace, problem)["inertia_zero"].tolist() == [2.0]


def test_hessians_that_are_not_finite_are_nan_and_raise_nothing():
    problem = Problem(
        lambda x: float(x @ x), start=[1.0, 2.0], gradient=lambda x: 2 * x,
        hessian=lambda x: np.full((2, 2), np.nan) if x[0] < 0.5 else 2 * np.eye(2),
    )  # fmt: skip
    values, notes, summary = compute_columns(EVERY, descend(problem, 0.25, 6), problem)
    assert notes == {}
    assert values["condition_number"][0] == 1.0
    for name in ("condition_number", "eigenvalue_min", "inertia_zero", "optimal_step"):
        assert np.isnan(values[name][-1])
    assert summary["critical_point"] == "not critical"


def test_every_iterate_has_its_numbers_when_the_hessian_is_by_hand():
    rng = np.random.default_rng(3)
    A = rng.standard_normal((50, 50))
    problem = Bowl(A @ A.T / 50 + np.eye(50), rng.standard_normal(50))
    trace = descend(problem, 0.05, 400)
    values, notes, _ = compute_columns([OptimalStep(), ConditionNumber(), Inertia()], trace, problem)
    assert notes == {}
    assert np.isfinite(values["optimal_step"]).all()
    assert np.isfinite(values["condition_number"]).all()
    assert (values["inertia_positive"] == 50).all()
    assert values["condition_number"] == pytest.approx(np.full(401, np.linalg.cond(problem.H)))


def test_by_autograd_every_iterate_has_its_numbers_where_many_go_together_and_else_some():
    valley = lambda x: 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2  # noqa: E731
    looks = lambda x: valley(x) if x[0] < 100.0 else 0.0 * x[0]  # noqa: E731
    by_hand, start = optlab.problem("rosenbrock"), [-1.2, 1.0]
    trace = descend(by_hand, 1e-3, 1000)
    for f in (valley, looks):
        values, notes, _ = compute_columns([OptimalStep(), ConditionNumber()], trace, Problem(f, start=start))
        right, _, _ = compute_columns([OptimalStep(), ConditionNumber()], trace, by_hand)
        assert notes == {}
        for name in ("optimal_step", "condition_number"):
            there = np.flatnonzero(np.isfinite(values[name]))
            assert (there[0], there[-1]) == (0, 1000)
            assert there.size == 1001 if f is valley else 150 < there.size <= 300
            assert values[name][there] == pytest.approx(right[name][there], rel=1e-9)


def test_the_hessian_of_a_quadratic_is_asked_once():
    for n in (3, 60):
        problem = Bowl(np.diag(np.arange(1.0, n + 1)), np.ones(n), tags=("quadratic",))
        trace = descend(problem, 0.01, 40)
        problem.calls = 0
        found = column(ConditionNumber(), trace, problem)
        assert found["condition_number"] == pytest.approx(np.full(41, float(n)))
        assert problem.calls == 1


def test_costly_hessians_are_looked_at_on_a_log_scale():
    problem = Problem(lambda x: (x**4).sum() + 0.5 * x @ x, start=np.linspace(0.1, 0.5, 60))
    trace = descend(problem, 0.01, 100)
    found = column(ConditionNumber(iterates=5), trace, problem)["condition_number"]
    there = np.flatnonzero(np.isfinite(found))
    assert 3 <= there.size <= 5
    assert (there[0], there[-1]) == (0, 100)
    assert np.all(found[there] >= 1)


def test_spaced_keeps_first_and_last_and_no_more_than_asked():
    assert spaced(5, 9).tolist() == [0, 1, 2, 3, 4]
    for count, most in ((1000, 30), (7, 3), (10**6, 300)):
        found = spaced(count, most)
        assert (found[0], found[-1]) == (0, count - 1)
        assert found.size <= most
        assert np.all(np.diff(found) > 0)


# --- Lanczos --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["definite", "indefinite"])
@pytest.mark.parametrize("steps", [5, 50, 150])
def test_lanczos_bounds_the_condition_number_from_below(sign, steps):
    n = 1000
    H = np.geomspace(1.0, 1e4, n)
    if sign == "indefinite":
        H[::3] *= -1
    kappa = np.abs(H).max() / np.abs(H).min()
    found = lanczos(lambda v: H * v, n, steps)
    assert 1.0 <= found.condition <= kappa * (1 + 1e-12)
    assert found.least >= H.min() * (1 + 1e-12 * np.sign(-H.min()))
    assert found.greatest <= H.max() * (1 + 1e-12)
    assert found.products == steps
    assert found.residual > 1e-8 or found.condition >= 0.99 * kappa
    if steps == 150:
        assert found.greatest == pytest.approx(H.max(), rel=1e-3)
        assert found.condition >= kappa / (10 if sign == "definite" else 100)


def test_lanczos_is_exact_with_few_distinct_eigenvalues():
    H = np.repeat([1.0, 4.0, 100.0], 700)
    found = lanczos(lambda v: H * v, H.size, 50)
    assert found.products == 3
    assert found.condition == pytest.approx(100.0, rel=1e-10)
    assert found.residual <= 1e-10
    assert np.isnan(lanczos(lambda v: v * np.nan, 5, 3).condition)


def test_large_problems_give_a_lower_bound_with_its_residual():
    n = 2500
    diagonal = np.linspace(1.0, 1e3, n)
    problem = Problem(
        lambda x: 0.5 * float(x @ (diagonal * x)), start=np.ones(n), gradient=lambda x: diagonal * x,
        hvp=lambda x, v: diagonal * v, autodiff=False,
    )  # fmt: skip
    trace = descend(problem, 1e-4, 30)
    values, notes, summary = compute_columns(EVERY, trace, problem)
    there = np.isfinite(values["condition_number"])
    assert 2 <= there.sum() <= 10
    assert np.all(values["condition_number"][there] <= 1e3)
    assert np.all(values["condition_number"][there] >= 50)
    assert np.isfinite(values["condition_residual"][there]).all()
    assert np.isfinite(values["optimal_step"]).all()
    assert "inertia" in notes
    assert summary["critical_point"] == "not critical"


# --- errors, angles, rates ------------------------------------------------------------------------


def test_distances_and_norms():
    problem = Bowl(KAPPA5, [3.0, 4.0])
    trace = trace_of([[3.0, 4.0], [0.0, 0.0]], problem)
    assert column(Distance(), trace, problem)["distance"].tolist() == [5.0, 0.0]
    assert column(Suboptimality(), trace, problem)["suboptimality"] == pytest.approx(
        [problem.value(np.array([3.0, 4.0])), 0]
    )
    assert column(GradientNorm(), trace, problem)["gradient_norm"] == pytest.approx([np.hypot(17, 18), 0])
    assert norms(np.array([[3e200, 4e200], [3e-200, 4e-200], [0.0, 0.0]])) == pytest.approx(
        [5e200, 5e-200, 0.0], rel=1e-15, abs=0
    )


@dataclass(frozen=True)
class TwoWells(ProblemBase):
    """(x² − 1)², with two minimizers."""

    def value(self, x):
        return float((x[0] ** 2 - 1) ** 2)

    def start(self):
        return np.array([2.0])

    def facts(self):
        return Facts(solution=[1.0], solutions=[[-1.0]])


def test_distance_is_to_the_nearest_minimizer_and_nan_without_one():
    problem = TwoWells()
    found = column(Distance(), trace_of([[2.0], [-1.5], [0.0]], problem), problem)["distance"]
    assert found.tolist() == [1.0, 0.5, 1.0]
    nothing = Problem(lambda x: x @ x, start=[1.0])
    values = compute_columns([Distance(), Suboptimality()], trace_of([[1.0]], nothing), nothing)[0]
    assert np.isnan(values["distance"]).all()
    assert np.isnan(values["suboptimality"]).all()


def test_suboptimality_is_the_raw_difference():
    problem = Problem(lambda x: x @ x, start=[1.0], optimum=1e-3)
    assert column(Suboptimality(), trace_of([[0.0]], problem), problem)["suboptimality"].tolist() == [-1e-3]


def test_cosine_is_one_for_gradient_steps_and_that_of_newton_otherwise():
    problem = Bowl(np.diag([1.0, 100.0]), [1.0, 1.0])
    found = column(CosineToSteepestDescent(), descend(problem, 0.005, 4), problem)["cosine"]
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx(np.ones(4), abs=1e-12)
    newton = trace_of([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]], problem)
    found = column(CosineToSteepestDescent(), newton, problem)["cosine"]
    assert found[1] == pytest.approx(101 / np.sqrt(2 * 10001))
    assert np.isnan(found[2])


def test_rate_of_the_best_fixed_step_is_the_worst_case_on_the_worst_start():
    problem = Bowl(KAPPA5, [1.0, 0.0])
    values = column(Rate(), descend(problem, 1 / 3, 30), problem)
    assert values["observed_rate"][1:] == pytest.approx(np.full(30, 4 / 9), rel=1e-12)
    assert values["theoretical_rate"] == pytest.approx(np.full(31, 4 / 9), rel=1e-15)
    assert values["rate_bound"][1:] == pytest.approx(np.full(30, 4 / 9), rel=1e-14)
    assert np.isnan(values["rate_bound"][0])


def test_rate_bound_is_that_of_the_step_taken():
    problem = Bowl(KAPPA5, [1.0, 0.3])
    for step, factor in ((0.39, 0.95**2), (0.05, 0.95**2), (0.41, 1.05**2)):
        values = column(Rate(), descend(problem, step, 20), problem)
        assert values["rate_bound"][1:] == pytest.approx(np.full(20, factor), rel=1e-12)
        assert np.all(values["observed_rate"][1:] <= factor * (1 + 1e-12))
    newton = trace_of([[1.0, 0.3], [0.0, 0.0]], problem, step_size=1.0)
    assert np.isnan(column(Rate(), newton, problem)["rate_bound"]).all()


def test_rate_bound_of_the_optimal_step_is_the_worst_case():
    problem = Bowl(KAPPA5, [1.0, 0.3])
    x = np.array([1.0, 0.3])
    g = KAPPA5 @ x
    best = g @ g / (g @ KAPPA5 @ g)
    values = column(Rate(), trace_of([x, x - best * g], problem, step_size=best), problem)
    assert values["rate_bound"][1] == pytest.approx(4 / 9)
    assert values["observed_rate"][1] <= 4 / 9


def test_observed_rate_without_an_optimum_follows_the_gradient_and_ends_at_rounding():
    unknown = Problem(lambda x: 0.5 * x @ (KAPPA5 @ x), start=[1.0, 0.0], gradient=lambda x: KAPPA5 @ x)
    values = column(Rate(), descend(unknown, 1 / 3, 10), unknown)
    assert values["observed_rate"][1:] == pytest.approx(np.full(10, 4 / 9), rel=1e-9)
    assert np.isnan(values["theoretical_rate"]).all()
    shifted = Problem(lambda x: x @ x + 1e8, start=[1.0], gradient=lambda x: 2 * x, optimum=1e8)
    trace = trace_of([[1.0], [1e-2], [3e-4], [2e-4]], shifted)
    assert trace.scalars["f"][-1] > 1e8  # still above f*, by rounding only
    observed = column(Rate(), trace, shifted)["observed_rate"]
    assert observed[1] == pytest.approx(1e-4, rel=1e-3)
    assert np.isnan(observed).tolist() == [True, False, False, True]


# --- KKT ------------------------------------------------------------------------------------------


def test_kkt_columns_without_and_with_constraints():
    free = Bowl(KAPPA5, [1.0, 1.0])
    values = column(Kkt(), trace_of([[1.0, 1.0], [0.0, 0.0]], free), free)
    assert values["kkt_stationarity"].tolist() == [5.0, 0.0]
    assert values["kkt_primal"].tolist() == [0.0, 0.0]
    ball = Problem(lambda x: x.sum(), start=[0.0, 0.0], gradient=np.ones_like, feasible=Ball(1.0))
    solution = np.full(2, -np.sqrt(0.5))
    values = column(Kkt(), trace_of([[0.0, 0.0], solution, 2 * solution], ball), ball)
    assert values["kkt_stationarity"][1] <= 1e-15
    assert values["kkt_stationarity"][0] == 1.0
    assert values["kkt_primal"][2] == pytest.approx(3.0)
    assert values["multiplier_max"][1] == pytest.approx(np.sqrt(0.5))
    assert values["kkt_dual"].tolist() == [0.0, 0.0, 0.0]


def test_kkt_dual_is_that_of_the_methods_own_multipliers():
    problem = Problem(lambda x: x.sum(), start=[0.0], gradient=np.ones_like, bounds=(0.0, 1.0))
    lam = np.array([[1.0, -0.25], [1.0, 0.0]])
    values = column(Kkt(), trace_of([[0.5], [0.0]], problem, lam=lam), problem)
    assert values["kkt_dual"].tolist() == [0.25, 0.0]


# --- critical points ------------------------------------------------------------------------------


def test_class_of_the_final_critical_point():
    assert critical_point(Bowl(KAPPA5, [1.0, 1.0]), [0.0, 0.0]) == "minimum"
    assert critical_point(Bowl(KAPPA5, [1.0, 1.0]), [1e-8, 1e-9]) == "minimum"
    assert critical_point(Bowl(-KAPPA5, [1.0, 1.0]), [0.0, 0.0]) == "maximum"
    assert critical_point(Bowl(np.diag([2.0, -2.0]), [1.0, 1.0]), [0.0, 0.0]) == "saddle"
    assert critical_point(Bowl(np.diag([2.0, 0.0]), [1.0, 1.0]), [0.0, 0.0]) == "inconclusive"
    assert critical_point(Bowl(KAPPA5, [1.0, 1.0]), [0.1, 0.0]) == "not critical"


@pytest.mark.parametrize("k", [-60, 60])
def test_the_class_does_not_depend_on_the_scale_of_f(k):
    assert critical_point(Bowl(np.ldexp(KAPPA5, k), [1.0, 1.0]), [1e-9, 0.0]) == "minimum"
    assert critical_point(Bowl(np.ldexp(KAPPA5, k), [1.0, 1.0]), [0.1, 0.0]) == "not critical"


def test_degenerate_points_are_inconclusive_though_every_run_stops_short_of_them():
    quartic = Problem(lambda x: x[0] ** 4, start=[1.0])
    assert critical_point(quartic, [0.0]) == "inconclusive"
    assert critical_point(quartic, [1e-3]) == "inconclusive"
    assert critical_point(Problem(lambda x: -(x[0] ** 6), start=[1.0]), [1e-2]) == "inconclusive"
    monkey = Problem(lambda x: x[0] ** 3 - 3 * x[0] * x[1] ** 2, start=[1.0, 1.0])
    assert critical_point(monkey, [1e-5, 2e-5]) == "inconclusive"
    mixed = Problem(lambda x: x[0] ** 2 + x[1] ** 4, start=[1.0, 1.0])
    assert critical_point(mixed, [1e-9, 1e-3]) == "inconclusive"


def test_points_of_constrained_problems_are_not_classified():
    ball = Problem(lambda x: x @ x, start=[0.5, 0.0], gradient=lambda x: 2 * x, feasible=Ball(1.0))
    assert critical_point(ball, [0.0, 0.0]) == "not classified"


# --- the contract ---------------------------------------------------------------------------------


def test_columns_change_neither_the_trace_nor_the_counts():
    problem = Bowl(KAPPA5, [1.0, 0.3])
    plain, watched = (descend(problem, 0.2, 50) for _ in range(2))
    before = copy.deepcopy(watched)
    compute_columns(EVERY, watched, problem)
    for name, values in before.scalars.items():
        assert values.tobytes() == watched.scalars[name].tobytes(), name
        assert name == "seconds" or values.tobytes() == plain.scalars[name].tobytes(), name
    assert before.points.tobytes() == watched.points.tobytes() == plain.points.tobytes()
    assert watched.cache == {}
    assert watched.columns == {}


def test_thinned_rows_are_nan_and_the_last_iterate_is_there():
    problem = Bowl(KAPPA5, [1.0, 0.3])
    trace = descend(problem, 0.2, 20, Keep("every", stride=4))
    values, notes, _ = compute_columns(EVERY, trace, problem)
    assert notes == {}
    assert np.isfinite(values["condition_number"]).tolist() == trace.kept.tolist()
    assert np.isnan(values["step_ratio"]).all()
    assert np.isnan(values["cosine"]).all()
    assert np.isfinite(values["observed_rate"][1:]).all()
    assert all(v.shape == (21,) for v in values.values())
    last = descend(problem, 0.2, 20, Keep("none"))
    values, notes, _ = compute_columns(EVERY, last, problem)
    assert notes == {}
    assert np.flatnonzero(np.isfinite(values["optimal_step"])).tolist() == [20]


def test_a_problem_without_second_derivatives_leaves_nan_and_a_reason():
    problem = Problem(lambda x: float(x @ x), start=[1.0, 2.0], gradient=lambda x: 2 * x, autodiff=False)
    values, notes, summary = compute_columns(EVERY, descend(problem, 0.1, 5), problem)
    assert set(notes) == {"optimal_step", "condition_number", "inertia"}
    assert "hvp" in notes["optimal_step"]
    for name in (*OptimalStep.names, *ConditionNumber.names, *Inertia.names):
        assert np.isnan(values[name]).all()
    assert np.isfinite(values["gradient_norm"]).all()
    assert np.isfinite(values["cosine"][1:]).all()
    assert summary["critical_point"] == "not critical"


@dataclass(frozen=True)
class Broken(Column):
    names: ClassVar[tuple[str, ...]] = ("first", "second")
    summaries: ClassVar[tuple[str, ...]] = ("word",)
    gives: object = None

    def compute(self, trace, problem):
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives

    def summarize(self, trace, problem):
        return {"word": 1 / 0}


@pytest.mark.parametrize(
    ("gives", "why"),
    [
        (ValueError("no such thing"), "ValueError: no such thing"),
        ({"first": np.zeros(6)}, "does not compute 'second'"),
        ({"first": np.zeros(6), "second": np.zeros(3)}, r"shape \(6,\), given \(3,\)"),
        ({"first": np.zeros(6), "second": ["a"] * 6}, "not an array of numbers"),
        (None, "TypeError"),
    ],
)
def test_a_column_that_fails_loses_nothing_but_itself(gives, why):
    problem = Bowl(KAPPA5, [1.0, 0.3])
    values, notes, summary = compute_columns(
        [GradientNorm(), Broken(gives=gives), Distance()], descend(problem, 0.2, 5), problem
    )
    assert pytest.approx(values["gradient_norm"][0]) == np.linalg.norm(KAPPA5 @ [1.0, 0.3])
    assert np.isfinite(values["distance"]).all()
    assert np.isnan(values["second"]).all()
    assert set(notes) == {"broken"}
    import re

    assert re.search(why, notes["broken"])
    assert summary == {"word": None}


def test_the_names_of_the_record_and_of_other_columns_are_taken():
    @dataclass(frozen=True)
    class Impostor(Column):
        names = ("run", "f", "gradient_norm", "own")

        def compute(self, trace, problem):
            return dict.fromkeys(self.names, np.zeros(len(trace)))

    problem = Bowl(KAPPA5, [1.0, 0.3])
    values, notes, _ = compute_columns([GradientNorm(), Impostor()], descend(problem, 0.2, 5), problem)
    assert set(values) == {"gradient_norm", "own"}
    assert values["gradient_norm"][0] > 0
    assert notes == {"impostor": "the name 'run' belongs to the record of the run"}


def test_a_problem_that_changes_x_in_place_cannot_rewrite_the_record():
    def hessian(x):
        x *= 0
        return np.eye(2)

    problem = Problem(lambda x: float(x @ x), start=[1.0, 2.0], gradient=lambda x: 2 * x, hessian=hessian)
    trace = descend(problem, 0.1, 3)
    before = trace.points.copy()
    _, notes, _ = compute_columns([ConditionNumber()], trace, problem)
    assert "read-only" in notes["condition_number"]
    assert np.array_equal(trace.points, before)


def test_an_empty_trace_gives_empty_columns():
    nothing = Trace({"k": np.empty(0)}, np.empty((0, 0)), np.empty(0, dtype=int), Status.SKIPPED, Status.SKIPPED)
    values, notes, summary = compute_columns(EVERY, nothing, Bowl(KAPPA5, [1.0, 1.0]))
    assert notes == {}
    assert all(v.shape == (0,) for v in values.values())
    assert summary == {"critical_point": None}


def test_diverged_runs_raise_no_warning():
    problem = Bowl(KAPPA5, [1.0, 0.3])
    trace = run(Loop(problem, GradientDescent(1e10)), Keep())
    assert trace.status in (Status.DIVERGED, Status.NONFINITE)
    values, notes, _ = compute_columns(EVERY, trace, problem)
    assert notes == {}
    assert values["condition_number"] == pytest.approx(np.full(len(trace), 5.0))
