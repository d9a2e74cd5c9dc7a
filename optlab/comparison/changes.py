"""What became of one run, from one folder to the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.comparison.limits import Limits
from optlab.comparison.matching import NAMES, Run
from optlab.core.trace import COUNTS
from optlab.plots.series import GOOD, failed

TAU = 1e-5
"""f is worse when it rose by more than this part of what the run had gained …"""
ROUNDING = 1e-12
"""… and by more than this part of itself."""
CHANGES = ("lost", "worse f", "dearer", "gained", "better f", "cheaper", "status", "")
"""What can have become of a run, the gravest first; empty where nothing did."""
BOTH = ("status", "f", "iterations", "effort", "seconds")
COLUMNS = [*NAMES, "change", *(name + side for name in BOTH for side in ("", "_now")), "ratio", "settings"]


def row_of(before: Run, now: Run, f0: float, limits: Limits) -> list[Any]:
    """Return the row of a matched run, in the order of COLUMNS; `f0` is f at the start of the run before."""
    old, new = before.row, now.row
    efforts = [_effort(row, limits.effort) for row in (old, new)]
    solved = [row["status"] in GOOD for row in (old, new)]
    ratio = max(efforts[1], 1.0) / max(efforts[0], 1.0) if all(solved) else np.nan
    settings = ", ".join(f"{name} {a} → {b}" for name, (a, b) in before.differs(now).items())
    change = _change(old, new, solved, ratio, f0, limits.tolerance)
    values = [dict(row) | {"effort": spent} for row, spent in zip((old, new), efforts, strict=True)]
    return [*before.names, change, *(side[name] for name in BOTH for side in values), ratio, settings]


def _effort(row: Any, kind: str) -> float:
    names = COUNTS if kind == "evaluations" else (kind,)
    return float(np.nansum([float(row.get(name) or 0.0) for name in names]))


def _change(old: Any, new: Any, solved: list[bool], ratio: float, f0: float, tolerance: float) -> str:
    """What became of a run; the gravest where several hold."""
    if solved[0] != solved[1]:
        return "lost" if solved[0] else "gained"
    if not (failed(old["status"]) and failed(new["status"])):  # where a run breaks down says nothing
        rise = new["f"] - old["f"]
        scale = TAU * abs(f0 - old["f"]) + ROUNDING * abs(old["f"])
        if abs(rise) > scale or np.isnan(new["f"]) > np.isnan(old["f"]):
            return "better f" if rise < 0 else "worse f"
    if ratio > 1 + tolerance or ratio < 1 / (1 + tolerance):
        return "dearer" if ratio > 1 else "cheaper"
    return "status" if old["status"] != new["status"] else ""
