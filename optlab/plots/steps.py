"""Steps: what each method did against the best it could have done along its direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.plots._along_path import AlongPath
from optlab.plots.lines import draw_lines, span
from optlab.plots.panels import threshold
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from optlab.core.plot import PlotData
    from optlab.core.problem import Array
    from optlab.plots.style import Looks

OPTIMAL, STABLE = 1.0, 2.0
"""On a quadratic f is least at ε*, and back at its old value at 2ε*."""
DECADES = 6.0
"""How far from the optimal step the picture reaches, in powers of ten, at most."""


@dataclass(frozen=True)
class Steps(AlongPath):
    """The step taken over the optimal step ε* = gᵀg / gᵀHg at every iteration, a panel per problem.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.

    Source: Goodfellow, Bengio & Courville (2016), equation 4.10.
    """

    marked: ClassVar[str] = "negative curvature"

    starts: Annotated[int, Ge(1)] = 3

    caption = (
        "The step taken over the optimal step ε* of the second-order model at the point where it was taken: 1 is "
        "the best step, between 1 and 2 a quadratic overshoots but still falls, above 2 it rises. A hollow triangle "
        "marks negative curvature, where no step is the best; its height is the absolute value. An X ends a run "
        "that failed, a ring one that stopped short of convergence, a square one whose time was up."
    )

    def measure(self, rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
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

    def panel(self, axes: Axes, rows: pd.DataFrame, looks: Looks, data: PlotData) -> None:
        """Draw the ratios with the best step and the stability limit."""
        low, high = span(rows)
        limits = max(min(low / 2, OPTIMAL / 4), 10**-DECADES), min(max(high * 2, STABLE * 2), 10**DECADES)
        draw_lines(axes, rows, looks, limits)
        threshold(axes, OPTIMAL, "optimal", above=False)
        threshold(axes, STABLE, "stability limit")
        axes.set_ylabel("step taken / ε*")
