"""A twisted bar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Gt

from optlab.core.problem import Array
from optlab_problems.scalable.membrane import Membrane


@dataclass(frozen=True)
class ElasticPlasticTorsion(Membrane):
    """½∫|∇u|² − c∫u with |u| at most the distance to the boundary: a twisted square bar.

    It teaches that a bound can hold on whole regions: the more the bar is twisted, the larger the plastic part
    where the bound is active, and the easier the rest. Which nodes are active is what methods have to find.

    Attributes
    ----------
    n : int
        Number of inner nodes of the grid on the unit square; rows × columns, see `rows`.
    c : float
        Angle of twist per unit of length, times the elastic constants; 5 leaves most of the bar elastic.

    The standard start is the upper bound.

    Source: Averick, Carter, Moré & Xue (1992), The MINPACK-2 test problem collection, elastic–plastic torsion;
    Moré & Toraldo (1991).
    """

    suites = ("scalable",)
    tags = ("quadratic", "convex", "strictly_convex", "sparse")
    constraints = ("bounds",)
    variants = ({"n": 1}, {"n": 13}, {"n": 30, "c": 20.0}, {"n": 49, "c": 1.0})

    c: Annotated[float, Gt(0)] = 5.0

    @cached_property
    def distance(self) -> Array:
        """Distance of every inner node to the boundary, shape (n,)."""
        x, y = self.axes
        near = np.minimum(np.minimum(x, 1.0 - x), np.minimum(y, 1.0 - y))
        return np.asarray(near[1:-1, 1:-1]).ravel()

    @property
    def bounds(self) -> tuple[Array, Array]:
        """(−distance, distance)."""
        distance = self.distance
        return -distance, distance

    @property
    def load(self) -> float:
        """The load on a cell."""
        hx, hy = self.spacing
        return float(self.c * hx * hy)

    def start(self) -> Array:
        return self.distance.copy()
