"""A function with a wall: defined for positive x only."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase

FEW = 8
"""Up to this n plain floats are faster than arrays."""
NAN = float("nan")


@dataclass(frozen=True)
class LogBarrierSum(ProblemBase):
    """Σ (xᵢ − log xᵢ) for x > 0; f and its derivatives are NaN elsewhere.

    It teaches that a line search must survive values that are not finite: from the standard start
    (0.05, 12, …) the full Newton step leaves the domain at once.

    Source: Boyd & Vandenberghe (2004), sections 9.2 and 9.5 (logarithmic examples, domain of f).
    """

    suites = ("textbook",)
    tags = ("convex", "strictly_convex", "domain")
    variants = ({"n": 12},)

    n: Annotated[int, Ge(1)] = 2

    def value(self, x: Array) -> float:
        if type(x) is not np.ndarray:
            return np.sum(x - np.log(x))  # autograd's box
        if self.n > FEW:
            return float(self.values(x[None, :])[0])
        entries = x.tolist()
        return sum([a - log(a) for a in entries]) if min(entries) > 0 else NAN

    def gradient(self, x: Array) -> Array:
        return 1.0 - 1.0 / inside(x)

    def hessian(self, x: Array) -> Array:
        return np.diag(inside(x) ** -2.0)

    def hvp(self, x: Array, v: Array) -> Array:
        return v / inside(x) ** 2

    def values(self, X: Array) -> Array:
        return np.asarray((X - np.log(inside(X))).sum(axis=1))

    def gradients(self, X: Array) -> Array:
        return np.asarray(1.0 - 1.0 / inside(X))

    def hessians(self, X: Array) -> Array:
        return np.asarray(np.einsum("ki,ij->kij", inside(X) ** -2.0, np.eye(X.shape[1])))

    def start(self) -> Array:
        return np.where(np.arange(self.n) % 2 == 0, 0.05, 12.0)

    def facts(self) -> Facts:
        return Facts(
            solution=np.ones(self.n),
            optimum=float(self.n),
            certificate="convex, KKT at x*",
            convex=True,
            note="defined for x > 0 only",
        )


def inside(x: Array) -> Array:
    """Return x with NaN for every entry outside the domain."""
    return np.where(x > 0, x, NAN)
