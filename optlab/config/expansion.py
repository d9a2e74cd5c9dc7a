"""From the text of an experiment to its runs: every name, setting, sweep, label and expectation checked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

from optlab.config.claims import columns_named
from optlab.config.models import ExperimentFile
from optlab.config.run import Run
from optlab.config.specs import INVALID, Checker, full
from optlab.config.sweeps import MAX_RUNS, axes, count, expand
from optlab.config.text import Document, Fault, Path_
from optlab.config.wording import shown
from optlab.core.status import InputError, Status, nearest
from optlab.registry import Catalogue

COUNTS = ("n_f", "n_gradient", "n_hessian", "n_hvp", "n_constraint", "n_jacobian")
RUN_COLUMNS = (
    "run", "problem", "optimizer", "label", "start", "seed", "status", "claimed_status", "message", "f", "best_f",
    "stationarity", "iterations", "restarts", *COUNTS, "seconds", "traceback", "notes", "spec", "problem.n",
)  # fmt: skip
ITERATION_COLUMNS = ("run", "k", "f", "stationarity", "step_size", "restarts", *COUNTS, "seconds", "kept")
SURE = 0.8
"""An unknown column this similar to a known one is a misspelling; others may be a method's own."""


@dataclass(frozen=True)
class Variant:
    """One problem or optimizer, sweeps resolved: as given, with all defaults, and its label."""

    given: dict[str, Any]
    full: dict[str, Any]
    label: str


class Expansion:
    """Checks what the models of the file cannot: whatever depends on the classes that are named."""

    def __init__(self, document: Document, folder: Path, plugins: Sequence[Path]) -> None:
        self.document = document
        self.plugins, self.catalogue = self._plugins(folder, plugins)
        self.checker = Checker(document, self.catalogue)
        self.problems: list[Variant] = []
        self.optimizers: list[Variant] = []
        self.columns: tuple[Any, ...] = ()
        self.plots: tuple[Any, ...] = ()
        self.executor: Any = "auto"

    def check(self, file: ExperimentFile | None) -> None:
        """Report every mistake; `file` is None when the models found some themselves."""
        points = file.starts.points if file else []
        self.problems = self._variants("problems", points)
        self.optimizers = self._variants("optimizers", [])
        self.columns, self.plots = self._plain_list("columns"), self._plain_list("plots")
        if "executor" in self.document.data:
            self.executor = self._one("executors", self.document.data["executor"], ("executor",))
        if file is None:
            return
        several = len(file.starts.each()) * len(set(file.seeds or [0]))
        total = len(self.problems) * len(self.optimizers) * several
        if total > MAX_RUNS:
            self.document.report((), f"the experiment expands to {total:,} runs; at most {MAX_RUNS:,} are allowed")
        if not self.document.faults:
            self._expectations(file)

    def runs(
        self, starts: list[dict[str, Any]], seeds: Sequence[int], stop: dict[str, Any], record: dict[str, Any]
    ) -> tuple[Run, ...]:
        """Return problems × optimizers × starts × seeds."""
        columns = [full(self.catalogue, "columns", c) for c in self.columns]
        columns.sort(key=lambda c: str(c["name"]))
        return tuple(
            Run(p.given, o.given, o.label, start, seed, stop, record, list(self.columns),
                {"problem": p.full, "optimizer": o.full, "columns": columns})
            for p, o, start, seed in product(self.problems, self.optimizers, starts, seeds)
        )  # fmt: skip

    def _plugins(self, folder: Path, more: Sequence[Path]) -> tuple[tuple[Path, ...], Catalogue]:
        given = self.document.data.get("plugins")
        good: list[Path] = []
        for i, name in enumerate(given if isinstance(given, list) else []):
            if isinstance(name, str):
                try:
                    Catalogue([folder / name])
                    good.append((folder / name).resolve())
                except (InputError, OSError) as error:
                    self.document.report(("plugins", i), str(error).replace(str((folder / name).resolve()), name))
        for path in more:
            try:
                Catalogue([path])
                good.append(path.resolve())
            except (InputError, OSError) as error:
                self.document.faults.append(Fault("--plugin", str(error), order=(-2, 0)))
        plugins = tuple(dict.fromkeys(good))
        try:
            return plugins, Catalogue(plugins)
        except InputError as error:
            self.document.report(("plugins",), str(error))
            return (), Catalogue()

    def _variants(self, kind: str, points: list[list[float]]) -> list[Variant]:
        given = self.document.data.get(kind)
        extra = ("label", "zip") if kind == "optimizers" else ("zip",)
        found: list[Variant] = []
        for i, item in enumerate(given if isinstance(given, list) else []):
            path: Path_ = (kind, i)
            tree = self.checker.spec(kind, item, path, sweeps=True, extra=extra)
            label, paired = self._label(item, path), self._zip(item, tree, path)
            if tree is INVALID or label is INVALID or paired is INVALID:
                continue
            total = count(tree, paired)
            if total > MAX_RUNS:
                self.document.report(
                    path, f"the sweeps of {tree['name']} give {total:,} runs; at most {MAX_RUNS:,} are allowed"
                )
                continue
            for spec, swept in expand(tree, paired):
                thing = self.checker.make(kind, spec, path)
                if thing is INVALID:
                    break
                for j, x in enumerate(points):
                    if len(x) != thing.n:
                        self.document.report(
                            ("starts", "points", j),
                            f"the point has {len(x)} components, but {tree['name']} has n = {thing.n}",
                        )
                words = [label or tree["name"], *(f"{key}={_short(value)}" for key, value in swept.items())]
                self._add(found, Variant(spec, full(self.catalogue, kind, spec), " ".join(words)), path)
        return found

    def _add(self, found: list[Variant], new: Variant, path: Path_) -> None:
        """Keep a variant unless it is there already; two optimizers never share a label, nor a label a method twice."""
        for old in found:
            same = old.full == new.full
            if path[0] == "problems" or (same and old.label == new.label):
                if same:
                    return
            elif same:
                self.document.report(
                    path, f"{new.label!r} repeats {old.label!r}: the same method with the same settings"
                )
                return
            elif old.label == new.label:
                self.document.report(
                    path, f"two optimizers are labeled {new.label!r}; give this one a label of its own"
                )
                return
        found.append(new)

    def _label(self, item: Any, path: Path_) -> Any:
        label = item.get("label") if isinstance(item, dict) and path[0] == "optimizers" else None
        if label is None or (isinstance(label, str) and label.strip()):
            return label
        self.document.report((*path, "label"), f"label must be text, given {shown(label)}")
        return INVALID

    def _zip(self, item: Any, tree: Any, path: Path_) -> Any:
        """Return the groups of settings that advance together."""
        given = item.get("zip") if isinstance(item, dict) else None
        if given is None or tree is INVALID:
            return []
        groups = [given] if isinstance(given, list) and all(isinstance(name, str) for name in given) else given
        good = (
            isinstance(groups, list)
            and groups
            and all(isinstance(g, list) and all(isinstance(n, str) for n in g) for g in groups)
        )
        names = [name for group in groups for name in group] if good else []
        lengths = {".".join(p): len(axis.values) for p, axis in axes(tree).items()}
        problem = ""
        if not good or any(len(group) < 2 for group in groups):  # noqa: PLR2004
            problem = "zip is a list of groups of two or more settings, for example [[step_size, momentum]]"
        elif len(set(names)) < len(names):
            problem = "zip names a setting twice"
        elif any(name not in lengths for name in names):
            wrong = next(name for name in names if name not in lengths)
            hint = f"{nearest(wrong, lengths)} (swept: {', '.join(lengths) or 'none'})"
            problem = f"zip names {wrong!r}, which is not swept{hint}"
        else:
            for group in groups:
                if len({lengths[name] for name in group}) > 1:
                    problem = "zip needs sweeps of one length, given " + ", ".join(
                        f"{name}: {lengths[name]}" for name in group
                    )
        if problem:
            self.document.report((*path, "zip"), problem)
            return INVALID
        return groups

    def _plain_list(self, kind: str) -> tuple[Any, ...]:
        given = self.document.data.get(kind)
        items = given if isinstance(given, list) else []
        found = [self._one(kind, item, (kind, i)) for i, item in enumerate(items)]
        return tuple(item for i, item in enumerate(found) if item is not INVALID and item not in found[:i])

    def _one(self, kind: str, item: Any, path: Path_) -> Any:
        tree = self.checker.spec(kind, item, path)
        if tree is not INVALID and self.checker.make(kind, tree, path) is not INVALID:
            return tree["name"] if len(tree) == 1 else tree
        return INVALID

    def _expectations(self, file: ExperimentFile) -> None:
        """Report columns that are misspelt or not asked for, and names in filters that no run has."""
        runs = {*RUN_COLUMNS, *(key for v in self.problems for key in _flat("problem", v.full))}
        runs |= {key for v in self.optimizers for key in _flat("optimizer", v.full)}
        asked = {c if isinstance(c, str) else c["name"] for c in self.columns}
        offered = {name: entry.name for entry in self.catalogue.entries("columns").values()
                   for name in entry.attributes.get("names", ())}  # fmt: skip
        rows = {*ITERATION_COLUMNS, *self._recorded(), *(name for name, column in offered.items() if column in asked)}
        there: dict[str, set[Any]] = {
            "label": {v.label for v in self.optimizers},
            "optimizer": {v.given["name"] for v in self.optimizers},
            "problem": {v.given["name"] for v in self.problems},
            "status": {status.name for status in Status},
        }
        for i, expectation in enumerate(file.expect):
            for where, name in columns_named(expectation):
                known = runs if where[-2:-1] == ("runs",) else rows if where[-2:-1] == ("rows",) else runs | rows
                close = get_close_matches(name, known, n=1, cutoff=SURE) if name not in known else []
                path: Path_ = ("expect", i, *where)
                key = where[-2:-1] in (("runs",), ("rows",))
                if name not in known and offered.get(name) not in (None, *asked):
                    self.document.report(path, f"column {name!r} needs {offered[name]!r} in columns:", key=key)
                elif close:
                    self.document.report(path, f"unknown column {name!r}; did you mean {close[0]!r}?", key=key)
                elif where[-2:-1] == ("runs",) and name in there:
                    self._filter_value(path, name, there[name])

    def _filter_value(self, path: Path_, name: str, there: set[Any]) -> None:
        given: Any = self.document.data
        for part in path:
            given = given[part]
        for value in given if isinstance(given, list) else [given]:
            close = nearest(value, there) if isinstance(value, str) and value not in there else ""
            if close:
                self.document.report(path, f"no run has {name} {value!r}{close}")

    def _recorded(self) -> set[str]:
        """Return what the states of the named methods record at every iteration."""
        modules = {self.catalogue.find("optimizers", v.given["name"]).__module__ for v in self.optimizers}
        found: set[str] = set()
        for module in modules:
            for thing in vars(sys.modules[module]).values():
                names = getattr(thing, "recorded", ())
                found |= set(names) if isinstance(names, tuple) else set()
        return found


def _flat(prefix: str, spec: dict[str, Any]) -> list[str]:
    keys = []
    for key, value in spec.items():
        if key != "name":
            keys.append(f"{prefix}.{key}")
            keys += _flat(f"{prefix}.{key}", value) if isinstance(value, dict) else []
    return keys


def _short(value: Any) -> str:
    """Return a swept value as a label shows it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return (
            "/".join([value["name"], *(f"{k}={_short(v)}" for k, v in value.items() if k != "name")])
            if "name" in value
            else str(value)
        )
    return str(value)
