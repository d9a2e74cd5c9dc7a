"""The Maratos effect."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class Maratos(Componentwise):
    """2(a² + b² − 1) − a subject to a² + b² = 1: solution (1, 0) with multiplier −3/2.

    It teaches the Maratos effect: from a feasible point, such as the standard start, the full step of sequential
    quadratic programming converges quadratically, yet it raises f and the violation both, so that every merit
    function of the two refuses it. Second-order corrections or a nonmonotone test accept it.

    Source: Powell (1986); Nocedal & Wright (2006), example 15.4.
    """

    suites = ("constrained",)
    tags = ("nonconvex",)
    dimension = 2
    constraints = ("equality",)

    def f(self, a: Any, b: Any) -> Any:
        return 2.0 * (a * a + b * b - 1.0) - a

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 4.0 * a - 1.0, 4.0 * b

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 4.0, (1, 1): 4.0}

    def h(self, a: Any, b: Any) -> tuple[Any]:
        return (a * a + b * b - 1.0,)

    def dh(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((2.0 * a, 2.0 * b),)

    def d2h(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0, (1, 1): 2.0},)

    def start(self) -> Array:
        return np.array([cos(1.0), sin(1.0)])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 0.0),
            optimum=-1.0,
            certificate="closed form",
            convex=True,
            curvature=(4.0, 4.0),
            multipliers=((), (-1.5,)),
            critical_points={"maximum": [(-1.0, 0.0)]},
        )
