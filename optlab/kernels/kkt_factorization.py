"""Symmetric indefinite factorization of KKT matrices, with regularization until the inertia is right.

Source: Bunch & Kaufman (1977); Golub & Van Loan (2013), section 4.4; Wächter & Biegler (2006), algorithm IC.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.narrow import eps
from optlab.kernels.routines import routines

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

SINGULAR = 10.0
"""A pivot of the equilibrated matrix below this many eps, times its order, is rounding."""
SWEEPS = 3
"""Sweeps of equilibration: each brings the greatest entry of every row nearer to 1."""
REFINEMENTS = 3
"""Most steps of iterative refinement."""
FIRST, LEAST, MOST = 1e-4, 1e-20, 1e20
"""δ_w, in units of the matrix: the first that is tried, the least and the greatest."""
LEAP, GROWTH, DECAY = 100.0, 8.0, 1.0 / 3.0
"""What δ_w is multiplied by: until one is known to be enough, afterwards, and from one matrix to the next."""
SOFTENING, SOFTENING_POWER = 1e-8, 0.25
"""δ_c = 10⁻⁸ μ^¼ where the rows of the constraints are dependent."""


class Factorization(NamedTuple):
    """LDLᵀ of SKS, K (N, N) symmetric, S diagonal: what solves with K and counts the signs of its eigenvalues.

    Attributes
    ----------
    K : (N, N) array
        What was factorized.
    scale : (N,) array
        Diagonal of S, powers of two.
    factors, pivots : (N, N), (N,) arrays
        As LAPACK's xSYTRF leaves them.
    inertia : (int, int, int)
        How many eigenvalues of K are positive, negative, and zero to rounding.
    """

    K: Array
    scale: Array
    factors: Array
    pivots: Indices
    inertia: tuple[int, int, int]

    def solve(self, b: Array) -> Array:
        """Return the solution of Kx = b, refined while the residual falls."""
        x = self._solve(b)
        r = b - self.K @ x
        size = float(np.abs(r).max(initial=0.0))
        for _ in range(REFINEMENTS):
            if not size > eps(b) * float(np.abs(b).max(initial=0.0)):
                break
            better = x + self._solve(r)
            left = b - self.K @ better
            remains = float(np.abs(left).max(initial=0.0))
            if not remains < size:
                break
            x, r, size = better, left, remains
        return x

    def _solve(self, b: Array) -> Array:
        x, _ = routines(b).sytrs(self.factors, self.pivots, self.scale * b, lower=1)
        return np.asarray(self.scale * x.reshape(b.shape))


def equilibrate(K: Array) -> Array:
    """Return s, powers of two, such that the greatest entry of every row of s_i K_ij s_j is about 1.

    Source: Ruiz (2001), A scaling algorithm to equilibrate both rows and columns norms in matrices.
    """
    scale = np.ones(K.shape[0], K.dtype)
    size = np.abs(K)
    for _ in range(SWEEPS):
        greatest = (size * scale).max(axis=1, initial=0.0) * scale
        scale /= np.sqrt(np.where(greatest > 0, greatest, 1.0))
    return np.exp2(np.round(np.log2(scale)))


def factorize(K: Array) -> Factorization | None:
    """Factorize a symmetric K of shape (N, N); None where it is not finite."""
    if not np.isfinite(K).all():
        return None
    scale = equilibrate(K)
    factors, pivots, _ = routines(K).sytrf(K * scale * scale[:, None], lower=1)
    return Factorization(K.copy(), scale, factors, pivots, inertia_of(factors, pivots))


def inertia_of(factors: Array, pivots: Indices) -> tuple[int, int, int]:
    """Return how many eigenvalues of D are positive, negative, and zero to rounding. By Sylvester's law: those of K."""
    N = pivots.size
    values = np.diagonal(factors).copy()
    paired = np.flatnonzero(pivots < 0)[::2]  # a block of two rows has two negative entries
    if paired.size:
        a, b, c = values[paired], factors[paired + 1, paired], values[paired + 1]
        middle, radius = 0.5 * (a + c), np.hypot(0.5 * (a - c), b)
        values[paired], values[paired + 1] = middle - radius, middle + radius
    rounding = SINGULAR * eps(values) * N
    positive, negative = int((values > rounding).sum()), int((values < -rounding).sum())
    return positive, negative, N - positive - negative


class Corrected(NamedTuple):
    """A factorization of [[H + δ_w I, Aᵀ], [A, −(soft + δ_c) I]] whose inertia is (N, M, 0), with δ_w and δ_c."""

    factorization: Factorization
    delta: float
    softening: float

    def solve(self, b: Array, c: Array) -> tuple[Array, Array]:
        """Return (d, y) for the right-hand sides b (N,) and c (M,)."""
        solution = self.factorization.solve(np.concatenate([b, c]))
        return solution[: b.size], solution[b.size :]


def corrected(W: Array, sigma: Array, A: Array, mu: float, last: float = 0.0, soft: float = 0.0) -> Corrected | None:
    """Factorize the KKT matrix of H = W + Σ and A (M, N) with as little regularization as it takes.

    W (k, k) is the Hessian with respect to the first k of N variables, Σ = diag(sigma), (N,), positive for the others:
    slacks need no δ_w. Where the inertia is not (N, M, 0), δ_w grows, from a third of `last`, the one that was needed
    before; dependent rows of A get δ_c = 10⁻⁸ μ^¼. δ_w is in units of W, the root of its mean squared eigenvalue. None
    where no δ_w helps, or something is not finite. Source: Wächter & Biegler (2006), algorithm IC.

    Parameters
    ----------
    soft : float
        The block below A's rows is −soft · I: 1 for steps of least squares.
    """
    k, N, M = W.shape[0], sigma.size, A.shape[0]
    K = np.zeros((N + M, N + M), W.dtype)
    K[:k, :k] = W
    K[N:, :N], K[:N, N:] = A, A.T
    diagonal = K.ravel()[:: N + M + 1]  # a view
    diagonal[:N] += sigma
    diagonal[N:] = -soft
    found = factorize(K)
    if found is None or found.inertia == (N, M, 0):
        return None if found is None else Corrected(found, 0.0, 0.0)
    softening = SOFTENING * mu**SOFTENING_POWER if found.inertia[2] else 0.0
    if softening:
        diagonal[N:] -= softening
        found = factorize(K)
        if found is not None and found.inertia == (N, M, 0):
            return Corrected(found, 0.0, softening)
    unit = float(np.linalg.norm(W)) / max(1.0, k) ** 0.5 or 1.0
    plain = diagonal[:k].copy()
    delta = FIRST if last == 0 else max(LEAST, DECAY * last)
    while delta <= MOST:
        diagonal[:k] = plain + delta * unit
        found = factorize(K)
        if found is None or found.inertia == (N, M, 0):
            return None if found is None else Corrected(found, delta, softening)
        delta *= LEAP if last == 0 else GROWTH
    return None
