"""The problems and optimizers of an experiment, their sweeps resolved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from optlab.config.selection import Selector, is_selection
from optlab.config.specs import CHAIN, INVALID, Checker, full
from optlab.config.sweeps import axes, count, expand
from optlab.config.text import Path_
from optlab.config.tuning import candidates
from optlab.config.wording import hint, shown

PAIR = 2
ALLOWED_KEYS = {"problems": ("zip",), "optimizers": ("label", "zip", "tune")}
"""Keys of an item that are not settings."""


@dataclass(frozen=True)
class Variant:
    """One problem or optimizer, sweeps resolved: as given, with all defaults, its label, and what is to be tuned."""

    given: dict[str, Any]
    full: dict[str, Any]
    label: str
    candidates: tuple[dict[str, Any], ...] = ()


class Variants:
    """Collects the variants of a kind and reports what is wrong with them; repeated ones are merged.

    Parameters
    ----------
    points : list of points
        Starts that every problem must be able to take.
    """

    def __init__(self, checker: Checker, kind: str, points: list[list[float]]) -> None:
        self.checker, self.kind, self.points = checker, kind, points
        self._found: dict[str, Variant] = {}
        self._labels: set[str] = set()
        self._items: list[tuple[dict[str, Any], list[list[str]], str, Path_]] = []
        self._tuned: dict[Path_, tuple[dict[str, Any], ...]] = {}
        given = checker.document.data.get(kind)
        for i, item in enumerate(given if isinstance(given, list) else []):
            for one in self._several(item, (kind, i)):
                self._check_item(one, (kind, i))

    @property
    def size(self) -> int:
        """How many variants there are, repeated ones counted."""
        return sum(count(tree, paired) for tree, paired, _, _ in self._items)

    def all(self) -> list[Variant]:
        """Build every variant once and return them in the order of the file."""
        for tree, paired, label, path in self._items:
            self._expand(tree, paired, label, path)
        return list(self._found.values())

    def _several(self, item: Any, path: Path_) -> list[Any]:
        """Return the items that one with a suite or a selection stands for; any other as it is."""
        if self.kind != "problems" or not is_selection(item):
            return [item]
        return list(Selector(self.checker.document, self.checker.catalogue).expand(item, path, (CHAIN, "zip")))

    def _check_item(self, item: Any, path: Path_) -> None:
        tree = self.checker.spec(self.kind, item, path, sweeps=True, extra=ALLOWED_KEYS[self.kind])
        label, paired = self._label(item, path), self._zip(item, tree, path)
        tuned = candidates(self.checker, item, (*path, "tune")) if self.kind == "optimizers" else ()
        if INVALID not in (tree, label, paired, tuned):
            self._items.append((tree, paired, label or tree["name"] + (" tuned" if tuned else ""), path))
            self._tuned[path] = tuned

    def _expand(self, tree: dict[str, Any], paired: list[list[str]], label: str, path: Path_) -> None:
        variants = list(expand(tree, paired))
        labels = [_label(label, swept) for _, swept in variants]
        if len(set(labels)) < len(labels):  # six digits leave two of them the same
            labels = [_label(label, swept, exact=True) for _, swept in variants]
        for (spec, _), words in zip(variants, labels, strict=True):
            thing = self.checker.make(self.kind, spec, path)
            if thing is INVALID:
                return
            self._check_points(thing, tree["name"])
            whole = full(self.checker.catalogue, self.kind, spec)
            self._add(Variant(spec, whole, words, self._tuned.get(path, ())), path)

    def _add(self, new: Variant, path: Path_) -> None:
        """Keep a variant unless it is there already; no two optimizers share a label, no method has two."""
        key = json.dumps([new.full, new.candidates], sort_keys=True)
        old = self._found.get(key)
        if self.kind == "optimizers" and old is None and new.label in self._labels:
            self._report(path, f"two optimizers are labeled {new.label!r}; give this one a label of its own")
        elif self.kind == "optimizers" and old is not None and old.label != new.label:
            self._report(path, f"{new.label!r} repeats {old.label!r}: the same method with the same settings")
        else:
            self._found.setdefault(key, new)
            self._labels.add(new.label)

    def _check_points(self, problem: Any, name: str) -> None:
        for j, x in enumerate(self.points):
            if len(x) != problem.n:
                message = f"the point has {len(x)} components, but {name} has n = {problem.n}"
                self._report(("starts", "points", j), message)

    def _label(self, item: Any, path: Path_) -> Any:
        label = item.get("label") if isinstance(item, dict) and self.kind == "optimizers" else None
        if label is None or (isinstance(label, str) and label.strip()):
            return label
        self._report((*path, "label"), f"label must be text, given {shown(label)}")
        return INVALID

    def _zip(self, item: Any, tree: Any, path: Path_) -> Any:
        """Return the groups of settings that advance together."""
        given = item.get("zip") if isinstance(item, dict) else None
        if given is None or tree is INVALID:
            return []
        groups = [given] if isinstance(given, list) and all(isinstance(name, str) for name in given) else given
        wrong = _zip_mistake(groups, {".".join(p): len(axis.values) for p, axis in axes(tree).items()})
        if wrong:
            self._report((*path, "zip"), wrong)
            return INVALID
        return groups

    def _report(self, path: Path_, message: str) -> None:
        self.checker.document.report(path, message)


def _zip_mistake(groups: Any, lengths: dict[str, int]) -> str:
    """Return what is wrong with `zip:`, given how many values every swept setting takes; "" where nothing is."""
    lists = isinstance(groups, list) and groups and all(isinstance(group, list) for group in groups)
    if not lists or any(len(group) < PAIR or not all(isinstance(name, str) for name in group) for group in groups):
        return "zip is a list of groups of two or more settings, for example [[step_size, momentum]]"
    names = [name for group in groups for name in group]
    for i, name in enumerate(names):
        if name not in lengths:
            return f"zip names {name!r}, which is not swept{hint(name, lengths, 'swept')}"
        if name in names[:i]:
            return f"zip names {name!r} twice"
    for group in groups:
        if len({lengths[name] for name in group}) > 1:
            return "zip needs sweeps of one length, given " + ", ".join(f"{name}: {lengths[name]}" for name in group)
    return ""


def _label(label: str, swept: dict[str, Any], *, exact: bool = False) -> str:
    return " ".join([label, *(f"{key}={_short(value, exact)}" for key, value in swept.items())])


def _short(value: Any, exact: bool) -> str:
    """Return a swept value as a label shows it: to six digits unless these leave two values the same."""
    if isinstance(value, float):
        return repr(value) if exact else f"{value:.6g}"
    if isinstance(value, list) and all(isinstance(v, dict) for v in value):
        return " + ".join(_short(v, exact) for v in value) or "none"
    if isinstance(value, dict) and "name" in value:
        return "/".join([value["name"], *(f"{k}={_short(v, exact)}" for k, v in value.items() if k != "name")])
    return str(value)
