"""Symmetric linear systems by LAPACK, without an inverse.

Source: Golub & Van Loan (2013), section 4.4 (Bunch–Kaufman); Nocedal & Wright (2006), section 16.2.
"""

from __future__ import annotations

from math import inf, log2

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dsysv

Array = NDArray[np.float64]

EPS = float(np.finfo(float).eps)


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


def solve_kkt(W: Array, J: Array, b: Array, c: Array) -> tuple[Array, Array] | None:
    """Return (x, y) with Wx + Jᵀy = b and Jx = c, W (n, n) symmetric and J (p, n); None where that is singular.

    J is first brought to the size of W, by a power of two, so that the units of f do not matter.
    Source: Nocedal & Wright (2006), section 16.2 (symmetric indefinite factorization of the KKT matrix).
    """
    n, p = W.shape[0], J.shape[0]
    above, below = float(np.abs(W).max(initial=0.0)), float(np.abs(J).max(initial=0.0))
    ratio = above / below if below > 0 else 1.0
    scale = 2.0 ** round(log2(ratio)) if 0 < ratio < inf else 1.0
    K = np.zeros((n + p, n + p))
    K[:n, :n] = W
    K[n:, :n] = scale * J
    K[:n, n:] = scale * J.T
    solution = solve_indefinite(K, np.concatenate([b, scale * c]))
    return None if solution is None else (solution[:n], scale * solution[n:])


def has_full_row_rank(J: Array) -> bool:
    """Whether the rows of J (p, n) are independent to working precision, each taken at length 1."""
    if J.shape[0] == 0:
        return True
    lengths = np.linalg.norm(J, axis=1)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        return False
    return bool(np.linalg.matrix_rank(J / lengths[:, None]) == J.shape[0])
