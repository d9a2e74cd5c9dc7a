"""A gradient that is continuous and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.problem import Array, Facts, ProblemBase


@dataclass(frozen=True)
class HolderGradient(ProblemBase):
    """Σ |xᵢ|^p with 1 < p < 2: its gradient is continuous, but with no Lipschitz constant at 0.

    It teaches what "L-smooth" rules out: no fixed step α converges, however small; every variable ends in a cycle of
    two points ±(pα/2)^(1/(2 − p)). The second derivative is infinite at x*, so that no Hessian is offered.

    Attributes
    ----------
    n : int
        Number of variables.
    exponent : float
        p; the gradient is Hölder continuous with exponent p − 1.

    Source: Nesterov (2015), Universal gradient methods for convex optimization problems, section 1 (Hölder condition).
    """

    suites = ("textbook",)
    tags = ("convex", "strictly_convex", "nonsmooth")
    variants = ({"n": 1}, {"n": 6, "exponent": 1.2})
    autodiff = False

    n: Annotated[int, Ge(1)] = 2
    exponent: Annotated[float, Gt(1), Lt(2)] = 1.5

    def value(self, x: Array) -> float:
        return np.sum(np.abs(x) ** self.exponent)

    def gradient(self, x: Array) -> Array:
        return self.gradients(x)

    def values(self, X: Array) -> Array:
        return np.asarray((np.abs(X) ** self.exponent).sum(axis=1))

    def gradients(self, X: Array) -> Array:
        p = self.exponent
        return np.asarray(p * np.sign(X) * np.abs(X) ** (p - 1.0))

    def start(self) -> Array:
        return np.linspace(1.0, 2.0, self.n)

    def facts(self) -> Facts:
        return Facts(
            solution=np.zeros(self.n),
            optimum=0.0,
            certificate="convex, KKT at x*",
            convex=True,
            note="pure Newton would multiply every xᵢ by (p − 2)/(p − 1): at p = 1.5 it goes from x to −x and back",
        )
