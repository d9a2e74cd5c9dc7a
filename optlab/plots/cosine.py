"""Cosine: how far each step turns away from steepest descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from optlab.plots._along_path import AlongPath
from optlab.plots.lines import draw_lines
from optlab.plots.panels import threshold
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from optlab.core.plot import PlotData
    from optlab.core.problem import Array
    from optlab.plots.style import Looks

LEVEL = 0.0
ROOM = 0.05


@dataclass(frozen=True)
class CosineAlongPath(AlongPath):
    """The cosine of the angle between each step and −∇f, a panel per problem; the column `cosine`.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.

    Source: Nocedal & Wright (2006), theorem 3.2 (Zoutendijk).
    """

    name: ClassVar[str] = "cosine"
    marked: ClassVar[str] = "uphill"

    caption = (
        "The cosine of the angle between each step and −∇f at the point where it was taken: 1 is steepest descent, 0 a "
        "step along a level line, below 0 a step uphill (a hollow triangle). A method whose cosine stays away from 0 "
        "cannot stop where the gradient is not 0. An X ends a run that failed, a ring one that stopped short of "
        "convergence, a square one whose time was up."
    )

    def measure(self, rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
        """Return the cosine of every row, and where it is negative."""
        y = column(rows, "cosine")
        return y, y < 0

    def panel(self, axes: Axes, rows: pd.DataFrame, looks: Looks, data: PlotData) -> None:
        """Draw the cosines between uphill and steepest descent."""
        least = min(0.0, float(rows["y"].min()))
        draw_lines(axes, rows, looks, (least - ROOM, 1.0 + ROOM), logarithmic=False)
        threshold(axes, LEVEL, "along a level line")
        axes.set_ylabel("cosine of step and −∇f")
