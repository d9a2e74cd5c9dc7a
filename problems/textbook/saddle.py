"""The plainest saddle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase


@dataclass(frozen=True)
class Saddle(ProblemBase):
    """x² − y²: the plainest saddle, unbounded below.

    It teaches that ∇f = 0 is no minimum: pure Newton reaches the saddle in one step from anywhere, a
    method that decreases f leaves it and falls without end.

    Source: Goodfellow, Bengio & Courville (2016), figure 4.5.
    """

    suites = ("textbook", "saddles")
    tags = ("quadratic", "nonconvex", "saddle", "unbounded")
    dimension = 2

    def value(self, x: Array) -> float:
        a, b = x.tolist() if type(x) is np.ndarray else x
        f: float = a * a - b * b
        return f

    def gradient(self, x: Array) -> Array:
        a, b = x.tolist()
        return np.array([2.0 * a, -2.0 * b])

    def hessian(self, x: Array) -> Array:
        return np.diag([2.0, -2.0])

    def hvp(self, x: Array, v: Array) -> Array:
        return v * (2.0, -2.0)

    def values(self, X: Array) -> Array:
        return np.asarray(X[:, 0] ** 2 - X[:, 1] ** 2)

    def gradients(self, X: Array) -> Array:
        return X * (2.0, -2.0)

    def hessians(self, X: Array) -> Array:
        return np.tile(np.diag([2.0, -2.0]), (len(X), 1, 1))

    def start(self) -> Array:
        return np.array([1.0, 0.1])

    def facts(self) -> Facts:
        return Facts(
            critical_points={"saddle": [(0.0, 0.0)]}, convex=False, curvature=(-2.0, 2.0), note="unbounded below"
        )
