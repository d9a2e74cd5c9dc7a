"""From the text of an experiment to its runs: whatever depends on the classes that it names."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any, overload

from optlab.config.foresight import Foresight
from optlab.config.models import ExperimentFile
from optlab.config.run import Run
from optlab.config.specs import INVALID, Checker, full
from optlab.config.sweeps import MAX_RUNS
from optlab.config.text import Document, Fault, Path_
from optlab.config.tuning import check_protocol
from optlab.config.variants import Variant, Variants
from optlab.core.column import OF_CONSTRAINTS
from optlab.core.status import InputError
from optlab.registry import Catalogue


class Runs(Sequence[Run]):
    """Problems × optimizers × starts × seeds × precisions, each run made when asked for; the last varies fastest."""

    def __init__(
        self,
        problems: Sequence[tuple[Variant, list[Any], list[dict[str, Any]]]],
        optimizers: Sequence[Variant],
        starts: Sequence[dict[str, Any]],
        seeds: Sequence[int],
        precisions: Sequence[str],
        stop: dict[str, Any],
        record: dict[str, Any],
    ) -> None:
        self._axes = (problems, optimizers, starts, seeds, precisions)
        self._stop, self._record = stop, record

    def __len__(self) -> int:
        return prod(len(axis) for axis in self._axes)

    @overload
    def __getitem__(self, i: int) -> Run: ...
    @overload
    def __getitem__(self, i: slice) -> list[Run]: ...
    def __getitem__(self, i: int | slice) -> Run | list[Run]:
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(len(self)))]
        rest = range(len(self))[i]
        chosen: list[Any] = []
        for axis in reversed(self._axes):
            rest, j = divmod(rest, len(axis))
            chosen.append(axis[j])
        precision, seed, start, o, (p, columns, filled) = chosen
        resolved = {"problem": p.full, "optimizer": o.full, "columns": filled}
        return Run(
            p.given, o.given, o.label, start, seed, self._stop, self._record, columns, resolved, o.candidates, precision
        )  # fmt: skip


class Expansion:
    """Checks what the models of the file cannot, and expands it."""

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
        problems = Variants(self.checker, "problems", file.starts.points if file else [])
        optimizers = Variants(self.checker, "optimizers", [])
        self.columns, self.plots = self._list("columns"), self._list("plots")
        if "executor" in self.document.data:
            self.executor = self._one("executors", self.document.data["executor"], ("executor",))
        repeated = len(file.starts.each()) * len(set(file.seeds or [0])) * len(set(file.precision)) if file else 1
        total = max(problems.size, 1) * max(optimizers.size, 1) * repeated
        if total > MAX_RUNS:
            self.document.report((), f"the experiment expands to {total:,} runs; at most {MAX_RUNS:,} are allowed")
            return
        self.problems, self.optimizers = problems.all(), optimizers.all()
        if file is None:
            return
        check_protocol(
            self.document, [(o.label, len(o.candidates)) for o in self.optimizers if o.candidates], file.tune
        )
        if file.expect and not self.document.faults:
            asked = [c if isinstance(c, str) else c["name"] for p in self.problems for c in self._columns_of(p)]
            Foresight(self.catalogue, self.problems, self.optimizers, asked).check(self.document, file.expect)

    def runs(
        self, starts: list[dict[str, Any]], seeds: Sequence[int], precisions: Sequence[str], stop: dict[str, Any],
        record: dict[str, Any],
    ) -> Runs:  # fmt: skip
        """Return problems × optimizers × starts × seeds × precisions."""
        columns = [self._columns_of(p) for p in self.problems]
        return Runs(
            [(p, list(c), self._filled(c)) for p, c in zip(self.problems, columns, strict=True)],
            self.optimizers, starts, seeds, precisions, stop, record,
        )  # fmt: skip

    def _columns_of(self, problem: Variant) -> tuple[Any, ...]:
        """The columns that the file asks for; the KKT conditions, where it does not say and there are constraints."""
        if "columns" in self.document.data:
            return self.columns
        kinds = self.catalogue.entry("problems", problem.given["name"]).attributes.get("constraints", ())
        return OF_CONSTRAINTS if set(kinds) - {"composite"} else ()

    def _filled(self, columns: Sequence[Any]) -> list[dict[str, Any]]:
        return sorted((full(self.catalogue, "columns", c) for c in columns), key=lambda c: str(c["name"]))

    def _plugins(self, folder: Path, more: Sequence[Path]) -> tuple[tuple[Path, ...], Catalogue]:
        """Return the plug-ins that can be read, and the catalogue with them; report the others."""
        given = self.document.data.get("plugins")
        good: list[Path] = []
        for i, name in enumerate(given if isinstance(given, list) else []):
            if isinstance(name, str):
                path = (folder / name).resolve()
                wrong = _unreadable(path)
                if wrong:
                    self.document.report(("plugins", i), wrong.replace(str(path), name))
                else:
                    good.append(path)
        for path in more:
            wrong = _unreadable(path)
            if wrong:
                self.document.faults.append(Fault("--plugin", wrong, order=(-2, 0)))
            else:
                good.append(path.resolve())
        plugins = tuple(dict.fromkeys(good))
        try:
            return plugins, Catalogue(plugins)
        except InputError as error:
            self.document.report(("plugins",), str(error))
            return (), Catalogue()

    def _list(self, kind: str) -> tuple[Any, ...]:
        given = self.document.data.get(kind)
        items = given if isinstance(given, list) else []
        found = [self._one(kind, item, (kind, i)) for i, item in enumerate(items)]
        return tuple(item for i, item in enumerate(found) if item is not INVALID and item not in found[:i])

    def _one(self, kind: str, item: Any, path: Path_) -> Any:
        tree = self.checker.spec(kind, item, path)
        if tree is not INVALID and self.checker.make(kind, tree, path) is not INVALID:
            return tree["name"] if len(tree) == 1 else tree
        return INVALID


def _unreadable(path: Path) -> str:
    """Return why a plug-in cannot be used, or an empty string."""
    try:
        Catalogue([path])
    except (InputError, OSError) as error:
        return str(error)
    return ""
