"""Tables for a terminal of 80 to 100 columns."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import nan
from statistics import median
from typing import Any, Protocol


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


def runs_table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return a line per optimizer, precision and problem; over several starts or seeds, how many runs, and medians.

    Runs that were skipped follow in a line per reason.
    """
    varied = {name: _varied(runs, name) for name in dict.fromkeys(run["problem"] for run in runs)}
    precise = len({run["precision"] for run in runs if there(run.get("precision"))}) > 1
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    skipped: Counter[str] = Counter()
    for run in runs:
        if run["status"] == "SKIPPED":
            skipped[run["message"]] += 1
            continue
        label = f"{run['label']} {run['precision']}" if precise else str(run["label"])
        groups.setdefault((label, _problem_words(run, varied[run["problem"]])), []).append(run)
    several = any(len(group) > 1 for group in groups.values())
    rows: list[list[str]] = []
    for (label, problem), group in groups.items():
        counts = Counter(run["status"] for run in group)
        best = "CONVERGED" if "CONVERGED" in counts else counts.most_common(1)[0][0]
        status = best if len(counts) == 1 else f"{best} {counts[best]}/{len(group)}"
        middle = [f"{_median(group, name):{form}}" for name, form in zip(NUMBERS, (".0f", ".3g", ".0f"), strict=True)]
        rows.append([label, problem, *([str(len(group))] if several else []), status, *middle])
    if len(rows) > MOST_ROWS:
        half = MOST_ROWS // 2
        rows[half:-half] = [[f"… {len(rows) - 2 * half} more", *[""] * (len(rows[0]) - 1)]]
    head = ["label", "problem", *(["runs"] if several else []), "status", *NUMBERS]
    reasons = [f"skipped {count}: {message}" for message, count in skipped.items()]
    return "\n".join([table(head, rows, right=["runs", *NUMBERS]), *reasons])


def there(value: Any) -> bool:
    """Whether a table has a value: neither null nor NaN."""
    return value is not None and value == value  # noqa: PLR0124  NaN is what does not equal itself


def _median(runs: Iterable[Mapping[str, Any]], name: str) -> float:
    values = [float(run[name]) for run in runs if there(run[name])]
    return median(values) if values else nan


def _varied(runs: Iterable[Mapping[str, Any]], problem: str) -> list[str]:
    """Return the settings by which the runs on problems of a name differ."""
    found: dict[str, set[Any]] = {}
    for run in runs:
        if run["problem"] == problem:
            for name, value in run.items():
                if name.startswith("problem.") and there(value):
                    found.setdefault(name, set()).add(value)
    return [name for name, values in found.items() if len(values) > 1]


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
