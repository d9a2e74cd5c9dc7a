"""Settings chosen before the runs: the same trials, budgets and training starts for every contender.

A trial is judged by the evaluations it needs to come within ACCURACY of the best that any trial of any contender
reached from the same start; where it does not come there, by the best f. Ranks are averaged over the training starts,
so that no start outweighs another.

Source: Sivaprasad, Mai, Vogels, Jaggi & Fleuret (2020), Optimizer benchmarking needs to account for hyperparameter
tuning; effort until a decrease: Moré & Wild (2009), equation 2.2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.execution import Keys, batch, carry_out
from optlab.store import Store
from optlab.tables import write_rows
from optlab.work import Finished

if TYPE_CHECKING:
    from optlab.config.run import Run
    from optlab.executors.base import Executor
    from optlab.experiment import Experiment

ACCURACY = 1e-6
"""Of the fall of f from the training start to the best that any trial reached."""
EVERY = "all problems"
Contender = tuple[str, str]
"""A problem (or EVERY), as text, and the label of an optimizer."""


@dataclass
class Choices:
    """What was chosen, for whom, and every trial as a row of a table."""

    settings: dict[Contender, dict[str, Any]] = field(default_factory=dict)
    words: dict[Contender, str] = field(default_factory=dict)
    trials: list[dict[str, Any]] = field(default_factory=list)
    per: str = "problem"

    def apply(self, runs: Sequence[Run]) -> Sequence[Run]:
        """Return the runs with the chosen settings in place of candidates."""
        if not self.settings:
            return runs
        return [run.with_settings(self.settings[self.contender(run)]) if run.candidates else run for run in runs]

    def contender(self, run: Run) -> Contender:
        """Return whom a run belongs to."""
        return (EVERY if self.per == "all" else json.dumps(run.problem, sort_keys=True), run.label)

    def tell(self, run: Run) -> dict[str, Any]:
        """Return what the row of a run says of the choice."""
        return {"tuned": self.words.get(self.contender(run), "")} if self.words else {}

    def write(self, folder: Path) -> None:
        """Write tuning.parquet, a row per trial and training start; nothing where nothing was tuned."""
        if self.trials:
            write_rows(folder / "tuning.parquet", self.trials)


def choose(
    experiment: Experiment, keys: Keys, executor: Executor, folder: Path, *, progress: bool, fresh: bool,
    retry: str | None,
) -> Choices:  # fmt: skip
    """Carry out the training runs of an experiment, reusing those that `folder` holds, and choose."""
    waiting = [run for run in experiment.runs() if run.candidates]
    if not waiting or experiment.tuning is None:
        return Choices()
    choices = Choices(per=experiment.tuning["per"])
    contenders = {(json.dumps(run.problem, sort_keys=True), run.label): run for run in reversed(waiting)}
    training = [trial for run in reversed(contenders.values()) for trial in trials_of(run, experiment)]
    folder.mkdir(parents=True, exist_ok=True)
    with Store(folder) as store:
        those = batch([trial for trial, _ in training], keys, store, fresh=fresh, retry=retry)
        try:
            carry_out(those, executor, tuple(str(p) for p in experiment.plugins), progress=progress, unit="trial")
        finally:
            those.finish()
        done = {key: _judged(finished) for key, finished in store.snapshot.finished(list(dict.fromkeys(those.keys)))}
    _judge(choices, [(*trial, done[key]) for trial, key in zip(training, those.keys, strict=True)])
    return choices


def _judged(finished: Finished) -> Finished:
    """Return what a trial is judged by, without the rest."""
    names = ("f", "n_f", "n_gradient", "n_hessian", "n_hvp")
    return Finished(finished.row, {name: v for name, v in finished.iterations.items() if name in names})


def trials_of(run: Run, experiment: Experiment) -> list[tuple[Run, dict[str, Any]]]:
    """Return the training runs of one contender, each with the settings it tries."""
    protocol = experiment.tuning
    assert protocol is not None
    tried: Sequence[dict[str, Any]] = run.candidates
    if protocol.get("trials") and protocol["trials"] < len(tried):
        drawn = np.random.default_rng([experiment.seeds[0], *b"tuning"]).permutation(len(tried))[: protocol["trials"]]
        tried = [tried[i] for i in sorted(drawn)]
    stop = {"stationarity": 0.0, "iterations": max(protocol["budget"].values()), "evaluations": protocol["budget"]}
    starts = [{"kind": "training", "index": i, "radius": float(protocol["radius"])} for i in range(protocol["starts"])]
    shared: dict[str, Any] = {
        "stop": stop, "record": {"trajectory": "none"}, "columns": [], "seed": experiment.seeds[0]
    }  # fmt: skip
    return [(run.with_settings(settings, start=start, **shared), settings) for settings in tried for start in starts]


def _judge(choices: Choices, training: list[tuple[Run, dict[str, Any], Finished]]) -> None:
    """Rank the trials of every contender, choose the best, and keep a row of each."""
    least: dict[str, tuple[float, float]] = {}
    for trial, _, done in training:
        place = _place(trial)
        start, best = least.get(place, (-inf, inf))
        f = done.iterations.get("f", ())
        least[place] = (max(start, float(f[0]) if len(f) else -inf), min(best, _best(done)))
    scores: dict[tuple[Contender, str], list[tuple[float, float]]] = {}
    rows = []
    for trial, settings, done in training:
        start, best = least[_place(trial)]
        effort = _effort(done, best + ACCURACY * (start - best))
        contender = choices.contender(trial)
        scores.setdefault((contender, json.dumps(settings, sort_keys=True)), []).append((effort, _best(done)))
        rows.append((contender, settings, {
            "problem": trial.problem["name"], "label": trial.label, "start": trial.start_label, **settings,
            "best_f": _best(done), "evaluations": effort, "status": done.row["status"]}))  # fmt: skip
    ranks = _ranks(scores)
    for contender in dict.fromkeys(contender for contender, _ in scores):
        those = {words: rank for (who, words), rank in ranks.items() if who == contender}
        winner = min(those, key=lambda words: those[words])
        choices.settings[contender] = json.loads(winner)
        tried = [json.loads(words) for words in those]
        choices.words[contender] = _words(choices.settings[contender], tried)
    for contender, settings, row in rows:
        words = json.dumps(settings, sort_keys=True)
        chosen = choices.settings[contender] == json.loads(words)
        choices.trials.append({**row, "rank": ranks[contender, words], "chosen": chosen})


def _place(trial: Run) -> str:
    return json.dumps([trial.problem, trial.start], sort_keys=True)


def _best(done: Finished) -> float:
    best = done.row.get("best_f")
    return float(best) if best is not None and np.isfinite(best) else inf


def _effort(done: Finished, bound: float) -> float:
    """Return the evaluations, max(n_f, n_gradient) + n_hessian + n_hvp, until f is within the bound; inf for never."""
    table = done.iterations
    f = np.asarray(table.get("f", ()), dtype=float)
    there = np.flatnonzero(f <= bound)
    if not there.size:
        return inf
    i = int(there[0])
    return float(max(table["n_f"][i], table["n_gradient"][i]) + table["n_hessian"][i] + table["n_hvp"][i])


def _ranks(scores: dict[tuple[Contender, str], list[tuple[float, float]]]) -> dict[tuple[Contender, str], float]:
    """Return the mean rank of every trial among those of its contender, over starts; equal scores share a rank."""
    ranks = {}
    for contender in {who for who, _ in scores}:
        trials = [key for key in scores if key[0] == contender]
        columns = [[scores[key][i] for key in trials] for i in range(len(scores[trials[0]]))]
        for j, key in enumerate(trials):
            ranks[key] = float(np.mean([sum(other < column[j] for other in column) for column in columns]))
    return ranks


def _words(chosen: dict[str, Any], tried: list[dict[str, Any]]) -> str:
    """Return the choice in words; a number at the edge of what was tried is said to be there."""
    parts = []
    for name, value in chosen.items():
        values = sorted({t[name] for t in tried if isinstance(t[name], (int, float))})
        edge = len(values) > 1 and value in (values[0], values[-1])
        parts.append(f"{name} = {value:.6g}" if isinstance(value, float) else f"{name} = {value}")
        parts[-1] += " (at the edge of its range: widen it)" if edge else ""
    return f"{', '.join(parts)}; of {len(tried)} trials"
