"""The weak Wolfe conditions by bisection, right where f has kinks.

Source: Lewis & Overton (2013), Nonsmooth optimization via quasi-Newton methods, Math. Program. 141, algorithm 2.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from optlab.linesearch.base import Line, LineSearch, Trial, falls_forever, unbounded
from optlab.linesearch.conditions import better_fallback, falls_on, is_rough, weak_wolfe


@dataclass(frozen=True)
class WeakWolfe(LineSearch):
    """φ(α) ≤ φ(0) + c₁αφ′(0) and φ′(α) ≥ c₂φ′(0), by doubling and bisection.

    A step too long for the first condition is the upper end of the interval, one too short for the second the lower
    end; no interpolation, which a kink would mislead, and no bound on a rising slope, which a kink cannot meet.
    Where f changes by rounding alone a point is accepted by (2c₁ − 1)φ′(0) ≥ φ′(α) ≥ c₂φ′(0), and slopes move the
    ends. A trial that is not finite is an upper end. When the interval or the trials are used up, the best
    point that fulfils the first condition is returned.

    Parameters
    ----------
    c1, c2 : float
        Constants of sufficient decrease and of curvature, c₁ < c₂.
    growth : float
        By what a step is multiplied that is too short, while no upper end is known.
    extrapolations, bisections : int
        Most trials of either kind; when f still falls after the first, it counts as unbounded.
    """

    c1: Annotated[float, Gt(0), Lt(1)] = 1e-4
    c2: Annotated[float, Gt(0), Lt(1)] = 0.9
    growth: Annotated[float, Gt(1)] = 2.0
    extrapolations: Annotated[int, Ge(1)] = 50
    bisections: Annotated[int, Ge(1)] = 60

    def search(self, phi: Line, first: float) -> Trial | None:
        """Halve the interval between a step too short and one too long."""
        low, high, best = phi.origin(), inf, None
        alpha, longer, halved = first, 0, 0
        while longer < self.extrapolations and halved <= self.bisections:
            trial = phi(alpha)
            if weak_wolfe(phi, trial, self.c1, self.c2):
                return trial
            if falls_forever(trial):
                unbounded(phi, trial)
            best = better_fallback(phi, best, trial, self.c1, self.c2)
            if self._too_short(phi, trial):
                low = trial
            else:
                high = alpha
            if high < inf:
                halved += 1
                alpha = 0.5 * (low.alpha + high)
                if not low.alpha < alpha < high:
                    break
            else:
                longer += 1
                alpha = self.growth * alpha
        if high == inf and best is not None and falls_on(phi, best, self.c1):
            unbounded(phi, best)
        return best

    def _too_short(self, phi: Line, trial: Trial) -> bool:
        """Whether the trial is low enough and the slope there too steep; where f is rough, slopes decide."""
        low_enough = trial.f <= phi.f0 + self.c1 * trial.alpha * phi.slope or is_rough(phi.origin(), trial)
        return low_enough and trial.slope < self.c2 * phi.slope
