"""Directional derivatives by extrapolated central differences, with an estimate of their error.

Source: Ridders (1982), Accurate computation of F′(x) and F′(x)F″(x).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from optlab.core.problem import Array

COLUMNS = 10
"""Step lengths in the extrapolation."""
SHRINK = 2.0
FIRST = 0.25
"""The first step changes no component by more than this part of its size …"""
NEARER = 1e-5
"""Where a kink is within that reach, this one may stay on its own side of it."""
FLOOR = 0.01
"""… which counts as at least this part of the largest one (of 1 where all are zero)."""
GROWTH = 4.0
"""A quotient that grows by more when the step is halved was taken where F is flat, far from x; rounding doubles it."""
HALVINGS = 60


def directional(F: Callable[[Array], Any], x: Array, v: Array, reach: float = FIRST) -> tuple[Array, float]:
    """Return dF(x + tv)/dt at t = 0 and an estimate of its error in the maximum norm.

    F may return a number or an array. The first step changes no component by more than `reach` of its size; it is
    halved until F is finite on both sides, and the quotient no longer grows: far out F may have underflowed.
    """
    sizes = np.maximum(np.abs(x), FLOOR * (float(np.abs(x).max()) or 1.0))
    h = reach * float(np.min(sizes[v != 0] / np.abs(v[v != 0])))
    first = _central(F, x, v, h)
    for _ in range(HALVINGS):
        second = _central(F, x, v, h / SHRINK)
        if np.all(np.isfinite(first)) and np.any(first) and _size(second) <= GROWTH * _size(first):
            break
        first, h = second, h / SHRINK
    if not np.any(first):
        return first, 0.0  # F does not change with t, however short the step
    best, error = first, np.inf
    before = [first]
    for i in range(1, COLUMNS):
        h /= SHRINK
        row = [_central(F, x, v, h)]
        factor = SHRINK**2
        for j in range(1, i + 1):
            row.append((row[j - 1] * factor - before[j - 1]) / (factor - 1.0))
            factor *= SHRINK**2
            seen = max(_size(row[j] - row[j - 1]), _size(row[j] - before[j - 1]))
            if seen <= error:
                best, error = row[j], seen
        before = row
    return best, error


def _central(F: Callable[[Array], Any], x: Array, v: Array, h: float) -> Array:
    ahead, behind = x + h * v, x - h * v
    return np.asarray((np.asarray(F(ahead), dtype=float) - np.asarray(F(behind), dtype=float)) / (2.0 * h))


def _size(a: Array) -> float:
    return float(np.abs(a).max(initial=0.0))
