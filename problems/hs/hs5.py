"""Problem 5 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS5(Componentwise):
    """sin(a + b) + (a − b)² − 1.5a + 2.5b + 1 in a box.

    With s = a + b and d = a − b it is sin s + s/2 + (d − 1)²: outside the box it falls without end, a wave at a time.

    Source: Hock & Schittkowski (1981), problem 5.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 2
    constraints = ("bounds",)

    bounds = ((-1.5, -3.0), (4.0, 3.0))

    def f(self, a: Any, b: Any) -> Any:
        return np.sin(a + b) + (a - b) ** 2 - 1.5 * a + 2.5 * b + 1.0

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        wave, slope = np.cos(a + b), 2.0 * (a - b)
        return wave + slope - 1.5, wave - slope + 2.5

    def d2f(self, a: Any, b: Any) -> Entries:
        wave = -np.sin(a + b)
        return {(0, 0): wave + 2.0, (0, 1): wave - 2.0, (1, 1): wave + 2.0}

    def start(self) -> Array:
        return np.zeros(2)

    def facts(self) -> Facts:
        return Facts(
            solution=(0.5 - pi / 3.0, -0.5 - pi / 3.0),
            optimum=-sqrt(3.0) / 2.0 - pi / 3.0,
            certificate="closed form",
            convex=False,
            critical_points={
                "minimum": [(0.5 + 2.0 * pi / 3.0, -0.5 + 2.0 * pi / 3.0)],
                "saddle": [(0.5 + pi / 3.0, -0.5 + pi / 3.0)],
            },
            multipliers=((0.0, 0.0, 0.0, 0.0), ()),
            note="in the box also a local minimum of 1.22837 and a saddle at (½ + π/3, −½ + π/3); beyond it f has "
            "ever lower minima, and lists that forget the bounds report less than f*",
        )
