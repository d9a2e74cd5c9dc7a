"""The contract of a convex term with a proximal operator.

Source: Parikh & Boyd (2014), Proximal Algorithms, section 1.1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Proximable(ABC):
    """A convex, possibly nonsmooth term c(x) that is added to f; subclasses are frozen dataclasses."""

    @abstractmethod
    def value(self, x: Array) -> float:
        """c(x), a float; inf outside its domain."""

    @abstractmethod
    def prox(self, x: Array, t: float) -> Array:
        """Return argmin over z of t c(z) + ½‖z − x‖², shape (n,), for t > 0."""
