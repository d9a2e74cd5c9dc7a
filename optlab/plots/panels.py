"""Panels, axes and legends that the plots share."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from math import ceil, isclose, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.status import Status
from optlab.plots._lettering import folded, plain
from optlab.plots.series import GOOD, LIMITS, failed
from optlab.plots.style import MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array

ALONE = (6.4, 3.9)
"""Inches of the only panel of a figure."""
AMONG = (4.1, 3.1)
"""Inches of one panel among several."""
GAPS = {"w_pad": 0.1, "h_pad": 0.07}
"""Inches around every panel."""
COLUMNS = {1: 1, 2: 2, 4: 2}
MOST_COLUMNS = 3
ROOM = 1.2
"""How far an axis that begins at zero reaches beyond its data."""
NEAR_ZERO = 0.4
"""Room between zero and the least positive value, in decades."""
WIDE = 20.0
"""Values that span more than this factor get a logarithmic axis."""
SHORT = 200.0
"""Logarithmic axes that span less than this factor get plain numbers."""
SUPERSCRIPT = str.maketrans("-.0123456789", "⁻·⁰¹²³⁴⁵⁶⁷⁸⁹")
LEGEND_MOST = 28
BESIDE_MOST = 44
"""Letters of a line of a legend beside a panel."""
TITLE_LINES = 2
TITLE_INCHES = 0.083
"""Room that a letter of a panel's title takes."""
TITLE_MARGIN = 9
"""Letters that the labels of the y axis, and the gap to the next panel, take away."""
TALL = 5
"""Rows of a legend that still go below a single panel."""
HANDLE_INCHES, LETTER_INCHES, ROW_INCHES = 0.72, 0.073, 0.19
"""Room that a legend entry takes at the style sheet's size."""
NOTE_INCHES = (0.054, 0.122)
"""Inches of a letter and of a line of the notes below a panel."""
NOTE_MARGIN = 17
"""Letters that the labels of the y axis take away."""
NOTE_MOST = 10
NOTED = "#303030"
MARKS = 9
"""Markers along one line."""


def panels(count: int, ratio: float | None = None, columns: int | None = None) -> tuple[Figure, list[Axes]]:
    """Return a figure of `count` panels in a tidy grid; `ratio` is height over width of each."""
    from optlab.plots.figure import ShownFigure

    columns = columns or COLUMNS.get(count, MOST_COLUMNS)
    rows = ceil(count / columns)
    width, height = ALONE if count == 1 else AMONG
    if ratio is not None:
        height = width * ratio
    figure = ShownFigure(figsize=(columns * width, rows * height), layout="constrained")
    figure.get_layout_engine().set(**GAPS)  # type: ignore[union-attr]
    return figure, [figure.add_subplot(rows, columns, i + 1) for i in range(count)]


def heading(axes: Axes, text: str) -> None:
    """Title a panel, cut to its width so that it does not run into the next one."""
    place = axes.get_subplotspec()
    columns = 1 if place is None else place.get_gridspec().ncols
    figure = axes.get_figure(root=True)
    width = ALONE[0] if figure is None else float(figure.get_size_inches()[0])
    axes.set_title(folded(text, int(width / columns / TITLE_INCHES) - TITLE_MARGIN, TITLE_LINES))


def legend(figure: Figure, entries: Sequence[tuple[Any, str]], title: str = "") -> None:
    """Put one legend below all panels, or beside a single one when it is long; the figure grows by what it needs.

    Long labels are broken into lines.
    """
    if not entries:
        return
    shown = list(entries[:LEGEND_MOST])
    if len(entries) > LEGEND_MOST:
        from matplotlib.lines import Line2D

        shown.append((Line2D([], [], linestyle="none"), f"and {len(entries) - LEGEND_MOST} more, see the CSV"))
    width, height = figure.get_size_inches()
    labels = [folded(label, int((width - HANDLE_INCHES) / LETTER_INCHES)) for _, label in shown]
    columns = _columns_of(_lengths(labels), width)
    rows = ceil(len(shown) / columns) + bool(title)
    handles = [handle for handle, _ in shown]
    more: dict[str, Any] = {"alignment": "left", "title_fontsize": 8.5} if title else {}
    if rows > TALL + bool(title) and len(figure.axes) == 1:
        labels = [folded(label, BESIDE_MOST) for _, label in shown]
        said = [folded(title, BESIDE_MOST)] if title else []
        figure.set_size_inches(
            width + HANDLE_INCHES + LETTER_INCHES * max(_lengths([*labels, *said])),
            max(height, ROW_INCHES * _lines([*labels, *said])),
        )
        figure.legend(handles, labels, loc="outside right upper", title="".join(said) or None, **more)
    else:
        if columns == 1:
            rows = _lines(labels) + bool(title)
        figure.set_size_inches(width, height + ROW_INCHES * rows)
        figure.legend(
            handles, labels, loc="outside lower center", ncols=columns, title=plain(title) if title else None, **more
        )


def _lengths(labels: Sequence[str]) -> list[int]:
    """The longest line of every label."""
    return [max(map(len, label.split("\n"))) for label in labels]


def _lines(labels: Sequence[str]) -> int:
    """Lines of all labels."""
    return sum(1 + label.count("\n") for label in labels)


def _columns_of(lengths: list[int], width: float) -> int:
    """The most columns that fit into `width` inches, filled one after the other."""
    for columns in range(len(lengths), 1, -1):
        filled = np.array_split(np.array(lengths), columns)
        if sum(HANDLE_INCHES + LETTER_INCHES * column.max() for column in filled) <= width:
            return columns
    return 1


def swatch(**look: Any) -> Any:
    """Return a legend handle with the look of a line or of a mark."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **look)


FAILED_MARK: dict[str, Any] = {
    "marker": "X",
    "markersize": 9,
    "markeredgecolor": "white",
    "markeredgewidth": 0.8,
    "linestyle": "none",
    "zorder": 5,
}
LIMIT_MARK: dict[str, Any] = {
    "marker": "o",
    "markersize": 7,
    "markerfacecolor": "white",
    "markeredgewidth": 1.3,
    "linestyle": "none",
    "zorder": 5,
}

TIME_MARK: dict[str, Any] = LIMIT_MARK | {"marker": "s", "markersize": 6.5}


def end_mark(status: str) -> dict[str, Any] | None:
    """Return the mark at the end of a run, by its status; None where it converged."""
    if status in GOOD:
        return None
    if failed(status):
        return FAILED_MARK
    return TIME_MARK if status == Status.TIMEOUT.name else LIMIT_MARK


def mark_entries(statuses: Iterable[str]) -> list[tuple[Any, str]]:
    """Return the legend entries of the marks that occur."""
    there = set(statuses)
    kinds = (
        (FAILED_MARK, "failed", any(failed(s) for s in there)),
        (TIME_MARK, "out of time", Status.TIMEOUT.name in there),
        (LIMIT_MARK, "stopped before convergence", bool(there & (LIMITS - {Status.TIMEOUT.name}))),
    )
    return [(swatch(color=MUTED, **mark), words) for mark, words, occurs in kinds if occurs]


def notes_below(figure: Figure, notes: Sequence[Sequence[str]]) -> None:
    """Write small lines of text below the x label of every panel, one sequence each; the figure grows by what it needs.

    Long lines are wrapped, many cut.
    """
    geometry = figure.axes[0].get_gridspec()
    columns = 1 if geometry is None else geometry.ncols
    width, height = figure.get_size_inches()
    letters = int(width / columns / NOTE_INCHES[0]) - NOTE_MARGIN
    taken: dict[int, int] = {}
    for i, (axes, lines) in enumerate(zip(figure.axes, notes, strict=True)):
        shown = list(lines[:NOTE_MOST])
        if len(lines) > NOTE_MOST:
            shown.append(f"and {len(lines) - NOTE_MOST} more")
        wrapped = [part for line in shown for part in textwrap.wrap(line, letters, subsequent_indent="    ")]
        if wrapped:
            row = i // columns
            taken[row] = max(taken.get(row, 0), len(wrapped))
            axes.annotate("\n".join(plain(part, letters) for part in wrapped), (0.0, 0.0), xytext=(0, -3), va="top",
                          xycoords=("axes fraction", axes.xaxis.label), textcoords="offset points", ha="left",
                          fontsize=6.8, color=NOTED, linespacing=1.25)  # fmt: skip
    figure.set_size_inches(width, height + NOTE_INCHES[1] * sum(taken.values()))


def spread_marks(x: Array, offset: int = 0, logarithmic: bool = False) -> list[int]:
    """Return indices of about `MARKS` points evenly spread over the shown x; `offset` staggers the lines."""
    if len(x) <= MARKS:
        return list(range(len(x)))
    shown = np.log(np.maximum(x, NEAR_ZERO * x[x > 0].min())) if logarithmic else x
    ticks = np.linspace(shown[0], shown[-1], MARKS + 1)[:-1] + (shown[-1] - shown[0]) / MARKS * (offset % 4) / 4
    return sorted({int(i) for i in np.clip(np.searchsorted(shown, ticks), 0, len(shown) - 1)})


def scale_of(values: Array) -> str:
    """Return the scale that shows `values`: log, symlog (from zero on) or linear."""
    finite = values[np.isfinite(values)]
    if finite.size == 0 or finite.min() < 0 or not (finite > 0).any():
        return "linear"
    if not finite.max() > WIDE * finite[finite > 0].min():
        return "linear"
    return "log" if finite.min() > 0 else "symlog"


def set_scale(axes: Axes, which: str, values: Array, scale: str | None = None) -> str:
    """Scale the axis `which` ("x" or "y") for `values` and return the scale."""
    scale = scale or scale_of(values)
    positive = values[np.isfinite(values) & (values > 0)]
    more = {"linthresh": float(positive.min()), "linscale": NEAR_ZERO} if scale == "symlog" else {}
    getattr(axes, f"set_{which}scale")(scale, **more)
    if scale == "symlog":
        (axes.set_xlim if which == "x" else axes.set_ylim)(-NEAR_ZERO / 4 * positive.min(), ROOM * positive.max())
    return scale


def tidy_ticks(axes: Axes) -> None:
    """Label logarithmic axes: powers of ten, or plain numbers on short ones; called when the limits are final.

    The labels are plain text: matplotlib's own are formulas, which cost a third of the time of a figure.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    sides = ((axes.xaxis, axes.get_xscale(), axes.get_xlim()), (axes.yaxis, axes.get_yscale(), axes.get_ylim()))
    for axis, scale, (low, high) in sides:
        if scale == "linear":
            continue
        short = scale == "log" and high < SHORT * low
        if short:
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        else:
            axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _, short=short: f"{value:g}" if short else power(value)))
        axis.set_minor_formatter(NullFormatter())


def power(value: float) -> str:
    """Write a power of ten; "0", "1" and "10" as they are, and nothing for other numbers.

    >>> power(1e-12), power(10.0), power(0.0), power(3.0), power(-100.0)
    ('10⁻¹²', '10', '0', '', '−10²')
    """
    if value == 0:
        return "0"
    sign, exponent = "−" if value < 0 else "", round(log10(abs(value)))
    if not isclose(abs(value), 10.0**exponent):
        return ""
    return sign + (f"{abs(value):g}" if exponent in (0, 1) else f"10{str(exponent).translate(SUPERSCRIPT)}")


def threshold(axes: Axes, y: float, text: str, above: bool = True) -> None:
    """Draw a horizontal line with its meaning written above or below it."""
    axes.axhline(y, color=MUTED, linewidth=0.9, zorder=1.5)
    axes.annotate(
        text,
        (1, y),
        xytext=(-2, 2 if above else -2),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va="bottom" if above else "top",
        fontsize=7,
        color=MUTED,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.3},
        zorder=6,
    )
