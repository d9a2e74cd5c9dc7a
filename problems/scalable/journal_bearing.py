"""Oil in a bearing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Annotated

import numpy as np
from annotated_types import Gt, Lt

from optlab.core.problem import Array
from optlab_problems.scalable.membrane import Membrane


@dataclass(frozen=True)
class JournalBearing(Membrane):
    """½∫(1 + ε cos s)³|∇u|² − ε∫u sin s with u ≥ 0: the pressure of oil around a journal.

    It teaches cavitation: the pressure would be negative over half of the bearing, and is 0 there instead. The
    weights differ by ((1 + ε)/(1 − ε))³, which is what makes A worse conditioned as ε grows.

    Attributes
    ----------
    n : int
        Number of inner nodes of the grid on (0, 2π) × (0, 2b); rows × columns, see `rows`.
    eccentricity : float
        ε, how far the journal is off the center of the bearing, over its clearance.
    b : float
        Half the width of the bearing, over its radius.

    Source: Averick, Carter, Moré & Xue (1992), The MINPACK-2 test problem collection, journal bearing.
    """

    suites = ("scalable",)
    tags = ("quadratic", "convex", "strictly_convex", "sparse")
    constraints = ("bounds",)
    variants = ({"n": 2}, {"n": 13}, {"n": 48, "eccentricity": 0.5}, {"n": 200, "eccentricity": 0.9, "b": 1.0})

    eccentricity: Annotated[float, Gt(0), Lt(1)] = 0.1
    b: Annotated[float, Gt(0)] = 10.0

    @property
    def sides(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(0, 2π) × (0, 2b)."""
        return (0.0, 2.0 * pi), (0.0, 2.0 * self.b)

    @property
    def bounds(self) -> tuple[float, float]:
        """(0, ∞)."""
        return 0.0, np.inf

    @cached_property
    def conductances(self) -> tuple[Array, Array]:
        """The weights of the edges, from those at the vertices of the two triangles beside an edge."""
        hx, hy = self.spacing
        w = (1.0 + self.eccentricity * np.cos(self.axes[0])) ** 3
        return 0.5 * hy / hx * (w[:, 1:] + w[:, :-1]), hx / hy / 6.0 * (4.0 * w[:, 1:-1] + w[:, 2:] + w[:, :-2])

    @cached_property
    def load(self) -> Array:
        """ε sin s at every inner node, times the area of a cell."""
        hx, hy = self.spacing
        return np.tile(self.eccentricity * hx * hy * np.sin(self.axes[0][0, 1:-1]), self.rows)

    def start(self) -> Array:
        return np.tile(np.maximum(0.0, np.sin(self.axes[0][0, 1:-1])), self.rows)
