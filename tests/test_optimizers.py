"""The methods one by one, and what all of them owe: purity, resumption, honest counts, feasible iterates."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from optlab.core.descent import LineSearchOptimizer
from optlab.core.driver import Loop, iterate, run
from optlab.core.optimizer import Optimizer
from optlab.core.settings import name_of
from optlab.core.status import InputError, Status
from optlab.core.stop import Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.constant import Constant
from optlab.linesearch.exact import Exact
from optlab.linesearch.strong_wolfe import StrongWolfe
from optlab.optimizers.constrained.kkt_newton import KKTNewton
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
from optlab.sets.ball import Ball

UNCONSTRAINED = (
    GradientDescent(1e-3), GradientDescentDecay(a=1e-3), GradientDescentOptimalStep(fallback="search"),
    GradientDescentExact(), GradientDescentCandidates(), GradientDescentArmijo(), GradientDescentWolfe(),
    Newton(), NewtonDamped(), BFGS(), LBFGS(), LBFGS(m=2),
)  # fmt: skip


def f(x):
    a, b = x.tolist()
    return 100 * (b - a * a) ** 2 + (1 - a) ** 2


def g(x):
    a, b = x.tolist()
    return np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])


def H(x):
    a, b = x.tolist()
    return np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200.0]])


def rosenbrock(**more):
    return Problem(f, gradient=g, hessian=H, start=[-1.2, 1.0], **more)


def in_a_ball():
    return rosenbrock(feasible=Ball(1.0))


def on_a_circle():
    return rosenbrock(equality=lambda x: x @ x - 1.0, equality_jacobian=lambda x: 2 * x[None, :],
                      lagrangian_hessian=lambda x, lam, nu: H(x) + 2 * nu[0] * np.eye(2))  # fmt: skip


PAIRS = [(optimizer, rosenbrock) for optimizer in UNCONSTRAINED]
PAIRS += [(ProjectedGradient(), in_a_ball), (KKTNewton(), on_a_circle)]
every = pytest.mark.parametrize(("optimizer", "make"), PAIRS, ids=lambda v: repr(v) if isinstance(v, Optimizer) else "")


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop, **more)
    return loop, run(loop)


def test_registry_names():
    names = {name_of(optimizer) for optimizer, _ in PAIRS}
    assert names == {
        "gradient_descent", "gradient_descent_decay", "gradient_descent_optimal_step", "gradient_descent_exact",
        "gradient_descent_candidates", "gradient_descent_armijo", "gradient_descent_wolfe", "newton", "newton_damped",
        "bfgs", "lbfgs", "projected_gradient", "kkt_newton",
    }  # fmt: skip
    assert [name_of(s) for s in (Constant(), Exact(), Armijo(), StrongWolfe())] == [
        "constant",
        "exact",
        "armijo",
        "strong_wolfe",
    ]


@every
def test_a_pickled_record_goes_on_bit_for_bit(optimizer, make):
    stop = Stationary() | Iterations(15)
    whole = list(iterate(make(), optimizer, stop=stop))
    at = min(7, len(whole) // 2)
    saved = pickle.loads(pickle.dumps(whole[at]))
    rest = list(iterate(make(), optimizer, stop=stop, resume=saved))
    assert [r.k for r in rest] == [r.k for r in whole[at + 1 :]]
    for a, b in zip(whole[at + 1 :], rest, strict=True):
        assert np.array_equal(a.x, b.x)
        assert a.f == b.f
        assert a.counts == b.counts
        assert a.status is b.status


@every
def test_old_states_step_again_bit_for_bit(optimizer, make):
    """Memory is no shared buffer: after the run, every state still gives the same successor."""
    loop = Loop(make(), optimizer, stop=Stationary() | Iterations(12))
    states = [now.state for now in loop]
    for old, new in pairwise(states):
        loop.oracle.prime(old.x, old.f, old.g)
        with np.errstate(all="ignore"):
            again = optimizer.step(loop.oracle, old)
        assert np.array_equal(again.x, new.x)
        assert again.f == new.f


@every
def test_two_interleaved_runs_are_equal(optimizer, make):
    stop = Stationary() | Iterations(15)
    one, two = Loop(make(), optimizer, stop=stop), Loop(make(), optimizer, stop=stop)
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.state.x, b.state.x)
        assert a.oracle.counts == b.oracle.counts
    assert one.status is two.status


@every
def test_nothing_is_evaluated_twice_and_all_of_it_is_counted(optimizer, make):
    problem, seen = make(), {"f": [], "g": []}
    value, gradient = problem.value, problem.gradient
    problem.__dict__["value"] = lambda x: (seen["f"].append(x.tobytes()), value(x))[1]
    problem.__dict__["gradient"] = lambda x: (seen["g"].append(x.tobytes()), gradient(x))[1]
    problem.known, problem.constrained  # not counted
    loop, _ = go(problem, optimizer, Stationary(rtol=1e-3) | Iterations(12))
    uncounted = 1 if "projected" in name_of(optimizer) else 0  # the scale, where the start is not feasible
    assert loop.oracle.n_f == len(seen["f"]) == len(set(seen["f"]))
    assert len(seen["g"]) - loop.oracle.n_gradient in (0, uncounted)
    assert len(set(seen["g"])) == len(seen["g"])


@every
def test_step_size_and_direction_lead_from_one_iterate_to_the_next(optimizer, make):
    old = None
    for now in Loop(make(), optimizer, stop=Stationary() | Iterations(20)):
        state = now.state
        if old is not None:
            scale = np.abs(state.x).max() + np.abs(old.x).max()
            np.testing.assert_allclose(old.x + state.step_size * state.direction, state.x, atol=1e-14 * scale)
        old = state


@every
def test_monotone_methods_never_raise_f(optimizer, make):
    _, trace = go(make(), optimizer, Stationary() | Iterations(200))
    if "monotone" in optimizer.properties:
        assert np.all(np.diff(trace.scalars["f"]) <= 0)


def test_decay_follows_its_schedule():
    _, trace = go(rosenbrock(), GradientDescentDecay(a=1e-3, b=4.0, p=0.5), Iterations(10))
    np.testing.assert_allclose(trace.scalars["step_size"][1:], 1e-3 / np.sqrt(np.arange(10) + 4.0))


def test_candidates_take_the_best_and_the_shorter_of_equals():
    bowl = Problem(lambda x: float(x @ x), gradient=lambda x: 2 * x, start=[1.0, 2.0])
    loop, trace = go(bowl, GradientDescentCandidates(steps=(0.0, 0.1, 0.4, 0.6, 5.0)), Iterations(1))
    assert trace.scalars["step_size"][1] == 0.4  # f is the same at 0.6
    assert loop.oracle.n_f == 1 + 4
    assert loop.oracle.n_gradient == 2
    loop, trace = go(bowl, GradientDescentCandidates(steps=(3.0, 2.0)))
    assert trace.status is Status.LINESEARCH_FAILED
    assert loop.k == 0
    for steps in ((), (0.0,), (-1.0, 1.0), (np.inf,)):
        _, trace = go(bowl, GradientDescentCandidates(steps=steps))
        assert trace.status is Status.ERROR
        assert "steps must be finite and >= 0" in trace.message


def test_candidates_count_nan_as_infinitely_bad():
    root = Problem(
        lambda x: float(x[0] - np.log(x[0])), gradient=lambda x: 1 - 1 / x, start=[0.1], solution=[1.0], optimum=1.0
    )
    loop, trace = go(root, GradientDescentCandidates(), Stationary(rtol=1e-3) | Iterations(500))
    assert trace.status is Status.CONVERGED
    assert loop.state.x[0] == pytest.approx(1.0, abs=1e-2)


def test_a_fixed_length_is_a_search_too():
    bowl = Problem(lambda x: float(x @ x), gradient=lambda x: 2 * x, start=[1.0, 2.0])
    _, a = go(bowl, GradientDescentArmijo(search=Constant(0.1)), Iterations(10))
    _, b = go(bowl, GradientDescent(0.1), Iterations(10))
    np.testing.assert_array_equal(a.points, b.points)


def test_damped_newton_takes_the_full_step_near_the_minimum():
    _, trace = go(rosenbrock(), NewtonDamped())
    assert trace.status is Status.CONVERGED
    assert np.all(trace.scalars["step_size"][-3:] == 1.0)
    assert len(trace) < 30


@dataclass(frozen=True)
class Uphill(LineSearchOptimizer):
    """A method whose every third direction points uphill."""

    def direction(self, oracle, state):
        return state.g if state.k % 3 == 2 else -state.g

    def remember(self, old, new):
        return (old.memory or ()) + (old.k,)


def test_a_direction_that_does_not_descend_costs_a_restart_and_the_memory():
    bowl = Problem(lambda x: float(x @ x), gradient=lambda x: 2 * x, start=[1.0, 2.0])
    loop = Loop(bowl, Uphill(search=Armijo(c1=0.9)), stop=Iterations(7))
    states = [now.state for now in loop]
    assert [s.restarts for s in states] == [0, 0, 0, 1, 1, 1, 2, 2]
    assert [s.memory for s in states] == [None, (0,), (0, 1), (2,), (2, 3), (2, 3, 4), (5,), (5, 6)]
    assert np.all(np.diff([s.f for s in states]) < 0)


@dataclass(frozen=True)
class InPlace(Optimizer):
    def step(self, oracle, state):
        x = state.x
        x -= 0.1 * state.g
        return state.moved(oracle, direction=-state.g, step_size=0.1)


def test_changing_x_in_place_is_a_clear_error():
    _, trace = go(rosenbrock(), InPlace())
    assert trace.status is Status.ERROR
    assert "never changed in place" in trace.message
    np.testing.assert_array_equal(trace.points, [[-1.2, 1.0]])


def test_settings_out_of_range_are_refused():
    for bad, what in ((BFGS(search=StrongWolfe(c2=2.0)), "c2"), (LBFGS(m=0), "m"), (GradientDescentDecay(a=-1.0), "a"),
                      (GradientDescentOptimalStep(fallback="hope"), "fallback")):  # fmt: skip
        with pytest.raises(InputError, match=what):
            Loop(rosenbrock(), bad)


def test_a_dense_update_costs_no_cubic_work_and_leaves_old_inverses_alone():
    n = 30
    h = np.geomspace(1, 100, n)
    bowl = Problem(lambda x: 0.5 * float(h @ (x * x)), gradient=lambda x: h * x, start=np.ones(n))
    loop = Loop(bowl, BFGS(), stop=Iterations(20))
    memories = [now.state.memory for now in loop][2:]
    copies = [memory.copy() for memory in memories]
    assert all(np.array_equal(m, c) for m, c in zip(memories, copies, strict=True))
    assert len({id(memory) for memory in memories}) == len(memories)


# --- sets and bounds ---------------------------------------------------------------------------


def test_projected_gradient_without_active_constraints_solves_the_free_problem():
    loop, trace = go(rosenbrock(bounds=(-5.0, 5.0)), ProjectedGradient())
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 1.0, rtol=1e-4)


def test_projected_gradient_stops_at_active_bounds_with_the_right_sign():
    loop, trace = go(rosenbrock(bounds=([-2.0, -2.0], [0.5, 2.0])), ProjectedGradient(), start=[3.0, -7.0])
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, [0.5, 0.25], rtol=1e-7)
    assert loop.state.x[0] == 0.5
    assert loop.state.g[0] < 0
    assert np.all((trace.points >= -2.0) & (trace.points <= [0.5, 2.0]))


@pytest.mark.parametrize("history", [1, 10])
def test_projected_gradient_in_a_ball(history):
    loop, trace = go(in_a_ball(), ProjectedGradient(history=history))
    assert trace.status is Status.CONVERGED
    assert all(Ball(1.0).contains(x) for x in trace.points)
    x, slope = loop.state.x, loop.state.g
    lam = -float(slope @ x) / 2
    assert lam > 0
    np.testing.assert_allclose(slope, -2 * lam * x, atol=1e-5)
    if history == 1:
        assert np.all(np.diff(trace.scalars["f"]) <= 1e-12)


def test_projected_gradient_finds_out_a_wrong_gradient():
    wrong = Problem(f, gradient=lambda x: -g(x), start=[-0.3, 0.4], feasible=Ball(1.0))
    loop, trace = go(wrong, ProjectedGradient())
    assert trace.status is Status.LINESEARCH_FAILED
    assert loop.oracle.n_f <= 200


def test_projected_gradient_is_skipped_without_a_set():
    assert go(rosenbrock(), ProjectedGradient())[1].status is Status.SKIPPED


@pytest.mark.parametrize("k", [-60, 60])
def test_projected_gradient_is_bit_exact_in_the_units_of_f(k):
    c = 2.0**k
    scaled = Problem(lambda x: c * f(x), gradient=lambda x: c * g(x), start=[-1.2, 1.0], feasible=Ball(1.0))
    _, a = go(in_a_ball(), ProjectedGradient(), Iterations(30))
    _, b = go(scaled, ProjectedGradient(), Iterations(30))
    np.testing.assert_array_equal(a.points, b.points)


# --- equality constraints ----------------------------------------------------------------------


def test_kkt_newton_records_its_multipliers_from_an_infeasible_start():
    loop, trace = go(on_a_circle(), KKTNewton(), start=[2.0, 1.0])
    assert trace.status is Status.CONVERGED
    assert trace.scalars["nu"].shape == (len(trace), 1)
    x, nu = loop.state.x, loop.state.nu
    assert abs(x @ x - 1) <= 1e-8
    np.testing.assert_allclose(g(x) + 2 * nu[0] * x, 0, atol=1e-5)
    assert trace.scalars["n_constraint"][-1] == trace.scalars["n_jacobian"][-1] >= len(trace)


def test_kkt_newton_needs_the_curvature_of_the_constraint():
    """With ∇²f alone the steps do not converge quadratically: the battery would notice its absence."""
    flat = rosenbrock(equality=lambda x: x @ x - 1.0, equality_jacobian=lambda x: 2 * x[None, :],
                      lagrangian_hessian=lambda x, lam, nu: H(x))  # fmt: skip
    good = go(on_a_circle(), KKTNewton(), start=[2.0, 1.0])[0].k
    assert go(flat, KKTNewton(), Iterations(200), start=[2.0, 1.0])[0].k > good


def test_kkt_newton_calls_a_singular_system_by_its_name():
    def doubled(x):
        return np.array([x[0] + x[1] - 1, 2 * x[0] + 2 * x[1] - 2])

    bowl = {"gradient": lambda x: 2 * x, "hessian": lambda x: 2 * np.eye(2), "start": [3.0, 1.0]}
    dependent = Problem(lambda x: x @ x, equality=doubled, **bowl)
    assert go(dependent, KKTNewton())[1].status is Status.CONVERGED  # consistent rows are no obstacle
    center = Problem(lambda x: x @ x, equality=lambda x: x @ x - 1.0, **bowl)
    loop, trace = go(center, KKTNewton(), start=[0.0, 0.0])
    assert trace.status is Status.SINGULAR_KKT
    assert loop.k == 0


def test_kkt_newton_from_the_solution_takes_no_step():
    problem = Problem(lambda x: x[0] + x[1], start=[2.0, 0.5], equality=lambda x: x[0] ** 2 + x[1] ** 2 - 2)
    loop, trace = go(problem, KKTNewton(), start=[-1.0, -1.0])
    assert trace.status is Status.CONVERGED
    assert loop.k == 0
    assert loop.state.nu == pytest.approx([0.5])


@pytest.mark.parametrize("k", [-60, 60])
def test_kkt_newton_does_not_depend_on_the_units_of_f(k):
    c = 2.0**k
    scaled = Problem(
        lambda x: c * f(x), gradient=lambda x: c * g(x), hessian=lambda x: c * H(x), start=[-1.2, 1.0],
        equality=lambda x: x @ x - 1.0, equality_jacobian=lambda x: 2 * x[None, :],
        lagrangian_hessian=lambda x, lam, nu: c * H(x) + 2 * nu[0] * np.eye(2),
    )  # fmt: skip
    a, b = (go(problem, KKTNewton(), start=[3.0, -3.0])[0] for problem in (on_a_circle(), scaled))
    assert a.oracle.n_f > a.k + 1  # it had to backtrack
    assert a.status is b.status is Status.CONVERGED
    np.testing.assert_array_equal(b.state.x, a.state.x)
    np.testing.assert_array_equal(b.state.nu, c * a.state.nu)


@pytest.mark.parametrize("seed", range(3))
def test_as_many_constraints_as_variables_leave_a_scale(seed):
    """Where Jᵀν can balance any gradient, the stationarity at the start is rounding and no scale."""
    rng = np.random.default_rng(seed)
    A, b, c = rng.standard_normal((20, 20)), rng.standard_normal(20), rng.standard_normal(20)
    problem = Problem(
        lambda x: 0.5 * float(x @ x) + float(c @ x), gradient=lambda x: x + c, hessian=lambda x: np.eye(20),
        start=rng.standard_normal(20), linear_equality=(A, b),
    )  # fmt: skip
    loop = Loop(problem, KKTNewton(), stop=Stationary() | Iterations(10))
    assert run(loop).status is Status.CONVERGED
    np.testing.assert_allclose(A @ loop.state.x, b, atol=1e-8)
