"""The contract of a convex term with a proximal operator.

Source: Parikh & Boyd (2014), Proximal Algorithms, section 1.1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optlab.core.status import InputError

Array = NDArray[np.float64]


class Proximable(ABC):
    """A convex, possibly nonsmooth term c(x) that is added to f; subclasses are frozen dataclasses.

    Where c is a sum over single variables, `prox` also takes a t of shape (n,), one for each; any other term refuses
    it with `one_length`. By that answer a method knows whether it may go through the variables one by one.
    """

    @abstractmethod
    def value(self, x: Array) -> float:
        """c(x), a float; inf outside its domain."""

    @abstractmethod
    def prox(self, x: Array, t: Any) -> Array:
        """Return argmin over z of t c(z) + ½‖z − x‖², shape (n,), for t > 0.

        With t of shape (n,): of c(z) + ½Σ (zᵢ − xᵢ)²/tᵢ. An InputError where c is no sum over single variables.
        """


def one_length(t: Any) -> float:
    """Return t as a number; an InputError where it is an array: for terms that tie variables together."""
    if np.ndim(t):
        msg = "this term is no sum over single variables: its prox takes one t for all"
        raise InputError(msg)
    return float(t)
