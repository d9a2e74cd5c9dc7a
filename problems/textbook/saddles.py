"""Saddle points: unbounded, strict and bounded below, degenerate."""

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
    tags = ("quadratic", "nonconvex", "unbounded")
    dimension = 2

    def value(self, x: Array) -> float:
        a, b = x.tolist()
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


@dataclass(frozen=True)
class StrictSaddle(ProblemBase):
    """½x² − ½y² + ¼y⁴: a strict saddle at 0 between the minima (0, ±1), bounded below by −¼.

    It teaches that a method which only follows −∇f cannot leave the stable manifold y = 0 by itself: from
    the standard start (1.7, 0) it ends on the saddle. Any offset, however small, lets it escape.

    Attributes
    ----------
    offset : float
        y of the standard start.

    Source: Lee, Simchowitz, Jordan & Recht (2016), Gradient descent only converges to minimizers, section 3.
    """

    suites = ("textbook", "saddles")
    tags = ("nonconvex",)
    dimension = 2

    offset: float = 0.0

    def value(self, x: Array) -> float:
        a, b = x.tolist()
        s = b * b
        f: float = 0.5 * a * a - 0.5 * s + 0.25 * s * s
        return f

    def gradient(self, x: Array) -> Array:
        a, b = x.tolist()
        return np.array([a, b * b * b - b])

    def hessian(self, x: Array) -> Array:
        return np.diag([1.0, 3.0 * x[1] * x[1] - 1.0])

    def hvp(self, x: Array, v: Array) -> Array:
        return np.array([v[0], (3.0 * x[1] * x[1] - 1.0) * v[1]])

    def values(self, X: Array) -> Array:
        s = X[:, 1] ** 2
        return np.asarray(0.5 * X[:, 0] ** 2 - 0.5 * s + 0.25 * s * s)

    def gradients(self, X: Array) -> Array:
        return np.column_stack([X[:, 0], X[:, 1] ** 3 - X[:, 1]])

    def hessians(self, X: Array) -> Array:
        H = np.zeros((len(X), 2, 2))
        H[:, 0, 0] = 1.0
        H[:, 1, 1] = 3.0 * X[:, 1] ** 2 - 1.0
        return H

    def start(self) -> Array:
        return np.array([1.7, float(self.offset)])

    def facts(self) -> Facts:
        return Facts(solution=(0.0, 1.0), solutions=[(0.0, -1.0)], optimum=-0.25, convex=False,
                     critical_points={"saddle": [(0.0, 0.0)]},
                     note="the line y = 0 is the stable manifold of the saddle")  # fmt: skip


@dataclass(frozen=True)
class MonkeySaddle(ProblemBase):
    """x³ − 3xy²: three valleys meet at 0, where the Hessian vanishes; unbounded below.

    It teaches that the second-derivative test can be silent: H = 0 at the only critical point.

    Source: Hilbert & Cohn-Vossen (1952), Geometry and the Imagination, section 28.
    """

    suites = ("textbook", "saddles")
    tags = ("nonconvex", "unbounded", "degenerate")
    dimension = 2

    def value(self, x: Array) -> float:
        a, b = x.tolist()
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
