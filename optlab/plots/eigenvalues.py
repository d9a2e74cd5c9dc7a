"""Eigenvalues: the extreme curvatures of f along each path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.lines import NEGATIVE
from optlab.plots.panels import (
    end_mark,
    heading,
    legend,
    mark_entries,
    panels,
    scale_of,
    set_scale,
    spread_marks,
    swatch,
    threshold,
    tidy_ticks,
)
from optlab.plots.series import column, failed, named, outcomes, settled, thinned

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ["panel", "line", "run", "status", "k", "lowest", "highest", "negative"]
DEEPEST = 1e-4
"""Eigenvalues below this part of the typical greatest one are drawn next to zero."""
LOWER: dict[str, Any] = {"marker": "none", "linewidth": 0.9}
ROOM = 2.0
NEAR_ZERO = 1.2
"""Room between zero and the smallest eigenvalues shown, in decades."""


@dataclass(frozen=True)
class Eigenvalues(Plot):
    """The least and the greatest eigenvalue of the Hessian at every kept iterate, a panel per problem.

    Needs the column `condition_number`.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.
    """

    starts: Annotated[int, Ge(1)] = 1

    caption = (
        "The least and the greatest eigenvalue of the Hessian along each path, the greatest with markers. Where the "
        "least one is negative (hollow triangle) there is a direction of negative curvature; a gradient step is "
        "stable up to 2 over the greatest. An X ends a run that failed, a ring one that stopped short of convergence, "
        "a square one whose time was up."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, line, run, status, k, lowest, highest, how many eigenvalues are negative."""
        import pandas as pd

        drawn: dict[tuple[str, str], int] = {}
        parts = []
        for run, rows in settled(named(data.runs), data.iterations):
            low, high = column(rows, "eigenvalue_min"), column(rows, "eigenvalue_max")
            there = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
            key = (run["panel"], run["line"])
            if there.size == 0 or drawn.get(key, 0) >= self.starts:
                continue
            drawn[key] = drawn.get(key, 0) + 1
            keep = there[np.union1d(thinned(low[there]), thinned(high[there]))]
            said = {name: run[name] for name in COLUMNS[:4]}
            values = {"k": column(rows, "k")[keep].astype(int), "lowest": low[keep], "highest": high[keep]}
            parts.append(pd.DataFrame(said | values | {"negative": column(rows, "inertia_negative")[keep]}))
        return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no run has the column."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            looks = style.looks_of(table["line"])
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                _panel(axes, table[table["panel"] == name], looks)
                axes.set_ylabel("eigenvalues of the Hessian")
                heading(axes, name)
            words = outcomes(named(data.runs))
            entries = [(swatch(**look), words[line]) for line, look in looks.items()]
            entries.append((swatch(color=style.MUTED, linestyle="-", marker="o"), "greatest"))
            entries.append((swatch(color=style.MUTED, linestyle="-", **LOWER), "least"))
            if (table["lowest"] < 0).any():
                entries.append((swatch(**NEGATIVE, markeredgecolor=style.MUTED), "least is negative"))
            legend(figure, entries + mark_entries(table["status"]))
            return figure


def _panel(axes: Axes, table: pd.DataFrame, looks: style.Looks) -> None:
    sound = table[~table["status"].map(failed).astype(bool)]
    sound = table if sound.empty else sound
    values = np.concatenate([np.asarray(sound[c], dtype=float) for c in ("lowest", "highest")])
    size = np.abs(values[values != 0])
    near = max(float(size.min(initial=np.inf)), DEEPEST * float(np.median(size))) if size.size else 1.0
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    limits = (ROOM * low if low < 0 else -near / ROOM, ROOM * high if high > 0 else near / ROOM)
    k = np.asarray(table["k"], dtype=float)
    lengths = np.asarray(table.groupby("run")["k"].max(), dtype=float)
    scale = set_scale(axes, "x", k, "linear" if scale_of(lengths) == "linear" else scale_of(k))
    order = list(looks)
    for _, rows in table.groupby("run", sort=False):
        look, i = looks[rows["line"].iloc[0]], order.index(rows["line"].iloc[0])
        rk = np.asarray(rows["k"], dtype=float)
        least, greatest = (np.clip(np.asarray(rows[c], dtype=float), *limits) for c in ("lowest", "highest"))
        axes.plot(rk, greatest, **look, markevery=spread_marks(rk, i, scale != "linear"), zorder=3)
        axes.plot(rk, least, **look | LOWER, zorder=3)
        negative = np.flatnonzero(least < 0)
        if negative.size:
            shown = negative[spread_marks(rk[negative], i, scale != "linear")]
            axes.plot(rk[shown], least[shown], **NEGATIVE | {"markeredgecolor": look["color"]})
        if (mark := end_mark(rows["status"].iloc[0])) is not None:
            axes.plot(rk[-1:], greatest[-1:], color=look["color"], **mark, clip_on=False)
    if (values > 0).all():
        axes.set_yscale("log")
        axes.set_ylim(float(values.min()) / ROOM, limits[1])
    else:
        axes.set_yscale("symlog", linthresh=10.0 ** np.floor(np.log10(near)), linscale=NEAR_ZERO)
        axes.set_ylim(*limits)
        threshold(axes, 0.0, "curvature 0")
    tidy_ticks(axes)
    axes.set_xlabel("iteration")
