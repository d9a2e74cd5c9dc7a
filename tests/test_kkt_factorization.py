"""Symmetric indefinite factorization: inertia against eigenvalues, regularization against what theory asks for."""

from __future__ import annotations

import numpy as np
import pytest

from optlab.kernels.kkt_factorization import (
    GROWTH,
    LEAP,
    SOFTENING,
    Factorization,
    corrected,
    equilibrate,
    factorize,
)

RNG = np.random.default_rng


def symmetric(rng, N):
    M = rng.normal(size=(N, N))
    return M + M.T


def kkt_matrix(H, A, below=0.0):
    return np.block([[H, A.T], [A, -below * np.eye(A.shape[0])]])


def signs(K):
    """The inertia by eigenvalues of the matrix brought to a unit diagonal scale (Sylvester's law)."""
    s = equilibrate(K)
    values = np.linalg.eigvalsh(K * s * s[:, None])
    return int((values > 1e-12).sum()), int((values < -1e-12).sum())


def decimals(rng, N, power):
    return 10.0 ** rng.uniform(-power, power, size=N)


@pytest.mark.parametrize("seed", range(40))
def test_the_inertia_is_that_of_the_eigenvalues(seed):
    rng = RNG(seed)
    N, M = int(rng.integers(1, 9)), int(rng.integers(0, 5))
    M = min(M, N)
    K = kkt_matrix(symmetric(rng, N), rng.normal(size=(M, N))) * 10.0 ** rng.integers(-8, 9)
    found = factorize(K)
    assert found.inertia == (*signs(K), 0)
    assert sum(found.inertia) == N + M


def test_pairs_of_pivots_are_counted():
    """A zero diagonal leaves Bunch and Kaufman no pivot of order one: every block is of order two, one sign each."""
    K = np.kron(np.eye(4), np.array([[0.0, 1.0], [1.0, 0.0]]))
    found = factorize(K)
    assert (found.pivots < 0).all()
    assert found.inertia == (4, 4, 0)


def test_zero_eigenvalues_are_counted_as_zero():
    v = np.array([1.0, 2.0, 3.0])
    assert factorize(np.outer(v, v)).inertia == (1, 0, 2)
    assert factorize(np.zeros((2, 2))).inertia == (0, 0, 2)


def test_the_inertia_survives_the_grading_of_late_barriers():
    """Σ = Z/slack spans 24 orders of magnitude near a solution; the signs stay those of the theory, (N, M, 0)."""
    rng = RNG(3)
    for _ in range(20):
        N, M = 8, 3
        H = np.diag(10.0 ** rng.uniform(-12, 12, size=N))
        A = rng.normal(size=(M, N))
        assert factorize(kkt_matrix(H, A)).inertia == (N, M, 0)


def test_solutions_have_residuals_of_rounding():
    rng = RNG(1)
    for _ in range(30):
        N = int(rng.integers(1, 12))
        s = decimals(rng, N, 5)
        K = symmetric(rng, N) * s * s[:, None]
        x = rng.normal(size=N) / s
        b = K @ x
        found = factorize(K).solve(b)
        assert np.abs(K @ found - b).max() <= 1e-13 * (np.abs(K) @ np.abs(x)).max()


def test_refinement_repairs_a_spoiled_factor():
    """With factors of a matrix 10⁻⁴ away the refined solution is still that of K."""
    rng = RNG(5)
    K = symmetric(rng, 6) + 8 * np.eye(6)
    near = factorize(K + 1e-4 * symmetric(rng, 6))
    b = rng.normal(size=6)
    mixed = Factorization(K, near.scale, near.factors, near.pivots, near.inertia)
    exact = np.linalg.solve(K, b)
    assert np.abs(near.solve(b) - exact).max() > 1e-6
    assert np.abs(mixed.solve(b) - exact).max() <= 1e-13 * np.abs(exact).max()


def test_equilibration_is_exact_and_brings_rows_to_one():
    rng = RNG(2)
    s = decimals(rng, 7, 8)
    K = symmetric(rng, 7) * s * s[:, None]
    scale = equilibrate(K)
    assert (np.frexp(scale)[0] == 0.5).all()  # powers of two round nothing
    greatest = np.abs(K * scale * scale[:, None]).max(axis=1)
    assert ((greatest > 0.05) & (greatest < 20)).all()


def test_what_is_not_finite_is_not_factorized():
    assert factorize(np.array([[np.nan]])) is None
    assert corrected(np.array([[np.inf]]), np.ones(1), np.zeros((0, 1)), 0.1) is None


def test_curvature_on_the_constraints_is_all_that_counts():
    """W is indefinite, yet positive where Ad = 0: no regularization."""
    W, A = np.diag([-5.0, 1.0, 2.0]), np.array([[1.0, 0.0, 0.0]])
    found = corrected(W, np.zeros(3), A, 0.1)
    assert (found.delta, found.softening) == (0.0, 0.0)


@pytest.mark.parametrize("seed", range(30))
def test_corrected_matrices_have_the_right_inertia(seed):
    rng = RNG(seed)
    N, M = int(rng.integers(2, 8)), int(rng.integers(0, 3))
    M = min(M, N - 1)
    W, A = symmetric(rng, N), rng.normal(size=(M, N))
    sigma = np.where(rng.random(N) < 0.5, rng.uniform(0, 2, size=N), 0.0)
    found = corrected(W, sigma, A, 0.1)
    K = found.factorization.K
    assert signs(K) == (N, M)
    unit = np.linalg.norm(W) / np.sqrt(N)
    assert np.allclose(K, kkt_matrix(W + np.diag(sigma) + found.delta * unit * np.eye(N), A), atol=1e-14 * unit)
    d, y = found.solve(np.ones(N), np.zeros(M))
    assert np.abs(K @ np.concatenate([d, y]) - np.concatenate([np.ones(N), np.zeros(M)])).max() < 1e-8
    basis = np.linalg.svd(A)[2][M:].T if M else np.eye(N)
    assert np.linalg.eigvalsh(basis.T @ K[:N, :N] @ basis).min() > 0
    if M == 0:
        assert float(d @ np.ones(N)) > 0  # d goes down for the gradient −b


def test_delta_grows_as_prescribed():
    """From nothing: 10⁻⁴ × 100^j; after δ was needed: from δ/3, × 8^j. The least of these that is enough is taken."""
    none = np.zeros((0, 2))
    W = np.diag([-0.6, 1.2])  # its unit is 0.95
    assert corrected(W, np.zeros(2), none, 0.1).delta == pytest.approx(1e-4 * LEAP**2)
    assert corrected(W, np.zeros(2), none, 0.1, last=0.9).delta == pytest.approx(0.9 / 3 * GROWTH)
    assert corrected(W, np.zeros(2), none, 0.1, last=3.0).delta == pytest.approx(1.0)
    assert corrected(np.eye(2), np.zeros(2), none, 0.1, last=3.0).delta == 0.0


@pytest.mark.parametrize("unit", [1e-8, 1e8])
def test_delta_is_in_units_of_the_matrix(unit):
    W, A = np.diag([-0.5, 1.0, 3.0]), np.array([[0.0, 1.0, 1.0]])
    plain, scaled = corrected(W, np.zeros(3), A, 0.1), corrected(unit * W, np.zeros(3), A, 0.1)
    assert plain.delta == scaled.delta > 0


def test_slacks_are_left_alone():
    """Σ is positive for the slacks: they need no δ_w."""
    W, sigma, A = np.array([[-1.0]]), np.array([0.0, 1e-3]), np.array([[1.0, 1.0]])
    found = corrected(W, sigma, A, 0.1)
    assert found.delta > 0
    assert found.factorization.K[1, 1] == 1e-3
    assert found.factorization.K[0, 0] == -1.0 + found.delta


def test_dependent_rows_are_softened():
    """Two copies of a row: δ_c = 10⁻⁸ μ^¼, no δ_w, and the consistent system is solved."""
    mu = 0.0016
    A = np.array([[1.0, 1.0], [2.0, 2.0]])
    found = corrected(np.eye(2), np.zeros(2), A, mu)
    assert found.delta == 0.0
    assert found.softening == pytest.approx(SOFTENING * mu**0.25)
    d, _ = found.solve(np.zeros(2), np.array([2.0, 4.0]))
    assert np.allclose(d, [1.0, 1.0], atol=1e-7)
    independent = corrected(np.eye(2), np.zeros(2), np.array([[1.0, 1.0], [2.0, 2.1]]), mu)
    assert independent.softening == 0.0


def test_a_soft_block_gives_gauss_newton():
    """[[λI, Aᵀ], [A, −I]] (d, v) = (0, −c) has d = −(AᵀA + λI)⁻¹Aᵀc and v = c + Ad."""
    rng = RNG(7)
    A, c = rng.normal(size=(5, 3)), rng.normal(size=5)
    d, v = corrected(0.3 * np.eye(3), np.zeros(3), A, 0.1, soft=1.0).solve(np.zeros(3), -c)
    assert np.allclose(d, -np.linalg.solve(A.T @ A + 0.3 * np.eye(3), A.T @ c))
    assert np.allclose(v, c + A @ d)
