"""A membrane over hills."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from optlab.core.problem import Array
from optlab_problems.forms.sizes import finite
from optlab_problems.scalable.membrane import Membrane


@dataclass(frozen=True)
class Obstacle(Membrane):
    """½∫|∇u|² − c∫u with u above an obstacle: a membrane over hills, or between two landscapes.

    It teaches how an active set looks: the membrane rests on part of the hills, and the line where it leaves them
    is not known beforehand.

    Attributes
    ----------
    n : int
        Number of inner nodes of the grid on the unit square; rows × columns, see `rows`.
    landscape : str
        "A": above sin(3.2s) sin(3.3t), which is negative near two sides of the square, and below 2000, which is
        never active. "B": between w³ and w² + 0.02 with w = sin(9.2s) sin(9.3t).
    c : float
        The load.

    The standard start is 1 for "A", and the mean of the bounds for "B". Every edge counts ½ here; the SIF files of
    CUTEst (OBSTCLAE, OBSTCLBM) count those at the boundary half as much, so that f* is not theirs.

    Source: Dembo & Tulowitzki (1983); Moré & Toraldo (1991), obstacle problems A and B.
    """

    suites = ("scalable",)
    tags = ("quadratic", "convex", "strictly_convex", "sparse")
    constraints = ("bounds",)
    variants = ({"n": 1}, {"n": 13}, {"n": 48, "landscape": "B"}, {"n": 225, "landscape": "B", "c": 10.0})

    landscape: Literal["A", "B"] = "A"
    c: float = 1.0

    def __post_init__(self) -> None:
        finite(self, "c")

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """(lo, hi), each (n,)."""
        s, t = self.axes
        if self.landscape == "A":
            lo = (np.sin(3.2 * s) * np.sin(3.3 * t))[1:-1, 1:-1].ravel()
            return lo, np.full(self.n, 2000.0)
        w = (np.sin(9.2 * s) * np.sin(9.3 * t))[1:-1, 1:-1].ravel()
        return w**3, w**2 + 0.02

    @property
    def load(self) -> float:
        """The load on a cell."""
        hx, hy = self.spacing
        return float(self.c * hx * hy)

    def start(self) -> Array:
        lo, hi = self.bounds
        return np.ones(self.n) if self.landscape == "A" else 0.5 * (lo + hi)
