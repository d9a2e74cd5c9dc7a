"""Multipliers: the prices of the constraints along a run, and when the active set is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from optlab.core import kkt
from optlab.core.conditions import active_set
from optlab.core.constraints import names
from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.panels import (
    end_mark,
    heading,
    legend,
    mark_entries,
    notes_below,
    panels,
    set_scale,
    spread_marks,
    swatch,
    tidy_ticks,
)
from optlab.plots.series import column, named, settled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optlab.core.problem import Array, ProblemBase

COLUMNS = ["panel", "line", "run", "status", "constraint", "k", "multiplier", "active", "source", "known"]
MOST_POINTS = 200
"""Iterates looked at per run, evenly spaced on a log scale."""
KNOWN: dict[str, Any] = {"linestyle": "none", "marker": "_", "markersize": 13, "markeredgewidth": 2.2, "zorder": 6}
CHANGE: dict[str, Any] = {"color": style.MUTED, "linewidth": 0.8, "linestyle": ":", "zorder": 1}
NEAR = 1e-6
"""Multipliers below this part of the greatest are drawn next to zero where the axis is logarithmic."""
WIDE = 1e3
"""Multipliers whose sizes span more than this factor get a logarithmic axis."""
ROOM = 1.25


@dataclass(frozen=True)
class Multipliers(Plot):
    """λ and ν of every constraint at every iterate, with the changes of the active set, a panel per problem and method.

    Drawn is the first run of every method on every problem with constraints.

    Attributes
    ----------
    source : "auto", "recorded" or "recovered"
        The multipliers that the method recorded (the columns ``lam[0]`` … and ``nu[0]`` …), or those recovered from
        the problem at the kept iterates by least squares; "auto" takes the recorded ones where they are there.
    most : int
        Constraints drawn per panel: those of the greatest multipliers.
    panels : int
        Panels drawn.
    """

    source: Literal["auto", "recorded", "recovered"] = "auto"
    most: Annotated[int, Ge(1)] = 8
    panels: Annotated[int, Ge(1)] = 24

    caption = (
        "The multiplier of each constraint along a run: λ of an inequality tends to 0 where it is inactive, and says "
        "how fast f* would fall if an active one were relaxed. A bar at the right is the known value at the solution. "
        "Dotted vertical lines are changes of the active set; once there are none, it is identified. Below: whose "
        "multipliers these are, and what is active at the end. Markers at the end say how the run ended: an X failed, "
        "a ring stopped short of convergence, a square ran out of time."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return panel, line, run, status, constraint, k, multiplier, active (1, 0), source, known value."""
        import pandas as pd

        parts = [pd.DataFrame(part) for part in self._parts(data)]
        return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)

    def _parts(self, data: PlotData) -> Iterator[dict[str, Any]]:
        there: set[tuple[str, str]] = set()
        for run, rows in settled(named(data.runs), data.iterations):
            key = (run["panel"], run["line"])
            problem = data.problem(run["run"])
            if key in there or len(there) == self.panels or not set(problem.constrained) - {"composite"}:
                continue
            labels = [label for kind in names(problem) for label in kind]
            found = self._multipliers(data, problem, run["run"], rows, len(labels))
            if found is None or not labels:
                continue
            there.add(key)
            source, k, values = found
            active = _activity(data, problem, run["run"], k)
            known = problem.known.multipliers
            at_solution = (
                np.full(len(labels), np.nan) if known is None else np.concatenate([np.ravel(m) for m in known])
            )
            size = np.nan_to_num(np.abs(values)).max(axis=0, initial=0.0)
            for j in sorted(np.argsort(-size, kind="stable")[: self.most]):
                yield {
                    "panel": run["panel"], "line": run["line"], "run": run["run"], "status": run["status"],
                    "constraint": labels[j], "k": k, "multiplier": values[:, j],
                    "active": active[:, j] if j < active.shape[1] else 1.0, "source": source,
                    "known": at_solution[j] if len(at_solution) == len(labels) else np.nan,
                }  # fmt: skip

    def _multipliers(
        self, data: PlotData, problem: ProblemBase, run: str, rows: pd.DataFrame, many: int
    ) -> tuple[str, Array, Array] | None:
        """Where they are from, k, and the multipliers (K, m + p); None where there are none of that source."""
        own = [str(name) for kind in ("lam[", "nu[") for name in rows.columns if str(name).startswith(kind)]
        own = [name for name in own if np.isfinite(column(rows, name)).any()]
        if len(own) == many and self.source != "recovered":
            keep = _spaced(len(rows))
            values = np.column_stack([column(rows, name) for name in own])
            return "recorded by the method", column(rows, "k")[keep], values[keep]
        if self.source == "recorded":
            return None
        k, x = data.trajectory(run)
        keep = _spaced(len(k))
        found = [kkt.kkt(problem, point) for point in x[keep]]
        recovered = [np.concatenate([one.lam, one.nu]) for one in found]
        if not recovered or any(len(one) != many for one in recovered):
            return None
        return "recovered from the problem", np.asarray(k[keep], dtype=float), np.array(recovered)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no problem has constraints."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            groups = list(table.groupby(["panel", "line"], sort=False))
            looks = style.looks_of(table["constraint"])
            figure, axes_there = panels(len(groups))
            notes = []
            for axes, ((panel, line), rows) in zip(axes_there, groups, strict=True):
                notes.append(_panel(axes, rows, looks))
                heading(axes, f"{panel}: {line}")
                axes.set_ylabel("multiplier")
            notes_below(figure, notes)
            entries = [(swatch(**look), constraint) for constraint, look in looks.items()]
            entries.append((swatch(**CHANGE), "the active set changes"))
            if np.isfinite(table["known"].astype(float)).any():
                entries.append((swatch(color=style.MUTED, **KNOWN), "known at the solution"))
            legend(figure, entries + mark_entries(table["status"]))
            return figure


def _panel(axes: Axes, table: pd.DataFrame, looks: style.Looks) -> list[str]:
    """Draw a run; return what is written below."""
    values, known = (np.asarray(table[name], dtype=float) for name in ("multiplier", "known"))
    k = np.asarray(table["k"], dtype=float)
    scale = set_scale(axes, "x", k)
    both = np.concatenate([values, known])
    size = np.abs(both[np.isfinite(both) & (both != 0)])
    size = size[size > NEAR * size.max(initial=0.0)]
    if size.size and size.max() > WIDE * size.min():
        axes.set_yscale("symlog", linthresh=float(size.min()), linscale=1.0)
        low, high = float(np.nanmin(both)), float(np.nanmax(both))
        axes.set_ylim(3 * low if low < 0 else -float(size.min()) / 2, 3 * max(high, 0.0) or float(size.min()))
    last = float(k.max())
    status = str(table["status"].iloc[0])
    changed: set[float] = set()
    for i, (constraint, rows) in enumerate(table.groupby("constraint", sort=False)):
        rk, y = (np.asarray(rows[name], dtype=float) for name in ("k", "multiplier"))
        look = looks[str(constraint)]
        axes.plot(rk, y, **look, markevery=spread_marks(rk, i, scale != "linear"), zorder=3)
        axes.plot([last], rows["known"].iloc[:1], color=look["color"], **KNOWN)
        if (mark := end_mark(status)) is not None:
            axes.plot(rk[-1:], y[-1:], color=look["color"], **mark, clip_on=False)
        changed |= set(rk[1:][np.diff(np.asarray(rows["active"], dtype=float)) != 0])
    for at in sorted(changed):
        axes.axvline(at, **CHANGE)
    tidy_ticks(axes)
    axes.set_xlabel("iteration")
    end = table.groupby("constraint", sort=False).tail(1)
    active = [str(c) for c, on in zip(end["constraint"], end["active"], strict=True) if on]
    found = f", found at iteration {max(changed):g}" if changed else ""
    return [str(table["source"].iloc[0]), f"active at the end: {', '.join(active) or 'nothing'}{found}"]


def _activity(data: PlotData, problem: ProblemBase, run: str, at: Array) -> Array:
    """Return which inequalities are active at the kept iterate at or before each k, (K, m); (K, 0) where unknown."""
    k, x = data.trajectory(run)
    if not len(k):
        return np.zeros((len(at), 0))
    where = np.maximum(np.searchsorted(k, at, side="right") - 1, 0)
    return np.array([active_set(problem, x[i]) for i in where], dtype=float).reshape(len(at), -1)


def _spaced(count: int) -> NDArray[np.int64]:
    """Return at most MOST_POINTS indices, evenly spaced on a log scale, with both ends."""
    if count <= MOST_POINTS:
        return np.arange(count, dtype=np.int64)
    return np.unique(np.geomspace(1, count, MOST_POINTS).round().astype(np.int64) - 1)
