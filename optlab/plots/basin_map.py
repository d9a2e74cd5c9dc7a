"""Basins of attraction: where a method ends, by where it starts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le

from optlab.core.plot import Plot, PlotData
from optlab.core.status import InputError
from optlab.plots import style
from optlab.plots._maps import BROKEN, SHORT, ended, grid_of, hatch, masks, methods, outcome_entries
from optlab.plots.landscape import MINIMUM, UNKNOWN, heights_of, kind_of, known_points
from optlab.plots.panels import heading, legend, panels
from optlab.plots.series import GOOD

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array, ProblemBase

COLUMNS = ["panel", "line", "x1", "x2", "status", "iterations", "end", "kind", "end1", "end2", "f"]
PLANE = 2
MARGIN = 0.35
"""Room around the known points and the standard start, in parts of their spread."""
SAME = 1e-3
"""Ends that are nearer to each other than this part of the window are one point."""
COLORS = ("#0072B2", "#F0E442", "#D55E00", "#56B4E9", "#009E73", "#E69F00", "#CC79A7")
"""Colors of minima and of end points of no known kind, by Okabe and Ito; neighbors differ in lightness."""
GREYS = ("#1A1A1A", "#4D4D4D", "#808080", "#333333", "#666666", "#999999")
"""Shades of saddles, maxima and degenerate points."""
REST = "#A89F91"
ROUNDING = 1e-9
"""f below this part of f at the standard start is written as 0."""
MOST = 12
"""Ends of a problem that have a letter, the most frequent ones."""
PALEST = 0.65
"""How far a shaded color goes toward white at the fewest iterations."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class BasinMap(Plot):
    """The plane of starts, colored by the point where the run from there ends; a panel per method and problem.

    The runs are made when the plot is drawn, in one batch where method and problem allow and else one by one
    (`core.batch`): the runs of the experiment only say which methods and problems of two variables. They stop at the
    default tolerance or after `iterations`.

    Attributes
    ----------
    resolution : int
        Starts per side.
    iterations : int
        The limit of every run.
    seconds : float
        What a method has on a problem, for the whole map; runs that are left over are TIMEOUT.
    window : (lo1, hi1, lo2, hi2), optional
        The starts; by default around the known critical points and the standard start.
    shade : bool
        Paler where fewer iterations were needed.
    """

    resolution: Annotated[int, Ge(2), Le(1000)] = 80
    iterations: Annotated[int, Ge(1)] = 1000
    seconds: Annotated[float, Gt(0)] = 60.0
    window: tuple[float, float, float, float] | None = None
    shade: bool = False

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        paler = " The paler, the fewer iterations it took." if self.shade else ""
        return (
            "Every point is a start, and its color says at which critical point the run from there converged: minima "
            "are colored, saddles and maxima dark. A letter marks that point where it lies in the window."
            f"{paler} Light grey and dotted: stopped short of convergence, within {self.iterations} iterations, or "
            f"left over after {self.seconds:g} s of a method on a problem. Hatched: failed or diverged."
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return a row per start: panel, line, x1, x2, status, iterations; letter, kind, place and f of its end."""
        import pandas as pd

        parts = []
        for panel, line, problem, method in methods(data):
            if problem.n == PLANE:
                x1, x2 = self._sides(problem)
                starts = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, PLANE)
                runs = ended(problem, method, starts, {}, self.iterations, self.seconds)
                parts.append(pd.DataFrame({
                    "panel": panel, "line": line, "x1": starts[:, 0], "x2": starts[:, 1], "status": runs.status,
                    "iterations": runs.iterations, "end1": runs.x[:, 0], "end2": runs.x[:, 1], "f": runs.f,
                }))  # fmt: skip
        if not parts:
            return pd.DataFrame(columns=COLUMNS)
        return self._with_ends(pd.concat(parts, ignore_index=True), data)[COLUMNS]

    def _sides(self, problem: ProblemBase) -> tuple[Array, Array]:
        """Return the middles of the cells on both axes."""
        if self.window is not None:
            lo, hi = np.array(self.window[::2]), np.array(self.window[1::2])
            if not (np.isfinite([lo, hi]).all() and (lo < hi).all()):
                msg = f"basin_map: window must be lo1 < hi1, lo2 < hi2, given {self.window}"
                raise InputError(msg)
        else:
            minimizers, saddles = known_points(problem)
            places = np.array([*minimizers, *saddles, np.asarray(problem.start(), dtype=float)])
            lo, hi = places.min(axis=0), places.max(axis=0)
            size = float((hi - lo).max()) or max(1.0, float(np.abs(lo).max()))
            half = np.maximum(hi - lo, 0.6 * size) / 2 + MARGIN * size
            lo, hi = (lo + hi) / 2 - half, (lo + hi) / 2 + half
        inset = (hi - lo) / (2 * self.resolution)
        a, b = (np.linspace(lo[i] + inset[i], hi[i] - inset[i], self.resolution) for i in range(PLANE))
        return a, b

    def _with_ends(self, table: pd.DataFrame, data: PlotData) -> pd.DataFrame:
        """Name the points that runs converged to: those of one problem once, whichever method went there."""
        problems = {panel: problem for panel, _, problem, _ in methods(data)}
        good = table["status"].isin(GOOD)
        table = table.assign(end="none", kind="none")
        table.loc[~good, ["end1", "end2", "f"]] = np.nan
        used = 0
        for panel, rows in table[good].groupby("panel", sort=False):
            extent = table.loc[table["panel"] == panel, ["x1", "x2"]]
            points = rows[["end1", "end2"]].to_numpy(dtype=float)
            group = grouped(points, SAME * float(np.ptp(extent.to_numpy(), axis=0).max()))
            sizes = np.bincount(group)
            firsts = np.unique(group, return_index=True)[1]
            order = np.argsort(-sizes, kind="stable")
            f = rows["f"].to_numpy(dtype=float)
            for i in sorted(order[:MOST], key=lambda g: f[firsts[g]]):
                kind, there = kind_of(problems[str(panel)], points[firsts[i]]), rows.index[group == i]
                table.loc[there, "end"], table.loc[there, "kind"] = name_of_end(used), kind
                used += 1
            others = rows.index[np.isin(group, order[MOST:])]
            table.loc[others, ["end", "kind"]] = "other", f"{len(order) - MOST} others"
        return table

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no problem has two variables."""
        table = self.table(data)
        if table.empty:
            return None
        from matplotlib.patches import Patch

        with style.applied():
            cells = list(table.groupby(["panel", "line"], sort=False))
            height = max(ratio_of(rows) for _, rows in cells)
            figure, axes_there = panels(len(cells), min(1.2, max(0.6, height)))
            problems = {panel: problem for panel, _, problem, _ in methods(data)}
            many = table["panel"].nunique() > 1
            entries: list[tuple[Any, str]] = []
            for panel, rows in table.groupby("panel", sort=False):
                zero = ROUNDING * abs(heights_of(problems[str(panel)], problems[str(panel)].start()[None])[0])
                for end, color, there in ends_of(rows):
                    first = there.iloc[0]
                    f = 0.0 if abs(first["f"]) <= zero else first["f"]
                    place = f" at ({first['end1']:.3g}, {first['end2']:.3g}), f = {f:.3g}"
                    text = f"{end}: {first['kind']}{place}" if end != "other" else str(first["kind"])
                    entries.append((Patch(facecolor=color), f"{panel}, {text}" if many else text))
            for axes, ((name, line), rows) in zip(axes_there, cells, strict=True):
                ends = [(end, color, there.iloc[0]) for end, color, there in ends_of(table[table["panel"] == name])]
                self._panel(axes, rows, ends)
                heading(axes, f"{line} on {name}" if many else str(line))
            legend(figure, entries + outcome_entries([table["status"].to_numpy()]))
            return figure

    def _panel(self, axes: Axes, rows: pd.DataFrame, ends: list[tuple[str, str, Any]]) -> None:
        from matplotlib.colors import to_rgb

        x1, x2, status = grid_of(rows, "x1", "x2", "status")
        end, k = (grid_of(rows, "x1", "x2", name)[2] for name in ("end", "iterations"))
        short, broken = masks(status)
        image = np.ones((*status.shape, 3))
        image[short], image[broken] = to_rgb(SHORT), to_rgb(BROKEN)
        reach = np.log1p(k.astype(float))
        pale = PALEST * (1 - reach / max(1e-9, float(reach.max()))) if self.shade else np.zeros(k.shape)
        for name, color, _ in ends:
            there = end == name
            rgb = np.array(to_rgb(color))
            image[there] = rgb + (1 - rgb) * pale[there][:, None]
        d1, d2 = (x1[1] - x1[0]) / 2, (x2[1] - x2[0]) / 2
        extent = (x1[0] - d1, x1[-1] + d1, x2[0] - d2, x2[-1] + d2)
        axes.imshow(image, extent=extent, origin="lower", interpolation="nearest", aspect="auto", zorder=0)
        hatch(axes, x1, x2, short, broken)
        for name, color, first in ends:
            if name != "other" and extent[0] <= first["end1"] <= extent[1] and extent[2] <= first["end2"] <= extent[3]:
                axes.text(
                    first["end1"], first["end2"], name, ha="center", va="center", fontsize=7.5, zorder=5, clip_on=True,
                    bbox={"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": color, "linewidth": 1.4},
                )  # fmt: skip
        axes.set_xlim(extent[:2])
        axes.set_ylim(extent[2:])
        axes.grid(visible=False)
        axes.set_xlabel("start x₁")
        axes.set_ylabel("start x₂")


def ends_of(rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return (name, color, its rows) of every end of one problem, in the order of the names, "other" last."""
    found = rows[rows["end"] != "none"].groupby("end", sort=False)
    names = sorted(map(str, found.groups), key=lambda name: (name == "other", len(name), name))
    palettes = {True: cycle(COLORS), False: cycle(GREYS)}
    ends = []
    for name in names:
        there = found.get_group(name)
        color = REST if name == "other" else next(palettes[there["kind"].iloc[0] in (MINIMUM, UNKNOWN)])
        ends.append((name, color, there))
    return ends


def name_of_end(i: int) -> str:
    """Return A, B, …, Z, A1, B1, ….

    >>> name_of_end(1), name_of_end(27)
    ('B', 'B1')
    """
    turn, place = divmod(i, len(LETTERS))
    return LETTERS[place] + (str(turn) if turn else "")


def ratio_of(rows: pd.DataFrame) -> float:
    """Height over width of the window of a panel."""
    width, height = np.ptp(rows[["x1", "x2"]].to_numpy(dtype=float), axis=0)
    return float(height / width)


def grouped(points: Array, near: float) -> Array:
    """Return the group of every point: those within `near` of the first one that is in no group yet are the next."""
    group = np.full(len(points), -1)
    i = 0
    while (group < 0).any():
        left = np.flatnonzero(group < 0)
        close = np.abs(points[left] - points[left[0]]).max(axis=1) <= near
        group[left[close]] = i
        i += 1
    return group
