"""Step-size sensitivity: what becomes of a method when its step size is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots._gaps import PROVEN
from optlab.plots.convergence import DEPTH
from optlab.plots.panels import end_mark, heading, legend, mark_entries, panels, set_scale, swatch, tidy_ticks
from optlab.plots.series import GOOD, column, failed, line_names, outcomes, panel_names, settled
from optlab.plots.sweep import without_setting

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array, ProblemBase

COLUMNS = ["panel", "measure", "line", "run", "status", "step", "first", "final", "iterations", "limit"]
LIMIT: dict[str, Any] = {"color": style.MUTED, "linewidth": 3.0, "linestyle": "-", "alpha": 0.5, "zorder": 1}
FOUND = "f − best f found"
HEIGHT = 1e4
"""Values above this multiple of the greatest start value are drawn there."""
PER_PROBLEM = 2


@dataclass(frozen=True)
class StepSensitivity(Plot):
    """The final f and the iterations against the step size, two panels per problem, a line per method.

    Attributes
    ----------
    x : str
        A column of the runs table, the swept step size.

    Source: the limit 2/L of the fixed step: Polyak (1987), section 1.4.
    """

    x: str = "optimizer.step_size"

    caption = (
        "What becomes of each method as its step size changes: the f it ends with, and the iterations it takes. With "
        "several starts the line is the median. The grey line is 2/L, the largest stable fixed step of gradient "
        "descent, L being the greatest eigenvalue of the Hessian, at x* where it changes. An X is a run that failed or "
        "diverged, a ring one that stopped short of convergence, a square one whose time was up."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return a row per run: panel, measure, line, run, status, step, first and final value, iterations, 2/L."""
        import pandas as pd

        if self.x not in data.runs:
            return pd.DataFrame(columns=COLUMNS)
        runs = without_setting(data.runs.assign(panel=panel_names(data.runs, [self.x])), self.x)
        runs = runs.assign(line=line_names(runs, [self.x], ("panel", self.x)))
        rows = []
        limits: dict[str, float] = {}
        for run, path in settled(runs, data.iterations):
            f = column(path, "f")
            problem = data.problem(run["run"])
            if run["panel"] not in limits:
                limits[run["panel"]] = stable_step(problem)
            optimum = problem.known.optimum
            rows.append({
                "panel": run["panel"], "measure": FOUND if optimum is None else PROVEN, "line": run["line"],
                "run": run["run"], "status": run["status"], "step": run[self.x],
                "final": f[-1] - (0.0 if optimum is None else optimum), "first": f[0] - (optimum or 0.0),
                "iterations": column(path, "k")[-1], "limit": limits[run["panel"]],
            })  # fmt: skip
        if not rows:
            return pd.DataFrame(columns=COLUMNS)
        table = pd.DataFrame(rows)
        table["step"] = pd.to_numeric(table["step"], errors="coerce")
        for _, of in table[table["measure"] == FOUND].groupby("panel"):
            least = of["final"].min()
            table.loc[of.index, ["final", "first"]] -= least
        top = HEIGHT * table.groupby("panel")["first"].transform(lambda first: max(float(first.abs().max()), 1e-300))
        table["final"] = np.where(np.isfinite(table["final"]), np.minimum(table["final"], top), top)
        there: pd.DataFrame = table.loc[np.isfinite(table["step"]), COLUMNS]
        return there.sort_values(["panel", "line", "step"], kind="stable", key=_first_seen).reset_index(drop=True)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no step size was swept."""
        table = self.table(data)
        if table.empty or table.groupby(["panel", "line"])["step"].nunique().max() < PER_PROBLEM:
            return None
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            looks = style.looks_of(table["line"])
            figure, axes_there = panels(PER_PROBLEM * len(names), columns=PER_PROBLEM)
            for i, name in enumerate(names):
                rows = table[table["panel"] == name]
                words = f"final {rows['measure'].iloc[0]}", "iterations"
                for axes, what, label in zip(
                    axes_there[2 * i : 2 * i + 2], ("final", "iterations"), words, strict=True
                ):
                    _panel(axes, rows, what, looks)
                    axes.set_ylabel(label)
                    heading(axes, name)
            said = outcomes(table)
            entries = [(swatch(**look), said[line]) for line, look in looks.items()]
            if np.isfinite(table["limit"]).any():
                entries.append((swatch(**LIMIT), "theory: 2/L"))
            legend(figure, entries + mark_entries(table["status"]))
            return figure


def _panel(axes: Axes, table: pd.DataFrame, what: str, looks: style.Looks) -> None:
    step, y = np.asarray(table["step"], dtype=float), np.asarray(table[what], dtype=float)
    sound = y[~np.asarray(table["status"].map(failed), dtype=bool)]
    positive = y[y > 0]
    floor = DEPTH * float(table["first"].abs().max()) if what == "final" else 0.0
    set_scale(axes, "x", step)
    if what == "final" and positive.size:
        axes.set_yscale("log")
    else:
        set_scale(axes, "y", sound if sound.size else y)
    for line, rows in table.groupby("line", sort=False):
        look = looks[str(line)]
        clipped = rows.assign(y=np.maximum(np.asarray(rows[what], dtype=float), floor))
        median = clipped.groupby("step")["y"].median()
        axes.plot(np.asarray(median.index, dtype=float), np.asarray(median), **look, zorder=3)
        for status, those in clipped[~clipped["status"].isin(GOOD)].groupby("status", sort=False):
            axes.plot(those["step"], those["y"], color=look["color"], **end_mark(str(status)) or {}, clip_on=False)
    for limit in np.unique(table["limit"]):
        if np.isfinite(limit):
            axes.axvline(limit, **LIMIT)
    tidy_ticks(axes)
    axes.set_xlabel("step size α")


def stable_step(problem: ProblemBase) -> float:
    """Return 2/L: L from the facts, or the greatest eigenvalue of the Hessian at a known minimizer; NaN without."""
    facts = problem.known
    if facts.curvature is not None:
        return 2.0 / facts.curvature[1] if facts.curvature[1] > 0 else float("nan")
    if facts.solution is None or problem.constrained or problem.lacks("hessian"):
        return float("nan")
    H: Array = np.asarray(problem.hessian(np.asarray(facts.solution, dtype=float)))
    if not np.isfinite(H).all():
        return float("nan")
    L = float(np.linalg.eigvalsh(H)[-1])
    return 2.0 / L if L > 0 else float("nan")


def _first_seen(values: Any) -> Any:
    """Sort keys: text by its first appearance, numbers by size."""
    if values.dtype.kind in "fi":
        return values
    return values.map({value: i for i, value in enumerate(dict.fromkeys(values))})
