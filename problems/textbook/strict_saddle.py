"""A strict saddle between two minima."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase
from optlab_problems.forms.sizes import finite


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
    tags = ("nonconvex", "saddle")
    dimension = 2
    variants = ({"offset": 1e-3},)

    offset: float = 0.0

    def __post_init__(self) -> None:
        finite(self, "offset")

    def value(self, x: Array) -> float:
        a, b = x.tolist() if type(x) is np.ndarray else x
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
        return Facts(
            solution=(0.0, 1.0),
            solutions=[(0.0, -1.0)],
            optimum=-0.25,
            certificate="closed form: f = ½x² + ¼(y² − 1)² − ¼",
            convex=False,
            critical_points={"saddle": [(0.0, 0.0)]},
            note="the line y = 0 is the stable manifold of the saddle",
        )
