"""Convergence: how fast each method gets there, a panel per problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Lt

from optlab.core.plot import Plot, PlotData
from optlab.core.status import Status
from optlab.kernels.bands import common_grid, on_grid, quantiles
from optlab.plots import _speeds, style
from optlab.plots._gaps import GAPS, HEIGHT, Y_LABELS, label_of, measured
from optlab.plots.efforts import WORDS, effort
from optlab.plots.panels import (
    end_mark,
    heading,
    legend,
    mark_entries,
    notes_below,
    panels,
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
    from optlab.kernels.convergence_orders import Speed

X_LABELS = WORDS | {"iterations": "iteration", "f_evaluations": WORDS["f"], "gradient_evaluations": WORDS["gradient"]}
DEPTH = 1e-16
"""Values below this part of the least start value are rounding: drawn on the floor."""
HIGHEST = 1e305
"""Beyond, axes cannot be laid out."""
SINGLE = 4
"""Up to this many runs of a method on a problem are drawn one by one; more become a median with a band."""
GRID = 200
MEDIAN = "median of"
PROMISED: dict[str, Any] = {"color": style.MUTED, "linewidth": 3.0, "linestyle": "-", "alpha": 0.45, "zorder": 1}
FITTED: dict[str, Any] = {"color": "black", "linewidth": 0.9, "linestyle": (0, (4, 2)), "zorder": 4}
GUIDES = {_speeds.BOUND: PROMISED, _speeds.FIT: FITTED}


@dataclass(frozen=True)
class Convergence(Plot):
    """A column of the iterations against effort, one panel per problem, one line per method.

    Where f* is not known, `y: suboptimality` becomes the distance to the best f found, and the axis says so;
    the points that define it are left out. With constraints it is |f − f*|, since f can lie below f* where it is not
    feasible. On a logarithmic axis, zeros and negative values are drawn on the
    floor, 1e-16 of the least start value.

    Attributes
    ----------
    y : str
        A column of the iterations table.
    x : str
        What effort is counted in.
    band : float
        With more than four runs of a method on a problem, over starts and seeds, the band reaches from this quantile
        to its mirror image.
    ended : "carried" or "cut"
        A run that ended before others counts in median and band with its last value on to the end, or no more from
        there on; then the median ends where half of the runs have.
    theory : str
        "auto" measures how fast the last third of every run converges, writes it below the panel, and lays a line of
        the measured order over it; "linear", "superlinear" and "quadratic" lay a line of that order and say whether
        the run is as fast. With all of them, and with "kappa" alone, the bound ((κ − 1)/(κ + 1))^k is drawn where κ
        is known. Against iterations only.
    scale : "auto", "linear" or "log"
        Of the x axis; "auto" is logarithmic when the runs differ much in length.

    Source: Nocedal & Wright (2006), section 2.2 (orders) and theorem 3.3 (κ).
    """

    y: str = "suboptimality"
    x: Literal[
        "iterations", "evaluations", "f_evaluations", "gradient_evaluations", "gradient_equivalents", "seconds"
    ] = "iterations"
    band: Annotated[float, Ge(0), Lt(0.5)] = 0.25
    ended: Literal["carried", "cut"] = "carried"
    theory: Literal["none", "auto", "linear", "superlinear", "quadratic", "kappa"] = "none"
    scale: Literal["auto", "linear", "log"] = "auto"

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        middle = f"{100 - 200 * self.band:.0f} %"
        subject = Y_LABELS.get(self.y, self.y)
        if self.y == "suboptimality":
            subject += " (|f − f*| with constraints, f − the best f found where f* is not known)"
        early = (
            "runs that ended early, failed ones too, count with their last value, with ∞ where there is none"
            if self.ended == "carried"
            else "runs that ended early count no more from there on, and the median stops where half of them have"
        )
        text = (
            f"{subject} against {X_LABELS[self.x]}: the line that falls first needs the least "
            "effort. An X marks where a run failed or diverged, a square where its time was up, a ring where it "
            "stopped short of convergence otherwise; the legend names the status. With more than "
            f"{SINGLE} starts and seeds a line is their median and its band the middle {middle}; {early}."
        )
        if not self._theoretical:
            return text
        lines = "" if self.theory == "kappa" else (
            " The dashed line follows e(k+1) = C e(k)^p over the last third of a run above rounding, with p = "
            + ("the measured order" if self.theory == "auto" else f"{_speeds.ORDERS[self.theory]:.3g}")
            + "; the slopes and verdicts are written below."
        )  # fmt: skip
        bound = "The thick grey line is the bound of gradient descent at its best fixed step, where κ is known."
        return f"{text}{lines} {bound}"

    @property
    def _theoretical(self) -> bool:
        return self.theory != "none" and self.x == "iterations"

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, measure, line, run, status, x, y; low and high for bands.

        The run of a theory line is "theory" or "κ bound".
        """
        return self._drawn(data)[0]

    def speeds(self, data: PlotData) -> pd.DataFrame:
        """Return how fast every run converges: panel, line, run, kind, order, rate, and the κ bound where known."""
        import pandas as pd

        rows = []
        for panel, members in self._panels(data):
            _, values = measured(data, members, self.y)
            bound = _speeds.bound_of(data.problem(members[0][0]["run"]), self.y)
            for (run, _), found in zip(members, self._speeds(members, values), strict=True):
                said = {"kind": found.kind, "order": found.order, "rate": found.rate, "bound": bound}
                rows.append({"panel": panel, "line": run["line"], "run": run["run"], **said})
        return pd.DataFrame(rows, columns=["panel", "line", "run", "kind", "order", "rate", "bound"])

    def _speeds(self, members: list[Any], values: list[Array]) -> list[Speed]:
        of_f = self.y in _speeds.SQUARED
        return _speeds.speeds_of([(y, column(rows, "f")) for (_, rows), y in zip(members, values, strict=True)], of_f)

    def _panels(self, data: PlotData) -> Iterator[tuple[str, list[Any]]]:
        """(panel, its (row of runs, iterations)) in the order of the runs."""
        there: dict[str, list[Any]] = {}
        for run, rows in settled(named(data.runs), data.iterations):
            there.setdefault(run["panel"], []).append((run, rows))
        yield from there.items()

    def _drawn(self, data: PlotData) -> tuple[pd.DataFrame, dict[str, list[str]]]:
        """The table, and what is written below each panel."""
        import pandas as pd

        parts: list[dict[str, Any]] = []
        notes: dict[str, list[str]] = {}
        lost = _never_begun(data)
        for panel, members in self._panels(data):
            measure, values = measured(data, members, self.y)
            common = {"panel": panel, "measure": measure}
            parts += [common | part for part in self._curves(data, members, values, lost[panel])]
            if self._theoretical and any(np.isfinite(v).any() for v in values):
                theory, notes[panel] = self._theory(data, members, values)
                parts += [common | part for part in theory]
        columns = ["panel", "measure", "line", "run", "status", "x", "y", "low", "high"]
        if not parts:
            return pd.DataFrame(columns=columns), notes
        return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)[columns], notes

    def _curves(
        self, data: PlotData, members: list[Any], values: list[Array], lost: Counter[str]
    ) -> Iterator[dict[str, Any]]:
        lines: dict[str, list[Any]] = {}
        for (run, rows), y in zip(members, values, strict=True):
            problem = data.problem(run["run"]) if self.x == "gradient_equivalents" else None
            x = effort(rows, self.x, problem)
            there = np.isfinite(x) & np.isfinite(y)
            if there.any():
                lines.setdefault(run["line"], []).append((run, x[there], y[there]))
        nothing = {"low": np.nan, "high": np.nan}
        for line, several in lines.items():
            banded = len(several) > SINGLE
            if banded:
                many = len(several) + lost[line]
                yield {"line": line, "run": f"{MEDIAN} {many}", "status": ""} | self._median(several, lost[line])
            for run, x, y in several:
                if banded and run["status"] in GOOD:
                    continue
                keep = thinned(y)
                if banded and not failed(run["status"]):
                    keep = keep[-1:]  # of what stopped short only the end is shown
                said = {"line": line, "run": run["run"], "status": run["status"]}
                yield said | {"x": x[keep], "y": y[keep]} | nothing

    def _theory(
        self, data: PlotData, members: list[Any], values: list[Array]
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Rows of the theory lines of a panel, and the verdicts below it."""
        speeds = self._speeds(members, values)
        bound = _speeds.bound_of(data.problem(members[0][0]["run"]), self.y)
        lines: dict[str, list[int]] = {}
        for i, (run, _) in enumerate(members):
            lines.setdefault(run["line"], []).append(i)
        empty = {"status": "", "low": np.nan, "high": np.nan}
        parts, notes = [], []
        for line, those in lines.items():
            measured = [speeds[i] for i in those]
            notes.append(f"{line}: {_speeds.words(measured, self.theory, bound)}")
            if len(those) <= SINGLE and self.theory != "kappa":
                k = column(members[those[0]][1], "k")
                over = _speeds.curve(k, values[those[0]], measured[0], self.theory)
                parts += [{"line": line, "run": _speeds.FIT} | empty | over] if over else []
        firsts = [v[0] for v in values if v.size and np.isfinite(v[0]) and v[0] > 0]
        if np.isfinite(bound) and firsts:
            last = max(float(column(rows, "k")[-1]) for _, rows in members)
            least = min(float(v[np.isfinite(v) & (v > 0)].min()) for v in values if (v > 0).any())
            shape = _speeds.bound_curve(max(firsts), bound, max(least, DEPTH * min(firsts)), last)
            parts.append({"line": _speeds.BOUND, "run": _speeds.BOUND} | empty | shape)
        return parts, notes

    def _median(self, several: list[Any], lost: int) -> dict[str, Any]:
        """Median and quantiles over runs on a common grid, each run a step function, those lost at the start ∞."""
        ends = np.array([x[-1] for _, x, _ in several])
        points = common_grid([x for _, x, _ in several], GRID, scale_of(ends) != "linear")
        stack = np.array([on_grid(x, y, points, self.ended == "carried") for _, x, y in several])
        stack = np.vstack([stack, np.full((lost, len(points)), np.inf)])
        low, middle, high = quantiles(stack, [self.band, 0.5, 1 - self.band])
        there = np.isfinite(middle)
        return {"x": points[there], "y": middle[there], "low": low[there], "high": high[there]}

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no run has the column."""
        table, notes = self._drawn(data)
        if table.empty:
            return None
        runs = named(data.runs)
        first = dict(zip(reversed(runs["panel"].tolist()), reversed(runs["run"].tolist()), strict=True))
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            looks = style.looks_of(table.loc[~table["run"].isin(GUIDES), "line"])
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                rows = table[table["panel"] == name]
                self._panel(axes, rows, looks)
                axes.set_ylabel(label_of(data, first[name], str(rows["measure"].iloc[0])))
                heading(axes, name)
            notes_below(figure, [notes.get(name, []) for name in names])
            legend(figure, _entries(table, looks, outcomes(runs), self.theory))
            return figure

    def _panel(self, axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
        theory = table[table["run"].isin(GUIDES)]
        table = table[~table["run"].isin(GUIDES)]
        y, x = np.asarray(table["y"], dtype=float), np.asarray(table["x"], dtype=float)
        firsts = np.asarray(table.groupby(["line", "run"])["y"].first(), dtype=float)
        logarithmic = (table["measure"].iloc[0] in GAPS or y.min() >= 0) and (y > 0).any()
        starts = firsts[firsts > 0] if (firsts > 0).any() else np.array([y.max()])
        floor = -np.inf
        if logarithmic:  # what is not positive lies on the floor, which is then the deepest there is
            floor = DEPTH * starts.min() if (y <= 0).any() else max(DEPTH * starts.min(), y[y > 0].min())
        ceiling = min(HEIGHT, HIGHEST / starts.max()) * starts.max() if logarithmic else HIGHEST
        axes.set_yscale("log" if logarithmic else "linear")
        lengths = np.asarray(table.groupby(["line", "run"])["x"].max(), dtype=float)
        scale = {"linear": "linear", "log": scale_of(x)}.get(
            self.scale, "linear" if scale_of(lengths) == "linear" else scale_of(x)
        )
        set_scale(axes, "x", x, scale)
        order = list(looks)
        rows_of = {str(line): set(names) for line, names in table.groupby("line")["run"]}
        for _, rows in table.groupby(["line", "run"], sort=False):
            line, status = str(rows["line"].iloc[0]), rows["status"].iloc[0]
            look, i = looks[line], order.index(line)
            rx = np.asarray(rows["x"], dtype=float)
            ry, low, high = (np.clip(np.asarray(rows[c], dtype=float), floor, ceiling) for c in ("y", "low", "high"))
            banded = bool(np.isfinite(low).any())
            members = rows_of[line]
            thin: dict[str, Any] = {"linewidth": 1.0} if len(members) > 1 and not banded else {}
            if not banded and any(name.startswith(MEDIAN) for name in members):
                thin = {"linewidth": 0.8, "marker": "none"}
            axes.plot(rx, ry, **look | thin, markevery=spread_marks(rx, i, scale != "linear"), zorder=3)
            if banded:
                axes.fill_between(rx, low, high, color=look["color"], alpha=0.18, linewidth=0, zorder=2)
            elif (mark := end_mark(status)) is not None:
                small = {"markersize": 4.5} if thin.get("marker") and not failed(status) else {}
                axes.plot(rx[-1:], ry[-1:], color=look["color"], **mark | small, clip_on=False)
        if logarithmic:
            for (_, kind), rows in theory.groupby(["line", "run"], sort=False):
                ty = np.asarray(rows["y"], dtype=float)
                shown = (ty >= floor) & (ty <= ceiling)
                axes.plot(np.asarray(rows["x"])[shown], ty[shown], **GUIDES[str(kind)], marker="none")
        tidy_ticks(axes)
        axes.set_xlabel(X_LABELS[self.x].partition(" (")[0])


def _never_begun(data: PlotData) -> dict[str, Counter[str]]:
    """How many runs of each line ended before their start was evaluated, by panel."""
    runs = named(data.runs)
    gone = runs[~runs["run"].isin(data.iterations["run"]) & (runs["status"] != Status.SKIPPED.name)]
    return {panel: Counter(gone.loc[gone["panel"] == panel, "line"]) for panel in runs["panel"]}


def _entries(table: pd.DataFrame, looks: Looks, words: dict[str, str], theory: str) -> list[tuple[Any, str]]:
    """A legend entry per line, with the statuses other than success that its runs ended with."""
    entries = [(swatch(**look), words[line]) for line, look in looks.items()]
    kinds = set(table["run"])
    if _speeds.FIT in kinds:
        said = "measured order" if theory == "auto" else theory
        entries.append((swatch(**FITTED), f"theory: {said}"))
    if _speeds.BOUND in kinds:
        power = "²ᵏ" if table["measure"].iloc[0] in GAPS else "ᵏ"
        entries.append((swatch(**PROMISED), f"theory: ((κ − 1)/(κ + 1)){power}"))
    return entries + mark_entries(set(table.loc[table["low"].isna(), "status"]) - {""})
