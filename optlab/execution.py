"""Runs to tasks to outcomes: content keys, executors, and what becomes of a run whose process died."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optlab import store, work
from optlab.choice import AUTO, METHODS
from optlab.core.settings import type_of
from optlab.core.status import Status
from optlab.executors.base import Executor, Outcome, Task
from optlab.fingerprint import digest, source_digest, versions
from optlab.registry import inner_kind
from optlab.work import Finished, catalogue, failed

if TYPE_CHECKING:
    from optlab.experiment import Run

FAILURES = frozenset({Status.ERROR.name, Status.KILLED.name, Status.TIMEOUT.name})
"""Statuses that `retry="failed"` runs again, and that --strict objects to."""

DISPLAY = ("label", "start_label")
"""What a run is called in tables; it may change without a new run."""


class Keys:
    """Content keys of the runs of one execution: specification, sources however indirect, versions that matter.

    The sources are those of every class that a specification names, inner ones too, and of the loop itself.
    What a run is called does not count.
    """

    def __init__(self, plugins: tuple[str, ...]) -> None:
        self._names = catalogue(plugins)
        self._loop = source_digest(Path(work.__file__))
        self._digests: dict[Path, str] = {}

    def of(self, run: Run) -> str:
        """Return the key of a run."""
        spec = run.spec()
        wanted = [("problems", spec["problem"]), ("optimizers", spec["optimizer"])]
        wanted += [("columns", column) for column in spec["columns"]]
        sources = [source for kind, part in wanted for source in self._sources(kind, part)]
        identity = {name: value for name, value in spec.items() if name not in DISPLAY}
        foreign = str(self._names.entry("optimizers", spec["optimizer"]["name"]).attributes.get("package", ""))
        there = versions(foreign) if foreign else versions()  # a package that was missing may be there by now
        return digest({"spec": identity, "sources": [self._loop, *sources], "versions": there})

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


@dataclass
class Batch:
    """Runs that are carried out together, those that a folder already holds reused.

    Attributes
    ----------
    runs : dict of key to Run
        In their order.
    done : dict of key to Finished
        What is there, grows as outcomes come in.
    reused : int
        How many were there before.
    """

    runs: dict[str, Run]
    specs: dict[str, dict[str, Any]]
    done: dict[str, Finished] = field(default_factory=dict)
    reused: int = 0

    @property
    def ordered(self) -> dict[str, Finished]:
        """What is done, in the order of the runs."""
        return {key: self.done[key] for key in self.runs if key in self.done}


def batch(runs: Iterable[Run], keys: Keys, folder: Path, *, fresh: bool, retry: str | None) -> Batch:
    """Return the runs with what their folder already holds of them."""
    named = {keys.of(run): run for run in runs}
    specs = {key: {**run.spec(), "start_label": run.start_label} for key, run in named.items()}
    known = {} if fresh or retry == "all" else store.previous(folder)
    known = {k: v for k, v in known.items() if k in named and not (retry == "failed" and v.row["status"] in FAILURES)}
    for key, finished in known.items():
        finished.row |= {"label": specs[key]["label"], "start": specs[key]["start_label"]}
    return Batch(named, specs, dict(known), len(known))


def carry_out(those: Batch, executor: Executor, plugins: tuple[str, ...], *, progress: bool, unit: str = "run") -> None:
    """Execute what is missing of a batch; whatever interrupts it leaves what was done in `those.done`."""
    tasks = [Task(key, spec, plugins) for key, spec in those.specs.items() if key not in those.done]
    for outcome in _watched(executor.run(tasks), len(tasks), progress, unit):
        those.done[outcome.task.key] = outcome.finished or _lost(outcome)


def make_executor(wish: Any, workers: int | None, plugins: tuple[str, ...]) -> Executor:
    """Return an executor from its name, its specification or itself."""
    if isinstance(wish, Executor):
        return wish
    settings = {"name": wish} if isinstance(wish, str) else dict(wish)
    if workers is not None and settings["name"] != "serial":
        settings["workers"] = workers
    made: Executor = catalogue(plugins).make("executors", settings)
    return made


def _watched(outcomes: Any, total: int, progress: bool, unit: str) -> Any:
    if not progress or not total:
        return outcomes
    from tqdm import tqdm

    return tqdm(outcomes, total=total, unit=unit, disable=None, leave=False)


def _lost(outcome: Outcome) -> Finished:
    """The row of a run whose process did not live to report."""
    spec = outcome.task.spec
    row = {"problem": spec["problem"]["name"], "optimizer": spec["optimizer"]["name"], "label": spec["label"],
           "start": spec["start_label"], "seed": spec["seed"], "precision": spec["precision"]}  # fmt: skip
    for kind in ("problem", "optimizer"):
        row |= {
            f"{kind}.{k}": v for k, v in spec[kind].items() if isinstance(v, (bool, int, float, str)) and k != "name"
        }
    return failed(row, Status.ERROR if outcome.kind == "error" else Status.KILLED, outcome.reason)
