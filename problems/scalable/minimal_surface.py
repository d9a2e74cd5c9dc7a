"""A soap film over a rectangle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.scalable.grid import Grid
from optlab_problems.scalable.products import POLISHED, minimum_near

NEWTON_STEPS = 30


@dataclass(frozen=True)
class MinimalSurface(Grid):
    """∫ √(1 + |∇u|²): the least area of a graph with given boundary, two triangles to a cell.

    It teaches a strictly convex function that is far from quadratic, on a grid: the finer it is, the worse the
    conditioning, so that gradient methods need ever more steps and Newton's method does not.

    Attributes
    ----------
    n : int
        Number of inner nodes; rows × columns, see `rows`.
    boundary_of : str
        Whose values the boundary has: "enneper" on (−½, ½)², or "scherk", log(cos t / cos s), on (−1, 1)². These
        surfaces solve the problem in the limit; x* differs from them by O(h²).

    The standard start averages the linear interpolants of opposite sides.

    Source: Averick, Carter, Moré & Xue (1992), The MINPACK-2 test problem collection, minimal surfaces;
    Scherk (1834).
    """

    suites = ("scalable",)
    tags = ("convex", "strictly_convex", "sparse")
    variants = ({"n": 1}, {"n": 13}, {"n": 30, "boundary_of": "scherk"}, {"n": 49})

    boundary_of: Literal["enneper", "scherk"] = "enneper"

    @property
    def sides(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The square."""
        half = 0.5 if self.boundary_of == "enneper" else 1.0
        return (-half, half), (-half, half)

    @property
    def diagonal_neighbors(self) -> bool:
        """True: a cell is cut from the end of its first row to the beginning of the next."""
        return True

    @cached_property
    def boundary(self) -> Array:
        """The values on the boundary, and 0 inside, shape (rows + 2, columns + 2)."""
        s, t = np.broadcast_arrays(*self.axes)
        u = np.zeros(s.shape)
        for side in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
            u[side] = self.surface(s[side], t[side])
        return u

    def surface(self, s: Array, t: Array) -> Array:
        """The exact minimal surface at points (s, t)."""
        return enneper(s, t) if self.boundary_of == "enneper" else np.log(np.cos(t) / np.cos(s))

    def _slopes(self, u: Any) -> tuple[Any, Any, Any, Any]:
        """(∂u/∂s, ∂u/∂t) on the first triangle of every cell, then on the second."""
        hx, hy = self.spacing
        along, across = (u[:, 1:] - u[:, :-1]) / hx, (u[1:] - u[:-1]) / hy
        return along[:-1], across[:, :-1], along[1:], across[:, 1:]

    def value(self, x: Array) -> float:
        hx, hy = self.spacing
        a, b, c, d = self._slopes(self.embed(x))
        area = np.sum(np.sqrt(1.0 + a * a + b * b)) + np.sum(np.sqrt(1.0 + c * c + d * d))
        return 0.5 * hx * hy * area  # type: ignore[no-any-return]  # a NumPy float, or autograd's box

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        hx, hy = self.spacing
        a, b, c, d = self._slopes(self.embed(x))
        first, second = np.sqrt(1.0 + a * a + b * b), np.sqrt(1.0 + c * c + d * d)
        area = 0.5 * hx * hy * (float(first.sum()) + float(second.sum()))
        return area, self._collect(a / first, b / first, c / second, d / second)

    def hvp(self, x: Array, v: Array) -> Array:
        a, b, c, d = self._slopes(self.embed(x))
        da, db, dc, dd = self._slopes(self.embed_direction(v))
        first, second = 1.0 + a * a + b * b, 1.0 + c * c + d * d
        p, q = (a * da + b * db) / first, (c * dc + d * dd) / second
        first, second = np.sqrt(first), np.sqrt(second)
        return self._collect((da - a * p) / first, (db - b * p) / first, (dc - c * q) / second, (dd - d * q) / second)

    def _collect(self, a: Array, b: Array, c: Array, d: Array) -> Array:
        """Return the change of f with every node, from its changes with the slopes, times 2/(hx hy)."""
        hx, hy = self.spacing
        along = 0.5 * hy * (a[1:] + c[:-1])  # edges within inner rows
        across = 0.5 * hx * (b[:, 1:] + d[:, :-1])  # edges within inner columns
        result: Array = along[:, :-1] - along[:, 1:]
        result += across[:-1]
        result -= across[1:]
        return result.ravel()

    def start(self) -> Array:
        u = self.boundary
        p, q = np.linspace(0.0, 1.0, self.columns + 2)[None, 1:-1], np.linspace(0.0, 1.0, self.rows + 2)[1:-1, None]
        rows = (1.0 - q) * u[:1, 1:-1] + q * u[-1:, 1:-1]
        columns = (1.0 - p) * u[1:-1, :1] + p * u[1:-1, -1:]
        return np.asarray(0.5 * (rows + columns)).ravel()

    def facts(self) -> Facts:
        x = minimum_near(self, self.start()) if self.n <= POLISHED else None
        if x is None:
            return Facts(convex=True)
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True)


def enneper(s: Array, t: Array) -> Array:
    """Return p² − q² where s = p + pq² − p³/3 and t = −q − p²q + q³/3, by Newton's method."""
    p, q = s.copy(), -t
    for _ in range(NEWTON_STEPS):
        r1, r2 = p + p * q * q - p**3 / 3.0 - s, -q - p * p * q + q**3 / 3.0 - t
        j11, j12 = 1.0 + q * q - p * p, 2.0 * p * q
        det = -(j11 * (1.0 + p * p - q * q) - j12 * j12)
        p, q = p - (-(1.0 + p * p - q * q) * r1 - j12 * r2) / det, q - (j12 * r1 + j11 * r2) / det
    return p * p - q * q
