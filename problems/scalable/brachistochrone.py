"""The fastest slide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab_problems.forms.elements import Indices
from optlab_problems.scalable.products import POLISHED, Products, band, minimum_near


@dataclass(frozen=True)
class Brachistochrone(Products):
    """The time of a bead that slides from rest along a polyline, to 1 below and `width` away.

    It teaches that a choice of variables can make a problem convex. x holds the speeds √depth at n equally spaced
    abscissas between, in units where 2g = 1; on a straight piece the bead is uniformly accelerated, which takes it
    2√((h/s)² + d²), with s the sum and d the difference of the speeds at its ends: convex where s > 0. In the depths
    themselves it is not.

    Attributes
    ----------
    n : int
        Number of inner vertices.
    width : float
        Horizontal distance; with π/2 the cycloid ends at its lowest point, after the time π. Polylines are slower,
        so that f* > π, and f* → π as n grows.

    f is NaN where the sum of neighboring speeds is negative. The standard start is the straight line.

    Source: Johann Bernoulli (1696); Troutman (1996), Variational Calculus, section 3.4, for convexity.
    """

    suites = ("scalable",)
    tags = ("convex", "strictly_convex", "sparse", "domain")
    variants = ({"n": 1}, {"n": 20}, {"n": 7, "width": 10.0})

    n: Annotated[int, Ge(1)] = 100
    width: Annotated[float, Gt(0)] = pi / 2

    @property
    def _h(self) -> float:
        return self.width / (self.n + 1)

    @cached_property
    def _framed(self) -> tuple[Indices, Array, Array]:
        """Of the n + 2 vertices: indices into x, 1.0 for the inner ones, and the speeds at the ends."""
        ends = np.zeros(self.n + 2)
        ends[-1] = 1.0
        inside = np.ones(self.n + 2)
        inside[[0, -1]] = 0.0
        return np.clip(np.arange(self.n + 2) - 1, 0, self.n - 1), inside, ends

    def _speeds(self, x: Any) -> Any:
        if type(x) is np.ndarray:
            return np.concatenate(([0.0], x, [1.0]))
        index, inside, ends = self._framed  # a box of autograd, which cannot be concatenated with numbers
        return x[index] * inside + ends

    def value(self, x: Array) -> float:
        z = self._speeds(x)
        root, d = np.sqrt(z[1:] + z[:-1]), z[1:] - z[:-1]
        return 2.0 * np.sum(np.sqrt((self._h / (root * root)) ** 2 + d * d))  # type: ignore[no-any-return]  # or a box

    def _pieces(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """(s, φ, d, √(φ² + d²)) of every piece, φ = h/s."""
        z = self._speeds(x)
        root, d = np.sqrt(z[1:] + z[:-1]), z[1:] - z[:-1]
        s = root * root
        phi = self._h / s
        return s, phi, d, np.sqrt(phi * phi + d * d)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        s, phi, d, time = self._pieces(x)
        by_sum, by_difference = -2.0 * phi * phi / (s * time), 2.0 * d / time
        return 2.0 * float(time.sum()), (by_sum + by_difference)[:-1] + (by_sum - by_difference)[1:]

    def hvp(self, x: Array, v: Array) -> Array:
        s, phi, d, time = self._pieces(x)
        w = np.concatenate(([0.0], v, [0.0]))
        ds, dd = w[1:] + w[:-1], w[1:] - w[:-1]
        ss = phi * phi / (s * s) * (2.0 + (d / time) ** 2) / time
        sd, tt = phi * phi * d / (s * time**3), (phi / time) ** 2 / time
        by_sum, by_difference = 2.0 * (ss * ds + sd * dd), 2.0 * (sd * ds + tt * dd)
        return np.asarray((by_sum + by_difference)[:-1] + (by_sum - by_difference)[1:])

    def hessian_pattern(self) -> tuple[Indices, Indices]:
        rows, columns = band(self.n, 1)
        return rows, columns

    def start(self) -> Array:
        return np.sqrt(np.arange(1.0, self.n + 1.0) / (self.n + 1))

    def facts(self) -> Facts:
        x = minimum_near(self, self.start()) if self.n <= POLISHED else None
        if x is None:
            return Facts(convex=True)
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True)
