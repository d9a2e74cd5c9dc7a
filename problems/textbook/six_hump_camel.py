"""Six minima, two of them global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class SixHumpCamel(Componentwise):
    """(4 − 2.1a² + a⁴/3) a² + ab + (4b² − 4) b²: fifteen critical points, two global minima.

    It teaches how many endings a polynomial of two variables may have: six minima, two maxima and seven saddles.

    Source: Dixon & Szegö (1978), The global optimization problem: an introduction; Jamil & Yang (2013), function 30.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        p, q = a * a, b * b
        return (4.0 - 2.1 * p + p * p / 3.0) * p + a * b + (4.0 * q - 4.0) * q

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        p, q = a * a, b * b
        return (8.0 - 8.4 * p + 2.0 * p * p) * a + b, a + (16.0 * q - 8.0) * b

    def d2f(self, a: Any, b: Any) -> Entries:
        p, q = a * a, b * b
        return {(0, 0): 8.0 - 25.2 * p + 10.0 * p * p, (0, 1): 1.0, (1, 1): 48.0 * q - 8.0}

    def start(self) -> Array:
        return np.array([2.0, 1.0])

    def facts(self) -> Facts:
        half = {
            "minimum": [
                (1.6071047529201972, 0.5686514548841314),
                (1.703606714969981, -0.7960835686726251),
            ],
            "maximum": [(1.2302298765166526, 0.16233458445899496)],
            "saddle": [
                (1.1092053368047865, -0.7682680925095399),
                (1.2960702671671092, 0.6050843880386585),
                (1.6380679841897785, 0.22867406904439408),
            ],
        }
        points = {kind: [*those, *((-a, -b) for a, b in those)] for kind, those in half.items()}
        points["saddle"].append((0.0, 0.0))
        return Facts(
            solution=(0.08984201310031806, -0.7126564030207396),
            solutions=[(-0.08984201310031806, 0.7126564030207396)],
            optimum=-1.0316284534898774,
            certificate="the least of all 15 critical points of a polynomial that grows in every direction",
            convex=False,
            critical_points=points,
            note="x and −x have the same f: every critical point but 0 comes twice",
        )
