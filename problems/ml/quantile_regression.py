"""Regression of a quantile, with a smoothed loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Lt
from scipy.special import expit

from optlab.core.problem import Array
from optlab_problems.ml.location_model import LocationModel


@dataclass(frozen=True)
class QuantileRegression(LocationModel):
    """(1/m) Σ φ(yᵢ − aᵢᵀw) + ½λ‖w‖² with φ(r) = τr + γ log(1 + exp(−r/γ)): the τ-quantile of y, smoothed.

    As γ → 0, φ becomes τr for r > 0 and (τ − 1)r for r < 0. It teaches what smoothing costs: the Hessian grows like
    1/γ near the fitted values and fades away from them, so that gradient steps shrink as the fit sharpens.
    x = w: a weight for each feature, then the intercept.

    Attributes
    ----------
    tau : float
        τ, the part of the y that shall lie below the fit.
    gamma : float
        γ, in the units of y.

    `LocationModel` describes data, noise and outliers; `LinearModel` n, m, intercept, penalty (λ) and seed.

    Source: Zheng (2011), Gradient descent algorithms for quantile regression with smooth approximation; Koenker &
    Bassett (1978); data: Efron et al. (2004).
    """

    tags = ("convex", "finite_sum")
    variants = (
        {"data": "synthetic", "n": 4, "tau": 0.9, "penalty": 0.01},
        {"n": 3, "m": 60, "gamma": 0.02, "intercept": False},
    )

    n: Annotated[int, Ge(1)] = 6
    tau: Annotated[float, Gt(0), Lt(1)] = 0.75
    gamma: Annotated[float, Gt(0)] = 0.1

    def loss(self, z: Any, y: Array) -> Any:
        """φ(y − z)."""
        return self.tau * (y - z) + self.gamma * np.logaddexp(0.0, (z - y) / self.gamma)

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray(expit((z - y) / self.gamma) - self.tau)

    def curvature(self, z: Array, y: Array) -> Array:
        s = (z - y) / self.gamma
        return np.asarray(expit(s) * expit(-s) / self.gamma)
