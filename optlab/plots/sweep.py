"""Sweep: how an outcome depends on a setting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Gt, Lt

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.panels import FAILED_MARK, heading, legend, panels, set_scale, swatch, tidy_ticks
from optlab.plots.series import GOOD, column, failed, line_names, outcomes, panel_names, settled
from optlab.plots.style import Looks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THEORY = {
    "kappa": "theory: ln(1/ε) / ln((κ+1)/(κ−1))",
    "sqrt_kappa": "theory: ln(2/ε) / ln((√κ+1)/(√κ−1))",
    "stability": "theory: 2/L, the largest stable step",
}
PROMISED: dict[str, Any] = {
    "color": style.MUTED,
    "linewidth": 3,
    "linestyle": "-",
    "marker": "none",
    "alpha": 0.5,
    "zorder": 1,
}
FEWEST = 2


@dataclass(frozen=True)
class Sweep(Plot):
    """The final value of a column against a swept setting, a line per method, a panel per problem that varies it.

    Attributes
    ----------
    x : str
        A column of the runs table, like ``problem.condition`` or ``optimizer.step_size``; the one with the
        most values where it is empty.
    y : str
        A column of the runs table, or of the iterations table (its last value).
    theory : str
        A line to compare with: "kappa", the iterations of gradient descent at its best fixed step to reduce
        the error by `tolerance`; "sqrt_kappa", those of conjugate gradients; "stability", the step 2/L.
        κ and L are the problem's facts; nothing is drawn where they are not known.
    tolerance : float
        The reduction of the error that the theory line stands for.
    scale : "auto" or "linear"
        "auto" is logarithmic on an axis whose values span more than a factor of 20.

    Source: Nesterov (2004), theorem 2.1.15 (kappa); Nocedal & Wright (2006), equation 5.36 (sqrt_kappa).
    """

    x: str = ""
    y: str = "iterations"
    theory: Literal["none", "kappa", "sqrt_kappa", "stability"] = "none"
    tolerance: Annotated[float, Gt(0), Lt(1)] = 1e-8
    scale: Literal["auto", "linear"] = "auto"

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        setting = _words(self.x) if self.x else "the swept setting"
        text = (
            f"The {_words(self.y)} of each run against {setting}. With several starts the line is the median and the "
            "bar spans all of them, both without those that failed: each of these is an X, where it ended "
            f"or {FAILED_HEIGHT:g} times above the others. A hollow marker is a run that stopped short of convergence."
        )
        if self.theory == "stability":
            return f"{text} The grey line is {THEORY['stability'].removeprefix('theory: ')}."
        if self.theory != "none":
            return (
                f"{text} The grey line is what theory promises for a reduction of the error by ε = {self.tolerance:g}."
            )
        return text

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return a row per run drawn: panel, line, run, status, x, y, and theory where it is known."""
        import pandas as pd

        columns = ["panel", "line", "run", "status", "x", "y", "theory"]
        setting = self._setting(data.runs)
        if not setting:
            return pd.DataFrame(columns=columns)
        runs = without_setting(data.runs.assign(panel=panel_names(data.runs, [setting])), setting)
        runs = runs.assign(line=line_names(runs, [setting], ("panel", setting)))
        x = pd.to_numeric(runs[setting], errors="coerce")
        table = runs[["panel", "line", "run", "status"]].assign(x=x, y=self._outcome(data), theory=np.nan)
        table = table[np.isfinite(table["x"].astype(float)) & (table["status"] != "SKIPPED")]
        there = table["y"].notna() | table["status"].map(failed).astype(bool)
        table = table[there.groupby(table["panel"]).transform("any")]
        varied = table.groupby("panel")["x"].transform("nunique") > 1
        table = table[varied] if varied.any() else table  # a single point is no sweep, beside those that are
        places = {name: {value: i for i, value in enumerate(dict.fromkeys(runs[name]))} for name in ("panel", "line")}
        return (
            table.assign(theory=self._theory(data, table))
            .sort_values(
                ["panel", "line", "x"], key=lambda s: s.map(places[s.name]) if s.name in places else s, kind="stable"
            )
            .reset_index(drop=True)[columns]
        )

    def _setting(self, runs: pd.DataFrame) -> str:
        """The setting on the x axis: what was asked for, else what takes most values for a method on a problem."""
        if self.x:
            return self.x if self.x in runs else ""
        import pandas as pd

        for prefix in ("problem.", "optimizer."):
            numbers = {n: pd.to_numeric(runs[n], errors="coerce") for n in runs.columns if str(n).startswith(prefix)}
            counts = {
                n: int(v.groupby([runs["problem"], runs["optimizer"]]).nunique().max()) for n, v in numbers.items()
            }
            best = max(counts, key=lambda n: counts[n], default="")
            if best and counts[best] >= FEWEST:
                return best
        return ""

    def _outcome(self, data: PlotData) -> Any:
        if self.y in data.runs:
            return data.runs[self.y].astype(float)
        last = {}
        for run, rows in settled(data.runs, data.iterations):
            values = column(rows, self.y)
            there = values[np.isfinite(values)]
            last[run["run"]] = there[-1] if there.size else np.nan
        return data.runs["run"].map(last).astype(float)

    def _theory(self, data: PlotData, table: pd.DataFrame) -> list[float]:
        if self.theory == "none":
            return [np.nan] * len(table)
        known: dict[tuple[str, float], float] = {}
        promised = []
        for panel, run, x in zip(table["panel"], table["run"], table["x"], strict=True):
            if (panel, x) not in known:
                known[panel, x] = promise(self.theory, data.problem(run).known.curvature, self.tolerance)
            promised.append(known[panel, x])
        return promised

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where nothing was swept or no run has the column."""
        table = self.table(data)
        if not np.isfinite(table["y"].astype(float)).any():
            return None
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            looks = style.looks_of(table["line"])
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                self._panel(axes, table[table["panel"] == name], looks)
                tidy_ticks(axes)
                axes.set_xlabel(_words(self._setting(data.runs)))
                axes.set_ylabel(_words(self.y))
                heading(axes, name)
            words = outcomes(table)
            entries = [(swatch(**look), words[line]) for line, look in looks.items()]
            if np.isfinite(table["theory"].astype(float)).any():
                entries.append((swatch(**PROMISED), THEORY[self.theory]))
            if any(failed(s) for s in table["status"]):
                entries.append((swatch(color=style.MUTED, **FAILED_MARK), "failed"))
            legend(figure, entries)
            return figure

    def _panel(self, axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
        x, y, theory = (np.asarray(table[c], dtype=float) for c in ("x", "y", "theory"))
        sound_y = y[~table["status"].map(failed).astype(bool)]
        top = FAILED_HEIGHT * float(np.abs(sound_y[np.isfinite(sound_y)]).max(initial=0.0)) or HIGHEST
        for line, rows in table.groupby("line", sort=False):
            look = looks[str(line)]
            broke = rows["status"].map(failed).astype(bool)
            sound, broken = rows[~broke & np.isfinite(rows["y"])], rows[broke]
            outcomes = sound.assign(short=~sound["status"].isin(GOOD)).groupby("x")
            at, middle = np.array(list(outcomes.groups), dtype=float), np.asarray(outcomes["y"].median(), dtype=float)
            axes.plot(at, middle, **look, zorder=3)
            short = np.asarray(outcomes["short"].any(), dtype=bool)
            axes.plot(at[short], middle[short], **look | {"linestyle": "none"}, markerfacecolor="white", zorder=4)
            axes.vlines(at, outcomes["y"].min(), outcomes["y"].max(), color=look["color"], linewidth=1.0, zorder=2)
            axes.plot(broken["x"], broken["y"].fillna(top).clip(-top, top), color=look["color"], **FAILED_MARK)
        linear = "linear" if self.scale == "linear" else None
        set_scale(axes, "x", x, linear)
        set_scale(axes, "y", sound_y if np.isfinite(sound_y).any() else y, linear)
        there = np.isfinite(theory)
        if not there.any():
            return
        if self.theory == "stability":
            for step in np.unique(theory[there]):
                axes.axvline(step, **PROMISED)
            return
        order = np.unique(x[there], return_index=True)[1]
        axes.plot(x[there][order], theory[there][order], **PROMISED)


def without_setting(runs: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Return the runs with labels that do not name a swept setting of the optimizer.

    A label such as "gradient_descent step_size=0.1" names the point on the axis: the line is what is left.
    """
    if not setting.startswith("optimizer.") or "label" not in runs:
        return runs
    said = rf",?\s*\b{re.escape(setting.removeprefix('optimizer.'))}=[^\s,]+"
    return runs.assign(label=runs["label"].str.replace(said, "", regex=True))


FAILED_HEIGHT = 10.0
"""A failed run's mark is drawn at most so many times as high as the greatest value of the others …"""
HIGHEST = 1e200
"""… and there where there are no others."""


def promise(theory: str, curvature: tuple[float, float] | None, tolerance: float) -> float:
    """Return what theory promises for a Hessian with eigenvalues in `curvature` = (μ, L); NaN where nothing.

    >>> round(promise("kappa", (1.0, 5.0), 1e-8), 1), promise("stability", (1.0, 5.0), 1e-8)
    (45.4, 0.4)
    """
    if curvature is None or not 0 < curvature[0] <= curvature[1]:
        return float("nan")
    mu, L = curvature
    if theory == "stability":
        return 2.0 / L
    if mu == L:
        return 1.0
    kappa = L / mu
    if theory == "kappa":
        return log(1 / tolerance) / log((kappa + 1) / (kappa - 1))
    return log(2 / tolerance) / log((sqrt(kappa) + 1) / (sqrt(kappa) - 1))


def _words(name: str) -> str:
    return {"f": "final f", "n_f": "evaluations of f", "n_gradient": "evaluations of the gradient"}.get(
        name, name.rpartition(".")[2].replace("_", " ")
    )
