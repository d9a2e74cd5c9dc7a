"""Which run of one results folder is which run of another: by what they are, not by their content keys."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("problem", "label", "start", "seed", "precision")
"""Columns that say what a run is; settings join them where these do not tell runs of one folder apart."""
PROBLEM = "problem."


@dataclass(frozen=True)
class Run:
    """A row of the runs table, and the settings of its problem and optimizer as text by dotted name."""

    row: Mapping[str, Any]
    settings: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called."""
        return tuple(str(self.row.get(name, "")) for name in NAMES)

    @property
    def title(self) -> str:
        """What it is called, in words; what is as usual is left out."""
        problem, label, start, seed, precision = self.names
        unusual = [f"from {start}"] * (start != "standard") + [f"seed {seed}"] * (seed != "0")
        return " ".join([label, "on", problem, *unusual, *[precision] * (precision != "float64")])

    def differs(self, other: Run, prefix: str = "") -> dict[str, tuple[str, str]]:
        """Return the settings under a prefix that both have and that are not equal: name → (mine, the other's)."""
        return {
            name: (value, other.settings[name])
            for name, value in self.settings.items()
            if name.startswith(prefix) and name in other.settings and other.settings[name] != value
        }


@dataclass(frozen=True)
class Matched:
    """Pairs of runs that are the same, and the runs that only one side has."""

    pairs: list[tuple[Run, Run]]
    only_before: list[Run]
    only_now: list[Run]


def match(before: pd.DataFrame, now: pd.DataFrame) -> Matched:
    """Pair the runs of two tables that have equal names and equal settings of the problem.

    The settings of the optimizer may differ, unless they are what tells the runs of one table apart. So a run is
    matched when code or defaults changed, but another dimension or another swept value is another run.
    """
    sides = [list(_runs(before)), list(_runs(now))]
    telling: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for runs in sides:
        for names, settings in _varied(runs).items():
            telling[names] |= settings
    keyed = [dict(_keyed(runs, telling)) for runs in sides]
    pairs, alone = [], []
    for key, run in keyed[0].items():
        other = keyed[1].get(key)
        if other is None or run.differs(other, PROBLEM):
            alone.append(run)
        else:
            pairs.append((run, keyed[1].pop(key)))
    return Matched(pairs, alone, list(keyed[1].values()))


def _runs(table: pd.DataFrame) -> Iterator[Run]:
    for row in table.to_dict("records"):
        spec = json.loads(row["spec"])
        parts = {name: spec.get(name) or {} for name in ("problem", "optimizer", "stop")}
        yield Run({str(k): v for k, v in row.items()}, dict(_flat(parts, "")))


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """The leaves of nested mappings, by dotted name, as text."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key))
    else:
        yield name, json.dumps(value, sort_keys=True)


def _varied(runs: list[Run]) -> dict[tuple[str, ...], set[str]]:
    """The settings in which runs with equal names differ, by those names."""
    groups: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.names].append(run)
    found: dict[tuple[str, ...], set[str]] = {}
    for names, members in groups.items():
        known = {name for run in members for name in run.settings}
        found[names] = {name for name in known if len({run.settings.get(name) for run in members}) > 1}
    return found


def _keyed(runs: list[Run], telling: Mapping[tuple[str, ...], set[str]]) -> Iterator[tuple[tuple[Any, ...], Run]]:
    """Every run with what identifies it; runs that nothing tells apart are numbered."""
    seen: Counter[tuple[Any, ...]] = Counter()
    for run in runs:
        key = (*run.names, *((name, run.settings.get(name)) for name in sorted(telling[run.names])))
        seen[key] += 1
        yield (*key, seen[key]), run
