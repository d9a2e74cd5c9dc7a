"""The precision of formulas: relative error against x, a panel for each floating-point type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.plots import style
from optlab.plots._lettering import plain
from optlab.plots.panels import FAILED_MARK, legend, panels, spread_marks, swatch

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

TOGETHER = 4
"""So many neighboring points are drawn as one, with the largest of their errors."""
FLOOR = 0.1
"""Errors are drawn down to this multiple of the unit roundoff."""
TOP = 30.0
"""Relative errors are drawn up to here; 1 means that no digit is right."""
LOST = 8.0
"""Where the marks of values that are not finite stand."""
NARROW = 3.0
WIDE = 1.6
CAPTION = (
    "The relative error of each formula against 60 digits, evaluated in the type named above the panel; each point is "
    f"the largest of {TOGETHER} neighbors. The grey line is the unit roundoff, the best that can be expected; at 1 no "
    "digit is right. An X stands where the formula gives NaN or infinity for a number. Where the exact value is below "
    "the type's normal numbers nothing is drawn."
)


def precision_of_formulas(table: pd.DataFrame, title: str = "") -> Figure:
    """Return the figure of a table of `numerics.compare`: a panel for each type, a line for each formula.

    >>> figure = precision_of_formulas(numerics.compare("binary_cross_entropy"))  # doctest: +SKIP
    """
    types = list(dict.fromkeys(table["dtype"]))
    names = list(dict.fromkeys(table["formula"]))
    with style.applied():
        looks = style.looks_of(names)
        last = names[-1]
        figure, places = panels(len(types))
        for axes, kind in zip(places, types, strict=True):
            rows = table[(table["dtype"] == kind) & table["normal"]]
            roundoff = float(np.finfo(kind).eps) / 2
            axes.axhline(roundoff, color=style.MUTED, linewidth=0.9, linestyle="-", marker="none", zorder=1)
            for i, name in enumerate(names):
                _line(axes, rows[rows["formula"] == name], roundoff, i, looks[name] | {"linewidth": _width(name, last)})
            axes.set_yscale("log")
            axes.set_ylim(FLOOR * roundoff / 2, TOP)
            axes.set_title(kind)
            axes.set_xlabel("x")
            axes.set_ylabel("relative error" if kind == types[0] else "")
        entries = [(swatch(**looks[name] | {"linewidth": _width(name, last)}), name) for name in names]
        entries.append((swatch(color=style.MUTED, linewidth=0.9, linestyle="-"), "unit roundoff"))
        if not np.isfinite(table["relative_error"][table["normal"]]).all():
            entries.append((swatch(color=style.MUTED, **FAILED_MARK), "NaN or infinite"))
        if title:
            figure.suptitle(plain(title))
        legend(figure, entries)
    return figure


def _width(name: str, last: str) -> float:
    """The last formula of a table, the one that is right, is drawn widest."""
    return NARROW if name == last else WIDE


def _line(axes: Axes, rows: pd.DataFrame, roundoff: float, i: int, look: dict[str, Any]) -> None:
    x, error = (np.asarray(rows[c], dtype=float) for c in ("x", "relative_error"))
    if not x.size:
        return
    middle, largest = _largest(x, error)
    shown = np.where(np.isfinite(largest), np.clip(largest, FLOOR * roundoff, TOP), np.nan)
    axes.plot(middle, shown, **look, markevery=spread_marks(middle, i), zorder=2 + 0.1 * i)
    broken = middle[~np.isfinite(largest)]
    axes.plot(broken, np.full(broken.size, LOST), color=look["color"], **FAILED_MARK, markevery=TOGETHER)


def _largest(x: Array, error: Array) -> tuple[Array, Array]:
    """Return the middle and the largest error of every few neighbors, in ascending x."""
    order = np.argsort(x)
    cuts = range(TOGETHER, x.size, TOGETHER)
    parts = [np.split(a[order], cuts) for a in (x, error)]
    return np.array([p.mean() for p in parts[0]]), np.array([p.max() for p in parts[1]])
