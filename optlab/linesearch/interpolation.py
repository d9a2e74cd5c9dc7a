"""The step from three trials to the next: cubic and quadratic interpolation with safeguards.

Source: Moré & Thuente (1994), section 4.
"""

from __future__ import annotations

from math import copysign, inf

from optlab.linesearch.base import Trial, cubic_minimizer, quadratic_minimizer, secant

REACH = 0.66
"""Where the slope only flattens, the next trial lies within this fraction of the way to the far end."""


def next_length(low: Trial, high: Trial | None, trial: Trial, rough: float) -> float:
    """Return where to look next for a minimizer, given the lower end, the far end if there is one, and a new trial.

    ±inf where the interval is open and nothing limits the step. `low` has a slope towards the trial and all of
    them are finite but the far end, which need not be. Where f differs by no more than `rough` the slopes decide.
    """
    flat = abs(trial.f - low.f) <= rough
    cubic = inf if flat else cubic_minimizer(low, trial)
    line = secant(low, trial)
    forward = trial.alpha > low.alpha
    if trial.f > low.f and not flat:  # case 1: the minimizer is before the trial, and near the lower end
        parabola = quadratic_minimizer(low, trial)
        return cubic if abs(cubic - low.alpha) < abs(parabola - low.alpha) else 0.5 * (cubic + parabola)
    if trial.slope * low.slope < 0:  # case 2: it is between the two
        return line if flat or abs(cubic - trial.alpha) <= abs(line - trial.alpha) else cubic
    away = copysign(inf, trial.alpha - low.alpha)
    if abs(trial.slope) < abs(low.slope):  # case 3: it is beyond the trial
        if not (cubic > trial.alpha if forward else cubic < trial.alpha):
            cubic = away
        if high is None:
            return line if flat or abs(cubic - trial.alpha) < abs(line - trial.alpha) else cubic
        guess = cubic if abs(cubic - trial.alpha) < abs(line - trial.alpha) else line
        limit = trial.alpha + REACH * (high.alpha - trial.alpha)
        return min(guess, limit) if forward else max(guess, limit)
    if high is None or not high.finite:  # case 4: f falls ever more steeply
        return away
    return cubic_minimizer(trial, high)
