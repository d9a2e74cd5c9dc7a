"""Least squares on plain arrays: the four ways to a linear problem, and the factor of a sum of squares.

Source: Golub & Van Loan (2013), sections 5.3 and 5.5; Higham (2002), chapter 20; Björck (1996), chapter 2.
"""

from __future__ import annotations

from math import frexp, isfinite, ldexp, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.narrow import EPS, eps
from optlab.kernels.routines import routines

Array = NDArray[np.float64]

TELLING = EPS**0.5
"""A factor this near to a power of two, relative to it, is one."""


def square_factor(f: float, r: Array) -> float:
    """Return the c of f = c rᵀr; NaN where that is 0/0 or not finite.

    The rounding of both would make it 1.0000000000000002: where c, or c times the number m of residuals, is a power
    of two up to rounding (f = Σ r², ½ Σ r², their mean, any of them × 2^k), it is that power.
    """
    squares = float(r.dot(r))
    if not isfinite(squares) or not isfinite(f) or squares == 0 == f:
        return nan
    c = f / squares if squares > 0 else float("inf")
    for parts in (1, r.size):
        fraction, exponent = frexp(c * parts)  # fraction in [½, 1)
        for power in (0.5, 1.0):
            if abs(fraction - power) <= TELLING * power:
                return ldexp(power, exponent) / parts
    return c


def triangle(A: Array) -> Array:
    """Return the R of A = QR, shape (min(m, n), n), by Householder reflections; Q is not formed.

    With b as a further column of A, that column of R is Qᵀb.
    """
    R = routines(A).geqrf(A)[0]
    return np.triu(R[: A.shape[1]])


def by_normal_equations(A: Array, b: Array) -> Array | None:
    """Return argmin ‖Ax − b‖ from AᵀAx = Aᵀb by Cholesky; None where AᵀA is not positive definite.

    The condition number of AᵀA is κ(A)²: of 16 digits twice the digits of κ are lost (Higham, section 20.4).
    """
    _, x, info = routines(A).posv(A.T @ A, A.T @ b, lower=1)
    return x.reshape(-1) if info == 0 and np.isfinite(x).all() else None


def by_qr(A: Array, b: Array) -> Array | None:
    """Return argmin ‖Ax − b‖ from Rx = Qᵀb, A = QR by Householder (Golub & Van Loan, algorithm 5.3.2).

    None where a column depends on those before it to working precision, as it does where there are more than rows.
    """
    m, n = A.shape
    if m < n:
        return None
    R = triangle(np.column_stack([A, b]))
    lengths = np.sqrt(np.einsum("ij,ij->j", R[:, :n], R[:, :n]))  # those of the columns of A
    if not (np.abs(R.diagonal()[:n]) > m * routines(A).eps * lengths).all():
        return None
    x, info = routines(A).trtrs(R[:n, :n], R[:n, n])
    return x if info == 0 and np.isfinite(x).all() else None


def by_svd(A: Array, b: Array, rcond: float | None = None) -> Array | None:
    """Return the shortest argmin ‖Ax − b‖, V Σ⁺ Uᵀb; None where A is not finite.

    Singular values up to `rcond` times the greatest count as zero; by default eps times the larger dimension of A.
    Source: Golub & Van Loan, section 5.5.1.
    """
    try:
        U, s, Vt = np.linalg.svd(A, full_matrices=False)
    except np.linalg.LinAlgError:
        return None
    kept = s > (max(A.shape) * eps(A) if rcond is None else rcond) * s[0]
    return np.asarray(Vt[kept].T @ ((U[:, kept].T @ b) / s[kept]))


def by_lstsq(A: Array, b: Array, rcond: float | None = None) -> Array | None:
    """Return the shortest argmin ‖Ax − b‖ by the library's own routine, LAPACK's divide and conquer (xGELSD)."""
    try:
        return np.asarray(np.linalg.lstsq(A, b, rcond=rcond)[0])
    except np.linalg.LinAlgError:
        return None


def shortest_step(J: Array, r: Array, shifts: Array | None = None) -> Array | None:
    """Return the shortest argmin ‖Jp + r‖² + ‖diag(shifts) p‖², shape (n,); None where it is not finite.

    The shifts are further rows of J: JᵀJ is never formed. Whether the columns are dependent is judged at the length 1
    of each, so that the units of the variables do not decide it.
    """
    if shifts is not None:
        J, r = np.vstack([J, np.diag(shifts)]), np.concatenate([r, np.zeros(shifts.size, r.dtype)])
    lengths = np.sqrt(np.einsum("ij,ij->j", J, J))
    try:
        if (lengths > 0).all():
            z, _, rank, _ = np.linalg.lstsq(J / lengths, -r)
            if rank == lengths.size:
                return _finite(z / lengths)
        return _finite(np.linalg.lstsq(J, -r)[0])
    except np.linalg.LinAlgError:
        return None


def _finite(p: NDArray[Any]) -> Array | None:
    return np.asarray(p) if np.isfinite(p).all() else None
