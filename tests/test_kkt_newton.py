"""Newton's method for equality constraints: theory as the referee."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import optlab
from optlab.core.constraints import equality, equality_jacobian
from optlab.core.driver import Loop, iterate, run
from optlab.core.status import Status
from optlab.core.stop import Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.kernels.null_space import normal_step, tangential_step
from optlab.optimizers.constrained.kkt_newton import KKTNewton

STOP = Stationary() | Iterations(300)


def go(problem, start=None, stop=STOP, method=None):
    loop = Loop(problem, method or KKTNewton(), start=start, stop=stop)
    return loop, run(loop)


def bowl(rows, rhs, start=(3.0, 1.0, -2.0)):
    """½(a² + 2b² + 3c²) subject to linear equalities."""
    h = np.array([1.0, 2.0, 3.0])
    return Problem(lambda x: 0.5 * x @ (h * x), gradient=lambda x: h * x, hessian=lambda x: np.diag(h), start=start,
                   linear_equality=(np.array(rows, dtype=float), np.array(rhs, dtype=float)))  # fmt: skip


def on_a_circle(sign, start):
    """±x₁ on the unit circle: a minimum and a maximum, both KKT points."""
    return Problem(lambda x: sign * x[0], start=start, equality=lambda x: x[0] ** 2 + x[1] ** 2 - 1.0)


# --- kernels ------------------------------------------------------------------------------------


def test_the_normal_step_is_the_shortest_least_squares_solution():
    rng = np.random.default_rng(0)
    J, h = rng.standard_normal((3, 6)), rng.standard_normal(3)
    J = np.vstack([J, J[0] + J[1]])  # dependent, and inconsistent
    h = np.append(h, 7.0)
    step = normal_step(J, h, 1e9)
    np.testing.assert_allclose(step.p, np.linalg.lstsq(J, -h, rcond=None)[0], atol=1e-12)
    assert step.left == pytest.approx(np.linalg.norm(h + J @ step.p))
    assert step.Z.shape == (6, 3)
    np.testing.assert_allclose(J @ step.Z, 0, atol=1e-12)
    np.testing.assert_allclose(step.Z.T @ step.Z, np.eye(3), atol=1e-12)


def test_a_normal_step_is_not_as_long_as_nearly_dependent_rows_ask():
    J, h = np.array([[1.0, 0.0, 0.0], [1.0, 1e-7, 0.0]]), np.array([1.0, 2.0])
    assert np.linalg.norm(normal_step(J, h, 1e9).p) > 1e6
    short = normal_step(J, h, 100.0)
    assert np.linalg.norm(short.p) < 2
    assert 0 < short.left < np.linalg.norm(h)
    assert short.Z.shape == (3, 2)


@pytest.mark.parametrize("least", [2.0, 0.0, -2.0])
def test_the_tangential_step_leads_downhill_whatever_the_curvature(least):
    rng = np.random.default_rng(1)
    Z = np.linalg.qr(rng.standard_normal((5, 3)))[0]
    Q = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    B = (Q * np.array([least, 1.0, 5.0])) @ Q.T
    W, slope = Z @ B @ Z.T, rng.standard_normal(5)
    step = tangential_step(Z, W, slope, 10.0, 1e6)
    assert step.convex == (least > 0)
    assert slope @ step.p < 0
    np.testing.assert_allclose(Z @ (Z.T @ step.p), step.p, atol=1e-12)
    if least > 0:
        np.testing.assert_allclose(Z.T @ (W @ step.p + slope), 0, atol=1e-10)
    if least < 0:  # as long as Newton's step, the other way along negative curvature
        flipped = (Q * np.array([2.0, 1.0, 5.0])) @ Q.T
        np.testing.assert_allclose(Z.T @ step.p, -np.linalg.solve(flipped, Z.T @ slope), atol=1e-10)
    if least == 0:
        assert np.linalg.norm(step.p) <= 10.0 * np.sqrt(3)


# --- linear constraints -------------------------------------------------------------------------


def test_one_step_solves_a_quadratic_and_nu_is_its_closed_form():
    loop, trace = go(bowl([[1, 1, 1]], [11]))
    assert trace.status is Status.CONVERGED
    assert loop.k == 1
    np.testing.assert_allclose(loop.state.x, [6, 3, 2], atol=1e-12)
    np.testing.assert_allclose(loop.state.nu, [-6], atol=1e-12)


def test_consistent_dependent_rows_converge_with_the_shortest_multipliers():
    loop, trace = go(bowl([[1, 1, 1], [2, 2, 2]], [11, 22]))
    assert trace.status is Status.CONVERGED
    assert loop.k == 1
    np.testing.assert_allclose(loop.state.x, [6, 3, 2], atol=1e-12)
    np.testing.assert_allclose(loop.state.nu, [-1.2, -2.4], atol=1e-12)


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_inconsistent_rows_are_infeasible_in_any_units(factor):
    rows, rhs = factor * np.array([[1.0, 1, 1], [2, 2, 2]]), factor * np.array([11.0, 25])
    _, trace = go(bowl(rows, rhs))
    assert trace.status is Status.INFEASIBLE
    assert "least here" in trace.message


def test_iterates_stay_on_linear_constraints_once_they_are_met():
    problem = optlab.problem("maximum_entropy")
    _, trace = go(problem, start=0.9 * problem.known.solution + 0.1 * problem.start())
    met = [float(np.abs(equality(problem, x)).max()) for x in trace.points]
    assert trace.status is Status.CONVERGED
    assert len(met) >= 3
    assert max(met[1:]) <= 1e-14
    assert (np.diff(trace.scalars["f"])[1:] <= 0).all()  # from a feasible point on the method is one of descent


def test_a_linear_function_on_a_plane_is_unbounded():
    problem = Problem(lambda x: x[0] + x[1], start=[1.0, 2.0, 3.0], linear_equality=(np.ones((1, 3)), np.array([1.0])))
    assert go(problem)[1].status is Status.UNBOUNDED


# --- curved constraints -------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_minima_are_found_and_not_any_kkt_point(sign):
    """From close to the maximum Newton's step leads there; the curvature on the tangent says that it is no minimum."""
    loop, trace = go(on_a_circle(sign, [sign * 0.99, 0.2]))
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, [-sign, 0], atol=1e-7)
    np.testing.assert_allclose(loop.state.nu, [0.5], atol=1e-7)


def test_convergence_is_quadratic_from_a_start_that_is_not_feasible():
    problem = Problem(
        lambda x: x[0] ** 2 + 2 * x[1] ** 2 + x[0] * x[2], start=[1.5, 1.2, 0.8],
        equality=lambda x: x[0] ** 2 + x[1] ** 2 + x[2] ** 2 - 3.0,
    )  # fmt: skip
    x_star = np.sqrt(3) * np.linalg.eigh([[1, 0, 0.5], [0, 2, 0], [0.5, 0, 0]])[1][:, 0]
    iterates = [record.x for record in iterate(problem, KKTNewton(), stop=Iterations(30))]
    x_star *= np.sign(x_star @ iterates[-1])
    errors = [float(np.linalg.norm(x - x_star)) for x in iterates]
    assert errors[-1] <= 1e-13
    errors = [e for e in errors if 1e-13 < e < 0.2]
    assert len(errors) >= 3
    assert all(new <= 3 * old**2 + 1e-13 for old, new in pairwise(errors))


def test_full_steps_are_taken_though_they_raise_f_and_the_violation():
    """Maratos: near (1, 0) on the circle every Newton step raises 2(x² + y² − 1) − x and ‖h‖ both."""
    problem = Problem(lambda x: 2 * (x @ x - 1.0) - x[0], gradient=lambda x: 4 * x - np.array([1.0, 0.0]),
                      start=[np.cos(0.3), np.sin(0.3)], hessian=lambda x: 4 * np.eye(2), equality=lambda x: x @ x - 1.0,
                      equality_jacobian=lambda x: 2 * x[None, :])  # fmt: skip
    loop, trace = go(problem)
    assert trace.status is Status.CONVERGED
    assert loop.k <= 6
    assert trace.scalars["f"][1] > trace.scalars["f"][0]
    assert (trace.scalars["step_size"][1:] == 1).all()
    np.testing.assert_allclose(loop.state.nu, [-1.5], atol=1e-7)


def test_f_that_is_not_finite_beside_the_constraint_shortens_the_step():
    problem = Problem(lambda x: float(np.sum(x - np.log(x))) if (x > 0).all() else float("nan"), start=[0.05, 9.0],
                      gradient=lambda x: 1 - 1 / x, hessian=lambda x: np.diag(x**-2.0),
                      linear_equality=(np.ones((1, 2)), np.array([3.0])))  # fmt: skip
    loop, trace = go(problem)
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 1.5, atol=1e-7)


def test_a_point_where_the_constraint_has_no_gradient_says_so():
    center = Problem(lambda x: x @ x, gradient=lambda x: 2 * x, hessian=lambda x: 2 * np.eye(2), start=[1.0, 1.0],
                     equality=lambda x: x @ x - 1.0)  # fmt: skip
    loop, trace = go(center, start=[0.0, 0.0])
    assert trace.status is Status.SINGULAR_KKT
    assert loop.k == 0


def test_curved_constraints_without_a_common_point_are_infeasible():
    loop, trace = go(optlab.problem("infeasible_circles"))
    assert trace.status is Status.INFEASIBLE
    J, h = equality_jacobian(loop.problem, loop.state.x), equality(loop.problem, loop.state.x)
    rows = np.linalg.norm(equality_jacobian(loop.problem, loop.problem.start()), axis=1)
    assert np.linalg.norm((J / rows[:, None]).T @ (h / rows)) <= 1e-2 * np.linalg.norm(h / rows)


def test_a_constant_f_is_a_system_of_equations():
    loop, trace = go(optlab.problem("hs8"))
    assert trace.status is Status.CONVERGED
    assert np.abs(equality(loop.problem, loop.state.x)).max() <= 1e-8


# --- what it takes ------------------------------------------------------------------------------

EFFORT = {"hanging_chain": 8, "hs26": 40, "hs27": 40, "hs46": 40, "hs48": 2, "hs49": 20, "hs51": 2, "hs52": 2,
          "hs61": 12, "hs7": 45, "isoperimetric": 45, "maximum_entropy": 8}  # fmt: skip
"""Most evaluations of f; the least value is found in every case."""


@pytest.mark.parametrize("name", EFFORT)
def test_the_least_value_is_found_in_few_evaluations(name):
    problem = optlab.problem(name)
    loop, trace = go(problem)
    assert trace.status is Status.CONVERGED
    assert trace.scalars["n_f"][-1] <= EFFORT[name]
    assert loop.state.f == pytest.approx(problem.known.optimum, abs=1e-7, rel=1e-7)


@pytest.mark.parametrize("power", [-40, 40])
@pytest.mark.parametrize("name", ["hs7", "hs27", "isoperimetric"])
def test_the_units_of_f_change_no_bit(name, power):
    scaled = optlab.problem(name, transforms={"name": "value_scaling", "factor": 2.0**power})
    a, b = go(optlab.problem(name)), go(scaled)
    np.testing.assert_array_equal(a[1].points, b[1].points)
    np.testing.assert_array_equal(2.0**power * a[0].state.nu, b[0].state.nu)
    assert a[1].scalars["n_f"][-1] > a[0].k + 1  # it had to search
