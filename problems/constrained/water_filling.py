"""Power over channels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase


@dataclass(frozen=True)
class WaterFilling(ProblemBase):
    """−Σ log(αᵢ + xᵢ) subject to Σ xᵢ = power and x ≥ 0: power over channels of noise α.

    It teaches complementarity one can see: water poured over the ground α stands at one level w, xᵢ = max(0, w − αᵢ),
    and what is above the water stays dry. The multiplier of the sum is 1/w.

    Attributes
    ----------
    n : int
        Number of channels.
    power : float
        What is shared out.
    seed : int
        Of the ground α, uniform between 0.1 and 2.

    Source: Boyd & Vandenberghe (2004), example 5.2.
    """

    suites = ("constrained",)
    tags = ("convex", "strictly_convex", "domain")
    constraints = ("bounds", "equality")
    variants = ({"n": 1}, {"n": 5, "power": 50.0}, {"n": 60, "power": 0.3, "seed": 1})

    n: Annotated[int, Ge(1)] = 8
    power: Annotated[float, Gt(0)] = 2.0
    seed: Annotated[int, Ge(0)] = 0

    @cached_property
    def ground(self) -> Array:
        """α, shape (n,)."""
        return np.random.default_rng(self.seed).uniform(0.1, 2.0, self.n)

    @property
    def bounds(self) -> tuple[float, float]:  # type: ignore[override]  # read-only here
        """(0, ∞) for every channel."""
        return 0.0, np.inf

    @property
    def linear_equality(self) -> tuple[Array, Array]:  # type: ignore[override]  # read-only here
        """Σ xᵢ = power."""
        return np.ones((1, self.n)), np.array([float(self.power)])

    @property
    def level(self) -> float:
        """The water level w, from the channels in order of their ground."""
        ground = np.sort(self.ground)
        levels = (self.power + np.cumsum(ground)) / np.arange(1.0, self.n + 1.0)
        return float(levels[np.flatnonzero(levels >= ground)[-1]])

    def value(self, x: Array) -> float:
        return -np.sum(np.log(self.ground + x))  # type: ignore[no-any-return]  # a NumPy float, or autograd's box

    def gradient(self, x: Array) -> Array:
        return np.asarray(-1.0 / (self.ground + x))

    def hessian(self, x: Array) -> Array:
        return np.diag((self.ground + x) ** -2.0)

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(v / (self.ground + x) ** 2)

    def values(self, X: Array) -> Array:
        return np.asarray(-np.sum(np.log(self.ground + X), axis=1))

    def gradients(self, X: Array) -> Array:
        return np.asarray(-1.0 / (self.ground + X))

    def start(self) -> Array:
        return np.full(self.n, self.power / self.n)

    def facts(self) -> Facts:
        w = self.level
        x = np.maximum(0.0, w - self.ground)
        lam = np.where(x > 0, 0.0, 1.0 / w - 1.0 / self.ground)
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True,
                     multipliers=(lam, (1.0 / w,)))  # fmt: skip
