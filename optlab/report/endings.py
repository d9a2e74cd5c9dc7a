"""How the runs ended, and why: statuses, causes, the KKT conditions, columns that failed, every run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from optlab.core.status import Status
from optlab.failures import Cause, causes
from optlab.kkt_table import HEAD, NUMERIC, kkt_rows
from optlab.plots.series import GOOD, settled
from optlab.plots.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.plot import PlotData

MOST_RUNS = 2000
"""Longer tables are cut, and say so; the files hold everything."""
MOST_CAUSES = 100
EXAMPLES = 3
NUMBERS = ("iterations", "f", "suboptimality", "stationarity", "n_f", "n_gradient", "seconds")


def statuses(runs: pd.DataFrame) -> Summary:
    """Return a row per status that occurs: how many runs, and what it means."""
    import pandas as pd

    counts = runs["status"].value_counts()
    rows = [[name, int(counts[name]), Status[name].value] for name in Status.__members__ if name in counts]
    return Summary(pd.DataFrame(rows, columns=["status", "runs", "meaning"]), "How the runs ended.")


def why(runs: pd.DataFrame) -> Summary:
    """Return a row per cause for which runs did not converge, the largest first, what was skipped last.

    `runs` has the columns `panel` and `line`.
    """
    import pandas as pd

    short = runs[~runs["status"].isin([Status.CONVERGED.name])]
    found = causes(short.assign(label=short["line"], problem=short["panel"]))
    found.sort(key=lambda cause: cause.status == Status.SKIPPED.name)
    rows = [[c.status, len(c.runs), c.message, _methods(c), _examples(c)] for c in found[:MOST_CAUSES]]
    cut = (
        f" The first {MOST_CAUSES} of {len(found)} causes; runs.parquet holds all." if len(found) > MOST_CAUSES else ""
    )
    note = "Every run that did not converge, equal causes together; numbers in a reason are those of its first run."
    return Summary(pd.DataFrame(rows, columns=["status", "runs", "reason", "methods", "which"]), note + cut)


def _methods(cause: Cause) -> str:
    return ", ".join(f"{name}: {count}" for name, count in Counter(cause.labels).most_common())


def _examples(cause: Cause) -> str:
    names = list(dict.fromkeys(cause.runs))
    return ", ".join(names[:EXAMPLES]) + (f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else "")


def conditions(results: PlotData, runs: pd.DataFrame) -> Summary | None:
    """Return how far the runs with constraints fulfil the KKT conditions; None where there are none."""
    import pandas as pd

    rows, note = kkt_rows(results, runs)
    if not rows:
        return None
    frame = pd.DataFrame(rows, columns=HEAD)
    return Summary(frame.assign(**{name: pd.to_numeric(frame[name]) for name in NUMERIC}), note)


def uncomputed(runs: pd.DataFrame) -> Summary | None:
    """Return why columns hold nothing, equal reasons once; None where all could be computed."""
    noted = runs[runs["notes"].fillna("") != ""] if "notes" in runs else runs[:0]
    if noted.empty:
        return None
    grouped = noted.groupby(["line", "panel", "notes"], sort=False).size().reset_index(name="runs")
    frame = grouped.rename(columns={"line": "method", "panel": "problem", "notes": "reason"})
    return Summary(frame, "Columns that could not be computed, and why.")


def every(results: PlotData, runs: pd.DataFrame) -> Summary:
    """Return a row per run, with the reason where it did not converge."""
    import pandas as pd

    runs = runs.assign(suboptimality=_last(results, "suboptimality"))
    ran = runs["status"] != Status.SKIPPED.name
    shown = {"method": runs["line"], "problem": runs["panel"]}
    shown |= {name: runs[name].astype(str) for name in ("start", "seed") if name in runs and runs[name].nunique() > 1}
    shown["status"] = runs["status"]
    for name in NUMBERS:
        values = runs[name].astype(float).where(ran) if name in runs else None
        if values is not None and np.isfinite(values).any():
            shown[name] = values
    shown["reason"] = runs["message"].fillna("").where(~runs["status"].isin(GOOD), "")
    cut = f"The first {MOST_RUNS} of {len(runs)} runs; runs.parquet holds all." if len(runs) > MOST_RUNS else ""
    return Summary(pd.DataFrame(shown).head(MOST_RUNS), cut)


def _last(results: PlotData, column: str) -> list[float]:
    """The last value of a column of the iterations, by run; NaN where there is none."""
    if column not in results.iterations:
        return [float("nan")] * len(results.runs)
    last = {run["run"]: float(rows[column].iloc[-1]) for run, rows in settled(results.runs, results.iterations)}
    return [last.get(run, float("nan")) for run in results.runs["run"]]
