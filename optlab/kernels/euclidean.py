"""The Euclidean norm of any finite vector."""

from __future__ import annotations

from collections.abc import Callable
from math import frexp, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.narrow import DOUBLE, least_square
from optlab.kernels.norms import max_abs

Array = NDArray[np.float64]

TINY = 1e-280
"""Below it squares have lost digits; in another dtype, below its least normal number over eps."""


def norm(v: Array, dot: Callable[[Array, Array], float] | None = None) -> float:
    """‖v‖₂ where its square overflows or underflows too; a power of two in v is one in the norm, to the last bit.

    `dot` is BLAS's, where it is loaded anyway: a third of the time, for short vectors, of NumPy's.
    """
    squared = float(v.dot(v)) if dot is None else dot(v, v)
    if (TINY if v.itemsize == DOUBLE else least_square(v)) < squared < inf:
        return sqrt(squared)
    greatest = max_abs(v)
    if not 0 < greatest < inf:
        return greatest
    e = frexp(greatest)[1]
    u = np.ldexp(v, -e)  # exact
    return float(np.ldexp(sqrt(float(u.dot(u))), e))
