"""Symmetric linear systems by LAPACK, without an inverse.

Source: Golub & Van Loan (2013), sections 4.2 (Cholesky) and 4.4 (Bunch–Kaufman); Nocedal & Wright (2006), section 3.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv, dsysv

Array = NDArray[np.float64]

EPS = float(np.finfo(float).eps)
SHIFT = 1e-3
"""β of N&W algorithm 3.3, relative to ‖A‖ (the book's own value is absolute)."""


def solve_indefinite(A: Array, b: Array) -> Array | None:
    """Return the solution of Ax = b for a symmetric A, shape (n, n), by Bunch and Kaufman's LDLᵀ.

    None where A is singular: a pivot is zero, or x is so long that the rounding of A alone, eps‖A‖‖x‖, exceeds b.
    """
    *_, x, info = dsysv(A, b, lower=1)
    if info != 0:
        return None
    x = x.reshape(b.shape)
    spread = EPS * float(np.abs(A).max()) * float(np.abs(x).max())
    return x if spread <= float(np.abs(b).max()) else None


def solve_definite(A: Array, b: Array) -> tuple[Array, float] | None:
    """Return the solution of (A + τI) x = b by Cholesky, and τ: the first that makes the matrix positive definite.

    τ is 0 if that will do, then grows from a fraction of ‖A‖ (Nocedal & Wright, algorithm 3.3, with β relative).
    None where A is not finite, or zero.
    """
    _, x, info = dposv(A, b, lower=1)
    if info == 0:
        return x.reshape(b.shape), 0.0
    beta = SHIFT * float(np.sqrt(np.vdot(A, A)))
    if not (np.isfinite(beta) and beta > 0):
        return None
    tau = beta - min(0.0, float(A.diagonal().min()))
    shifted = np.array(A)
    while True:
        np.fill_diagonal(shifted, A.diagonal() + tau)
        _, x, info = dposv(shifted, b, lower=1)
        if info == 0:
            return x.reshape(b.shape), tau
        tau = 2.0 * tau
