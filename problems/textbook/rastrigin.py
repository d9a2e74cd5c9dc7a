"""A bowl covered with ripples."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.separable import Separable

WELLS = (0.9949586376523348, 1.9899122337085495, 2.984855701039481, 3.9797838603007536, 4.974691390895051)
HILL = 0.5025460365546747
"""The minima up to 5 and the first maximum in one variable on the positive side: zeros of t + 10π sin 2πt."""


@dataclass(frozen=True)
class Rastrigin(Separable):
    """10n + Σ (xᵢ² − 10 cos 2πxᵢ), a bowl covered with ripples: about one minimum per unit cell.

    Written as Σ (xᵢ² + 20 sin² πxᵢ), which is the same without the cancellation near 0. It teaches that a local method
    ends in some ripple, and that which one is an accident of its steps: the one nearest to the standard start 3.3 is at
    2.98 in every variable.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Rastrigin (1974), Systems of extremal control; Mühlenbein, Schomisch & Born (1991), function F6, for any n.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    variants = ({"n": 1}, {"n": 7})

    n: Annotated[int, Ge(1)] = 2

    def phi(self, x: Any) -> Any:
        s = np.sin(pi * x)
        return x * x + 20.0 * s * s

    def dphi(self, x: Array) -> Array:
        return 2.0 * x + 20.0 * pi * np.sin(2.0 * pi * x)

    def d2phi(self, x: Array) -> Array:
        return 2.0 + 40.0 * pi * pi * np.cos(2.0 * pi * x)

    def start(self) -> Array:
        return np.full(self.n, 3.3)

    def facts(self) -> Facts:
        n = self.n
        hill = np.full(n, HILL)
        between = np.zeros(n)
        between[0] = HILL
        return Facts(
            solution=np.zeros(n),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={
                "minimum": [np.full(n, well) for well in WELLS],
                "maximum": [hill],
                "saddle": [between] if n > 1 else [],
            },
            note="every choice of a well or a hill in every variable is a critical point; these are a few",
        )
