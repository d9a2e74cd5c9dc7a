"""Methods for constraints against closed forms: multipliers, prices, L2 regularization in every way, honest success."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
from autograd import numpy as anp

import optlab
from optlab.core.constraints import violation
from optlab.core.depth import bottomless
from optlab.core.stop import Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.optimizers.constrained.augmented_lagrangian import AugmentedLagrangian
from optlab.optimizers.projected.lbfgsb import LBFGSB
from optlab.sets.ball import Ball
from optlab.sets.simplex import Simplex

TIGHT = Stationary(rtol=1e-11) | Iterations(2000)
OVER_A_BALL = ("projected_gradient", "spectral_projected_gradient", "secular_equation")
GENERAL = ("sqp", "sqp_newton", "interior_point", "interior_point_bfgs", "augmented_lagrangian")


def ridge_in_a_ball():
    """‖Xw − y‖² with ‖w‖ at most that of the ridge solution of λ = 5: the multiplier of ‖w‖² ≤ C is 5."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((40, 6)), rng.standard_normal(40)
    w = np.linalg.solve(X.T @ X + 5.0 * np.eye(6), X.T @ y)
    problem = Problem(
        lambda v: (X @ v - y) @ (X @ v - y), start=np.zeros(6), gradient=lambda v: 2.0 * X.T @ (X @ v - y),
        hessian=lambda v: 2.0 * X.T @ X, feasible=Ball(float(np.linalg.norm(w))),
    )  # fmt: skip
    return problem, w


@pytest.mark.parametrize("method", [*OVER_A_BALL, *GENERAL, "log_barrier"])
def test_the_ball_has_the_multiplier_of_the_ridge_penalty(method):
    problem, w = ridge_in_a_ball()
    result = optlab.minimize(problem, method, stop=Stationary(rtol=1e-10) | Iterations(3000))
    assert result.status.name in ("CONVERGED", "STALLED"), result.message
    tolerance = 1e-8 if method != "log_barrier" else 1e-4  # its λ is μ/|g|, exact only in the limit
    assert result.x == pytest.approx(w, abs=tolerance * np.linalg.norm(w))
    assert optlab.kkt(problem, result.x).lam == pytest.approx([5.0], rel=1e-6 if method == "log_barrier" else 1e-7)
    own = result.trace["lam"].iloc[-1] if "lam" in result.trace else [5.0]
    assert own == pytest.approx([5.0], rel=1e-8 if method in ("secular_equation", "sqp_newton") else 1e-4)


@pytest.mark.parametrize("method", [*GENERAL, "active_set", "penalty"])
def test_the_nearest_point_of_a_half_plane_has_multiplier_one(method):
    problem = Problem(
        lambda x: x @ x, start=[2.0, 0.5], gradient=lambda x: 2.0 * x, hessian=lambda x: 2.0 * np.eye(2),
        linear_inequality=([[-1.0, -1.0]], [-1.0]),
    )  # fmt: skip
    result = optlab.minimize(problem, method, stop=Stationary(rtol=1e-10) | Iterations(2000))
    exact = method not in ("penalty", "augmented_lagrangian")
    assert result.x == pytest.approx([0.5, 0.5], abs=1e-8 if exact else 1e-6)
    assert result.trace["lam"].iloc[-1] == pytest.approx([1.0], abs=1e-8 if exact else 1e-5)


@pytest.mark.parametrize("name", ["hs7", "hs14", "hs22", "hs35", "hs43", "hs71", "hs76", "maximum_volume_box"])
def test_multipliers_are_prices(name):
    if name not in optlab.names("problems"):
        name = "hs12"
    prices = optlab.sensitivity(name, "sqp_newton")
    size = max(1.0, float(prices["multiplier"].abs().max()))
    kinked = prices["multiplier"].abs() < 1e-6 * size  # inactive, or active without a push: f* has a kink there
    assert prices.loc[~kinked, "error"].max() <= 1e-3 * size
    assert not prices.loc[~kinked].empty


@pytest.mark.parametrize("method", GENERAL)
def test_every_success_on_hock_and_schittkowski_is_a_feasible_kkt_point(method):
    """Residuals by the rule of the issue: stationarity and complementarity over the scale, violation as given."""
    from optlab.core import kkt

    successes = 0
    for name in (f"hs{i}" for i in range(1, 72)):
        if name not in optlab.names("problems"):
            continue
        problem = optlab.problem(name)
        result = optlab.minimize(problem, method, stop=Stationary() | Iterations(500), columns=[])
        if result.success:
            found, scale = kkt.kkt(problem, result.x), kkt.scale_of(problem)
            assert found.stationarity <= 1e-6 * max(scale, 1e-300), name
            assert found.primal <= 1e-6, name
            assert found.complementarity <= 1e-6 * max(scale, 1e-300), name
            assert problem.known.qualified, f"{name} has no multipliers"
            successes += 1
    assert successes >= 55


def test_a_larger_ball_has_a_smaller_multiplier():
    last = np.inf
    for fraction in (0.01, 0.1, 0.5, 0.9):
        result = optlab.minimize(optlab.problem("l2_regression", fraction=fraction), "secular_equation")
        lam = float(result.trace["lam"].iloc[-1][0])
        assert 0 < lam < last
        last = lam
    free = optlab.minimize(optlab.problem("l2_regression", fraction=1.5), "secular_equation")
    assert free.trace["lam"].iloc[-1] == pytest.approx([0.0])


# --- verdicts: what is said of a problem is so ------------------------------------------------------

FAR_EQUALITY = ("kkt_newton", "sqp", "sqp_newton", "interior_point")
FAR_INEQUALITY = ("sqp", "sqp_newton", "interior_point", "augmented_lagrangian", "active_set")


@pytest.mark.parametrize("away", [2e3, 1e8, 1e10])
@pytest.mark.parametrize("kind", ["linear_equality", "linear_inequality"])
def test_a_feasible_set_far_away_is_not_called_empty(kind, away):
    """The least ‖x − 1‖² with x₁ + x₂ ≥ r, or = r, is at x = r/2 (1, 1): however far, the way there is straight."""
    sign, methods = (1.0, FAR_EQUALITY) if kind == "linear_equality" else (-1.0, FAR_INEQUALITY)
    problem = Problem(lambda x: (x - 1) @ (x - 1), start=[1.0, 0.0], **{kind: ([[sign, sign]], [sign * away])})
    for method in methods:
        result = optlab.minimize(problem, method)
        assert result.status.name in ("CONVERGED", "STALLED"), f"{method}: {result.message}"
        assert result.status.success or away > 1e3, f"{method}: {result.message}"
        assert result.x == pytest.approx([away / 2, away / 2], rel=1e-12), method


@pytest.mark.parametrize("method", ["penalty", "augmented_lagrangian", "sqp", "sqp_newton", "kkt_newton"])
@pytest.mark.parametrize("unit", [1.0, 1e3])
def test_an_equality_without_multipliers_is_no_success_short_of_the_solution(method, unit):
    """(x₁ − 1)² + (x₂ + 1)² = 0 holds at one point, where its gradient is 0: no ν balances ∇(x₁ + x₂) = (1, 1)."""
    problem = Problem(
        lambda x: x[0] + x[1],
        start=[2.0 * unit, unit],
        equality=lambda x: (x[0] / unit - 1) ** 2 + (x[1] / unit + 1) ** 2,
    )
    assert not optlab.minimize(problem, method).success


@pytest.mark.parametrize("method", ["projected_gradient", "frank_wolfe_away", "interior_point", "sqp"])
def test_a_start_far_from_a_tiny_set_does_not_make_it_negligible(method):
    """The least x₁ + 3x₂ − 2x₃ over {x ≥ 0, Σx = r} is −2r, at the third vertex."""
    problem = Problem(lambda x: x[0] + 3 * x[1] - 2 * x[2], start=[2.0, 2.0, 2.0], feasible=Simplex(1e-8))
    result = optlab.minimize(problem, method)
    assert result.success, result.message
    assert result.x == pytest.approx([0.0, 0.0, 1e-8], abs=1e-13)


@pytest.mark.parametrize("method", ["interior_point", "interior_point_bfgs", "log_barrier", "augmented_lagrangian"])
@pytest.mark.parametrize("start", [0.0, 1e-12])
def test_a_start_and_a_solution_at_the_origin_leave_the_scale_to_the_bounds(method, start):
    problem = Problem(lambda x: anp.sum(x) + anp.sum(x**2), start=[start, start], bounds=(0.0, 1.0))
    result = optlab.minimize(problem, method)
    assert result.success, result.message
    assert result.x == pytest.approx([0.0, 0.0], abs=1e-8)


def test_length_of_a_start_at_the_origin():
    def length(start, **constraints):
        return Problem(lambda x: x @ x, start=start, **constraints).start_length

    assert length([3.0, -4.0]) == 4.0
    assert length([0.0, 0.0]) == 0.0
    assert length([0.0, 1e-12], bounds=(0.0, 1e-3)) == 1e-3
    assert length([0.0, 1e-4], bounds=(0.0, 1e-3)) == 1e-4
    assert length([0.0, 0.0], bounds=(-np.inf, [np.inf, 7.0])) == 0.0
    assert length([0.0, 0.0], bounds=(-5.0, 5.0)) == 1.0
    assert length([9.0, 9.0], feasible=Ball(0.5)) == pytest.approx(0.5 / np.sqrt(2))


def test_the_barrier_never_asks_for_f_where_there_is_no_interior():
    """A variable between equal bounds leaves none, a contradiction no point at all: these are two verdicts."""
    asked = []

    def f(x):
        asked.append(x)
        return x @ x

    def problem(**constraints):
        return Problem(f, start=[5.0, 5.0], gradient=lambda x: 2 * x, hessian=lambda x: 2 * np.eye(2), **constraints)

    with pytest.raises(optlab.InputError, match="no interior"):
        optlab.minimize(problem(bounds=([0, 1], [1, 1])), "log_barrier")
    with pytest.raises(optlab.InputError, match="no interior"):
        optlab.minimize(problem(linear_inequality=([[1, 1], [-1, -1]], [1, -1])), "log_barrier")
    apart = optlab.minimize(problem(linear_inequality=([[1, 1], [-1, -1]], [1, -3])), "log_barrier")
    assert apart.status.name == "INFEASIBLE"
    assert not asked


@pytest.mark.parametrize("method", ["projected_gradient", "sqp", None])
def test_a_set_and_bounds_without_a_common_point_are_infeasible(method):
    problem = Problem(lambda x: x @ x, start=[0.1, 0.2], bounds=(2, 3), feasible=Ball(1.0))
    assert optlab.minimize(problem, method).status.name == "INFEASIBLE"


CONTRADICTIONS = {
    "parallel rows": {"linear_inequality": ([[1.0, 1.0], [-1.0, -1.0]], [1.0, -3.0])},
    "an equality off fixed variables": {"bounds": ([1, 2], [1, 2]), "linear_equality": ([[1.0, 1.0]], [6.0])},
    "an inequality off fixed variables": {"bounds": ([1, 2], [1, 2]), "linear_inequality": ([[1.0, 1.0]], [2.0])},
}


@pytest.mark.parametrize("method", [*GENERAL, "penalty", "active_set"])
@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions_are_called_infeasible(method, name):
    problem = Problem(lambda x: x @ x, start=[1.0, 1.0], **CONTRADICTIONS[name])
    assert optlab.minimize(problem, method).status.name == "INFEASIBLE"


@pytest.mark.parametrize("method", [*GENERAL, "penalty"])
def test_a_fall_without_bound_is_seen_whatever_ends_the_run(method):
    """x₁ − exp x₂ with x₁² ≤ 4 overflows before any method can follow it; −x³ falls along a line and from a bound."""
    curved = Problem(lambda x: x[0] - anp.exp(x[1]), start=[1.0, 1.0], inequality=lambda x: x[0] ** 2 - 4)
    line = Problem(lambda x: -(x[0] ** 3), start=[1.0, 1.0], linear_equality=([[1.0, -1.0]], [2.0]))
    for problem in (curved, line):
        result = optlab.minimize(problem, method)
        assert result.status.name == "UNBOUNDED", result.message


@pytest.mark.parametrize("method", ["fista", "ista", "admm", "proximal_newton", "projected_gradient", "lbfgsb"])
def test_a_cubic_from_a_bound_on_is_unbounded(method):
    problem = Problem(lambda x: -(x[0] ** 3), start=[1.0], bounds=(0, np.inf))
    result = optlab.minimize(problem, method)
    assert result.status.name == "UNBOUNDED", result.message


def test_a_fall_outside_of_the_constraints_is_none_of_f():
    """x exp y falls without bound for x < 0 alone, and x ≥ 0: a point outside shows nothing, one beside may."""
    problem = Problem(lambda x: x[0] * np.exp(x[1]), start=[1.0, 1.0], inequality=lambda x: -x[:1])
    assert not bottomless(problem, np.array([-1e-3, 300.0]), np.e, problem.value(np.array([-1e-3, 300.0])), np.e)
    free = Problem(problem.value, start=[1.0, 1.0], inequality=lambda x: -x[:1] - 1.0)
    assert bottomless(free, np.array([-1.001, 300.0]), np.e, free.value(np.array([-1.001, 300.0])), np.e)
    assert not bottomless(free, np.array([-1.0, 20.0]), np.e, free.value(np.array([-1.0, 20.0])), np.e)


@pytest.mark.parametrize("method", [*GENERAL, "penalty", "log_barrier", "kkt_newton"])
def test_a_constraint_that_is_not_finite_is_named(method):
    """√x₁ − 2 has no value at x₁ = −1, and no gradient at x₁ = 0."""
    if method != "kkt_newton":
        g = Problem(lambda x: x @ x, start=[-1.0, 2.0], inequality=lambda x: anp.array([x[1] - 5, anp.sqrt(x[0]) - 2]))
        result = optlab.minimize(g, method)
        assert result.status.name == "NONFINITE"
        assert "constraint g2 is not finite" in result.message
    if method != "log_barrier":
        for start, what in ((-1.0, "constraint h1"), (0.0, "the gradient of constraint h1")):
            h = Problem(lambda x: x @ x, start=[start, 2.0], equality=lambda x: anp.sqrt(x[0]) - 2)
            result = optlab.minimize(h, method)
            assert result.status.name == "NONFINITE"
            assert f"{what} is not finite" in result.message


@pytest.mark.parametrize("method", [*GENERAL, "penalty", "log_barrier", "active_set", "projected_newton"])
def test_what_would_take_hours_is_refused_before_anything_is_evaluated(method):
    """A dense Cholesky factorization takes n³/3 multiplications: 3·10¹¹ of them in every step at n = 10⁴."""

    def f(x):
        raise AssertionError

    problem = Problem(f, start=np.ones(10_000), gradient=f, hessian=f, lagrangian_hessian=f, bounds=(0.0, 2.0))
    problem.__dict__["_gradient_is_affine"] = True
    with pytest.raises(optlab.InputError, match=r"factors a dense matrix of 10,000 × 10,000 .*at most n = 5,000"):
        optlab.minimize(problem, method)


def test_methods_of_products_and_pairs_have_no_such_limit():
    problem = Problem(lambda x: x @ x, start=np.full(10_000, 3.0), gradient=lambda x: 2 * x, bounds=(1.0, 4.0))
    assert optlab.minimize(problem, "lbfgsb").success
    assert optlab.minimize(problem, "trust_region_bounds").success
    assert not AugmentedLagrangian(inner=LBFGSB()).factors
    assert AugmentedLagrangian.factors


def test_the_best_iterate_is_a_feasible_one():
    """The penalty's iterates come from outside, from below f*: the least f of all is no solution."""
    result = optlab.minimize("hs7", "penalty")
    assert result.lowest[1] < result.f - 1
    assert result.best_f == pytest.approx(-np.sqrt(3.0), abs=1e-6)
    assert result.best_x == pytest.approx([0.0, np.sqrt(3.0)], abs=1e-6)
    copy = pickle.loads(pickle.dumps(result))
    assert copy.best_f == result.best_f
    np.testing.assert_array_equal(copy.best_x, result.best_x)


def test_without_a_feasible_iterate_the_best_violates_least():
    problem = optlab.problem("infeasible_parabola")
    result = optlab.minimize(problem, "penalty")
    best, all_of_them = violation(problem, result.best_x), [violation(problem, x) for x in result.trajectory]
    assert best == min(all_of_them) < max(all_of_them)
    assert result.best_f == problem.value(result.best_x)


def test_looking_for_the_best_iterate_costs_the_run_nothing():
    calls = []

    def g(x):
        calls.append(x)
        return x @ x - 1.0

    problem = Problem(lambda x: x[0] + x[1], start=[2.0, 2.0], inequality=g)
    result = optlab.minimize(problem, "penalty", columns=[])
    before, counts = len(calls), result.evaluations["constraint"]
    assert violation(problem, result.best_x) <= 1e-7
    assert len(calls) > before
    assert result.evaluations["constraint"] == counts


@pytest.mark.parametrize("method", ["lbfgsb", "projected_newton", "sqp", "interior_point", "projected_gradient", None])
def test_f_need_not_be_defined_at_a_start_that_the_bounds_exclude(method):
    def f(x):
        if x[0] <= 0:
            raise ValueError
        return x[0] - anp.log(x[0])

    result = optlab.minimize(Problem(f, start=[-1.0], bounds=(0.1, 5.0)), method)
    assert result.success, result.message
    assert result.x == pytest.approx([1.0], abs=1e-6)


@pytest.mark.parametrize("method", ["bfgs", "trust_region", "sqp", "gradient_descent_armijo"])
def test_outside_of_its_domain_f_is_infinite_and_an_exception_is_an_error(method):
    def f(x):
        return 10 * (x[0] - anp.log(x[0])) if x[0] > 0 else np.inf

    def mistaken(x):
        if not x[0] > 0:
            raise ValueError
        return f(x)

    assert optlab.minimize(Problem(f, start=[30.0]), method).success
    assert optlab.minimize(Problem(mistaken, start=[30.0]), method).status.name == "ERROR"


def plain(**constraints):
    return Problem(lambda x: x @ x, start=[1.0, 2.0], **constraints)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bounds": (None, 1)}, "-inf or inf where there is none, given None"),
        ({"bounds": (0, 1, 2)}, "a pair"),
        ({"bounds": (np.inf, np.inf)}, "no number is between"),
        ({"linear_inequality": ([[np.nan, 2]], [1])}, "linear_inequality needs finite numbers, but row 0"),
        ({"linear_inequality": ([[1, 2], [1, 3]], [1, np.inf])}, "but row 1"),
        ({"linear_equality": ([[1, 2]], [-np.inf])}, "linear_equality needs finite numbers"),
    ],
    ids=str,
)
def test_what_cannot_be_a_constraint_is_refused(given, words):
    with pytest.raises(optlab.InputError, match=words):
        plain(**given)


def test_bounds_as_pairs_for_each_variable_are_told_apart():
    with pytest.raises(optlab.InputError, match="tuple\\(zip\\(\\*pairs\\)\\)"):
        Problem(lambda x: x @ x, start=[1.0, 2.0, 3.0], bounds=[(0, 1), (0, 1), (0, 1)])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"inequality": lambda x: None}, "inequality must return .* given None"),
        ({"equality": lambda x: x[0] < 1}, "equality must return .* given (np.)?True|False"),
        ({"inequality": lambda x: np.array([[x[0], x[1]]])}, "inequality must return .* given shape \\(1, 2\\)"),
        (
            {"inequality": lambda x: x[:1], "inequality_jacobian": lambda x: np.array([[1.0], [0.0]])},
            "inequality_jacobian must return shape \\(m, 2\\), .* given shape \\(2, 1\\)",
        ),
        (
            {"inequality": lambda x: x, "inequality_jacobian": lambda x: np.array([1.0, 0.0])},
            "inequality gives 2 numbers, inequality_jacobian 1 rows",
        ),
        (
            {"equality": lambda x: x[0] - 5, "equality_jacobian": lambda x: np.eye(2)},
            "equality gives 1 numbers, equality_jacobian 2 rows",
        ),
    ],
    ids=["None", "bool", "2-D", "Jacobian", "too few rows", "too many rows"],
)
def test_a_constraint_function_that_returns_something_else_is_named(given, words):
    result = optlab.minimize(plain(**given), "sqp")
    assert result.status.name == "ERROR"
    assert re.search(words, result.message), result.message


@pytest.mark.parametrize("step", [0, -1.0, np.nan, "1"])
def test_prices_need_a_step(step):
    with pytest.raises(optlab.InputError, match="step must be a number > 0"):
        optlab.sensitivity(plain(linear_inequality=([[-1, -1]], [-1])), step=step)


def test_the_active_set_method_takes_a_bowl_for_quadratic_from_everywhere():
    """At the minimum the gradient is all rounding; what it is compared with is the size of the terms it comes of."""
    task = optlab.problem("kappa5")
    for start in task.start() + np.random.default_rng(1).uniform(-1.5, 1.5, (30, 2)):
        assert optlab.minimize(task, "active_set", start).status.name == "CONVERGED"
