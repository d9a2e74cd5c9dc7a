"""Sequential quadratic programming and the active-set method on problems with known answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import autograd.numpy as anp
import numpy as np
import pytest

import optlab
from optlab.core.status import InputError, Status
from optlab.optimizers.constrained.active_set import ActiveSet
from optlab.optimizers.constrained.sqp import LEAST, SQP, damped_update, self_scaled
from optlab.optimizers.constrained.sqp_newton import SQPNewton
from optlab.transforms.constraint_scaling import ConstraintScaling
from optlab.transforms.value_scaling import ValueScaling

SQPS = (SQP(), SQPNewton())
STOP = optlab.stop.Stationary(rtol=1e-8) | optlab.stop.Iterations(300)


def run(problem, optimizer, stop=STOP, **settings):
    problem = optlab.problem(problem, **settings) if isinstance(problem, str) else problem
    return optlab.minimize(problem, optimizer, stop=stop)


def user(f, start, **constraints):
    return optlab.Problem(f, start=start, **constraints)


def multipliers(problem, optimizer):
    *_, last = optlab.iterate(problem, optimizer, stop=STOP)
    assert last.status is Status.CONVERGED
    return last.state.lam, last.state.nu


NEAR = [np.cos(0.3), np.sin(0.3)]
HALF_PLANE = {"linear_inequality": (np.array([[-1.0, -1.0]]), np.array([-1.0]))}


# --- solutions and multipliers in closed form -----------------------------------------------------


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_multipliers_of_a_half_plane_and_of_a_circle(optimizer):
    lam, _ = multipliers(user(lambda x: x @ x, [3.0, -1.0], **HALF_PLANE), optimizer)
    assert lam == pytest.approx([1.0], abs=1e-8)
    circle = user(lambda x: x[0] + x[1], [1.0, -2.0], equality=lambda x: anp.array([x[0] ** 2 + x[1] ** 2 - 2.0]))
    _, nu = multipliers(circle, optimizer)
    assert nu == pytest.approx([0.5], abs=1e-7)
    between = user(lambda x: (x - 3.0) @ (x - 3.0), [0.5, 0.5], bounds=([0.0, 0.0], [1.0, 5.0]))
    lam, _ = multipliers(between, optimizer)
    assert lam == pytest.approx([0.0, 0.0, 4.0, 0.0], abs=1e-6)


def test_the_exact_hessian_solves_a_quadratic_program_in_one_step():
    for name in ("box_quadratic", "portfolio", "hs48", "minimum_norm"):
        result = run(name, SQPNewton())
        assert result.status is Status.CONVERGED
        assert result.iterations == 1


def test_bfgs_has_the_curvature_of_a_round_bowl_after_one_step():
    center = np.array([3.0, 1.0, 0.5])
    bowl = user(lambda x: 500.0 * (x - center) @ (x - center), np.zeros(3), bounds=(np.zeros(3), [1.0, 9.0, 9.0]))
    assert run(bowl, SQP()).iterations == 2


def test_the_exact_hessian_converges_quadratically():
    ring = user(lambda x: anp.exp(x[0]) + x[1], [1.0, -2.0], equality=lambda x: anp.array([x @ x - 2.0]))
    end = run(ring, SQPNewton(), optlab.stop.Iterations(12)).x
    errors = np.linalg.norm(run(ring, SQPNewton()).trajectory - end, axis=1)
    late = [(a, b) for a, b in pairwise(errors) if 1e-7 < a < 0.3]
    assert len(late) >= 2
    assert all(b <= 4.0 * a**2 for a, b in late)


def test_damped_bfgs_converges_superlinearly():
    ring = user(
        lambda x: anp.exp(x[0]) + x[1] + x[2] ** 2, [1.0, -2.0, 1.0], equality=lambda x: anp.array([x @ x - 2.0])
    )
    end = run(ring, SQPNewton(), optlab.stop.Iterations(12)).x
    errors = np.linalg.norm(run(ring, SQP()).trajectory - end, axis=1)
    late = errors[(errors > 1e-9) & (errors < 0.1)]
    assert (late[1:] / late[:-1]).min() < 0.05
    assert late.size <= 10


def test_updates_stay_definite_and_meet_the_secant_equation_where_curvature_allows():
    random = np.random.default_rng(2)
    for _ in range(30):
        root = random.standard_normal((4, 4))
        B, s, y = root @ root.T + np.eye(4), random.standard_normal(4), random.standard_normal(4)
        sy, sBs = float(s @ y), float(s @ B @ s)
        updated = damped_update(B, s, y, sy)
        assert np.linalg.eigvalsh(updated)[0] > 0
        assert s @ updated @ s == pytest.approx(max(sy, 0.2 * sBs))
    assert damped_update(np.eye(2), np.array([1.0, 0.0]), np.array([3.0, 1.0]), 3.0)[:, 0] == pytest.approx([3.0, 1.0])


def test_a_matrix_shrinks_to_the_curvature_seen_and_never_grows():
    B, s = np.diag([4.0, 2.0]), np.array([1.0, 0.0])
    assert self_scaled(B, s, 2.0) == pytest.approx(0.5 * B)
    assert self_scaled(B, s, 0.0) == pytest.approx(LEAST * B)
    assert self_scaled(B, s, 8.0) is B
    assert self_scaled(B, s, -1.0) is B


# --- what a run may ask ------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_bounds_hold_at_every_evaluation(optimizer):
    lo, hi = np.array([0.1, -0.3, 1e-3]), np.array([0.7, 1.0 / 3.0, 2.0])

    def within(x):
        assert (lo <= x).all()
        assert (x <= hi).all()
        return x

    problem = user(
        lambda x: (within(x)[0] - 2.0) ** 2 * np.exp(x[1]) + 3.0 * x[2] ** 2,
        [0.5, 0.0, 1.0],
        gradient=lambda x: np.array(
            [2.0 * (within(x)[0] - 2.0) * np.exp(x[1]), (x[0] - 2.0) ** 2 * np.exp(x[1]), 6.0 * x[2]]
        ),
        lagrangian_hessian=lambda x, lam, _: np.exp(within(x)[1]) * np.array(
            [[2.0, 2.0 * (x[0] - 2.0), 0.0], [2.0 * (x[0] - 2.0), (x[0] - 2.0) ** 2, 0.0], [0.0, 0.0, 0.0]]
        ) + np.diag([-2.0 * lam[0], 0.0, 6.0 - 2.0 * lam[0]]),
        bounds=(lo, hi),
        inequality=lambda x: np.array([1.0 - within(x)[0] ** 2 - x[2] ** 2]),
        inequality_jacobian=lambda x: np.array([[-2.0 * within(x)[0], 0.0, -2.0 * x[2]]]),
    )  # fmt: skip
    result = optlab.minimize(problem, optimizer, start=[5.0, -4.0, 1.0], stop=STOP)
    assert result.status is Status.CONVERGED
    assert result.x == pytest.approx([0.7, -0.3, np.sqrt(0.51)], abs=1e-6)


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_the_correction_asks_the_constraints_and_not_f(optimizer):
    result = run(user(
        lambda x: 2.0 * (x @ x - 1.0) - x[0], NEAR, equality=lambda x: anp.array([x @ x - 1.0])
    ), optimizer)  # fmt: skip
    assert result.status is Status.CONVERGED
    assert result.evaluations["f"] == result.iterations + 1  # every full step is accepted, Maratos or not
    assert result.evaluations["constraint"] > result.evaluations["f"]


def test_without_the_correction_full_steps_are_refused():
    circle = user(lambda x: 2.0 * (x @ x - 1.0) - x[0], NEAR, equality=lambda x: anp.array([x @ x - 1.0]))
    plain = run(circle, replace(SQPNewton(), correct_above=1e300))
    assert plain.evaluations["f"] > plain.iterations + 1


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_where_f_is_not_defined_steps_are_shortened(optimizer):
    wall = user(
        lambda x: x @ x / 20.0 - anp.sum(anp.log(x)), [0.02, 30.0], inequality=lambda x: anp.array([x[0] - x[1]])
    )
    result = run(wall, optimizer)
    assert result.status is Status.CONVERGED
    assert result.x == pytest.approx(np.sqrt([10.0, 10.0]), abs=1e-5)


# --- invariance ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
@pytest.mark.parametrize("name", ["hs12", "hs18", "hs24", "hs27", "hs32", "hs63", "hs64", "water_filling"])
def test_units_of_f_and_of_the_constraints_do_not_matter(optimizer, name):
    problem = optlab.problem(name)
    plain = run(problem, optimizer)
    for change in (ValueScaling(1e8), ValueScaling(1e-8), ConstraintScaling(1e4), ConstraintScaling(1e-4)):
        other = run(change.apply(problem), optimizer)
        assert other.status is plain.status is Status.CONVERGED
        assert other.x == pytest.approx(plain.x, rel=1e-4, abs=1e-4)


# --- traps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
@pytest.mark.parametrize("name", ["infeasible_circles", "infeasible_half_planes", "infeasible_parabola"])
def test_what_is_infeasible_is_called_so(optimizer, name):
    assert run(name, optimizer).status is Status.INFEASIBLE


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_contradictions_within_bounds_and_among_rows_are_infeasible(optimizer):
    box = {"bounds": ([0.0, 0.0], [1.0, 1.0])}
    corner = user(lambda x: x @ x, [0.5, 0.5], inequality=lambda x: anp.array([4.0 - anp.exp(x[0]) - x[1] ** 2]), **box)
    rows = user(lambda x: x @ x, [1.0, 1.0], linear_equality=(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([1.0, 3.0])))
    assert run(corner, optimizer).status is Status.INFEASIBLE
    assert run(rows, optimizer).status is Status.INFEASIBLE


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_what_is_unbounded_is_called_so(optimizer):
    rows = {"linear_inequality": (np.array([[1.0, -1.0]]), np.array([3.0]))}
    linear = user(lambda x: -x[0] - x[1], [1.0, 1.0], bounds=([0.0, 0.0], [np.inf, np.inf]), **rows)
    saddle = user(lambda x: x[0] ** 2 - x[1] ** 2, [1.0, 1e-3], bounds=([-1.0, -np.inf], [1.0, np.inf]))
    assert run(linear, optimizer).status is Status.UNBOUNDED
    assert run(saddle, optimizer).status is Status.UNBOUNDED


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_there_is_no_success_without_multipliers(optimizer):
    assert run("hs13", optimizer).status is not Status.CONVERGED
    assert run("cq_failure", optimizer).status is not Status.CONVERGED


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_dependent_equalities_and_inconsistent_linearizations_are_no_obstacle(optimizer):
    twice = user(
        lambda x: x @ x, [1.0, 1.0], linear_equality=(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([1.0, 2.0]))
    )
    assert run(twice, optimizer).x == pytest.approx([0.5, 0.5])
    apart = run("hs61", optimizer)  # at its start two gradients are parallel, and the linearized equations contradict
    assert apart.status is Status.CONVERGED
    assert apart.f == pytest.approx(-143.64614, abs=1e-4)


@pytest.mark.parametrize("optimizer", SQPS, ids=["bfgs", "newton"])
def test_a_start_where_the_violation_is_greatest_is_left(optimizer):
    sphere = user(lambda x: (x - 1.0) @ (x - 1.0), [0.0, 0.0, 0.0], equality=lambda x: anp.array([x @ x - 12.0]))
    result = run(sphere, optimizer)
    assert result.status is Status.CONVERGED
    assert result.x == pytest.approx([2.0, 2.0, 2.0], abs=1e-6)


# --- effort ----------------------------------------------------------------------------------------------


def effort(name, optimizer):
    """Return the evaluations of f until f is within 1e-6 of the optimum and the violation below 1e-6."""
    problem = optlab.problem(name)
    result = run(problem, optimizer)
    f, spent, best = result.trace["f"].to_numpy(), result.trace["n_f"].to_numpy(), problem.known.optimum
    near = np.abs(f - best) <= 1e-6 * max(1.0, abs(best))
    for i in np.flatnonzero(near):
        if optlab.kkt(problem, result.trajectory[i]).primal <= 1e-6:
            return int(spent[i])
    return np.inf


def test_fewer_evaluations_than_slsqp():
    names = [
        "hs1",
        "hs5",
        "hs12",
        "hs17",
        "hs19",
        "hs22",
        "hs24",
        "hs26",
        "hs27",
        "hs29",
        "hs60",
        "hs63",
        "hs65",
        "hs7",
    ]
    ratios = [effort(name, SQP()) / effort(name, optlab.optimizer("scipy_slsqp")) for name in names]
    assert np.median(ratios) <= 0.9
    assert max(effort(name, SQPNewton()) for name in ("hs22", "hs57", "hs65", "maximum_entropy")) <= 6


# --- the active-set method -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["box_quadratic", "portfolio", "degenerate_vertex", "minimum_norm", "hs44", "hs48",
                                  "hs51", "hs52", "nonnegative_least_squares"])  # fmt: skip
def test_active_set_solves_quadratic_programs_by_feasible_points(name):
    problem = optlab.problem(name)
    result = run(problem, ActiveSet())
    assert result.status is Status.CONVERGED
    assert result.f == pytest.approx(problem.known.optimum, rel=1e-9, abs=1e-12)
    assert (np.diff(result.trace["f"]) <= 1e-12 * np.abs(result.trace["f"][:-1])).all()
    for x in result.trajectory:
        assert optlab.kkt(problem, x).primal <= 1e-14 * (1.0 + np.abs(x).max()) * 10


def test_active_set_shows_its_working_set():
    problem = optlab.problem("box_quadratic", n=6, active=3)
    records = list(optlab.iterate(problem, ActiveSet(), stop=STOP))
    changes = [int(np.abs(b.state.active - a.state.active).sum()) for a, b in pairwise(records)]
    assert set(changes) <= {0, 1}
    assert records[-1].state.active.sum() == 3
    assert (records[-1].state.lam > 0).sum() == 3
    expected = np.concatenate(problem.known.multipliers)
    assert records[-1].state.lam == pytest.approx(expected, abs=1e-9)


def test_active_set_asks_f_at_feasible_points_alone():
    A, b = np.array([[1.0, 2.0], [-1.0, 0.0]]), np.array([2.0, 1.0])

    def f(x):
        point = getattr(x, "_value", x)
        if isinstance(point, np.ndarray):
            assert (A @ point <= b + 1e-12).all()
        return x @ x - 3.0 * x[0]

    class Tagged(optlab.ProblemBase):
        tags = ("quadratic", "convex")
        linear_inequality = (A, b)

        def value(self, x):
            return f(x)

        def gradient(self, x):
            return 2.0 * x - np.array([3.0, 0.0])

        def hessian(self, x):
            return 2.0 * np.eye(2)

        def start(self):
            return np.array([0.0, 0.0])

    result = optlab.minimize(Tagged(), ActiveSet(), start=[9.0, 9.0], stop=STOP)
    assert result.x == pytest.approx([1.5, 0.0], abs=1e-12)


def test_active_set_says_what_it_cannot_do():
    class Bent(optlab.ProblemBase):
        tags = ("quadratic",)
        linear = False

        def value(self, x):
            return x @ x if self.linear else anp.sum(x**4) + x @ x

        def start(self):
            return np.array([2.0, 1.0])

    class Curved(Bent):
        linear = True

        def inequality(self, x):
            return anp.array([1.0 - x @ x])

    class Apart(Bent):
        linear = True
        linear_inequality = (np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([-1.0, -1.0]))

    with pytest.raises(InputError, match="not linear"):
        run(Curved(), ActiveSet())
    with pytest.raises(InputError, match="not quadratic"):
        run(Bent(), ActiveSet())
    assert run(Apart(), ActiveSet()).status is Status.INFEASIBLE
