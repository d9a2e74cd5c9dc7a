"""Inertia: how many eigenvalues of the Hessian are negative along each path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.lines import along_paths, draw_lines, entries_of
from optlab.plots.panels import legend, panels, plain
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optlab.core.problem import Array

FEWEST = 1.0
ROOM = 0.15
TICKS = 6


@dataclass(frozen=True)
class InertiaAlongPath(Plot):
    """The number of negative eigenvalues of the Hessian at every kept iterate, a panel per problem.

    Problems where it is 0 along every path are left out, unless it is 0 everywhere. Needs the column `inertia`.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.
    """

    name: ClassVar[str] = "inertia"

    starts: Annotated[int, Ge(1)] = 1

    caption = (
        "How many eigenvalues of the Hessian are negative along each path: 0 where f is convex, a run that ends above "
        "0 ends at no minimum. Problems where all paths stay at 0 are left out, as long as there are others. An X "
        "ends a run that failed, a ring one that stopped short of convergence, a square one whose time was up."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, line, run, status, k, y = negative eigenvalues, whether there are any."""
        return along_paths(data, negatives, self.starts)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no run has the column."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            some = table.groupby("panel", sort=False)["y"].max()
            names = [str(name) for name, most in some.items() if most > 0 or not (some > 0).any()]
            looks = style.looks_of(table["line"])
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                rows = table[table["panel"] == name].assign(negative=False)  # the axis says it already
                most = max(FEWEST, float(rows["y"].max()))
                draw_lines(axes, rows, looks, (-ROOM * most, (1.0 + ROOM) * most), logarithmic=False)
                for line in axes.lines:
                    line.set_drawstyle("steps-post")
                axes.set_yticks(np.unique(np.linspace(0.0, most, TICKS).round()))
                axes.set_ylabel("negative eigenvalues")
                axes.set_title(plain(name))
            shown = table[table["panel"].isin(names)].assign(negative=False)
            legend(figure, entries_of(data, shown, looks, ""))
            return figure


def negatives(rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
    """Return the number of negative eigenvalues of every row, and whether there are any."""
    y = column(rows, "inertia_negative")
    return y, y > 0
