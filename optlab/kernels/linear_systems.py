"""Symmetric linear systems by LAPACK, without an inverse.

Source: Golub & Van Loan (2013), section 4.4 (Bunch–Kaufman).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.routines import routines

Array = NDArray[np.float64]


def solve_indefinite(A: Array, b: Array) -> Array | None:
    """Return the solution of Ax = b for a symmetric A, shape (n, n), by Bunch and Kaufman's LDLᵀ.

    None where A is singular: a pivot is zero, or x is so long that the rounding of A alone, eps‖A‖‖x‖, exceeds b.
    """
    lib = routines(b)
    *_, x, info = lib.sysv(A, b, lower=1)
    if info != 0:
        return None
    x = x.reshape(b.shape)
    spread = lib.eps * float(np.abs(A).max()) * float(np.abs(x).max())
    return x if spread <= float(np.abs(b).max()) else None
