"""A bowl that turns into a cone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab_problems.forms.separable import Separable


@dataclass(frozen=True)
class Huber(Separable):
    """Σ h(xᵢ), h = ½t² for |t| ≤ δ and δ(|t| − ½δ) beyond: a bowl, then straight slopes.

    It teaches what a jump in the curvature does: Newton needs one step inside; outside, H is singular and Newton has no
    step at all, though f is convex with one minimum. The gradient is continuous, H jumps at |xᵢ| = δ.

    Attributes
    ----------
    n : int
        Number of variables.
    delta : float
        δ, where the bowl ends, in the units of x.

    Source: Huber (1964), Robust estimation of a location parameter; Boyd & Vandenberghe (2004), section 6.1.2.
    """

    suites = ("textbook",)
    tags = ("convex", "nonsmooth")
    variants = ({"n": 1}, {"n": 5, "delta": 0.25})

    n: Annotated[int, Ge(1)] = 2
    delta: Annotated[float, Gt(0)] = 1.0

    def phi(self, x: Any) -> Any:
        inside = np.minimum(np.maximum(x, -self.delta), self.delta)
        return inside * (x - 0.5 * inside)

    def dphi(self, x: Array) -> Array:
        return np.clip(x, -self.delta, self.delta)

    def d2phi(self, x: Array) -> Array:
        return np.where(np.abs(x) <= self.delta, 1.0, 0.0)

    def start(self) -> Array:
        return self.delta * np.linspace(3.0, 5.0, self.n)

    def facts(self) -> Facts:
        return Facts(
            solution=np.zeros(self.n),
            optimum=0.0,
            certificate="convex, KKT at x*",
            convex=True,
            note="at the standard start the Hessian is 0",
        )
