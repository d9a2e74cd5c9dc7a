"""A steep wall beside a gentle slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class Cliff(Componentwise):
    """((a − 3)/100)² − (a − b) + exp(20(a − b)): a gentle slope that ends at a wall.

    It teaches what gradient clipping is for: on the slope ‖∇f‖ = 1.4, on the wall at the standard start it is 10¹⁰, and
    one step along it lands far beyond anything of interest. f is convex, and even so κ(H) = 4·10⁵ at x*.

    Source: Buckley (1989), Test functions for unconstrained minimization, problem 206 (CLIFF in CUTEst); the picture
    is that of Goodfellow, Bengio & Courville (2016), figure 8.3.
    """

    suites = ("textbook",)
    tags = ("convex", "strictly_convex", "ill_conditioned", "badly_scaled")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        u, d = 0.01 * (a - 3.0), a - b
        return u * u - d + np.exp(20.0 * d)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        wall = 20.0 * np.exp(20.0 * (a - b))
        return 2e-4 * (a - 3.0) - 1.0 + wall, 1.0 - wall

    def d2f(self, a: Any, b: Any) -> Entries:
        bend = 400.0 * np.exp(20.0 * (a - b))
        return {(0, 0): 2e-4 + bend, (0, 1): -bend, (1, 1): bend}

    def start(self) -> Array:
        return np.array([0.0, -1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(3.0, 3.1497866136776995),
            optimum=0.19978661367769954,
            certificate="convex, KKT at x*",
            convex=True,
            scale=1.0,
            note="x* = (3, 3 + log(20)/20), f* = (1 + log 20)/20; the start is on the wall, with f = 4.9e8",
        )
