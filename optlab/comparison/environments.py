"""Where and with what two results folders came about, as far as they differ."""

from __future__ import annotations

from typing import Any

PRIVATE = ("source", "runs")
"""Facts that say nothing about what was computed."""


def differing(before: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the facts by which two environments differ, name → (before, now); paths are left out."""
    sides = []
    for facts in (before, now):
        flat = {k: str(v) for k, v in facts.items() if not isinstance(v, (dict, list)) and k not in PRIVATE}
        flat |= {str(k): str(v) for k, v in (facts.get("versions") or {}).items()}
        flat |= {f"git {k}": str(v) for k, v in (facts.get("git") or {}).items()}
        flat["overrides"] = " ".join(map(str, facts.get("overrides") or [])) or "none"
        sides.append(flat)
    names = dict.fromkeys([*sides[0], *sides[1]])
    pairs = {name: (sides[0].get(name, "unknown"), sides[1].get(name, "unknown")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
