"""The KKT conditions as a picture: at the end of a run, −∇f is the sum of the active constraints' pushes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.conditions import Conditions, conditions
from optlab.core.constraints import constraints
from optlab.core.plot import Plot, PlotData
from optlab.plots import style
from optlab.plots._lettering import plain
from optlab.plots.landscape import SHAPE, draw_landscape, window_of
from optlab.plots.panels import heading, legend, panels, swatch
from optlab.plots.series import GOOD, named, settled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array, ProblemBase

PLANE = 2
RATIO = 0.84
DOWNHILL = "−∇f"
LEFT = "what is left, −∇L"
REMAINDER, BLACK = "#B2182B", "#000000"
SHOWN = 0.02
"""A remainder shorter than this part of the longest arrow is not drawn."""
END: dict[str, Any] = {"marker": "s", "markersize": 6.5, "markerfacecolor": "black", "markeredgecolor": "white",
                       "linestyle": "none", "zorder": 9}  # fmt: skip
LAID: dict[str, Any] = {"linewidth": 1.4, "linestyle": (0, (3, 2)), "marker": "none", "zorder": 7}
ROUNDING = 1e-6
"""Gradients below this part of that at the start are drawn as nothing."""
LEAST = 1e-3
"""Arrows shorter than this part of the width are not drawn."""
BEYOND = 0.12
"""Room beyond the tips of arrows, as a part of the window."""
WORDS: dict[str, Any] = {"textcoords": "offset points", "fontsize": 7, "zorder": 10,
                         "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.3}}  # fmt: skip
START: dict[str, Any] = {"marker": "o", "markersize": 6, "markerfacecolor": "white", "markeredgecolor": "black",
                         "linestyle": "none", "zorder": 6}  # fmt: skip


@dataclass(frozen=True)
class KktGeometry(Plot):
    """Feasible region, active constraints, −∇f and λᵢ∇gᵢ, νⱼ∇hⱼ at the end of a run, a panel per problem in the plane.

    The run is the one with the best verdict, the first of several. The multipliers are recovered from the problem.

    Attributes
    ----------
    reach : float
        Length of the longest arrow, as a part of the window.
    levels : int
        Number of contour levels.
    margin : float
        Room around the path, as a part of the window.

    Source: Nocedal & Wright (2006), figures 12.3 and 12.10.
    """

    reach: Annotated[float, Gt(0)] = 0.3
    levels: Annotated[int, Ge(2)] = 16
    margin: Annotated[float, Ge(0)] = 0.25

    caption = (
        "Where a run ended (square), with −∇f in black and the gradient of every active constraint, times its "
        "multiplier, in color: at a KKT point the colored arrows, laid end to end (dashed), reach the tip of the "
        "black one, so that no feasible direction leads downhill. A red arrow is what is left. All arrows of a panel "
        "have one scale. Hatched points are infeasible; a star is a known minimizer; the grey line is the path."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the arrows: panel, run, status, arrow, multiplier, x1, x2 of its tail, dx1, dx2 in the units of ∇f."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for panel, run, x in self._ends(data):
            found = conditions(data.problem(run["run"]), x[-1])
            rows += [
                {"panel": panel, "run": run["run"], "status": run["status"], "arrow": label, "multiplier": multiplier,
                 "x1": x[-1, 0], "x2": x[-1, 1], "dx1": d[0], "dx2": d[1]}
                for label, multiplier, d in arrows(data.problem(run["run"]), found)
            ]  # fmt: skip
        columns = ["panel", "run", "status", "arrow", "multiplier", "x1", "x2", "dx1", "dx2"]
        return pd.DataFrame(rows, columns=columns)

    def _ends(self, data: PlotData) -> list[tuple[str, dict[str, Any], Array]]:
        """(panel, run, its path) of the run to show for every problem in the plane that has constraints."""
        best: dict[str, dict[str, Any]] = {}
        for run, _ in settled(named(data.runs), data.iterations[["run"]]):
            here = best.get(run["panel"])
            if here is None or (here["status"] not in GOOD and run["status"] in GOOD):
                best[run["panel"]] = run
        there = []
        for panel, run in best.items():
            problem = data.problem(run["run"])
            if problem.n == PLANE and problem.constraint_forms:
                there.append((panel, run, data.trajectory(run["run"])[1]))
        return there

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the arrows over the landscape; None where no problem of two variables has constraints."""
        ends = self._ends(data)
        if not ends:
            return None
        table = self.table(data)
        with style.applied():
            figure, axes_there = panels(len(ends), RATIO)
            extras: dict[str, Any] = {}
            for axes, (panel, run, x) in zip(axes_there, ends, strict=True):
                extras |= self._panel(axes, data.problem(run["run"]), x, table[table["panel"] == panel])
                heading(axes, f"{panel}: {run['line']}, {run['status']}")
            legend(figure, [(handle, text) for text, handle in extras.items()])
            return figure

    def _panel(self, axes: Axes, problem: ProblemBase, x: Array, rows: pd.DataFrame) -> dict[str, Any]:
        window = even(window_of(problem, [x], ["CONVERGED"], self.margin))
        factor = self.reach * float((window[1] - window[0]).min()) / _unit(problem, x[0], rows)
        window = even(with_tips(window, x[-1], rows, factor))
        extras = draw_landscape(axes, problem, window, self.levels)
        axes.set_aspect("equal")
        axes.plot(*x.T, color=style.MUTED, linewidth=1.2, linestyle="-", marker=".", markersize=4, zorder=3)
        axes.plot(*x[0], **START)
        extras["start"] = swatch(**START)
        extras |= draw_arrows(axes, x[-1], rows, factor)
        axes.plot(*x[-1], **END)
        extras["end"] = swatch(**END)
        axes.set_xlabel("x₁")
        axes.set_ylabel("x₂")
        return extras


def _unit(problem: ProblemBase, start: Array, rows: pd.DataFrame) -> float:
    """The length of the longest arrow, but so much that what is rounding beside ∇f at the start stays invisible."""
    lengths = np.linalg.norm(rows[["dx1", "dx2"]].to_numpy(dtype=float), axis=1)
    steep = float(np.linalg.norm(problem.gradient(start)))
    return float(max(lengths.max(initial=0.0), ROUNDING * steep if isfinite(steep) else 0.0)) or 1.0


def with_tips(window: Array, x: Array, rows: pd.DataFrame, factor: float) -> Array:
    """Return the window, widened where an arrow from x would leave it; those of the sum are laid end to end."""
    vectors = factor * rows[["dx1", "dx2"]].to_numpy(dtype=float)
    laid = np.cumsum(vectors[(rows["arrow"] != DOWNHILL).to_numpy()], axis=0)
    tips = x + np.vstack([np.zeros((1, x.size)), vectors, laid])
    lo, hi = np.minimum(window[0], tips.min(axis=0)), np.maximum(window[1], tips.max(axis=0))
    room = BEYOND * (hi - lo)
    return np.array([np.where(lo < window[0], lo - room, lo), np.where(hi > window[1], hi + room, hi)])


def draw_arrows(axes: Axes, x: Array, rows: pd.DataFrame, factor: float) -> dict[str, Any]:
    """Draw the arrows of a table at x, their lengths times `factor`; return their legend entries."""
    extras: dict[str, Any] = {}
    colors = (color for i in count() if (color := style.look(i)["color"]) != BLACK)
    at = x
    for row in rows.to_dict("records"):
        label, tip = row["arrow"], factor * np.array([row["dx1"], row["dx2"]])
        if label == DOWNHILL:
            if _arrow(axes, x, tip, "black", 4.0):
                extras[DOWNHILL] = swatch(color="black", linewidth=4.0, marker="none")
        elif label == LEFT:
            if _arrow(axes, at, tip, REMAINDER, 1.6):
                extras[LEFT] = swatch(color=REMAINDER, linewidth=1.6, marker="none")
        else:
            color = next(colors)
            _arrow(axes, x, tip, color, 2.0)
            if at is not x:
                axes.plot(*np.array([at, at + tip]).T, color=color, **LAID)
            at = at + tip
            axes.annotate(plain(f"{label}: {row['multiplier']:.3g}"), tuple(x + tip), color=color, **away(tip), **WORDS)
            extras["multiplier × gradient of an active constraint"] = swatch(color=color, linewidth=2.0, marker="none")
    return extras


def away(tip: Array) -> dict[str, Any]:
    """Return where words at the tip of an arrow go: on, away from where it comes from."""
    left, down = tip[0] < 0, tip[1] < 0
    return {"xytext": (-4 if left else 4, -4 if down else 4), "ha": "right" if left else "left",
            "va": "top" if down else "bottom"}  # fmt: skip


def arrows(problem: ProblemBase, found: Conditions) -> list[tuple[str, float, Array]]:
    """Return (label, multiplier, vector) of −∇f, of λᵢ∇gᵢ and νⱼ∇hⱼ of what is active, and of what is left."""
    c = constraints(problem, found.x)
    downhill = -np.asarray(problem.gradient(found.x), dtype=float)
    parts = [(found.labels[0][i], float(found.lam[i]), found.lam[i] * c.Jg[i]) for i in np.flatnonzero(found.active)]
    parts += [(label, float(nu), nu * row) for label, nu, row in zip(found.labels[1], found.nu, c.Jh, strict=True)]
    left = downhill - sum((vector for _, _, vector in parts), np.zeros(downhill.size))
    longest = max(float(np.linalg.norm(vector)) for vector in (downhill, *(v for _, _, v in parts)))
    rest = [(LEFT, np.nan, left)] if np.linalg.norm(left) > SHOWN * longest else []
    return [(DOWNHILL, np.nan, downhill), *parts, *rest]


def even(window: Array) -> Array:
    """Return the window widened to equal units on both axes, so that right angles look right."""
    middle, half = window.mean(axis=0), (window[1] - window[0]) / 2
    half = np.maximum(half, [half[1] / SHAPE, half[0] * SHAPE])
    return np.array([middle - half, middle + half])


def _arrow(axes: Axes, tail: Array, vector: Array, color: str, width: float) -> bool:
    """Draw an arrow where it is long enough to see, and return whether it is."""
    if not vector.any() or float(np.abs(vector).max()) < LEAST * float(np.ptp(axes.get_xlim())):
        return False
    look = {"arrowstyle": "-|>", "color": color, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", tuple(tail + vector), tuple(tail), zorder=8, arrowprops=look)
    return True
