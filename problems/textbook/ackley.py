"""A funnel with ripples and a kink at the bottom."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase

RIPPLES = (0.9684776587077244, 1.9744519864841166, 2.9792239546911445, 3.983067699689763, 4.986180456997876)
"""The minima on the diagonal x = (t, …, t), for every n: zeros of 4 e^(−t/5) + 2π sin(2πt) e^(cos 2πt)."""


@dataclass(frozen=True)
class Ackley(ProblemBase):
    """20 − 20 exp(−‖x‖/5√n) + e − exp(mean cos 2πxᵢ): a funnel with ripples, and a kink at 0.

    It teaches two things at once: ripples that trap a local method, and a minimum at which f is not differentiable.
    Near 0, f ≈ 4‖x‖/√n: the gradient does not tend to 0 and no test of its size ever stops a method there.

    At 0 itself the gradient and the Hessian are those of the ripples alone, 0 and 4π²e/n · I: 0 is one of the
    subgradients, but f has no gradient there.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Ackley (1987), A Connectionist Machine for Genetic Hillclimbing; Bäck (1996), for any n.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal", "nonsmooth")
    variants = ({"n": 1}, {"n": 5})

    n: Annotated[int, Ge(1)] = 2

    def value(self, x: Array) -> float:
        s = np.mean(x * x)
        ripples = np.exp(1.0) - np.exp(np.mean(np.cos(2.0 * pi * x)))
        return ripples - 20.0 * np.expm1(-0.2 * np.sqrt(s)) if s > 0 else ripples  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        return np.asarray(self.gradients(x[None, :])[0])

    def hessian(self, x: Array) -> Array:
        return np.asarray(self.hessians(x[None, :])[0])

    def hvp(self, x: Array, v: Array) -> Array:
        n, (r, pull, ripple, q, c) = self.n, self._parts(x[None, :])
        bend = pull * (0.2 + 1.0 / r) / (n * r)
        along = pull * v - bend * (x @ v) * x
        return np.asarray((along - ripple * ((q[0] @ v) * q - c * v))[0])

    def _parts(self, X: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Return r (1 at 0), the factor of x in the funnel's gradient, e^m, ∇m and the diagonal of −∇²m."""
        n = X.shape[1]
        r = np.sqrt(np.mean(X * X, axis=1))[:, None]
        there = r > 0
        r = np.where(there, r, 1.0)
        pull = np.where(there, 4.0 * np.exp(-0.2 * r) / (n * r), 0.0)
        c = np.cos(2.0 * pi * X)
        ripple = np.exp(np.mean(c, axis=1))[:, None]
        return r, pull, ripple, (-2.0 * pi / n) * np.sin(2.0 * pi * X), (4.0 * pi * pi / n) * c

    def values(self, X: Array) -> Array:
        r = np.sqrt(np.mean(X * X, axis=1))
        return np.asarray(np.exp(1.0) - np.exp(np.mean(np.cos(2.0 * pi * X), axis=1)) - 20.0 * np.expm1(-0.2 * r))

    def gradients(self, X: Array) -> Array:
        _, pull, ripple, q, _ = self._parts(X)
        return np.asarray(pull * X - ripple * q)

    def hessians(self, X: Array) -> Array:
        n, (r, pull, ripple, q, c) = X.shape[1], self._parts(X)
        bend = pull * (0.2 + 1.0 / r) / (n * r)
        i = np.arange(n)
        H = -bend[:, :, None] * X[:, :, None] * X[:, None, :] - ripple[:, :, None] * q[:, :, None] * q[:, None, :]
        H[:, i, i] += pull + ripple * c
        return np.asarray(H)

    def start(self) -> Array:
        return np.where(np.arange(self.n) % 2 == 0, 2.7, 3.2)

    def facts(self) -> Facts:
        return Facts(
            solution=np.zeros(self.n),
            optimum=0.0,
            certificate="closed form: neither exponential is greater than at 0",
            convex=False,
            critical_points={"minimum": [np.full(self.n, t) for t in RIPPLES]},
            note="not differentiable at x*: near it ‖∇f‖ ≈ 4/√n, however near; the minima listed are on the diagonal",
        )
