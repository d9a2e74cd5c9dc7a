"""What a gradient step promises and what it does: f along −g beside its quadratic model, ε* and 2ε* marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le

from optlab.core.plot import Plot, PlotData
from optlab.numerics.curvature import taylor_along_gradient
from optlab.plots import style
from optlab.plots.landscape import heights_of
from optlab.plots.panels import heading, legend, panels, swatch
from optlab.plots.series import panel_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array, ProblemBase

MOST = 6
ROOM = 0.15
TRUTH: dict[str, Any] = {"color": "black", "linestyle": "-", "linewidth": 2.0, "marker": "none"}
"""Look of f itself."""


@dataclass(frozen=True)
class Taylor(Plot):
    """f(x − εg) and f − εgᵀg + ½ε²gᵀHg against ε, a panel per problem, at one point of its first run.

    Attributes
    ----------
    at : float
        Which kept iterate, as a part of the run: 0 the start, 1 the last.
    """

    name: ClassVar[str] = "taylor"

    at: Annotated[float, Ge(0), Le(1)] = 0.0

    caption = (
        "f along −g (black) and what its second-order Taylor series promises (colored); grey is the slope alone. The "
        "model is lowest at ε* = gᵀg/gᵀHg and goes uphill beyond 2ε*; where f does not curve up along g there is no "
        "ε*, and the model falls forever. How far the two curves agree is how far a step can be planned."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the tables of `taylor_along_gradient`, one below the other, with the column panel."""
        import pandas as pd

        tables = [table.assign(panel=name) for name, table in self._tables(data).items()]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["panel", "step"])

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no problem has a gradient and a Hessian."""
        tables = self._tables(data)
        return taylor(tables) if tables else None

    def _tables(self, data: PlotData) -> dict[str, pd.DataFrame]:
        runs = data.runs.assign(panel=panel_names(data.runs))
        runs = runs[runs["status"] != "SKIPPED"].drop_duplicates("panel").head(MOST)
        found = {}
        for run, panel in zip(runs["run"], runs["panel"], strict=True):
            problem = data.problem(run)
            if problem.lacks("gradient") or problem.lacks("hessian"):
                continue
            points = data.trajectory(run)[1]
            if not len(points):
                continue
            x = points[round(self.at * (len(points) - 1))]
            g = np.asarray(problem.gradient(x), dtype=float)
            table = taylor_along_gradient(partial(_value, problem), g, problem.hessian(x), x)
            if g.any() and np.isfinite(table["model"]).all():
                found[str(panel)] = table
        return found


def _value(problem: ProblemBase, x: Array) -> float:
    return float(heights_of(problem, x[None])[0])


def taylor(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw tables of `taylor_along_gradient`, a panel for each."""
    with style.applied():
        figure, axes_there = panels(len(tables))
        for axes, (name, table) in zip(axes_there, tables.items(), strict=True):
            _draw(axes, table)
            heading(axes, name)
        model = {k: v for k, v in style.look(0).items() if k == "color"}
        entries = [
            (swatch(**TRUTH), "f(x − εg)"),
            (swatch(**model, linestyle="--", linewidth=1.8), "model, second order"),
            (swatch(color=style.MUTED, linewidth=1.0, linestyle="-."), "first order"),
        ]
        legend(figure, entries)
        return figure


def _draw(axes: Axes, table: pd.DataFrame) -> None:
    step, truth, model = (np.asarray(table[c], dtype=float) for c in ("step", "truth", "model"))
    best = float(table.attrs["optimal_step"])
    color = style.look(0)["color"]
    axes.plot(step, np.asarray(table["slope"]), color=style.MUTED, linewidth=1.0, linestyle="-.", marker="none")
    axes.plot(step, truth, **TRUTH, zorder=3)
    axes.plot(step, model, color=color, linewidth=1.8, linestyle="--", marker="none", zorder=4)
    shown = np.concatenate([model, truth[truth <= model.max() + np.ptp(model)]])
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    axes.set_ylim(low - ROOM * (high - low), high + ROOM * (high - low))
    if best > 0 and isfinite(best):
        for value, word in ((best, "ε*"), (2.0 * best, "2ε*")):
            axes.axvline(value, color=color, linewidth=0.9, linestyle=":", zorder=1)
            axes.annotate(f"{word} = {value:.3g}", (value, 1.0), xycoords=("data", "axes fraction"), xytext=(-3, -2),
                          textcoords="offset points", ha="right", va="top", color=color)  # fmt: skip
        axes.axhline(truth[0], color=style.MUTED, linewidth=0.7, linestyle=":", zorder=1)
    else:
        axes.annotate("no ε*: f does not curve up along g", (0.03, 0.03), xycoords="axes fraction", color=color)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("step ε along −g")
    axes.set_ylabel("f")
