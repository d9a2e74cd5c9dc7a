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
FLOOR = 0.01
"""… which counts as at least this part of the largest one (of 1 where all are zero)."""
HALVINGS = 60


def directional(F: Callable[[Array], Any], x: Array, v: Array) -> tuple[Array, float]:
    """Return dF(x + tv)/dt at t = 0 and an estimate of its error in the maximum norm.

    F may return a number or an array. The first step is halved until F is finite on both sides.
    """
    sizes = np.maximum(np.abs(x), FLOOR * (float(np.abs(x).max()) or 1.0))
    h = FIRST * float(np.min(sizes[v != 0] / np.abs(v[v != 0])))
    for _ in range(HALVINGS):
        first = _central(F, x, v, h)
        if np.all(np.isfinite(first)):
            break
        h /= SHRINK
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
