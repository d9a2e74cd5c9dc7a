"""What is known about a problem, and what its derivatives cost, for `optlab show`."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from optlab.core.problem import ProblemBase
from optlab.text_table import table

SHORT = 8
"""Longer vectors are shown by their first entries."""
BUDGET = 0.02
"""Seconds spent on timing each function."""
MOST, LEAST = 200, 3
LARGE = 2000
"""Beyond this n dense matrices are not timed."""


def page(problem: ProblemBase) -> list[str]:
    """Return the lines on an instance with the default settings: facts, then the cost of each derivative."""
    known = problem.known
    with np.errstate(all="ignore"):
        lines = [f"{'n:':<12}{problem.n}", f"{'start:':<12}{vector(problem.start())}"]
        if known.optimum is not None:
            ending = "" if known.attained else ", an infimum that is not attained"
            lines.append(f"{'optimum:':<12}f* = {known.optimum:.17g}{ending}")
        if known.certificate:
            lines.append(f"{'known by:':<12}{known.certificate}")
        if known.solution is not None:
            lines.append(f"{'solution:':<12}x* = {vector(known.solution)}")
        lines += [f"{'':<12}and {vector(x)}" for x in known.solutions]
        for kind, points in known.critical_points.items():
            lines += [f"{kind + ':':<12}{vector(x)}, f = {problem.objective(np.asarray(x, dtype=float)):.10g}"
                      for x in points]  # fmt: skip
        if known.infeasible:
            lines.append(f"{'feasible:':<12}no point meets the constraints")
        if not known.qualified:
            lines.append(f"{'kkt:':<12}no multipliers exist at x*: no constraint qualification holds there")
        if known.note:
            lines.append(f"{'note:':<12}{known.note}")
        return [*lines, "", costs(problem)]


def vector(x: Any) -> str:
    """Return a point in a few words."""
    x = np.asarray(x, dtype=float)
    shown = ", ".join(f"{v:.10g}" for v in x[:SHORT])
    return f"({shown}{f', … {x.size} in all' if x.size > SHORT else ''})"


def costs(problem: ProblemBase) -> str:
    """Return a table: the time of f in microseconds, and that of each derivative as a multiple of it."""
    x = np.asarray(problem.start(), dtype=float)
    v = np.ones_like(x)
    x.setflags(write=False)
    asked: list[tuple[str, str, Callable[[], Any]]] = [
        ("f", "", lambda: problem.value(x)),
        ("gradient", "gradient", lambda: problem.gradient(x)),
        ("f and gradient", "gradient", lambda: problem.value_and_gradient(x)),
        ("Hessian · v", "hvp", lambda: problem.hvp(x, v)),
        ("Hessian", "hessian", lambda: problem.hessian(x)),
        ("Jacobian of residuals", "jacobian", lambda: problem.jacobian(x)),
    ]
    rows, unit = [], 0.0
    for label, need, function in asked:
        if need in ("hessian", "jacobian") and problem.n > LARGE:
            continue
        if need and (problem.lacks(need) or (need == "jacobian" and problem.residuals is None)):
            continue
        seconds = timed(function)
        unit = unit or seconds
        origin = "" if not need else "by hand" if by_hand(problem, need) else "autograd"
        rows.append((label, f"{1e6 * seconds:.1f}", f"{seconds / unit:.1f}", origin))
    return table(("at the start", "µs", "× f", "from"), rows, right=("µs", "× f"))


def by_hand(problem: ProblemBase, need: str) -> bool:
    """Whether a derivative comes from code that somebody wrote, itself or the one it is made of."""
    sources = {"gradient": ("gradient", "value_and_gradient"), "hvp": ("hvp", "hessian")}.get(need, (need,))
    return any(problem.by_hand(source) for source in sources)


def timed(function: Callable[[], Any]) -> float:
    """Return the median seconds of a call, over a few milliseconds of calls."""
    seconds: list[float] = []
    while len(seconds) < LEAST or (sum(seconds) < BUDGET and len(seconds) < MOST):
        begin = perf_counter()
        function()
        seconds.append(perf_counter() - begin)
    return median(seconds)
