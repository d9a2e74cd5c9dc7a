"""The distribution of greatest entropy with a given mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.settings import check_settings
from optlab.core.status import InputError

STEPS = 200
"""Far more than bisection needs to the last bit."""


@dataclass(frozen=True)
class MaximumEntropy(ProblemBase):
    """Σ xᵢ log xᵢ subject to Σ xᵢ = 1 and Σ i xᵢ = mean: the loaded die of greatest entropy.

    It teaches that exponential families come out of maximum entropy: xᵢ = exp(−1 − ν₁ − ν₂ i), and one equation in
    ν₂ is all that is left. f is NaN where an xᵢ is negative or 0, though 0 log 0 = 0 in the limit.

    Attributes
    ----------
    n : int
        Number of faces; their values are 1, …, n.
    mean : float
        The mean to meet, between 1 and n; (n + 1)/2 gives the fair die.

    Source: Jaynes (1963), the die of mean 4.5; Boyd & Vandenberghe (2004), section 7.2.
    """

    suites = ("constrained",)
    tags = ("convex", "strictly_convex", "domain")
    constraints = ("equality",)
    variants = ({"n": 2, "mean": 1.25}, {"n": 6, "mean": 3.5}, {"n": 60, "mean": 10.0})

    n: Annotated[int, Ge(2)] = 6
    mean: Annotated[float, Gt(1)] = 4.5

    def __post_init__(self) -> None:
        check_settings(self)
        if not self.mean < self.n:
            msg = f"maximum_entropy: mean must be below n = {self.n}, given {self.mean}; try {(self.n + 1) / 2:g}"
            raise InputError(msg)

    @property
    def linear_equality(self) -> tuple[Array, Array]:  # type: ignore[override]  # read-only here
        """Rows (1, …, 1) and (1, 2, …, n)."""
        return np.array([np.ones(self.n), np.arange(1.0, self.n + 1.0)]), np.array([1.0, float(self.mean)])

    def value(self, x: Array) -> float:
        return np.sum(x * np.log(x))

    def gradient(self, x: Array) -> Array:
        return np.asarray(np.log(x) + 1.0)

    def hessian(self, x: Array) -> Array:
        return np.diag(1.0 / x)

    def hvp(self, x: Array, v: Array) -> Array:
        return v / x

    def values(self, X: Array) -> Array:
        return np.asarray(np.sum(X * np.log(X), axis=1))

    def gradients(self, X: Array) -> Array:
        return np.asarray(np.log(X) + 1.0)

    def start(self) -> Array:
        return np.full(self.n, 1.0 / self.n)

    def facts(self) -> Facts:
        theta = tilt(np.arange(1.0, self.n + 1.0), float(self.mean))
        x, log_sum = tilted(np.arange(1.0, self.n + 1.0), theta)
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True,
                     multipliers=((), (log_sum - 1.0, -theta)))  # fmt: skip


def tilted(values: Array, theta: float) -> tuple[Array, float]:
    """Return the probabilities proportional to exp(θ vᵢ), and the logarithm of Σ exp(θ vᵢ)."""
    top = float((theta * values).max())
    weights = np.exp(theta * values - top)
    total = float(weights.sum())
    return weights / total, top + float(np.log(total))


def tilt(values: Array, mean: float) -> float:
    """Return the θ at which the tilted mean is the given one: Newton's method, kept within a bracket by bisection."""
    spread = float(values[-1] - values[0])
    lo, hi = -1.0 / spread, 1.0 / spread
    while tilted(values, lo)[0] @ values > mean:
        lo *= 2.0
    while tilted(values, hi)[0] @ values < mean:
        hi *= 2.0
    theta = 0.0
    for _ in range(STEPS):
        x = tilted(values, theta)[0]
        excess = float(x @ (values - mean))
        lo, hi = (lo, theta) if excess > 0 else (theta, hi)
        step = excess / float(x @ (values - mean) ** 2 - excess**2)
        after = theta - step if lo < theta - step < hi else 0.5 * (lo + hi)
        if after == theta or excess == 0:
            break
        theta = after
    return theta
