"""Methods over sets and bounds: closed forms, brute force, rates, and that nothing is evaluated outside."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

import optlab
from optlab.checks.spy import Spy
from optlab.core.kkt import stationarity
from optlab.core.status import Status
from optlab.core.stop import Iterations, Stationary
from optlab.kernels.bounds import breakpoints, clip, longest, reduced
from optlab.kernels.bounds_cauchy import cauchy_point
from optlab.kernels.bounds_limited import NO_PAIRS, Pairs, appended, limited_hessian
from optlab.kernels.bounds_quadratic import box_step
from optlab.kernels.bounds_subspace import free_gram, subspace_point
from optlab.transforms.value_scaling import ValueScaling

Array = Any
GRADIENT = (
    "projected_gradient", "projected_gradient_armijo", "spectral_projected_gradient", "accelerated_projected_gradient",
)  # fmt: skip
BOUNDED = ("lbfgsb", "projected_newton", "trust_region_bounds")
ALL = (*GRADIENT, *BOUNDED)
LONG = Stationary() | Iterations(5000)


def quadratic(H: Array, q: Array, lo: Array, hi: Array, start: Array, **more: Any) -> Any:
    """½xᵀHx + qᵀx within bounds, watched by nobody yet."""
    return optlab.Problem(
        lambda x: float(0.5 * x @ H @ x + q @ x), start=start, gradient=lambda x: H @ x + q, hessian=lambda x: H,
        bounds=(lo, hi), **more,
    )  # fmt: skip


def random_quadratic(seed: int, n: int, condition: float = 20.0) -> tuple[Array, Array, Array, Array]:
    random = np.random.default_rng(seed)
    Q: Array = np.linalg.qr(random.standard_normal((n, n)))[0]
    H = (Q * np.geomspace(1.0, condition, n)) @ Q.T
    lo = -random.uniform(0.1, 1.0, n)
    return 0.5 * (H + H.T), 5.0 * random.standard_normal(n), lo, lo + random.uniform(0.2, 1.5, n)


def enumerated(H: Array, q: Array, lo: Array, hi: Array) -> Array:
    """The minimizer of a strictly convex quadratic in a box, by trying every active set."""
    n, best, least = q.size, lo, np.inf
    for sides in product((-1, 0, 1), repeat=n):
        s = np.asarray(sides)
        x: Array = np.where(s < 0, lo, hi)
        free = s == 0
        if free.any():
            x[free] = np.linalg.solve(H[np.ix_(free, free)], -(q + H[:, ~free] @ x[~free])[free])
        if ((x >= lo) & (x <= hi)).all() and (f := 0.5 * x @ H @ x + q @ x) < least:
            best, least = x, f
    return best


def fed(seed: int, n: int, k: int, m: int = 10) -> Pairs:
    random = np.random.default_rng(seed)
    M = random.standard_normal((n, n))
    H, pairs = M @ M.T + np.eye(n), NO_PAIRS
    for _ in range(k):
        s = random.standard_normal(n)
        pairs = appended(pairs, s, H @ s, m)
    return pairs


def dense(pairs: Pairs) -> Array:
    """The BFGS matrix of the pairs from θI, by its recursion."""
    S, Y, *_ = pairs
    B = float(Y[-1] @ Y[-1] / (S[-1] @ Y[-1])) * np.eye(S[0].size)
    for s, y in zip(S, Y, strict=True):
        B = B - np.outer(B @ s, B @ s) / (s @ B @ s) + np.outer(y, y) / (y @ s)
    return B


# --- kernels --------------------------------------------------------------------------------------


def test_breakpoints_of_every_kind() -> None:
    lo, hi = np.array([0.0, -np.inf, -1.0, 2.0, 0.0]), np.array([1.0, 3.0, np.inf, 2.0, 4.0])
    x, d = np.array([0.0, 1.0, 1.0, 2.0, 1.0]), np.array([-1.0, 4.0, 2.0, 1.0, 0.0])
    assert breakpoints(x, d, lo, hi).tolist() == [0.0, 0.5, np.inf, 0.0, np.inf]
    assert longest(x[1:3], d[1:3], lo[1:3], hi[1:3]) == 0.5
    assert reduced(x, -d, lo, hi).tolist() == [0.0, -4.0, -2.0, 0.0, 0.0]


@pytest.mark.parametrize(("k", "m"), [(1, 10), (4, 10), (9, 5)])
def test_the_compact_matrix_is_that_of_the_recursion(k: int, m: int) -> None:
    pairs = fed(1, 7, k, m)
    assert len(pairs.S) == min(k, m)
    B, expected = limited_hessian(pairs), dense(pairs)
    W = np.column_stack([*pairs.Y, *(B.theta * s for s in pairs.S)])
    np.testing.assert_allclose(B.theta * np.eye(7) - W @ B.middle(W.T.copy()), expected, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(B.gram(), W.T @ W, rtol=1e-10)
    v = np.arange(7.0)
    np.testing.assert_allclose(B.columns(v), W.T @ v, rtol=1e-10)
    np.testing.assert_allclose(B.add(B.columns(v), v.copy()), v + W @ (W.T @ v), rtol=1e-10)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n", [6, 300])
def test_the_cauchy_point_is_the_first_minimizer_along_the_projected_path(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    pairs = fed(seed, n, 4)
    B, H = limited_hessian(pairs), dense(pairs)
    lo, hi = -random.exponential(0.1, n), random.exponential(0.1, n)
    hi[random.uniform(size=n) < 0.2] = np.inf
    x = np.where(random.uniform(size=n) < 0.2, lo, 0.0)
    g = B.theta * random.standard_normal(n)
    found = cauchy_point(x, g, lo, hi, B)

    def slope(t: float) -> float:
        """The model's right derivative along the path, from its definition."""
        z = clip(x - t * g, lo, hi) - x
        d = np.where((breakpoints(x, -g, lo, hi) > t), -g, 0.0)
        return float((g + H @ z) @ d)

    at = 0.0
    for t in [*np.unique(breakpoints(x, -g, lo, hi)), np.inf]:  # the first segment at whose end the model rises
        if t > 0 and (t == np.inf or slope(at) >= 0 or (g + H @ (clip(x - t * g, lo, hi) - x)) @ np.where(
            breakpoints(x, -g, lo, hi) >= t, -g, 0.0) > 0):  # fmt: skip
            break
        at = float(t)
    d = np.where(breakpoints(x, -g, lo, hi) > at, -g, 0.0)
    curvature = d @ H @ d
    best = at + max(0.0, -slope(at) / curvature if curvature > 0 else 0.0)
    expected = clip(x - best * g, lo, hi)
    np.testing.assert_allclose(found.x, expected, rtol=1e-7, atol=1e-9)
    there = np.minimum(np.abs(expected - lo), np.abs(expected - hi)) <= 1e-12
    assert np.array_equal((found.x == lo) | (found.x == hi), there)  # on the bounds exactly
    W = np.column_stack([*pairs.Y, *(B.theta * s for s in pairs.S)])
    np.testing.assert_allclose(found.c, W.T @ (found.x - x), rtol=1e-6, atol=1e-6 * np.abs(found.c).max())
    assert ((found.x >= lo) & (found.x <= hi)).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_subspace_step_minimizes_the_model_over_the_free_variables(seed: int) -> None:
    n, random = 9, np.random.default_rng(seed)
    pairs = fed(seed + 20, n, 5)
    B, H = limited_hessian(pairs), dense(pairs)
    lo, hi, g = np.full(n, -1e3), np.full(n, 1e3), B.theta * random.standard_normal(n)
    x = np.where(np.arange(n) < 4, np.where(g > 0, lo, hi), 0.0)  # four variables held
    found = subspace_point(x, g, lo, hi, B, cauchy_point(x, g, lo, hi, B))
    expected = x.copy()
    expected[4:] -= np.linalg.solve(H[4:, 4:], g[4:])
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)
    rows = np.column_stack([*pairs.Y, *(B.theta * s for s in pairs.S)])
    for many in (2, 7):  # gathered, and by what is left out
        free = np.arange(n) < many
        np.testing.assert_allclose(free_gram(B, free, many), rows[free].T @ rows[free], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_the_step_through_faces_solves_a_convex_quadratic_in_a_box(seed: int) -> None:
    H, q, lo, hi = random_quadratic(seed, 4)
    hi = np.maximum(hi, 0.05)
    d = np.where(((q > 0) & (lo >= 0)) | ((q < 0) & (hi <= 0)), 0.0, -q)
    step = box_step(lambda v: H @ v, q, lo, hi, 1e3, 1e-12, float(d @ H @ d), 100)
    p = step.p
    assert ((p >= lo) & (p <= hi)).all()
    assert step.predicted == pytest.approx(-(q @ p + 0.5 * p @ H @ p))
    free = (p > lo) & (p < hi)
    assert np.abs((q + H @ p)[free]).max(initial=0.0) <= 1e-9
    best = enumerated(H, q, lo, hi)
    assert step.predicted >= 0.1 * -(q @ best + 0.5 * best @ H @ best)
    short = box_step(lambda v: H @ v, q, lo, hi, 1e-3, 1e-12, float(d @ H @ d), 100)
    assert short.boundary
    assert np.linalg.norm(short.p) <= 1e-3 * (1 + 1e-12)


# --- solutions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("seed", range(4))
def test_a_quadratic_in_a_box_by_trying_every_active_set(method: str, seed: int) -> None:
    H, q, lo, hi = random_quadratic(seed, 4)
    expected = enumerated(H, q, lo, hi)
    result = optlab.minimize(quadratic(H, q, lo, hi, 0.5 * (lo + hi)), method, stop=LONG)
    assert result.status is Status.CONVERGED
    np.testing.assert_allclose(result.x, expected, atol=1e-6)
    assert np.array_equal(result.x == lo, expected == lo)  # on the bounds exactly
    assert np.array_equal(result.x == hi, expected == hi)


@pytest.mark.parametrize("method", ALL)
def test_starts_in_every_corner_and_outside(method: str) -> None:
    H, q, lo, hi = random_quadratic(7, 3)
    expected = enumerated(H, q, lo, hi)
    problem = quadratic(H, q, lo, hi, 0.5 * (lo + hi))
    for corner in (*product(*zip(lo, hi, strict=True)), hi + 100.0):
        result = optlab.minimize(problem, method, start=np.array(corner), stop=LONG)
        assert result.status is Status.CONVERGED
        np.testing.assert_allclose(result.x, expected, atol=1e-6)


@pytest.mark.parametrize("method", ALL)
def test_fixed_variables_stay_and_nothing_is_left_when_all_are_fixed(method: str) -> None:
    H, q, lo, hi = random_quadratic(8, 3)
    lo[1] = hi[1] = 0.25
    result = optlab.minimize(quadratic(H, q, lo, hi, np.full(3, 0.25)), method, stop=LONG)
    assert result.status is Status.CONVERGED
    assert result.x[1] == 0.25
    np.testing.assert_allclose(result.x, enumerated(H, q, lo, hi), atol=1e-6)
    result = optlab.minimize(quadratic(H, q, lo, lo, hi), method, stop=LONG)
    assert result.status is Status.CONVERGED
    assert np.array_equal(result.x, lo)
    assert result.iterations == 0


@pytest.mark.parametrize("method", ALL)
def test_one_sided_and_infinite_bounds(method: str) -> None:
    H, q, lo, hi = random_quadratic(9, 4)
    lo[0], hi[1], lo[2], hi[2] = -np.inf, np.inf, -np.inf, np.inf
    result = optlab.minimize(quadratic(H, q, lo, hi, np.full(4, 0.1)), method, stop=LONG)
    assert result.status is Status.CONVERGED
    wide = np.maximum(lo, -100.0), np.minimum(hi, 100.0)
    np.testing.assert_allclose(result.x, enumerated(H, q, *wide), atol=1e-6)


@pytest.mark.parametrize("method", ALL)
def test_nothing_is_evaluated_outside_where_f_is_nan(method: str) -> None:
    asked = 0

    def inside(_: str, x: Array) -> None:
        nonlocal asked
        asked += 1
        assert (x >= 0.0).all()
        assert (x <= 3.0).all()

    def f(x: Array) -> float:
        return float(np.sum(x * np.sqrt(x) - 2.0 * x) + (x[0] - x[1]) ** 2) if (x >= 0).all() else np.nan

    C = np.array([[2.0, -2.0, 0.0], [-2.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    problem = optlab.Problem(
        f, start=[3.0, 0.1, 0.7], bounds=(0.0, 3.0), gradient=lambda x: 1.5 * np.sqrt(x) - 2.0 + C @ x,
        hessian=lambda x: C + np.diag(0.75 / np.sqrt(np.maximum(x, 1e-3))),
    )  # fmt: skip
    result = optlab.minimize(Spy(problem, inside), method, stop=LONG)
    assert result.status is Status.CONVERGED
    np.testing.assert_allclose(result.x, (4 / 3) ** 2, rtol=1e-5)
    assert asked > result.iterations


@pytest.mark.parametrize("method", ALL)
def test_the_active_set_is_found_in_finitely_many_steps_and_kept(method: str) -> None:
    H, q, lo, hi = random_quadratic(3, 6, 10.0)
    expected = enumerated(H, q, lo, hi)
    active = (expected == lo) | (expected == hi)
    assert 0 < active.sum() < 6
    result = optlab.minimize(quadratic(H, q, lo, hi, 0.5 * (lo + hi)), method, stop=LONG)
    same = [np.array_equal((x == lo) | (x == hi), active) for x in result.trajectory]
    first = same.index(True)
    tail = same[len(same) - max(1, (len(same) - first) // 2) :]
    assert all(tail)
    assert first < len(same)


@pytest.mark.parametrize("method", ALL)
def test_a_wrong_gradient_is_found_out_within_bounds(method: str) -> None:
    H, q, _, _ = random_quadratic(4, 3)
    far = np.full(3, 1e8)
    problem = Spy(quadratic(H, q, -far, far, np.ones(3)), sign=-1.0)
    result = optlab.minimize(problem, method, stop=LONG)
    assert result.status is not Status.CONVERGED
    assert result.evaluations["f"] < 500


@pytest.mark.parametrize("method", ALL)
def test_powers_of_two_in_f_change_no_bit_within_bounds(method: str) -> None:
    problem = optlab.problem("hs4" if method == "projected_newton" else "hs5")
    stop = Iterations(12)
    plain = optlab.minimize(problem, method, stop=stop).trajectory
    for k in (-60, 30):
        scaled = optlab.minimize(ValueScaling(2.0**k).apply(problem), method, stop=stop).trajectory
        assert np.array_equal(plain, scaled)


BOUNDED = ("hs1", "hs2", "hs3", "hs4", "hs5", "hs25", "hs38", "hs45", "mccormick")
TOO_FLAT = ("hs1", "hs3", "hs25", "hs38")
"""Too flat or too ill-conditioned for a gradient method."""
PAIRS = [(method, name) for method in ALL for name in BOUNDED if not (method in GRADIENT and name in TOO_FLAT)]


@pytest.mark.parametrize(("method", "name"), PAIRS)
def test_bounds_of_the_catalogue_end_at_a_kkt_point(method: str, name: str) -> None:
    problem = optlab.problem(name)
    result = optlab.minimize(problem, method, stop=Stationary() | Iterations(5000))
    assert result.status is Status.CONVERGED
    assert stationarity(problem, result.x) <= 1e-6 * max(1.0, np.abs(problem.gradient(problem.start())).max())
    optimum = problem.facts().optimum
    assert optimum is not None
    assert result.f >= optimum - 1e-9


# --- rates ----------------------------------------------------------------------------------------


def test_a_fixed_step_contracts_by_the_best_rate_in_any_set() -> None:
    mu, L = 1.0, 25.0
    H, q = np.diag([mu, 5.0, L]), np.zeros(3)
    problem = quadratic(H, q, np.full(3, -np.inf), np.full(3, np.inf), np.array([1.0, 0.3, -1.0]))
    rate = (L - mu) / (L + mu)
    method = optlab.optimizer("projected_gradient_fixed", step_size=2.0 / (L + mu))
    errors = np.linalg.norm(optlab.minimize(problem, method, stop=Iterations(30)).trajectory, axis=1)
    np.testing.assert_allclose(errors[1:][5:] / errors[:-1][5:], rate, rtol=1e-3)  # attained without a bound
    H, q, lo, hi = random_quadratic(11, 5, L)
    expected, problem = enumerated(H, q, lo, hi), quadratic(H, q, lo, hi, hi)
    errors = np.linalg.norm(optlab.minimize(problem, method, stop=Iterations(60)).trajectory - expected, axis=1)
    assert (errors[1:] <= rate * errors[:-1] + 1e-14).all()


@pytest.mark.parametrize("restart", ["never", "gradient"])
def test_the_accelerated_method_keeps_its_bound(restart: str) -> None:
    n, L = 60, 4.0
    H = 2.0 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)  # the worst of Nesterov's functions, within bounds
    q = np.zeros(n)
    q[0] = -1.0
    lo, hi = np.zeros(n), np.where(np.arange(n) % 7 == 3, 0.4, np.inf)
    problem = quadratic(H, q, lo, hi, lo)
    best = optlab.minimize(problem, "trust_region_bounds", stop=Stationary(rtol=1e-13) | Iterations(200))
    method = optlab.optimizer("accelerated_projected_gradient", step_size=1.0 / L, restart=restart)
    f = optlab.minimize(problem, method, stop=Iterations(150)).trace["f"].to_numpy()
    k = np.arange(f.size)
    bound = 2.0 * L * float(best.x @ best.x) / (k + 1) ** 2
    if restart == "never":
        assert (f - best.f <= bound + 1e-12).all()
    else:
        assert f[-1] - best.f <= bound[-1]
    plain = optlab.optimizer("projected_gradient_fixed", step_size=1.0 / L)
    slow = optlab.minimize(problem, plain, stop=Iterations(150)).f
    assert f[-1] - best.f < slow - best.f


def test_newton_and_the_trust_region_converge_quadratically_in_the_face() -> None:
    def f(x: Array) -> float:
        return float(np.exp(x[0]) - 2.0 * x[0] + (x[1] + 2.0) ** 2 + np.cosh(x[2] - x[0]))

    def g(x: Array) -> Array:
        w = np.sinh(x[2] - x[0])
        return np.array([np.exp(x[0]) - 2.0 - w, 2.0 * (x[1] + 2.0), w])

    def H(x: Array) -> Array:
        c = np.cosh(x[2] - x[0])
        return np.array([[np.exp(x[0]) + c, 0.0, -c], [0.0, 2.0, 0.0], [-c, 0.0, c]])

    problem = optlab.Problem(f, start=[1.5, 2.0, 0.3], gradient=g, hessian=H, bounds=(-1.0, 3.0))
    expected = np.array([np.log(2.0), -1.0, np.log(2.0)])
    result = optlab.minimize(problem, "projected_newton", stop=Iterations(8))
    errors = np.linalg.norm(result.trajectory - expected, axis=1)
    small = [(a, b) for a, b in pairwise(errors) if 1e-7 < a < 0.1]
    assert small
    assert all(b <= 2.0 * a * a for a, b in small)
    assert optlab.minimize(problem, "trust_region_bounds").iterations <= 10


# --- single methods -------------------------------------------------------------------------------


def test_without_bounds_lbfgsb_is_lbfgs() -> None:
    free = optlab.problem("extended_rosenbrock", n=20)
    everywhere = Spy(free)
    everywhere.bounds = (np.full(20, -np.inf), np.full(20, np.inf))
    stop = Iterations(15)
    ours = optlab.minimize(everywhere, "lbfgsb", stop=stop).trajectory
    expected = optlab.minimize(free, "lbfgs", stop=stop).trajectory
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-6)


def test_lbfgsb_takes_a_first_step_of_length_one_and_exact_corners() -> None:
    problem = quadratic(np.eye(2), np.array([-100.0, 5.0]), np.array([-9.0, -9.0]), np.array([9.0, 9.0]), np.zeros(2))
    first = optlab.minimize(problem, "lbfgsb", stop=Iterations(1))
    assert np.linalg.norm(first.trajectory[1]) >= 0.99
    corner = quadratic(np.eye(2), np.array([-100.0, 100.0]), np.full(2, -1.0), np.full(2, 1.0), np.full(2, 0.9))
    result = optlab.minimize(corner, "lbfgsb")
    assert result.x.tolist() == [1.0, -1.0]
    assert result.evaluations["f"] <= 4


def test_spectral_projected_gradient_projects_once_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    from optlab.core.oracle import Oracle

    H, q, lo, hi = random_quadratic(2, 5)
    method = optlab.optimizer("spectral_projected_gradient")
    calls, original = 0, Oracle.project

    def project(self: Oracle, x: Array) -> Array:
        nonlocal calls
        calls += 1
        return original(self, x)

    monkeypatch.setattr(Oracle, "project", project)
    result = optlab.minimize(quadratic(H, q, lo, hi, hi), method, stop=Iterations(8))
    extra = result.evaluations["f"] - result.iterations - 1  # points of backtracking are brought back
    assert calls <= result.iterations + 2 + extra


def test_the_spectral_length_is_the_inverse_curvature_on_a_sphere() -> None:
    """H = cI: after one step α = 1/c, and the second step ends."""
    problem = quadratic(7.0 * np.eye(3), -np.arange(3.0), np.full(3, -9.0), np.full(3, 9.0), np.ones(3))
    result = optlab.minimize(problem, "spectral_projected_gradient")
    np.testing.assert_allclose(result.x, np.arange(3.0) / 7.0, atol=1e-8)
    assert result.iterations <= 3


def test_the_spectral_length_is_the_long_one_of_barzilai_and_borwein() -> None:
    H = np.diag([1.0, 4.0, 9.0])
    problem = quadratic(H, np.zeros(3), np.full(3, -50.0), np.full(3, 50.0), np.array([3.0, -2.0, 1.0]))
    old, new = list(optlab.iterate(problem, "spectral_projected_gradient", stop=Iterations(1)))[:2]
    s = new.x - old.x
    assert new.state.memory.alpha == pytest.approx(float(s @ s / (s @ H @ s)), rel=1e-12)


@pytest.mark.parametrize("method", ["lbfgsb", "projected_gradient", "spectral_projected_gradient"])
def test_the_obstacle_problem_in_ten_thousand_variables(method: str) -> None:
    problem = optlab.problem("obstacle", n=10_000)
    budget = {"lbfgsb": 500, "projected_gradient": 900, "spectral_projected_gradient": 900}[method]
    result = optlab.minimize(problem, method, stop=Stationary(rtol=1e-5) | Iterations(budget))
    assert result.status is Status.CONVERGED
    assert problem.bounds is not None
    lo, hi = problem.bounds
    assert ((result.x >= lo) & (result.x <= hi)).all()
    assert result.evaluations["hessian"] == result.evaluations["hvp"] == 0


def test_the_trust_region_needs_products_alone() -> None:
    problem = optlab.problem("obstacle", n=2500)
    result = optlab.minimize(problem, "trust_region_bounds")
    assert result.status is Status.CONVERGED
    assert result.iterations <= 30
    assert result.evaluations["hessian"] == 0


@pytest.mark.parametrize("method", ALL)
def test_old_states_step_again_bit_for_bit(method: str) -> None:
    problem = optlab.problem("hs45")
    records = list(optlab.iterate(problem, method, stop=Iterations(6)))
    early = records[min(2, len(records) - 2)]
    again = list(optlab.iterate(problem, method, stop=Iterations(6), resume=early))
    assert np.array_equal(records[-1].x, again[-1].x)


def test_m_pairs_are_kept_and_no_more() -> None:
    pairs = fed(0, 5, 3, 2)
    longer = appended(pairs, np.ones(5), np.arange(1.0, 6.0), 2)
    assert len(longer.S) == 2
    assert longer.S[0] is pairs.S[1]
    assert longer.SY[1, 1] == 15.0
