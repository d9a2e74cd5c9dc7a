"""A quartic on which Newton goes to and fro."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class NewtonCycle(Componentwise):
    """x⁴/4 − x² + 2x: from 0 pure Newton goes to 1, back to 0, and so on for ever.

    It teaches that Newton's method may neither converge nor diverge: the cycle attracts, so that starts near 0 or 1 are
    caught too. f″(0) = −2: damping with a descent direction breaks it.

    Source: Smale (1985), On the efficiency of algorithms of analysis (the cycle of x³ − 2x + 2).
    """

    suites = ("textbook",)
    tags = ("nonconvex",)
    dimension = 1

    def f(self, x: Any) -> Any:
        s = x * x
        return 0.25 * s * s - s + 2.0 * x

    def df(self, x: Any) -> tuple[Any]:
        return (x * (x * x - 2.0) + 2.0,)

    def d2f(self, x: Any) -> Entries:
        return {(0, 0): 3.0 * x * x - 2.0}

    def start(self) -> Array:
        return np.zeros(1)

    def facts(self) -> Facts:
        return Facts(
            solution=(-1.7692923542386314,),
            optimum=-4.219136248741586,
            certificate="the only critical point of a quartic that grows in both directions",
            convex=False,
        )
