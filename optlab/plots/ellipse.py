"""The unit circle under a 2 × 2 matrix: an ellipse whose half-axes are the singular values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.plot import Plot, PlotData
from optlab.numerics.conditioning import condition_number
from optlab.numerics.linear_sensitivity import circle_image
from optlab.plots import style
from optlab.plots._lettering import plain
from optlab.plots.panels import panels
from optlab.plots.series import panel_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

PLANE = 2
SQUARE = 1.0
ROOM = 1.12
MOST = 6


@dataclass(frozen=True)
class Ellipse(Plot):
    """The unit circle and its image, for every problem whose residuals have a 2 × 2 Jacobian; taken at the start."""

    caption = (
        "The unit circle (grey) under the matrix A of the residuals: an ellipse. Its half-axes are the singular "
        "values, Av₁ = σ₁u₁ and Av₂ = σ₂u₂; ‖A‖₂ is the longer one, κ(A) their ratio, and the shorter one is how far "
        "A is from a singular matrix, whose ellipse is flat."
    )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return a row per point of each circle: panel, x1, x2 and the image y1, y2."""
        import pandas as pd

        tables = []
        for name, A in _matrices(data).items():
            circle, image = circle_image(A)
            tables.append(
                pd.DataFrame({"panel": name, "x1": circle[0], "x2": circle[1], "y1": image[0], "y2": image[1]})
            )
        return (
            pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["panel", "x1", "x2", "y1", "y2"])
        )

    def draw(self, data: PlotData) -> Figure | None:
        """Draw a panel per matrix; None where there is none."""
        matrices = dict(list(_matrices(data).items())[:MOST])
        return ellipse(list(matrices.values()), list(matrices)) if matrices else None


def _matrices(data: PlotData) -> dict[str, Array]:
    runs = data.runs.assign(panel=panel_names(data.runs)).drop_duplicates("panel")
    found = {}
    for run, panel in zip(runs["run"], runs["panel"], strict=True):
        problem = data.problem(run)
        if problem.residuals is None or problem.n != PLANE or problem.lacks("jacobian"):
            continue
        A = np.asarray(problem.jacobian(problem.start()), dtype=float)
        if A.shape == (PLANE, PLANE):
            found[str(panel)] = A
    return found


def ellipse(matrices: Sequence[Any], titles: Sequence[str] = ()) -> Figure:
    """Draw the unit circle under each 2 × 2 matrix, with the singular vectors; κ stands in the title."""
    with style.applied():
        figure, axes_there = panels(len(matrices), SQUARE)
        for i, (axes, A) in enumerate(zip(axes_there, matrices, strict=True)):
            _draw(axes, np.asarray(A, dtype=float))
            kappa = condition_number(A).value
            name = f"{plain(titles[i])}\n" if titles else ""
            axes.set_title(f"{name}κ = {kappa:.3g}")
        return figure


def _draw(axes: Axes, A: Array) -> None:
    circle, image = circle_image(A)
    U, s, Vt = np.linalg.svd(A)
    blue, red = style.look(0)["color"], style.look(1)["color"]
    axes.plot(*circle, color=style.MUTED, linewidth=1.0, linestyle="--", marker="none")
    axes.plot(*image, color="black", linewidth=1.5, linestyle="-", marker="none", zorder=3)
    for k, color in enumerate((blue, red)):
        sign = 1.0 if Vt[k, k] >= 0 else -1.0  # v₁ to the right, v₂ up
        _arrow(axes, sign * s[k] * U[:, k], color, f"σ{'₁₂'[k]}u{'₁₂'[k]}", image=True)
        _arrow(axes, sign * Vt[k], color, f"v{'₁₂'[k]}", image=False)
    reach = ROOM * max(1.0, float(s[0]))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")


def _arrow(axes: Axes, end: Array, color: str, word: str, image: bool) -> None:
    """Draw a vector: solid for an image Av, white with a colored edge for v, so that both show where they coincide."""
    look = {"shrinkA": 0, "shrinkB": 0, "edgecolor": color, "facecolor": color if image else "white", "linewidth": 0.9}
    style_of = {"width": 2.2, "headwidth": 8.0, "headlength": 8.0} if image else {"width": 1.6, "headwidth": 7.0,
                                                                               "headlength": 7.0}  # fmt: skip
    axes.annotate("", tuple(end), (0.0, 0.0), arrowprops=look | style_of, zorder=4 if image else 5)
    axes.annotate(word, tuple(end), xytext=(6, 6) if image else (5, -11), textcoords="offset points", color=color,
                  zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.4})  # fmt: skip
