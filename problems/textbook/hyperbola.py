"""Minima that form a curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class Hyperbola(Componentwise):
    """(ab − 1)², a linear network of two layers: its minima form the curve ab = 1.

    It teaches that a minimum need not be a point: H is singular at every minimum, with 0 along the curve and
    2(a² + b²) across it. So the minima differ in sharpness, and a fixed step α can only settle where
    a² + b² < 1/α: it chooses the flat ones, near ±(1, 1). Between the two branches lies a saddle at 0.

    Source: Baldi & Hornik (1989), Neural networks and principal component analysis (linear networks).
    """

    suites = ("textbook", "saddles")
    tags = ("nonconvex", "degenerate", "saddle")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        r = a * b - 1.0
        return r * r

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        r = 2.0 * (a * b - 1.0)
        return b * r, a * r

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0 * b * b, (0, 1): 4.0 * a * b - 2.0, (1, 1): 2.0 * a * a}

    def start(self) -> Array:
        return np.array([3.0, 0.1])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0),
            solutions=[(-1.0, -1.0), (2.0, 0.5), (0.5, 2.0), (4.0, 0.25)],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"saddle": [(0.0, 0.0)]},
            note="the global minimizers are all points of the hyperbola ab = 1; a few are given",
        )
