"""A saddle whose Hessian vanishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase


@dataclass(frozen=True)
class MonkeySaddle(ProblemBase):
    """x³ − 3xy²: three valleys meet at 0, where the Hessian vanishes; unbounded below.

    It teaches that the second-derivative test can be silent: H = 0 at the only critical point.

    Source: Hilbert & Cohn-Vossen (1952), Geometry and the Imagination, section 28.
    """

    suites = ("textbook", "saddles")
    tags = ("nonconvex", "saddle", "unbounded", "degenerate")
    dimension = 2

    def value(self, x: Array) -> float:
        a, b = x.tolist() if type(x) is np.ndarray else x
        f: float = a * (a * a - 3.0 * b * b)
        return f

    def gradient(self, x: Array) -> Array:
        a, b = x.tolist()
        return np.array([3.0 * (a * a - b * b), -6.0 * a * b])

    def hessian(self, x: Array) -> Array:
        a, b = (6.0 * x).tolist()
        return np.array([[a, -b], [-b, -a]])

    def hvp(self, x: Array, v: Array) -> Array:
        a, b = (6.0 * x).tolist()
        return np.array([a * v[0] - b * v[1], -b * v[0] - a * v[1]])

    def values(self, X: Array) -> Array:
        a, b = X.T
        return np.asarray(a * (a * a - 3.0 * b * b))

    def gradients(self, X: Array) -> Array:
        a, b = X.T
        return np.column_stack([3.0 * (a * a - b * b), -6.0 * a * b])

    def hessians(self, X: Array) -> Array:
        a, b = 6.0 * X.T
        return np.stack([np.column_stack([a, -b]), np.column_stack([-b, -a])], axis=1)

    def start(self) -> Array:
        return np.array([1.0, 0.5])

    def facts(self) -> Facts:
        return Facts(critical_points={"degenerate": [(0.0, 0.0)]}, convex=False, note="unbounded below")
