"""Least squares with both penalties of the elastic net."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from annotated_types import Ge

from optlab_problems.ml.lasso import Shrinkage


@dataclass(frozen=True)
class ElasticNet(Shrinkage):
    """‖Xw − y‖² + α‖w‖₁ + ½ρ‖w‖²: the lasso with a strongly convex term.

    It teaches what strong convexity buys: of strongly correlated columns the lasso keeps one, whichever it is; this
    keeps all with similar weights, and proximal gradients converge linearly also where X has more columns than rows.

    Attributes
    ----------
    l1 : float, optional
        α, in the squared units of y per unit of w.
    fraction : float
        Where l1 is not given: α as a part of 2‖Xᵀy‖∞, from which on w = 0 is the solution.
    l2 : float
        ρ, in the squared units of y per squared unit of w; 2λ₂ of the source.

    `Regression` describes data, n, m, condition, noise, seed, nonzero and correlation.

    Source: Zou & Hastie (2005), equation 3; data: Efron et al. (2004).
    """

    variants = (
        {"data": "sparse", "n": 20, "correlation": 0.95, "l2": 1.0},
        {"data": "synthetic", "n": 6, "l1": 0.0},
        {"n": 3, "m": 40, "l1": 50.0, "l2": 0.0},
    )

    l2: Annotated[float, Ge(0)] = 0.5

    @cached_property
    def rho(self) -> float:
        """ρ: l2."""
        return float(self.l2)
