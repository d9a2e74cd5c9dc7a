"""Functions of one variable that Newton's method stumbles over."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase


@dataclass(frozen=True)
class DoubleWell(ProblemBase):
    """x⁴/4 − x²/2: two wells at ±1 and a hill at 0.

    It teaches that Newton looks for a zero of f′, whatever it is: from the standard start 0.3, where f″ < 0,
    it climbs to the maximum at 0.

    Source: Strogatz (2015), Nonlinear Dynamics and Chaos, section 2.7.
    """

    suites = ("textbook",)
    tags = ("nonconvex",)
    dimension = 1

    def value(self, x: Array) -> float:
        s = x[0] * x[0]
        return 0.25 * s * s - 0.5 * s  # type: ignore[no-any-return]  # a NumPy float

    def gradient(self, x: Array) -> Array:
        return x * x * x - x

    def hessian(self, x: Array) -> Array:
        return (3.0 * x * x - 1.0).reshape(1, 1)

    def hvp(self, x: Array, v: Array) -> Array:
        return (3.0 * x * x - 1.0) * v

    def values(self, X: Array) -> Array:
        s = X[:, 0] ** 2
        return np.asarray(0.25 * s * s - 0.5 * s)

    def gradients(self, X: Array) -> Array:
        return X * X * X - X

    def hessians(self, X: Array) -> Array:
        return (3.0 * X * X - 1.0).reshape(-1, 1, 1)

    def start(self) -> Array:
        return np.array([0.3])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0,), solutions=[(-1.0,)], optimum=-0.25, convex=False, critical_points={"maximum": [(0.0,)]}
        )


@dataclass(frozen=True)
class SqrtOnePlusSquare(ProblemBase):
    """√(1 + x²): smooth and strictly convex, and yet pure Newton diverges from |x| > 1.

    It teaches why steps are damped: the Newton step maps x to −x³, so 2 → −8 → 512.

    Source: Dennis & Schnabel (1996), section 2.2 (how Newton's method fails far from the solution).
    """

    suites = ("textbook",)
    tags = ("convex",)
    dimension = 1

    def value(self, x: Array) -> float:
        return hypot(1.0, float(x[0]))

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
        return Facts(solution=(0.0,), optimum=1.0, convex=True)
