"""The strong Wolfe conditions: bracket, then zoom.

Source: Nocedal & Wright (2006), algorithms 3.5 and 3.6; the limits of a longer step are those of Fletcher (1987),
section 2.6 (τ₁ = 9); near rounding the approximate Wolfe conditions of Hager & Zhang (2005), equation 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from optlab.linesearch.base import Line, LineSearch, Trial, cubic_minimizer, falls_forever, secant, unbounded
from optlab.linesearch.conditions import best_fallback, decreases_enough, falls_on, is_rough, strong_wolfe


@dataclass(frozen=True)
class StrongWolfe(LineSearch):
    """φ(α) ≤ φ(0) + c₁αφ′(0) and |φ′(α)| ≤ c₂|φ′(0)|.

    Where f changes by rounding alone, a point is accepted by (2c₁ − 1)φ′(0) ≥ φ′(α) ≥ c₂φ′(0) instead, and where
    f is rough slopes steer the search. A trial that is not finite is the upper end of the bracket. When the conditions
    cannot be met, the lowest point that fulfils the first one is returned, failing that one whose slope shows it.

    Parameters
    ----------
    c1, c2 : float
        Constants of sufficient decrease and of curvature; c₂ = 0.9 suits quasi-Newton directions, 0.1 others.
    least_growth, growth : float
        A longer trial adds between these multiples of the last increase of α to α.
    shrink : float
        Two zooms that leave more than this fraction of the bracket are followed by a bisection.
    extrapolations, zooms : int
        Most trials of either kind; when f still falls after the first, it counts as unbounded.
    """

    c1: Annotated[float, Gt(0), Lt(1)] = 1e-4
    c2: Annotated[float, Gt(0), Lt(1)] = 0.9
    least_growth: Annotated[float, Gt(0)] = 1.1
    growth: Annotated[float, Gt(1)] = 9.0
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.66
    extrapolations: Annotated[int, Ge(1)] = 30
    zooms: Annotated[int, Ge(1)] = 40

    def search(self, phi: Line, first: float) -> Trial | None:
        """Lengthen the step until a minimum is bracketed, then zoom into the bracket."""
        trial = phi(first)
        if strong_wolfe(phi, trial, self.c1, self.c2):
            return trial
        low = phi.origin()
        for _ in range(self.extrapolations):
            if falls_forever(trial):
                unbounded(phi, trial)
            if not self._is_lower(phi, trial, low):
                return self._zoom(phi, low, trial)
            if trial.slope >= 0:
                return self._zoom(phi, trial, low)
            low, trial = trial, phi(self._longer(low, trial))
            if strong_wolfe(phi, trial, self.c1, self.c2):
                return trial
        if falls_on(phi, low, self.c1):
            unbounded(phi, low)
        return low if decreases_enough(phi, low, self.c1) else None

    def _is_lower(self, phi: Line, trial: Trial, low: Trial) -> bool:
        """Whether the trial replaces `low` as the lower end; where f is rough, the slope decides."""
        if not trial.finite:
            return False
        if is_rough(low, trial):
            return trial.slope * (trial.alpha - low.alpha) <= 0
        return trial.f < low.f and (trial.f <= phi.f0 + self.c1 * trial.alpha * phi.slope)

    def _longer(self, low: Trial, trial: Trial) -> float:
        """Return a length beyond `trial`, where the cubic or the secant sees the minimum, within the growth limits."""
        gained = trial.alpha - low.alpha
        least, most = trial.alpha + self.least_growth * gained, trial.alpha + self.growth * gained
        guesses = [guess for guess in (cubic_minimizer(low, trial), secant(low, trial)) if guess > trial.alpha]
        return min(max(*guesses, least), most) if guesses else most

    def _zoom(self, phi: Line, low: Trial, high: Trial) -> Trial | None:
        best: Trial | None = None
        unseen: tuple[Trial, ...] = (low, high)
        width = older = inf
        for _ in range(self.zooms):
            newest = abs(high.alpha - low.alpha)
            alpha = 0.5 * (low.alpha + high.alpha)
            if high.finite and newest <= self.shrink * older:
                alpha = inside(low, high, alpha)
            width, older = newest, width
            if alpha in (low.alpha, high.alpha):
                break
            trial = phi(alpha)
            if strong_wolfe(phi, trial, self.c1, self.c2):
                return trial
            if falls_forever(trial):
                unbounded(phi, trial)
            best, unseen = best_fallback(phi, best, (*unseen, trial), self.c1, self.c2), ()
            if not self._is_lower(phi, trial, low):
                high = trial
            else:
                if trial.slope * (high.alpha - low.alpha) >= 0:
                    high = low
                low = trial
        return best_fallback(phi, best, unseen, self.c1, self.c2)


def inside(low: Trial, high: Trial, middle: float) -> float:
    """Return a length between `low` and `high` where the cubic sees the minimum; `middle` where it sees none.

    Where f is rough the secant of the slopes takes the cubic's place.
    """
    if not is_rough(low, high):
        guess = cubic_minimizer(low, high)
    else:
        guess = secant(low, high) if low.slope * high.slope < 0 else middle
    return guess if low.alpha < guess < high.alpha or high.alpha < guess < low.alpha else middle
