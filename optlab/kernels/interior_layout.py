"""A nonlinear program as an interior point method sees it: f and c(w) = 0 in units of its own, w = (x, s) in a box.

Source: Nocedal & Wright (2006), equation 19.1; Wächter & Biegler (2006), section 3.8 (units).
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.interior import Box

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

UNIT = 10.0
"""The norm, at the start, of ∇f and of each constraint's gradient, in the units chosen here."""
PUSH = 0.1
"""How far inside the start is pushed: this times max(1, |bound|), and at most this fraction of the width."""

FEW = 8.0
"""A variable whose bounds are at most so many numbers apart is fixed: nothing is inside them."""


class Layout(NamedTuple):
    """Which variables are free, between which bounds, and in which units f and the constraints are.

    Attributes
    ----------
    x : (n,) array
        What the variables without freedom (lo = hi) are.
    free : (k,) array of int
        The others.
    box : Box
        Bounds of w = (free variables, s), N = k + m: s ≥ 0.
    of_f : float
        What f is multiplied by.
    of_c : (M,) array
        What the constraints (g, h) are multiplied by, M = m + p.
    m : int
        How many inequalities, and slacks, there are.
    """

    x: Array
    free: Indices
    box: Box
    of_f: float
    of_c: Array
    m: int

    def full(self, w: Array) -> Array:
        """Return all variables, (n,)."""
        x = self.x.copy()
        x[self.free] = w[: self.free.size]
        return x

    def spread(self, d: Array) -> Array:
        """Return the part of a direction (N,) that moves x, (n,)."""
        full = np.zeros_like(self.x)
        full[self.free] = d[: self.free.size]
        return full

    def residual(self, w: Array, g: Array, h: Array) -> Array:
        """c(w) = (g + s, h), (M,)."""
        c: Array = self.of_c * np.concatenate([g, h])
        c[: self.m] += w[self.free.size :]
        return c

    def slope(self, df: Array) -> Array:
        """∇f with respect to w, (N,)."""
        return np.concatenate([self.of_f * df[self.free], np.zeros(self.m, df.dtype)])

    def jacobian(self, Jg: Array, Jh: Array) -> Array:
        """∂c_i/∂w_j, (M, N)."""
        k = self.free.size
        A = np.zeros((self.of_c.size, k + self.m), Jg.dtype)
        A[:, :k] = self.of_c[:, None] * np.concatenate([Jg, Jh])[:, self.free]
        A[np.arange(self.m), k + np.arange(self.m)] = 1.0
        return A

    def among_free(self, W: Array) -> Array:
        """Return the rows and columns of the free variables, (k, k)."""
        return np.asarray(W if self.free.size == self.x.size else W[np.ix_(self.free, self.free)])

    def slacks(self, w: Array, g: Array) -> Array:
        """Return w with every slack at least −g: that lowers both violation and barrier."""
        raised: Array = w.copy()
        raised[self.free.size :] = np.maximum(w[self.free.size :], -self.of_c[: self.m] * g)
        return raised


def free_between(lo: Array, hi: Array) -> Indices:
    """Return the variables whose bounds are more than a few numbers apart."""
    size = np.maximum(np.abs(lo), np.abs(hi))
    few = FEW * np.spacing(np.where(np.isfinite(size), size, 0.0))
    return np.flatnonzero(hi - lo > few)


def unit_of(size: float) -> float:
    """Return what brings a size to UNIT; 1 where there is no size."""
    return UNIT / size if 0 < size < inf else 1.0


def row_units(J: Array, c: Array) -> Array:
    """Return `unit_of` every row's norm, or of its constraint's value where the row is zero, (M,)."""
    sizes = np.linalg.norm(J, axis=1)
    return np.array([unit_of(size) for size in np.where(sizes > 0, sizes, np.abs(c)).tolist()], J.dtype)


def arranged(x: Array, free: Indices, lo: Array, hi: Array, of_f: float, of_c: Array, g: Array) -> tuple[Layout, Array]:
    """Return the layout, and w with the slacks at −g or, where that is no slack, pushed away from 0."""
    m, none, endless = g.size, np.zeros_like(g), np.full_like(g, inf)
    box = Box(np.concatenate([lo[free], none]), np.concatenate([hi[free], endless]))
    slacks = Box(none, endless).pushed(-of_c[:m] * g, PUSH)
    return Layout(x, free, box, of_f, of_c, m), np.concatenate([x[free], slacks])
