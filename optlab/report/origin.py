"""Where a report comes from: the command that makes it again, the experiment file, the machine."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optlab.report.markup import table

if TYPE_CHECKING:
    from optlab.report.reported import Reported

FILES = ("runs.parquet", "iterations.parquet", "trajectories.parquet", "experiment.yaml", "environment.json")
LONGEST = 40_000
"""Longer experiment files are linked, not shown."""


def again(results: Reported) -> str:
    """Return how to run it again, compare with this time, and read the tables, as HTML."""
    source = results.environment.get("source")
    place = f"{results.folder.resolve().parent.name}/{results.folder.resolve().name}"
    words = shlex.join([Path(source).name if source else "experiment.yaml", *results.environment.get("overrides", ())])
    lines = (
        ("the same experiment, once more in full, in a folder of its own", f"optlab run {words} --results again"),
        ("what changed since", f"optlab compare {place} again"),
        ("this report anew, from the tables", f"optlab report {place}"),
        ("the tables", f"python -c \"import pandas; print(pandas.read_parquet('{place}/runs.parquet'))\""),
    )
    width = max(len(command) for _, command in lines[:-1])
    listing = "\n".join(f"{command:<{width}}  # {what}" for what, command in lines)
    return f"<pre>{escape(listing)}</pre>{_version(results.environment)}{_experiment(results.folder)}"


def _version(facts: Mapping[str, Any]) -> str:
    """The state of the code that ran."""
    git, versions = facts.get("git") or {}, facts.get("versions") or {}
    if not git.get("commit"):
        return f"<p>It ran with optlab {escape(str(versions.get('optlab', 'of an unknown version')))}.</p>"
    changed = ", with changes that are not committed" if git.get("dirty") else ""
    return f"<p>It ran with optlab at commit <code>{escape(str(git['commit']))}</code>{changed}.</p>"


def _experiment(folder: Path) -> str:
    """The resolved experiment file, folded."""
    try:
        text = (folder / "experiment.yaml").read_text(encoding="utf-8")
    except OSError:
        return ""
    if len(text) > LONGEST:
        return '<p>The experiment file is long: <a href="experiment.yaml">experiment.yaml</a>.</p>'
    return f"<details><summary>The experiment file, resolved</summary><pre>{escape(text)}</pre></details>"


def files(folder: Path) -> str:
    """Return links to the tables beside the report."""
    return ", ".join(f'<a href="{name}">{name}</a>' for name in FILES if (folder / name).exists()) or "none"


def environment(facts: Mapping[str, Any]) -> str:
    """Return versions, machine and settings as a table; of paths the last part alone."""
    import pandas as pd

    rows = []
    for name, value in facts.items():
        if name == "source":
            shown = Path(str(value)).name if value else "a mapping in Python"
        elif name == "overrides":
            shown = ", ".join(map(str, value)) or "none"
        elif name == "plugins":
            shown = ", ".join(Path(str(p)).name for p in value) or "none"
        elif name == "merged":
            shown = ", ".join(f"{Path(str(part.get('folder'))).name} ({part.get('machine')})" for part in value)
        elif isinstance(value, Mapping):
            shown = ", ".join(f"{key} {item}" for key, item in value.items())
        else:
            shown = str(value)
        rows.append([name.replace("_", " "), shown])
    return table(pd.DataFrame(rows, columns=["what", "fact"]))
