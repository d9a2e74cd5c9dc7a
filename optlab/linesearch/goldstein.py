"""Decrease that is neither too little nor too much.

Source: Goldstein (1965), On steepest descent, SIAM J. Control 3; Nocedal & Wright (2006), equation 3.11.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from optlab.linesearch.base import Line, LineSearch, Trial, falls_forever, quadratic_minimizer, unbounded
from optlab.linesearch.conditions import decreases_enough, falls_on


@dataclass(frozen=True)
class Goldstein(LineSearch):
    """φ(0) + (1 − c)αφ′(0) ≤ φ(α) ≤ φ(0) + cαφ′(0): between two lines, with f alone.

    The lower line keeps the step from being too short, so that a step too long costs no gradient; it may leave out
    every minimizer, which suits Newton-like directions and no others. Where f changes by rounding alone
    the mean slope ½(φ′(0) + φ′(α)) takes the place of (φ(α) − φ(0))/α. A trial that is not finite is too long. When
    the interval or the trials are used up, the best point below the upper line is returned.

    Parameters
    ----------
    c : float
        The slope of the upper line as a fraction of φ′(0); the lower one has the rest.
    growth : float
        By what a step is multiplied that is too short, while no upper end is known.
    least : float
        A trial keeps this fraction of the interval away from both ends.
    extrapolations, trials : int
        Most trials before and inside the interval; when f still falls after the first, it counts as unbounded.
    """

    c: Annotated[float, Gt(0), Lt(0.5)] = 0.25
    growth: Annotated[float, Gt(1)] = 3.0
    least: Annotated[float, Gt(0), Lt(0.5)] = 0.1
    extrapolations: Annotated[int, Ge(1)] = 40
    trials: Annotated[int, Ge(1)] = 60

    def search(self, phi: Line, first: float) -> Trial | None:
        """Interpolate between a step too short and one too long."""
        low, high, best = 0.0, inf, None
        alpha, longer, inside = first, 0, 0
        while longer < self.extrapolations and inside <= self.trials:
            trial = phi.value(alpha)
            if falls_forever(trial):
                unbounded(phi, trial)
            gained = self._gained(phi, trial)
            if gained >= self.c:
                trial = phi.complete(trial)
                if not trial.finite:
                    gained = -inf
                elif gained <= 1.0 - self.c:
                    return trial
            if gained >= self.c:
                low = alpha
                if decreases_enough(phi, trial, self.c) and (best is None or trial.f < best.f):
                    best = trial
            else:
                high = alpha
            if high < inf:
                inside += 1
                alpha = self._between(low, high, quadratic_minimizer(phi.origin(), trial))
                if not low < alpha < high:
                    break
            else:
                longer += 1
                alpha *= self.growth
        if high == inf and best is not None and falls_on(phi, best, self.c):
            unbounded(phi, best)
        return best

    def _gained(self, phi: Line, trial: Trial) -> float:
        """Return (φ(α) − φ(0))/(αφ′(0)), what came of what was promised; −∞ where the trial is not finite."""
        if trial.finite and abs(trial.f - phi.f0) <= phi.noise:
            slope = phi.complete(trial).slope
            return 0.5 * (1.0 + slope / phi.slope) if slope - slope == 0 else -inf
        return (trial.f - phi.f0) / phi.promised(trial.alpha) if trial.finite else -inf

    def _between(self, low: float, high: float, guess: float) -> float:
        """Return the guess where it is well inside the interval, else the middle."""
        margin = self.least * (high - low)
        return guess if low + margin <= guess <= high - margin else 0.5 * (low + high)
