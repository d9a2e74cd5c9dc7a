"""Problem 71 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS71(Componentwise):
    """ad(a + b + c) + c subject to abcd ≥ 25 and a² + b² + c² + d² = 40, in [1, 5]⁴.

    Source: Hock & Schittkowski (1981), problem 71.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 4
    constraints = ("bounds", "equality", "inequality")
    bounds = ((1.0, 1.0, 1.0, 1.0), (5.0, 5.0, 5.0, 5.0))

    def f(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        return a * d * (a + b + c) + c

    def df(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return d * (2.0 * a + b + c), a * d, a * d + 1.0, a * (a + b + c)

    def d2f(self, a: Any, b: Any, c: Any, d: Any) -> Entries:
        return {(0, 0): 2.0 * d, (0, 1): d, (0, 2): d, (0, 3): 2.0 * a + b + c, (1, 3): a, (2, 3): a}

    def g(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any]:
        return (25.0 - a * b * c * d,)

    def dg(self, a: Any, b: Any, c: Any, d: Any) -> tuple[tuple[Any, ...]]:
        return ((-b * c * d, -a * c * d, -a * b * d, -a * b * c),)

    def d2g(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Entries]:
        pairs = {(0, 1): -c * d, (0, 2): -b * d, (0, 3): -b * c}
        return ({**pairs, (1, 2): -a * d, (1, 3): -a * c, (2, 3): -a * b},)

    def h(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any]:
        return (a * a + b * b + c * c + d * d - 40.0,)

    def dh(self, a: Any, b: Any, c: Any, d: Any) -> tuple[tuple[Any, ...]]:
        return ((2.0 * a, 2.0 * b, 2.0 * c, 2.0 * d),)

    def d2h(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Entries]:
        return ({(i, i): 2.0 for i in range(4)},)

    def start(self) -> Array:
        return np.array([1.0, 5.0, 5.0, 1.0])

    def facts(self) -> Facts:
        small, large = sqrt(6.0) - 1.0, sqrt(6.0) + 1.0
        return Facts(
            solution=(1.0, 4.742999637264417, 3.8211499841848737, 1.3794082931726723),
            optimum=17.014017289156303,
            certificate="best known: published, and the best of many starts and of a fine grid",
            convex=False,
            multipliers=((0.5522936601207268, 1.087871228666941, *[0.0] * 7), (0.16146856677050583,)),
            critical_points={
                "minimum": [
                    (1.0, 5.0, small, large),
                    (1.0, small, 5.0, large),
                    (1.0, small, large, 5.0),
                ]
            },
            note="local minima of 27.146, 30.697 and 32.944 in corners where a = 1 and another variable is 5",
        )
