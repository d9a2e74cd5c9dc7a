"""The look of the figures: one style sheet, and what is derived from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

SHEET = Path(__file__).with_name("optlab.mplstyle")
"""The style sheet; also usable as ``matplotlib.style.use(optlab.plots.style.SHEET)``."""
Looks = dict[str, dict[str, Any]]
"""Line → its color, line style and marker."""
MUTED = "#6b6b6b"
"""Color of what is not data: theory lines, thresholds, remarks."""


@contextmanager
def applied() -> Iterator[None]:
    """Apply the style sheet over matplotlib's defaults; what was set before comes back afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(rc=_settings()):
        yield


@cache
def _settings() -> Any:
    """Every setting under the style sheet, read once; the backend stays the user's."""
    import matplotlib as mpl

    with mpl.rc_context(fname=SHEET):
        return {key: value for key, value in mpl.rcParams.items() if not key.startswith("backend")}


def look(i: int) -> dict[str, Any]:
    """Return color, line style and marker of the i-th line; all three differ from those of its neighbors.

    After one round of colors the line styles and markers shift by one, so that 7 × 7 looks are distinct.
    """
    import matplotlib as mpl

    cycle = mpl.rcParams["axes.prop_cycle"].by_key()
    colors, dashes, markers = cycle["color"], cycle["linestyle"], cycle["marker"]
    turn, place = divmod(i, len(colors))
    shifted = place + turn
    return {
        "color": colors[place],
        "linestyle": dashes[shifted % len(dashes)],
        "marker": markers[shifted % len(markers)],
    }


def looks_of(lines: Iterable[str]) -> Looks:
    """Return the look of every line, in the order of first appearance."""
    return {line: look(i) for i, line in enumerate(dict.fromkeys(lines))}
