"""Problem 47 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS47(Componentwise):
    """(a − b)² + (b − c)³ + (c − d)⁴ + (d − e)⁴; a + b² + c³ = 3, b − c² + d = 1, ae = 1.

    Source: Hock & Schittkowski (1981), problem 47.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 5
    constraints = ("equality",)

    def f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        return (a - b) ** 2 + (b - c) ** 3 + (c - d) ** 4 + (d - e) ** 4

    def df(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Any, ...]:
        p, q, r, s = 2.0 * (a - b), 3.0 * (b - c) ** 2, 4.0 * (c - d) ** 3, 4.0 * (d - e) ** 3
        return p, q - p, r - q, s - r, -s

    def d2f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Entries:
        q, r, s = 6.0 * (b - c), 12.0 * (c - d) ** 2, 12.0 * (d - e) ** 2
        return {
            (0, 0): 2.0,
            (0, 1): -2.0,
            (1, 1): 2.0 + q,
            (1, 2): -q,
            (2, 2): q + r,
            (2, 3): -r,
            (3, 3): r + s,
            (3, 4): -s,
            (4, 4): s,
        }

    def h(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Any, ...]:
        return a + b * b + c**3 - 3.0, b - c * c + d - 1.0, a * e - 1.0

    def dh(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[tuple[Any, ...], ...]:
        return (
            (1.0, 2.0 * b, 3.0 * c * c, 0.0, 0.0),
            (0.0, 1.0, -2.0 * c, 1.0, 0.0),
            (e, 0.0, 0.0, 0.0, a),
        )

    def d2h(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Entries, ...]:
        return {(1, 1): 2.0, (2, 2): 6.0 * c}, {(2, 2): -2.0}, {(0, 4): 1.0}

    def start(self) -> Array:
        return np.array([2.0, sqrt(2.0), -1.0, 2.0 - sqrt(2.0), 0.5])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.6770043948666402, 0.7260894726520319, 1.2154912142370975, 1.7513294192355415,
                      1.4770952856177324),
            optimum=-0.026714182693940842,
            certificate="best known: the best of many starts and of a fine grid over (b, c), which determine the rest",
            convex=False,
            multipliers=((), (-0.08181701311503735, -0.6978994057569455, 0.12185210421990403)),
            critical_points={
                "degenerate": [(1.0, 1.0, 1.0, 1.0, 1.0)],
                "minimum": [
                    (-0.8536561885892402, 1.8020606734308053, 0.8463434706920999, -0.085763403047656,
                     -1.1714317934631375),
                    (-1.757210503812406, -2.179055648270806, 0.20744434992082997, 3.222088806584882,
                     -0.5690837824099171),
                ],
            },
            note="the book claims f* = 0 at (1, 1, 1, 1, 1), where most methods end from the standard start. That is a "
            "KKT point, but no minimum: for b = a = 1 − t the feasible f is near −8t³, and the least value known is "
            "−0.02671. The exponent 3 is the cause; lists with (b − c)² are another problem",
        )  # fmt: skip
