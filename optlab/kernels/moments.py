"""Running averages of gradients and of their squares, component by component.

Source: Kingma & Ba (2015), algorithm 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Moments(NamedTuple):
    """Running averages of g and of g², from 0; read-only."""

    m: Array
    v: Array


def averaged(old: Array | None, value: Array, beta: float) -> Array:
    """Return β · old + (1 − β) · value, read-only; `old` is None for zero."""
    new = (1.0 - beta) * value
    if old is not None:
        new += beta * old
    new.setflags(write=False)
    return new


def updated(old: Moments | None, g: Array, beta1: float, beta2: float) -> Moments:
    """Return the averages with one more gradient."""
    m, v = old or (None, None)
    return Moments(averaged(m, g, beta1), averaged(v, g * g, beta2))


def corrected(average: Array, beta: float, k: int) -> Array:
    """Return average/(1 − βᵏ), what the average of k values is short of for having begun at 0."""
    return average / (1.0 - beta**k)


def quotient(m: Array, v: Array, eps: float) -> Array:
    """Return m/(√v + ε), and 0 where the divisor is 0: with ε = 0 a component that never had a gradient rests."""
    size = np.sqrt(v) + eps
    return m / size if eps > 0 else np.divide(m, size, out=np.zeros_like(m), where=size > 0)
