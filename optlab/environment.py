"""Where and with what an experiment ran, and whose a results folder is."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from optlab.core.status import OptlabError
from optlab.fingerprint import versions

SCHEMA = 2
"""Version of the layout of a results folder; a newer one is not touched."""


def claim(folder: Path, source: Path | None) -> None:
    """Make sure that results can be written to a folder and that it does not belong to another experiment.

    Raises
    ------
    OptlabError
        When the folder cannot be written, was written by a newer optlab, or belongs to another file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        msg = f"the results folder {folder} cannot be written: {error.strerror or error}"
        raise OptlabError(msg) from error
    try:
        there = json.loads((folder / "environment.json").read_text())
    except (OSError, ValueError):
        return
    if not isinstance(there, dict) or not isinstance(there.get("schema", 0), int):
        return
    if there.get("schema", 0) > SCHEMA:
        msg = (
            f"{folder} was written by a newer optlab (schema {there['schema']}, this one knows {SCHEMA}); update optlab"
        )
        raise OptlabError(msg)
    owner = there.get("source")
    if owner and Path(owner).exists() and (source is None or not _same(Path(owner), source)):
        mine = "of this experiment" if source is None else f"in {source}"
        msg = (f"{folder} belongs to another experiment file, {owner}; change `name:` {mine}, "
               "or choose another folder with --results")  # fmt: skip
        raise OptlabError(msg)


def _same(a: Path, b: Path) -> bool:
    return a.resolve() == b.resolve()


def write(
    folder: Path,
    source: Path | None,
    plugins: tuple[str, ...],
    seeds: object,
    overrides: tuple[str, ...] = (),
    runs: int | None = None,
) -> None:
    """Write environment.json: versions, git commit, processor, BLAS and threads, seeds, schema, number of runs."""
    import platform

    facts = {
        "schema": SCHEMA,
        "source": None if source is None else str(source.resolve()),
        "plugins": list(plugins),
        "overrides": list(overrides),
        "seed": seeds,
        "runs": runs,
        "versions": {
            **versions(),
            "optlab": _version("optlab"),
            "pandas": _version("pandas"),
            "pyarrow": _version("pyarrow"),
        },
        "system": platform.platform(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "blas": _blas(),
        "blas_threads": 1,
        "git": _git(),
    }
    temporary = folder / "environment.json.tmp"
    temporary.write_text(json.dumps(facts, indent=2))
    temporary.replace(folder / "environment.json")


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _processor() -> str:
    import platform

    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def _blas() -> str:
    from threadpoolctl import threadpool_info

    return ", ".join(sorted({f"{i.get('internal_api')} {i.get('version')}" for i in threadpool_info()}))


def _git() -> dict[str, Any]:
    """Commit and dirtiness of the checkout that this package runs from; empty outside one."""

    def ask(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10, check=True
        )
        return done.stdout.strip()

    try:
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(ask("status", "--porcelain", "--", "."))}
    except (OSError, subprocess.SubprocessError):
        return {}
