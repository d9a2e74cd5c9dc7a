"""Quasi-Newton updates and the two-loop recursion, on plain arrays.

BLAS is called directly: at n = 2 a product of scipy.linalg.blas takes a third of the time of its numpy operator.
Source: Nocedal & Wright (2006), sections 6.1 and 7.2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, ddot, dscal, dsymv, dsyr2

Array = NDArray[np.float64]

CURVATURE = 1e-8
"""A pair is used when sᵀy exceeds this fraction of |gᵀs|: curvature that is more than rounding."""


class Pair(NamedTuple):
    """A step s, the change y of the gradient along it, and ρ = 1/sᵀy; read-only."""

    s: Array
    y: Array
    rho: float


def reciprocal_curvature(s: Array, y: Array, g: Array) -> float:
    """Return ρ = 1/sᵀy, or 0 where sᵀy is not positive above rounding: the pair (s, y) is no use then.

    g is the gradient where s begins. Along s the slope changes from gᵀs to gᵀs + sᵀy, so the test is relative.
    """
    curvature = ddot(s, y)
    if curvature > CURVATURE * abs(ddot(g, s)) and curvature - curvature == 0:
        rho: float = 1.0 / curvature
        return rho if rho - rho == 0 else 0.0
    return 0.0


def scaling(y: Array, rho: float) -> float:
    """Return γ = sᵀy/yᵀy, the size of the inverse Hessian along y (equation 7.20)."""
    return 1.0 / (rho * ddot(y, y))  # type: ignore[no-any-return]


def full(H: Array) -> Array:
    """Return the symmetric matrix whose lower triangle H holds, a fresh array."""
    return np.asarray(np.tril(H) + np.tril(H, -1).T)


def symmetric_product(H: Array, v: Array, factor: float = 1.0) -> Array:
    """Factor · Hv from the lower triangle of H."""
    return dsymv(factor, H, v, lower=1)


def inverse_update(H: Array, s: Array, y: Array, rho: float) -> Array:
    """Return the BFGS update of the inverse, H₊ = H + suᵀ + usᵀ with u = ½ρ(1 + ρyᵀHy) s − ρHy (equation 6.17).

    H holds its lower triangle in column order and stays as it is.
    """
    Hy = dsymv(1.0, H, y, lower=1)
    u = daxpy(s, -rho * Hy, a=0.5 * rho * (1.0 + rho * ddot(y, Hy)))
    return dsyr2(1.0, s, u, a=H, lower=1)


def two_loop(pairs: tuple[Pair, ...], g: Array, scale: bool = True) -> Array:
    """Return −Hg, H being the L-BFGS matrix of the pairs, oldest first (algorithm 7.4), from γI or from I."""
    q = -g
    alphas = []
    for s, y, rho in reversed(pairs):
        alpha = rho * ddot(s, q)
        q = daxpy(y, q, a=-alpha)
        alphas.append(alpha)
    if pairs and scale:
        q = dscal(scaling(pairs[-1].y, pairs[-1].rho), q)
    for s, y, rho in pairs:
        q = daxpy(s, q, a=alphas.pop() - rho * ddot(y, q))
    return q
