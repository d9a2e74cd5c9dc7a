"""From an Experiment to a results folder: what is missing is executed, the rest is reused."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optlab import environment, store
from optlab.core.status import InputError, OptlabError, Status
from optlab.executors.base import Executor, Outcome, Task
from optlab.expect import evaluate
from optlab.fingerprint import digest, source_digest, versions
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


def key_of(run: Run, plugins: tuple[str, ...]) -> str:
    """Return the content key of a run: its specification, its sources however indirect, the versions that matter.

    What it is called does not count.
    """
    spec = run.spec()
    wanted = [("problems", spec["problem"]["name"]), ("optimizers", spec["optimizer"]["name"])]
    wanted += [("columns", c if isinstance(c, str) else c["name"]) for c in spec["columns"]]
    sources = [_source_of(plugins, kind, name) for kind, name in wanted]
    identity = {name: value for name, value in spec.items() if name not in DISPLAY}
    return digest({"spec": identity, "sources": sources, "versions": versions()})


_SOURCES: dict[tuple[Path, int], str] = {}


def _source_of(plugins: tuple[str, ...], kind: str, name: str) -> str:
    path = catalogue(plugins).entry(kind, name).path
    stamp = (path, path.stat().st_mtime_ns)
    if stamp not in _SOURCES:
        _SOURCES[stamp] = source_digest(path)
    return _SOURCES[stamp]


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
    runs = {key_of(r, plugins): r for r in experiment.runs()}
    specs = {key: {**r.spec(), "start_label": r.start_label} for key, r in runs.items()}
    known = {} if fresh or retry == "all" else store.previous(place)
    known = {k: v for k, v in known.items() if k in runs and not (retry == "failed" and v.row["status"] in FAILURES)}
    for key, finished in known.items():
        finished.row |= {"label": specs[key]["label"], "start": specs[key]["start_label"]}
    tasks = [Task(key, spec, plugins) for key, spec in specs.items() if key not in known]
    done = dict(known)
    interrupted = False
    try:
        for outcome in _watched(
            _executor(executor or experiment.executor, workers, plugins).run(tasks), len(tasks), progress
        ):
            done[outcome.task.key] = outcome.finished or _lost(outcome)
    except KeyboardInterrupt:
        interrupted = True
    ordered = {key: done[key] for key in runs if key in done}
    store.write(place, ordered, specs)
    environment.write(place, experiment.source, plugins, experiment.seeds)
    temporary = place / "experiment.yaml.tmp"
    temporary.write_text(experiment.to_yaml(place))
    temporary.replace(place / "experiment.yaml")
    results = Results(place)
    results.executed, results.reused = len(done) - len(known), len(known)
    results.verdicts = evaluate(experiment.expect, results)
    (place / "expectations.json").write_text(json.dumps([asdict(v) for v in results.verdicts], indent=2))
    if interrupted:
        msg = f"interrupted: {len(ordered)} of {len(runs)} runs are in {place}; the same command runs the rest"
        raise Interrupted(msg)
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
