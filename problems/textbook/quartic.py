"""The quartic bowl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase


@dataclass(frozen=True)
class Quartic(ProblemBase):
    """Σ xᵢ⁴: a strict global minimum at 0 with H = 0 there.

    It teaches that positive eigenvalues are sufficient, not necessary, for a minimum, and what a degenerate
    one costs: gradient descent slows down without end, Newton contracts by 2/3 and no faster.

    Source: Goodfellow, Bengio & Courville (2016), section 4.3.1 (the inconclusive test); Nocedal & Wright
    (2006), section 2.1 (the example).
    """

    suites = ("textbook",)
    tags = ("convex", "strictly_convex", "degenerate")
    variants = ({"n": 5},)

    n: Annotated[int, Ge(1)] = 2

    def value(self, x: Array) -> float:
        s = x * x
        return s @ s  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return 4.0 * x * x * x

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        s = x * x
        return float(s @ s), 4.0 * s * x

    def hessian(self, x: Array) -> Array:
        return np.diag(12.0 * x * x)

    def hvp(self, x: Array, v: Array) -> Array:
        return 12.0 * x * x * v

    def values(self, X: Array) -> Array:
        return np.asarray(((X * X) ** 2).sum(axis=1))

    def gradients(self, X: Array) -> Array:
        return np.asarray(4.0 * X * X * X)

    def hessians(self, X: Array) -> Array:
        return np.asarray(np.einsum("ki,ij->kij", 12.0 * X * X, np.eye(X.shape[1])))

    def start(self) -> Array:
        return np.linspace(1.0, 2.0, self.n)

    def facts(self) -> Facts:
        return Facts(
            solution=np.zeros(self.n),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
            note="a small gradient is no small error: ‖∇f‖ = 4|x|³",
        )
