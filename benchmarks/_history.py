"""The history of measurements: one JSON object per line of results/benchmarks.jsonl, and what was measured before."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._harness import ROOT, Row

HISTORY = ROOT / "results" / "benchmarks.jsonl"
REMEMBERED = 5
"""How many earlier measurements a ratio is compared with."""


def circumstances(load: int) -> dict[str, Any]:
    """Return when, where and of what is measured; `load` processes run beside."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "--short", "HEAD"),
        "dirty": bool(_git("status", "--porcelain")),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "beside": load,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in ("numpy", "scipy")}},
    }


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def before(path: Path) -> dict[tuple[str, str, str], float]:
    """Return the median of the last few ratios for each (benchmark, what, peer)."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        entry = json.loads(line)
        if entry["ratio"] is not None:
            found.setdefault((entry["benchmark"], entry["what"], entry["peer"]), []).append(entry["ratio"])
    return {key: median(ratios[-REMEMBERED:]) for key, ratios in found.items()}


def append(rows: Sequence[Row], around: Mapping[str, Any], path: Path) -> None:
    """Add rows to the history."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({**asdict(row), "verdict": row.verdict, **around}) + "\n")
