"""Quasi-Newton updates and the two-loop recursion, on plain arrays.

Source: Nocedal & Wright (2006), sections 6.1 and 7.2.
"""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, ddot, dscal, dsymv, dsyr2

Array = NDArray[np.float64]

CURVATURE = 1e-8
"""A pair is used when sᵀy exceeds this fraction of α|gᵀd|: curvature that is more than rounding."""


class Pair(NamedTuple):
    """A step s, the change y of the gradient along it, and ρ = 1/sᵀy; read-only."""

    s: Array
    y: Array
    rho: float


def pair_of(s: Array, y: Array, promised: float) -> Pair | None:
    """Return the pair (s, y, ρ), or None where sᵀy is not above rounding; `promised` is α|gᵀd| = |gᵀs|."""
    curvature = float(s.dot(y))
    if not (curvature > CURVATURE * promised and isfinite(curvature)):
        return None
    rho = 1.0 / curvature
    return Pair(s, y, rho) if isfinite(rho) else None


def scaling(pair: Pair) -> float:
    """Return γ = sᵀy/yᵀy, the size of the inverse Hessian along y (equation 7.20)."""
    return 1.0 / (pair.rho * float(pair.y.dot(pair.y)))


def inverse_update(H: Array, pair: Pair, Hy: Array) -> tuple[Array, Array, Array]:
    """Return H₊ and the two vectors with H₊ = H + suᵀ + usᵀ, given Hy (equation 6.17).

    u = ½ρ(1 + ρyᵀHy) s − ρHy. H holds its lower triangle in column order; a fresh array comes back.
    """
    s, y, rho = pair
    u = (0.5 * rho * (1.0 + rho * float(y.dot(Hy)))) * s - rho * Hy
    return dsyr2(1.0, s, u, a=H, lower=1), s, u


def symmetric_product(H: Array, v: Array) -> Array:
    """Hv from the lower triangle of H."""
    return dsymv(1.0, H, v, lower=1)


def two_loop(pairs: tuple[Pair, ...], g: Array, scale: bool = True) -> Array:
    """Return −Hg, H being the L-BFGS matrix of the pairs, oldest first (algorithm 7.4), from γI or from I."""
    q = -g
    alphas = []
    for s, y, rho in reversed(pairs):
        alpha = rho * ddot(s, q)
        daxpy(y, q, a=-alpha)
        alphas.append(alpha)
    if pairs and scale:
        q = dscal(scaling(pairs[-1]), q)
    for s, y, rho in pairs:
        daxpy(s, q, a=alphas.pop() - rho * ddot(y, q))
    return q
