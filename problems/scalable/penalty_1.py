"""Problem 23 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError

A = 1e-5
NEWTON_STEPS = 50
FEW = 16
"""Up to this n the other critical points are given; beyond, what curves there is lost beside the start's curvature."""


@dataclass(frozen=True)
class PenaltyI(ProblemBase):
    """10⁻⁵ Σ (xᵢ − 1)² + (Σ xᵢ² − ¼)²: a weak pull toward 1, a strong one to a sphere.

    It teaches what a penalty does to the condition number: along the sphere the curvature is of order 10⁻⁵, across it
    of order 1. The Hessian is a multiple of the identity plus a matrix of rank one.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Moré, Garbow & Hillstrom (1981), problem 23; Gill, Murray & Pitfield (1972).
    """

    name = "penalty_1"
    suites = ("scalable", "mgh")
    tags = ("least_squares", "nonconvex", "ill_conditioned")
    variants = ({"n": 4}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    def value(self, x: Array) -> float:
        e, s = x - 1.0, x @ x - 0.25
        return A * (e @ e) + s * s  # type: ignore[return-value]  # a number, or autograd's box

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        e, s = x - 1.0, float(x @ x) - 0.25
        f = A * float(e @ e) + s * s
        e *= 2.0 * A
        e += (4.0 * s) * x
        return f, e

    def hvp(self, x: Array, v: Array) -> Array:
        s = float(x @ x) - 0.25
        return (2.0 * A + 4.0 * s) * v + (8.0 * float(x @ v)) * x

    def hessian(self, x: Array) -> Array:
        if why := self.lacks("hessian"):
            raise InputError(why)
        H = 8.0 * np.outer(x, x)
        H.flat[:: self.n + 1] += 2.0 * A + 4.0 * (float(x @ x) - 0.25)
        return H

    def residuals(self, x: Any) -> Any:
        """√10⁻⁵ (xᵢ − 1) for every i, and Σ xᵢ² − ¼."""
        return np.append(sqrt(A) * (x - 1.0), x @ x - 0.25)

    def jacobian(self, x: Array) -> Array:
        if why := self.lacks("jacobian"):
            raise InputError(why)
        return np.vstack([sqrt(A) * np.eye(self.n), 2.0 * x])

    def start(self) -> Array:
        return np.arange(1.0, self.n + 1.0)

    @cached_property
    def _levels(self) -> list[float]:
        """All t with ∇f = 0 at (t, …, t), ascending.

        ∇f = 0 says xᵢ(2a + 4s) = 2a with a = 10⁻⁵, so that all xᵢ are alike; with t = τ/(2√n) then
        τ³ − (1 − 2a)τ − 4a√n = 0.
        """
        p, q = 1.0 - 2.0 * A, 4.0 * A * sqrt(self.n)
        starts = [1.0 + q]
        if 4.0 * p**3 > 27.0 * q * q:
            starts = [-1.0, -q, 1.0 + q]
        levels = []
        for tau in starts:
            for _ in range(NEWTON_STEPS):
                tau -= (tau * (tau * tau - p) - q) / (3.0 * tau * tau - p)  # noqa: PLW2901
            levels.append(tau / (2.0 * sqrt(self.n)))
        return levels

    def facts(self) -> Facts:
        *others, t = self._levels
        s = 0.5 * A * (1.0 - t) / t
        points = [np.full(self.n, level) for level in others]
        return Facts(
            solution=np.full(self.n, t),
            optimum=A * self.n * (1.0 - t) ** 2 + s * s,
            certificate="closed form",
            convex=False,
            critical_points={"saddle": points[:1], "maximum": points[1:]} if self.n <= FEW else {},
            note="x* is (t, …, t), t the positive root of a cubic equation",
        )
