"""Newton, trust regions and their kernels: theory as the referee."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import optlab
from optlab.core.driver import Loop, run
from optlab.core.status import Status
from optlab.core.stop import Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.kernels.euclidean import norm
from optlab.kernels.limits import Penalty, Radius
from optlab.kernels.modification import AddedIdentity, solve_semidefinite
from optlab.kernels.modified_cholesky import ModifiedCholesky, gill_murray
from optlab.kernels.modified_ldl import ModifiedLDL
from optlab.kernels.secular import Factored, exact_step, factored
from optlab.kernels.truncated_cg import truncated_cg
from optlab.kernels.trust_region import cauchy_step, dogleg_step, reach
from optlab.linesearch.armijo import Armijo
from optlab.optimizers.newton.newton import Newton
from optlab.optimizers.newton.newton_cg import NewtonCG
from optlab.optimizers.newton.newton_damped import NewtonDamped
from optlab.optimizers.newton.newton_modified import NewtonModified
from optlab.optimizers.newton.newton_saddle_free import NewtonSaddleFree
from optlab.optimizers.trust_region.cubic_regularization import CubicRegularization
from optlab.optimizers.trust_region.trust_region import TrustRegion
from optlab.optimizers.trust_region.trust_region_cauchy import TrustRegionCauchy
from optlab.optimizers.trust_region.trust_region_dogleg import TrustRegionDogleg
from optlab.optimizers.trust_region.trust_region_steihaug import TrustRegionSteihaug

MODIFICATIONS = (ModifiedCholesky(), ModifiedLDL(), ModifiedLDL(reflect=False), AddedIdentity())
SEARCHING = (NewtonDamped(), *(NewtonModified(modification=m) for m in MODIFICATIONS), NewtonSaddleFree(), NewtonCG(),
             NewtonCG(follow=False))  # fmt: skip
RADII = (TrustRegion(), TrustRegionDogleg(), TrustRegionSteihaug())
TRUSTING = (*RADII, TrustRegionCauchy(), CubicRegularization())
SAFE = (*SEARCHING, *RADII, CubicRegularization())
EXACT_NEWTON = (Newton(), *SEARCHING[:6], TrustRegion(), TrustRegionDogleg())
MODELS = (TrustRegion(), TrustRegionDogleg(), TrustRegionCauchy(), TrustRegionSteihaug(), CubicRegularization())


def each(optimizers):
    return pytest.mark.parametrize("optimizer", optimizers, ids=repr)


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop or Stationary() | Iterations(1000), **more)
    return loop, run(loop)


def symmetric(rng, n, values=None):
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    values = rng.normal(size=n) if values is None else np.asarray(values, dtype=float)
    H = Q * values @ Q.T
    return 0.5 * (H + H.T), Q


def model_value(H, g, p):
    return float(g @ p + 0.5 * p @ H @ p)


def rosenbrock(scale=1.0, offset=0.0, sign=1.0):
    def f(x):
        a, b = x.tolist()
        return scale * (100 * (b - a * a) ** 2 + (1 - a) ** 2) + offset

    def g(x):
        a, b = x.tolist()
        return sign * scale * np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])

    def H(x):
        a, b = x.tolist()
        return scale * np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200.0]])

    return Problem(f, gradient=g, hessian=H, start=[-1.2, 1.0])


def saddle(start, scale=1.0):
    """½x² − ½y² + ¼y⁴: y = 0 is the stable manifold of the saddle at 0."""
    return Problem(
        lambda x: scale * (0.5 * x[0] ** 2 - 0.5 * x[1] ** 2 + 0.25 * x[1] ** 4),
        gradient=lambda x: scale * np.array([x[0], x[1] ** 3 - x[1]]),
        hessian=lambda x: scale * np.diag([1.0, 3 * x[1] ** 2 - 1]), start=start,
    )  # fmt: skip


# --- the subproblem, exactly -------------------------------------------------------------------


def subproblem(seed):
    """A random case and what makes it hard: H, g, Δ."""
    rng = np.random.default_rng(seed)
    n = 1 if seed % 10 == 0 else int(rng.integers(2, 8))
    values = np.sort(rng.normal(size=n)) * 10.0 ** rng.integers(-3, 4)
    kind = seed % 5
    if kind == 1:
        values = np.abs(values) + 1e-6 * np.abs(values).max()
    if kind == 4 and n > 2:
        values[1] = values[0]  # a double least eigenvalue
    H, Q = symmetric(rng, n, values)
    c = rng.normal(size=n) * 10.0 ** rng.integers(-3, 4)
    if kind in (2, 3, 4):
        values[0] = -abs(values[0])
        H = (Q * values) @ Q.T
        H = 0.5 * (H + H.T)
        c[:2] = (0.0, 0.0) if kind == 4 else ((0.0 if kind == 2 else 1e-14 * np.abs(c).max()), *c[1:2])[: min(n, 2)]
    return H, Q @ c, float(10.0 ** rng.uniform(-2, 2))


@pytest.mark.parametrize("seed", range(200))
def test_the_exact_step_is_the_global_minimizer_in_the_ball(seed):
    """More & Sorensen's conditions are sufficient; the brute force does not know them."""
    H, g, delta = subproblem(seed)
    step = exact_step(factored(H), g, Radius(delta))
    p, lam, least = step.p, step.lam, np.linalg.eigvalsh(H)[0]
    size = np.abs(np.linalg.eigvalsh(H)).max() + lam
    assert np.linalg.norm(p) <= delta * (1 + 1e-12)
    assert np.linalg.norm(H @ p + lam * p + g) <= 1e-10 * (np.linalg.norm(g) + size * np.linalg.norm(p))
    assert lam >= max(0.0, -least) - 1e-13 * size
    assert lam * (delta - np.linalg.norm(p)) <= 1e-12 * size * delta
    assert step.boundary == (np.linalg.norm(p) > delta * (1 - 1e-9)) or lam == 0
    value = model_value(H, g, p)
    assert step.predicted == pytest.approx(-value, rel=1e-8, abs=1e-12 * size * delta**2)
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(4000, g.size))
    points *= (
        delta
        * rng.uniform(size=(4000, 1)) ** rng.choice([0, 1 / g.size], size=(4000, 1))
        / np.linalg.norm(points, axis=1, keepdims=True)
    )
    values = points @ g + 0.5 * np.einsum("ki,ij,kj->k", points, H, points)
    assert value <= values.min() + 1e-12 * size * delta**2


def test_the_hard_case_is_filled_up_by_the_null_vector():
    H, g = np.diag([-2.0, 1.0, 3.0]), np.array([0.0, 3.0, 5.0])
    step = exact_step(factored(H), g, Radius(4.0))
    np.testing.assert_allclose(np.abs(step.p), [np.sqrt(16 - 2), 1, 1], rtol=1e-14)
    assert step.lam == 2.0
    for tiny in (1e-300, 1e-30, 1e-16, 1e-8):  # near it, on either side, p hardly moves
        for sign in (-1, 1):
            near = exact_step(factored(H), g + np.array([sign * tiny, 0, 0]), Radius(4.0))
            np.testing.assert_allclose(near.p, [-sign * np.sqrt(14), -1, -1], atol=1e-7)


@pytest.mark.parametrize("limit", [Radius(0.3), Radius(3.0), Radius(1e3), Penalty(0.1), Penalty(10.0)], ids=repr)
def test_eigenvalues_and_cholesky_agree_where_both_serve(limit):
    H, _ = symmetric(np.random.default_rng(3), 5, [0.5, 1, 2, 3, 9])
    g = np.arange(1.0, 6.0)
    a, b = (exact_step(model, g, limit) for model in (factored(H), Factored(H, None, *np.linalg.eigh(H))))
    np.testing.assert_allclose(b.p, a.p, rtol=1e-10)
    assert b.lam == pytest.approx(a.lam, rel=1e-9)
    assert b.predicted == pytest.approx(a.predicted, rel=1e-10)
    assert a.boundary == b.boundary


def test_one_variable_is_solved_in_closed_form():
    for h, g, delta, p in ((2.0, 4.0, 5.0, -2.0), (2.0, 4.0, 1.0, -1.0), (-2.0, 4.0, 3.0, -3.0), (0.0, 1.0, 3.0, -3.0)):
        step = exact_step(factored(np.array([[h]])), np.array([g]), Radius(delta))
        assert step.p == pytest.approx([p], rel=1e-12)
    assert abs(exact_step(factored(np.array([[-2.0]])), np.zeros(1), Radius(3.0)).p[0]) == 3.0


@pytest.mark.parametrize("seed", range(100))
def test_the_cubic_step_is_the_global_minimizer(seed):
    H, g, _ = subproblem(seed)
    rng = np.random.default_rng(seed)
    sigma = float(10.0 ** rng.uniform(-3, 3))
    step = exact_step(factored(H), g, Penalty(sigma))
    p, lam = step.p, step.lam
    size, reached = np.abs(np.linalg.eigvalsh(H)).max() + lam, np.linalg.norm(p)
    assert lam == pytest.approx(sigma * reached, rel=1e-10)
    assert lam >= -np.linalg.eigvalsh(H)[0] - 1e-13 * size
    assert np.linalg.norm(H @ p + lam * p + g) <= 1e-9 * (np.linalg.norm(g) + size * reached)
    value = model_value(H, g, p) + sigma / 3 * reached**3
    assert step.predicted == pytest.approx(-value, rel=1e-8, abs=1e-12 * size * reached**2)
    inside = exact_step(factored(H), g, Radius(reached))
    assert inside.lam == pytest.approx(lam, rel=1e-6, abs=1e-10 * size)  # a trust region of that radius agrees
    np.testing.assert_array_less(
        value - 1e-10 * abs(value),
        [
            model_value(H, g, q) + sigma / 3 * np.linalg.norm(q) ** 3
            for q in p + reached * rng.normal(size=(50, g.size))
        ],
    )


@pytest.mark.parametrize("k", [-60, 60])
def test_steps_do_not_depend_on_the_units_of_f(k):
    for seed in range(20):
        H, g, delta = subproblem(seed)
        a = exact_step(factored(H), g, Radius(delta)).p
        np.testing.assert_array_equal(a, exact_step(factored(2.0**k * H), 2.0**k * g, Radius(delta)).p)


# --- the other steps ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(100))
def test_no_step_is_worse_than_cauchys(seed):
    H, g, delta = subproblem(seed)
    cauchy = cauchy_step(g, float(g @ H @ g), delta)
    steps = [cauchy, truncated_cg(lambda v: H @ v, g, 1e-12 * norm(g), 50, delta).end]
    steps.append(exact_step(factored(H), g, Radius(delta)))
    if np.linalg.eigvalsh(H)[0] > 0:
        steps.append(dogleg_step(g, H @ g, -np.linalg.solve(H, g), delta))
    for step in steps:
        assert np.linalg.norm(step.p) <= delta * (1 + 1e-10)
        assert step.predicted == pytest.approx(-model_value(H, g, step.p), rel=1e-6)
        assert step.predicted >= cauchy.predicted * (1 - 1e-10)
    best = max(step.predicted for step in steps)
    assert steps[2].predicted >= best * (1 - 1e-9)
    along = np.linspace(0, 1, 1001) * delta / (norm(g) or 1.0)
    values = -along * (g @ g) + 0.5 * along**2 * (g @ H @ g)
    assert cauchy.predicted >= -values.min() * (1 - 1e-12)


def test_the_dogleg_bends_at_cauchys_point_and_ends_at_newtons():
    H, g = np.diag([1.0, 10.0]), np.array([3.0, 5.0])
    newton, cauchy = -np.linalg.solve(H, g), -(g @ g) / (g @ H @ g) * g
    assert dogleg_step(g, H @ g, newton, 10.0).p is newton
    np.testing.assert_allclose(dogleg_step(g, H @ g, newton, norm(cauchy)).p, cauchy, rtol=1e-12)
    middle = dogleg_step(g, H @ g, newton, 1.5)
    assert norm(middle.p) == pytest.approx(1.5, rel=1e-14)
    t = (middle.p - cauchy) / (newton - cauchy)
    assert t[0] == pytest.approx(t[1])
    assert 0 < t[0] < 1


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12])
def test_the_root_on_the_boundary_does_not_cancel(size):
    p, d = np.array([1.0, 0.0]), size * np.array([1.0, 1e-3])
    assert norm(p + reach(p, d, 1.0 + 1e-9) * d) - 1 == pytest.approx(1e-9, rel=1e-6)
    assert reach(p, -d, 2.0) == pytest.approx(3.0 / size, rel=1e-5)
    assert reach(p, size * p, 1.0 + 2.0**-40) == pytest.approx(2.0**-40 / size, rel=1e-14)


def test_conjugate_gradients_solve_definite_systems_and_stop_at_curvature():
    rng = np.random.default_rng(0)
    H, _ = symmetric(rng, 6, [1, 2, 3, 4, 5, 6])
    g = rng.normal(size=6)
    path = truncated_cg(lambda v: H @ v, g, 1e-10, 50)
    np.testing.assert_allclose(path.end.p, -np.linalg.solve(H, g), atol=1e-10)
    lengths = [leg.reaches for leg in path.legs]
    assert lengths == sorted(lengths)
    bent = truncated_cg(lambda v: -v, g, 1e-10, 50)
    assert not bent.end.p.any()
    assert bent.bent is bent.legs[0]
    assert truncated_cg(lambda v: -v, g, 1e-10, 50, 2.0).end.predicted == pytest.approx(2 * norm(g) + 2)
    nothing = truncated_cg(lambda v: np.full(6, np.nan), g, 1e-10, 50, 2.0).end
    np.testing.assert_allclose(nothing.p, -2 * g / norm(g))
    rounding = truncated_cg(lambda v: np.array([v[0], 1e-18 * v[1]]), np.array([1.0, 1.0]), 1e-10, 50)
    assert rounding.bent is not None  # 10⁻¹⁸ of the greatest curvature is none


def test_a_shorter_radius_cuts_the_path_where_a_new_one_would_end():
    rng = np.random.default_rng(1)
    H, _ = symmetric(rng, 8)
    g = rng.normal(size=8)
    path = truncated_cg(lambda v: H @ v, g, 1e-10, 50, 10.0)
    for radius in (10.0, 7.0, 3.0, 1.0, 0.1, 1e-3):
        fresh = truncated_cg(lambda v: H @ v, g, 1e-10, 50, radius).end
        np.testing.assert_array_equal(path.within(radius).p, fresh.p)
        assert path.within(radius).predicted == fresh.predicted


# --- modified factorizations -------------------------------------------------------------------


@pytest.mark.parametrize("modification", MODIFICATIONS, ids=repr)
@pytest.mark.parametrize("n", [1, 2, 3, 12])
def test_modified_matrices_are_positive_definite_and_leave_definite_ones_alone(modification, n):
    rng = np.random.default_rng(n)
    for _ in range(20):
        H, _ = symmetric(rng, n)
        H -= (np.linalg.eigvalsh(H)[0] + 0.1) * np.eye(n)  # indefinite for sure
        P = np.column_stack([modification.solve(H, e) for e in np.eye(n)])
        np.testing.assert_allclose(P, P.T, atol=1e-10 * np.abs(P).max())
        assert np.linalg.eigvalsh(P)[0] > 0
        b = rng.normal(size=n)
        for k in (-60, 60):
            np.testing.assert_array_equal(modification.solve(2.0**k * H, 2.0**k * b), modification.solve(H, b))
        H += 2 * np.abs(H).sum() * np.eye(n)
        np.testing.assert_allclose(modification.solve(H, b), np.linalg.solve(H, b), rtol=1e-12)
        if not isinstance(modification, AddedIdentity):
            np.testing.assert_allclose(modification.solve_modified(H, b), np.linalg.solve(H, b), rtol=1e-10)
    assert modification.solve(np.zeros((n, n)), np.ones(n)) is None
    assert modification.solve(np.full((n, n), np.nan), np.ones(n)) is None


def test_gill_and_murray_keep_their_bounds():
    rng = np.random.default_rng(0)
    for n in (2, 5, 20):
        A, _ = symmetric(rng, n)
        L, d, order = gill_murray(A, 1e-16)
        E = L * d @ L.T - A[np.ix_(order, order)]
        np.testing.assert_allclose(E, np.diag(np.diag(E)), atol=1e-13)
        assert (np.diag(E) >= -1e-13).all()
        off = np.abs(A - np.diag(np.diag(A))).max()
        beta = np.sqrt(max(np.abs(np.diag(A)).max(), off / np.sqrt(n * n - 1)))
        assert np.abs(np.tril(L, -1) * np.sqrt(d)).max() <= beta * (1 + 1e-12)


def test_the_modified_ldl_changes_blocks_of_size_two():
    H = np.array([[0.0, 2.0], [2.0, 0.0]])  # one block, eigenvalues ±2
    np.testing.assert_allclose(ModifiedLDL().solve(H, np.array([1.0, 0.0])), [0.5, 0.0], atol=1e-15)
    floor = ModifiedLDL(delta=0.25, reflect=False).solve(H, np.array([1.0, -1.0]))  # along the eigenvector of −2
    np.testing.assert_allclose(floor, np.array([1.0, -1.0]) / 0.5, rtol=1e-14)


def test_rounding_alone_makes_no_matrix_indefinite():
    """Hilbert's matrix, squared: κ = 10²⁰ and more."""
    problem = optlab.problem("hilbert")
    for factor in (1e8, 3.0, 1 / 3):
        H, g = factor * problem.hessian(problem.start()), factor * problem.gradient(problem.start())
        x = solve_semidefinite(H, g)
        assert x is not None
        assert np.linalg.norm(H @ x - g) <= 1e-3 * np.linalg.norm(g)
    assert solve_semidefinite(np.diag([1.0, -1e-3]), np.ones(2)) is None
    assert solve_semidefinite(np.diag([1.0, 0.0]), np.ones(2)) is None  # singular, and no solution


# --- Newton's theorems -------------------------------------------------------------------------


@each(EXACT_NEWTON)
def test_a_quadratic_takes_one_step(optimizer):
    H, _ = symmetric(np.random.default_rng(0), 8, np.geomspace(1, 1e6, 8))
    quadratic = Problem(
        lambda x: 0.5 * float((x - 0.25) @ H @ (x - 0.25)), gradient=lambda x: H @ (x - 0.25),
        hessian=lambda x: H.copy(), start=np.random.default_rng(2).normal(size=8),
    )  # fmt: skip
    loop, trace = go(quadratic, optimizer)
    assert trace.status is Status.CONVERGED
    assert loop.k == 1


@each((*EXACT_NEWTON, TrustRegionSteihaug(), CubicRegularization()))
def test_the_rate_is_quadratic(optimizer):
    _, trace = go(rosenbrock(), optimizer, Stationary(rtol=0) | Iterations(60))
    e = np.linalg.norm(trace.points - 1.0, axis=1)
    e = e[np.append(True, np.diff(e) != 0)]  # rejected steps
    late = [(a, b) for a, b in pairwise(e) if 1e-7 < a < 0.05]
    assert late
    if isinstance(optimizer, TrustRegionSteihaug):
        assert all(b <= 30 * a**1.5 for a, b in late)  # √ forcing: of order 3/2
    else:
        assert all(b <= 60 * a**2 for a, b in late)


def roots(M=None):
    """Σ √(1 + (aᵢᵀx)²), convex, where Newton's full steps overshoot."""
    A = np.array([[2.0, 0.3], [-0.4, 1.5], [0.7, -2.2], [1.0, 1.0]])
    A = A if M is None else A @ M

    def g(x):
        u = A @ x
        return A.T @ (u / np.sqrt(1 + u * u))

    def H(x):
        return A.T @ ((1 + (A @ x) ** 2) ** -1.5 * A.T).T

    start = np.array([1.5, -0.8])
    return Problem(
        lambda x: float(np.sqrt(1 + (A @ x) ** 2).sum()), gradient=g, hessian=H,
        start=start if M is None else np.linalg.solve(M, start),
    )  # fmt: skip


@each(
    [
        Newton(),
        NewtonDamped(),
        *(NewtonModified(modification=m, search=Armijo()) for m in MODIFICATIONS),
        NewtonModified(),
    ]
)
def test_affine_invariance_with_the_search_included(optimizer):
    M = np.array([[2.0, 1.0], [0.5, 3.0]])
    _, a = go(roots(), optimizer, Iterations(5))
    _, b = go(roots(M), optimizer, Iterations(5))
    np.testing.assert_allclose(b.points @ M.T, a.points, rtol=1e-8, atol=1e-8 * np.abs(a.points).max())
    np.testing.assert_allclose(a.scalars["step_size"], b.scalars["step_size"], rtol=1e-6)
    if not isinstance(optimizer, Newton):
        assert np.nanmin(a.scalars["step_size"]) < 1


@each([NewtonSaddleFree(), TrustRegion(), CubicRegularization()])
@pytest.mark.parametrize("y", [0.0, 1e-12])
def test_an_exact_start_on_the_stable_manifold_is_no_trap(optimizer, y):
    assert "escapes_saddle" in optimizer.properties
    loop, trace = go(saddle([1.7, y]), optimizer)
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(np.abs(loop.state.x), [0, 1], atol=1e-6)
    assert loop.k < 20


def test_without_the_nudge_saddle_free_newton_goes_to_the_saddle():
    loop, trace = go(saddle([1.7, 0.0]), NewtonSaddleFree(nudge=0.0))
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 0, atol=1e-8)


def test_saddle_free_steps_are_those_of_the_absolute_eigenvalues():
    problem = saddle([1.7, 0.2])
    loop = Loop(problem, NewtonSaddleFree(), stop=Iterations(1))
    run(loop)
    np.testing.assert_allclose(loop.state.direction, [-1.7, (0.2 - 0.2**3) / (1 - 3 * 0.04)], rtol=1e-12)


# --- Newton by products ------------------------------------------------------------------------


def test_newton_cg_goes_along_the_gradient_where_its_curvature_is_negative():
    problem = saddle([0.0, 0.1])
    for optimizer in (NewtonCG(), NewtonCG(follow=False)):
        loop, _ = go(problem, optimizer, Iterations(1))
        g = problem.gradient(problem.start())
        np.testing.assert_allclose(loop.state.direction, -g / (1 - 0.03), rtol=1e-12)  # as long as 1/|curvature|
        assert loop.state.f < problem.value(problem.start())
    loop, trace = go(problem, NewtonCG())
    assert trace.status is Status.CONVERGED
    assert loop.state.restarts == 0


def test_newton_cg_follows_negative_curvature_that_it_finds_later():
    """In the far valley the first iterate is steepest descent: 2000 steps instead of 50."""
    far = np.array([-12.0, 10.0])
    loop, trace = go(rosenbrock(), NewtonCG(), start=far)
    assert trace.status is Status.CONVERGED
    assert loop.k < 100
    assert go(rosenbrock(), NewtonCG(follow=False), start=far)[0].k > 2 * loop.k


def wide(n):
    h = np.linspace(1.0, 3.0, n)
    return Problem(
        lambda x: 0.5 * float((h * x + 0.5 * x * x * x) @ x), gradient=lambda x: (h + x * x) * x,
        hvp=lambda x, v: (h + 3 * x * x) * v, start=np.cos(np.arange(n)),
    )  # fmt: skip


@each([NewtonCG(), TrustRegionSteihaug()])
@pytest.mark.parametrize("n", [100_000, 1_000_000])
def test_products_are_enough_at_a_million_variables(optimizer, n):
    loop, trace = go(wide(n), optimizer)
    assert trace.status is Status.CONVERGED
    assert loop.oracle.n_hessian == 0
    assert loop.oracle.n_hvp <= 60


@each([NewtonCG(products=3), TrustRegionSteihaug(products=3)])
def test_products_per_step_are_limited(optimizer):
    counts = [now.oracle.n_hvp for now in Loop(optlab.problem("tridia"), optimizer, stop=Iterations(20))]
    assert max(np.diff(counts)) == 3


# --- trust regions -----------------------------------------------------------------------------


@each(TRUSTING)
def test_a_rejected_step_costs_one_value_and_keeps_everything(optimizer):
    problem, old, before, rejected = rosenbrock(), None, (), 0
    if isinstance(optimizer, TrustRegionCauchy):
        optimizer = replace(optimizer, radius=10.0)
    for now in Loop(problem, optimizer, stop=Stationary() | Iterations(80), start=[-1.0, 3.0]):
        state, counts = now.state, now.oracle.counts
        if old is not None and np.isnan(state.step_size):
            rejected += 1
            assert state.x is old.x
            assert state.g is old.g
            assert state.f == old.f
            assert state.memory is not None
            paid = tuple(a - b for a, b in zip(counts, before, strict=True))
            model = 1 if "hessian" in optimizer.needs else counts[3] - before[3]
            if old.memory is not None:
                assert state.memory is old.memory
                model = 0
            assert paid[:4] in {(1, 0, model, 0), (1, 0, 0, model)}
        elif old is not None:
            assert state.f <= old.f
        old, before = state, counts
    assert rejected > 0


@each((*RADII, TrustRegionCauchy()))
def test_the_radius_follows_the_ratio(optimizer):
    """N&W, algorithm 4.1."""
    loop = Loop(rosenbrock(), replace(optimizer, radius=1e-3), stop=Stationary() | Iterations(60))
    seen = set()
    for old, new in pairwise([now.state for now in loop]):
        moved = not np.isnan(new.step_size)
        assert moved == (new.rho >= optimizer.accept)
        if moved:
            assert norm(new.direction) <= old.radius * (1 + 1e-9)
            quadratic = float(old.g @ new.direction + 0.5 * new.direction @ rosenbrock().hessian(old.x) @ new.direction)
            assert new.rho == pytest.approx((old.f - new.f) / -quadratic, rel=1e-5)
        if not new.rho >= 0.25:
            assert new.radius <= 0.25 * old.radius * (1 + 1e-12)
            seen.add("shrinks")
        elif new.radius > old.radius:
            assert new.rho > 0.75
            assert new.radius == 2 * old.radius
            assert norm(new.direction) == pytest.approx(old.radius, rel=1e-9)
            seen.add("grows")
        else:
            assert new.radius == old.radius
    assert seen == ({"grows"} if isinstance(optimizer, TrustRegionCauchy) else {"shrinks", "grows"})


def test_a_first_radius_can_be_given():
    for optimizer in (*RADII, TrustRegionCauchy()):
        loop, trace = go(rosenbrock(), replace(optimizer, radius=1e-3), Iterations(1))
        assert norm(loop.state.direction) == pytest.approx(1e-3, rel=1e-10)
        assert list(trace.scalars["radius"]) == [1e-3, 2e-3]
    assert go(rosenbrock(), CubicRegularization(sigma=1e6), Iterations(1))[1].scalars["sigma"][0] == 1e6


@each((*RADII, TrustRegionCauchy(), CubicRegularization()))
@pytest.mark.parametrize("k", [-40, 40])
def test_iterates_do_not_depend_on_the_units_of_x(optimizer, k):
    assert "x_homogeneous" in optimizer.properties
    c, base = 2.0**k, rosenbrock()
    units = Problem(
        lambda y: base.value(y / c), gradient=lambda y: base.gradient(y / c) / c,
        hessian=lambda y: base.hessian(y / c) / c**2, start=c * base.start(),
    )  # fmt: skip
    a, b = (go(problem, optimizer, Stationary() | Iterations(40))[1] for problem in (base, units))
    np.testing.assert_array_equal(b.points, c * a.points)


@each(TRUSTING)
def test_a_fall_without_end_is_unbounded(optimizer):
    slope = Problem(
        lambda x: float(-x[0] - 2 * x[1]), gradient=lambda x: np.array([-1.0, -2.0]),
        hessian=lambda x: np.zeros((2, 2)), start=[1.0, 2.0],
    )  # fmt: skip
    loop, trace = go(slope, optimizer)
    assert trace.status is Status.UNBOUNDED
    assert "enlargements" in trace.message or "doubled" in trace.message or "-inf" in trace.message
    assert loop.k <= 100
    trace = go(optlab.problem("saddle"), optimizer, start=[1.0, 1e-3])[1]
    assert trace.status is Status.UNBOUNDED


@each(TRUSTING)
def test_the_end_of_all_progress_is_stalled_in_a_sentence(optimizer):
    """f + 10⁸, no tolerance: the run ends by itself, far below where differences of f say nothing."""
    problem = rosenbrock(offset=1e8)
    loop, trace = go(problem, optimizer, Stationary(rtol=0) | Iterations(3000))
    if not isinstance(optimizer, TrustRegionCauchy):
        assert trace.status in (Status.STALLED, Status.CONVERGED)
        assert np.linalg.norm(loop.state.g) <= 1e-8


@each((*SEARCHING, *TRUSTING))
@pytest.mark.parametrize("offset", [0.0, 1.0])
def test_a_wrong_gradient_is_found_out(optimizer, offset):
    loop, trace = go(rosenbrock(sign=-1.0, offset=offset), optimizer)
    assert trace.status is Status.LINESEARCH_FAILED
    assert "gradient right" in trace.message
    assert loop.oracle.n_f <= 200


# --- all of them -------------------------------------------------------------------------------


@each((*SAFE, TrustRegionCauchy(), Newton()))
@pytest.mark.parametrize("name", ["rosenbrock", "beale", "wood", "biggs_exp6", "strict_saddle", "powell_singular"])
def test_a_power_of_two_in_f_changes_no_bit(optimizer, name):
    if optimizer == NewtonModified(modification=ModifiedLDL(reflect=False)) and name == "biggs_exp6":
        pytest.skip("its steps are so long that f overflows, or not, with its units")
    base = optlab.problem(name)
    for k in (-60, 60):
        scaled = optlab.problem(name, transforms={"name": "value_scaling", "factor": 2.0**k})
        a, b = (go(problem, optimizer, Stationary() | Iterations(25))[1] for problem in (base, scaled))
        assert a.status is b.status
        np.testing.assert_array_equal(a.points, b.points)
        np.testing.assert_array_equal(a.scalars["n_f"], b.scalars["n_f"])


@each((*SAFE, Newton(), TrustRegionCauchy()))
@pytest.mark.parametrize("name", ["rosenbrock", "bard", "beale", "meyer", "log_barrier_sum", "hilbert", "plateau"])
def test_success_is_true_from_afar_and_in_any_units(optimizer, name):
    for start in (1.0, 10.0, 100.0):
        for factor in (1e-8, 1e8):
            chain = [{"name": "scaled_start", "factor": start}, {"name": "value_scaling", "factor": factor}]
            problem = optlab.problem(name, transforms=chain)
            loop, trace = go(problem, optimizer, Stationary() | Iterations(60))
            assert trace.status is not Status.ERROR, trace.message
            assert np.isfinite(trace.points).all()
            if trace.status is Status.CONVERGED:
                assert np.abs(problem.gradient(loop.state.x)).max() <= 1e-8 * loop.scale


@each(SAFE)
@pytest.mark.parametrize(
    "name", ["rosenbrock", "beale", "wood", "bard", "powell_singular", "log_barrier_sum", "hilbert"]
)
def test_standard_problems_are_solved(optimizer, name):
    loop, trace = go(optlab.problem(name), optimizer)
    slow = isinstance(optimizer, TrustRegionDogleg) or getattr(optimizer, "follow", True) is False
    if not (slow and name == "wood"):
        assert trace.status is Status.CONVERGED, trace.message
        assert loop.state.restarts == 0


@each((*SAFE, TrustRegionCauchy()))
def test_values_beyond_all_range_are_no_error(optimizer):
    huge = optlab.problem("poisson_regression", transforms={"name": "scaled_start", "factor": 100.0})  # f = 10²⁷⁵
    _, trace = go(huge, optimizer, Stationary() | Iterations(20))
    assert trace.status not in (Status.ERROR, Status.CONVERGED), trace.message
    tiny = optlab.problem("rosenbrock", transforms={"name": "value_scaling", "factor": 2.0**-1000})
    assert go(tiny, optimizer, Stationary() | Iterations(20))[1].status is not Status.ERROR


def test_a_hessian_that_is_not_finite_counts_as_no_curvature():
    broken = replace_hessian(rosenbrock(), lambda x: np.full((2, 2), np.nan))
    for optimizer in (*SAFE, TrustRegionCauchy()):
        loop, trace = go(broken, optimizer, Stationary() | Iterations(30))
        assert trace.status is not Status.ERROR
        assert loop.state.f < broken.value(broken.start())


def replace_hessian(problem, hessian):
    return Problem(problem.value, gradient=problem.gradient, hessian=hessian, start=problem.start())
