"""Measured speeds of convergence beside what theory promises: numbers, verdicts, and curves to lay over the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.kernels.convergence_orders import FEWEST, Speed, guide, kappa_rate, promised, speed
from optlab.plots.panels import SUPERSCRIPT

if TYPE_CHECKING:
    from optlab.core.problem import Array, ProblemBase

SECANT = (1 + 5**0.5) / 2
ORDERS = {"linear": 1.0, "superlinear": SECANT, "quadratic": 2.0}
"""The order of each theory line; that of "superlinear" is the secant method's."""
RANKS = ("none", "sublinear", "linear", "superlinear", "quadratic")
SQUARED = frozenset({"suboptimality", "f"})
"""Columns whose errors are squares of distances, near a minimum."""
LENGTHS = frozenset({"distance", "gradient_norm", "stationarity"})
ALLOWANCE = 1e-3
"""A measured rate above the bound by less than this part of 1 − bound keeps it."""
CREDIBLE = 3.0
"""Measured orders above this come of runs that are exact after a few steps."""
MOST_POINTS = 200
BOUND, FIT = "κ bound", "theory"
"""How the rows of theory are named in the table."""
ROUNDING = 10 * float(np.finfo(float).eps)


def rounding_of(y: Array, f: Array, of_f: bool) -> float:
    """Return the size below which an error is rounding: that of f where the error is least, or of the first error."""
    there = np.isfinite(y) & np.isfinite(f)
    if not there.any():
        return 0.0
    size = f[there][np.argmin(y[there])] if of_f else y[there][0]
    return ROUNDING * abs(float(size))


def bound_of(problem: ProblemBase, y: str) -> float:
    """Return the factor per iteration that κ promises gradient descent at its best step; NaN where κ is not known."""
    if problem.constrained or y not in SQUARED | LENGTHS:
        return float("nan")
    return kappa_rate(problem.known.curvature, y in SQUARED)


def words(several: Sequence[Speed], theory: str, bound: float) -> str:
    """Say how fast the runs of a method are, in numbers, and whether that is what was promised."""
    kind, many = Counter(s.kind for s in several).most_common(1)[0]
    those = [s for s in several if s.kind == kind]
    order, rate, power = (_median(getattr(s, name) for s in those) for name in ("order", "rate", "power"))
    said = {
        "short": "too few iterations to tell",
        "none": "no clear progress",
        "sublinear": f"sublinear, ∝ k{f'{-power:.2g}'.translate(SUPERSCRIPT)}",
        "linear": f"linear, × {rate:.4g} per iteration",
        "superlinear": f"superlinear, order {order:.2f}",
        "quadratic": f"quadratic, order {order:.2f}" if order <= CREDIBLE else "faster than quadratic",
    }[kind]
    if len(several) > 1:
        said += f" ({'median of ' if many == len(several) else f'{many} of '}{len(several)} runs)"
    if theory in ORDERS and kind != "short":
        kept = RANKS.index(kind) >= RANKS.index(theory)
        return f"{said}: {'' if kept else 'not '}{theory}{' or faster' if kept and kind != theory else ''}"
    if np.isfinite(bound) and kind == "linear":
        within = rate <= bound + ALLOWANCE * (1 - bound)
        return f"{said}, {'within' if within else 'slower than'} the κ bound {bound:.4g}"
    return said


def _median(values: Iterable[float]) -> float:
    there = [v for v in values if np.isfinite(v)]
    return float(np.median(there)) if there else float("nan")


def curve(x: Array, y: Array, measured: Speed, theory: str) -> dict[str, Any] | None:
    """Return x and y of the theory line over the last part of a run; None where none applies.

    The measured order is fitted; another one begins where the last part does, with the measured rate.
    """
    own = {"linear": 1.0, "superlinear": measured.order, "quadratic": 2.0}.get(measured.kind)
    order = ORDERS.get(theory, own)
    steps = measured.end - measured.begin
    if order is None or steps < FEWEST or measured.order > CREDIBLE or not measured.rate < 1.0:
        return None
    part = slice(measured.begin, measured.end)
    fits = theory in ("auto", measured.kind)
    line = guide(y[part], own or order) if fits else promised(float(y[part][0]), measured.rate, order, steps)
    every = np.unique(np.concatenate([np.arange(min(steps, MOST_POINTS)),
                                      np.linspace(0, steps - 1, MOST_POINTS).round().astype(int)]))  # fmt: skip
    return {"x": x[part][every], "y": line[every]}


def bound_curve(first: float, rate: float, least: float, last: float) -> dict[str, Any]:
    """Return x and y of first · rate^k, from 0 to the iteration `last`, or to where it falls below `least`."""
    end = last if rate == 0.0 else min(last, np.ceil(np.log(least / first) / np.log(rate)) if rate < 1.0 else last)
    k = np.unique(np.concatenate([np.linspace(0.0, max(end, 1.0), MOST_POINTS).round(), [0.0, 1.0]]))
    return {"x": k, "y": first * rate**k}


def speeds_of(values: Iterable[tuple[Array, Array]], of_f: bool) -> list[Speed]:
    """Measure every run: pairs of errors and f."""
    return [speed(y, rounding_of(y, f, of_f)) for y, f in values]
