"""The table of a report that says how far each run of a constrained problem fulfils the KKT conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.conditions import conditions
from optlab.core.status import OptlabError, Status, worded

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.conditions import Conditions
    from optlab.core.plot import PlotData

MOST = 200
"""Longer tables are cut, and say so."""
ACTIVE = 4
"""Most multipliers shown."""
HEAD = ("method", "problem", "status", "stationarity", "violation", "dual", "complementarity", "active", "multipliers",
        "verdict", "qualification")  # fmt: skip
NUMERIC = ("stationarity", "violation", "dual", "complementarity", "active")
NOTE = (
    "The KKT conditions at the last iterate of every run with constraints, recomputed: multipliers recovered from the "
    "problem alone, residuals in its own units; which condition fails, and the qualification that holds there."
)


def kkt_rows(data: PlotData, runs: pd.DataFrame) -> tuple[list[list[str]], str]:
    """Return the rows, in the order of HEAD, and a note; `runs` has the columns `panel` and `line`.

    Empty where no run has constraints.
    """
    rows: list[list[str]] = []
    more = 0
    for run in runs[runs["status"] != Status.SKIPPED.name].to_dict("records"):
        if not _constrained(data, run["run"]):
            continue
        if len(rows) == MOST:
            more += 1
            continue
        rows.append([run["line"], run["panel"], run["status"], *_words(data, run["run"])])
    return rows, NOTE + (f" The first {MOST}; {more} more are in runs.parquet." if more else "")


def _constrained(data: PlotData, run: str) -> bool:
    try:
        return bool(data.problem(run).constrained)
    except OptlabError:  # of a plug-in that is gone
        return False


def _words(data: PlotData, run: str) -> list[str]:
    try:
        points = data.trajectory(run)[1]
        if not len(points):
            return [""] * 5 + ["", "no iterate was kept", ""]
        found = conditions(data.problem(run), points[-1])
    except Exception as error:  # a user's problem
        return [""] * 5 + ["", f"not computed: {worded(error)}", ""]
    many = str(int(found.active.sum())) if found.active.size else ""
    numbers = (found.stationarity, found.primal, found.dual, found.complementarity)
    verdict = "holds" if found.holds else "fails: " + "; ".join(found.fails.values())
    return [*(f"{value:.1e}" for value in numbers), many, _multipliers(found), verdict, found.qualification]


def _multipliers(found: Conditions) -> str:
    """The greatest multipliers of what is active, by name."""
    named: list[tuple[str, Any]] = [(found.labels[0][i], found.lam[i]) for i in np.flatnonzero(found.active)]
    named += list(zip(found.labels[1], found.nu, strict=True))
    named.sort(key=lambda pair: -abs(pair[1]))
    text = ", ".join(f"{label}: {value:.4g}" for label, value in named[:ACTIVE])
    return text + (f" and {len(named) - ACTIVE} more" if len(named) > ACTIVE else "")
