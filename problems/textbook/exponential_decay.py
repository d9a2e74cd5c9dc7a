"""An infimum that is not attained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class ExponentialDecay(Componentwise):
    """exp(−x): convex, bounded below, and without a minimum.

    It teaches that a vanishing gradient need not mean a minimum nearby: Newton's step is 1 for ever, gradient descent
    grows like log k, and whatever stops them is the stop rule.

    Source: Boyd & Vandenberghe (2004), example 4.1 (an optimal value that is not attained, of 1/x there).
    """

    suites = ("textbook",)
    tags = ("convex", "strictly_convex", "unattained")
    dimension = 1

    def f(self, x: Any) -> Any:
        return np.exp(-x)

    def df(self, x: Any) -> tuple[Any]:
        return (-np.exp(-x),)

    def d2f(self, x: Any) -> Entries:
        return {(0, 0): np.exp(-x)}

    def start(self) -> Array:
        return np.zeros(1)

    def facts(self) -> Facts:
        return Facts(
            optimum=0.0,
            attained=False,
            certificate="closed form: positive, and it tends to 0 as x grows",
            convex=True,
            note="no critical point: f tends to its infimum as x → ∞",
        )
