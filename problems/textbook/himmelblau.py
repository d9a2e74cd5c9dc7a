"""Four equal minima."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class Himmelblau(Componentwise):
    """(a² + b − 11)² + (a + b² − 7)²: four minima of value 0 around one maximum.

    It teaches that where a method ends depends on where it starts: neighboring starts reach different minima.

    Source: Himmelblau (1972), Applied Nonlinear Programming, page 428.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        u, v = a * a + b - 11.0, a + b * b - 7.0
        return u * u + v * v

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        u, v = a * a + b - 11.0, a + b * b - 7.0
        return 4.0 * a * u + 2.0 * v, 2.0 * u + 4.0 * b * v

    def d2f(self, a: Any, b: Any) -> Entries:
        return {
            (0, 0): 12.0 * a * a + 4.0 * b - 42.0,
            (0, 1): 4.0 * (a + b),
            (1, 1): 12.0 * b * b + 4.0 * a - 26.0,
        }

    def start(self) -> Array:
        return np.zeros(2)

    def facts(self) -> Facts:
        return Facts(
            solution=(3.0, 2.0),
            solutions=[
                (-2.805118086952745, 3.131312518250573),
                (-3.779310253377747, -3.283185991286169),
                (3.5844283403304917, -1.8481265269644036),
            ],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={
                "maximum": [(-0.2708445906673476, -0.9230385564799815)],
                "saddle": [
                    (-3.0730257507643897, -0.08135304428796751),
                    (-0.12796134673068005, -1.9537149802445766),
                    (0.08667750455539634, 2.884254701174776),
                    (3.385154183607021, 0.07385187983774928),
                ],
            },
        )
