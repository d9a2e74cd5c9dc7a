"""What can be known about expectations before anything runs: misspelt columns, columns not asked for, unknown names."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from optlab.config.claims import Expectation, columns_named
from optlab.config.specs import CHAIN
from optlab.config.text import Document, Path_
from optlab.config.variants import Variant
from optlab.core.status import Status, nearest
from optlab.core.trace import COUNTS, SCALARS
from optlab.kernels.narrow import PRECISIONS
from optlab.registry import Catalogue

RUN_COLUMNS = (
    "run", "problem", "optimizer", "label", "start", "seed", "precision", "status", "claimed_status", "message", "f",
    "best_f", "stationarity", "iterations", "restarts", *COUNTS, "seconds", "traceback", "notes", "spec", "problem.n",
)  # fmt: skip
ITERATION_COLUMNS = ("run", *SCALARS, "kept")
SURE = 0.8
"""An unknown column this similar to a known one is a misspelling; others may be a method's own."""


class Foresight:
    """Checks expectations against the columns and names that an experiment will have."""

    def __init__(
        self,
        catalogue: Catalogue,
        problems: Sequence[Variant],
        optimizers: Sequence[Variant],
        columns: Sequence[str],
    ) -> None:
        self.asked = set(columns)
        self.offered = {name: entry.name for entry in catalogue.entries("columns").values()
                        for name in entry.attributes.get("names", ())}  # fmt: skip
        self.runs = {*RUN_COLUMNS, *(key for v in problems for key in _settings("problem", v.full))}
        self.runs |= {key for v in optimizers for key in _settings("optimizer", v.full)}
        self.rows = {*ITERATION_COLUMNS, *_recorded(catalogue, {v.given["name"] for v in optimizers})}
        self.rows |= {name for name, column in self.offered.items() if column in self.asked}
        self.values: dict[str, set[str]] = {
            "label": {v.label for v in optimizers},
            "optimizer": {v.given["name"] for v in optimizers},
            "problem": {v.given["name"] for v in problems},
            "precision": set(PRECISIONS),
            "status": {status.name for status in Status},
        }

    def check(self, document: Document, expectations: Sequence[Expectation]) -> None:
        """Report every column and name that cannot be meant."""
        for i, expectation in enumerate(expectations):
            for where, name in columns_named(expectation):
                self._check_column(document, ("expect", i, *where), name)
            aggregate, _ = expectation.aggregate
            if expectation.column in self.values and aggregate in ("all", "any", "first", "last"):
                self._check_value(document, ("expect", i, aggregate), expectation.column)

    def _check_column(self, document: Document, path: Path_, name: str) -> None:
        inside = path[-2]
        known = {"runs": self.runs, "rows": self.rows}.get(str(inside), self.runs | self.rows)
        key = inside in ("runs", "rows")
        if name in known:
            if inside == "runs" and name in self.values:
                self._check_value(document, path, name)
        elif name in self.offered and self.offered[name] not in self.asked:
            document.report(path, f"column {name!r} needs {self.offered[name]!r} in columns:", key=key)
        elif close := get_close_matches(name, known, n=1, cutoff=SURE):
            document.report(path, f"unknown column {name!r}; did you mean {close[0]!r}?", key=key)

    def _check_value(self, document: Document, path: Path_, name: str) -> None:
        given: Any = document.data
        for part in path:
            given = given[part]
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, str) and value not in self.values[name]:
                close = nearest(value, self.values[name])
                if close:
                    document.report(path, f"no run has {name} {value!r}{close}")


def _recorded(catalogue: Catalogue, names: set[str]) -> set[str]:
    """Return what the states of these methods record at every iteration."""
    found: set[str] = set()
    for module in {catalogue.find("optimizers", name).__module__ for name in names}:
        for thing in vars(sys.modules[module]).values():
            fields = getattr(thing, "recorded", ())
            found |= set(fields) if isinstance(fields, tuple) else set()
    return found


def _settings(prefix: str, spec: dict[str, Any]) -> list[str]:
    keys = []
    for key, value in spec.items():
        if key == CHAIN and isinstance(value, list):
            keys.append(f"{prefix}.{CHAIN}")
            keys += [k for part in value for k in _settings(f"{prefix}.{part['name']}", part)]
        elif key != "name":
            keys.append(f"{prefix}.{key}")
            keys += _settings(f"{prefix}.{key}", value) if isinstance(value, dict) else []
    return keys
