"""The support vector machine with a smoothed hinge, in the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array
from optlab_problems.ml.binary_model import BinaryModel


@dataclass(frozen=True)
class SmoothedHingeSVM(BinaryModel):
    """(1/m) Σ φ(yᵢaᵢᵀw) + ½λ‖w‖² with the hinge φ(t) = max(0, 1 − t) rounded off over a width γ.

    φ(t) is 0 from 1 on, (1 − t)²/2γ down to 1 − γ, and 1 − t − γ/2 below. It teaches what half a derivative more is
    worth: ∇f is continuous, ∇²f jumps wherever a point enters or leaves the margin; Newton's method, once the set of
    points in it is right, is done in one step. x = w: a weight for each feature, then the intercept, free of λ.

    Attributes
    ----------
    gamma : float
        γ, in units of the margin.

    `BinaryModel` describes data, positive, standardize and separation; `LinearModel` n, m, intercept, penalty (λ) and
    seed.

    Source: Shalev-Shwartz & Zhang (2013), section 6.2; Rennie & Srebro (2005); data: Street, Wolberg & Mangasarian
    (1993).
    """

    tags = ("convex", "finite_sum")
    variants = (
        {"n": 7, "m": 40, "gamma": 1.5, "penalty": 0.1},
        {"data": "synthetic", "n": 4, "m": 30, "intercept": False},
    )

    n: Annotated[int, Ge(1)] = 11
    m: Annotated[int | None, Ge(2)] = 80
    gamma: Annotated[float, Gt(0)] = 0.5

    def loss(self, z: Any, y: Array) -> Any:
        """φ(yz)."""
        short = 1.0 - y * z
        curved = np.minimum(np.maximum(short, 0.0), self.gamma)
        return curved * (short - 0.5 * curved) / self.gamma

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray(-y * np.clip((1.0 - y * z) / self.gamma, 0.0, 1.0))

    def curvature(self, z: Array, y: Array) -> Array:
        short = 1.0 - y * z
        return np.where((short > 0) & (short < self.gamma), 1.0 / self.gamma, 0.0)
