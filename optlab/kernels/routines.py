"""BLAS and LAPACK by dtype: the routines of float64, or of float32 where an array is one of those.

SciPy's wrappers of one type copy what is of another: ``ddot`` takes float32, and computes in float64.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from scipy.linalg import blas, lapack

from optlab.kernels.narrow import DOUBLE, EPS, Array

LOWER = OVERWRITE = 1
"""Arguments of LAPACK's routines by position: a keyword costs half as much as a small call of one."""
BLAS = ("axpy", "dot", "scal", "spmv", "spr", "spr2", "trsv")
LAPACK = ("geqrf", "gesv", "lange", "posv", "potrf", "potrs", "sysv", "sytrf", "sytrs", "trtrs")


class Routines:
    """The routines of one dtype, by their names without the letter of the type, and what is small in it.

    Attributes
    ----------
    dtype : dtype
        Of what they take and return.
    eps, tiny : float
        The distance from 1 to the next number, and the least number whose reciprocal is finite.
    coarse, half : float
        How many times coarser than in float64 rounding is, and the root of it: for tolerances that are stated for
        float64, in proportion to eps and to the root of eps. 1 in float64.
    """

    __slots__ = ("coarse", "dtype", "eps", "half", "tiny", *BLAS, *LAPACK)

    axpy: Any
    dot: Any
    scal: Any
    spmv: Any
    spr: Any
    spr2: Any
    trsv: Any
    geqrf: Any
    gesv: Any
    lange: Any
    posv: Any
    potrf: Any
    potrs: Any
    sysv: Any
    sytrf: Any
    sytrs: Any
    trtrs: Any

    def __init__(self, letter: str, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self.eps, self.tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
        self.coarse = self.eps / EPS
        self.half = sqrt(self.coarse)
        for library, names in ((blas, BLAS), (lapack, LAPACK)):
            for name in names:
                setattr(self, name, getattr(library, letter + name))


DOUBLES, SINGLES = Routines("d", np.float64), Routines("s", np.float32)


def routines(x: Array) -> Routines:
    """Return the routines for arrays like x."""
    return DOUBLES if x.itemsize == DOUBLE else SINGLES
