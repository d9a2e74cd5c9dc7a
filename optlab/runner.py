"""From an Experiment to a results folder: what is missing is executed, the rest is reused."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from optlab import environment, made, tuning
from optlab.core.status import InputError, OptlabError
from optlab.execution import FAILURES, Keys, batch, carry_out, compare, make_executor
from optlab.expect import evaluate
from optlab.results import Results
from optlab.snapshot import Snapshot
from optlab.store import Store, writing

if TYPE_CHECKING:
    from optlab.executors.base import Executor
    from optlab.experiment import Experiment

__all__ = ["FAILURES", "Interrupted", "Keys", "execute", "outlook"]


class Interrupted(OptlabError):  # noqa: N818  not a fault
    """Ctrl-C: what was computed is in the results folder."""


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
    place = place_of(experiment, folder)
    environment.claim(place, experiment.source)
    plugins = tuple(str(p) for p in experiment.plugins)
    runner = make_executor(executor or experiment.executor, workers, plugins)
    with Store(place) as store:
        return _execute(
            experiment, place, store, Keys(plugins), runner, plugins, progress=progress, fresh=fresh, retry=retry
        )


def outlook(
    experiment: Experiment, folder: str | Path | None = None, *, fresh: bool = False, retry: str | None = None
) -> tuple[int, int]:
    """Return how many runs `execute` would execute and how many it would reuse; those still to be tuned not counted."""
    runs = [run for run in experiment.runs() if not run.candidates]
    keys = Keys(tuple(str(p) for p in experiment.plugins))
    there = Snapshot(place_of(experiment, folder), verify=False)
    missing, reused = compare([keys.of(run) for run in runs], there, fresh=fresh, retry=retry)
    return len(missing), reused


def place_of(experiment: Experiment, folder: str | Path | None) -> Path:
    """Return the results folder of an experiment: the one given, or ``results/<name>`` below the working directory."""
    return Path(folder) if folder is not None else Path("results") / experiment.name


def _execute(
    experiment: Experiment, place: Path, store: Store, keys: Keys, runner: Executor, plugins: tuple[str, ...], *,
    progress: bool, fresh: bool, retry: str | None,
) -> Results:  # fmt: skip
    runs = experiment.runs()
    with writing(place):
        environment.write(place, experiment.source, plugins, experiment.seeds, experiment.overrides, len(runs))
        temporary = place / "experiment.yaml.tmp"
        temporary.write_text(experiment.to_yaml(place))
        temporary.replace(place / "experiment.yaml")
    failure: BaseException | None = None
    chosen = tuning.Choices()
    ready = [run for run in runs if not run.candidates] if experiment.tuning is not None else runs
    those = batch(ready, keys, store, fresh=fresh, retry=retry)
    try:
        if experiment.tuning is not None:
            chosen = tuning.choose(experiment, keys, runner, place / "tuning", progress=progress, fresh=fresh,
                                   retry=retry)  # fmt: skip
            those = batch(chosen.apply(runs), keys, store, fresh=fresh, retry=retry)
            those.words = chosen.tell
        carry_out(those, runner, plugins, progress=progress)
    except (KeyboardInterrupt, Exception) as error:  # what was computed is written before anyone hears of it
        failure = error
    try:
        done = those.finish()
        chosen.write(place)
    except OptlabError as error:
        raise failure or error from None
    if isinstance(failure, KeyboardInterrupt):
        msg = f"interrupted: {done} of {len(runs)} runs are in {place}; the same command runs the rest"
        raise Interrupted(msg)
    if failure is not None and not done:
        raise failure
    results = Results(place)
    results.executed, results.reused, results.set_aside = those.executed, those.reused, tuple(store.set_aside)
    results.current = not (fresh or retry or those.executed or failure) and made.is_current(
        place, experiment.plots, plugins
    )
    if not results.current:
        made.forget(place)
        results.verdicts = evaluate(experiment.expect, results)
        with writing(place):
            (place / "expectations.json").write_text(json.dumps([asdict(v) for v in results.verdicts], indent=2))
    if failure is not None:
        raise failure
    return results
