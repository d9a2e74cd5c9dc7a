"""Shares as step functions, a curve per method: their corners as a table, and the picture of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.kernels.profiles import steps
from optlab.plots import style
from optlab.plots.panels import legend, panels, scale_of, set_scale, spread_marks, swatch, tidy_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

LEAST_REACH = 10.0
"""A logarithmic axis reaches at least so far beyond its beginning."""
ROOM = 1.25
TENTHS = np.linspace(0.0, 1.0, 6)


def corners(values: Mapping[str, Array], x: str) -> pd.DataFrame:
    """Return where each curve jumps: line, `x`, share from there on, how many of its values are finite, of how many.

    Every curve begins at the least finite value of all, with share 0 where it does not jump there.
    """
    import pandas as pd

    columns = ["line", x, "share", "solved", "instances"]
    finite = np.concatenate([np.empty(0), *(v[np.isfinite(v)] for v in values.values())])
    parts = []
    for line, found in values.items():
        at, share = steps(found)
        if finite.size and not (at.size and at[0] == finite.min()):
            at, share = np.concatenate([[finite.min()], at]), np.concatenate([[0.0], share])
        counts = {"solved": int(np.isfinite(found).sum()), "instances": len(found)}
        parts.append(pd.DataFrame({"line": line, x: at, "share": share} | counts))
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def draw_shares(table: pd.DataFrame, x: str, labels: tuple[str, str], words: Mapping[str, str], said: str,
                scale: str | None = None) -> Figure | None:  # fmt: skip
    """Draw a table of `corners`, a step function per line up to the frame; None where all shares are 0.

    Parameters
    ----------
    labels : pair of str
        Of the two axes.
    words : mapping of line to str
        What the legend says of each beside its name.
    said : str
        What these words are.
    """
    if table.empty or not (table["share"] > 0).any():
        return None
    with style.applied():
        looks = style.looks_of(table["line"])
        figure, (axes,) = panels(1)
        at = np.asarray(table[x], dtype=float)
        scale = set_scale(axes, "x", at, scale or scale_of(at))
        low = at.min()
        high = max(ROOM * at.max(), LEAST_REACH * low if scale == "log" else low)
        for i, (line, rows) in enumerate(table.groupby("line", sort=False)):
            xs = np.append(np.asarray(rows[x], dtype=float), high)
            ys = np.append(rows["share"], rows["share"].iloc[-1])
            axes.plot(xs, ys, **looks[str(line)], drawstyle="steps-post", zorder=3,
                      markevery=spread_marks(xs[:-1], i, scale != "linear"))  # fmt: skip
        axes.set_xlim(low, high)
        share_axis(axes)
        tidy_ticks(axes)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        legend(figure, entries(looks, words), f"method ({said}; {table['instances'].iloc[0]} in all)")
        return figure


def firsts(table: pd.DataFrame) -> dict[str, tuple[float, int, int]]:
    """Return line → its first share, how many of its values are finite, of how many."""
    head = table.drop_duplicates("line")
    return {
        str(line): (float(share), int(solved), int(total))
        for line, share, solved, total in zip(
            head["line"], head["share"], head["solved"], head["instances"], strict=True
        )
    }


def share_axis(axes: Axes) -> None:
    """Scale y for shares, from 0 to 1, with room for markers at both ends."""
    axes.set_ylim(-0.02, 1.03)
    axes.set_yticks(TENTHS, [f"{100 * v:.0f} %" for v in TENTHS])


def entries(looks: style.Looks, words: Mapping[str, str]) -> list[tuple[Any, str]]:
    """Return a legend entry per line with what is said of it."""
    return [(swatch(**look), f"{line} ({words[line]})") for line, look in looks.items()]


def percent(share: float) -> str:
    """Write a share as a whole percentage that is 100 or 0 only where it is so exactly.

    >>> percent(0.996), percent(1.0), percent(0.004), percent(0.5)
    ('> 99 %', '100 %', '< 1 %', '50 %')
    """
    text = f"{100 * share:.0f}"
    if text == "100" and share < 1.0:
        return "> 99 %"
    if text == "0" and share > 0.0:
        return "< 1 %"
    return f"{text} %"
