"""Tables as pictures: a grid of cells with numbers in them, shaded by what they say."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.plots import style
from optlab.plots._lettering import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from optlab.core.problem import Array

CELL = (0.86, 0.27)
"""Inches of a cell, at least."""
NARROW = 0.52
"""Least width of a cell where the names of the columns are slanted."""
LETTER = 0.075
"""Inches of a letter at the size of the cells."""
TITLE_SIZE, TITLE_LETTER = 9.0, 0.083
"""Points, and inches of a letter, of the title."""
EDGES = 0.35
LABEL_MOST = 44
TURNED = 11
"""Longer names of columns are written upwards at a slant."""
SLANT = 35
ACROSS, UPWARD = 0.82, 0.7
"""How far a slanted name reaches to the side and up, as parts of its length."""
ROW = 0.25
DARK = 0.85
"""From this shade on, text on blue is white; on orange black is the more legible throughout."""
ONE_WAY = ("#FFFFFF", "#0072B2")
TWO_WAYS = ("#D55E00", "#FFFFFF", "#0072B2")


def draw_grid(
    cells: Sequence[Sequence[str]], shades: Array, rows: Sequence[str], columns: Sequence[str], title: str = "",
    two_ways: bool = False, bold: NDArray[np.bool_] | None = None,
) -> Figure:  # fmt: skip
    """Return a figure of the cells.

    Parameters
    ----------
    shades : (R, C) array
        Between 0 and 1, NaN for white; with `two_ways` ½ is white.
    bold : (R, C) array, optional
        Cells that stand out.
    """
    from matplotlib.colors import LinearSegmentedColormap

    from optlab.plots.figure import ShownFigure

    with style.applied():
        rows, columns = ([plain(str(name), LABEL_MOST) for name in names] for names in (rows, columns))
        widest = max((len(cell) for row in cells for cell in row), default=1)
        slanted = max(map(len, columns)) > TURNED
        width = max(NARROW if slanted else CELL[0], LETTER * (widest + 2))
        lengths = LETTER * np.array([len(name) for name in columns])
        beyond = lengths * ACROSS - width * (len(columns) - 0.5 - np.arange(len(columns)))
        size = (
            EDGES + LETTER * max(map(len, rows)) + width * len(columns) + (max(0.0, beyond.max()) if slanted else 0.0),
            EDGES + CELL[1] * len(rows) + (UPWARD * lengths.max() if slanted else ROW),
        )
        lines = textwrap.wrap(title, int(size[0] / TITLE_LETTER))
        size = size[0], size[1] + ROW * len(lines)
        figure = ShownFigure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        colors = LinearSegmentedColormap.from_list("shades", TWO_WAYS if two_ways else ONE_WAY)
        axes.pcolormesh(np.ma.masked_invalid(shades), cmap=colors, vmin=0.0, vmax=1.0, edgecolors="#DCDCDC",
                        linewidth=0.6)  # fmt: skip
        dark = 2 * shades - 1 if two_ways else shades
        for i, row in enumerate(cells):
            for j, cell in enumerate(row):
                look: dict[str, Any] = {"color": "white" if dark[i, j] > DARK else "black"}
                if bold is not None and bold[i, j]:
                    look["fontweight"] = "bold"
                axes.text(j + 0.5, i + 0.5, plain(cell), ha="center", va="center", fontsize=8, **look)
        axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
        turn: dict[str, Any] = {"rotation": SLANT, "ha": "left", "rotation_mode": "anchor"} if slanted else {}
        axes.set_xticks(np.arange(len(columns)) + 0.5, columns, **turn)
        axes.xaxis.set_ticks_position("top")
        axes.tick_params(length=0)
        axes.invert_yaxis()
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        if title:
            figure.supxlabel("\n".join(lines), fontsize=TITLE_SIZE)
        return figure
