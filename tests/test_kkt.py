"""Multipliers and residuals of the KKT conditions against closed forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from optlab.core import constraints as rows
from optlab.core import kkt
from optlab.core.problem import ProblemBase
from optlab.core.status import InputError
from optlab.core.user_problem import Problem
from optlab.sets.ball import Ball
from optlab.sets.base import ConvexSet
from optlab.sets.box import Box


def squared_norm(**constraints):
    return Problem(lambda x: x @ x, start=[2.0, 1.0], gradient=lambda x: 2.0 * x, **constraints)


def linear(c, **constraints):
    c = np.asarray(c, dtype=float)
    return Problem(lambda x: c @ x, start=np.full(c.size, 0.3), gradient=lambda x: c.copy(), **constraints)


@dataclass(frozen=True)
class Simplex(ConvexSet):
    """The unit simplex in the plane, known by its projection alone."""

    def project(self, x):
        t = np.clip(0.5 * (1.0 + x[0] - x[1]), 0.0, 1.0)
        return np.array([t, 1.0 - t])

    def contains(self, x, slack=0.0):
        return bool(abs(x.sum() - 1) <= slack and x.min() >= -slack)


# --- closed forms ---------------------------------------------------------------------------------


def test_the_least_norm_in_a_half_plane_has_multiplier_one():
    problem = squared_norm(linear_inequality=([[-1.0, -1.0]], [-1.0]))
    found = kkt.kkt(problem, [0.5, 0.5])
    assert found.lam == pytest.approx([1.0], rel=1e-15)
    assert max(found.stationarity, found.primal, found.dual, found.complementarity) <= 1e-15


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e4])
def test_the_factor_of_a_constraint_changes_its_multiplier_inversely_and_no_judgment(factor):
    problem = squared_norm(
        inequality=lambda x: factor * np.array([1.0 - x[0] - x[1]]),
        inequality_jacobian=lambda x: np.array([[-factor, -factor]]),
    )
    found = kkt.kkt(problem, [0.5, 0.5])
    assert found.lam * factor == pytest.approx([1.0], rel=1e-12)
    assert kkt.refutation(problem, np.array([0.5, 0.5]), np.array([1.0, 1.0]), 1e-12) == ""
    off = np.array([0.6, 0.5])
    plain = kkt.kkt(squared_norm(linear_inequality=([[-1.0, -1.0]], [-1.0])), off)
    scaled = kkt.kkt(problem, off)
    assert scaled.stationarity == pytest.approx(plain.stationarity, rel=1e-12)
    assert scaled.complementarity == pytest.approx(plain.complementarity, rel=1e-12)
    assert "stationarity" in kkt.refutation(problem, off, 2 * off, 1e-3)


def test_the_ball_and_the_ridge_penalty_have_the_same_multiplier():
    rng = np.random.default_rng(1)
    X, y, penalty = rng.standard_normal((40, 6)), rng.standard_normal(40), 5.0
    w = np.linalg.solve(X.T @ X + penalty * np.eye(6), X.T @ y)
    problem = Problem(
        lambda w: (X @ w - y) @ (X @ w - y), start=np.zeros(6), gradient=lambda w: 2 * X.T @ (X @ w - y),
        feasible=Ball(float(np.linalg.norm(w))),
    )  # fmt: skip
    found = kkt.kkt(problem, w)
    assert found.lam == pytest.approx([penalty], rel=1e-8)
    scale = np.abs(problem.gradient(w)).max()
    assert found.stationarity <= 1e-10 * scale
    assert max(found.primal, found.complementarity) <= 1e-12
    inside = kkt.kkt(problem, 0.5 * w)
    assert inside.stationarity >= 1e-2 * scale


def test_bounds_active_on_either_side_and_inactive():
    problem = linear([1.0, -2.0, 0.0], bounds=([0.0, -1.0, -np.inf], [np.inf, 1.0, 5.0]))
    found = kkt.kkt(problem, [0.0, 1.0, 2.0])
    # order: the two finite lower bounds, then the two finite upper bounds
    assert found.lam == pytest.approx([1.0, 0.0, 2.0, 0.0], abs=1e-15)
    assert max(found.stationarity, found.primal, found.complementarity) == 0.0
    wrong = kkt.kkt(problem, [0.0, -1.0, 2.0])
    assert max(wrong.stationarity, wrong.complementarity) >= 0.5


@pytest.mark.parametrize("seed", range(5))
def test_the_closed_form_for_bounds_is_the_general_recovery(seed):
    rng = np.random.default_rng(seed)
    lo, hi = -rng.random(4), rng.random(4)
    lo[0], hi[1] = -np.inf, np.inf
    x, c = rng.uniform(-1.5, 1.5, 4), rng.standard_normal(4)
    problem = linear(c, bounds=(lo, hi))
    quick = kkt.kkt(problem, x)
    general = rows.constraints(problem, x)
    lam, _ = kkt.recover(c, general)
    assert quick.lam == pytest.approx(lam, abs=1e-12)
    assert quick.stationarity == pytest.approx(np.abs(c + general.Jg.T @ lam).max(), abs=1e-12)
    assert quick.complementarity == pytest.approx(np.abs(lam * general.g).max(), abs=1e-12)
    assert quick.primal == pytest.approx(max(0.0, general.g.max()), abs=1e-15)
    boxed = kkt.kkt(linear(c, feasible=Box(lo, hi)), x)
    assert boxed.lam.tolist() == quick.lam.tolist()


def test_bounds_on_many_variables_form_no_square_matrix():
    import tracemalloc

    n = 20_000
    problem = linear(np.ones(n), bounds=(0.3, np.inf))
    tracemalloc.start()
    found = kkt.kkt(problem, np.full(n, 0.3))
    reason = kkt.infeasibility(problem, np.full(n, 0.2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.stationarity == 0.0
    assert "bound" in reason
    assert peak < 50e6


def test_equalities_have_free_multipliers():
    problem = squared_norm(linear_equality=([[1.0, 1.0]], [1.0]))
    found = kkt.kkt(problem, [0.5, 0.5])
    assert found.nu == pytest.approx([-1.0])
    assert max(found.stationarity, found.primal) <= 1e-15
    assert kkt.kkt(problem, [1.0, 0.0]).stationarity >= 0.4
    assert kkt.kkt(problem, [1.0, 1.0]).primal == pytest.approx(1.0)


def test_a_curved_equality_by_function():
    problem = linear([1.0, 1.0], equality=lambda x: x @ x - 2.0, equality_jacobian=lambda x: 2 * x[None, :])
    found = kkt.kkt(problem, [-1.0, -1.0])
    assert found.nu == pytest.approx([0.5])
    assert found.stationarity <= 1e-15


def test_equality_and_inequality_together():
    # min ½‖x − (2, 2)‖² s.t. x₁ + x₂ = 1, x₁ ≤ ¼: x = (¼, ¾), ν = 5/4, λ = ½
    problem = Problem(
        lambda x: 0.5 * ((x - 2) @ (x - 2)), start=[0.0, 0.0], gradient=lambda x: x - 2,
        linear_equality=([[1.0, 1.0]], [1.0]), linear_inequality=([[1.0, 0.0]], [0.25]),
    )  # fmt: skip
    found = kkt.kkt(problem, [0.25, 0.75])
    assert found.lam == pytest.approx([0.5])
    assert found.nu == pytest.approx([1.25])
    assert max(found.stationarity, found.primal, found.complementarity) <= 1e-14
    assert max(kkt.kkt(problem, [0.0, 1.0]).complementarity, kkt.kkt(problem, [0.0, 1.0]).stationarity) >= 0.05


def test_several_inequalities_only_one_active():
    A = np.array([[-1.0, -1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    problem = squared_norm(linear_inequality=(A, [-1.0, 2.0, 3.0, 5.0]))
    found = kkt.kkt(problem, [0.5, 0.5])
    assert found.lam == pytest.approx([1.0, 0.0, 0.0, 0.0], abs=1e-14)
    assert max(found.stationarity, found.primal, found.complementarity) <= 1e-14


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_constraints_of_very_different_scales_are_recovered_together(factor):
    # min ‖x‖² s.t. x ≥ (1, 1), the second row written with another factor: λ = (2, 2/factor)
    problem = squared_norm(linear_inequality=([[-1.0, 0.0], [0.0, -factor]], [-1.0, -factor]))
    found = kkt.kkt(problem, [1.0, 1.0])
    assert found.lam == pytest.approx([2.0, 2.0 / factor], rel=1e-12)
    assert found.stationarity <= 1e-14


def test_dependent_equalities_do_not_matter():
    problem = squared_norm(
        linear_equality=([[1.0, 1.0], [2.0, 2.0]], [1.0, 2.0]), linear_inequality=([[1.0, 0.0]], [3.0])
    )
    found = kkt.kkt(problem, [0.5, 0.5])
    assert found.stationarity <= 1e-14
    assert found.lam == pytest.approx([0.0], abs=1e-15)


# --- points that are no KKT points ----------------------------------------------------------------


def test_an_infeasible_point_is_seen_and_refuted():
    problem = linear([0.0, 0.0], linear_inequality=([[1.0, 1.0]], [1.0]))
    x = np.array([1.0, 1.0])
    assert kkt.kkt(problem, x).primal == pytest.approx(1.0)
    assert "violated" in kkt.infeasibility(problem, x)
    assert kkt.infeasibility(problem, np.array([0.5, 0.5 + 5e-9])) == ""


def test_a_multiplier_of_the_wrong_sign_is_no_solution():
    problem = linear([1.0, 1.0], linear_inequality=([[-1.0, -1.0]], [-1.0]))
    assert kkt.kkt(problem, [0.5, 0.5]).lam == pytest.approx([1.0])
    upside_down = linear([-1.0, -1.0], linear_inequality=([[-1.0, -1.0]], [-1.0]))
    found = kkt.kkt(upside_down, [0.5, 0.5])
    assert found.lam.tolist() == [0.0]
    assert found.stationarity == pytest.approx(1.0)


def test_an_optimum_without_constraint_qualification_is_no_kkt_point_and_no_crash():
    # min x s.t. x² ≤ 0: x = 0 is optimal, ∇f = 1, ∇g = 0
    problem = linear([1.0], inequality=lambda x: x**2, inequality_jacobian=lambda x: np.array([[2 * x[0]]]))
    found = kkt.kkt(problem, [0.0])
    assert found.stationarity == 1.0
    assert found.lam.tolist() == [0.0]


def test_what_is_not_finite_is_never_a_kkt_point():
    bounded = squared_norm(bounds=(0.0, 1.0))
    by_function = squared_norm(inequality=lambda x: np.log(x - 5.0), inequality_jacobian=lambda x: np.ones((2, 2)))
    for problem in (bounded, by_function, squared_norm()):
        nan = np.full(2, np.nan)
        assert np.isnan(kkt.kkt(problem, nan, nan).stationarity)
        assert "nan" in kkt.refutation(problem, nan, nan, 1e-8)
    assert np.isnan(kkt.kkt(by_function, [1.0, 1.0]).stationarity)


def test_a_set_known_by_projection():
    problem = linear([1.0, 2.0], feasible=Simplex())
    assert kkt.kkt(problem, [1.0, 0.0]).stationarity == 0.0
    assert kkt.kkt(problem, [0.5, 0.5]).stationarity >= 0.1
    outside = np.array([2.0, -1.0])
    found = kkt.kkt(linear([0.0, 0.0], feasible=Simplex()), outside)
    assert found.primal == pytest.approx(1.0)
    assert "outside" in kkt.infeasibility(linear([0.0, 0.0], feasible=Simplex()), outside)


def test_further_constraints_beside_a_projection_are_not_forgotten():
    problem = linear([1.0, 2.0], feasible=Simplex(), linear_inequality=([[1.0, 0.0]], [0.25]))
    found = kkt.kkt(problem, [1.0, 0.0])
    assert found.primal == pytest.approx(0.75)
    assert kkt.infeasibility(problem, np.array([1.0, 0.0])) != ""


def test_without_constraints_stationarity_is_the_greatest_slope():
    found = kkt.kkt(squared_norm(), [3.0, -4.0])
    assert (found.stationarity, found.primal, found.dual, found.complementarity) == (8.0, 0.0, 0.0, 0.0)


def test_wrong_shapes_are_input_errors():
    with pytest.raises(InputError, match=r"shape \(2,\), given \(3,\)"):
        kkt.kkt(squared_norm(), [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="gradient"):
        kkt.kkt(squared_norm(), [1.0, 2.0], np.ones(3))


def test_a_set_and_bounds_are_projected_onto_together():
    problem = squared_norm(feasible=Ball(1.0), bounds=(0.5, 1.0))
    corner = rows.project(problem, np.array([3.0, -3.0]))
    assert corner == pytest.approx([np.sqrt(0.75), 0.5], abs=1e-12)
    assert corner[1] == 0.5
    found = kkt.kkt(problem, corner)  # order: the ball's own row before the bounds
    assert found.lam.shape == (5,)
    assert kkt.kkt(squared_norm(feasible=Ball(1.0), bounds=(0.0, 1.0)), [0.0, 0.0]).stationarity == 0.0


class Circle(ProblemBase):
    """Least x₁ + x₂ on the unit disk, everything by hand."""

    feasible = Ball(1.0)

    def value(self, x):
        return float(x.sum())

    def gradient(self, x):
        return np.ones(2)

    def start(self):
        return np.array([0.6, 0.0])


def test_the_scale_of_the_standard_start_counts_multiplier_and_complementarity():
    problem = Circle()
    assert 0.1 <= kkt.stationarity(problem, problem.start()) <= 1.0
    solution = np.full(2, -np.sqrt(0.5))
    assert kkt.stationarity(problem, solution) <= 1e-15
    assert kkt.kkt(problem, solution).lam == pytest.approx([np.sqrt(0.5)])


@pytest.mark.parametrize("unit", [1e-6, 1e-3])
def test_an_inactive_bound_of_a_tiny_domain_has_no_multiplier(unit):
    """In a domain of size 10⁻⁶ every point is 10⁻⁶ from the bounds; that does not make them active."""
    make = {
        "bounds": {"bounds": (0.0, 4.0 * unit)},
        "functions": {"inequality": lambda x: -x, "inequality_jacobian": lambda x: -np.eye(2)},
        "set": {"feasible": Ball(4.0 * unit)},
    }
    for constraint in make.values():
        problem = Problem(lambda x: x[0] / unit, gradient=lambda x: np.array([1.0, 0.0]) / unit,
                          start=[2.0 * unit, unit], **constraint)  # fmt: skip
        x = np.array([unit, unit])
        assert kkt.stationarity(problem, x) >= 0.1 / unit


@pytest.mark.parametrize("far", [0.0, 1.0, 1e3, 1e8])
@pytest.mark.parametrize("radius", [0.0, 1e-6, 1.0, 1e6])
def test_a_projection_onto_a_ball_is_a_member_however_far_the_centre(far, radius):
    rng = np.random.default_rng(0)
    for _ in range(50):
        center = far * rng.standard_normal(3)
        ball = Ball(radius, center)
        point = ball.project(center + 2.0 * radius * rng.standard_normal(3) + rng.standard_normal(3))
        assert ball.contains(point)
        assert ball.project(point) is point


# --- what rounding excuses, and what it does not ------------------------------------------------------


def test_a_violation_that_is_rounding_is_none():
    """x₁ + x₂ = 10⁸ is met to 1.5·10⁻⁸ at best: one ulp of its terms. Near the origin as much is a violation."""
    far = squared_norm(linear_equality=([[1.0, 1.0]], [1e8]))
    assert not kkt.infeasibility(far, np.array([np.nextafter(5e7, 1e8), 5e7]))
    assert not kkt.infeasibility(far, np.array([5e7, np.nextafter(5e7, 0.0) - 7e-9]))
    assert kkt.infeasibility(far, np.array([5e7 + 1e-6, 5e7]))
    near = squared_norm(linear_equality=([[1.0, 1.0]], [1.0]))
    assert kkt.infeasibility(near, np.array([0.5 + 3e-8, 0.5]))


def test_what_a_violated_equality_gains_refutes_a_claim():
    """x² = 0 and f = −x: at x = t the multiplier is 1/2t, the violation t², and both residuals fall; f gains t/2."""
    problem = Problem(lambda x: -x[0], start=[1.0], gradient=lambda x: np.array([-1.0]), equality=lambda x: x[0] ** 2,
                      equality_jacobian=lambda x: np.array([[2 * x[0]]]))  # fmt: skip
    x = np.array([1e-5])
    assert not kkt.infeasibility(problem, x)
    assert kkt.stationarity(problem, x) <= 1e-12
    assert kkt.greatest_price(problem, x, problem.gradient(x)) == pytest.approx(5e-6)
    assert "worth 5.0e-06 of f" in kkt.refutation(problem, x, problem.gradient(x), 1e-7)
    assert kkt.greatest_price(squared_norm(bounds=(0, 1)), np.ones(2), np.ones(2)) == 0.0
