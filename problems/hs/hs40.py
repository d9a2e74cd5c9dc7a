"""Problem 40 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS40(Componentwise):
    """−abcd subject to a³ + b² = 1, a²d = c and d² = b.

    Source: Hock & Schittkowski (1981), problem 40.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 4
    constraints = ("equality",)

    def f(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        return -a * b * c * d

    def df(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return -b * c * d, -a * c * d, -a * b * d, -a * b * c

    def d2f(self, a: Any, b: Any, c: Any, d: Any) -> Entries:
        return {
            (0, 1): -c * d,
            (0, 2): -b * d,
            (0, 3): -b * c,
            (1, 2): -a * d,
            (1, 3): -a * c,
            (2, 3): -a * b,
        }

    def h(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return a**3 + b * b - 1.0, a * a * d - c, d * d - b

    def dh(self, a: Any, b: Any, c: Any, d: Any) -> tuple[tuple[Any, ...], ...]:
        return (3.0 * a * a, 2.0 * b, 0.0, 0.0), (2.0 * a * d, 0.0, -1.0, a * a), (0.0, -1.0, 0.0, 2.0 * d)

    def d2h(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Entries, ...]:
        return {(0, 0): 6.0 * a, (1, 1): 2.0}, {(0, 0): 2.0 * d, (0, 3): 2.0 * a}, {(3, 3): 2.0}

    def start(self) -> Array:
        return np.array([0.8, 0.8, 0.8, 0.8])

    def facts(self) -> Facts:
        a, b, c, d = 2.0 ** (-1 / 3), 2.0 ** (-1 / 2), 2.0 ** (-11 / 12), 2.0 ** (-1 / 4)
        return Facts(
            solution=(a, b, c, d),
            solutions=[(a, b, -c, -d)],
            optimum=-0.25,
            certificate="closed form: on the feasible set f = −t(1 − t) with t = a³",
            convex=False,
            multipliers=((), (0.5, -(2.0 ** (-13 / 12)), 2.0 ** (-3 / 2))),
            critical_points={"degenerate": [(0.0, 1.0, 0.0, 1.0), (0.0, 1.0, 0.0, -1.0), (1.0, 0.0, 0.0, 0.0)]},
            note="c and d may change their signs together: there are two solutions. Methods are drawn to (0, 1, 0, ±1) "
            "too, where f = 0: f is −a³ nearby, so that first and second derivatives vanish on the feasible set",
        )
