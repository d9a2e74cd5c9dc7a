"""The Euclidean norm of any finite vector."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.norms import max_abs

Array = NDArray[np.float64]


def norm(v: Array) -> float:
    """‖v‖₂ where its square may overflow or underflow; a power of two in v is one in the norm, to the last bit."""
    largest = max_abs(v)
    if not 0 < largest < inf:
        return largest
    unit = v / largest
    return largest * sqrt(float(unit.dot(unit)))
