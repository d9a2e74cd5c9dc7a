"""Step-size map: how many iterations a method needs, by its step size and by where it starts or another setting."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le

from optlab.core.plot import Plot, PlotData
from optlab.core.settings import settings_of
from optlab.core.status import InputError
from optlab.plots import style
from optlab.plots._maps import BROKEN, SHORT, ended, grid_of, hatch, masks, methods, outcome_entries
from optlab.plots.panels import heading, legend, panels, swatch, tidy_ticks
from optlab.plots.series import GOOD
from optlab.plots.step_sensitivity import stable_step

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array, ProblemBase

COLUMNS = ["panel", "line", "x", "y", "status", "iterations", "f", "limit"]
START = "start"
BEYOND = (1e-2, 4.0)
"""Steps by default, in parts of 2/L …"""
ANY = (1e-5, 1.0)
"""… and where that is not known."""
FAR = (-2.0, 2.0)
"""Starts by default: this far from the solution, the standard start being at 1 and the solution at 0."""
LIMIT: dict[str, Any] = {"color": "#D55E00", "linewidth": 1.6, "linestyle": "--"}
COLORS = "cividis_r"


@dataclass(frozen=True)
class StepMap(Plot):
    """Iterations to converge as a color over step size × start, or step size × a second setting.

    The runs are made when the plot is drawn, in one batch where method and problem allow and else one by one
    (`core.batch`): the runs of the experiment only say which methods, those that have the settings, and which
    problems. They stop at the default tolerance or after `iterations`.

    Attributes
    ----------
    x : str
        The setting across, on a logarithmic axis.
    low, high : float, optional
        Its ends; by default 0.01 and 4 times 2/L, L being the greatest curvature at the solution.
    y : str
        "start": the standard start moved toward the solution and beyond, x* + y (x₀ − x*), x* being 0 where it is not
        known; or a second setting of the methods, on a linear axis.
    bottom, top : float
        Its ends; −2 and 2 for starts.
    resolution : int
        Cells per side.
    iterations : int
        The limit of every run.
    seconds : float
        What a method has on a problem, for the whole map; runs that are left over are TIMEOUT.

    Source: 2/L, the limit of the fixed step of gradient descent: Polyak (1987), section 1.4.
    """

    x: str = "step_size"
    low: Annotated[float, Gt(0)] | None = None
    high: Annotated[float, Gt(0)] | None = None
    y: str = START
    bottom: float | None = None
    top: float | None = None
    resolution: Annotated[int, Ge(2), Le(1000)] = 100
    iterations: Annotated[int, Ge(1)] = 500
    seconds: Annotated[float, Gt(0)] = 60.0

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        other = (
            "the start, moved along the line through the solution (at 0) and the standard start (at 1)"
            if self.y == START
            else self.y.replace("_", " ")
        )
        return (
            f"Every cell is a run; across is {self.x.replace('_', ' ')}, upward {other}. The color is the number of "
            f"iterations to converge. Light grey and dotted: stopped short of convergence, within {self.iterations} "
            f"iterations, or left over after {self.seconds:g} s of a method on a problem. "
            "Hatched: failed or diverged. The dashed line is 2/L, the largest stable fixed step of gradient descent, L "
            "being the greatest eigenvalue of the Hessian, at x* where it changes."
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return a row per run: panel, line, x, y, status, iterations, f, and 2/L, NaN where it is not known."""
        import pandas as pd

        parts = []
        for panel, line, problem, method in methods(data, self.x):
            if self.y != START and self.y not in settings_of(type(method)):
                continue
            x, y = np.meshgrid(*self._sides(problem))
            starts, settings = self._runs(problem, x.ravel(), y.ravel())
            runs = ended(problem, method, starts, settings, self.iterations, self.seconds)
            parts.append(pd.DataFrame({
                "panel": panel, "line": line, "x": x.ravel(), "y": y.ravel(), "status": runs.status,
                "iterations": runs.iterations, "f": runs.f, "limit": stable_step(problem),
            }))  # fmt: skip
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)

    def _sides(self, problem: ProblemBase) -> tuple[Array, Array]:
        limit = stable_step(problem)
        ends = tuple(limit * part for part in BEYOND) if isfinite(limit) else ANY
        low, high = self.low or ends[0], self.high or ends[1]
        bottom, top = self.bottom, self.top
        if self.y == START:
            bottom, top = FAR[0] if bottom is None else bottom, FAR[1] if top is None else top
        if bottom is None or top is None:
            msg = f"step_map: say from where to where {self.y} goes, by bottom and top"
            raise InputError(msg)
        if not (low < high and bottom < top):
            msg = f"step_map: low < high and bottom < top, given {low:g}, {high:g} and {bottom:g}, {top:g}"
            raise InputError(msg)
        return np.geomspace(low, high, self.resolution), np.linspace(bottom, top, self.resolution)

    def _runs(self, problem: ProblemBase, x: Array, y: Array) -> tuple[Array, dict[str, Array]]:
        """Return the start of every run, (K, n), and its settings."""
        begin = np.asarray(problem.start(), dtype=float)
        if self.y != START:
            return np.tile(begin, (x.size, 1)), {self.x: x, self.y: y}
        solution = problem.known.solution
        middle = np.zeros(problem.n) if solution is None else np.asarray(solution, dtype=float)
        return middle + y[:, None] * (begin - middle), {self.x: x}

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no method has the settings."""
        table = self.table(data)
        if table.empty:
            return None
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import LogNorm

        with style.applied():
            cells = list(table.groupby(["panel", "line"], sort=False))
            figure, axes_there = panels(len(cells))
            k = table.loc[table["status"].isin(GOOD), "iterations"].to_numpy(dtype=float)
            k = k[k > 0] if (k > 0).any() else np.ones(1)
            norm = LogNorm(k.min(), max(k.max(), k.min() + 1))
            for axes, ((panel, line), rows) in zip(axes_there, cells, strict=True):
                self._panel(axes, rows, norm)
                heading(axes, str(line) if table["panel"].nunique() == 1 else f"{line} on {panel}")
            bar = figure.colorbar(ScalarMappable(norm, COLORS), ax=axes_there, label="iterations to converge")
            tidy_ticks(bar.ax)
            entries = outcome_entries([table["status"].to_numpy()])
            if np.isfinite(table["limit"].astype(float)).any():
                entries.append((swatch(**LIMIT), "theory: 2/L"))
            legend(figure, entries)
            return figure

    def _panel(self, axes: Axes, rows: pd.DataFrame, norm: Any) -> None:
        from matplotlib import colormaps
        from matplotlib.colors import to_rgba

        x, y, status = grid_of(rows, "x", "y", "status")
        k = grid_of(rows, "x", "y", "iterations")[2].astype(float)
        short, broken = masks(status)
        image = colormaps[COLORS](norm(np.maximum(k, norm.vmin)))
        image[short], image[broken] = to_rgba(SHORT), to_rgba(BROKEN)
        axes.set_xscale("log")
        axes.pcolormesh(x, y, image, shading="nearest", rasterized=True, zorder=0)
        hatch(axes, x, y, short, broken)
        limit = float(rows["limit"].iloc[0])
        if x[0] < limit < x[-1]:
            axes.axvline(limit, **LIMIT)
        tidy_ticks(axes)
        axes.grid(visible=False)
        axes.set_xlabel("step size α" if self.x == "step_size" else self.x.replace("_", " "))
        axes.set_ylabel("start, solution at 0, x₀ at 1" if self.y == START else self.y.replace("_", " "))
