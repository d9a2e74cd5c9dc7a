"""The V-curve: how the error of a finite difference depends on its step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from optlab.derivatives.differences import CENTRAL_STEP, EPS, FORWARD_STEP
from optlab.plots import style
from optlab.plots.panels import panels
from optlab.plots.save import NO_DATE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

FLOOR = EPS / 8
"""Errors below rounding, and exact zeros, are drawn here."""
TOP = 1e3
ABOVE = 8.0
"""The lines of theory are drawn this many times above the data, not upon them."""
MARKED = 6
"""One marker per so many steps."""
FORMULAS = (
    ("forward", "forward difference", 1, FORWARD_STEP, "√ε"),
    ("central", "central difference", 2, CENTRAL_STEP, "∛ε"),
)
"""Column, name, order, best step and its name."""
CAPTION = (
    "The error of a directional derivative against the step h. Right of its best step a formula is limited by the "
    "terms it leaves out, ∝ h or h²; left of it by rounding, ∝ 1/h. A complex step has no cancellation and no left "
    "branch. A curve that stays level, high above rounding, means a wrong gradient."
)


def draw_v_curve(table: pd.DataFrame, path: str | Path, title: str = "") -> Path:
    """Draw a table of `derivatives.step_errors` to a file; its ending (svg, png, pdf) says how.

    Returns
    -------
    Path
        The file written.
    """
    path = Path(path)
    figure = v_curve(table, title)
    kind = path.suffix.lstrip(".") or "svg"
    metadata = dict(NO_DATE.get(kind, {}))
    if kind in ("svg", "pdf"):
        metadata["Title"] = CAPTION
    path.parent.mkdir(parents=True, exist_ok=True)
    with style.applied():
        figure.savefig(path, format=kind, metadata=metadata)
    return path


def v_curve(table: pd.DataFrame, title: str = "") -> Figure:
    """Return the figure: a line per formula, the slopes of theory in grey, the best steps marked."""
    with style.applied():
        figure, (axes,) = panels(1)
        _draw(axes, table)
        axes.set_title(title or "Error of a numerical derivative")
        figure.legend(loc="outside lower center", ncols=3)
    return figure


def _draw(axes: Axes, table: pd.DataFrame) -> None:
    h = np.asarray(table["h"], dtype=float)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for i, (column, name, order, best, word) in enumerate(FORMULAS):
        look = style.look(i)
        error = np.asarray(table[column], dtype=float)
        axes.plot(h, np.clip(error, FLOOR, TOP), **look, markevery=(i, MARKED), label=name, zorder=3)
        _guide(axes, h[h > best], error[h > best], order, "∝ h" if order == 1 else "∝ h²")
        if i == 0:
            _guide(axes, h[h < best], error[h < best], -1, "rounding ∝ 1/h")
        axes.axvline(best, color=look["color"], linewidth=0.8, linestyle=":", zorder=1)
        axes.annotate(f"h = {word}", (best, 1.0), xycoords=("data", "axes fraction"), xytext=(4, -2),
                      textcoords="offset points", va="top", color=look["color"])  # fmt: skip
    if np.isfinite(table["complex"]).any():  # beneath, and wider: right of √ε it lies on the central difference
        error = np.clip(np.asarray(table["complex"], dtype=float), FLOOR, TOP)
        look = style.look(2) | {"linewidth": 3.0, "markersize": 7.0}
        axes.plot(h, error, **look, markevery=(2, MARKED), label="complex step", zorder=2.5)
    axes.set_xlabel("step h, relative to max(1, ‖x‖∞)")
    axes.set_ylabel("relative error of the derivative")


def _guide(axes: Axes, h: Array, error: Array, power: int, word: str) -> None:
    """Draw a line ∝ h^power above the data, parallel to what theory says of them."""
    scaled = error / h**power
    scaled = scaled[np.isfinite(scaled) & (scaled > 0)]
    if not scaled.size:
        return
    line = ABOVE * float(np.median(scaled)) * h**power
    axes.plot(h, line, color=style.MUTED, linewidth=0.9, linestyle="-", marker="none", zorder=2)
    k = h.size // 2
    axes.annotate(word, (h[k], line[k]), xytext=(4, 2) if power < 0 else (-4, 2), textcoords="offset points",
                  ha="left" if power < 0 else "right", color=style.MUTED)  # fmt: skip
