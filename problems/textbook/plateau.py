"""A dent in a plain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.separable import Separable


@dataclass(frozen=True)
class Plateau(Separable):
    """Σ xᵢ²/(1 + xᵢ²): a dent at 0 in a plain that rises to n.

    It teaches that gradients also vanish where nothing is near: they fall like 2/x³, and beyond 1/√3 the curvature is
    negative. A small gradient there is no small error.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Geman & McClure (1987), Statistical methods for tomographic image reconstruction (the loss); Goodfellow,
    Bengio & Courville (2016), section 8.2.3 (plateaus).
    """

    suites = ("textbook",)
    tags = ("nonconvex",)
    variants = ({"n": 1}, {"n": 6})

    n: Annotated[int, Ge(1)] = 2

    def phi(self, x: Any) -> Any:
        s = x * x
        return s / (1.0 + s)

    def dphi(self, x: Array) -> Array:
        return np.asarray(2.0 * x / (1.0 + x * x) ** 2)

    def d2phi(self, x: Array) -> Array:
        s = x * x
        return np.asarray((2.0 - 6.0 * s) / (1.0 + s) ** 3)

    def start(self) -> Array:
        return np.linspace(5.0, 10.0, self.n)

    def facts(self) -> Facts:
        return Facts(
            solution=np.zeros(self.n),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            scale=1.0,
            note="0 is the only critical point, and f < n everywhere",
        )
