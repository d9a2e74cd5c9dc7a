"""Cosine: how far each step turns away from steepest descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.lines import along_paths, draw_lines, entries_of
from optlab.plots.panels import legend, panels, plain, threshold
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optlab.core.problem import Array

LEVEL = 0.0
ROOM = 0.05


@dataclass(frozen=True)
class CosineAlongPath(Plot):
    """The cosine of the angle between each step and −∇f, a panel per problem; the column `cosine`.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.

    Source: Nocedal & Wright (2006), theorem 3.2 (Zoutendijk).
    """

    name: ClassVar[str] = "cosine"

    starts: Annotated[int, Ge(1)] = 1

    caption = (
        "The cosine of the angle between each step and −∇f at the point where it was taken: 1 is steepest descent, 0 a "
        "step along a level line, below 0 a step uphill (a hollow triangle). A method whose cosine stays away from 0 "
        "cannot stop where the gradient is not 0. An X ends a run that failed, a ring one that stopped short of "
        "convergence, a square one whose time was up."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, line, run, status, k, y = cosine, negative or not."""
        return along_paths(data, cosine, self.starts)

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
                rows = table[table["panel"] == name]
                least = min(0.0, float(rows["y"].min()))
                draw_lines(axes, rows, looks, (least - ROOM, 1.0 + ROOM), logarithmic=False)
                threshold(axes, LEVEL, "along a level line")
                axes.set_ylabel("cosine of step and −∇f")
                axes.set_title(plain(name))
            legend(figure, entries_of(data, table, looks, "uphill"))
            return figure


def cosine(rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
    """Return the cosine of every row, and where it is negative."""
    y = column(rows, "cosine")
    return y, y < 0
