"""One path in the plane: its line, its start and end, and what happened on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.plots.landscape import MINIMUM, UNKNOWN
from optlab.plots.panels import FAILED_MARK, swatch
from optlab.plots.series import GOOD, failed
from optlab.plots.style import MUTED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from optlab.core.problem import Array

START: dict[str, Any] = {
    "marker": "o",
    "markersize": 7,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "linestyle": "none",
    "zorder": 6,
}
END: dict[str, Any] = {
    "marker": "s",
    "markersize": 6.5,
    "markeredgecolor": "white",
    "markeredgewidth": 0.8,
    "linestyle": "none",
    "zorder": 5,
}
ENDS = {
    "saddle": END | {"marker": "P", "markersize": 8.5},
    "maximum": END | {"marker": "^", "markersize": 8},
    "degenerate point": END | {"marker": "D"},
}
"""Marks of ends that are no minima."""
EVENTS: dict[str, dict[str, Any]] = {
    "restart": {"marker": "v", "markersize": 7, "markerfacecolor": "none", "markeredgewidth": 1.2},
    "rejected step": {"marker": "x", "markersize": 5.5, "markeredgewidth": 1.4},
}
SHORT_OF = "end, short of convergence"
LEFT = "failed, or left the picture"
APART = 0.012
"""Marked iterates are at least this part of the window apart."""
MOST_MARKS = 60
"""Marked iterates per path: the first ones, where methods differ most."""


@dataclass
class Drawn:
    """What was drawn of a path: its line, the k of every point, and further marks with the k they belong to."""

    line: Any
    k: Array
    x: Array
    every: list[int]
    marks: list[tuple[float, Any]] = field(default_factory=list)


def draw_path(
    axes: Axes, rows: pd.DataFrame, look: dict[str, Any], window: Array, extras: dict[str, Any]
) -> Drawn:  # fmt: skip
    """Draw the rows of one run in the table of `Trajectories`; add to the legend entries what occurs."""
    x, k = np.asarray(rows[["x1", "x2"]], dtype=float), np.asarray(rows["k"], dtype=float)
    status, kind, color = rows["status"].iloc[0], rows["end"].iloc[0], look["color"]
    inside, exited = clipped(x, window)
    every = steps_apart(inside, window)
    (line,) = axes.plot(*inside.T, **look | {"markersize": 3}, linewidth=1.3, zorder=4, markevery=every)
    drawn = Drawn(line, k[: len(inside)], inside, every)

    def mark(at: Array, when: float, text: str, style: dict[str, Any], **more: Any) -> None:
        drawn.marks.append((when, axes.plot(*at, **{"color": color, **style}, **more)[0]))
        extras[text] = swatch(**{"color": MUTED, **style})

    if exited or failed(status):
        mark(inside[-1], k[len(inside) - 1], LEFT, FAILED_MARK, clip_on=False)
    elif status in GOOD:
        other = kind in ENDS
        mark(inside[-1], k[-1], f"end: {kind}" if other else "end", ENDS[kind] if other else END)
    else:
        hollow = END | {"markerfacecolor": "white", "markeredgecolor": color, "markeredgewidth": 1.4}
        mark(inside[-1], k[-1], SHORT_OF, hollow)
        extras[SHORT_OF] = swatch(**hollow | {"markeredgecolor": MUTED})
    for text, style in EVENTS.items():
        there = np.asarray(rows["event"] == text) & np.all((x >= window[0]) & (x <= window[1]), axis=1)
        for i in np.flatnonzero(there):
            mark(x[i], k[i], text, style | {"linestyle": "none", "zorder": 4.5})
    axes.plot(*x[0], **START)
    extras["start"] = swatch(**START)
    return drawn


def events_of(k: Array, x: Array, table_k: Array, step: Array, restarts: Array) -> Any:
    """Return what happened at every kept iterate: "restart", "rejected step" or "step".

    A step was rejected where x stayed and the step size is NaN.
    """
    at = np.searchsorted(table_k, k)
    said = np.full(len(k), "step", dtype=object)
    stayed = np.zeros(len(k), dtype=bool)
    stayed[1:] = (x[1:] == x[:-1]).all(axis=1)
    said[stayed & np.isnan(step[at])] = "rejected step"
    before = np.where(at > 0, restarts[at - 1], 0.0)
    said[(k > 0) & (restarts[at] > before)] = "restart"
    return said


def kind_said(word: Any, found: str) -> str:
    """Return what the column `critical_point` says in the words of the pictures, or what was found where it is silent.

    >>> kind_said("inconclusive", ""), kind_said(None, "saddle"), kind_said("not critical", "minimum")
    ('degenerate point', 'saddle', 'end point')
    """
    if not isinstance(word, str) or not word:
        return found
    return {"inconclusive": "degenerate point"}.get(word, word if word in (MINIMUM, *ENDS) else UNKNOWN)


def steps_apart(x: Array, window: Array) -> list[int]:
    """Return indices of iterates that are visibly apart from the one marked before, `MOST_MARKS` at most."""
    least = float((window[1] - window[0]).max()) * APART
    marked = [0]
    for i in range(1, len(x)):
        if float(np.abs(x[i] - x[marked[-1]]).max()) >= least:
            marked.append(i)
    return marked[:MOST_MARKS]


def clipped(x: Array, window: Array) -> tuple[Array, bool]:
    """Cut a path where it leaves the window for good, on the frame; say whether it did.

    `window` is [[lo1, lo2], [hi1, hi2]].
    """
    within = np.all((x >= window[0]) & (x <= window[1]), axis=1)
    if within[-1] or not within.any():
        return x, not within[-1]
    last = int(np.flatnonzero(within)[-1])
    a, step = x[last], x[last + 1] - x[last]
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(step > 0, (window[1] - a) / step, np.where(step < 0, (window[0] - a) / step, np.inf))
    return np.vstack([x[: last + 1], a + min(1.0, float(reach.min())) * step]), True
