"""Condition: how ill-conditioned the Hessian is along each path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.lines import along_paths, draw_lines, entries_of, span
from optlab.plots.panels import legend, panels, plain
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optlab.core.problem import Array

ROOM, CONSTANT = 1.5, 10**0.5
"""Room above and below the data, as factors; a constant κ is shown in the middle of a decade."""


@dataclass(frozen=True)
class ConditionAlongPath(Plot):
    """κ(H) = |λ|max / |λ|min at every kept iterate, a panel per problem.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.
    """

    name: ClassVar[str] = "condition"

    starts: Annotated[int, Ge(1)] = 3

    caption = (
        "The condition number κ of the Hessian along each path: gradient descent at its best fixed step shrinks the "
        "error by (κ − 1)/(κ + 1) per iteration, so ten times the κ takes ten times the iterations. A hollow "
        "triangle marks an indefinite Hessian, where κ alone says little; an X ends a run that "
        "failed, a ring one that stopped short of convergence, a square one whose time was up."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, line, run, status, k, y = κ, negative eigenvalues or not."""
        return along_paths(data, condition, self.starts)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no run has κ."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            bounds = set(data.iterations["run"][np.isfinite(column(data.iterations, "condition_residual"))])
            looks = style.looks_of(table["line"])
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                rows = table[table["panel"] == name]
                low, high = span(rows)
                room = ROOM if high > ROOM * low else CONSTANT
                draw_lines(axes, rows, looks, (low / room, high * room))
                axes.set_ylabel("lower bound of κ(H)" if bounds & set(rows["run"]) else "condition number κ(H)")
                axes.set_title(plain(name))
            legend(figure, entries_of(data, table, looks, "indefinite Hessian"))
            return figure


def condition(rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
    """Return κ of every row, and where the Hessian has a negative eigenvalue."""
    below = column(rows, "inertia_negative") > 0
    return column(rows, "condition_number"), below | (column(rows, "eigenvalue_min") < 0) & ~np.isfinite(
        column(rows, "inertia_negative")
    )
