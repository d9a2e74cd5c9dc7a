"""Sufficient decrease by backtracking.

Source: Armijo (1966); Nocedal & Wright (2006), section 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from optlab.kernels.narrow import coarseness
from optlab.linesearch.base import EPS, Line, LineSearch, Trial, falls_forever, quadratic_minimizer, unbounded

ROUNDING = 4 * EPS
"""A gradient test near rounding allows an error of this multiple of ‖g‖‖x‖."""


@dataclass(frozen=True)
class Armijo(LineSearch):
    """φ(α) ≤ φ(0) + c₁ · (promised change), and less than φ(0), by safeguarded quadratic interpolation.

    A trial that is not finite halves the step. Where the first trial promises no more than rounding can hide in f,
    the average of the two gradients measures the decrease instead: ½(g + g₊)ᵀs ≤ c₁gᵀs, to their own rounding.
    Only the gradient at the accepted point is evaluated.

    Parameters
    ----------
    c1 : float
        Constant of sufficient decrease.
    least, most : float
        A shorter trial lies between these fractions of the last one.
    trials : int
        Most trials.
    hidden : float
        How many times the rounding of f counts as hidden.
    """

    c1: Annotated[float, Gt(0), Lt(1)] = 1e-4
    least: Annotated[float, Gt(0), Lt(1)] = 0.1
    most: Annotated[float, Gt(0), Lt(1)] = 0.5
    trials: Annotated[int, Ge(1)] = 60
    hidden: Annotated[float, Ge(1)] = 10.0

    def search(self, phi: Line, first: float) -> Trial | None:
        """Shorten the step until f is low enough."""
        by_gradient = abs(phi.promised(first)) <= self.hidden * phi.noise
        origin, alpha = phi.origin(), first
        for _ in range(self.trials):
            trial = phi.value(alpha)
            if falls_forever(trial):
                unbounded(phi, trial)
            if by_gradient and trial.finite:
                trial = phi.complete(trial)
            if trial.finite and (self._balances(phi, trial) if by_gradient else self._decreases(phi, trial)):
                trial = phi.complete(trial)
                if trial.finite:
                    return trial
            if phi.too_short(alpha):
                return None
            alpha = self._shorter(origin, trial)
        return None

    def _decreases(self, phi: Line, trial: Trial) -> bool:
        """Whether f is low enough, and lower by more than rounding: a chance ulp is no decrease."""
        return trial.f <= phi.reference + self.c1 * phi.promised(trial.alpha) and phi.reference - trial.f > phi.noise

    def _balances(self, phi: Line, trial: Trial) -> bool:
        """Whether the mean gradient along the step shows the decrease that f cannot."""
        promised = phi.promised(trial.alpha)
        rounding = ROUNDING * coarseness(phi.x) * sqrt(float(phi.g.dot(phi.g)) * float(phi.x.dot(phi.x)))
        return 0.5 * (promised + trial.alpha * trial.slope) <= self.c1 * promised + rounding

    def _shorter(self, origin: Trial, trial: Trial) -> float:
        least, most = self.least * trial.alpha, self.most * trial.alpha
        guess = quadratic_minimizer(origin, trial) if trial.finite else most
        return min(max(guess, least), most) if guess > 0 else most
