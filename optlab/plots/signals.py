"""The size of activations and gradients in every layer of a deep network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le

from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots.depth import kinds_of
from optlab.plots.panels import legend, panels, swatch, tidy_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

TINY = 1e-300
MARKED = 8
THEORY: dict[str, Any] = {"color": style.MUTED, "linewidth": 3.0, "linestyle": "-", "marker": "none", "alpha": 0.45,
                          "zorder": 1}  # fmt: skip
HELD = 0.5
"""Where a curve is less than this many decades high, the axis shows as much."""


@dataclass(frozen=True)
class Signals(Plot):
    """Root mean square of activations and gradients against the layer, for problems that have `signals(x)`.

    Where the depth is swept, the deepest are drawn.

    Attributes
    ----------
    at : float
        At which kept iterate of the first run on each problem, as a part of the run: 0 the start, 1 the last.
    """

    name: ClassVar[str] = "signals"

    at: Annotated[float, Ge(0), Le(1)] = 0.0

    caption = (
        "How large signals are in each layer: activations on their way forward (left), ∂ℓ/∂h on its way back (right, "
        "read from right to left), on a logarithmic axis. A straight line is a factor per layer: down on the way is "
        "vanishing, up is exploding. Level curves are what an initialization is chosen for."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the statistics of every layer, with the column panel."""
        import pandas as pd

        tables = [table.assign(panel=name) for name, table in self._tables(data).items()]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["panel", "layer"])

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no problem has layers."""
        tables = self._tables(data)
        return draw_signals(tables, backward="gradient_moment") if tables else None

    def _tables(self, data: PlotData) -> dict[str, pd.DataFrame]:
        runs = data.runs[data.runs["status"] != "SKIPPED"]
        if "problem.depth" in runs:
            runs = runs[runs["problem.depth"] == runs["problem.depth"].max()]
        runs = runs.assign(kind=kinds_of(runs)).drop_duplicates("kind")
        found = {}
        for run, kind in zip(runs["run"], runs["kind"], strict=True):
            problem = data.problem(run)
            signals = getattr(problem, "signals", None)
            points = data.trajectory(run)[1]
            if signals is not None and len(points):
                found[kind] = signals(points[round(self.at * (len(points) - 1))])
        return found


def draw_signals(
    tables: Mapping[str, pd.DataFrame],
    theory: Mapping[str, pd.DataFrame] | None = None,
    backward: str = "jacobian",
) -> Figure:
    """Draw tables of `layer_statistics` (the median over networks, the band from the least to the greatest), by name.

    `theory` holds tables of `mean_field` under the same names; `backward` is the column of the second panel.
    """
    with style.applied():
        figure, (left, right) = panels(2)
        entries = []
        for i, (name, table) in enumerate(tables.items()):
            look = style.look(i)
            for axes, column in ((left, "activation_moment"), (right, backward)):
                _curve(axes, table, column, look, i)
                if theory and name in theory and column in theory[name]:
                    axes.plot(theory[name]["layer"], _size(theory[name][column], column), **THEORY)
            entries.append((swatch(**look), name))
        if theory:
            entries.append((swatch(**THEORY), "theory, wide layers"))
        back = "size of ∂hᵈ/∂hᵗ" if backward == "jacobian" else "root mean square of ∂ℓ/∂h"
        for axes, word, what in ((left, "root mean square of h", "Forward"), (right, back, "Backward")):
            axes.set_yscale("log")
            low, high = axes.get_ylim()
            if high < low * 10**HELD:
                middle = (low * high) ** 0.5
                axes.set_ylim(middle / 10**HELD, middle * 10**HELD)
            tidy_ticks(axes)
            axes.locator_params(axis="x", integer=True)
            axes.set_xlabel("layer")
            axes.set_ylabel(word)
            axes.set_title(what)
        legend(figure, entries)
        return figure


def _size(values: Any, column: str) -> Array:
    values = np.asarray(values, dtype=float)
    values = np.sqrt(values) if column.endswith("_moment") else values
    return np.where(values > TINY, values, np.nan)


def _curve(axes: Axes, table: pd.DataFrame, column: str, look: dict[str, Any], offset: int) -> None:
    by_layer = table.assign(size=_size(table[column], column)).groupby("layer")["size"]
    middle, low, high = by_layer.median(), by_layer.min(), by_layer.max()
    layer = np.asarray(middle.index)
    every = max(1, len(layer) // MARKED)
    axes.plot(layer, middle, **look, markevery=(offset % every, every), zorder=3)
    axes.fill_between(layer, low, high, color=look["color"], alpha=0.15, linewidth=0.0, zorder=2)
