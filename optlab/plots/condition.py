"""Condition: how ill-conditioned the Hessian is along each path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.lines import NEGATIVE, along_paths, draw_lines
from optlab.plots.panels import FAILED_MARK, legend, panels, plain, plain_ticks, swatch
from optlab.plots.series import column, failed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

STEEP = 1.1


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
        "The condition number κ of the Hessian along each path: steepest descent with the best fixed step shrinks the error by "
        "(κ − 1)/(κ + 1) per step, so 10 times the κ means 10 times the iterations. A hollow triangle marks an indefinite Hessian, where "
        "κ alone says little. An X ends a run that failed."
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
            looks = {line: style.look(i) for i, line in enumerate(dict.fromkeys(table["line"]))}
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                rows = table[table["panel"] == name]
                draw_lines(axes, rows, looks)
                low, high = float(rows["y"].min()), float(rows["y"].max())
                if not high > low * STEEP:  # a constant κ: show it in the middle of a decade, not on noise
                    axes.set_ylim(low / 10**0.5, high * 10**0.5)
                plain_ticks(axes)
                axes.set_ylabel("condition number κ(H)")
                axes.set_title(plain(name))
            entries = [(swatch(**look), line) for line, look in looks.items()]
            if table["negative"].any():
                entries.append((swatch(**NEGATIVE, markeredgecolor=style.MUTED), "indefinite Hessian"))
            if any(failed(s) for s in table["status"]):
                entries.append((swatch(color=style.MUTED, **FAILED_MARK), "failed"))
            legend(figure, entries)
            return figure


def condition(rows: pd.DataFrame) -> tuple[Array, Array]:
    """Return κ of every row, and where the Hessian has a negative eigenvalue."""
    below = column(rows, "inertia_negative") > 0
    return column(rows, "condition_number"), below | (column(rows, "eigenvalue_min") < 0) & ~np.isfinite(column(rows, "inertia_negative"))
