"""Convex sets with projections, one file each; `optlab.sets.Ball` is loaded when first asked for."""

from __future__ import annotations

from typing import Any


def _homes() -> dict[str, str]:
    """Return which file each set is in: that of its name in snake_case."""
    from pathlib import Path

    files = (path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    return {"".join(word.capitalize() for word in stem.split("_")): stem for stem in files if stem != "base"}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    from importlib import import_module

    homes = _homes()
    if name not in homes:
        from optlab.core.status import nearest

        msg = f"module 'optlab.sets' has no attribute {name!r}{nearest(name, homes)} (sets: {', '.join(sorted(homes))})"
        raise AttributeError(msg)
    return getattr(import_module(f"optlab.sets.{homes[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_homes()])
