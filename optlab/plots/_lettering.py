"""Text in figures: as it is, without formulas, and in lines that fit."""

from __future__ import annotations

import textwrap

LABEL_MOST = 80
LABEL_LINES = 3


def plain(text: str, most: int = LABEL_MOST) -> str:
    """Return text that matplotlib shows as it is: no formulas, and not too long, which leaves out the middle.

    >>> plain("gradient descent (step_size = 0.1)", 25)
    'gradient descen…ze = 0.1)'
    """
    return _shortened(text, most).replace("$", r"\$")


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    tail = (most - 1) * 2 // 5
    return f"{text[: most - 1 - tail]}…{text[len(text) - tail :]}"


def folded(text: str, letters: int, lines: int = LABEL_LINES) -> str:
    r"""Return text in lines of so many letters, plain; what does not fit into them leaves out the middle.

    >>> folded("a method with settings", 12), folded("x" * 100, 6, 2)
    ('a method\nwith\nsettings', 'xxxxxx\nx…xxxx')
    """
    most = letters * lines
    while len(wrapped := textwrap.wrap(_shortened(text, most), letters)) > lines:
        most -= 1
    return plain("\n".join(wrapped), len(text) + lines)
