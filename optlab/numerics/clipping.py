"""Clipping: a bound on the norm or on every entry of a gradient.

Source: Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks, algorithm 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.core.status import InputError
from optlab.numerics.tracing import floats, rounded

ROUNDINGS = 4
"""A scaled vector may be a rounding longer than its bound; it is shortened at most so many times."""


def clip_by_norm(x: Any, bound: float, axis: Any = None) -> Any:
    """Return x · min(1, bound/‖x‖₂): the direction of x, no longer than the bound; the shape and type of x.

    The norm is of all entries, or along `axis`. It is taken of scaled entries, so that squares neither overflow nor
    vanish. A vector with a NaN or infinite entry has no direction: it becomes NaN.

    Raises
    ------
    InputError
        Unless bound ≥ 0.

    >>> clip_by_norm([3.0, 4.0], 1.0)
    array([0.6, 0.8])
    """
    if not bound >= 0:
        msg = f"the bound of a norm must be ≥ 0, given {bound}"
        raise InputError(msg)
    a, kind = floats(x)
    with np.errstate(all="ignore"):
        largest = np.max(np.abs(a), axis=axis, keepdims=True, initial=0)
        unit = a / np.where(largest > 0, largest, 1)  # NaN where an entry is infinite
        length = np.sqrt(np.sum(unit * unit, axis=axis, keepdims=True))
        long = ~(largest * length <= bound)
        short = unit * np.where(long, bound / length, 0)
        for _ in range(ROUNDINGS):
            over = np.sqrt(np.sum(short * short, axis=axis, keepdims=True)) > bound
            short = np.where(over, short * (1 - 2 * np.finfo(kind).eps), short)
        return rounded(np.where(long, short, a), kind)


def clip_by_value(x: Any, bound: float) -> Any:
    """Every entry of x between −bound and bound; the shape and type of x. It may turn the direction.

    Infinite entries become ±bound, NaN stays.

    Raises
    ------
    InputError
        Unless bound ≥ 0.

    >>> clip_by_value([3.0, -0.5], 1.0)
    array([ 1. , -0.5])
    """
    if not bound >= 0:
        msg = f"the bound of an entry must be ≥ 0, given {bound}"
        raise InputError(msg)
    a, kind = floats(x)
    return rounded(np.clip(a, -bound, bound), kind)
