"""Convergence: how fast each method gets there, a panel per problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Lt

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.panels import (
    FAILED_MARK,
    LIMIT_MARK,
    legend,
    panels,
    plain,
    scale_of,
    set_scale,
    spread_marks,
    swatch,
    tidy_ticks,
)
from optlab.plots.series import GOOD, column, failed, named, outcomes, settled, thinned
from optlab.plots.style import Looks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

X_LABELS = {
    "iterations": "iteration",
    "evaluations": "evaluations of any kind",
    "f_evaluations": "evaluations of f",
    "gradient_evaluations": "evaluations of the gradient",
    "seconds": "seconds of the method's own time",
}
X_COLUMNS = {"iterations": "k", "f_evaluations": "n_f", "gradient_evaluations": "n_gradient", "seconds": "seconds"}
Y_LABELS = {
    "suboptimality": "f − f*",
    "stationarity": "stationarity",
    "distance": "distance to x*",
    "gradient_norm": "gradient norm",
}
PROVEN, FOUND = "f − f*", "f − best f found (not proven)"
DEPTH = 1e-16
"""Values below this part of the least start value are rounding: drawn on the floor."""
HEIGHT = 1e12
"""Values above this multiple of the greatest start value say no more: drawn at the ceiling."""
SINGLE = 4
"""Up to this many runs of a method on a problem are drawn one by one; more become a median with a band."""
GRID = 200
MEDIAN = "median of"


@dataclass(frozen=True)
class Convergence(Plot):
    """A column of the iterations against effort, one panel per problem, one line per method.

    Where f* is not known, `y: suboptimality` becomes the distance to the best f found, and the axis says so;
    the points that define it are left out. On a logarithmic axis, zeros and negative values are drawn on the
    floor, 1e-16 of the least start value.

    Attributes
    ----------
    y : str
        A column of the iterations table.
    x : str
        What effort is counted in.
    band : float
        With more than four starts, the band reaches from this quantile to its mirror image.
    scale : "auto", "linear" or "log"
        Of the x axis; "auto" is logarithmic when the runs differ much in length.
    """

    y: str = "suboptimality"
    x: Literal["iterations", "evaluations", "f_evaluations", "gradient_evaluations", "seconds"] = "iterations"
    band: Annotated[float, Ge(0), Lt(0.5)] = 0.25
    scale: Literal["auto", "linear", "log"] = "auto"

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        middle = f"{100 - 200 * self.band:.0f} %"
        subject = Y_LABELS.get(self.y, self.y)
        if self.y == "suboptimality":
            subject += " (f − the best f found where f* is not known)"
        return (
            f"{subject} against {X_LABELS[self.x]}: the line that falls first needs the least "
            "effort. An X marks where a run failed, a ring where it stopped short of convergence; the legend names "
            f"the status. With more than {SINGLE} starts a line is their median and its band the middle {middle}; "
            "runs that ended early count with their last value."
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, measure, line, run, status, x, y; low and high for bands."""
        import pandas as pd

        parts = [pd.DataFrame(part) for part in self._parts(data)]
        columns = ["panel", "measure", "line", "run", "status", "x", "y", "low", "high"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    def _parts(self, data: PlotData) -> Iterator[dict[str, Any]]:
        runs = named(data.runs)
        panels_there: dict[str, list[Any]] = {}
        for run, rows in settled(runs, data.iterations):
            panels_there.setdefault(run["panel"], []).append((run, rows))
        for panel, members in panels_there.items():
            measure, values = self._measure(data, members)
            lines: dict[str, list[Any]] = {}
            for (run, rows), y in zip(members, values, strict=True):
                x = self._effort(rows)
                there = np.isfinite(x) & np.isfinite(y)
                if there.any():
                    lines.setdefault(run["line"], []).append((run, x[there], y[there]))
            for line, several in lines.items():
                common = {"panel": panel, "measure": measure, "line": line}
                banded = len(several) > SINGLE
                if banded:
                    yield common | {"run": f"{MEDIAN} {len(several)}", "status": ""} | self._median(several)
                for run, x, y in several:
                    if banded and not failed(run["status"]):
                        continue
                    keep = thinned(y)
                    yield common | {
                        "run": run["run"],
                        "status": run["status"],
                        "x": x[keep],
                        "y": y[keep],
                        "low": np.nan,
                        "high": np.nan,
                    }

    def _measure(self, data: PlotData, members: list[Any]) -> tuple[str, list[Array]]:
        """The label of y, and y of every run; the best f found stands in for an unknown f*."""
        values = [column(rows, self.y) for _, rows in members]
        if self.y != "suboptimality" or any(np.isfinite(v).any() for v in values):
            return Y_LABELS.get(self.y, self.y.replace("_", " ")), values
        f = [column(rows, "f") for _, rows in members]
        known = data.problem(members[0][0]["run"]).known.optimum
        if known is not None:  # the column was not asked for
            return PROVEN, [v - known for v in f]
        candidates = [v[np.isfinite(v)].min() for v in f if np.isfinite(v).any()]
        if data.problem(members[0][0]["run"]).constrained:  # f below f* off the feasible set is no record
            solved = [v[-1] for (run, _), v in zip(members, f, strict=True) if run["status"] in GOOD]
            candidates = solved or candidates
        starts = [abs(v[0]) for v in f if np.isfinite(v[0])]
        if not candidates or abs(min(candidates)) > HEIGHT * max(
            [1.0, *starts]
        ):  # f falls without bound: nothing to compare with
            return "stationarity", [column(rows, "stationarity") for _, rows in members]
        gaps = [v - min(candidates) for v in f]
        return FOUND, [np.where(gap == 0, np.nan, gap) for gap in gaps]

    def _effort(self, rows: pd.DataFrame) -> Array:
        if self.x == "evaluations":
            counters = [name for name in rows.columns if str(name).startswith("n_")]
            return np.asarray(rows[counters].sum(axis=1), dtype=float)
        return column(rows, X_COLUMNS[self.x])

    def _median(self, several: list[Any]) -> dict[str, Any]:
        """Median and quantiles over runs on a common grid, each run a step function carried to the end."""
        ends = np.array([x[-1] for _, x, _ in several])
        points = np.unique(np.concatenate([x for _, x, _ in several]))
        if len(points) > GRID:
            positive = points[points > 0]
            wide = scale_of(ends) != "linear"
            points = np.concatenate(
                [
                    [points[0]],
                    np.geomspace(positive[0], points[-1], GRID) if wide else np.linspace(points[0], points[-1], GRID),
                ]
            )
        points = np.unique(points[points >= max(x[0] for _, x, _ in several)])
        stack = np.array([y[np.searchsorted(x, points, side="right") - 1] for _, x, y in several])
        low, middle, high = np.quantile(stack, [self.band, 0.5, 1 - self.band], axis=0)
        return {"x": points, "y": middle, "low": low, "high": high}

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
                self._panel(axes, table[table["panel"] == name], looks)
                axes.set_title(plain(name))
            legend(figure, _entries(table, looks, outcomes(named(data.runs))))
            return figure

    def _panel(self, axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
        y, x = np.asarray(table["y"], dtype=float), np.asarray(table["x"], dtype=float)
        firsts = np.asarray(table.groupby(["line", "run"])["y"].first(), dtype=float)
        logarithmic = (table["measure"].iloc[0] in (PROVEN, FOUND) or y.min() >= 0) and (y > 0).any()
        starts = firsts[firsts > 0] if (firsts > 0).any() else np.array([y.max()])
        floor = -np.inf
        if logarithmic:  # what is not positive lies on the floor, which is then the deepest there is
            floor = DEPTH * starts.min() if (y <= 0).any() else max(DEPTH * starts.min(), y[y > 0].min())
        ceiling = HEIGHT * starts.max() if logarithmic else np.inf
        axes.set_yscale("log" if logarithmic else "linear")
        lengths = np.asarray(table.groupby(["line", "run"])["x"].max(), dtype=float)
        scale = {"linear": "linear", "log": scale_of(x)}.get(
            self.scale, "linear" if scale_of(lengths) == "linear" else scale_of(x)
        )
        set_scale(axes, "x", x, scale)
        order = list(looks)
        rows_of = {str(line): set(names) for line, names in table.groupby("line")["run"]}
        for _, rows in table.groupby(["line", "run"], sort=False):
            line = str(rows["line"].iloc[0])
            look, i = looks[line], order.index(line)
            rx = np.asarray(rows["x"], dtype=float)
            ry, low, high = (np.clip(np.asarray(rows[c], dtype=float), floor, ceiling) for c in ("y", "low", "high"))
            banded = bool(np.isfinite(low).any())
            members = rows_of[line]
            thin: dict[str, Any] = {"linewidth": 1.0} if len(members) > 1 else {}
            if not banded and any(name.startswith(MEDIAN) for name in members):
                thin = {"linewidth": 0.8, "marker": "none"}
            axes.plot(rx, ry, **look | thin, markevery=spread_marks(rx, i, scale != "linear"), zorder=3)
            if banded:
                axes.fill_between(rx, low, high, color=look["color"], alpha=0.18, linewidth=0, zorder=2)
            elif failed(rows["status"].iloc[0]):
                axes.plot(rx[-1:], ry[-1:], color=look["color"], **FAILED_MARK, clip_on=False)
            elif rows["status"].iloc[0] not in GOOD:
                axes.plot(rx[-1:], ry[-1:], color=look["color"], **LIMIT_MARK, clip_on=False)
        tidy_ticks(axes)
        axes.set_xlabel(X_LABELS[self.x])
        axes.set_ylabel(table["measure"].iloc[0])


def _entries(table: pd.DataFrame, looks: Looks, words: dict[str, str]) -> list[tuple[Any, str]]:
    """A legend entry per line, with the statuses other than success that its runs ended with."""
    entries = [(swatch(**look), words[line]) for line, look in looks.items()]
    there = set(table.loc[table["low"].isna(), "status"]) - GOOD
    if any(failed(s) for s in there):
        entries.append((swatch(color=style.MUTED, **FAILED_MARK), "failed"))
    if any(not failed(s) for s in there):
        entries.append((swatch(color=style.MUTED, **LIMIT_MARK), "stopped before convergence"))
    return entries
