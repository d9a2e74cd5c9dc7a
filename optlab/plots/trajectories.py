"""Trajectories: the paths of several methods over the contours of a two-dimensional problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots._feasible import draw_active
from optlab.plots._paths import Drawn, draw_path, events_of, kind_said
from optlab.plots.landscape import draw_landscape, kind_of, window_of
from optlab.plots.panels import heading, legend, panels, swatch
from optlab.plots.series import GOOD, column, named, outcomes, settled, thinned

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from optlab.core.problem import Array, ProblemBase

PLANE = 2
COLUMNS = ["panel", "line", "run", "status", "end", "k", "x1", "x2", "event"]
RATIO = 0.84
CROWD = 6
"""More methods than this on a problem get a panel each."""
MOST_EVENTS = 200
"""Restarts and rejected steps marked per path: the first ones."""


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
    split : str
        A panel per method: "always", "never", or with more than six of them on a problem ("auto").
    """

    levels: Annotated[int, Ge(2)] = 16
    starts: Annotated[int, Ge(1)] = 3
    margin: Annotated[float, Ge(0)] = 0.12
    split: Literal["auto", "always", "never"] = "auto"

    caption = (
        "Paths over the contours of f: darker is lower, and from one contour to the next the height above the "
        "minimum grows by a constant factor. A circle is a start, a square an end, hollow where the run stopped short "
        "of convergence, with another shape where it is no minimum; a hollow triangle is a restart, a small x a "
        "rejected step, a star a known minimizer. A large X marks where a run failed or left the picture. Hatched "
        "points are infeasible; a broad line is a constraint that is active at an end."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the kept iterates drawn: panel, line, run, status, end (its kind), k, x1, x2, event."""
        import pandas as pd

        parts = [pd.DataFrame(part) for part in self._paths(data)]
        return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)

    def _paths(self, data: PlotData) -> Iterator[dict[str, Any]]:
        """Return the rows of the table of every path to draw."""
        runs = named(data.runs)
        drawn: dict[tuple[str, str], int] = {}
        flat: dict[str, bool] = {}
        for run, rows in settled(runs, data.iterations):
            panel, line, status = run["panel"], run["line"], run["status"]
            if panel not in flat:
                flat[panel] = data.problem(run["run"]).n == PLANE
            if not flat[panel] or drawn.get((panel, line), 0) >= self.starts:
                continue
            drawn[panel, line] = drawn.get((panel, line), 0) + 1
            k, x = data.trajectory(run["run"])
            k = np.asarray(k)
            events = events_of(k, x, *(column(rows, name) for name in ("k", "step_size", "restarts")))
            marked = np.flatnonzero(events != "step")[:MOST_EVENTS]
            keep = np.union1d(np.union1d(thinned(x[:, 0]), thinned(x[:, 1])), marked)
            found = kind_of(data.problem(run["run"]), x[-1]) if status in GOOD else ""
            yield {
                "panel": panel, "line": line, "run": run["run"], "status": status,
                "end": kind_said(run.get("critical_point"), found) if status in GOOD else "none",
                "k": k[keep], "x1": x[keep, 0], "x2": x[keep, 1], "event": events[keep],
            }  # fmt: skip

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table over the contours; None where no problem has two variables."""
        return self.drawn(data)[0]

    def drawn(self, data: PlotData) -> tuple[Figure | None, list[Drawn]]:
        """Return the figure and what was drawn of every path, for an animation."""
        table = self.table(data)
        if table.empty:
            return None, []
        paths: list[Drawn] = []
        with style.applied():
            looks = style.looks_of(table["line"])
            runs = named(data.runs)
            words = outcomes(runs)
            most = table.groupby("panel")["line"].nunique().max()
            alone = self.split == "always" or (self.split == "auto" and most > CROWD)
            groups = table.groupby(["panel", "line"] if alone else ["panel"], sort=False)
            figure, axes_there = panels(len(groups), RATIO)
            extras: dict[str, Any] = {}
            for axes, (names, rows) in zip(axes_there, groups, strict=True):
                problem = data.problem(rows["run"].iloc[0])
                window, ends = self._view(problem, table[table["panel"] == names[0]], rows)
                extras |= draw_landscape(axes, problem, window, self.levels)
                extras |= draw_active(axes, problem, window, ends)
                for _, path in rows.groupby("run", sort=False):
                    paths.append(draw_path(axes, path, looks[path["line"].iloc[0]], window, extras))
                title = str(names[0])
                if alone:
                    here = runs[(runs["panel"] == names[0]) & (runs["line"] == names[-1])]
                    title = outcomes(here)[str(names[-1])]
                heading(axes, f"{title} on {names[0]}" if alone and table["panel"].nunique() > 1 else title)
                axes.set_xlabel("x₁")
                axes.set_ylabel("x₂")
            entries = [] if alone else [(swatch(**look), words[line]) for line, look in looks.items()]
            legend(figure, entries + [(handle, text) for text, handle in extras.items()])
            return figure, paths

    def _view(self, problem: ProblemBase, rows: pd.DataFrame, shown: pd.DataFrame) -> tuple[Array, list[Array]]:
        """Return the window that holds all paths on a problem, and where the runs shown converged."""
        runs = [part for _, part in rows.groupby("run", sort=False)]
        paths = [np.asarray(part[["x1", "x2"]], dtype=float) for part in runs]
        statuses = [part["status"].iloc[0] for part in runs]
        here = set(shown["run"])
        ends = [x[-1] for x, part in zip(paths, runs, strict=True)
                if part["run"].iloc[0] in here and part["status"].iloc[0] in GOOD]  # fmt: skip
        return window_of(problem, paths, statuses, self.margin), ends
