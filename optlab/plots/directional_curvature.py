"""The second derivative in every direction: dᵀHd as a polar curve, with the eigenvectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le

from optlab.core.plot import Plot, PlotData
from optlab.numerics.curvature import directional_curvature as curvature_along
from optlab.plots import style
from optlab.plots._lettering import plain
from optlab.plots.panels import GAPS, legend, swatch
from optlab.plots.series import panel_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

PLANE = 2
ANGLES = 721
SIDE = 4.2
MOST_COLUMNS = 3
MOST = 6
ROOM = 1.1


@dataclass(frozen=True)
class DirectionalCurvature(Plot):
    """dᵀHd for unit vectors d of the plane, at one point of the first run on every problem with n = 2.

    Attributes
    ----------
    at : float
        Which kept iterate, as a part of the run: 0 the start, 1 the last.
    """

    name: ClassVar[str] = "directional_curvature"

    at: Annotated[float, Ge(0), Le(1)] = 0.0

    caption = (
        "How strongly f bends in each direction d: the distance from the center is |dᵀHd|, dashed red where it is "
        "negative. The eigenvectors (arrows) are the directions of most and of least curvature; κ is the ratio of the "
        "two. Gradient descent takes the same step in all directions and does not know this picture."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return panel, angle (radians), curvature."""
        import pandas as pd

        tables = [pd.DataFrame(_curve(H)).assign(panel=name) for name, H in self._hessians(data).items()]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["panel", "angle", "curvature"])

    def draw(self, data: PlotData) -> Figure | None:
        """Draw a dial per problem; None where none is in the plane."""
        hessians = self._hessians(data)
        return directional_curvature(hessians) if hessians else None

    def _hessians(self, data: PlotData) -> dict[str, Array]:
        runs = data.runs.assign(panel=panel_names(data.runs))
        runs = runs[runs["status"] != "SKIPPED"].drop_duplicates("panel")
        found: dict[str, Array] = {}
        for run, panel in zip(runs["run"], runs["panel"], strict=True):
            problem = data.problem(run)
            if problem.n != PLANE or problem.lacks("hessian") or len(found) == MOST:
                continue
            points = data.trajectory(run)[1]
            if not len(points):
                continue
            H = np.asarray(problem.hessian(points[round(self.at * (len(points) - 1))]), dtype=float)
            if np.isfinite(H).all() and H.any():
                found[str(panel)] = H
        return found


def _curve(H: Any) -> dict[str, Array]:
    angle = np.linspace(0.0, 2.0 * np.pi, ANGLES)
    return {"angle": angle, "curvature": curvature_along(H, np.column_stack([np.cos(angle), np.sin(angle)]))}


def directional_curvature(hessians: Mapping[str, Any]) -> Figure:
    """Draw dᵀHd of every 2 × 2 matrix as a polar curve, by name."""
    from matplotlib.figure import Figure

    with style.applied():
        columns = min(len(hessians), MOST_COLUMNS)
        rows = -(-len(hessians) // columns)
        figure = Figure(figsize=(columns * SIDE, rows * SIDE), layout="constrained")
        figure.get_layout_engine().set(**GAPS)  # type: ignore[union-attr]
        for i, (name, H) in enumerate(hessians.items()):
            axes = figure.add_subplot(rows, columns, i + 1, projection="polar")
            _dial(axes, np.asarray(H, dtype=float))
            axes.set_title(f"{plain(name)}\n{_words(np.asarray(H, dtype=float))}")
        blue, red = style.look(0)["color"], style.look(1)["color"]
        entries = [
            (swatch(color=blue, linestyle="-"), "dᵀHd > 0"),
            (swatch(color=red, linestyle="--"), "dᵀHd < 0"),
            (swatch(color="black", linewidth=1.2, linestyle="-"), "eigenvectors"),
        ]
        legend(figure, entries)
        return figure


def _words(H: Array) -> str:
    values = np.linalg.eigvalsh(H)
    if not values.all():
        return "singular"
    kappa = f"κ = {np.abs(values).max() / np.abs(values).min():.3g}"
    return f"{kappa}, indefinite" if values[0] < 0 < values[-1] else kappa


def _dial(axes: Any, H: Array) -> None:
    angle, bend = _curve(H).values()
    values, vectors = np.linalg.eigh(H)
    largest = float(np.abs(values).max())
    colors = style.look(0)["color"], style.look(1)["color"]
    for some, color, dashes in ((bend >= 0, colors[0], "-"), (bend < 0, colors[1], "--")):
        axes.plot(angle, np.where(some, np.abs(bend), np.nan), color=color, linestyle=dashes, marker="none")
    for value, v in zip(values, vectors.T, strict=True):
        direction = float(np.arctan2(v[1], v[0])) % np.pi  # upward
        for turned in (direction, direction + np.pi):
            arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", (turned, abs(value)), (0.0, 0.0), arrowprops=arrow)
        axes.annotate(f"λ = {value:.3g}".replace("-", "−"), (direction, abs(value)), xytext=(5, 5),
                      textcoords="offset points", color=colors[int(value < 0)],
                      bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.4})  # fmt: skip
    axes.set_ylim(0.0, ROOM * largest)
    axes.set_yticks([0.5 * largest, largest], [f"{0.5 * largest:.3g}", f"{largest:.3g}"])
    axes.set_rlabel_position(np.degrees(np.arctan2(vectors[1, 0], vectors[0, 0])) % 180.0 + 225.0)
    axes.tick_params(labelsize=7)
