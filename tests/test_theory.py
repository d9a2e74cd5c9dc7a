"""Rates, termination and invariance: what theory says about the methods, in floating point."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from optlab.core.driver import Loop, run
from optlab.core.status import Status
from optlab.core.stop import Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.kernels.quasi_newton import full
from optlab.linesearch.exact import Exact
from optlab.linesearch.strong_wolfe import StrongWolfe
from optlab.optimizers.constrained.kkt_newton import KKTNewton
from optlab.optimizers.gradient.gradient_descent import GradientDescent
from optlab.optimizers.gradient.gradient_descent_exact import GradientDescentExact
from optlab.optimizers.gradient.gradient_descent_optimal_step import GradientDescentOptimalStep
from optlab.optimizers.newton.newton import Newton
from optlab.optimizers.newton.newton_damped import NewtonDamped
from optlab.optimizers.projected.projected_gradient import ProjectedGradient
from optlab.optimizers.quasi_newton.bfgs import BFGS
from optlab.optimizers.quasi_newton.lbfgs import LBFGS
from optlab.sets.ball import Ball

KAPPA5 = np.array([[3.0, 2.0], [2.0, 3.0]])
WORST = np.array([1.0, -1.0]) / np.sqrt(2) + np.array([1.0, 1.0]) / np.sqrt(2) / 5
"""v₁/μ + v₂/L: the start from which exact steps are slowest."""


def bowl(H, start, center=0.0):
    """½(x − c)ᵀH(x − c)."""
    H = np.asarray(H, dtype=float)

    def f(x):
        e = x - center
        return 0.5 * float(e @ H @ e)

    return Problem(
        f, gradient=lambda x: H @ (x - center), hessian=lambda x: H.copy(), hvp=lambda x, v: H @ v, start=start
    )


def spectrum(n, kappa, seed=0):
    """A random symmetric matrix with eigenvalues from 1 to κ, and its eigenvectors."""
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    H = Q * np.geomspace(1, kappa, n) @ Q.T
    return 0.5 * (H + H.T), Q


def rosenbrock():
    def f(x):
        a, b = x.tolist()
        return 100 * (b - a * a) ** 2 + (1 - a) ** 2

    def g(x):
        a, b = x.tolist()
        return np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])

    def H(x):
        a, b = x.tolist()
        return np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200.0]])

    return Problem(f, gradient=g, hessian=H, start=[-1.2, 1.0])


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop, **more)
    return loop, run(loop)


@pytest.mark.parametrize("optimizer", [GradientDescentOptimalStep(), GradientDescentExact()], ids=["optimal", "exact"])
def test_every_optimal_step_on_the_worst_start_multiplies_f_by_four_ninths(optimizer):
    _, trace = go(bowl(KAPPA5, WORST), optimizer)
    f = trace.scalars["f"]
    f = f[f >= 1e-8 * f[0]]
    assert f.size > 20
    np.testing.assert_allclose(f[1:] / f[:-1], 4 / 9, rtol=1e-11)
    np.testing.assert_allclose(trace.scalars["step_size"][1 : f.size], 1 / 3, rtol=1e-11)
    assert trace.status is Status.CONVERGED


@pytest.mark.parametrize(("g", "step"), [((1, 1), 0.2), ((1, -1), 1.0), ((1, 0), 1 / 3)])
def test_the_optimal_step_is_the_inverse_curvature_along_the_gradient(g, step):
    loop, trace = go(bowl(KAPPA5, np.linalg.solve(KAPPA5, g)), GradientDescentOptimalStep(), Iterations(1))
    assert trace.scalars["step_size"][1] == pytest.approx(step, rel=1e-14)
    assert loop.oracle.n_hvp == 1
    assert loop.oracle.n_hessian == 0


def test_exact_and_optimal_steps_agree_and_make_gradients_orthogonal():
    H, _ = spectrum(10, 1e3)
    problem = bowl(H, np.ones(10), center=0.5)
    _, a = go(problem, GradientDescentOptimalStep(), Iterations(30))
    _, b = go(problem, GradientDescentExact(), Iterations(30))
    np.testing.assert_allclose(a.points, b.points, atol=1e-9)
    for trace in (a, b):
        G = (trace.points - 0.5) @ H
        cosines = np.sum(G[1:] * G[:-1], axis=1) / np.linalg.norm(G[1:], axis=1) / np.linalg.norm(G[:-1], axis=1)
        assert np.abs(cosines).max() <= 1e-11
        steps = trace.scalars["step_size"][1:]
        assert 1e-3 * (1 - 1e-9) <= steps.min() <= steps.max() <= 1 + 1e-9


def test_exact_search_makes_gradients_orthogonal_on_curved_functions_too():
    problem = rosenbrock()
    _, trace = go(problem, GradientDescentExact(), Iterations(20))
    G = [problem.gradient(x) for x in trace.points]
    for a, b in pairwise(G):
        assert abs(a @ b) <= 1e-11 * np.linalg.norm(a) * np.linalg.norm(b)


def test_fixed_steps_below_two_over_L_converge_and_above_diverge():
    problem = bowl(KAPPA5, [1.0, 0.5])
    assert go(problem, GradientDescent(0.39))[1].status is Status.CONVERGED
    loop, trace = go(problem, GradientDescent(0.41))
    assert trace.status is Status.DIVERGED
    assert len(trace.points) == loop.k + 1


@pytest.mark.parametrize("kappa", [1.5, 10.0, 1e3, 1e6])
@pytest.mark.parametrize("center", [0.0, 0.3])
def test_the_best_fixed_step_contracts_by_the_theoretical_factor(kappa, center):
    n = 6
    H, Q = spectrum(n, kappa)
    steps = int(min(2000, 7 * kappa + 20))
    rate = (kappa - 1) / (kappa + 1)
    for e0 in (np.random.default_rng(1).normal(size=n), Q[:, 0] + Q[:, -1]):
        _, trace = go(
            bowl(H, center + e0, center), GradientDescent(2 / (1 + kappa)), Stationary(rtol=0) | Iterations(steps)
        )
        e = np.linalg.norm(trace.points - center, axis=1)
        e = e[: np.argmax(e < 1e-6 * e[0]) or None]
        assert e.size > 5
        assert (e[1:] / e[:-1]).max() <= rate * (1 + (1e-12 if center == 0 else 1e-9))


@pytest.mark.parametrize("optimizer", [Newton(), NewtonDamped()], ids=["pure", "damped"])
def test_newton_solves_a_quadratic_in_one_step(optimizer):
    H, _ = spectrum(8, 1e6)
    x0 = np.random.default_rng(2).normal(size=8)
    loop, trace = go(bowl(H, x0, center=0.25), optimizer)
    assert trace.status is Status.CONVERGED
    assert loop.k == 1
    assert np.linalg.norm(loop.state.g) <= 1e-9 * np.linalg.norm(trace.points[0] - 0.25)


def test_newton_converges_quadratically_to_any_critical_point():
    H = np.diag([2.0, -2.0])
    loop, _ = go(bowl(H, [1.0, 0.1]), Newton())
    np.testing.assert_allclose(loop.state.x, 0, atol=1e-15)
    assert loop.k == 1
    problem = Problem(lambda x: x[0] ** 4 / 4 - x[0] ** 2 / 2, start=[0.3])
    loop, trace = go(problem, Newton())
    assert trace.status is Status.CONVERGED
    assert abs(loop.state.x[0]) <= 1e-8  # the maximum


def test_newton_on_rosenbrock_takes_six_iterations_through_1412():
    loop, trace = go(rosenbrock(), Newton())
    assert trace.status is Status.CONVERGED
    assert loop.k == 6
    assert trace.scalars["f"].max() == pytest.approx(1411.845, abs=1e-2)
    np.testing.assert_allclose(loop.state.x, 1.0, rtol=1e-9)


def test_newton_is_affine_invariant():
    M = np.array([[2.0, 1.0], [0.5, 3.0]])
    base = rosenbrock()
    mapped = Problem(
        lambda y: base.value(M @ y), gradient=lambda y: M.T @ base.gradient(M @ y),
        hessian=lambda y: M.T @ base.hessian(M @ y) @ M, start=np.linalg.solve(M, base.start()),
    )  # fmt: skip
    for optimizer in (Newton(), NewtonDamped()):
        _, a = go(base, optimizer, Iterations(5))
        _, b = go(mapped, optimizer, Iterations(5))
        np.testing.assert_allclose(b.points @ M.T, a.points, rtol=1e-9)


def test_bfgs_with_exact_search_ends_a_quadratic_in_n_steps_with_the_inverse():
    H, _ = spectrum(5, 10.0)
    x0 = np.random.default_rng(3).normal(size=5)
    for optimizer in (BFGS(search=Exact()), BFGS(search=Exact(), scale=False)):
        loop, _ = go(bowl(H, x0), optimizer, Iterations(5))
        assert np.linalg.norm(loop.state.g) <= 1e-12 * np.linalg.norm(H @ x0)
        assert np.linalg.norm(full(loop.state.memory) @ H - np.eye(5)) <= 1e-10
        assert loop.state.restarts == 0


def test_every_bfgs_update_fulfils_the_secant_equation_and_stays_definite():
    loop = Loop(rosenbrock(), BFGS())
    old = None
    for now in loop:
        memory = now.state.memory
        if memory is not None:
            s, y = now.state.x - old.x, now.state.g - old.g
            np.testing.assert_allclose(full(memory) @ y, s, rtol=1e-7, atol=1e-10 * np.linalg.norm(s))
            assert np.linalg.eigvalsh(full(memory))[0] > 0
        old = now.state
    assert loop.status is Status.CONVERGED


@pytest.mark.parametrize(
    "make", [rosenbrock, lambda: bowl(spectrum(6, 100.0)[0], np.ones(6))], ids=["rosenbrock", "bowl"]
)
def test_lbfgs_with_room_for_all_pairs_is_bfgs_from_the_identity(make):
    """Under an inexact search: an exact one hides a wrong order in the two-loop recursion."""
    for search in (StrongWolfe(), StrongWolfe(c2=0.1)):
        _, a = go(make(), BFGS(scale=False, search=search), Iterations(10))
        loop, b = go(make(), LBFGS(scale=False, m=20, search=search), Iterations(10))
        assert len(a.points) == len(b.points) == 11
        np.testing.assert_allclose(b.points, a.points, rtol=1e-9, atol=1e-11)
        assert loop.state.restarts == 0


def test_lbfgs_never_remembers_more_than_m_pairs():
    loop = Loop(bowl(spectrum(10, 1e3)[0], np.ones(10)), LBFGS(m=3), stop=Iterations(12))
    assert [len(now.state.memory or ()) for now in loop] == [0, 1, 2, *[3] * 10]


def test_bfgs_on_rosenbrock_needs_no_restart_and_few_evaluations():
    for optimizer, most in ((BFGS(), 45), (LBFGS(), 48)):
        loop, trace = go(rosenbrock(), optimizer)
        assert trace.status is Status.CONVERGED
        assert loop.state.restarts == 0
        assert loop.oracle.n_f <= most
        np.testing.assert_allclose(loop.state.x, 1.0, atol=1e-5)


@pytest.mark.parametrize("optimizer", [BFGS(), LBFGS(), NewtonDamped()], ids=["bfgs", "lbfgs", "damped"])
def test_ill_conditioned_quadratics_need_no_restart(optimizer):
    loop, trace = go(bowl(spectrum(20, 1e4)[0], np.ones(20)), optimizer)
    assert trace.status is Status.CONVERGED
    assert loop.state.restarts == 0


@pytest.mark.parametrize(
    "optimizer", [BFGS(), LBFGS(), GradientDescentExact(), GradientDescentOptimalStep(), Newton()], ids=repr
)
def test_rotation_equivariance(optimizer):
    H, _ = spectrum(5, 50.0)
    Q, _ = np.linalg.qr(np.random.default_rng(4).normal(size=(5, 5)))
    x0 = np.arange(1.0, 6.0)
    R = Q @ H @ Q.T
    _, a = go(bowl(H, x0), optimizer, Stationary(rtol=1e-6) | Iterations(10))
    _, b = go(bowl(0.5 * (R + R.T), Q @ x0), optimizer, Stationary(rtol=1e-6) | Iterations(10))
    np.testing.assert_allclose(b.points @ Q, a.points, atol=1e-10)


def secular(X, y, C):
    """argmin ‖Xw − y‖² on ‖w‖² ≤ C by bisection of the secular equation, and its multiplier."""
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    z = U.T @ y

    def w(lam):
        return Vt.T @ (s * z / (s * s + lam))

    if w(0.0) @ w(0.0) <= C:
        return w(0.0), 0.0
    lo, hi = 0.0, 1.0
    while w(hi) @ w(hi) > C:
        hi *= 10
    for _ in range(200):
        middle = 0.5 * (lo + hi)
        lo, hi = (middle, hi) if w(middle) @ w(middle) > C else (lo, middle)
    return w(hi), hi


def regression(X, y, C):
    def fused(w):
        r = X @ w - y
        return float(r @ r), 2 * X.T @ r

    return Problem(
        lambda w: fused(w)[0], gradient=lambda w: fused(w)[1], value_and_gradient=fused,
        start=np.zeros(X.shape[1]), feasible=Ball(float(np.sqrt(C))),
    )  # fmt: skip


@pytest.mark.parametrize(("kappa", "fraction"), [(10, 0.01), (10, 2.0), (100, 0.5), (1e3, 0.25), (1e4, 0.25)])
def test_projected_gradient_solves_ball_constrained_regression(kappa, fraction):
    rng = np.random.default_rng(2)
    U, _ = np.linalg.qr(rng.normal(size=(40, 13)))
    V, _ = np.linalg.qr(rng.normal(size=(12, 12)))
    X = U[:, :12] * np.geomspace(1, 1 / kappa, 12) @ V.T
    y = X @ rng.normal(size=12) + 0.1 * U[:, 12]
    free = np.linalg.lstsq(X, y)[0]
    w, lam = secular(X, y, fraction * free @ free)
    loop, trace = go(
        regression(X, y, fraction * free @ free), ProjectedGradient(), Stationary(rtol=1e-11) | Iterations(5000)
    )
    assert trace.status is Status.CONVERGED
    assert np.linalg.norm(loop.state.x - w) <= 1e-6 * np.linalg.norm(w)
    assert np.abs(loop.state.g + 2 * lam * loop.state.x).max() <= 1e-9 * np.abs(trace.scalars["stationarity"][0])
    assert all(loop.problem.feasible.contains(x) for x in trace.points)


def test_projected_gradient_measures_curvature_along_the_ball():
    """The part of y = Hs across the constraint would make the lengths too short: 75 iterations instead of 44."""
    rng = np.random.default_rng(2)
    U, _ = np.linalg.qr(rng.normal(size=(40, 13)))
    V, _ = np.linalg.qr(rng.normal(size=(12, 12)))
    X = U[:, :12] * np.geomspace(1, 1e-4, 12) @ V.T
    y = X @ rng.normal(size=12) + 0.1 * U[:, 12]
    free = np.linalg.lstsq(X, y)[0]
    _, trace = go(regression(X, y, 0.1 * free @ free), ProjectedGradient(), Stationary(rtol=1e-11) | Iterations(60))
    assert trace.status is Status.CONVERGED


def test_projected_gradient_reaches_rounding_on_the_diabetes_data():
    from sklearn.datasets import load_diabetes

    data = load_diabetes()
    X, y = data.data, data.target - data.target.mean()
    for fraction in (0.01, 0.1, 0.5):
        free = np.linalg.lstsq(X, y)[0]
        w, lam = secular(X, y, fraction * free @ free)
        loop, trace = go(
            regression(X, y, fraction * free @ free), ProjectedGradient(), Stationary(rtol=1e-11) | Iterations(1000)
        )
        assert trace.status is Status.CONVERGED
        assert np.linalg.norm(loop.state.x - w) <= 1e-8 * np.linalg.norm(w)
        assert loop.stationarity <= 1e-10 * np.abs(trace.points[0] @ X.T @ X - X.T @ y).max() * 2
        ridge = np.linalg.solve(X.T @ X + lam * np.eye(10), X.T @ y)
        np.testing.assert_allclose(loop.state.x, ridge, rtol=1e-7)


def circle(start):
    return Problem(
        lambda x: x[0] + x[1], gradient=lambda x: np.ones(2), hessian=lambda x: np.zeros((2, 2)), start=start,
        equality=lambda x: x[0] ** 2 + x[1] ** 2 - 2,
        equality_jacobian=lambda x: 2 * x[None, :],
        lagrangian_hessian=lambda x, lam, nu: 2 * nu[0] * np.eye(2),
    )  # fmt: skip


def test_kkt_newton_converges_quadratically_on_a_circle():
    loop, trace = go(circle([-2.0, -1.5]), KKTNewton(), Stationary(rtol=1e-14) | Iterations(20))
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, -1.0, rtol=1e-14)
    assert loop.state.nu == pytest.approx([0.5])
    e = np.linalg.norm(trace.points + 1, axis=1) + np.abs(trace.scalars["nu"][:, 0] - 0.5)
    late = e[(e < 1e-1) & (e > 1e-9)]
    assert late.size >= 2
    assert np.all(late[1:] <= 3 * late[:-1] ** 2)


def test_kkt_newton_solves_an_equality_constrained_quadratic_in_one_step():
    H, _ = spectrum(5, 1e4)
    b, A, c = np.arange(5.0), np.array([[1.0, 1, 1, 1, 1], [1, 0, -1, 0, 2]]), np.array([3.0, -1.0])
    problem = Problem(
        lambda x: 0.5 * float(x @ H @ x) - float(b @ x), gradient=lambda x: H @ x - b, hessian=lambda x: H.copy(),
        lagrangian_hessian=lambda x, lam, nu: H.copy(), start=np.full(5, 7.0), linear_equality=(A, c),
    )  # fmt: skip
    loop, trace = go(problem, KKTNewton())
    assert trace.status is Status.CONVERGED
    assert loop.k == 1
    K = np.block([[H, A.T], [A, np.zeros((2, 2))]])
    solution = np.linalg.solve(K, np.concatenate([b, c]))
    np.testing.assert_allclose(loop.state.x, solution[:5], rtol=1e-9)
    np.testing.assert_allclose(loop.state.nu, solution[5:], rtol=1e-9)
