"""Two centers of a polytope: the analytic one and that of the largest ball inside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab_problems.constrained.quadratic_objective import LinearObjective
from optlab_problems.forms.sizes import in_memory

NEAR_THE_WALL = 0.9
"""The standard start is this far on the way from the center to the boundary."""


@dataclass(frozen=True)
class AnalyticCenter(ProblemBase):
    """−Σ log(bᵢ − aᵢᵀx): the analytic center of the polytope Ax < b, outside of which f is NaN.

    It teaches what a barrier is: the constraints are in the domain of f, and a step that leaves it has to be cut
    before anything else is asked. f is self-concordant, so damped Newton needs few steps from anywhere.
    The slacks s and x* are drawn first, with Σ aᵢ/sᵢ = 0; b = Ax* + s.

    Attributes
    ----------
    n, m : int
        Variables and half-spaces, m > n, so that the polytope is bounded.
    seed : int
        Of everything random. The standard start is near a wall.

    Source: Boyd & Vandenberghe (2004), section 8.5.3; example 9.3 for −Σ log(b − Ax).
    """

    suites = ("constrained",)
    tags = ("convex", "strictly_convex", "domain")
    variants = ({"n": 1, "m": 2}, {"n": 10, "m": 40, "seed": 1}, {"n": 60, "m": 150})

    n: Annotated[int, Ge(1)] = 3
    m: Annotated[int, Ge(2)] = 8
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.m, self.n, "m", "n")
        if not self.m > self.n:
            msg = f"analytic_center: m must be over n = {self.n}, given {self.m}; try {2 * self.n + 1}"
            raise InputError(msg)

    @cached_property
    def _data(self) -> tuple[Array, Array, Array, Array]:
        """(A, b, x*, start)."""
        random = np.random.default_rng(self.seed)
        weights = random.uniform(0.5, 2.0, self.m)
        A = balanced(random, weights, self.n)
        x, d = random.standard_normal(self.n), random.standard_normal(self.n)
        slack = 1.0 / weights
        return A, A @ x + slack, x, x + NEAR_THE_WALL / float((A @ d / slack).max()) * d

    def value(self, x: Array) -> float:
        A, b, *_ = self._data
        return -np.sum(np.log(b - A @ x))  # type: ignore[no-any-return]  # a NumPy float, or autograd's box

    def gradient(self, x: Array) -> Array:
        A, b, *_ = self._data
        return np.asarray(1.0 / (b - A @ x) @ A)

    def hessian(self, x: Array) -> Array:
        A, b, *_ = self._data
        scaled = A / (b - A @ x)[:, None]
        return np.asarray(scaled.T @ scaled)

    def hvp(self, x: Array, v: Array) -> Array:
        A, b, *_ = self._data
        return np.asarray((A @ v) / (b - A @ x) ** 2 @ A)

    def values(self, X: Array) -> Array:
        A, b, *_ = self._data
        return np.asarray(-np.sum(np.log(b - X @ A.T), axis=1))

    def gradients(self, X: Array) -> Array:
        A, b, *_ = self._data
        return np.asarray(1.0 / (b - X @ A.T) @ A)

    def start(self) -> Array:
        return self._data[3].copy()

    def facts(self) -> Facts:
        x = self._data[2]
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True)


@dataclass(frozen=True)
class ChebyshevCenter(LinearObjective):
    """−r subject to aᵢᵀc + ‖aᵢ‖r ≤ bᵢ: the largest ball in a polytope by a linear program.

    It teaches how a maximum over a set becomes a row: the ball of center c and radius r is on the right side of a
    plane when its center is, by r. n half-spaces touch the ball at the solution, which is a vertex in (c, r).

    Attributes
    ----------
    n : int
        Variables: n − 1 for the center, and the radius last.
    m : int
        Half-spaces, m ≥ n.
    seed : int
        Of everything random; the center, the radius, the touching planes and their multipliers are drawn first.

    Source: Boyd & Vandenberghe (2004), section 4.3.1.
    """

    suites = ("constrained",)
    tags = ("linear", "convex")
    constraints = ("inequality",)
    variants = ({"n": 2, "m": 2}, {"n": 6, "m": 6, "seed": 1}, {"n": 30, "m": 90})

    n: Annotated[int, Ge(2)] = 3
    m: Annotated[int, Ge(2)] = 7
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.m, self.n, "m", "n")
        if self.m < self.n:
            msg = f"chebyshev_center: m must be at least n = {self.n}, given {self.m}; try {2 * self.n}"
            raise InputError(msg)

    @cached_property
    def _data(self) -> tuple[Array, Array, Array, Array]:
        """(rows, b, x*, λ*)."""
        random = np.random.default_rng(self.seed)
        lam = random.uniform(0.5, 2.0, self.n)
        touching = balanced(random, lam, self.n - 1)
        A = np.vstack([touching, random.standard_normal((self.m - self.n, self.n - 1))])
        norms = np.linalg.norm(A, axis=1)
        rows = np.column_stack([A, norms])
        x = np.append(random.standard_normal(self.n - 1), random.uniform(0.5, 1.5))
        slack = np.append(np.zeros(self.n), random.uniform(0.1, 1.0, self.m - self.n))
        lam = np.append(lam / float(lam @ norms[: self.n]), np.zeros(self.m - self.n))
        return rows, rows @ x + slack, x, lam

    @property
    def costs(self) -> Array:
        """(0, …, 0, −1)."""
        return np.append(np.zeros(self.n - 1), -1.0)

    @property
    def linear_inequality(self) -> tuple[Array, Array]:
        """(rows, b)."""
        return self._data[:2]

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        _, _, x, lam = self._data
        return Facts(solution=x, optimum=-float(x[-1]), certificate="convex, KKT at x*", convex=True,
                     multipliers=(lam, ()))  # fmt: skip


def balanced(random: np.random.Generator, weights: Array, n: int) -> Array:
    """Return random rows aᵢ with Σ weightsᵢ aᵢ = 0, shape (m, n)."""
    A = random.standard_normal((weights.size, n))
    A[-1] = -(weights[:-1] @ A[:-1]) / weights[-1]
    return A
