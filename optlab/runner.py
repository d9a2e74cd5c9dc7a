"""From an Experiment to a results folder: what is missing is executed, the rest is reused."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from optlab import environment, store, tuning
from optlab.core.status import InputError, OptlabError
from optlab.execution import FAILURES, Keys, batch, carry_out, make_executor
from optlab.expect import evaluate
from optlab.results import Results

if TYPE_CHECKING:
    from optlab.executors.base import Executor
    from optlab.experiment import Experiment

__all__ = ["FAILURES", "Interrupted", "Keys", "execute"]


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
    place = Path(folder) if folder is not None else Path("results") / experiment.name
    environment.claim(place, experiment.source)
    plugins = tuple(str(p) for p in experiment.plugins)
    keys, runner = Keys(plugins), make_executor(executor or experiment.executor, workers, plugins)
    failure: BaseException | None = None
    chosen = tuning.Choices()
    those = batch([run for run in experiment.runs() if not run.candidates], keys, place, fresh=fresh, retry=retry)
    try:
        chosen = tuning.choose(experiment, keys, runner, place / "tuning", progress=progress, fresh=fresh, retry=retry)
        those = batch(chosen.apply(experiment.runs()), keys, place, fresh=fresh, retry=retry)
        carry_out(those, runner, plugins, progress=progress)
    except (KeyboardInterrupt, Exception) as error:  # what was computed is written before anyone hears of it
        failure = error
    chosen.mark(those)
    store.write(place, those.ordered, those.specs)
    chosen.write(place)
    environment.write(place, experiment.source, plugins, experiment.seeds, experiment.overrides)
    temporary = place / "experiment.yaml.tmp"
    temporary.write_text(experiment.to_yaml(place))
    temporary.replace(place / "experiment.yaml")
    results = Results(place)
    results.executed, results.reused = len(those.done) - those.reused, those.reused
    results.verdicts = evaluate(experiment.expect, results)
    (place / "expectations.json").write_text(json.dumps([asdict(v) for v in results.verdicts], indent=2))
    if isinstance(failure, KeyboardInterrupt):
        total = len(experiment.runs())
        msg = f"interrupted: {len(those.ordered)} of {total} runs are in {place}; the same command runs the rest"
        raise Interrupted(msg)
    if failure is not None:
        raise failure
    return results
