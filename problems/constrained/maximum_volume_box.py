"""The largest box in an ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class MaximumVolumeBox(Componentwise):
    """−8abc subject to a²/9 + b²/4 + c² ≤ 1: the largest box in an ellipsoid.

    The semi-axes are 3, 2 and 1. It teaches a solution by symmetry: each axis takes a third of the constraint. f is
    neither convex nor concave; the origin is a critical point where even the Hessian vanishes.

    Source: a classical exercise on multipliers; the inequality of arithmetic and geometric means proves it.
    """

    suites = ("constrained",)
    tags = ("nonconvex", "multimodal")
    dimension = 3
    constraints = ("inequality",)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return -8.0 * a * b * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return -8.0 * b * c, -8.0 * a * c, -8.0 * a * b

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 1): -8.0 * c, (0, 2): -8.0 * b, (1, 2): -8.0 * a}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (a * a / 9.0 + b * b / 4.0 + c * c - 1.0,)

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        return ((2.0 * a / 9.0, b / 2.0, 2.0 * c),)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0 / 9.0, (1, 1): 0.5, (2, 2): 2.0},)

    def start(self) -> Array:
        return np.array([1.0, 0.5, 0.25])

    def facts(self) -> Facts:
        x = np.array([3.0, 2.0, 1.0]) / sqrt(3.0)
        return Facts(
            solution=x,
            solutions=[x * signs for signs in ((1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0))],
            optimum=-16.0 / sqrt(3.0),
            certificate="closed form",
            convex=False,
            multipliers=((8.0 * sqrt(3.0),), ()),
            critical_points={"degenerate": [(0.0, 0.0, 0.0)]},
        )
