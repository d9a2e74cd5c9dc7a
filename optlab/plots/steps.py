"""Steps: what each method did against the best it could have done along its direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.lines import along_paths, draw_lines, entries_of, span
from optlab.plots.panels import legend, panels, plain, threshold
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optlab.core.problem import Array

OPTIMAL, STABLE = 1.0, 2.0
"""On a quadratic f is least at ε*, and back at its old value at 2ε*."""
DECADES = 6.0
"""How far from the optimal step the picture reaches, in powers of ten, at most."""


@dataclass(frozen=True)
class Steps(Plot):
    """The step taken over the optimal step ε* = gᵀg / gᵀHg at every iteration, a panel per problem.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.

    Source: Goodfellow, Bengio & Courville (2016), equation 4.10.
    """

    starts: Annotated[int, Ge(1)] = 3

    caption = (
        "The step taken over the optimal step ε* of the second-order model at the point where it was taken: 1 is "
        "the best step, between 1 and 2 a quadratic overshoots but still falls, above 2 it rises. A hollow triangle "
        "marks negative curvature, where no step is the best; its height is the absolute value. An X ends a run "
        "that failed, a ring one that stopped short of convergence, a square one whose time was up."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, line, run, status, k, y = step / ε*, negative curvature or not."""
        return along_paths(data, ratio, self.starts)

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no run has both steps."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            looks = style.looks_of(table["line"])
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                rows = table[table["panel"] == name]
                low, high = span(rows)
                limits = max(min(low / 2, OPTIMAL / 4), 10**-DECADES), min(max(high * 2, STABLE * 2), 10**DECADES)
                draw_lines(axes, rows, looks, limits)
                threshold(axes, OPTIMAL, "optimal", above=False)
                threshold(axes, STABLE, "stability limit")
                axes.set_ylabel("step taken / ε*")
                axes.set_title(plain(name))
            legend(figure, entries_of(data, table, looks, "negative curvature"))
            return figure


def ratio(rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
    """Return step/ε* of every row, and where ε* is negative.

    The column `step_ratio` where it is there. Else the step that led to the row over ε* at the row before: the same
    for methods that move against the gradient.
    """
    y = column(rows, "step_ratio")
    if not np.isfinite(y).any():
        step, best = column(rows, "step_size"), column(rows, "optimal_step")
        with np.errstate(all="ignore"):
            y = np.concatenate([[np.nan], step[1:] / best[:-1]])
    return y, y < 0
