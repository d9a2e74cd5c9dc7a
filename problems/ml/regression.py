"""Least-squares regression with a bounded or a penalized norm: two sides of one problem.

Source: Goodfellow, Bengio & Courville (2016), sections 4.5 and 7.2; Nocedal & Wright (2006), algorithm 4.3
and Golub & Van Loan (2013), section 6.2.1, for the secular equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Annotated

from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab.core.status import InputError
from optlab.sets.ball import Ball
from optlab_problems.ml.squared_loss import Regression

NEWTON_STEPS = 100
"""Far more than the secular equation needs (about ten)."""


@dataclass(frozen=True)
class L2Regression(Regression):
    """‖Xw − y‖² subject to ‖w‖² ≤ C: regularization as a constraint.

    It teaches what "L2 regularization" means: at the solution ∇f + 2λw = 0, so the multiplier λ is the penalty
    whose `ridge` has the same solution. Where the least-squares solution is short enough, λ = 0.

    Attributes
    ----------
    C : float, optional
        Bound on ‖w‖², in the squared units of w.
    fraction : float
        Where C is not given: C as a part of the squared norm of the least-squares solution; below 1 the
        constraint is active.

    `Regression` describes data, n, m, condition, noise, seed, nonzero and correlation.

    Source: Goodfellow, Bengio & Courville (2016), sections 4.5 and 7.2; data: Efron et al. (2004).
    """

    constraints = ("set",)
    variants = (
        {"n": 2, "m": 100, "fraction": 2.0},
        {"data": "synthetic", "n": 4, "condition": 1e4},
        {"data": "synthetic", "n": 4, "C": 0.3, "noise": 0.0},
    )

    C: Annotated[float | None, Gt(0)] = None
    fraction: Annotated[float, Gt(0)] = 0.25

    @cached_property
    def bound(self) -> float:
        """C, given or from `fraction`."""
        return float(self.squared_radius(self.C, self.fraction))

    @cached_property
    def feasible(self) -> Ball:
        """The ball of radius √C."""
        return Ball(sqrt(self.bound))

    def facts(self) -> Facts:
        sigma, moments, _ = self._spectrum
        lam = secular(sigma, moments, self.bound)
        w = self.solve(lam)
        if lam > 0:
            w *= sqrt(self.bound / float(w @ w))
        return Facts(
            solution=w,
            optimum=float(self.value(w)),
            certificate="convex, KKT at x*",
            convex=True,
            curvature=self._curvature(),
            multipliers=((lam,), ()),
        )


@dataclass(frozen=True)
class Ridge(Regression):
    """‖Xw − y‖² + λ‖w‖²: regularization as a penalty.

    It teaches the other side of `l2_regression`: with the same C (or fraction) and no penalty given, λ is the
    multiplier of that constraint, and both problems have the same solution.

    Attributes
    ----------
    penalty : float, optional
        λ.
    C, fraction : float
        Where no penalty is given: of the `l2_regression` to match.

    `Regression` describes data, n, m, condition, noise, seed, nonzero and correlation.

    Source: Hoerl & Kennard (1970); Goodfellow, Bengio & Courville (2016), section 7.2; data: Efron et al. (2004).
    """

    variants = (
        {"n": 3},
        {"data": "synthetic", "n": 4, "condition": 1e4},
        {"data": "synthetic", "n": 4, "penalty": 0.0},
    )

    penalty: Annotated[float | None, Ge(0)] = None
    C: Annotated[float | None, Gt(0)] = None
    fraction: Annotated[float, Gt(0)] = 0.25

    @cached_property
    def lam(self) -> float:
        """λ: the penalty, or the multiplier of the constraint to match."""
        if self.penalty is None:
            sigma, moments, _ = self._spectrum
            return secular(sigma, moments, self.squared_radius(self.C, self.fraction))
        if self.C is not None:
            msg = f"ridge: give penalty or C, not both (given penalty = {self.penalty!r}, C = {self.C!r})"
            raise InputError(msg)
        return float(self.penalty)

    def facts(self) -> Facts:
        w = self.solve(self.lam)
        return Facts(
            solution=w,
            optimum=float(self.value(w)),
            certificate="convex, KKT at x*",
            convex=True,
            curvature=self._curvature(),
        )


def secular(sigma: Array, moments: Array, C: float) -> float:
    """Return λ ≥ 0 with ‖w(λ)‖² = C, or 0 where already ‖w(0)‖² ≤ C; w(λ) = V (moments / (σ² + λ)).

    Newton's method on 1/‖w(λ)‖ − 1/√C, which is concave and increasing: from 0 it ascends to the root and never
    passes it. Source: Nocedal & Wright (2006), equations 4.43 and 4.44.
    """
    lam = 0.0
    for _ in range(NEWTON_STEPS):
        d = sigma * sigma + lam
        w = moments / d
        squared = float(w @ w)
        if squared <= C:
            break
        slope = float(w @ (w / d))
        longer = lam + (squared / slope) * (sqrt(squared / C) - 1.0)
        if not longer > lam:
            break
        lam = longer
    return lam
