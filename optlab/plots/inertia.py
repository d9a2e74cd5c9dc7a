"""Inertia: how many eigenvalues of the Hessian are negative along each path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from optlab.plots._along_path import AlongPath
from optlab.plots.lines import draw_lines
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from optlab.core.plot import PlotData
    from optlab.core.problem import Array
    from optlab.plots.style import Looks

FEWEST = 1.0
ROOM = 0.15
TICKS = 6


@dataclass(frozen=True)
class InertiaAlongPath(AlongPath):
    """The number of negative eigenvalues of the Hessian at every kept iterate, a panel per problem.

    Problems where it is 0 along every path are left out, unless it is 0 everywhere. Needs the column `inertia`.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.
    """

    name: ClassVar[str] = "inertia"

    caption = (
        "How many eigenvalues of the Hessian are negative along each path: 0 where f is convex, a run that ends above "
        "0 ends at no minimum. Problems where all paths stay at 0 are left out, as long as there are others. An X "
        "ends a run that failed, a ring one that stopped short of convergence, a square one whose time was up."
    )

    def measure(self, rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
        """Return the number of negative eigenvalues of every row, and whether there are any."""
        y = column(rows, "inertia_negative")
        return y, y > 0

    def shown(self, table: pd.DataFrame) -> list[str]:
        """Return the problems where it is not 0 along every path; all where there is none."""
        most = table.groupby("panel", sort=False)["y"].max()
        return [str(name) for name, value in most.items() if value > 0 or not (most > 0).any()]

    def panel(self, axes: Axes, rows: pd.DataFrame, looks: Looks, data: PlotData) -> None:
        """Draw the numbers as steps."""
        most = max(FEWEST, float(rows["y"].max()))
        draw_lines(axes, rows, looks, (-ROOM * most, (1.0 + ROOM) * most), logarithmic=False)
        for line in axes.lines:
            line.set_drawstyle("steps-post")
        axes.set_yticks(np.unique(np.linspace(0.0, most, TICKS).round()))
        axes.set_ylabel("negative eigenvalues")
