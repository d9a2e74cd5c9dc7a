"""What is made of the tables of a results folder, its verdicts, figures and report: whether it is still what it was.

`made.json` holds a hash of all that they depend on, and the files with their sizes and times: while both are the same,
making them again would make them the same. It is there only where everything could be drawn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from optlab.fingerprint import digest, source_digest, versions
from optlab.work import catalogue

MADE = "made.json"
FROM = ("tables.json", "experiment.yaml", "environment.json")
"""What of the folder it depends on; `tables.json` holds the checksums of the tables."""
ALWAYS, TABLES = ("report.html", "expectations.json"), "tables"
"""Files that are made whatever the experiment asks for; the folder of the report's tables."""
HOME = Path(__file__).parent
SOURCES = tuple(HOME / name for name in ("expect.py", "plots/save.py", "report/page.py"))
TEMPLATE = HOME / "report" / "page.html"
PACKAGES = ("pandas", "matplotlib")


def is_current(folder: Path, plots: Iterable[Any], plugins: Sequence[str]) -> bool:
    """Whether all that was made of the tables is there, and from what is there now."""
    try:
        there = json.loads((folder / MADE).read_text(encoding="utf-8"))
        return bool(
            there["from"] == _origin(folder, plots, plugins) and there["files"] == _files(folder, there["files"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def mark(folder: Path, plots: Iterable[Any], plugins: Sequence[str], figures: Iterable[Path]) -> None:
    """Take note of what figures, report and verdicts are made from; of nothing where the tables are not complete."""
    names = [path.relative_to(folder).as_posix() for path in (*figures, *(folder / TABLES).glob("*"))]
    with suppress(FileNotFoundError):
        note = {"from": _origin(folder, plots, plugins), "files": _files(folder, [*names, *ALWAYS])}
        (folder / MADE).write_text(json.dumps(note, indent=1), encoding="utf-8")


def forget(folder: Path) -> None:
    """Have everything made again next time."""
    (folder / MADE).unlink(missing_ok=True)


def _files(folder: Path, names: Iterable[str]) -> dict[str, list[int]]:
    found = {name: (folder / name).stat() for name in names}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in found.items()}


def _origin(folder: Path, plots: Iterable[Any], plugins: Sequence[str]) -> str:
    """Return a hash of the tables, the experiment, the machine, the place, and all code that shows them."""
    names = catalogue(tuple(plugins))
    shown = [names.entry("plots", plot if isinstance(plot, str) else plot["name"]).path for plot in plots]
    data = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (*(folder / name for name in FROM), TEMPLATE)]
    return digest({
        "data": data, "sources": [source_digest(path) for path in (*SOURCES, *shown)],
        "versions": versions(*PACKAGES), "folder": str(folder.resolve()),
    })  # fmt: skip
