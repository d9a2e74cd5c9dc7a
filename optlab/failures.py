"""What failed, grouped by cause; statuses at a glance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NUMBER = re.compile(r"0x[0-9a-f]+|[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)
EXAMPLES = 3
"""How many runs of a group are named."""
PLACE = re.compile(r'^  File "(.*)", line (\d+)', re.MULTILINE)


@dataclass
class Cause:
    """Failures of one cause.

    Attributes
    ----------
    status, message, traceback : str
        Of the first of them.
    runs, labels : lists of str
        What the runs are called, and whose they are.
    """

    status: str
    message: str
    traceback: str
    runs: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


def causes(failures: pd.DataFrame) -> list[Cause]:
    """Return failed runs grouped by cause, the largest group first.

    Two have one cause when they have the same status and raised at the same line; without a traceback, when their
    messages differ in numbers alone.
    """
    groups: dict[tuple[str, ...], Cause] = {}
    for row in failures.to_dict("records"):
        status, message, traceback = (_text(row.get(name)) for name in ("status", "message", "traceback"))
        places = PLACE.findall(traceback)
        kind = message.partition(":")[0] if places else NUMBER.sub("#", message)
        key = (status, kind, *(places[-1] if places else ()))
        cause = groups.setdefault(key, Cause(status, message, traceback))
        cause.runs.append(_name(row))
        cause.labels.append(str(row["label"]))
    return sorted(groups.values(), key=lambda cause: -len(cause.runs))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _name(row: dict[Any, Any]) -> str:
    start = f" from {row['start']}" if row.get("start") not in (None, "standard") else ""
    return f"{row['label']} on {row['problem']}{start}"


def failure_lines(found: Iterable[Cause]) -> list[str]:
    """Return the causes for a terminal: how many runs, which, why, and the traceback once."""
    lines = []
    for cause in found:
        names = list(dict.fromkeys(cause.runs))
        several = f"{len(cause.runs)} runs: " if len(cause.runs) > 1 else ""
        more = f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else ""
        lines.append(f"{cause.status}: {several}{', '.join(names[:EXAMPLES])}{more}: {cause.message}")
        lines += [f"    {line}" for line in cause.traceback.rstrip().splitlines()]
    return lines


def status_rows(runs: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return a table of counts: a row per optimizer, a column per status; the most frequent first."""
    statuses = list(runs["status"].value_counts().index)
    rows = []
    for label, group in runs.groupby("label", sort=False):
        counts = group["status"].value_counts()
        rows.append([str(label), str(len(group)), *(str(counts.get(status, "")) for status in statuses)])
    return ["label", "runs", *statuses], rows
