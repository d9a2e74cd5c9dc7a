"""The minimum along the line, to near machine precision.

Source: Nocedal & Wright (2006), section 3.1; Boyd & Vandenberghe (2004), section 9.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import Annotated

from annotated_types import Ge, Gt

from optlab.kernels.narrow import eps
from optlab.linesearch.base import Line, LineSearch, Trial, falls_forever, secant, unbounded
from optlab.linesearch.conditions import decreases_enough, falls_on, is_rough, roughness

FLATTER = 0.5
"""Where f differs by rounding alone, the slope has to fall to this fraction for a point to be accepted."""


@dataclass(frozen=True)
class Exact(LineSearch):
    """φ′(α) = 0 by the secant method on the slope, bracketed; on a quadratic the first secant already hits.

    The new gradient is orthogonal to the direction up to `rtol`. A trial that is not finite is the upper end of
    the bracket. The method inside the bracket is that of Anderson and Björck, with bisection where two trials
    do not halve it.
    Source: Anderson & Björck (1973).

    Parameters
    ----------
    rtol : float
        Cosine between the new gradient and the direction that counts as zero.
    growth : float
        A longer trial is at most this many times the last one.
    extrapolations, trials : int
        Most trials before and inside the bracket; when f still falls after the first, it counts as unbounded.
    """

    rtol: Annotated[float, Ge(0)] = 1e-12
    growth: Annotated[float, Gt(1)] = 10.0
    extrapolations: Annotated[int, Ge(1)] = 30
    trials: Annotated[int, Ge(1)] = 100

    def search(self, phi: Line, first: float) -> Trial | None:
        """Lengthen the step until the slope changes sign or f rises, then solve for the zero of the slope."""
        low, alpha, reach = phi.origin(), first, 1.0
        for _ in range(self.extrapolations):
            trial = phi(alpha)
            if self._is_minimum(phi, trial):
                return trial
            if falls_forever(trial):
                unbounded(phi, trial)
            if not self._is_lower(phi, trial, low):
                return self._solve(phi, low, trial)
            most = self.growth * trial.alpha
            guess = trial.alpha + reach * (secant(low, trial) - trial.alpha)
            if (
                trial.alpha < guess < most
            ):  # on convex slopes plain secants never pass the zero: reach further each time
                low, alpha, reach = trial, guess, 2.0 * reach
            else:
                low, alpha, reach = trial, most, 1.0
        if falls_on(phi, low, 0.0):
            unbounded(phi, low)
        return low if decreases_enough(phi, low, 0.0) else None

    def _is_minimum(self, phi: Line, trial: Trial) -> bool:
        if trial.g is None or not trial.finite or not trial.f <= phi.f0 + phi.noise:
            return False
        size = sqrt(float(trial.g.dot(trial.g))) * sqrt(float(phi.d.dot(phi.d)))
        return size < inf and abs(trial.slope) <= max(self.rtol * size, eps(trial.x) * abs(phi.slope))

    def _is_lower(self, phi: Line, trial: Trial, low: Trial) -> bool:
        """Whether f still falls at the trial, and is not above `low`; where f is rough the slope alone decides."""
        hidden = (low.alpha - trial.alpha) * low.slope <= roughness(low.x) * abs(low.f)
        return trial.finite and trial.slope < 0 and (hidden or trial.f <= low.f + phi.noise)

    def _solve(self, phi: Line, low: Trial, high: Trial) -> Trial | None:
        best = high if self._is_better(high, low) else low
        weight_low, weight_high = low.slope, high.slope
        width = older = inf
        for _ in range(self.trials):
            newest = high.alpha - low.alpha
            alpha = 0.5 * (low.alpha + high.alpha)
            if high.finite and high.slope > 0 and newest <= 0.5 * older:
                guess = low.alpha - weight_low * (newest / (weight_high - weight_low))
                alpha = guess if low.alpha < guess < high.alpha else alpha
            if not low.alpha < alpha < high.alpha:
                break
            width, older = newest, width
            trial = phi(alpha)
            if self._is_minimum(phi, trial):
                return trial
            if falls_forever(trial):
                unbounded(phi, trial)
            if self._is_better(trial, best):
                best = trial
            if self._is_lower(phi, trial, low):
                weight_high *= kept(trial.slope / low.slope)
                low, weight_low = trial, trial.slope
            else:
                if trial.finite and high.slope > 0:
                    weight_low *= kept(trial.slope / high.slope)
                high, weight_high = trial, trial.slope
        if high.finite:  # the slope changes its sign here, within rounding
            best = min((best, low, high), key=lambda end: (phi.f0 - end.f <= phi.noise, abs(end.slope)))
        lower, flatter = phi.f0 - best.f > phi.noise, abs(best.slope) <= FLATTER * abs(phi.slope)
        return best if lower or flatter else None

    def _is_better(self, trial: Trial, best: Trial) -> bool:
        """Whether f is lower; where it is rough, whether the slope is nearer to zero."""
        if not trial.finite:
            return False
        if is_rough(best, trial):
            return abs(trial.slope) < abs(best.slope)
        return trial.f < best.f


def kept(ratio: float) -> float:
    """Return what the slope at the end that stays is multiplied by (Anderson & Björck, 1973, equation 4)."""
    return 1.0 - ratio if ratio < 1.0 else 0.5
