"""From an Experiment to a results folder: what is missing is executed, the rest is reused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optlab import environment, store, work
from optlab.choice import AUTO, METHODS
from optlab.core.settings import type_of
from optlab.core.status import InputError, OptlabError, Status
from optlab.executors.base import Executor, Outcome, Task
from optlab.expect import evaluate
from optlab.fingerprint import digest, source_digest, versions
from optlab.registry import inner_kind
from optlab.results import Results
from optlab.work import Finished, catalogue, failed

if TYPE_CHECKING:
    from optlab.experiment import Experiment, Run

FAILURES = frozenset({Status.ERROR.name, Status.KILLED.name, Status.TIMEOUT.name})
"""Statuses that `retry="failed"` runs again, and that --strict objects to."""

DISPLAY = ("label", "start_label")
"""What a run is called in tables; it may change without a new run."""


class Interrupted(OptlabError):  # noqa: N818  not a fault
    """Ctrl-C: what was computed is in the results folder."""


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
        return digest({"spec": identity, "sources": [self._loop, *sources], "versions": versions()})

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


def execute(
    experiment: Experiment,
    *,
    folder: str | Path | None = None,
    executor: str | Executor | None = None,
    workers: int | None = None,
    progress: bool = True,
    fresh: bool = False,
    retry: str | None = None,
) -> Results:
    """Execute an experiment and write its results folder.

    Parameters
    ----------
    experiment : Experiment
        From `optlab.experiment.load` or `from_dict`.
    folder : path, optional
        Where the results go; ``results/<name>`` below the working directory by default.
    executor : str or Executor, optional
        "auto", "serial", "local", or an instance; the experiment's own by default.
    workers : int, optional
        Number of worker processes.
    progress : bool
        Show a progress bar on a terminal.
    fresh : bool
        Run everything again.
    retry : "failed" or "all", optional
        Run again what ended in ERROR, KILLED or TIMEOUT, or everything.

    Raises
    ------
    OptlabError
        Before the first run: when the folder cannot be written, or is another experiment's.
    Interrupted
        After Ctrl-C, once what was computed is written.
    """
    if retry not in (None, "failed", "all"):
        msg = f"retry must be 'failed' or 'all', given {retry!r}"
        raise InputError(msg)
    place = Path(folder) if folder is not None else Path("results") / experiment.name
    environment.claim(place, experiment.source)
    plugins = tuple(str(p) for p in experiment.plugins)
    keys = Keys(plugins)
    runs = {keys.of(r): r for r in experiment.runs()}
    specs = {key: {**r.spec(), "start_label": r.start_label} for key, r in runs.items()}
    known = {} if fresh or retry == "all" else store.previous(place)
    known = {k: v for k, v in known.items() if k in runs and not (retry == "failed" and v.row["status"] in FAILURES)}
    for key, finished in known.items():
        finished.row |= {"label": specs[key]["label"], "start": specs[key]["start_label"]}
    tasks = [Task(key, spec, plugins) for key, spec in specs.items() if key not in known]
    done = dict(known)
    failure: BaseException | None = None
    try:
        for outcome in _watched(
            _executor(executor or experiment.executor, workers, plugins).run(tasks), len(tasks), progress
        ):
            done[outcome.task.key] = outcome.finished or _lost(outcome)
    except (KeyboardInterrupt, Exception) as error:  # what was computed is written before anyone hears of it
        failure = error
    ordered = {key: done[key] for key in runs if key in done}
    store.write(place, ordered, specs)
    environment.write(place, experiment.source, plugins, experiment.seeds, experiment.overrides)
    temporary = place / "experiment.yaml.tmp"
    temporary.write_text(experiment.to_yaml(place))
    temporary.replace(place / "experiment.yaml")
    results = Results(place)
    results.executed, results.reused = len(done) - len(known), len(known)
    results.verdicts = evaluate(experiment.expect, results)
    (place / "expectations.json").write_text(json.dumps([asdict(v) for v in results.verdicts], indent=2))
    if isinstance(failure, KeyboardInterrupt):
        msg = f"interrupted: {len(ordered)} of {len(runs)} runs are in {place}; the same command runs the rest"
        raise Interrupted(msg)
    if failure is not None:
        raise failure
    return results


def _executor(wish: Any, workers: int | None, plugins: tuple[str, ...]) -> Executor:
    if isinstance(wish, Executor):
        return wish
    settings = {"name": wish} if isinstance(wish, str) else dict(wish)
    if workers is not None and settings["name"] != "serial":
        settings["workers"] = workers
    made: Executor = catalogue(plugins).make("executors", settings)
    return made


def _watched(outcomes: Any, total: int, progress: bool) -> Any:
    if not progress or not total:
        return outcomes
    from tqdm import tqdm

    return tqdm(outcomes, total=total, unit="run", disable=None, leave=False)


def _lost(outcome: Outcome) -> Finished:
    """The row of a run whose process did not live to report."""
    spec = outcome.task.spec
    row = {"problem": spec["problem"]["name"], "optimizer": spec["optimizer"]["name"], "label": spec["label"],
           "start": spec["start_label"], "seed": spec["seed"]}  # fmt: skip
    for kind in ("problem", "optimizer"):
        row |= {
            f"{kind}.{k}": v for k, v in spec[kind].items() if isinstance(v, (bool, int, float, str)) and k != "name"
        }
    return failed(row, Status.ERROR if outcome.kind == "error" else Status.KILLED, outcome.reason)
