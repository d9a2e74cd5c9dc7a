"""Two wells and a hill between them."""

from __future__ import annotations

from dataclasses import dataclass

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
    tags = ("nonconvex", "multimodal")
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
            solution=(1.0,),
            solutions=[(-1.0,)],
            optimum=-0.25,
            certificate="closed form: f = ¼(x² − 1)² − ¼",
            convex=False,
            critical_points={"maximum": [(0.0,)]},
        )
