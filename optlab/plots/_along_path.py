"""What the plots of one quantity along the path share: an axis of iterations, a line per run, a panel per problem."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.lines import along_paths, entries_of
from optlab.plots.panels import heading, legend, panels

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optlab.core.problem import Array


@dataclass(frozen=True)
class AlongPath(Plot):
    """One quantity at every kept iterate; write `measure` and `panel`, and `marked` where it marks points.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.
    """

    abstract: ClassVar[bool] = True
    marked: ClassVar[str] = ""
    """What the hollow triangles stand for; without it there are none."""

    starts: Annotated[int, Ge(1)] = 1

    @abstractmethod
    def measure(self, rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
        """Return the quantity at every row of a run's iterations, NaN where there is none, and which are marked."""

    @abstractmethod
    def panel(self, axes: Axes, rows: pd.DataFrame, looks: style.Looks, data: PlotData) -> None:
        """Draw the rows of the table that belong to one problem."""

    def shown(self, table: pd.DataFrame) -> list[str]:
        """Return the panels that are drawn."""
        return list(dict.fromkeys(table["panel"]))

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, line, run, status, k, y = the quantity, negative = whether it is marked."""
        return along_paths(data, self.measure, self.starts)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no run has the quantity."""
        table = self.table(data)
        if table.empty:
            return None
        drawn = table if self.marked else table.assign(negative=False)
        with style.applied():
            names = self.shown(table)
            looks = style.looks_of(table["line"])
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                self.panel(axes, drawn[drawn["panel"] == name], looks, data)
                heading(axes, name)
            legend(figure, entries_of(data, drawn[drawn["panel"].isin(names)], looks, self.marked))
            return figure
