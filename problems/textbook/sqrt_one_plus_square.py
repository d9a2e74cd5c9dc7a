"""A convex function on which pure Newton diverges."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase


@dataclass(frozen=True)
class SqrtOnePlusSquare(ProblemBase):
    """√(1 + x²): smooth and strictly convex, and yet pure Newton diverges from |x| > 1.

    It teaches why steps are damped: the Newton step maps x to −x³, so 2 → −8 → 512.

    Source: Dennis & Schnabel (1996), section 2.2 (how Newton's method fails far from the solution).
    """

    suites = ("textbook",)
    tags = ("convex", "strictly_convex")
    dimension = 1

    def value(self, x: Array) -> float:
        if type(x) is not np.ndarray:
            return np.sqrt(1.0 + x[0] * x[0])  # type: ignore[no-any-return]  # autograd's box
        return hypot(1.0, x.item())

    def gradient(self, x: Array) -> Array:
        return x / np.hypot(1.0, x)

    def hessian(self, x: Array) -> Array:
        return np.asarray(np.hypot(1.0, x) ** -3.0).reshape(1, 1)

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(np.hypot(1.0, x) ** -3.0 * v)

    def values(self, X: Array) -> Array:
        return np.hypot(1.0, X[:, 0])

    def gradients(self, X: Array) -> Array:
        return X / np.hypot(1.0, X)

    def hessians(self, X: Array) -> Array:
        return np.asarray(np.hypot(1.0, X) ** -3.0).reshape(-1, 1, 1)

    def start(self) -> Array:
        return np.array([2.0])

    def facts(self) -> Facts:
        return Facts(solution=(0.0,), optimum=1.0, certificate="convex, KKT at x*", convex=True)
