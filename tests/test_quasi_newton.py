"""Quasi-Newton methods: updates against their textbook formulas, and what theory says of the iterates."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import optlab
from optlab.core import trace as trace_module
from optlab.core.driver import Loop, iterate, run
from optlab.core.oracle import Oracle
from optlab.core.status import Status
from optlab.core.stop import Evaluations, Iterations, Stationary
from optlab.core.trace import Keep
from optlab.core.user_problem import Problem
from optlab.kernels import norms
from optlab.kernels import quasi_newton as dense
from optlab.kernels import quasi_newton_limited as limited
from optlab.kernels import quasi_newton_sr1 as sr1
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import Line
from optlab.linesearch.blas_line import BlasLine
from optlab.linesearch.exact import Exact
from optlab.linesearch.strong_wolfe import StrongWolfe
from optlab.optimizers.gradient.gradient_descent_armijo import GradientDescentArmijo
from optlab.optimizers.quasi_newton.bfgs import BFGS
from optlab.optimizers.quasi_newton.bfgs_damped import BFGSDamped
from optlab.optimizers.quasi_newton.broyden_class import BroydenClass
from optlab.optimizers.quasi_newton.dfp import DFP
from optlab.optimizers.quasi_newton.lbfgs import LBFGS
from optlab.optimizers.quasi_newton.lbfgs_compact import LBFGSCompact
from optlab.optimizers.quasi_newton.lsr1 import LSR1
from optlab.optimizers.quasi_newton.sr1 import SR1
from optlab.transforms.value_scaling import ValueScaling

DENSE = (BFGS(), DFP(), BroydenClass(), BFGSDamped())
LIMITED = (LBFGS(), LBFGSCompact())
TRUST = (SR1(), LSR1())
ALL = (*DENSE, *LIMITED, *TRUST)


def name(item):
    return type(item).__name__ if not isinstance(item, str) else item


def matrix(n, kappa, seed=0):
    """A random symmetric matrix with eigenvalues from 1 to κ."""
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    A = Q * np.geomspace(1, kappa, n) @ Q.T
    return 0.5 * (A + A.T)


def quadratic(A, start):
    return Problem(lambda x: 0.5 * float(x @ A @ x), gradient=lambda x: A @ x, hessian=lambda x: A.copy(), start=start)


def valley():
    return optlab.problem("rosenbrock")


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop, **more)
    return loop, run(loop)


def pair(n, seed):
    """A definite H, and a pair with sᵀy > 0."""
    random = np.random.default_rng(seed)
    H = matrix(n, 100.0, seed) if n > 1 else np.array([[2.0]])
    s = random.normal(size=n)
    y = random.normal(size=n)
    y += (1.0 + abs(s @ y)) / (s @ s) * s
    return H, s, y


# --- the updates, against the formulas of the book ------------------------------------------------


def textbook_bfgs(H, s, y):
    V = np.eye(s.size) - np.outer(y, s) / (s @ y)
    return V.T @ H @ V + np.outer(s, s) / (s @ y)


def textbook_dfp(H, s, y):
    return H - np.outer(H @ y, y @ H) / (y @ H @ y) + np.outer(s, s) / (s @ y)


@pytest.mark.parametrize("n", [1, 2, 10, 100])
def test_updates_are_those_of_the_book(n):
    for seed in range(5):
        H, s, y = pair(n, seed)
        F, rho, size = dense.packed(H), 1.0 / (s @ y), np.abs(textbook_bfgs(H, s, y)).max()
        before = F.copy()
        np.testing.assert_allclose(
            dense.full(dense.bfgs_update(F, s, y, rho)), textbook_bfgs(H, s, y), rtol=0, atol=1e-12 * size
        )
        np.testing.assert_allclose(
            dense.full(dense.dfp_update(F, s, y, rho)), textbook_dfp(H, s, y), rtol=0, atol=1e-12 * size
        )
        for phi in (0.0, 0.3, 1.0):
            mean = (1 - phi) * textbook_bfgs(H, s, y) + phi * textbook_dfp(H, s, y)
            np.testing.assert_allclose(
                dense.full(dense.broyden_update(F, s, y, rho, phi)), mean, rtol=0, atol=1e-12 * size
            )
        assert np.array_equal(F, before)


def test_packing_keeps_every_entry():
    H, _, y = pair(4, 0)
    assert np.array_equal(dense.full(dense.packed(H)), H)
    np.testing.assert_array_equal(dense.full(dense.multiple_of_identity(2.5, 4)), 2.5 * np.eye(4))
    np.testing.assert_allclose(dense.descent_direction(dense.packed(H), y), -H @ y, rtol=1e-12, atol=1e-12)


def test_sr1_keeps_the_secant_equation_and_leaves_degenerate_pairs_out():
    B, s, y = pair(5, 1)
    F = dense.packed(B)
    np.testing.assert_allclose(dense.full(dense.sr1_update(F, s, y)) @ s, y, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dense.full(dense.sr1_update(F, s, -y)) @ s, -y, rtol=1e-12, atol=1e-12)
    assert dense.sr1_update(F, s, B @ s) is F
    across = np.array([s[1], -s[0], 0, 0, 0])
    assert dense.sr1_update(F, s, B @ s + across) is F
    assert dense.sr1_update(F, s, B @ s + across + 1e-9 * s) is F
    assert dense.sr1_update(F, s, B @ s + across + 1e-6 * s) is not F


def test_damping_keeps_a_fifth_of_the_curvature():
    s, Bs = np.array([1.0, 2.0]), np.array([3.0, 1.0])
    for y in (np.array([3.0, 1.0]), np.array([0.1, 0.0]), np.array([-5.0, 1.0]), np.array([1.0, 0.0])):
        sy, sBs = float(s @ y), float(s @ Bs)
        r = dense.damped_change(y, Bs, sy, sBs)
        assert float(s @ r) == pytest.approx(max(sy, 0.2 * sBs), rel=1e-14)
    assert dense.damped_change(y, Bs, sy, sBs) is y


def test_a_pair_without_curvature_above_rounding_is_left_out():
    s = np.array([1.0, 0.0])
    for curvature, promised, used in ((1.0, -1.0, True), (1e-7, -1.0, True), (1e-9, -1.0, False), (0.0, 0.0, False),
                                      (-1.0, -1.0, False), (np.nan, -1.0, False), (np.inf, -1.0, False),
                                      (1e-320, 0.0, False)):  # fmt: skip
        rho = dense.reciprocal_curvature(s, np.array([curvature, 7.0]), promised)
        assert (rho > 0) is used
        assert rho == 0 or rho == pytest.approx(1.0 / curvature)


def some_pairs(n, k, seed=0, kappa=50.0):
    random, A = np.random.default_rng(seed), matrix(n, kappa, seed)
    steps = [random.normal(size=n) for _ in range(k)]
    return [(s, A @ s + 0.01 * random.normal(size=n)) for s in steps]


@pytest.mark.parametrize("scale", [True, False])
def test_two_loops_compact_form_and_dense_updates_are_one_matrix(scale):
    n, m = 12, 6
    pairs = some_pairs(n, 9)
    compact, loops = limited.NO_PAIRS, ()
    for s, y in pairs:
        compact = limited.appended(compact, s, y, m)
        loops = (*loops, (s, y, 1.0 / (s @ y)))[-m:]
    last = pairs[-m:]
    s, y = last[-1]
    H = (s @ y) / (y @ y) * np.eye(n) if scale else np.eye(n)
    for s, y in last:
        H = textbook_bfgs(H, s, y)
    for g in np.random.default_rng(1).normal(size=(5, n)):
        kept = g.copy()
        size = np.abs(H @ g).max()
        np.testing.assert_allclose(limited.two_loop(loops, g, scale), -H @ g, atol=1e-12 * size)
        np.testing.assert_allclose(limited.compact_direction(compact, g, scale), -H @ g, atol=1e-11 * size)
        assert np.array_equal(g, kept)


@pytest.mark.parametrize("gamma", [0.5, 3.0, 1e3])
def test_the_compact_sr1_matrix_is_that_of_the_updates(gamma):
    n = 9
    pairs = some_pairs(n, 5)
    pairs[4] = (pairs[4][0], -pairs[4][1])  # negative curvature
    B = dense.multiple_of_identity(gamma, n)
    for s, y in pairs:
        B = dense.sr1_update(B, s, y)
    compact = sr1.compact_sr1(tuple(pairs), gamma)
    made = gamma * np.eye(n) + compact.Q * compact.extra @ compact.Q.T
    np.testing.assert_allclose(made, dense.full(B), atol=1e-9 * np.abs(B).max())
    assert compact.extra.min() < -gamma


def test_degenerate_pairs_are_left_out_of_the_compact_sr1_matrix():
    n = 6
    pairs = some_pairs(n, 3)
    s = pairs[0][0]
    again = ((s, 2.0 * s), *pairs, (pairs[-1][0] * 2.0, pairs[-1][1] * 2.0))  # y = Bs at both ends
    compact = sr1.compact_sr1(again, 2.0)
    assert compact.extra.size == 3
    right = sr1.compact_sr1(tuple(pairs), 2.0)
    np.testing.assert_allclose(np.sort(compact.extra), np.sort(right.extra), rtol=1e-8)


def test_the_step_of_the_compact_sr1_model_is_its_global_minimizer():
    from optlab.kernels.limits import Radius
    from optlab.kernels.secular import exact_step, factored

    n = 8
    pairs = some_pairs(n, 4)
    pairs[1] = (pairs[1][0], -pairs[1][1])
    compact = sr1.compact_sr1(tuple(pairs), 1.5)
    B = 1.5 * np.eye(n) + compact.Q * compact.extra @ compact.Q.T
    g = np.random.default_rng(3).normal(size=n)
    for radius in (1e-3, 1.0, 1e3):
        step = sr1.spread_step(compact, g, radius)
        right = exact_step(factored(B), g, Radius(radius))
        np.testing.assert_allclose(step.p, right.p, atol=1e-8 * radius)
        assert step.predicted == pytest.approx(right.predicted, rel=1e-8)
        assert step.predicted == pytest.approx(-(g @ step.p + 0.5 * step.p @ B @ step.p), rel=1e-8)


# --- quadratics -----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [BFGS(), DFP(), BroydenClass(), BFGS(scale=False), DFP(scale=False)], ids=repr)
def test_exact_steps_end_a_quadratic_in_n_steps_with_its_inverse(optimizer):
    A, x0 = matrix(5, 10.0), np.random.default_rng(3).normal(size=5)
    loop, _ = go(quadratic(A, x0), replace(optimizer, search=Exact()), Iterations(5))
    assert np.linalg.norm(loop.state.g) <= 1e-11 * np.linalg.norm(A @ x0)
    assert np.linalg.norm(dense.full(loop.state.memory) @ A - np.eye(5)) <= 1e-9
    assert loop.state.restarts == 0


def conjugate_gradients(A, x, steps):
    g = A @ x
    d, points = -g, [x]
    for _ in range(steps):
        alpha = (g @ g) / (d @ A @ d)
        x, new = x + alpha * d, g + alpha * (A @ d)
        d, g = -new + (new @ new) / (g @ g) * d, new
        points.append(x)
    return np.array(points)


@pytest.mark.parametrize(
    "optimizer",
    [BFGS(), BFGS(scale=False), DFP(), BroydenClass(), LBFGS(scale=False), LBFGSCompact(scale=False)],
    ids=repr,
)
def test_exact_steps_are_those_of_conjugate_gradients(optimizer):
    A, x0 = matrix(6, 10.0), np.random.default_rng(4).normal(size=6)
    _, trace = go(quadratic(A, x0), replace(optimizer, search=Exact()), Iterations(5))
    np.testing.assert_allclose(trace.points, conjugate_gradients(A, x0, 5), atol=1e-9 * np.abs(x0).max())


@pytest.mark.parametrize("optimizer", TRUST, ids=name)
@pytest.mark.parametrize("signs", [(1, 1, 1, 1, 1), (1, -1, 1, 1, -1)], ids=["definite", "indefinite"])
def test_n_updates_of_sr1_find_the_hessian_of_a_quadratic(optimizer, signs):
    """Whatever the steps, as long as they are independent (theorem 6.1 of Nocedal & Wright)."""
    n = 5
    Q, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(n, n)))
    A = Q * (np.array(signs) * np.geomspace(1, 10, n)) @ Q.T
    A = 0.5 * (A + A.T)
    memory = None
    for s in np.random.default_rng(6).normal(size=(n + 1, n)):  # the first pair sets the scale as well
        memory = optimizer.learned(memory, s, A @ s)
    if isinstance(optimizer, SR1):
        B = dense.full(memory)
    else:
        compact = sr1.compact_sr1(memory, dense.hessian_scale(*memory[-1]))
        B = compact.gamma * np.eye(n) + compact.Q * compact.extra @ compact.Q.T
    np.testing.assert_allclose(B, A, atol=1e-8 * np.abs(A).max())


def test_sr1_ends_a_quadratic_soon_after_n_steps():
    A, x0 = matrix(8, 100.0), np.random.default_rng(7).normal(size=8)
    for optimizer in TRUST:
        loop, trace = go(quadratic(A, x0), optimizer)
        assert trace.status is Status.CONVERGED
        assert loop.k <= 8 + 15


@pytest.mark.parametrize("optimizer", [*DENSE, *LIMITED], ids=name)
def test_neither_the_valley_nor_a_long_quadratic_needs_a_restart(optimizer):
    for problem in (valley(), quadratic(matrix(20, 1e4), np.ones(20))):
        loop, trace = go(problem, optimizer)
        assert trace.status is Status.CONVERGED
        assert loop.state.restarts == 0


# --- the valley -----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", DENSE, ids=name)
def test_every_update_keeps_h_definite_and_those_without_damping_the_secant_equation(optimizer):
    loop, old, updates = Loop(valley(), optimizer), None, 0
    for now in loop:
        state = now.state
        if state.memory is not None:
            H, s, y = dense.full(state.memory), state.x - old.x, state.g - old.g
            assert np.linalg.eigvalsh(H)[0] > 0
            if not isinstance(optimizer, BFGSDamped):
                np.testing.assert_allclose(H @ y, s, rtol=1e-6, atol=1e-9 * np.linalg.norm(s))
            updates += 1
        old = state
    assert loop.status is Status.CONVERGED
    assert updates == loop.k


def test_damping_is_seen_where_armijo_leaves_the_curvature_negative():
    problem = Problem(lambda x: -float(np.expm1(-x @ x)), gradient=lambda x: 2.0 * x * np.exp(-x @ x),
                      start=[2.0, 0.5])  # fmt: skip
    seen = []
    for a, b in pairwise(iterate(problem, BFGSDamped())):
        if b.k > a.k:
            seen.append(float((b.x - a.x) @ (b.state.g - a.state.g)))
            assert np.linalg.eigvalsh(dense.full(b.state.memory))[0] > 0
    assert min(seen) < 0
    assert b.status is Status.CONVERGED


def test_the_ends_of_broydens_class_are_bfgs_and_dfp():
    for search, scale in ((StrongWolfe(), True), (StrongWolfe(c2=0.1), False)):
        runs = [
            go(valley(), optimizer, Iterations(12))[1].points
            for optimizer in (BroydenClass(phi=0.0, search=search, scale=scale), BFGS(search=search, scale=scale),
                              BroydenClass(phi=1.0, search=search, scale=scale), DFP(search=search, scale=scale))
        ]  # fmt: skip
        assert np.array_equal(runs[0], runs[1])
        np.testing.assert_allclose(runs[2], runs[3], rtol=1e-8, atol=1e-10)
        assert np.abs(runs[0] - runs[2]).max() > 1e-3


@pytest.mark.parametrize("make", [valley, lambda: quadratic(matrix(6, 100.0), np.ones(6))], ids=["valley", "bowl"])
@pytest.mark.parametrize("kind", [LBFGS, LBFGSCompact], ids=name)
def test_with_room_for_all_pairs_limited_memory_is_bfgs(make, kind):
    """Under an inexact search: an exact one hides a wrong order in the two-loop recursion."""
    for search in (StrongWolfe(), StrongWolfe(c2=0.1)):
        _, a = go(make(), BFGS(scale=False, search=search), Iterations(10))
        loop, b = go(make(), kind(scale=False, m=20, search=search), Iterations(10))
        assert len(a.points) == len(b.points) == 11
        np.testing.assert_allclose(b.points, a.points, rtol=1e-9, atol=1e-11)
        assert loop.state.restarts == 0


@pytest.mark.parametrize("m", [1, 3, 10])
def test_both_forms_of_limited_memory_take_the_same_steps(m):
    for problem in (valley(), optlab.problem("extended_rosenbrock", n=20), optlab.problem("chained_wood")):
        a, b = (go(problem, kind(m=m), Iterations(10))[1].points for kind in (LBFGS, LBFGSCompact))
        assert np.abs(a - b).max() <= 1e-10 * np.abs(a).max()


def test_memory_never_exceeds_m_pairs():
    bowl = quadratic(matrix(10, 1e3), np.ones(10))
    assert [len(now.state.memory or ()) for now in Loop(bowl, LBFGS(m=3), stop=Iterations(12))] == [0, 1, 2, *[3] * 10]
    compact = [now.state.memory for now in Loop(bowl, LBFGSCompact(m=3), stop=Iterations(8))]
    assert [0 if memory is None else len(memory.S) for memory in compact] == [0, 1, 2, *[3] * 6]
    assert compact[-1].R.shape == compact[-1].YY.shape == (3, 3)
    assert max(len(now.state.memory or ()) for now in Loop(bowl, LSR1(m=3), stop=Iterations(12))) == 3


# --- units, memory, records -----------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ALL, ids=name)
@pytest.mark.parametrize("k", [-60, -30, -10, 10, 30, 60])
def test_powers_of_two_in_f_change_no_bit(optimizer, k):
    stop = Stationary() | Iterations(60)
    _, a = go(valley(), optimizer, stop)
    _, b = go(ValueScaling(2.0**k).apply(valley()), optimizer, stop)
    assert np.array_equal(a.points, b.points)
    assert a.status is b.status


@pytest.mark.parametrize("optimizer", ALL, ids=name)
def test_an_old_state_steps_again_bit_for_bit(optimizer):
    problem = optlab.problem("chained_wood")
    records = list(iterate(problem, optimizer, stop=Iterations(25)))
    saved = [pickle.dumps(record.state) for record in records]
    for i in (0, 1, 5, 11, 20):
        again = optimizer.step(Oracle(problem), records[i].state)
        assert pickle.dumps(records[i].state) == saved[i]
        assert np.array_equal(again.x, records[i + 1].x)
        resumed = list(iterate(problem, optimizer, stop=Iterations(25), resume=pickle.loads(pickle.dumps(records[i]))))
        assert np.array_equal(resumed[-1].x, records[-1].x)
        assert resumed[-1].counts == records[-1].counts


def test_a_rejected_trial_teaches_sr1():
    problem, taught = optlab.problem("wood"), 0
    for a, b in pairwise(iterate(problem, SR1())):
        if b.k > a.k and b.x is a.x and a.state.memory is not None:
            assert np.isnan(b.step_size)
            assert b.state.radius < a.state.radius
            taught += b.state.memory is not a.state.memory
    assert taught > 0


@pytest.mark.parametrize("optimizer", TRUST, ids=name)
def test_sr1_leaves_a_saddle_along_negative_curvature(optimizer):
    problem = Problem(lambda x: float(0.5 * x[0] ** 2 - 0.5 * x[1] ** 2 + 0.25 * x[1] ** 4),
                      gradient=lambda x: np.array([x[0], x[1] ** 3 - x[1]]), start=[1.7, 1e-3])  # fmt: skip
    loop, trace = go(problem, optimizer)
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(np.abs(loop.state.x), [0.0, 1.0], atol=1e-6)


def test_a_blas_line_is_a_line():
    problem = valley()
    x, d = problem.start(), np.array([0.3, -0.7])
    f, g = problem.value_and_gradient(x)
    lines = [kind(Oracle(problem), x, f, g, d) for kind in (Line, BlasLine)]
    for alpha in (1.0, 0.37, 1e-20):
        a, b = (line(alpha) for line in lines)
        np.testing.assert_allclose(a.x, b.x, rtol=1e-15)
        assert a.slope == pytest.approx(b.slope, rel=1e-12)
        assert np.array_equal(lines[1].point(alpha), b.x)
        assert lines[0].too_short(alpha) is lines[1].too_short(alpha) is (alpha < 1e-10)
    assert lines[0].slope == pytest.approx(lines[1].slope, rel=1e-15)
    assert x.tolist() == [-1.2, 1.0]


# --- effort, and large n --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "most"),
    [(BFGS(), 45), (LBFGS(), 48), (LBFGSCompact(), 48), (DFP(), 90), (BroydenClass(), 60), (BFGSDamped(), 60),
     (SR1(), 60), (LSR1(), 60)],
    ids=repr,
)  # fmt: skip
def test_the_valley_takes_few_evaluations(optimizer, most):
    loop, trace = go(valley(), optimizer)
    assert trace.status is Status.CONVERGED
    assert max(loop.oracle.n_f, loop.oracle.n_gradient) <= most
    np.testing.assert_allclose(loop.state.x, 1.0, atol=1e-5)


def test_bfgs_with_armijo_converges_without_damping_and_with_it():
    for optimizer in (BFGS(search=Armijo()), BFGSDamped()):
        for problem in (valley(), optlab.problem("wood"), optlab.problem("helical_valley")):
            assert go(problem, optimizer)[1].status is Status.CONVERGED


def test_a_million_variables_need_memory_for_the_pairs_alone():
    import tracemalloc

    n, m = 1_000_000, 3
    problem = optlab.problem("extended_rosenbrock", n=n)
    loop = Loop(problem, LBFGS(m=m), stop=Iterations(12) | Evaluations(f=100))
    tracemalloc.start()
    for now in loop:
        assert len(now.state.memory or ()) <= m
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert loop.status is Status.MAX_ITERATIONS
    assert loop.state.f < 0.1 * problem.value(problem.start())
    assert peak <= (2 * m + 16) * 8 * n  # the pairs of two states differ by one; x, g and d of both, best x, a trial


# --- what carries the methods ---------------------------------------------------------------------


def test_a_matrix_that_a_far_trial_spoiled_is_forgotten():
    """At the first trial from the standard start f is 10⁴²; what is learned on the way must not stop the run."""
    problem = optlab.problem("osborne1")
    for optimizer in TRUST:
        loop, trace = go(problem, optimizer, Stationary() | Iterations(500))
        assert trace.status is Status.CONVERGED
        assert loop.state.f == pytest.approx(problem.known.optimum, rel=1e-6)
    state = next(iter(iterate(valley(), SR1()))).state
    spoiled = replace(state, memory=dense.multiple_of_identity(1e40, 2), radius=0.1)
    after = SR1().step(Oracle(valley()), spoiled)
    assert after.restarts == 1
    assert not np.array_equal(after.x, state.x)


@pytest.mark.parametrize("scale", [True, False, 0.0, 3.0])
def test_the_first_matrix_is_what_the_setting_says(scale):
    A, x0 = np.diag([1.0, 2.0, 7.0]), np.array([1.0, -2.0, 0.5])
    record = list(iterate(quadratic(A, x0), BFGS(scale=scale), stop=Iterations(1)))[-1]
    s, y = record.x - x0, record.state.g - A @ x0
    gamma = scale * (s @ y) / (y @ y) if scale else 1.0
    np.testing.assert_allclose(dense.full(record.state.memory), textbook_bfgs(gamma * np.eye(3), s, y), atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4, 5, 2000, 2001, 150_000])
def test_the_finite_check_sees_every_component_of_both_arrays(n):
    random = np.random.default_rng(0)
    v, other = random.normal(size=n), random.normal(size=n)
    with np.errstate(all="ignore"):
        assert norms.finite_max_abs(v, other) == norms.max_abs(v) == np.abs(v).max()
        assert norms.finite_max_abs(1e300 * v, 1e300 * other) == np.abs(1e300 * v).max()
        for bad in (np.nan, np.inf, -np.inf):
            for i in {0, n // 2, n - 1}:
                spoiled = v.copy()
                spoiled[i] = bad
                for a, b in ((spoiled, other), (other, spoiled), (spoiled, np.zeros(n)), (np.zeros(n), spoiled)):
                    assert np.isnan(norms.finite_max_abs(a, b))


@pytest.mark.parametrize(
    "keep",
    [Keep(), Keep(megabytes=3), Keep(megabytes=0), Keep("every", stride=3), Keep("every", stride=3, megabytes=1.5),
     Keep("geometric"), Keep("geometric", megabytes=1), Keep("none")],
    ids=repr,
)  # fmt: skip
def test_long_iterates_are_kept_like_short_ones(keep, monkeypatch):
    kept = []
    for long in (trace_module.LONG, 10**9):
        monkeypatch.setattr(trace_module, "LONG", long)
        problem = optlab.problem("extended_rosenbrock", n=20_000)
        kept.append(run(Loop(problem, GradientDescentArmijo(), stop=Iterations(40)), keep))
    assert np.array_equal(kept[0].points, kept[1].points)
    assert np.array_equal(kept[0].rows, kept[1].rows)
    assert kept[0].rows[-1] == 40
