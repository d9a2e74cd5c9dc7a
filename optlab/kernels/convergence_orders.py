"""How fast errors fall: sublinear, linear, superlinear or quadratic, with the slope that says so.

Source: Nocedal & Wright (2006), section 2.2 (Q-order of convergence); Nesterov (2004), theorem 2.1.15 (κ).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, nan
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
FEWEST = 4
"""Errors that a slope needs."""
SUPERLINEAR, QUADRATIC = 1.15, 1.75
"""Least measured orders that carry the names."""
PART = 3
"""The last of so many parts of a run is looked at."""
STRAIGHTER = 0.25
"""A power law fits better than a geometric sequence when its squared residuals are below this part."""
LEAST_FALL = 1e-2
"""An order is measured where the errors of the last part fall to this, or by the whole run."""
BENT = 0.25
"""The pace changes within a stretch where its last half lies, by mean squares, so much nearer to a line of its own."""
STRAIGHT = 1e-6
"""Mean squares of log e about a line that are rounding."""
SURE = 3.0
"""A slope of so many standard errors is no accident."""
LOWEST = -700.0
"""Logarithms below this are those of numbers next to zero."""
STANDSTILL = 1e-3
"""Errors that fall by less than this part over the last part of a run stand still."""


@dataclass(frozen=True)
class Speed:
    """What the last part of a sequence of errors says.

    Attributes
    ----------
    kind : "quadratic", "superlinear", "linear", "sublinear", "none" or "short"
        "none" where the errors do not fall, "short" where too few are above rounding.
    order : float
        p of e_{k+1} ≈ C e_k^p.
    rate : float
        The factor per iteration, by least squares.
    power : float
        q of e_k ∝ k^−q, where that fits better.
    begin, end : int
        The stretch looked at, as a slice of the errors.
    """

    kind: str
    order: float = nan
    rate: float = nan
    power: float = nan
    begin: int = 0
    end: int = 0


def speed(errors: Array, floor: float = 0.0) -> Speed:
    """Measure how fast the errors of successive iterations fall, those at or below `floor` left out as rounding.

    The last third is looked at; where the pace changes within it, the last half of that, and so on. Errors that
    scatter or swing keep the whole stretch.
    """
    e = np.asarray(errors, dtype=float)
    genuine = np.isfinite(e) & (e > max(floor, 0.0))
    end = len(e) if genuine.all() else int(np.argmin(genuine))
    if end > 1 and not e[end - 1] < e[0]:
        return Speed("none", end=end)
    if end < FEWEST:
        return Speed("short", end=end)
    begin = end - max(FEWEST, -(-end // PART))
    order, fall = _order(np.log(e[begin:end])), e[end - 1] / e[begin]
    if order >= SUPERLINEAR and fall < LEAST_FALL:
        rate = _geometric(e, begin, end)[0]
        return Speed("quadratic" if order >= QUADRATIC else "superlinear", order, rate, nan, begin, end)
    power = _power_law(e[:end])
    if power is not None:
        return Speed("sublinear", order, _geometric(e, begin, end)[0], power, begin, end)
    begin = _even(e, begin, end)
    rate, off, error = _geometric(e, begin, end)
    if not log(rate) * (end - begin) < -STANDSTILL or (off > STRAIGHT and -log(rate) < SURE * error):
        return Speed("none", rate=rate, begin=begin, end=end)
    return Speed("linear", _order(np.log(e[begin:end])), rate, nan, begin, end)


def _order(y: Array) -> float:
    """The slope of log e_{k+1} against log e_k."""
    return _line(y[:-1], y[1:])[0] if np.ptp(y[:-1]) > 0 else nan


def _even(e: Array, begin: int, end: int) -> int:
    """Where the last stretch begins within which the pace does not change."""
    off = _geometric(e, begin, end)[1]
    while off > STRAIGHT and end - begin >= 4 * FEWEST:
        half = (begin + end) // 2
        nearer = _geometric(e, half, end)[1]
        if nearer > BENT * off:
            break
        begin, off = half, nearer
    return begin


def _geometric(e: Array, begin: int, end: int) -> tuple[float, float, float]:
    """ρ of the best e ∝ ρ^k over a stretch, the mean square of log e about it, and the standard error of log ρ."""
    k = np.arange(end - begin, dtype=float)
    slope, off = _line(k, np.log(e[begin:end]))
    spread = float(((k - k.mean()) ** 2).sum())
    return exp(slope), off / len(k), float(np.sqrt(off / max(len(k) - 2, 1) / spread))


def _line(x: Array, y: Array) -> tuple[float, float]:
    """The slope of the least-squares line, and its sum of squared residuals."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    return slope, float(((dy - slope * dx) ** 2).sum())


def _power_law(e: Array) -> float | None:
    """The q for which e ∝ k^−q fits the last two thirds much better than e ∝ ρ^k, else None."""
    if len(e) < PART * FEWEST:
        return None
    k = np.arange(len(e), dtype=float)[len(e) // PART :]
    y = np.log(e[len(e) // PART :])
    slope, off = _line(np.log(k), y)
    return -slope if off < STRAIGHTER * _line(k, y)[1] else None


def guide(errors: Array, order: float) -> Array:
    """Return the sequence e_{k+1} = C e_k^order through the last error, C fitted to all of them.

    For order 1 that is the geometric sequence whose rate is the least-squares slope. Computed from the end backwards,
    where the recursion is stable.
    """
    y = np.log(np.asarray(errors, dtype=float))
    if order == 1.0:
        k = np.arange(len(y), dtype=float)
        return np.asarray(np.exp(y.mean() + _line(k, y)[0] * (k - k.mean())))
    constant = float(np.mean(y[1:] - order * y[:-1]))
    sequence = [float(y[-1])]
    for _ in y[1:]:
        sequence.append((sequence[-1] - constant) / order)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp(np.array(sequence[::-1])))


def promised(first: float, rate: float, order: float, steps: int) -> Array:
    """Return errors that begin with `first`, fall by the factor `rate` at once, and by its power order^k then.

    What a sequence that has fallen linearly so far would do if it converged with the order from here on.
    """
    k = np.arange(steps, dtype=float)
    with np.errstate(over="ignore", under="ignore"):
        exponent = k if order == 1.0 else (order**k - 1.0) / (order - 1.0)
        return np.asarray(first * np.exp(np.maximum(exponent * log(rate), LOWEST)))


def kappa_rate(curvature: tuple[float, float] | None, squared: bool) -> float:
    """Return (κ − 1)/(κ + 1), or its square for errors of f; NaN where μ, L of the Hessian are not known.

    >>> round(kappa_rate((1.0, 5.0), squared=True), 3)
    0.444
    """
    if curvature is None or not 0 < curvature[0] <= curvature[1] < inf:
        return nan
    mu, L = curvature
    rate = (L - mu) / (L + mu)
    return rate**2 if squared else rate
