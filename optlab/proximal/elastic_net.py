"""The ℓ₁ norm, alone or with half the squared norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.proximal.base import Array, Proximable


@dataclass(frozen=True)
class ElasticNet(Proximable):
    """c(x) = Σ wᵢ (α|xᵢ| + ½ρ xᵢ²) with α = `l1`, ρ = `l2`; ρ = 0 is the ℓ₁ norm.

    `weights` is a number or an (n,) array; a weight of 0 leaves a component, such as an intercept, free.

    Source: Zou & Hastie (2005); Parikh & Boyd (2014), section 6.5.3.
    """

    l1: Annotated[float, Ge(0)] = 1.0
    l2: Annotated[float, Ge(0)] = 0.0
    weights: Any = 1.0

    def value(self, x: Array) -> float:
        """Return Σ wᵢ (α|xᵢ| + ½ρ xᵢ²)."""
        return float(np.sum(self.weights * (self.l1 * np.abs(x) + 0.5 * self.l2 * x * x)))

    def prox(self, x: Array, t: Any) -> Array:
        """Soft thresholding, then shrinking: sign(xᵢ) max(|xᵢ| − tαwᵢ, 0) / (1 + tρwᵢ)."""
        w = t * np.asarray(self.weights, dtype=x.dtype)
        return np.asarray(np.sign(x) * np.maximum(np.abs(x) - self.l1 * w, 0.0) / (1.0 + self.l2 * w))
