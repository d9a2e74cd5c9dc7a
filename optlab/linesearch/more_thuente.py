"""The strong Wolfe conditions, by the search of Moré and Thuente.

Source: Moré & Thuente (1994), Line search algorithms with guaranteed sufficient decrease, ACM TOMS 20.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from optlab.linesearch.base import Line, LineSearch, Trial, falls_forever, unbounded
from optlab.linesearch.conditions import better_fallback, decreases_enough, falls_on, roughness, strong_wolfe
from optlab.linesearch.interpolation import next_length


@dataclass(frozen=True)
class MoreThuente(LineSearch):
    """φ(α) ≤ φ(0) + c₁αφ′(0) and |φ′(α)| ≤ c₂|φ′(0)|, in an interval that holds a point where both are met.

    At first it minimizes ψ(α) = φ(α) − φ(0) − c₁αφ′(0), whose minimizers meet the first condition; once a trial
    with φ′ ≥ 0 does, φ itself. A trial that is not finite is the far end of the interval. Where f changes by
    rounding alone, slopes take its place, in the conditions and in the steps. When rounding or the number of trials
    leaves no more room, the best point that decreases f enough is returned.

    Parameters
    ----------
    c1, c2 : float
        Constants of sufficient decrease and of curvature; c₂ = 0.9 suits quasi-Newton directions, 0.1 others.
    xtol : float
        The interval is used up when its length falls to this fraction of its greater end.
    least_growth, growth : float
        While the interval is open, a trial adds between these multiples of the last increase of α to α.
    shrink : float
        Two trials that leave more than this fraction of the interval are followed by a bisection.
    extrapolations, trials : int
        Most trials while the interval is open, and altogether; when f still falls after the first, it counts as
        unbounded.
    """

    c1: Annotated[float, Gt(0), Lt(1)] = 1e-4
    c2: Annotated[float, Gt(0), Lt(1)] = 0.9
    xtol: Annotated[float, Ge(0)] = 1e-14
    least_growth: Annotated[float, Gt(0)] = 1.1
    growth: Annotated[float, Gt(1)] = 4.0
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.66
    extrapolations: Annotated[int, Ge(1)] = 30
    trials: Annotated[int, Ge(1)] = 70

    def search(self, phi: Line, first: float) -> Trial | None:
        """Lengthen the step until an interval is found, then shorten the interval."""
        low: Trial = phi.origin()
        high: Trial | None = None
        best: Trial | None = None
        by_psi, alpha = True, first
        older = newest = inf
        for count in range(1, self.trials + 1):
            trial = phi(alpha)
            if strong_wolfe(phi, trial, self.c1, self.c2):
                return trial
            if falls_forever(trial):
                unbounded(phi, trial)
            enough = decreases_enough(phi, trial, self.c1)
            best = better_fallback(phi, best, trial, self.c1, self.c2)
            by_psi = by_psi and not (enough and trial.slope >= 0)
            before = low
            low, high, alpha = self._narrow(phi, low, high, trial, by_psi and not enough)
            if high is None:
                if count >= self.extrapolations:
                    break
                gained = trial.alpha - before.alpha
                least, most = trial.alpha + self.least_growth * gained, trial.alpha + self.growth * gained
                alpha = min(max(alpha, least), most)
                continue
            near, far = sorted((low.alpha, high.alpha))
            if not near < alpha < far or far - near >= self.shrink * older:
                alpha = 0.5 * (near + far)
            older, newest = newest, far - near
            if newest <= self.xtol * far or alpha in (near, far):
                break
        if high is None and falls_on(phi, low, self.c1):
            unbounded(phi, low)
        return best

    def _narrow(
        self, phi: Line, low: Trial, high: Trial | None, trial: Trial, by_psi: bool
    ) -> tuple[Trial, Trial | None, float]:
        """Return the new lower end, the new far end, and where to look next (the updating algorithm of section 2)."""
        if not trial.finite:
            return low, trial, 0.5 * (low.alpha + trial.alpha)
        tilt = self.c1 * phi.slope if by_psi and trial.f <= low.f else 0.0
        a, b, c = tilted(low, tilt), None if high is None else tilted(high, tilt), tilted(trial, tilt)
        rough = roughness(trial.x) * max(abs(low.f), abs(trial.f))
        alpha = next_length(a, b, c, rough)
        if c.f - a.f > rough:
            return low, trial, alpha
        return trial, low if c.slope * (a.alpha - c.alpha) < 0 else high, alpha


def tilted(trial: Trial, slope: float) -> Trial:
    """Return the trial as it is on φ(α) − slope · α."""
    return trial._replace(f=trial.f - slope * trial.alpha, slope=trial.slope - slope) if slope else trial
