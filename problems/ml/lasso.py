"""Least squares with an ℓ₁ penalty."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab.proximal.elastic_net import ElasticNet as Term
from optlab_problems.ml.quadratic_program import QuadraticProgram
from optlab_problems.ml.squared_loss import Regression


@dataclass(frozen=True)
class Shrinkage(Regression):
    """‖Xw − y‖² and, as a composite term, α‖w‖₁ + ½ρ‖w‖²; the base of `lasso` and `elastic_net`."""

    abstract: ClassVar[bool] = True
    tags = ("quadratic", "convex", "least_squares", "finite_sum", "nonsmooth")
    constraints = ("composite",)

    l1: Annotated[float | None, Ge(0)] = None
    fraction: Annotated[float, Gt(0)] = 0.1

    @cached_property
    def alpha(self) -> float:
        """α: l1, or the fraction of 2‖Xᵀy‖∞."""
        return self.fraction * float(np.abs(2.0 * (self.X.T @ self.y)).max()) if self.l1 is None else float(self.l1)

    @property
    def rho(self) -> float:
        """ρ."""
        return 0.0

    @cached_property
    def composite(self) -> Term:
        """α‖w‖₁ + ½ρ‖w‖²."""
        return Term(self.alpha, self.rho)

    def _minimizer(self) -> Array | None:
        """Return u − v of the quadratic program in u, v ≥ 0 with αΣ(u + v) for α‖w‖₁; None if it is not certified."""
        n, G, q = self.n, self._gram + self.rho * np.eye(self.n), 2.0 * (self.X.T @ self.y)
        program = QuadraticProgram(
            Q=np.block([[G, -G], [-G, G]]),
            c=self.alpha + np.concatenate([-q, q]),
            lo=np.zeros(2 * n),
            hi=np.full(2 * n, np.inf),
            A=np.empty((0, 2 * n)),
            b=np.empty(0),
        )
        found = program.solve()
        return None if found is None else found[0][:n] - found[0][n:]

    def facts(self) -> Facts:
        w = self.solve(0.5 * self.rho) if not self.alpha else self._minimizer()
        if w is None:
            return Facts(convex=True, curvature=self._curvature())
        return Facts(
            solution=w,
            optimum=float(self.objective(w)),
            certificate="convex, KKT at x*",
            convex=True,
            curvature=self._curvature(),
        )


@dataclass(frozen=True)
class Lasso(Shrinkage):
    """‖Xw − y‖² + α‖w‖₁: regression that selects its variables.

    It teaches that the kink of the penalty at 0 makes entries of w exactly 0, which a smooth penalty such as that of
    `ridge` never does. What is minimized is f(w) = ‖Xw − y‖² and the composite term; `value` is f alone.

    Attributes
    ----------
    l1 : float, optional
        α, in the squared units of y per unit of w.
    fraction : float
        Where l1 is not given: α as a part of 2‖Xᵀy‖∞, from which on w = 0 is the solution.

    `Regression` describes data, n, m, condition, noise, seed, nonzero and correlation.

    Source: Tibshirani (1996); Hastie, Tibshirani & Wainwright (2015), sections 2.2 and 5.3; data: Efron et al. (2004).
    """

    variants = (
        {"data": "sparse", "n": 20},
        {"data": "synthetic", "n": 6, "condition": 1e3, "fraction": 0.01},
        {"n": 5, "m": 50, "fraction": 1.5},
        {"n": 4, "l1": 0.0},
    )
