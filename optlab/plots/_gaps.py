"""How far f is from the least value, and how that value is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.plots.series import GOOD, column

if TYPE_CHECKING:
    from optlab.core.plot import PlotData
    from optlab.core.problem import Array

Y_LABELS = {
    "suboptimality": "f − f*",
    "stationarity": "stationarity",
    "distance": "distance to x*",
    "gradient_norm": "gradient norm",
}
PROVEN, FOUND = "f − f*", "f − best f found (not proven)"
BESIDE = "|f − f*|"
"""With constraints f can lie below f*, at points that are not feasible."""
GAPS = frozenset({PROVEN, FOUND, BESIDE})
HEIGHT = 1e12
"""Values above this multiple of the greatest start value say no more: drawn at the ceiling."""
BEST = "best known"
"""How the facts of a problem begin to say that f* is not proven."""


def measured(data: PlotData, members: list[Any], y: str) -> tuple[str, list[Array]]:
    """Return what y is, and y of every run of a panel; the best f found stands in for an unknown f*.

    Parameters
    ----------
    members : list of (row of runs, iterations)
        The runs on one problem.
    y : str
        A column of the iterations.
    """
    values = [column(rows, y) for _, rows in members]
    if y != "suboptimality":
        return Y_LABELS.get(y, y.replace("_", " ")), values
    problem = data.problem(members[0][0]["run"])
    f = [column(rows, "f") for _, rows in members]
    known = problem.known.optimum
    logged = any(np.isfinite(v).any() for v in values)
    if logged or known is not None:  # the column need not have been asked for
        gaps = values if logged else [v - float(known or 0.0) for v in f]
        limited = bool(set(problem.constrained) - {"composite"})
        return (BESIDE, [np.abs(gap) for gap in gaps]) if limited else (PROVEN, gaps)
    candidates = [v[np.isfinite(v)].min() for v in f if np.isfinite(v).any()]
    if problem.constrained:  # f below f* off the feasible set is no record
        solved = [v[-1] for (run, _), v in zip(members, f, strict=True) if run["status"] in GOOD]
        candidates = solved or candidates
    starts = [abs(v[0]) for v in f if np.isfinite(v[0])]
    if not candidates or abs(min(candidates)) > HEIGHT * max([1.0, *starts]):  # f falls without bound
        return "stationarity", [column(rows, "stationarity") for _, rows in members]
    gaps = [v - min(candidates) for v in f]
    return FOUND, [np.where(gap == 0, np.nan, gap) for gap in gaps]


def label_of(data: PlotData, run: str, measure: str) -> str:
    """Return the label of y for the problem of a run; it says what f* is and how that is known."""
    if measure not in (PROVEN, BESIDE):
        return measure
    facts = data.problem(run).known
    if facts.optimum is None:
        return measure
    written = f"{facts.optimum:.6g}".replace("-", "−")
    return f"{measure}, f* = {written} ({BEST if facts.certificate.startswith(BEST) else 'known'})"
