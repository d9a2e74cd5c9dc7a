"""Runs to tasks to outcomes: content keys, executors, and what becomes of a run whose process died."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

from optlab import verification, work
from optlab.choice import AUTO, METHODS
from optlab.core.settings import type_of
from optlab.core.status import Status
from optlab.executors.base import Executor, Outcome, Task
from optlab.fingerprint import Original, digest, source_digest, versions
from optlab.registry import inner_kind
from optlab.verification import Verifier
from optlab.work import Finished, catalogue, failed

if TYPE_CHECKING:
    from optlab.experiment import Run
    from optlab.snapshot import Snapshot
    from optlab.store import Store

FAILURES = frozenset({Status.ERROR.name, Status.KILLED.name, Status.TIMEOUT.name})
"""Statuses that `retry="failed"` runs again, and that --strict objects to."""

EDITED = (
    "edited while the experiment was running: which version this run is of cannot be told; the same command runs it "
    "again with the new one, --retry failed with the old one"
)
REFRESH = 0.2
"""Seconds between two drawings of the progress bar."""


class Keys:
    """Content keys of the runs of one execution: specification, sources however indirect, versions that matter.

    The sources are those of every class that a specification names, inner ones too, and of the loop itself.
    What a run is called does not count, nor do its neighbors.
    """

    def __init__(self, plugins: tuple[str, ...]) -> None:
        self._names = catalogue(plugins)
        self._loop = digest([source_digest(Path(str(module.__file__))) for module in (work, verification)])
        self._digests: dict[Path, str] = {}
        self._parts: dict[tuple[str, int], tuple[Any, str]] = {}
        self._originals = {path: Original(path) for path in self._names.plugins}

    def outdated(self, spec: Mapping[str, Any]) -> str:
        """Say that a plug-in of a run is not any more what its key was made of; an empty string where all are."""
        edited = sorted(path.name for path in self._names.plugins_of(spec) if self._originals[path].edited)
        verb = "were" if len(edited) > 1 else "was"
        return f"{', '.join(edited)} {verb} {EDITED}" if edited else ""

    def of(self, run: Run) -> str:
        """Return the key of a run."""
        parts = [
            self._part("problems", run.problem_spec),
            self._part("optimizers", run.optimizer_spec),
            *(self._part("columns", column) for column in run.column_specs),
        ]
        return digest({"parts": parts, "loop": self._loop, "versions": versions(), **run.rest()})

    def _part(self, kind: str, spec: dict[str, Any]) -> str:
        """Return what a key holds of a problem, an optimizer or a column; runs share these mappings."""
        there = self._parts.get((kind, id(spec)))
        if there is None:
            foreign = str(self._names.entry(kind, spec["name"]).attributes.get("package", ""))
            more = versions(foreign) if kind == "optimizers" and foreign else {}  # what was missing may be there by now
            found = digest({"spec": spec, "sources": list(self._sources(kind, spec)), "versions": more})
            there = self._parts[kind, id(spec)] = (spec, found)  # with the mapping, so that its id stays its own
        return there[1]

    def _sources(self, kind: str, spec: dict[str, Any]) -> Iterator[str]:
        path = self._names.entry(kind, spec["name"]).path
        if path not in self._digests:
            self._digests[path] = source_digest(path)
        yield self._digests[path]
        if kind == "optimizers" and spec["name"] == AUTO:
            for method in METHODS:
                yield from self._sources(kind, {"name": method})
        for transform in spec.get("transforms", ()) if kind == "problems" else ():
            yield from self._sources("transforms", transform)
        for key, value in spec.items():
            if isinstance(value, dict) and "name" in value:
                inner = inner_kind(type_of(self._names.find(kind, spec["name"]), key))
                if inner and value["name"] in self._names.names(inner):  # a default may be a class without a name
                    yield from self._sources(inner, value)


class Tasks(Sequence[Task]):
    """The tasks of some runs, each made when it is asked for."""

    def __init__(self, those: Batch, plugins: tuple[str, ...]) -> None:
        self._those, self._plugins = those, plugins

    def __len__(self) -> int:
        return len(self._those.missing)

    @overload
    def __getitem__(self, i: int) -> Task: ...
    @overload
    def __getitem__(self, i: slice) -> list[Task]: ...
    def __getitem__(self, i: int | slice) -> Task | list[Task]:
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(len(self)))]
        position = self._those.missing[i]
        return Task(self._those.keys[position], self._those.spec(position), self._plugins)


@dataclass
class Batch:
    """Runs that are carried out together, those that the store already holds reused.

    Attributes
    ----------
    runs : sequence of Run
        In their order; made when they are asked for.
    keys : list of str
        Their keys; runs with the same key are one.
    store : Store
    origin : Keys
        What the keys were made of.
    missing : list of int
        Positions of the runs that are to be executed.
    reused : int
        How many are there already.
    executed : int
        How many were executed.
    words : function of a run, optional
        What its row says beside the names.
    """

    runs: Sequence[Run]
    keys: list[str]
    store: Store
    origin: Keys
    missing: list[int]
    reused: int
    executed: int = 0
    words: Callable[[Run], dict[str, Any]] | None = None

    def spec(self, position: int) -> dict[str, Any]:
        """Return the specification of a run."""
        return self.runs[position].spec()

    def finish(self) -> int:
        """Make the tables of what is done, in the order of the runs, and return how many runs that is."""
        self.store.flush()
        there: dict[str, int] = {}
        for position, key in enumerate(self.keys):
            if key in self.store.snapshot.where:
                there.setdefault(key, position)
        positions = list(there.values())
        self.store.finish(list(there), lambda i: self._shown(self.runs[positions[i]]))
        return len(positions)

    def _shown(self, run: Run) -> dict[str, Any]:
        more = self.words(run) if self.words else {}
        return {"label": run.label, "start": run.start_label, **more}


def batch(runs: Sequence[Run], keys: Keys, store: Store, *, fresh: bool, retry: str | None) -> Batch:
    """Return the runs with what the store already holds of them."""
    names = [keys.of(run) for run in runs]
    missing, reused = compare(names, store.snapshot, fresh=fresh, retry=retry)
    return Batch(runs, names, store, keys, missing, reused)


def compare(names: Sequence[str], there: Snapshot, *, fresh: bool, retry: str | None) -> tuple[list[int], int]:
    """Return the positions of the keys that are to be executed, each key once, and how many are there already."""
    missing, reused = [], 0
    known = there.where
    seen: set[str] = set()
    for position, key in enumerate(names):
        if key in seen:
            continue
        seen.add(key)
        failed_before = key in known and there.status(key) in FAILURES
        again = fresh or retry == "all" or (retry == "failed" and failed_before)
        if key in known and not again:
            reused += 1
        else:
            missing.append(position)
    return missing, reused


def carry_out(those: Batch, executor: Executor, plugins: tuple[str, ...], *, progress: bool, unit: str = "run") -> None:
    """Execute what is missing of a batch; whatever interrupts it leaves what was done in the store."""
    verifier = Verifier(plugins)
    outcomes = executor.run(Tasks(those, plugins))
    with Progress(len(those.missing), unit, shown=progress) as bar:
        try:
            for arrived in outcomes:
                outcome = arrived
                outdated = those.origin.outdated(outcome.task.spec)
                if outdated:
                    outcome = replace(outcome, kind="error", finished=None, reason=outdated)
                finished = outcome.finished or _lost(outcome)
                finished.row["attempts"] = outcome.attempts
                verifier.check(finished, outcome.task.spec)
                those.store.add(outcome.task.key, finished, outcome.task.spec)
                those.executed += 1
                bar.count(finished.row["status"])
        finally:
            if isinstance(outcomes, Generator):
                outcomes.close()


def make_executor(wish: Any, workers: int | None, plugins: tuple[str, ...]) -> Executor:
    """Return an executor from its name, its specification or itself."""
    if isinstance(wish, Executor):
        return wish
    settings = {"name": wish} if isinstance(wish, str) else dict(wish)
    if workers is not None and settings["name"] != "serial":
        settings["workers"] = workers
    made: Executor = catalogue(plugins).make("executors", settings)
    return made


class Progress:
    """A bar with the rate, the time that remains and the counts by status; nothing where there is no terminal."""

    def __init__(self, total: int, unit: str, *, shown: bool) -> None:
        self._bar: Any = None
        self._counts: dict[str, int] = {}
        if shown and total and sys.stderr is not None:
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit=unit, disable=None, leave=False, mininterval=REFRESH)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def count(self, status: str) -> None:
        """Take note of one more run."""
        if self._bar is None or self._bar.disable:
            return
        self._counts[status] = self._counts.get(status, 0) + 1
        self._bar.set_postfix_str(", ".join(f"{name} {n}" for name, n in self._counts.items()), refresh=False)
        self._bar.update()


def _lost(outcome: Outcome) -> Finished:
    """The row of a run whose process did not live to report."""
    spec = outcome.task.spec
    row = {"problem": spec["problem"]["name"], "optimizer": spec["optimizer"]["name"], "label": spec["label"],
           "start": spec["start_label"], "seed": spec["seed"], "precision": spec["precision"]}  # fmt: skip
    for kind in ("problem", "optimizer"):
        row |= {
            f"{kind}.{k}": v for k, v in spec[kind].items() if isinstance(v, (bool, int, float, str)) and k != "name"
        }
    status = {"error": Status.ERROR, "timeout": Status.TIMEOUT}.get(outcome.kind, Status.KILLED)
    return failed(row, status, outcome.reason)
