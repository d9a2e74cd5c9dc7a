"""Pieces of HTML: tables that scroll, sort and print, from tables of numbers and words."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.status import Status
from optlab.plots.series import GOOD, LIMITS

if TYPE_CHECKING:
    import pandas as pd

LONG = frozenset((
    "reason", "methods", "which", "unsolved by", "meaning", "fact", "verdict", "multipliers", "how that is known",
    "first", "next",
))  # fmt: skip
"""Columns of sentences, which break into lines."""
WHOLE = 1e6
"""Whole numbers up to here are written out."""


def table(frame: pd.DataFrame, note: str = "", *, sortable: bool = False, name: str = "") -> str:
    """Return a table: numbers to the right, sentences broken, statuses in their color; everything is escaped.

    Parameters
    ----------
    frame : DataFrame
        What to show, in this order; NaN is shown as nothing.
    note : str
        What the numbers are.
    sortable : bool
        Whether a click on a heading sorts.
    name : str
        Its id in the page.
    """
    numeric = [frame[column].dtype.kind in "iuf" for column in frame]
    head = "".join(_heading(str(c), number, sortable) for c, number in zip(frame.columns, numeric, strict=True))
    kinds = list(zip(map(str, frame.columns), numeric, strict=True))
    body = "\n".join(
        f"<tr>{''.join(_cell(*kind, value, sortable) for kind, value in zip(kinds, row, strict=True))}</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    hint = ' <span class="scripted">A click on a heading sorts.</span>' if sortable else ""
    caption = f'<p class="note">{escape(note)}{hint}</p>' if note or hint else ""
    attributes = f' id="{escape(name)}"' if name else ""
    attributes += ' class="sortable"' if sortable else ""
    return (
        f'{caption}<div class="wide"><table{attributes}><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _heading(name: str, number: bool, sortable: bool) -> str:
    kind = ' class="number"' if number else ""
    return f"<th{kind}>{f'<button>{escape(name)}</button>' if sortable else escape(name)}</th>"


def _cell(name: str, number: bool, value: Any, sortable: bool) -> str:
    text = written(value) if number else status(str(value)) if name == "status" else escape(str(value))
    kind = ' class="number"' if number else ' class="text"' if name in LONG else ""
    key = f' data-value="{"" if np.isnan(value) else value}"' if number and sortable else ""
    return f"<td{kind}{key}>{text}</td>"


def status(name: str) -> str:
    """Return the name of a status in the color of what it means."""
    tone = "good" if name in GOOD else "limit" if name in LIMITS or name == Status.SKIPPED.name else "bad"
    return f'<span class="{tone}">{escape(name)}</span>'


def written(value: float) -> str:
    """Return a number in a few characters, nothing for NaN.

    >>> written(7.0), written(0.000123456), written(float("nan")), written(float("inf"))
    ('7', '0.000123', '', '∞')
    """
    number = float(value)
    if not np.isfinite(number):
        return "" if np.isnan(number) else "∞" if number > 0 else "−∞"
    return f"{number:.0f}" if number == int(number) and abs(number) < WHOLE else f"{number:.3g}"


def listed(names: list[str], most: int = 4) -> str:
    """Return names as a phrase, the first few of many.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed([*"abcdef"]), listed([])
    ('a', 'a, b and c', 'a, b, c, d and 2 more', '')
    """
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
