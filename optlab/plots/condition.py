"""Condition: how ill-conditioned the Hessian is along each path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.plots._along_path import AlongPath
from optlab.plots.lines import draw_lines, span
from optlab.plots.series import column

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from optlab.core.plot import PlotData
    from optlab.core.problem import Array
    from optlab.plots.style import Looks

ROOM, CONSTANT = 1.5, 10**0.5
"""Room above and below the data, as factors; a constant κ is shown in the middle of a decade."""


@dataclass(frozen=True)
class ConditionAlongPath(AlongPath):
    """κ(H) = |λ|max / |λ|min at every kept iterate, a panel per problem.

    Attributes
    ----------
    starts : int
        Runs drawn at most per method and problem.
    """

    name: ClassVar[str] = "condition"
    marked: ClassVar[str] = "indefinite Hessian"

    starts: Annotated[int, Ge(1)] = 3

    caption = (
        "The condition number κ of the Hessian along each path: gradient descent at its best fixed step shrinks the "
        "error by (κ − 1)/(κ + 1) per iteration, so ten times the κ takes ten times the iterations. A hollow "
        "triangle marks an indefinite Hessian, where κ alone says little; an X ends a run that "
        "failed, a ring one that stopped short of convergence, a square one whose time was up."
    )

    def measure(self, rows: pd.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
        """Return κ of every row, and where the Hessian has a negative eigenvalue."""
        below = column(rows, "inertia_negative") > 0
        return column(rows, "condition_number"), below | (column(rows, "eigenvalue_min") < 0) & ~np.isfinite(
            column(rows, "inertia_negative")
        )

    def panel(self, axes: Axes, rows: pd.DataFrame, looks: Looks, data: PlotData) -> None:
        """Draw κ, and say where it is a lower bound."""
        low, high = span(rows)
        room = ROOM if high > ROOM * low else CONSTANT
        draw_lines(axes, rows, looks, (low / room, high * room))
        bounds = data.iterations["run"][np.isfinite(column(data.iterations, "condition_residual"))]
        axes.set_ylabel("lower bound of κ(H)" if set(bounds) & set(rows["run"]) else "condition number κ(H)")
