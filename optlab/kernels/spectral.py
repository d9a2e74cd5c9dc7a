"""Step lengths from the change of the gradient along the last step.

Source: Barzilai & Borwein (1988); Frassoldati, Zanni & Zanghirati (2008), algorithm ABBmin.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WINDOW = 10
"""How many short lengths to remember (the paper's m_α, plus one)."""
RATIO = 0.15
"""The short length is taken when it is below this fraction of the long one (the paper's τ)."""
AHEAD = 1e-3
"""How far down −g the projection is differentiated, relative to ‖x‖: far enough to tell the active constraints."""
APART = 1e-5
"""Difference of that derivative, relative to ‖x‖: small beside AHEAD, and far above rounding."""


def tangential(project: Callable[[Array], Array], x: Array, g: Array, v: Array) -> Array:
    """Return the part of v that the constraints active at x leave free, by a difference of the projection.

    Where none is active that is v. It is meant for step lengths: a few digits are right.
    """
    size, steep, length = (float(np.linalg.norm(a)) for a in (x, g, v))
    if not (size > 0 and steep > 0 and length > 0):
        return v
    ahead, h = x - (AHEAD * size / steep) * g, APART * size / length
    return np.asarray((project(ahead + h * v) - project(ahead)) / h)


def barzilai_borwein(s: Array, y: Array) -> tuple[float, float] | None:
    """Return the long and the short length, sᵀs/sᵀy and sᵀy/yᵀy; None without positive curvature."""
    curvature = float(s.dot(y))
    change = float(y.dot(y))
    if not (curvature > 0 and change > 0):  # it may underflow
        return None
    long, short = float(s.dot(s)) / curvature, curvature / change
    return (long, short) if isfinite(long) and long > 0 and short > 0 else None


def adaptive_length(long: float, shorts: tuple[float, ...]) -> float:
    """Return the least of the last short lengths where the newest is far below the long one, else the long one.

    The short lengths reduce the steep components of the gradient, so that a long one can serve the flat ones.
    """
    return min(shorts) if shorts[-1] < RATIO * long else long
