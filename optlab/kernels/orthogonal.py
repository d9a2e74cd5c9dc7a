"""Random orthogonal factors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def orthogonal(random: np.random.Generator, rows: int, columns: int) -> Array:
    """Return a (rows, columns) matrix with orthonormal columns, uniformly distributed.

    Source: Mezzadri (2007), How to generate random matrices from the classical compact groups, section 5.
    """
    Q, R = np.linalg.qr(random.standard_normal((rows, columns)))
    return np.asarray(Q * np.where(np.diag(R) < 0, -1.0, 1.0))
