"""Quasi-Newton updates of dense matrices, on plain arrays.

A symmetric matrix is its upper triangle, packed column by column: n(n + 1)/2 numbers. No update costs more than a few
n² operations.

At n = 2 an iteration is some thirty calls, and what they cost is the call. BLAS is called directly, in a third of the
time of a NumPy operator, and its arguments stand by position, in half of the time of keywords: ``daxpy(x, y, n, a)``
is y ← y + ax, ``dscal(a, x)`` is x ← ax, ``dspmv(n, a, H, x)`` is aHx, ``dspr(n, a, x, H)`` is H + axxᵀ and
``dspr2(n, a, x, y, H)`` is H + a(xyᵀ + yxᵀ). The first two write to a buffer of our own, the others to a fresh array.

Source: Nocedal & Wright (2006), sections 6.1 to 6.3.
"""

from __future__ import annotations

from math import inf, isqrt, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, ddot, dspmv, dspr, dspr2

Array = NDArray[np.float64]

CURVATURE = 1e-8
"""A pair is used when sᵀy exceeds this fraction of |gᵀs|: curvature that is more than rounding."""
INDEPENDENT = 1e-8
"""An update of rank one is used when |rᵀs| is at least this fraction of ‖r‖‖s‖ (the r of equation 6.26)."""
EXPLAINED = 1e-12
"""… and r is at least this fraction of y."""
TINY = float(np.finfo(float).tiny)
"""The least number whose reciprocal is finite."""
DAMPED = 0.2
"""Damping keeps sᵀr at this fraction of sᵀBs at least."""


def reciprocal_curvature(s: Array, y: Array, promised: float) -> float:
    """Return ρ = 1/sᵀy, or 0 where sᵀy is not positive above rounding: the pair (s, y) is no use then.

    `promised` is gᵀs with the gradient where s begins. Along s the slope changes from gᵀs to gᵀs + sᵀy, so the test is
    relative.
    """
    curvature: float = ddot(s, y)
    return 1.0 / curvature if TINY <= curvature < inf and curvature > CURVATURE * abs(promised) else 0.0


def scaling(y: Array, rho: float) -> float:
    """Return γ = sᵀy/yᵀy, the size of the inverse Hessian along y (equation 6.20); 1 where yᵀy under- or overflows."""
    inverse: float = rho * ddot(y, y)
    return 1.0 / inverse if TINY <= inverse < inf else 1.0


def full(H: Array) -> Array:
    """Return the symmetric matrix, (n, n), that is packed in H."""
    n = (isqrt(8 * H.size + 1) - 1) // 2
    A = np.empty((n, n))
    rows, columns = np.tril_indices(n)
    A[rows, columns] = A[columns, rows] = H
    return A


def packed(A: Array) -> Array:
    """Return a symmetric matrix, (n, n), packed."""
    return np.asarray(A[np.tril_indices(len(A))])


def multiple_of_identity(gamma: float, n: int) -> Array:
    """Return γI."""
    H = np.zeros(n * (n + 1) // 2)
    H[np.cumsum(np.arange(1, n + 1)) - 1] = gamma
    return H


def descent_direction(H: Array, g: Array) -> Array:
    """−Hg."""
    return dspmv(g.size, -1.0, H, g)


def bfgs_update(H: Array, s: Array, y: Array, rho: float) -> Array:
    """Return H₊ = H + suᵀ + usᵀ with u = ½ρ(1 + ρyᵀHy) s − ρHy (equation 6.17); ρ = 1/sᵀy."""
    n = s.size
    u = dspmv(n, -rho, H, y)
    daxpy(s, u, n, 0.5 * rho * (1.0 - ddot(y, u)))
    return dspr2(n, 1.0, s, u, H)


def dfp_update(H: Array, s: Array, y: Array, rho: float) -> Array:
    """Return H₊ = H − HyyᵀH/yᵀHy + ρssᵀ (equation 6.15); ρ = 1/sᵀy. H itself where yᵀHy under- or overflows."""
    n = s.size
    Hy = dspmv(n, 1.0, H, y)
    size = ddot(y, Hy)
    return dspr(n, rho, s, dspr(n, -1.0 / size, Hy, H)) if TINY <= size < inf else H


def broyden_update(H: Array, s: Array, y: Array, rho: float, phi: float) -> Array:
    """Return (1 − φ) times the BFGS update plus φ times that of DFP: they differ by (yᵀHy) vvᵀ, v = ρs − Hy/yᵀHy.

    Source: Fletcher (1970), A new approach to variable metric algorithms.
    """
    n, updated = s.size, bfgs_update(H, s, y, rho)
    v = dspmv(n, -1.0, H, y)
    size = -ddot(y, v)
    if phi == 0 or not TINY <= size < inf:
        return updated
    return dspr(n, -phi / size, daxpy(s, v, n, rho * size), updated)


def damped_change(y: Array, Bs: Array, sy: float, sBs: float) -> Array:
    """Return r = θy + (1 − θ)Bs, with the greatest θ ≤ 1 for which sᵀr ≥ 0.2 sᵀBs, given sᵀy and sᵀBs > 0.

    Source: Powell (1978); Nocedal & Wright (2006), procedure 18.2.
    """
    if sy >= DAMPED * sBs:
        return y
    theta = (1.0 - DAMPED) * sBs / (sBs - sy)
    return theta * y + (1.0 - theta) * Bs


def sr1_update(B: Array, s: Array, y: Array) -> Array:
    """Return B₊ = B + rrᵀ/rᵀs with r = y − Bs (equation 6.24); B itself where that is no use."""
    n = s.size
    r = daxpy(y, dspmv(n, -1.0, B, s), n, 1.0)
    rs = float(ddot(r, s))
    return dspr(n, 1.0 / rs, r, B) if is_independent(r, rs, s, y) else B


def is_independent(r: Array, rs: float, s: Array, y: Array) -> bool:
    """Whether rᵀs is above rounding (equation 6.26), and so is r, what the matrix leaves unexplained of y."""
    length = sqrt(ddot(r, r))
    least = max(INDEPENDENT * length * sqrt(ddot(s, s)), TINY)
    return length > EXPLAINED * sqrt(ddot(y, y)) and abs(rs) >= least


def hessian_scale(s: Array, y: Array) -> float:
    """Return yᵀy/sᵀy, the size of the Hessian along y, or ‖y‖/‖s‖ where sᵀy is not positive above rounding."""
    ss, sy, yy = float(ddot(s, s)), float(ddot(s, y)), float(ddot(y, y))
    length = sqrt(ss) * sqrt(yy)
    return yy / sy if sy > INDEPENDENT * length else sqrt(yy) / sqrt(ss) if ss > 0 else 0.0
