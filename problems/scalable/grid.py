"""Functions on a rectangular grid with given values on its boundary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array
from optlab_problems.forms.elements import Indices
from optlab_problems.scalable.products import Products


@dataclass(frozen=True)
class Grid(Products):
    """x holds the values at the inner nodes of a rectangle, row by row.

    There are `rows` × `columns` of them, rows the largest divisor of n that is at most √n: a prime n is a strip.

    Attributes
    ----------
    n : int
        Number of inner nodes.
    """

    abstract: ClassVar[bool] = True

    n: Annotated[int, Ge(1)] = 100

    @property
    def sides(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The rectangle, ((left, right), (bottom, top)); columns run along the first side."""
        return (0.0, 1.0), (0.0, 1.0)

    @cached_property
    def rows(self) -> int:
        """The number of rows of inner nodes."""
        return next(r for r in range(isqrt(self.n), 0, -1) if self.n % r == 0)

    @property
    def columns(self) -> int:
        """The number of columns of inner nodes."""
        return self.n // self.rows

    @property
    def spacing(self) -> tuple[float, float]:
        """(hx, hy), the distances of columns and of rows."""
        (left, right), (bottom, top) = self.sides
        return (right - left) / (self.columns + 1), (top - bottom) / (self.rows + 1)

    @property
    def axes(self) -> tuple[Array, Array]:
        """Coordinates of all columns, shape (1, columns + 2), and rows, (rows + 2, 1), those of the boundary too."""
        (left, right), (bottom, top) = self.sides
        return (np.linspace(left, right, self.columns + 2)[None, :], np.linspace(bottom, top, self.rows + 2)[:, None])

    @cached_property
    def boundary(self) -> Array:
        """The values on the boundary, and 0 inside, shape (rows + 2, columns + 2)."""
        return np.zeros((self.rows + 2, self.columns + 2))

    @cached_property
    def _framed(self) -> tuple[Indices, Array]:
        """For every node of the grid an index into x, and 1.0 inside or 0.0 on the boundary."""
        i = np.clip(np.arange(self.rows + 2) - 1, 0, self.rows - 1)
        j = np.clip(np.arange(self.columns + 2) - 1, 0, self.columns - 1)
        inside = np.zeros((self.rows + 2, self.columns + 2))
        inside[1:-1, 1:-1] = 1.0
        return i[:, None] * self.columns + j, inside

    def embed(self, x: Any) -> Any:
        """Return the values at all nodes, shape (rows + 2, columns + 2)."""
        if type(x) is np.ndarray:
            return self._around(x, self.boundary)
        index, inside = self._framed  # a box of autograd, which cannot be assigned to
        return x[index] * inside + self.boundary

    def embed_direction(self, v: Array) -> Array:
        """Return a change of the values at all nodes: 0 on the boundary."""
        return self._around(v, None)

    def _around(self, x: Array, boundary: Array | None) -> Array:
        shape = (self.rows + 2, self.columns + 2)
        u = np.zeros(shape, dtype=x.dtype) if boundary is None else boundary.astype(x.dtype)
        u[1:-1, 1:-1] = x.reshape(self.rows, self.columns)
        return u

    @property
    def diagonal_neighbors(self) -> bool:
        """Whether a node is coupled with the next one in the row below but before it."""
        return False

    def hessian_pattern(self) -> tuple[Indices, Indices]:
        k = np.arange(self.n).reshape(self.rows, self.columns)
        pairs = [(k, k), (k[:, :-1], k[:, 1:]), (k[:-1], k[1:])]
        if self.diagonal_neighbors:
            pairs.append((k[:-1, 1:], k[1:, :-1]))
        return (np.concatenate([low.ravel() for low, _ in pairs]), np.concatenate([high.ravel() for _, high in pairs]))


class Dirichlet(Grid):
    """A grid with 0 on its boundary, and the energy ½ Σ k (u_a − u_b)² over neighbors a and b.

    With k = hy/hx in rows and hx/hy between them it is ½∫|∇u|²; linear elements on triangles give the same sum.
    Source: Strang & Fix (1973), An Analysis of the Finite Element Method, section 1.8.
    """

    abstract: ClassVar[bool] = True

    @property
    def conductances(self) -> tuple[Any, Any]:
        """The weights k within rows, for (rows, columns + 1) edges, and between rows, (rows + 1, columns)."""
        hx, hy = self.spacing
        return hy / hx, hx / hy

    def energy(self, x: Any) -> Any:
        """½xᵀAx, a number."""
        u, (kx, ky) = self.embed(x), self.conductances
        dx, dy = _differences(u)
        return 0.5 * np.sum(kx * dx * dx) + 0.5 * np.sum(ky * dy * dy)

    def energy_and_tension(self, x: Array) -> tuple[float, Array]:
        """½xᵀAx and Ax, shape (n,)."""
        kx, ky = self.conductances
        dx, dy = _differences(self.embed_direction(x))
        fx, fy = kx * dx, ky * dy
        tension = fx[:, :-1] - fx[:, 1:]
        tension += fy[:-1]
        tension -= fy[1:]
        dx *= fx
        dy *= fy
        return 0.5 * float(dx.sum()) + 0.5 * float(dy.sum()), tension.ravel()

    @property
    def extreme_eigenvalues(self) -> tuple[float, float]:
        """Of A, with constant conductances."""
        ends = np.pi / (2.0 * np.array([self.columns + 1, self.rows + 1]))
        k = 4.0 * np.array(self.conductances)
        return float(k @ np.sin(ends) ** 2), float(k @ np.cos(ends) ** 2)


def _differences(u: Any) -> tuple[Any, Any]:
    """Differences within rows and between rows, of the edges with an inner node."""
    return u[1:-1, 1:] - u[1:-1, :-1], u[1:, 1:-1] - u[:-1, 1:-1]
