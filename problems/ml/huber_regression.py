"""Regression with Huber's loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array
from optlab_problems.ml.location_model import LocationModel


@dataclass(frozen=True)
class HuberRegression(LocationModel):
    """(1/m) Σ φ(aᵢᵀw − yᵢ) + ½λ‖w‖² with φ(r) = ½r² up to |r| = δ and δ|r| − ½δ² beyond.

    It teaches what bounds the pull of an outlier: the slope of φ never exceeds δ, however far off a value is, and the
    problem stays convex. ∇f is continuous, ∇²f jumps where a residual passes δ; Newton's method ends in one step once
    the set of small residuals is right. x = w: a weight for each feature, then the intercept.

    Attributes
    ----------
    delta : float
        δ, in the units of y.

    `LocationModel` describes data, noise and outliers; `LinearModel` n, m, intercept, penalty (λ) and seed.

    Source: Huber (1964); Boyd & Vandenberghe (2004), section 6.1.2, equation 6.4; data: Efron et al. (2004).
    """

    tags = ("convex", "finite_sum")
    variants = (
        {"data": "synthetic", "n": 4, "m": 40},
        {"n": 3, "m": 30, "delta": 1.345, "penalty": 0.1, "intercept": False},
    )

    n: Annotated[int, Ge(1)] = 11
    m: Annotated[int | None, Ge(2)] = 80
    delta: Annotated[float, Gt(0)] = 0.5

    def loss(self, z: Any, y: Array) -> Any:
        """φ(z − y)."""
        size = np.abs(z - y)
        curved = np.minimum(size, self.delta)
        return curved * (size - 0.5 * curved)

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray(np.clip(z - y, -self.delta, self.delta))

    def curvature(self, z: Array, y: Array) -> Array:
        return (np.abs(z - y) < self.delta).astype(float)
