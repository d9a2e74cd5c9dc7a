"""A table to publish: as text, LaTeX, Markdown, CSV, and as HTML in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.plot import PlotData

DIGITS = 4
LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "—": "---", "–": "--", "−": "$-$", "≤": r"$\le$", "≥": r"$\ge$", "×": r"$\times$", "∞": r"$\infty$",
    "τ": r"$\tau$", "κ": r"$\kappa$", "α": r"$\alpha$", "λ": r"$\lambda$", "ν": r"$\nu$", "ε": r"$\varepsilon$",
    "₀": r"$_0$", "½": r"$\frac12$", "¼": r"$\frac14$", "⅝": r"$\frac58$",
    **{mark: f"$^{{{digit}}}$" for mark, digit in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", [*range(10), "-"], strict=True)},
})  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """A table to publish; `str` and `print` show the text, a notebook shows HTML.

    Attributes
    ----------
    frame : DataFrame
        The numbers, without an index that means anything.
    caption : str
        What they are.
    """

    frame: pd.DataFrame
    caption: str = ""

    def cells(self) -> list[list[str]]:
        """Return the rows as text."""
        return [[written(value) for value in row] for row in self.frame.itertuples(index=False, name=None)]

    def text(self) -> str:
        """Return aligned columns, numbers to the right."""
        widths = [max(map(len, column)) for column in zip(self._head, *self.cells(), strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(row, widths, self._right, strict=True)
            ).rstrip()
            for row in [self._head, *self.cells()]
        ]
        return "\n".join(lines) + "\n"

    def markdown(self) -> str:
        """Return a Markdown table."""
        rules = ["---:" if right else "---" for right in self._right]
        rows = [[cell.replace("|", r"\|") for cell in row] for row in [self._head, *self.cells()]]
        return "".join(f"| {' | '.join(row)} |\n" for row in [rows[0], rules, *rows[1:]])

    def latex(self) -> str:
        """Return a LaTeX table with the rules of the package booktabs."""
        columns = "".join("r" if right else "l" for right in self._right)
        head, *rows = (
            " & ".join(cell.translate(LATEX) for cell in row) + r" \\" for row in [self._head, *self.cells()]
        )
        body = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *rows, r"\bottomrule"]
        return "\n".join([*body, r"\end{tabular}"]) + "\n"

    def csv(self) -> str:
        """Return the numbers, all their digits."""
        return str(self.frame.to_csv(index=False, lineterminator="\n"))

    @property
    def _head(self) -> list[str]:
        return [str(name) for name in self.frame.columns]

    @property
    def _right(self) -> list[bool]:
        return [i > 0 and not self._is_prose(i) for i in range(len(self._head))]

    def _is_prose(self, i: int) -> bool:
        """Whether a column holds words and not numbers."""
        values = [v for v in self.frame.iloc[:, i] if isinstance(v, str)]
        return bool(values) and not any(v[:1].isdigit() for v in values)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self._head)
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align: {"right" if right else "left"}">{escape(cell)}</td>'
                for cell, right in zip(row, self._right, strict=True)
            )
            + "</tr>"
            for row in self.cells()
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


@runtime_checkable
class Publishable(Protocol):
    """A plot that is a table in the first place."""

    def summary(self, data: PlotData) -> Summary:
        """Return the table to publish."""
        ...


def written(value: Any) -> str:
    """Return a value as a table shows it: four digits, a dash for what is not there.

    >>> written(0.123456), written(7), written(float("nan")), written(float("inf")), written("bfgs")
    ('0.1235', '7', '—', '∞', 'bfgs')
    """
    if isinstance(value, str):
        return value
    if value is None or np.isnan(value):
        return "—"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{DIGITS}g}" if isinstance(value, (float, np.floating)) else str(value)
