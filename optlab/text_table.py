"""Tables for a terminal of 80 to 100 columns."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd


class Judged(Protocol):
    """An expectation as `optlab.expect.Verdict` has it."""

    @property
    def claim(self) -> str: ...
    @property
    def met(self) -> bool: ...
    @property
    def seen(self) -> str: ...


NARROWEST, WIDEST = 80, 100
LEAST = 8
"""A column is not cut below this width."""
NUMBERS = ("iterations", "f", "n_f")
MOST_ROWS = 60
"""Longer run tables show their first and last rows."""


def width() -> int:
    """Return how wide to write: the terminal's width, between 80 and 100."""
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((WIDEST, 24)).columns))


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[str] = (), whole: Iterable[str] = ()
) -> str:
    """Return aligned columns, those in `right` to the right.

    Where a line would be too long, the widest column is cut, but none of those in `whole`.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[j]) for row in [list(head), *cells]) for j in range(len(head))]
    room = width() - 2 * (len(head) - 1)
    kept = set(whole)
    while sum(widths) > room and (
        wide := [w for w, h in zip(widths, head, strict=True) if h not in kept and w > LEAST]
    ):
        widths[next(j for j, h in enumerate(head) if h not in kept and widths[j] == max(wide))] -= 1
    aligned = set(right)
    lines = []
    for row in [list(head), *cells]:
        parts = [_cut(cell, w) for cell, w in zip(row, widths, strict=True)]
        parts = [p.rjust(w) if h in aligned else p.ljust(w) for p, w, h in zip(parts, widths, head, strict=True)]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def _cut(text: str, w: int) -> str:
    """Cut at the end, but a label whose swept settings stand there nearer to its front."""
    if len(text) <= w:
        return text
    tail = 2 * w // 3 if "=" in text else 0
    return text[: w - 1 - tail] + "…" + (text[-tail:] if tail else "")


def runs_table(runs: pd.DataFrame) -> str:
    """Return a line per optimizer, precision and problem; over several starts or seeds, how many runs, and medians.

    Runs that were skipped follow in a line per reason.
    """
    skipped = runs[runs["status"] == "SKIPPED"]
    shown = runs[runs["status"] != "SKIPPED"]
    varied = {name: _varied(group) for name, group in runs.groupby("problem")}
    words = [_problem_words(row, varied[row["problem"]]) for row in shown.to_dict("records")]
    shown = shown.assign(problem=words)
    if "precision" in runs and runs["precision"].nunique() > 1:
        shown = shown.assign(label=[f"{a} {b}" for a, b in zip(shown["label"], shown["precision"], strict=True)])
    several = bool(shown.duplicated(["label", "problem"]).any())
    rows: list[list[str]] = []
    for (label, problem), group in shown.groupby(["label", "problem"], sort=False):
        counts = group["status"].value_counts()
        best = "CONVERGED" if "CONVERGED" in counts else str(counts.index[0])
        status = best if len(counts) == 1 else f"{best} {counts[best]}/{len(group)}"
        middle = [f"{group['iterations'].median():.0f}", f"{group['f'].median():.3g}", f"{group['n_f'].median():.0f}"]
        rows.append([str(label), str(problem), *([str(len(group))] if several else []), status, *middle])
    if len(rows) > MOST_ROWS:
        half = MOST_ROWS // 2
        rows[half:-half] = [[f"… {len(rows) - 2 * half} more", *[""] * (len(rows[0]) - 1)]]
    head = ["label", "problem", *(["runs"] if several else []), "status", *NUMBERS]
    reasons = [f"skipped {len(group)}: {message}" for message, group in skipped.groupby("message", sort=False)]
    return "\n".join([table(head, rows, right=["runs", *NUMBERS]), *reasons])


def _varied(runs: pd.DataFrame) -> list[str]:
    """Return the settings by which these runs, on problems of one name, differ."""
    return [c for c in runs.columns if c.startswith("problem.") and runs[c].nunique() > 1]


def _problem_words(row: Mapping[Any, Any], settings: Iterable[str]) -> str:
    return " ".join([str(row["problem"]), *(f"{c.removeprefix('problem.')}={_number(row[c])}" for c in settings)])


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def verdict_lines(verdicts: Iterable[Judged]) -> list[str]:
    """Return the expectations, met and unmet, with what was seen."""
    import textwrap

    lines = []
    for verdict in verdicts:
        mark = "met    " if verdict.met else "UNMET  "
        lines += textwrap.wrap(mark + verdict.claim, width(), subsequent_indent=" " * len(mark))
        lines += textwrap.wrap(verdict.seen, width(), initial_indent=" " * len(mark), subsequent_indent=" " * len(mark))
    return lines
