"""Trajectories: the paths of several methods over the contours of a two-dimensional problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.landscape import draw_landscape, window_of
from optlab.plots.panels import FAILED_MARK, legend, panels, plain, swatch
from optlab.plots.series import failed, named, outcomes, settled, thinned
from optlab.plots.style import Looks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

PLANE = 2
START: dict[str, Any] = {
    "marker": "o",
    "markersize": 7,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "linestyle": "none",
    "zorder": 6,
}
END: dict[str, Any] = {
    "marker": "s",
    "markersize": 6.5,
    "markeredgecolor": "white",
    "markeredgewidth": 0.8,
    "linestyle": "none",
    "zorder": 5,
}
RATIO = 0.84
APART = 0.012
"""Marked iterates are at least this part of the window apart."""
MOST_MARKS = 60
"""Marked iterates per path: the first ones, where methods differ most."""


@dataclass(frozen=True)
class Trajectories(Plot):
    """The paths of all methods over the contours of f, a panel per problem of two variables.

    The window holds every path that did not fail; a path that leaves it ends in an X on the frame.

    Attributes
    ----------
    levels : int
        Number of contour levels; they are spaced logarithmically above the least value, so that narrow
        valleys show, and symmetrically about a saddle.
    starts : int
        Paths drawn at most per method and problem, in the order of the starts.
    margin : float
        Room around the paths, as a part of the window.
    """

    levels: Annotated[int, Ge(2)] = 16
    starts: Annotated[int, Ge(1)] = 3
    margin: Annotated[float, Ge(0)] = 0.12

    caption = (
        "Paths over the contours of f: darker is lower, and from one contour to the next the height above the "
        "minimum grows by a constant factor. A circle is a start, a square an end, a star a known minimizer; an X "
        "marks where a run failed or left the picture. Hatched points are infeasible."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the kept iterates drawn: panel, line, run, status, k, x1, x2."""
        import pandas as pd

        parts = [pd.DataFrame(part) for _, part in self._paths(data)]
        columns = ["panel", "line", "run", "status", "k", "x1", "x2"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    def _paths(self, data: PlotData) -> Iterator[tuple[str, dict[str, Any]]]:
        """(run, its rows of the table) of every path to draw."""
        runs = named(data.runs)
        flat: dict[str, bool] = {}
        drawn: dict[tuple[str, str], int] = {}
        for run, _ in settled(runs, data.iterations[["run"]]):
            panel, line = run["panel"], run["line"]
            if panel not in flat:
                flat[panel] = data.problem(run["run"]).n == PLANE
            if not flat[panel] or drawn.get((panel, line), 0) >= self.starts:
                continue
            drawn[panel, line] = drawn.get((panel, line), 0) + 1
            k, x = data.trajectory(run["run"])
            keep = np.union1d(thinned(x[:, 0]), thinned(x[:, 1]))
            yield run["run"], {
                "panel": panel, "line": line, "run": run["run"], "status": run["status"],
                "k": k[keep], "x1": x[keep, 0], "x2": x[keep, 1],
            }  # fmt: skip

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table over the contours; None where no problem has two variables."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            looks = style.looks_of(table["line"])
            figure, axes_there = panels(len(names), RATIO)
            extras: dict[str, Any] = {}
            for axes, name in zip(axes_there, names, strict=True):
                extras |= self._panel(axes, data, table[table["panel"] == name], looks)
                axes.set_title(plain(name))
            words = outcomes(named(data.runs))
            entries = [(swatch(**look), words[line]) for line, look in looks.items()]
            legend(figure, entries + [(handle, text) for text, handle in extras.items()])
            return figure

    def _panel(self, axes: Axes, data: PlotData, table: pd.DataFrame, looks: Looks) -> dict[str, Any]:
        """Draw one problem and return the further legend entries it needs."""
        paths = [
            (rows.iloc[0], np.asarray(rows[["x1", "x2"]], dtype=float)) for _, rows in table.groupby("run", sort=False)
        ]
        problem = data.problem(table["run"].iloc[0])
        window = window_of(problem, [x for _, x in paths], [first["status"] for first, _ in paths], self.margin)
        extras = draw_landscape(axes, problem, window, self.levels)
        for first, x in paths:
            look = looks[first["line"]]
            inside, exited = clipped(x, window)
            axes.plot(
                *inside.T, **look | {"markersize": 3}, linewidth=1.3, zorder=4, markevery=steps_apart(inside, window)
            )
            if exited or failed(first["status"]):
                axes.plot(*inside[-1], color=look["color"], **FAILED_MARK, clip_on=False)
                extras["failed, or left the picture"] = swatch(color=style.MUTED, **FAILED_MARK)
            else:
                axes.plot(*inside[-1], color=look["color"], **END)
                extras["end"] = swatch(color=style.MUTED, **END)
            axes.plot(*x[0], **START)
            extras["start"] = swatch(**START)
        axes.set_xlabel("x₁")
        axes.set_ylabel("x₂")
        return extras


def steps_apart(x: Array, window: Array) -> list[int]:
    """Return indices of iterates that are visibly apart from the one marked before, `MOST_MARKS` at most."""
    least = float((window[1] - window[0]).max()) * APART
    marked = [0]
    for i in range(1, len(x)):
        if float(np.abs(x[i] - x[marked[-1]]).max()) >= least:
            marked.append(i)
    return marked[:MOST_MARKS]


def clipped(x: Array, window: Array) -> tuple[Array, bool]:
    """Cut a path where it leaves the window for good, on the frame; say whether it did.

    `window` is [[lo1, lo2], [hi1, hi2]].
    """
    within = np.all((x >= window[0]) & (x <= window[1]), axis=1)
    if within[-1] or not within.any():
        return x, not within[-1]
    last = int(np.flatnonzero(within)[-1])
    a, step = x[last], x[last + 1] - x[last]
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(step > 0, (window[1] - a) / step, np.where(step < 0, (window[0] - a) / step, np.inf))
    return np.vstack([x[: last + 1], a + min(1.0, float(reach.min())) * step]), True
