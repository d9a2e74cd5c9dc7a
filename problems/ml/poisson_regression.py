"""Poisson regression of counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.ml.data import EXERCISES, standardized, table
from optlab_problems.ml.linear_model import LinearModel
from optlab_problems.ml.reference import convex_facts

OVERSHOOT = (
    "from w = 0 the undamped Newton step is about ȳ long in the intercept, where exp overflows: steps need damping"
)


@dataclass(frozen=True)
class PoissonRegression(LinearModel):
    """(1/m) Σ (exp(zᵢ) − yᵢzᵢ) + ½λ‖w‖², z = Aw: log-linear regression of counts yᵢ.

    It teaches that smooth and convex is not yet easy: exp has no Lipschitz gradient, fixed steps that are safe at the
    solution blow up from the start, and Newton's first step is far too long. The constant log yᵢ! is left out.
    x = w: a weight for each feature, then the intercept, which λ leaves free.

    Attributes
    ----------
    data : str
        "linnerud": exercises that 20 men could do, by weight, waist and pulse, standardized (needs scikit-learn).
        "synthetic": normal features, counts drawn with true weights ±¼ and a mean of about 3.
    exercise : str
        Of linnerud: which count is y, "chins", "situps" or "jumps".

    `LinearModel` describes n, m, intercept, penalty (λ) and seed.

    Source: McCullagh & Nelder (1989), section 6.2; data: Tenenhaus (1998), as scikit-learn bundles them.
    """

    suites = ("ml", "regression")
    tags = ("convex", "finite_sum")
    variants = (
        {"exercise": "situps"},
        {"exercise": "jumps", "n": 3, "m": 12, "penalty": 1.0},
        {"data": "synthetic", "n": 6, "intercept": False},
    )

    n: Annotated[int, Ge(1)] = 4
    penalty: Annotated[float, Ge(0)] = 0.0
    data: Literal["linnerud", "synthetic"] = "linnerud"
    exercise: Literal["chins", "situps", "jumps"] = "chins"

    def table(self, features: int) -> tuple[Array, Array]:
        if self.data == "linnerud":
            X, counts = table(self.data, features, self.m)
            return X, np.asarray(counts[:, EXERCISES.index(self.exercise)])
        random = np.random.default_rng(self.seed)
        X = standardized(random.standard_normal((self.rows, features)))
        rate = np.exp(1.0 + X @ np.where(np.arange(features) % 2, -0.25, 0.25))
        return X, random.poisson(rate).astype(float)

    def loss(self, z: Any, y: Array) -> Any:
        """exp(z) − yz."""
        return np.exp(z) - y * z

    def slope(self, z: Array, y: Array) -> Array:
        return np.asarray(np.exp(z) - y)

    def curvature(self, z: Array, y: Array) -> Array:
        return np.asarray(np.exp(z))

    def facts(self) -> Facts:
        known: Facts = convex_facts(self, OVERSHOOT)
        return known
