"""What the plots of one column along the path share: a tidy table, and a panel per problem drawn from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.plots.panels import end_mark, mark_entries, scale_of, set_scale, spread_marks, swatch, tidy_ticks
from optlab.plots.series import column, failed, named, outcomes, settled, thinned
from optlab.plots.style import MUTED, Looks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from optlab.core.plot import PlotData
    from optlab.core.problem import Array

Measure = Callable[["pd.DataFrame"], "tuple[Array, NDArray[np.bool_]]"]
"""From the iterations of a run: y, and where the curvature along the step or of the Hessian is negative."""
COLUMNS = ["panel", "line", "run", "status", "k", "y", "negative"]


NEGATIVE: dict[str, Any] = {
    "marker": "v",
    "markersize": 7,
    "markerfacecolor": "white",
    "markeredgewidth": 1.3,
    "linestyle": "none",
    "zorder": 4,
}


def along_paths(data: PlotData, measure: Measure, most_lines: int) -> pd.DataFrame:
    """Return the rows that exist, by panel, line, run and k; at most `most_lines` runs of a line per panel."""
    import pandas as pd

    runs = named(data.runs)
    drawn: dict[tuple[str, str], int] = {}
    parts = []
    for run, rows in settled(runs, data.iterations):
        y, negative = measure(rows)
        there = np.flatnonzero(np.isfinite(y))
        key = (run["panel"], run["line"])
        if there.size == 0 or drawn.get(key, 0) >= most_lines:
            continue
        drawn[key] = drawn.get(key, 0) + 1
        keep = there[thinned(np.where(negative, -np.abs(y), y)[there])]
        parts.append(
            pd.DataFrame({
                "panel": run["panel"], "line": run["line"], "run": run["run"], "status": run["status"],
                "k": column(rows, "k")[keep].astype(int), "y": y[keep], "negative": negative[keep],
            })
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def span(table: pd.DataFrame) -> tuple[float, float]:
    """Return the least and greatest |y| > 0 of the runs that did not fail; of all runs where every one failed."""
    y = np.abs(np.asarray(table["y"], dtype=float))
    sound = (y > 0) & ~np.asarray(table["status"].map(failed), dtype=bool)
    chosen = y[sound] if sound.any() else y[y > 0]
    return (float(chosen.min()), float(chosen.max())) if chosen.size else (1.0, 1.0)


def draw_lines(
    axes: Axes, table: pd.DataFrame, looks: Looks, limits: tuple[float, float], logarithmic: bool = True
) -> None:
    """Draw y against k on an axis that shows `limits`; what is beyond is drawn on the frame.

    On a logarithmic axis |y| is drawn, and what is 0 left out. Rows with negative curvature get a hollow downward
    triangle; runs that did not converge end in their mark.
    """
    k = np.asarray(table["k"], dtype=float)
    lengths = np.asarray(table.groupby("run")["k"].max(), dtype=float)
    scale = set_scale(axes, "x", k, "linear" if scale_of(lengths) == "linear" else scale_of(k))
    order = list(looks)
    for _, rows in table.groupby("run", sort=False):
        look, i = looks[rows["line"].iloc[0]], order.index(rows["line"].iloc[0])
        rk, y = np.asarray(rows["k"], dtype=float), np.asarray(rows["y"], dtype=float)
        y = np.clip(np.where(y == 0, np.nan, np.abs(y)) if logarithmic else y, *limits)
        axes.plot(rk, y, **look, markevery=spread_marks(rk, i, scale != "linear"), linewidth=1.1, zorder=3)
        negative = np.asarray(rows["negative"], dtype=bool)
        if negative.any():
            shown = spread_marks(rk[negative], i, scale != "linear")
            axes.plot(rk[negative][shown], y[negative][shown], **NEGATIVE | {"markeredgecolor": look["color"]})
        if (mark := end_mark(rows["status"].iloc[0])) is not None:
            axes.plot(rk[-1:], y[-1:], color=look["color"], **mark, clip_on=False)
    if logarithmic:
        axes.set_yscale("log")
    axes.set_ylim(*limits)
    tidy_ticks(axes)
    axes.set_xlabel("iteration")


def entries_of(data: PlotData, table: pd.DataFrame, looks: Looks, negative: str) -> list[tuple[Any, str]]:
    """Return the legend: a line each with the statuses of its failures, then the marks that occur."""
    words = outcomes(named(data.runs))
    entries = [(swatch(**look), words[line]) for line, look in looks.items()]
    if table["negative"].any():
        entries.append((swatch(**NEGATIVE, markeredgecolor=MUTED), negative))
    return entries + mark_entries(table["status"])
