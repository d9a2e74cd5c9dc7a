"""The conditions on a trial that line searches share, and what becomes of them where f has only rounding left.

Source: Nocedal & Wright (2006), equations 3.6 and 3.7; Hager & Zhang (2005), equation 4.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING

from optlab.kernels.narrow import DOUBLE, coarseness
from optlab.linesearch.base import EPS, Line, Trial, noise_of

if TYPE_CHECKING:
    from optlab.derivatives import Array

ROUGH = 1e3 * EPS
"""Differences of f below ROUGH · |f| have too few digits to steer by, none where f is a sum with cancellation."""
MOST = 1e-3
"""A difference of f above this part of it is not rough, whatever the precision, where it is above rounding."""


def roughness(x: Array) -> float:
    """Return ROUGH in the precision of x; where that has no digits to spare, what is rounding of f."""
    return ROUGH if x.itemsize == DOUBLE else min(ROUGH * coarseness(x), max(MOST, noise_of(x)))


def is_rough(a: Trial, b: Trial) -> bool:
    """Whether f at b, and at a, where it is finite, differs by so little that slopes are the better guide."""
    return abs(a.f - b.f) <= (ROUGH if a.x.itemsize == DOUBLE else roughness(a.x)) * abs(a.f)


def decreases_enough(phi: Line, trial: Trial, c1: float) -> bool:
    """Whether φ(α) ≤ φ(0) + c₁αφ′(0) at a finite trial, and by more than rounding: a chance ulp is no decrease."""
    return trial.finite and trial.f <= phi.f0 + c1 * trial.alpha * phi.slope and phi.f0 - trial.f > phi.noise


def falls_on(phi: Line, trial: Trial, c1: float) -> bool:
    """Whether f, still falling here after all extrapolations, has fallen by so much that no minimum is to be expected.

    What falls by no more than |f| may be an asymptote or a slope close to zero.
    """
    return decreases_enough(phi, trial, c1) and phi.f0 - trial.f > abs(phi.f0)


def approximate_wolfe(phi: Line, trial: Trial, c1: float, c2: float) -> bool:
    """Whether (2c₁ − 1)φ′(0) ≥ φ′(α) ≥ c₂φ′(0): both Wolfe conditions of the parabola through the two slopes."""
    return (2.0 * c1 - 1.0) * phi.slope >= trial.slope >= c2 * phi.slope


def strong_wolfe(phi: Line, trial: Trial, c1: float, c2: float) -> bool:
    """Whether φ(α) ≤ φ(0) + c₁αφ′(0) and |φ′(α)| ≤ c₂|φ′(0)|; the approximate conditions where f is only rounding."""
    if abs(trial.f - phi.f0) <= phi.noise:
        return approximate_wolfe(phi, trial, c1, c2)
    return -inf < trial.f <= phi.f0 + c1 * trial.alpha * phi.slope and abs(trial.slope) <= -c2 * phi.slope


def weak_wolfe(phi: Line, trial: Trial, c1: float, c2: float) -> bool:
    """Whether φ(α) ≤ φ(0) + c₁αφ′(0) and φ′(α) ≥ c₂φ′(0); the approximate conditions where f is only rounding."""
    if abs(trial.f - phi.f0) <= phi.noise:
        return approximate_wolfe(phi, trial, c1, c2)
    return -inf < trial.f <= phi.f0 + c1 * trial.alpha * phi.slope and trial.slope >= c2 * phi.slope


def better_fallback(phi: Line, kept: Trial | None, trial: Trial, c1: float, c2: float) -> Trial | None:
    """Return the better of two points to fall back on when the conditions cannot be met.

    Any point that decreases f enough is one, the lowest the best. Failing that, one where f is rough and the slopes
    show the decrease, by the approximate Wolfe conditions.
    """
    if decreases_enough(phi, trial, c1):
        return trial if kept is None or trial.f < kept.f or not decreases_enough(phi, kept, c1) else kept
    shown = kept is None and is_rough(phi.origin(), trial) and approximate_wolfe(phi, trial, c1, c2)
    return trial if shown else kept


def best_fallback(phi: Line, kept: Trial | None, trials: Iterable[Trial], c1: float, c2: float) -> Trial | None:
    """Return the best point to fall back on of several, and of the one that is kept."""
    for trial in trials:
        kept = better_fallback(phi, kept, trial, c1, c2)
    return kept
