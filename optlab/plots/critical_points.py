"""What kinds of critical points runs end at, against a setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optlab.core.plot import Plot, PlotData
from optlab.numerics.random_hessians import minimum_probability
from optlab.plots import style
from optlab.plots.panels import heading, legend, panels, swatch

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

KINDS = ("minimum", "saddle", "maximum", "inconclusive", "not critical", "not classified")
SHADES = ("#0072B2", "#D55E00", "#E69F00", "#6b6b6b", "#b5b5b5", "#dcdcdc")
RANDOM = "random_hessian"
THEORY: dict[str, Any] = {
    "color": "black",
    "linestyle": "none",
    "marker": "_",
    "markersize": 16,
    "markeredgewidth": 1.6,
    "zorder": 4,
}


@dataclass(frozen=True)
class CriticalPoints(Plot):
    """The share of each kind of critical point among the runs with one value of a setting, a panel per problem.

    Attributes
    ----------
    x : str
        The setting, a column of the runs table. Of the other settings of a problem, seeds apart, the combination with
        most values of this one is drawn.
    """

    name: ClassVar[str] = "critical_points"

    x: str = "problem.n"

    caption = (
        "Among the runs with one value of the setting, the share that ends at each kind of critical point, as the "
        "Hessian says. For random Hessians without a shift the dash is the exact probability of a minimum: it falls "
        "faster than 2⁻ⁿ, so that in high dimension nearly every critical point is a saddle."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return panel, x, kind, share, runs, and exact, the probability of a minimum where it is known."""
        import pandas as pd

        columns = ["panel", "x", "kind", "share", "runs", "exact"]
        if self.x not in data.runs or "critical_point" not in data.runs:
            return pd.DataFrame(columns=columns)
        runs = self._chosen(data.runs[data.runs["critical_point"].notna() & data.runs[self.x].notna()])
        rows = []
        groups: Any = runs.groupby(["problem", self.x], sort=False)
        for (problem, x), some in groups:
            shifts = some["problem.shift"] if "problem.shift" in some else pd.Series([0.0])
            known = problem == RANDOM and self.x == "problem.n" and not shifts.fillna(0.0).any()
            exact = minimum_probability(int(x)) if known else np.nan
            for kind in KINDS:
                share = float((some["critical_point"] == kind).mean())
                rows.append((str(problem), float(x), kind, share, len(some), exact if kind == "minimum" else np.nan))
        return pd.DataFrame(rows, columns=columns)

    def _chosen(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Return the runs that differ in the setting and the seed alone."""
        others = [c for c in runs.columns if str(c).startswith("problem.") and c not in (self.x, "problem.seed")]
        key = runs[["problem", *others]].map(repr).agg("|".join, axis=1)
        values = runs[self.x].groupby(key).nunique()
        best = values.groupby(runs["problem"].groupby(key).first()).idxmax()
        return runs[key.isin(set(best))]

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table as bars; None where no run was classified or the setting is not there."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                rows = table[table["panel"] == name]
                values = np.unique(rows["x"])
                bottom = np.zeros(len(values))
                for kind, shade in zip(KINDS, SHADES, strict=True):
                    share = np.asarray(rows[rows["kind"] == kind].set_index("x").loc[values, "share"], dtype=float)
                    axes.bar(np.arange(len(values)), share, bottom=bottom, color=shade, width=0.8)
                    bottom += share
                least = rows[rows["kind"] == "minimum"].set_index("x").loc[values, "exact"]
                axes.plot(np.arange(len(values)), np.asarray(least, dtype=float), **THEORY)
                axes.set_xticks(np.arange(len(values)), [f"{v:g}" for v in values])
                axes.set_xlabel(self.x.rpartition(".")[2])
                axes.set_ylabel("share of the runs")
                heading(axes, name)
            shown = [k for k in KINDS if (table.loc[table["kind"] == k, "share"] > 0).any()]
            entries = [(swatch(color=SHADES[KINDS.index(k)], linewidth=6.0), k) for k in shown]
            if table["exact"].notna().any():
                entries.append((swatch(**THEORY), "exact probability of a minimum"))
            legend(figure, entries)
            return figure
