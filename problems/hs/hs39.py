"""Problem 39 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS39(Componentwise):
    """−a subject to b = a³ + c² and a² = b + d².

    Source: Hock & Schittkowski (1981), problem 39.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 4
    constraints = ("equality",)

    def f(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        return -a

    def df(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return -1.0, 0.0, 0.0, 0.0

    def d2f(self, a: Any, b: Any, c: Any, d: Any) -> Entries:
        return {}

    def h(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
        return b - a**3 - c * c, a * a - b - d * d

    def dh(self, a: Any, b: Any, c: Any, d: Any) -> tuple[tuple[Any, ...], ...]:
        return (-3.0 * a * a, 1.0, -2.0 * c, 0.0), (2.0 * a, -1.0, 0.0, -2.0 * d)

    def d2h(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Entries, Entries]:
        return {(0, 0): -6.0 * a, (2, 2): -2.0}, {(0, 0): 2.0, (3, 3): -2.0}

    def start(self) -> Array:
        return np.array([2.0, 2.0, 2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0, 0.0, 0.0),
            optimum=-1.0,
            certificate="closed form: the constraints add up to a²(1 − a) = c² + d²",
            multipliers=((), (-1.0, -1.0)),
            note="at the feasible origin the constraints' gradients are dependent and no multipliers exist: "
            "methods that come near it stall with f = 0",
        )
