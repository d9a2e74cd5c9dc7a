"""Quasi-Newton updates of dense matrices, on plain arrays.

A symmetric matrix is its upper triangle, packed column by column: n(n + 1)/2 numbers. No update costs more than a few
n² operations.

At n = 2 an iteration is some thirty calls, and what they cost is the call. BLAS is called directly, in a third of the
time of a NumPy operator, and its arguments stand by position, in half of the time of keywords: ``axpy(x, y, n, a)``
is y ← y + ax, ``scal(a, x)`` is x ← ax, ``spmv(n, a, H, x)`` is aHx, ``spr(n, a, x, H)`` is H + axxᵀ and
``spr2(n, a, x, y, H)`` is H + a(xyᵀ + yxᵀ). The first two write to a buffer of our own, the others to a fresh array.

Source: Nocedal & Wright (2006), sections 6.1 to 6.3.
"""

from __future__ import annotations

from math import inf, isqrt, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.narrow import DOUBLE
from optlab.kernels.routines import DOUBLES, SINGLES

Array = NDArray[np.float64]

CURVATURE = 1e-8
"""A pair is used when sᵀy exceeds this fraction of |gᵀs|: curvature that is more than rounding."""
INDEPENDENT = 1e-8
"""An update of rank one is used when |rᵀs| is at least this fraction of ‖r‖‖s‖ (the r of equation 6.26)."""
EXPLAINED = 1e-12
"""… and r is at least this fraction of y."""
DAMPED = 0.2
"""Damping keeps sᵀr at this fraction of sᵀBs at least."""
SPMV_DOUBLE = DOUBLES.spmv
BFGS_DOUBLE, BFGS_SINGLE = ((lib.dot, lib.axpy, lib.spmv, lib.spr2) for lib in (DOUBLES, SINGLES))
PAIR_DOUBLE, PAIR_SINGLE = ((lib.dot, lib.tiny, CURVATURE * lib.half) for lib in (DOUBLES, SINGLES))
"""What an iteration of BFGS calls, at hand: to find a routine by its name costs as much as a small call of it."""


def reciprocal_curvature(s: Array, y: Array, promised: float) -> float:
    """Return ρ = 1/sᵀy, or 0 where sᵀy is not positive above rounding: the pair (s, y) is no use then.

    `promised` is gᵀs with the gradient where s begins. Along s the slope changes from gᵀs to gᵀs + sᵀy, so the test is
    relative.
    """
    dot, tiny, least = PAIR_DOUBLE if s.itemsize == DOUBLE else PAIR_SINGLE
    curvature: float = dot(s, y)
    return 1.0 / curvature if tiny <= curvature < inf and curvature > least * abs(promised) else 0.0


def scaling(y: Array, rho: float) -> float:
    """Return γ = sᵀy/yᵀy, the size of the inverse Hessian along y (equation 6.20); 1 where yᵀy under- or overflows."""
    dot, tiny, _ = PAIR_DOUBLE if y.itemsize == DOUBLE else PAIR_SINGLE
    inverse: float = rho * dot(y, y)
    return 1.0 / inverse if tiny <= inverse < inf else 1.0


def full(H: Array) -> Array:
    """Return the symmetric matrix, (n, n), that is packed in H."""
    n = (isqrt(8 * H.size + 1) - 1) // 2
    A = np.empty((n, n), H.dtype)
    rows, columns = np.tril_indices(n)
    A[rows, columns] = A[columns, rows] = H
    return A


def packed(A: Array) -> Array:
    """Return a symmetric matrix, (n, n), packed."""
    return np.asarray(A[np.tril_indices(len(A))])


def multiple_of_identity(gamma: float, n: int, dtype: Any = float) -> Array:
    """Return γI."""
    H = np.zeros(n * (n + 1) // 2, dtype)
    H[np.arange(1, n + 1).cumsum() - 1] = gamma
    return H


def descent_direction(H: Array, g: Array) -> Array:
    """−Hg."""
    spmv = SPMV_DOUBLE if g.itemsize == DOUBLE else SINGLES.spmv
    return spmv(g.size, -1.0, H, g)  # type: ignore[no-any-return]


def bfgs_update(H: Array, s: Array, y: Array, rho: float) -> Array:
    """Return H₊ = H + suᵀ + usᵀ with u = ½ρ(1 + ρyᵀHy) s − ρHy (equation 6.17); ρ = 1/sᵀy."""
    n, (dot, axpy, spmv, spr2) = s.size, BFGS_DOUBLE if s.itemsize == DOUBLE else BFGS_SINGLE
    u = spmv(n, -rho, H, y)
    axpy(s, u, n, 0.5 * rho * (1.0 - dot(y, u)))
    return spr2(n, 1.0, s, u, H)  # type: ignore[no-any-return]


def dfp_update(H: Array, s: Array, y: Array, rho: float) -> Array:
    """Return H₊ = H − HyyᵀH/yᵀHy + ρssᵀ (equation 6.15); ρ = 1/sᵀy. H itself where yᵀHy under- or overflows."""
    n, lib = s.size, DOUBLES if s.itemsize == DOUBLE else SINGLES
    Hy = lib.spmv(n, 1.0, H, y)
    size = lib.dot(y, Hy)
    return lib.spr(n, rho, s, lib.spr(n, -1.0 / size, Hy, H)) if lib.tiny <= size < inf else H


def broyden_update(H: Array, s: Array, y: Array, rho: float, phi: float) -> Array:
    """Return (1 − φ) times the BFGS update plus φ times that of DFP: they differ by (yᵀHy) vvᵀ, v = ρs − Hy/yᵀHy.

    Source: Fletcher (1970), A new approach to variable metric algorithms.
    """
    n, updated, lib = s.size, bfgs_update(H, s, y, rho), DOUBLES if s.itemsize == DOUBLE else SINGLES
    v = lib.spmv(n, -1.0, H, y)
    size = -lib.dot(y, v)
    if phi == 0 or not lib.tiny <= size < inf:
        return updated
    return lib.spr(n, -phi / size, lib.axpy(s, v, n, rho * size), updated)  # type: ignore[no-any-return]


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
    n, lib = s.size, DOUBLES if s.itemsize == DOUBLE else SINGLES
    r = lib.axpy(y, lib.spmv(n, -1.0, B, s), n, 1.0)
    rs = float(lib.dot(r, s))
    return lib.spr(n, 1.0 / rs, r, B) if is_independent(r, rs, s, y) else B


def is_independent(r: Array, rs: float, s: Array, y: Array) -> bool:
    """Whether rᵀs is above rounding (equation 6.26), and so is r, what the matrix leaves unexplained of y."""
    lib = DOUBLES if r.itemsize == DOUBLE else SINGLES
    length = sqrt(lib.dot(r, r))
    least = max(INDEPENDENT * lib.half * length * sqrt(lib.dot(s, s)), lib.tiny)
    return length > EXPLAINED * lib.coarse * sqrt(lib.dot(y, y)) and abs(rs) >= least


def hessian_scale(s: Array, y: Array) -> float:
    """Return yᵀy/sᵀy, the size of the Hessian along y, or ‖y‖/‖s‖ where sᵀy is not positive above rounding."""
    lib = DOUBLES if s.itemsize == DOUBLE else SINGLES
    ss, sy, yy = float(lib.dot(s, s)), float(lib.dot(s, y)), float(lib.dot(y, y))
    length = sqrt(ss) * sqrt(yy)
    return yy / sy if sy > INDEPENDENT * lib.half * length else sqrt(yy) / sqrt(ss) if ss > 0 else 0.0
