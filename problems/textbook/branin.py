"""Three equal minima along a parabola."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries

BEND, TILT = 5.1 / (4.0 * pi * pi), 5.0 / pi
HEIGHT = 10.0 * (1.0 - 1.0 / (8.0 * pi))


@dataclass(frozen=True)
class Branin(Componentwise):
    """(b − 5.1a²/4π² + 5a/π − 6)² + 10(1 − 1/8π) cos a + 10: minima at the odd multiples of π.

    It teaches that "the" solution need not be one: three of the minima lie in the customary region
    [−5, 10] × [0, 15], and over the whole plane there are infinitely many, all of value 10/8π.

    Source: Branin (1972), Widely convergent method for finding multiple solutions of simultaneous nonlinear equations;
    Jamil & Yang (2013), function 22, where the third minimum has a misprint, 2.425 for 2.475.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        u = b - (BEND * a - TILT) * a - 6.0
        return u * u + HEIGHT * np.cos(a) + 10.0

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        u = b - (BEND * a - TILT) * a - 6.0
        return 2.0 * u * (TILT - 2.0 * BEND * a) - HEIGHT * np.sin(a), 2.0 * u

    def d2f(self, a: Any, b: Any) -> Entries:
        u = b - (BEND * a - TILT) * a - 6.0
        slope = TILT - 2.0 * BEND * a
        return {
            (0, 0): 2.0 * slope * slope - 4.0 * BEND * u - HEIGHT * np.cos(a),
            (0, 1): 2.0 * slope,
            (1, 1): 2.0,
        }

    def start(self) -> Array:
        return np.array([2.5, 7.5])

    def facts(self) -> Facts:
        return Facts(
            solution=(pi, 2.275),
            solutions=[(-pi, 12.275), (3.0 * pi, 2.475)],
            optimum=0.3978873577297383,
            certificate="closed form: a square and 10 + 10 (1 − 1/8π) cos a ≥ 10/8π, least at once",
            convex=False,
            critical_points={"saddle": [(0.0, 6.0), (2.0 * pi, 1.1)]},
            note="f* = 10/8π; all critical points: (kπ, 1.275k² − 5k + 6), a minimum for odd k and a saddle for even k",
        )
