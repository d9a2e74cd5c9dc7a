"""What `optlab.kkt` says at a point: multipliers, which condition fails and why, and the constraint qualification."""

from __future__ import annotations

import numpy as np
import pytest

import optlab
from optlab.columns.active_set import ActiveSet
from optlab.columns.kkt import Kkt
from optlab.core.conditions import active_set
from optlab.core.constraints import names, size_of, violation
from optlab.core.driver import Loop, run
from optlab.core.user_problem import Problem
from optlab.optimizers.constrained.kkt_newton import KKTNewton
from optlab.optimizers.projected.projected_gradient import ProjectedGradient
from optlab.sets.ball import Ball
from optlab.transforms.constraint_scaling import ConstraintScaling
from optlab.transforms.relaxation import Relaxation
from optlab.transforms.rotation import Rotation
from optlab.transforms.variable_scaling import VariableScaling


def squared_norm(**constraints):
    return Problem(lambda x: x @ x, start=[2.0, 1.0], gradient=lambda x: 2.0 * x, **constraints)


HALF_PLANE = {"linear_inequality": ([[-1.0, -1.0]], [-1.0])}


# --- which condition fails ------------------------------------------------------------------------


def test_all_conditions_hold_at_the_nearest_point_of_a_half_plane():
    there = optlab.kkt(squared_norm(**HALF_PLANE), [0.5, 0.5])
    assert there.holds
    assert there.lam == pytest.approx([1.0], abs=1e-12)
    assert there.active.tolist() == [True]
    assert there.qualification == "LICQ"
    assert "linear g 1 (λ = 1)" in str(there)


def test_stationarity_fails_where_no_multiplier_balances_the_gradient():
    there = optlab.kkt(squared_norm(**HALF_PLANE), [1.0, 0.0])
    assert list(there.fails) == ["stationarity"]
    assert there.stationarity == pytest.approx(1.0)


def test_dual_feasibility_fails_where_only_a_negative_multiplier_would_balance_it():
    problem = squared_norm(linear_inequality=([[1.0, 1.0]], [1.0]))
    there = optlab.kkt(problem, [0.5, 0.5])
    assert list(there.fails) == ["dual"]
    assert there.dual == pytest.approx(1.0)
    assert "linear g 1" in there.fails["dual"]
    assert problem.value(np.array([0.4, 0.4])) < problem.value(np.array([0.5, 0.5]))  # as it says: f falls off it


def test_primal_feasibility_names_the_worst_constraint():
    problem = squared_norm(inequality=lambda x: np.array([1.0 - x[0], 3.0 - x[1]]))
    there = optlab.kkt(problem, [0.9, 0.5])
    assert "g2" in there.fails["primal"]
    assert there.primal == pytest.approx(2.5)


def test_complementarity_fails_where_the_push_comes_from_far_away():
    # the recovered multiplier of a distant constraint that pushes the right way, weighed against its slack
    problem = squared_norm(linear_inequality=([[-1.0, 0.0]], [-1e-3]))
    there = optlab.kkt(problem, [2e-3, 0.0], rtol=1e-9)
    assert "complementarity" in there.fails
    assert "linear g 1" in there.fails["complementarity"]


def test_every_known_solution_of_the_catalogue_is_found_to_hold():
    seen = 0
    for name in optlab.names("problems"):
        problem = optlab.problem(name)
        known = problem.known
        if not problem.constraint_forms or known.solution is None or not known.qualified or problem.n > 200:
            continue
        there = optlab.kkt(problem, known.solution, rtol=1e-5)
        assert there.holds, f"{name}: {there.fails}"
        assert there.qualification in ("LICQ", "MFCQ", "linear"), f"{name}: {there.qualification}"
        seen += 1
    assert seen > 60


# --- constraint qualifications --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hs13", "cq_failure", "kuhn_tucker_cusp"])
def test_where_no_qualification_holds_stationarity_need_not(name):
    problem = optlab.problem(name)
    there = optlab.kkt(problem, problem.known.solution)
    assert there.qualification == "none"
    assert "stationarity" in there.fails
    assert "no direction leads inside" in str(there)


def test_parallel_gradients_of_one_side_are_mfcq_and_of_two_sides_are_nothing():
    one_side = {"inequality": lambda x: np.array([1.0 - x[0], (1.0 - x[0]) * 2.0])}
    assert optlab.kkt(squared_norm(**one_side), [1.0, 0.0]).qualification == "MFCQ"
    two_sides = {"inequality": lambda x: np.array([1.0 - x[0], x[0] - 1.0])}
    assert optlab.kkt(squared_norm(**two_sides), [1.0, 0.0]).qualification == "none"
    rows = {"linear_inequality": ([[-1.0, 0.0], [1.0, 0.0]], [-1.0, 1.0])}
    assert optlab.kkt(squared_norm(**rows), [1.0, 0.0]).qualification == "linear"


def test_dependent_equalities_by_functions_qualify_for_nothing_and_by_rows_do():
    functions = squared_norm(equality=lambda x: np.array([x[0] - 1.0, 2.0 * x[0] - 2.0]))
    assert optlab.kkt(functions, [1.0, 0.0]).qualification == "none"
    rows = squared_norm(linear_equality=([[1.0, 0.0], [2.0, 0.0]], [1.0, 2.0]))
    assert optlab.kkt(rows, [1.0, 0.0]).qualification == "linear"


# --- names, order, active sets --------------------------------------------------------------------


def test_names_follow_the_order_of_the_multipliers():
    problem = squared_norm(
        inequality=lambda x: np.array([x[0] - 5.0]), linear_inequality=([[1.0, 1.0]], [9.0]), feasible=Ball(4.0),
        bounds=([-np.inf, 0.0], [3.0, np.inf]), equality=lambda x: x[0] * x[1], linear_equality=([[1.0, 0.0]], [0.0]),
    )  # fmt: skip
    assert names(problem) == (("g1", "linear g 1", "set", "x2 ≥ 0", "x1 ≤ 3"), ("h1", "linear h 1"))
    there = optlab.kkt(problem, [0.0, 0.0])
    assert there.lam.shape == (5,)
    assert there.nu.shape == (2,)
    assert there.active.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_active_means_near_in_the_units_of_x(scale):
    problem = Problem(lambda x: x @ x, start=[2 * scale, scale], bounds=(scale, np.inf))
    assert active_set(problem, scale * np.array([1.0 + 1e-8, 1.1])).tolist() == [True, False]


def test_many_bounds_form_no_square_matrix():
    n = 50_000
    problem = Problem(lambda x: x.sum(), start=np.ones(n), gradient=np.ones_like, bounds=(0.5, np.inf))
    there = optlab.kkt(problem, np.full(n, 0.5))
    assert there.holds
    assert there.active.all()
    assert len(str(there)) < 1000


def test_violation_is_that_of_kkt():
    problem = optlab.problem("hs71")
    x = np.array([0.5, 6.0, 2.0, 1.0])
    assert violation(problem, x) == optlab.kkt(problem, x).primal > 1


# --- columns --------------------------------------------------------------------------------------


def test_the_methods_own_multipliers_stand_beside_the_recovered_ones():
    problem = optlab.problem("maratos")
    trace = run(Loop(problem, KKTNewton()))
    columns = Kkt().compute(trace, problem)
    own, recomputed = columns["kkt_own_stationarity"], columns["kkt_stationarity"]
    k = len(trace) // 2
    x, nu = trace.points[k], trace.scalars["nu"][k]
    by_hand = problem.gradient(x) + problem.equality_jacobian(x).T @ np.atleast_1d(nu)
    assert own[k] == pytest.approx(np.abs(by_hand).max(), rel=1e-9)
    assert own[-1] <= 1e-6
    assert recomputed[-1] <= 1e-6
    silent = run(Loop(optlab.problem("hs1"), ProjectedGradient()))
    assert np.isnan(Kkt().compute(silent, optlab.problem("hs1"))["kkt_own_stationarity"]).all()


def test_active_set_changes_stop_when_the_active_set_is_identified():
    problem = Problem(
        lambda x: 0.5 * (x[0] + 1.0) ** 2 + 5.0 * (x[1] - 1.0) ** 2, start=[3.0, 3.0], bounds=(0.0, np.inf)
    )
    trace = run(Loop(problem, ProjectedGradient()))
    columns = ActiveSet().compute(trace, problem)
    assert columns["active"][0] == 0
    assert columns["active"][-1] == 1
    assert np.nansum(columns["active_changes"]) == 1
    assert np.isnan(columns["active_changes"][0])
    free = optlab.problem("beale")
    assert np.isnan(ActiveSet().compute(run(Loop(free, ProjectedGradient())), free)["active"]).all()


# --- other units, other right-hand sides ----------------------------------------------------------


@pytest.mark.parametrize("factor", [1e-4, 1e4])
@pytest.mark.parametrize("name", ["hs71", "maratos", "minimum_norm", "hs24"])
def test_scaled_constraints_divide_the_multipliers(name, factor):
    problem = optlab.problem(name)
    scaled = ConstraintScaling(factor).apply(problem)
    x = np.asarray(problem.known.solution, dtype=float)
    before, after = optlab.kkt(problem, x), optlab.kkt(scaled, x)
    assert after.holds
    bounds = sum(int(np.isfinite(side).sum()) for side in problem.all_bounds or ())
    m = before.lam.size - bounds
    assert after.lam[:m] * factor == pytest.approx(before.lam[:m], rel=1e-6, abs=1e-9)
    assert after.lam[m:] == pytest.approx(before.lam[m:], rel=1e-6, abs=1e-9)
    assert after.nu * factor == pytest.approx(before.nu, rel=1e-6, abs=1e-9)
    g, h = (size_of(function, x) for function in (problem.inequality, problem.equality))
    H = problem.lagrangian_hessian(x, before.lam[:g], before.nu[:h])
    scaled_H = scaled.lagrangian_hessian(x, before.lam[:g] / factor, before.nu[:h] / factor)
    assert scaled_H == pytest.approx(H, rel=1e-12)


@pytest.mark.parametrize(("index", "equality"), [(0, False), (1, False), (2, False), (3, False), (4, False), (0, True)])
def test_a_relaxed_constraint_is_the_only_one_that_moves(index, equality):
    problem = squared_norm(
        inequality=lambda x: np.array([x[0] ** 2 - 5.0]), linear_inequality=([[1.0, 1.0]], [9.0]), feasible=Ball(4.0),
        bounds=([-np.inf, 0.0], [3.0, np.inf]), equality=lambda x: x[0] * x[1],
    )  # fmt: skip
    x, by = np.array([0.3, 0.4]), 0.25
    moved = Relaxation(by, index, equality).apply(problem)

    def everything(problem):
        from optlab.core.constraints import constraints

        c = constraints(problem, x)
        return dict(zip(names(problem)[0] + names(problem)[1], [*c.g, *c.h], strict=True))

    before, after = everything(problem), everything(moved)
    changed = [value for value in after.values() if not any(abs(value - old) < 1e-12 for old in before.values())]
    assert len(changed) == 1
    label = names(problem)[int(equality)][index]
    assert changed[0] == pytest.approx(before[label] - by)


def test_relaxing_what_is_not_there_is_an_error():
    with pytest.raises(optlab.InputError, match="below 1"):
        Relaxation(0.1, 3).apply(squared_norm(**HALF_PLANE))


def test_the_multiplier_is_the_price_of_the_constraint():
    prices = optlab.sensitivity(squared_norm(**HALF_PLANE), "scipy_slsqp", [0.5, 0.5])
    assert prices["multiplier"].tolist() == pytest.approx([1.0])
    assert prices["difference"].tolist() == pytest.approx([1.0], rel=1e-6)
    curved = optlab.sensitivity("hs7", "kkt_newton")
    assert curved["error"].max() <= 1e-6
    assert curved["difference"].abs().min() > 0.1


@pytest.mark.parametrize("transform", [Rotation(seed=1), VariableScaling(condition=100.0, seed=1)], ids=repr)
def test_moved_constraints_keep_their_multipliers(transform):
    problem = optlab.problem("ball_half_space")
    moved = transform.apply(problem)
    there = optlab.kkt(moved, moved.known.solution)
    assert there.holds, there.fails
    assert sorted(there.lam) == pytest.approx([0.5, 3.0], rel=1e-6)


def test_a_run_with_constraints_has_the_conditions_in_its_trace_unless_other_columns_are_asked_for():
    import pickle

    result = optlab.minimize("hs7", "kkt_newton")
    assert result.trace["kkt_stationarity"].iloc[-1] <= 1e-6
    assert optlab.minimize("hs7", "kkt_newton", columns=["violation"]).trace.columns[-1] == "violation"
    assert "kkt_stationarity" not in optlab.minimize("beale", "bfgs").trace
    user = optlab.minimize(squared_norm(linear_equality=([[1.0, 1.0]], [1.0])), "kkt_newton")
    copy = pickle.loads(pickle.dumps(user))
    assert copy.trace.equals(user.trace)
    assert "kkt_primal" in copy.trace


def test_an_experiment_that_names_no_columns_logs_the_conditions_where_there_are_constraints():
    from optlab.experiment import from_dict

    given = {"name": "t", "problems": ["hs7", "beale"], "optimizers": ["kkt_newton"], "stop": {"iterations": 5}}
    columns = {run.problem["name"]: run.columns for run in from_dict(given).runs()}
    assert columns == {"hs7": ["active_set", "kkt"], "beale": []}
    given["columns"] = []
    assert not any(run.columns for run in from_dict(given).runs())


def test_f_is_never_asked_for_outside_the_set_not_even_for_the_scale():
    seen = []

    def f(x):
        seen.append(x.copy())
        assert (x >= 1.0).all()
        return float(x @ x)

    problem = Problem(f, start=[-3.0, 5.0], gradient=lambda x: 2.0 * x, bounds=(1.0, np.inf))
    result = optlab.minimize(problem, "projected_gradient")
    assert result.success
    assert seen


def test_where_the_standard_start_is_not_strictly_feasible_f_need_not_be_defined_there():
    def f(x):
        if x[0] >= 1.0:
            msg = "outside the domain"
            raise ValueError(msg)
        return float((x[0] - 2.0) ** 2)

    problem = Problem(
        f, start=[1.0], gradient=lambda x: np.array([2.0 * (x[0] - 2.0)]) if f(x) >= 0 else x,
        inequality=lambda x: np.array([x[0] - 1.0]), inequality_jacobian=lambda x: np.ones((1, 1)),
        hessian=lambda x: 2.0 * np.eye(1), lagrangian_hessian=lambda x, lam, nu: 2.0 * np.eye(1),
    )  # fmt: skip
    result = optlab.minimize(problem, {"name": "log_barrier"}, start=[0.0])
    assert result.status.name != "ERROR", result.message
    assert result.x[0] == pytest.approx(1.0, abs=1e-4)


def test_the_residuals_shown_are_those_of_the_multipliers_shown():
    """At 0 between bounds −x falls: λ = −1 at the lower bound balances ∇f exactly, and nothing else is wrong."""
    found = optlab.kkt(Problem(lambda x: -x[0], start=[0.0], bounds=(0, 2)), [0.0])
    assert set(found.fails) == {"dual"}
    assert (found.stationarity, found.dual, found.complementarity) == (0.0, 1.0, 0.0)
    np.testing.assert_array_equal(found.lam, [-1.0, 0.0])
    assert "holds  stationarity      0.00e+00" in str(found)
    assert "(λ = -1)" in str(found)


def test_an_active_constraint_is_not_called_inactive():
    """x² ≤ 0 at 10⁻⁶ holds but for 10⁻¹²; the λ that balances −1 there is 5·10⁵, and λg is 5·10⁻⁷."""
    problem = Problem(lambda x: -x[0], start=[1.0], gradient=lambda x: np.array([-1.0]), inequality=lambda x: x[0] ** 2,
                      inequality_jacobian=lambda x: np.array([[2 * x[0]]]))  # fmt: skip
    found = optlab.kkt(problem, [1e-6], rtol=1e-9)
    assert found.active.all()
    assert "an active constraint" in found.fails["complementarity"]
    assert "not active" not in found.fails["complementarity"]


def test_a_bound_among_thousands_is_named_with_its_numbers():
    n = 1500
    x = np.full(n, 1.0)
    x[7] = 1.25
    found = optlab.kkt(Problem(lambda x: x @ x, start=np.full(n, 3.0), gradient=lambda x: 2 * x, bounds=(1, 4)), x)
    assert "x8 ≥ 1 = -2.50e-01 with λ = " in found.fails["complementarity"]


def test_nothing_is_said_to_hold_at_a_point_that_is_none():
    problem = Problem(lambda x: x @ x, start=[1.0, 2.0], inequality=lambda x: x - 1)
    found = optlab.kkt(problem, [np.nan, 0.0])
    assert set(found.fails) == {"stationarity", "primal", "dual", "complementarity"}
    assert all("x is not finite" in why for why in found.fails.values())
    assert found.qualification == "undefined"
    assert "holds" not in str(found)


def test_gradients_that_become_parallel_are_not_independent():
    """HS13's at (1 − t, t³) have a singular value of order t²: near the cusp multipliers are of any size."""
    found = optlab.kkt(optlab.problem("hs13"), [1.0 - 1e-4, 1e-12])
    assert found.qualification == "none"
