"""A convex function on which steepest descent stops short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class WolfeZigzag(Componentwise):
    """5√(9a² + 16b²) for a ≥ |b|, else 9a + 16|b|, less a⁹ for a ≤ 0: zigzags that stop short.

    It teaches why steepest descent needs smoothness: f is convex, and differentiable at every iterate, and yet from the
    standard start exact line searches zigzag to the point 0, where nothing is stationary: f(0) = 0, f* = −8.
    The kinks are the half-line b = 0, a ≤ 0; there the derivative by b is given as 0, one of its subgradients.

    Source: Wolfe (1975), A method of conjugate subgradients for minimizing nondifferentiable functions.
    """

    suites = ("textbook",)
    tags = ("convex", "nonsmooth")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        if a > 0 and a >= abs(b):
            return 5.0 * np.sqrt(9.0 * a * a + 16.0 * b * b)
        return 9.0 * a + 16.0 * abs(b) - (a**9 if a <= 0 else 0.0)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        if a > 0 and a >= abs(b):
            r = np.sqrt(9.0 * a * a + 16.0 * b * b)
            return 45.0 * a / r, 80.0 * b / r
        return 9.0 - (9.0 * a**8 if a <= 0 else 0.0), 16.0 * np.sign(b)

    def d2f(self, a: Any, b: Any) -> Entries:
        if a > 0 and a >= abs(b):
            r = np.sqrt(9.0 * a * a + 16.0 * b * b)
            c = 720.0 / r**3
            return {(0, 0): c * b * b, (0, 1): -c * a * b, (1, 1): c * a * a}
        return {(0, 0): -72.0 * a**7 if a <= 0 else 0.0}

    def values(self, X: Array) -> Array:
        a, b = X.T
        beside = 9.0 * a + 16.0 * np.abs(b) - np.minimum(a, 0.0) ** 9
        return np.asarray(np.where(_smooth(a, b), 5.0 * np.sqrt(9.0 * a * a + 16.0 * b * b), beside))

    def gradients(self, X: Array) -> Array:
        a, b = X.T
        smooth = _smooth(a, b)
        r = np.where(smooth, np.sqrt(9.0 * a * a + 16.0 * b * b), 1.0)
        by_a = np.where(smooth, 45.0 * a / r, 9.0 - 9.0 * np.minimum(a, 0.0) ** 8)
        return np.column_stack([by_a, np.where(smooth, 80.0 * b / r, 16.0 * np.sign(b))])

    def hessians(self, X: Array) -> Array:
        a, b = X.T
        smooth = _smooth(a, b)
        c = 720.0 * np.where(smooth, 9.0 * a * a + 16.0 * b * b, np.inf) ** -1.5
        H = np.empty((len(X), 2, 2))
        H[:, 0, 0] = c * b * b - 72.0 * np.minimum(a, 0.0) ** 7
        H[:, 0, 1] = H[:, 1, 0] = -c * a * b
        H[:, 1, 1] = c * a * a
        return H

    def start(self) -> Array:
        return np.array([16.0 / 9.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(-1.0, 0.0),
            optimum=-8.0,
            certificate="convex, KKT at x*",
            convex=True,
            note="exact steps multiply (a, |b|) by 7/25 each: they end at 0",
        )


def _smooth(a: Array, b: Array) -> Array:
    return np.asarray((a > 0) & (a >= np.abs(b)))
