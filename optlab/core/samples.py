"""The terms of a finite sum, for gradients of a few of them at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optlab.derivatives import Array

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Samples:
    """f as a mean over N terms: f(x) = (1/N) Σ f_i(x), whatever f itself is scaled by.

    A term holds its share of everything in f, a penalty included, so that the mean over all indices is f.
    Source: Bottou, Curtis & Nocedal (2018), Optimization methods for large-scale machine learning, section 3.

    Attributes
    ----------
    size : int
        N.
    value : callable (x, indices) → float
        The mean of f_i(x) over (B,) indices, repeated ones counted as often.
    gradient : callable (x, indices) → (n,) array
        The mean of ∇f_i(x): an unbiased estimate of ∇f where the indices are drawn uniformly.
    """

    size: int
    value: Callable[[Array, Indices], Any]
    gradient: Callable[[Array, Indices], Array]
