"""Content keys: what a run depends on, so that an unchanged run is reused and a changed one is not."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)|import[ \t]+([^\n#]*))", re.MULTILINE
)
OWN = ("optlab", "optlab_problems")
STARTERS = frozenset({"optlab.api"})
"""Modules that begin runs and show results: no run depends on what they import."""


def digest(data: Any) -> str:
    """Return a short hash of plain data, independent of the order of keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()[:16]


def source_digest(path: Path) -> str:
    """Hash a file together with the modules of its own project that it imports, however indirectly."""
    seen: dict[Path, bytes] = {}
    _collect(path.resolve(), seen)
    total = hashlib.sha256()
    for file in sorted(seen):
        total.update(file.name.encode() + b"\0" + hashlib.sha256(seen[file]).digest())
    return total.hexdigest()[:16]


def _collect(path: Path, seen: dict[Path, bytes]) -> None:
    if path in seen:
        return
    seen[path] = path.read_bytes()
    for module, names, plain in IMPORT.findall(seen[path]):
        if module:
            targets = [module.decode()]
            targets += [
                f"{module.decode()}.{name.strip().split(' ')[0]}" for name in names.decode().strip("() ").split(",")
            ]
        else:
            targets = [name.strip().split(" ")[0] for name in plain.decode().split(",")]
        for target in targets:
            file = _file_of(target, path.parent)
            if file is not None:
                _collect(file, seen)


def _file_of(module: str, beside: Path) -> Path | None:
    """The source of a module of optlab, of the catalogue, or beside a plug-in; None for anything else."""
    if module in STARTERS:
        return None
    top, *rest = module.lstrip(".").split(".")
    base, rest = (_home(top), rest) if top in OWN else (beside, [top, *rest])
    if base is None or not all(rest):
        return None
    folder = base.joinpath(*rest)
    for candidate in (folder.with_suffix(".py") if rest else folder / "__init__.py", folder / "__init__.py"):
        if candidate.is_file():
            return candidate.resolve()
    return None


@cache
def _home(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


@cache
def versions(*more: str) -> dict[str, str]:
    """Return the versions that can change a number: Python, numpy, scipy, autograd, and those of `more` packages."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in ("numpy", "scipy", "autograd", *more):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found
