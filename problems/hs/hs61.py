"""Problem 61 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS61(Componentwise):
    """4a² + 2b² + 2c² − 33a + 16b − 24c subject to 3a − 2b² = 7 and 4a − c² = 11.

    Source: Hock & Schittkowski (1981), problem 61.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 3
    constraints = ("equality",)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 4.0 * a * a + 2.0 * b * b + 2.0 * c * c - 33.0 * a + 16.0 * b - 24.0 * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        return 8.0 * a - 33.0, 4.0 * b + 16.0, 4.0 * c - 24.0

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 8.0, (1, 1): 4.0, (2, 2): 4.0}

    def h(self, a: Any, b: Any, c: Any) -> tuple[Any, Any]:
        return 3.0 * a - 2.0 * b * b - 7.0, 4.0 * a - c * c - 11.0

    def dh(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, ...], ...]:
        return (3.0, -4.0 * b, 0.0), (4.0, 0.0, -2.0 * c)

    def d2h(self, a: Any, b: Any, c: Any) -> tuple[Entries, Entries]:
        return {(1, 1): -4.0}, {(2, 2): -2.0}

    def start(self) -> Array:
        return np.zeros(3)

    def facts(self) -> Facts:
        return Facts(
            solution=(5.326770135563928, -2.118998632218976, 3.2104642253505506),
            optimum=-143.64614219778025,
            certificate="closed form up to one variable: with b < 0 < c, the best signs, f is a convex function of a",
            curvature=(4.0, 8.0),
            multipliers=((), (-0.8876840877482182, -1.737777205316692)),
            critical_points={"minimum": [(4.291221356572842, 1.7137187735621218, 2.482918731310263)]},
            note="at the standard start both constraints have gradients along a, and their linearizations 3a = 7 and "
            "4a = 11 contradict each other: methods that solve them exactly fail at the first step",
        )
