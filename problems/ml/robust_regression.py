"""Regression with losses that let go of outliers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab_problems.ml.location_model import LocationModel

CAUCHY, GEMAN_MCCLURE, WELSCH = "cauchy", "geman_mcclure", "welsch"


@dataclass(frozen=True)
class RobustRegression(LocationModel):
    """(1/m) Σ φ(aᵢᵀw − yᵢ) + ½λ‖w‖² with a φ whose slope falls back to 0: wrong values lose their pull.

    With s = r²/δ², φ(r) = ½δ² log(1 + s) for Cauchy, ½δ² s/(1 + s) for Geman & McClure, ½δ² (1 − exp(−s)) for Welsch.
    It teaches the price of robustness: beyond δ (or less) φ curves downwards, f is not convex, and there may be
    a local minimum that has fitted the outliers. x = w: a weight for each feature, then the intercept.

    Attributes
    ----------
    shape : str
        Which φ: "cauchy", "geman_mcclure" or "welsch".
    delta : float
        δ, in the units of y.

    `LocationModel` describes data, noise and outliers; `LinearModel` n, m, intercept, penalty (λ) and seed.

    Source: Barron (2019), section 1; Geman & McClure (1985); Holland & Welsch (1977); data: Efron et al. (2004).
    """

    tags = ("nonconvex", "finite_sum")
    variants = (
        {"shape": "geman_mcclure", "n": 4},
        {"shape": "welsch", "data": "synthetic", "n": 4, "penalty": 0.01},
    )

    n: Annotated[int, Ge(1)] = 5
    data: Literal["diabetes", "synthetic"] = "synthetic"
    shape: Literal["cauchy", "geman_mcclure", "welsch"] = "cauchy"
    delta: Annotated[float, Gt(0)] = 1.0

    def loss(self, z: Any, y: Array) -> Any:
        """φ(z − y)."""
        s = ((z - y) / self.delta) ** 2
        if self.shape == CAUCHY:
            kept = np.log1p(s)
        elif self.shape == GEMAN_MCCLURE:
            kept = s / (1.0 + s)
        else:
            kept = -np.expm1(-s)
        return 0.5 * self.delta**2 * kept

    def _ds(self, s: Array) -> tuple[Array, Array]:
        """First and second derivative of 2φ/δ² in s."""
        if self.shape == WELSCH:
            pull = np.exp(-s)
            return pull, -pull
        falling = 1.0 / (1.0 + s)
        if self.shape == CAUCHY:
            return falling, -(falling**2)
        return falling**2, -2.0 * falling**3

    def slope(self, z: Array, y: Array) -> Array:
        r = z - y
        return np.asarray(r * self._ds((r / self.delta) ** 2)[0])

    def curvature(self, z: Array, y: Array) -> Array:
        s = ((z - y) / self.delta) ** 2
        first, second = self._ds(s)
        return np.asarray(first + 2.0 * s * second)

    def facts(self) -> Facts:
        return Facts(convex=False, note="no global minimum is certified: local ones may be of nearly the same value")
