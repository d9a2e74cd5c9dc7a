"""Eigenvalues of many small symmetric matrices at once, and bounds for one large matrix that is known by products.

Source: Golub & Van Loan (2013), sections 8.4 and 10.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EPS = float(np.finfo(float).eps)
SPLIT = 2.0**27 + 1.0
"""Splits a double into two halves of 26 bits. Source: Dekker (1971)."""
START_SEED = 0
"""Of the random start vector of the Lanczos process, so that its result is a function of the matrix."""


def eigenvalues(H: Array) -> Array:
    """Return the eigenvalues of every H[k], ascending, shape (K, n); NaN where H[k] is not finite.

    H has shape (K, n, n) and is taken to be symmetric: the lower triangle is read. n = 2 is solved in closed form.
    """
    K, n = H.shape[:2]
    if n == 1:
        out = np.array(H[:, 0], dtype=float)
        out[~np.isfinite(out)] = np.nan
        return out
    finite = np.isfinite(H).all(axis=(1, 2))
    if finite.all():
        return _finite(H)
    out = np.full((K, n), np.nan)
    out[finite] = _finite(H[finite])
    return out


def _finite(H: Array) -> Array:
    return two_by_two(H) if H.shape[1] == 2 else np.asarray(np.linalg.eigvalsh(H))  # noqa: PLR2004


def two_by_two(H: Array) -> Array:
    """Return the eigenvalues of finite 2 × 2 matrices, ascending, shape (K, 2), each to a few units of rounding.

    The one of greater magnitude is m ± √(((a − d)/2)² + b²) with m = (a + d)/2, without cancellation; the other is
    the determinant divided by it, and ad − b² is formed in twice the working precision. So the smaller one is
    accurate relative to itself, where a backward-stable solver is accurate relative to the greater one.
    """
    a, b, d = H[:, 0, 0], H[:, 1, 0], H[:, 1, 1]
    e = np.frexp(np.maximum(np.maximum(np.abs(a), np.abs(b)), np.abs(d)))[1]
    a, b, d = np.ldexp(a, -e), np.ldexp(b, -e), np.ldexp(d, -e)
    mean = 0.5 * (a + d)
    big = mean + np.copysign(np.hypot(0.5 * (a - d), b), mean)
    ad, ad_error = _product(a, d)
    bb, bb_error = _product(b, b)
    determinant = (ad - bb) + (ad_error - bb_error)
    small = np.divide(determinant, big, out=np.zeros_like(big), where=big != 0)
    return np.asarray(np.ldexp(np.stack([np.minimum(small, big), np.maximum(small, big)], axis=1), e[:, None]))


def _product(a: Array, b: Array) -> tuple[Array, Array]:
    """Return ab rounded, and the rounding error exactly. Source: Dekker (1971), Veltkamp splitting."""
    p = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2


def _halves(a: Array) -> tuple[Array, Array]:
    c = SPLIT * a
    high = c - (c - a)
    return high, a - high


class Ritz(NamedTuple):
    """What a Lanczos process knows about a symmetric matrix.

    Attributes
    ----------
    least, greatest : float
        Extreme Ritz values: an upper bound on λ_min and a lower bound on λ_max.
    condition : float
        A lower bound on |λ|max/|λ|min, for definite and indefinite matrices alike.
    residual : float
        ‖Hv − θv‖/|θ| of the Ritz value θ of least magnitude. It proves that some eigenvalue lies within |θ| times
        this of θ, not that no other is smaller.
    products : int
        Matrix-vector products spent.
    """

    least: float
    greatest: float
    condition: float
    residual: float
    products: int


def lanczos(product: Callable[[Array], Array], n: int, steps: int) -> Ritz:
    """Bound the spectrum of a symmetric n × n matrix by at most `steps` products with it.

    Plain Lanczos, three vectors of memory. Without reorthogonalization the bounds hold up to rounding relative
    to |λ|max (Paige, 1976; Greenbaum, 1989). The bound on the condition is that of the singular values of the
    (k + 1) × k tridiagonal matrix, the extremes of ‖Hv‖/‖v‖ over the Krylov space; Ritz values alone bound nothing
    near zero when H is indefinite. A product that is not finite makes every number NaN.

    Source: Golub & Van Loan (2013), algorithm 10.1.1.
    """
    v = np.random.default_rng(START_SEED).standard_normal(n)
    v /= np.linalg.norm(v)
    before, beta = np.zeros(n), 0.0
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(min(n, steps)):
        w = np.asarray(product(v), dtype=float) - beta * before
        alpha = float(w @ v)
        w -= alpha * v
        beta = float(np.linalg.norm(w))
        if not np.isfinite(beta):
            return Ritz(np.nan, np.nan, np.nan, np.nan, len(diagonal) + 1)
        diagonal.append(alpha)
        beside.append(beta)
        if beta <= n * EPS * max(abs(alpha), *beside):  # the Krylov space is invariant
            break
        before, v = v, w / beta
    k = len(diagonal)
    T = np.zeros((k + 1, k))
    T[np.arange(k), np.arange(k)] = diagonal
    T[np.arange(1, k + 1), np.arange(k)] = beside
    T[np.arange(k - 1), np.arange(1, k)] = beside[:-1]
    theta, S = np.linalg.eigh(T[:k])
    sigma = np.linalg.svd(T, compute_uv=False)
    smallest = int(np.argmin(np.abs(theta)))
    with np.errstate(all="ignore"):
        residual = float(np.divide(beside[-1] * abs(S[-1, smallest]), abs(theta[smallest])))
        condition = float(np.divide(sigma[0], sigma[-1]))
    return Ritz(float(theta[0]), float(theta[-1]), condition, residual, k)
