"""Logistic regression of two classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from scipy.special import expit

from optlab.core.problem import Array, Facts
from optlab_problems.ml.binary_model import BinaryModel
from optlab_problems.ml.reference import convex_facts

SEPARABLE = "the classes can be separated by a hyperplane: without a penalty f → 0 as ‖w‖ → ∞, and no w attains it"


@dataclass(frozen=True)
class LogisticRegression(BinaryModel):
    """(1/m) Σ log(1 + exp(−yᵢaᵢᵀw)) + ½λ‖w‖²: logistic regression of two classes, y = ±1.

    It teaches what a penalty is for: where a hyperplane separates the classes and λ = 0, there is no minimizer, and
    every method walks off slowly. x = w: a weight for each feature, then the intercept, which λ leaves free.

    `BinaryModel` describes data, positive, standardize and separation; `LinearModel` n, m, intercept, penalty (λ) and
    seed.

    Source: Hastie, Tibshirani & Friedman (2009), section 4.4, equation 4.20; data: Street, Wolberg & Mangasarian
    (1993).
    """

    tags = ("convex", "finite_sum")
    variants = (
        {"n": 31, "m": 100, "penalty": 0.001},
        {"data": "synthetic", "n": 5, "m": 60, "separation": 0.5, "penalty": 0.0, "intercept": False},
        {"data": "iris", "n": 5, "penalty": 0.0},
        {"data": "wine", "n": 4, "standardize": False, "positive": 1},
    )

    n: Annotated[int, Ge(1)] = 11

    def loss(self, z: Any, y: Array) -> Any:
        """log(1 + exp(−yz)), without overflow."""
        return np.logaddexp(0.0, -y * z)

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray(-y * expit(-y * z))

    def curvature(self, z: Array, y: Array) -> Array:
        falling = np.exp(-np.abs(z))
        return np.asarray(falling / (1.0 + falling) ** 2)

    def facts(self) -> Facts:
        known: Facts = convex_facts(self)
        if known.optimum is not None or self.penalty > 0 or not self._separable():
            return known
        return Facts(optimum=0.0, attained=False, certificate="closed form", convex=True, note=SEPARABLE)

    def _separable(self) -> bool:
        """Whether some w has yᵢaᵢᵀw ≥ 1 for all i, found as a linear program and verified."""
        from scipy.optimize import linprog

        rows = -self.y[:, None] * self.A
        found = linprog(np.zeros(self.n), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None))
        return found.x is not None and bool(np.all(rows @ found.x < 0))
