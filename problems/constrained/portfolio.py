"""Mean–variance choice of a portfolio."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab_problems.constrained.quadratic_objective import QuadraticObjective
from optlab_problems.forms.sizes import in_memory

SLACK = 1e-12
"""A multiplier below −SLACK times the greatest gradient releases its bound."""


@dataclass(frozen=True)
class Portfolio(QuadraticObjective):
    """½γxᵀΣx − μᵀx subject to Σxᵢ = 1 and x ≥ 0: risk against return, without short sales.

    It teaches sparsity by constraints: most assets get nothing. The multiplier of the budget is what one more unit
    of money would lose, that of a bound how much return its asset lacks.

    Attributes
    ----------
    n : int
        Number of assets.
    factors : int
        Columns of B in the covariance Σ = BBᵀ + D of a factor model, D diagonal.
    aversion : float
        γ, the weight of risk: half of γ times the variance counts like return.
    seed : int
        Of the returns μ and of Σ.

    Source: Markowitz (1952); Nocedal & Wright (2006), section 16.1, example 16.1.
    """

    suites = ("constrained", "quadratics")
    tags = ("quadratic", "convex", "strictly_convex")
    constraints = ("bounds", "equality")
    variants = ({"n": 2, "factors": 1}, {"n": 60, "aversion": 30.0, "seed": 1}, {"n": 5, "aversion": 0.01, "seed": 2})

    n: Annotated[int, Ge(1)] = 10
    factors: Annotated[int, Ge(1)] = 3
    aversion: Annotated[float, Gt(0)] = 5.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")
        in_memory(self, self.n, self.factors, "n", "factors")

    @cached_property
    def objective_data(self) -> tuple[Array, Array]:
        """(γΣ, −μ)."""
        random = np.random.default_rng(self.seed)
        B = 0.2 * random.standard_normal((self.n, self.factors))
        covariance = B @ B.T + np.diag(random.uniform(0.1, 0.3, self.n) ** 2)
        return self.aversion * covariance, -random.uniform(0.0, 0.2, self.n)

    @property
    def bounds(self) -> tuple[float, float]:
        """(0, ∞) for every asset."""
        return 0.0, np.inf

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Σ xᵢ = 1."""
        return np.ones((1, self.n)), np.ones(1)

    def start(self) -> Array:
        return np.full(self.n, 1.0 / self.n)

    def facts(self) -> Facts:
        x, lam, nu = on_simplex(*self.objective_data)
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True,
                     multipliers=(lam, (nu,)))  # fmt: skip


def on_simplex(H: Array, q: Array) -> tuple[Array, Array, float]:
    """Return x, λ and ν of the least ½xᵀHx + qᵀx with Σxᵢ = 1, x ≥ 0, H positive definite.

    A primal active-set method: each step solves for the free variables exactly. Source: Nocedal & Wright (2006),
    algorithm 16.3.
    """
    n = q.size
    x = np.eye(n)[int(np.argmin(0.5 * np.diag(H) + q))]
    free = x > 0
    while True:
        there = np.flatnonzero(free)
        K = np.ones((there.size + 1, there.size + 1))
        K[:-1, :-1], K[-1, -1] = H[np.ix_(there, there)], 0.0
        solved = np.linalg.solve(K, np.append(-q[there], 1.0))
        target, nu = solved[:-1], float(solved[-1])
        down = np.flatnonzero(target < 0)
        if down.size:
            ratios = x[there[down]] / (x[there[down]] - target[down])
            blocking = int(np.argmin(ratios))
            x[there] += ratios[blocking] * (target - x[there])
            x[there[down[blocking]]] = 0.0
            free[there[down[blocking]]] = False
            continue
        x[there] = target
        slope = H @ x + q + nu
        lam = np.where(free, 0.0, slope)
        if lam.min() >= -SLACK * np.abs(slope - nu).max():
            return x, np.maximum(lam, 0.0), nu
        free[int(np.argmin(lam))] = True
