"""Several runs on one grid: step functions, carried to the end or cut, and their quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


def on_grid(x: Array, y: Array, points: Array, carried: bool = True) -> Array:
    """Return the last value of y at or before each point; NaN before the first x, and after the last unless carried.

    >>> on_grid(np.array([1.0, 3.0]), np.array([5.0, 4.0]), np.array([0.0, 2.0, 3.0, 9.0]), carried=False)
    array([nan,  5.,  4., nan])
    """
    where = np.searchsorted(x, points, side="right") - 1
    values: Array = np.where(where >= 0, y[np.maximum(where, 0)], np.nan)
    return values if carried else np.asarray(np.where(points > x[-1], np.nan, values), dtype=float)


def common_grid(several: Sequence[Array], most: int, logarithmic: bool) -> Array:
    """Return ascending points at which all runs have begun: every x of any of them, or `most` spread over these."""
    points: Array = np.unique(np.concatenate(list(several)))
    begun = max(x[0] for x in several)
    points = points[points >= begun]
    if len(points) <= most:
        return points
    positive = points[points > 0]
    spread = np.geomspace(positive[0], points[-1], most) if logarithmic else np.linspace(points[0], points[-1], most)
    return np.asarray(np.unique(np.concatenate([[points[0]], spread, [points[-1]]]).clip(points[0], points[-1])))


def quantiles(stack: Array, shares: Sequence[float], least: float = 0.5) -> Array:
    """Return quantiles over runs (K, M) at every point, shape (len(shares), M).

    NaN where fewer than `least` of the runs have a value. Infinite values are greatest, and never interpolated.
    """
    ordered = np.sort(np.where(np.isnan(stack), np.inf, stack), axis=0)
    there = (~np.isnan(stack)).sum(axis=0)
    place = np.maximum(there - 1, 0) * np.asarray(shares, dtype=float)[:, None]
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    below, above = (np.take_along_axis(ordered, at, axis=0) for at in (low, high))
    with np.errstate(invalid="ignore"):
        between = np.where(below == above, below, below + (place - low) * (above - below))
    return np.where(there >= max(least * len(stack), 1), between, np.nan)
