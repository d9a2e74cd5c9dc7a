"""One run, from its specification to plain arrays; what a worker process does."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from math import nan
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.choice import Auto, NothingFitsError, choose
from optlab.core.column import compute_columns
from optlab.core.driver import Loop, evaluate_later, run
from optlab.core.endings import explain
from optlab.core.events import Watch
from optlab.core.precision import in_precision
from optlab.core.settings import name_of, settings_of
from optlab.core.status import OptlabError, Status, legible
from optlab.core.stop import Evaluations, Iterations, Seconds, Stationary, Stop
from optlab.core.tape import COLUMNS, RUNNING, Tape
from optlab.core.trace import COUNTS, Keep, Trace, read
from optlab.core.transform import Wrapper
from optlab.registry import Catalogue
from optlab.surroundings import surroundings

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase

SWEEP_MEGABYTES = 64.0
"""How much of each run's trajectory is kept in a sweep."""


@dataclass
class Finished:
    """What a run leaves: a row for the runs table, columns for the iterations table, the kept iterates.

    Attributes
    ----------
    row : dict
        Scalars and text; what is neither, or is too large for a table, is put in words.
    iterations : dict of (K,) arrays
        One entry per column.
    rows, points : (M,) int array, (M, n) array
        Which iterations were kept, and their x.
    """

    row: dict[str, Any]
    iterations: dict[str, Any] = field(default_factory=dict)
    rows: Any = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    points: Any = field(default_factory=lambda: np.empty((0, 0)))

    def __post_init__(self) -> None:
        self.row = {name: tidy(value) for name, value in self.row.items()}


def tidy(value: Any) -> Any:
    """Return a value as a table, a file and another process can hold it: a number of 64 bits, a text that ends."""
    if isinstance(value, np.generic):
        value = float(value) if isinstance(value, np.floating) else value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    with suppress(OverflowError):
        if isinstance(value, (int, float)):
            return float(value)
    return legible(value)


def catalogue(plugins: tuple[str, ...]) -> Catalogue:
    """Return the catalogue with these plug-ins, built once per process and again after an edit of one of them."""
    return _catalogue(plugins, tuple(Path(p).stat().st_mtime_ns if Path(p).is_file() else 0 for p in plugins))


@cache
def _catalogue(plugins: tuple[str, ...], _edited: tuple[int, ...]) -> Catalogue:
    return Catalogue(plugins)


def make_stop(spec: Mapping[str, Any]) -> Stop:
    """Build the stop rules of a run: stationarity, atol, iterations, evaluations, seconds, whichever are given."""
    rules: list[Stop] = [Stationary(rtol=spec.get("stationarity", 1e-8), atol=spec.get("atol", 0.0))]
    if spec.get("iterations") is not None:
        rules.append(Iterations(int(spec["iterations"])))
    if spec.get("evaluations"):
        rules.append(Evaluations(**spec["evaluations"]))
    if spec.get("seconds") is not None:
        rules.append(Seconds(float(spec["seconds"])))
    stop = rules[0]
    for rule in rules[1:]:
        stop = stop | rule
    return stop


def make_keep(spec: Mapping[str, Any] | None) -> Keep:
    """Build the recording rule of a run from ``{"trajectory": "all" | "none" | {"every": k} | {"geometric": m}}``."""
    wish = (spec or {}).get("trajectory", "all")
    if isinstance(wish, Mapping):
        ((mode, number),) = wish.items()
        key = "stride" if mode == "every" else "per_decade"
        return Keep(mode, megabytes=SWEEP_MEGABYTES, **{key: int(number)})
    return Keep(wish, megabytes=SWEEP_MEGABYTES)


def make_start(spec: Mapping[str, Any], standard: Any, seed: int) -> Any:
    """Return x0, shape (n,): the standard start, a multiple of it, a random point around it, or a given one.

    Random starts are uniform in the ball of `radius` around the standard start; the same (seed, index) gives
    the same point to every optimizer.
    """
    kind = spec["kind"]
    if kind == "standard":
        return standard
    if kind == "scaled":
        return spec["factor"] * standard
    if kind == "point":
        return np.array(spec["x"], dtype=float)
    axis = b"training" if kind == "training" else b"start"  # no run begins where its settings were chosen
    rng = np.random.default_rng(np.random.SeedSequence([seed, spec["index"], *axis]))
    direction = rng.standard_normal(standard.size)
    return standard + spec["radius"] * rng.random() ** (1 / standard.size) * direction / np.linalg.norm(direction)


def flatten(prefix: str, item: Any) -> dict[str, Any]:
    """Return every setting of an object as ``prefix.setting``; an inner object gives its name and its own settings."""
    row: dict[str, Any] = {}
    cls: Any = type(item)
    for name in settings_of(cls):
        value: Any = getattr(item, name)
        kind: Any = type(value)
        key = f"{prefix}.{name}"
        if value is None or isinstance(value, (bool, int, float, str)):
            row[key] = value
        elif is_dataclass(kind):
            row[key] = name_of(value)
            row |= flatten(key, value)
        else:
            row[key] = json.dumps(
                np.asarray(value).tolist() if isinstance(value, (np.ndarray, tuple, list)) else str(value)
            )
    return row


def problem_row(problem: ProblemBase) -> dict[str, Any]:
    """Return every setting of a problem, its n, and its transforms in words and with their settings."""
    chain: tuple[Any, ...] = getattr(problem, "chain", ())
    base = problem
    while isinstance(base, Wrapper):
        base = base.inner
    row = flatten("problem", base) | {"problem.n": problem.n}
    row["problem.transforms"] = " + ".join(name_of(transform) for transform in chain) or "none"
    for transform in chain:
        row |= flatten(f"problem.{name_of(transform)}", transform)
    return row


def identity(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the row of a run holds before anything is built."""
    return {
        "problem": spec["problem"]["name"], "optimizer": spec["optimizer"]["name"], "label": spec["label"],
        "start": spec["start_label"], "seed": spec["seed"], "precision": spec.get("precision", "float64"),
    }  # fmt: skip


def perform(spec: Mapping[str, Any], plugins: tuple[str, ...] = (), tape: Tape | None = None) -> Finished:
    """Run one specification (see `optlab.experiment.Run.spec`) and compute its columns.

    Whatever goes wrong is a status in the row; nothing is raised. With a `tape`, what is known of the run and its
    trace are there as they come, for `stopped` and `salvage`.
    """
    row = identity(spec)
    try:
        names = catalogue(plugins)
    except OptlabError as error:
        return failed(row, Status.ERROR, str(error))
    with surroundings(names.plugins_of(spec), spec.get("stream", spec["seed"])):
        return _perform(spec, names, row, tape)


def _perform(spec: Mapping[str, Any], names: Catalogue, row: dict[str, Any], tape: Tape | None) -> Finished:
    try:
        problem = names.make("problems", spec["problem"])
        optimizer, chosen = names.make("optimizers", spec["optimizer"]), None
        if isinstance(optimizer, Auto):
            chosen = choose(problem)
            optimizer, row["optimizer.chosen"] = names.make("optimizers", chosen.name), chosen.name
        columns = [names.make("columns", c) for c in spec["columns"]]
        row |= problem_row(problem) | flatten("optimizer", optimizer)
        standard = np.asarray(problem.start(), dtype=float)
        start = make_start(spec["start"], standard, spec["seed"])
        task = in_precision(problem, row["precision"])
        loop = Loop(task, optimizer, start=start, stop=make_stop(spec["stop"]), seed=spec.get("stream", spec["seed"]))
        watch = Watch() if any(column.watches for column in columns) else None
        if tape is not None:
            tape.enter(RUNNING, row, monotonic())
        trace = run(loop, make_keep(spec["record"]), watch=watch, tape=tape)
    except NothingFitsError as error:
        return failed(row, Status.SKIPPED, str(error))
    except OptlabError as error:
        return failed(row, Status.ERROR, str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return failed(row, Status.ERROR, explain(error), traceback.format_exc())
    row |= summarize(trace)
    row["message"] += loop.birthplace() + (f" ({chosen})" if chosen else "")
    if tape is not None:
        tape.enter(COLUMNS, row, monotonic())
    return _complete(row, trace, columns, task)


def salvage(spec: Mapping[str, Any], plugins: tuple[str, ...], row: dict[str, Any], trace: Trace) -> Finished:
    """Compute the columns of a run that was stopped, from what it left."""
    names = catalogue(plugins)
    with surroundings(names.plugins_of(spec), spec.get("stream", spec["seed"])):
        columns = [names.make("columns", c) for c in spec["columns"]]
        problem = in_precision(names.make("problems", spec["problem"]), spec.get("precision", "float64"))
        evaluate_later(trace, problem)
        return _complete(row | summarize(trace), trace, columns, problem)


def stopped(spec: Mapping[str, Any], tape: Tape, status: Status, reason: str) -> tuple[Finished, Trace]:
    """Return what a run that was stopped left: its row and its iterations without columns, and its trace.

    A run that had come to its end before, and was stopped over its columns, keeps its status; the reason is a note.
    """
    row = identity(spec) | (tape.row() or {})
    trace = read(tape, Status[row["status"]] if "status" in row else status, reason)
    if "status" not in row:
        row |= summarize(trace)
    else:
        row["notes"] = f"columns: {reason}"
    return Finished(row, {**_flat_scalars(trace), "kept": trace.kept}, trace.rows, trace.points), trace


def _complete(row: dict[str, Any], trace: Trace, columns: list[Any], problem: ProblemBase) -> Finished:
    """Compute the columns of a trace and put together what the run leaves."""
    values, notes, summary = compute_columns(columns, trace, problem)
    taken = sorted(summary.keys() & row.keys())
    if taken:
        notes["summaries"] = f"the names {', '.join(taken)} belong to the record of the run"
    row |= {name: value for name, value in summary.items() if name not in taken}
    row["notes"] = "; ".join(f"{name}: {why}" for name, why in notes.items())
    iterations: dict[str, Any] = {**_flat_scalars(trace), "kept": trace.kept, **values}
    return Finished(row, iterations, trace.rows, trace.points)


def _flat_scalars(trace: Trace) -> dict[str, Any]:
    """The scalars as columns; a recorded vector becomes one column per component."""
    flat: dict[str, Any] = {}
    for name, values in trace.scalars.items():
        if values.ndim == 1:
            flat[name] = values
        else:
            flat |= {f"{name}[{j}]": values[:, j] for j in range(values.shape[1])}
    return flat


def summarize(trace: Trace) -> dict[str, Any]:
    """Return the run-level facts of a trace: statuses, message, final f and stationarity, counts, seconds."""
    s = trace.scalars
    there = len(trace) > 0
    return {
        "status": trace.status.name, "claimed_status": trace.claimed.name, "message": trace.message,
        "f": float(s["f"][-1]) if there else nan,
        "best_f": float(np.fmin.reduce(s["f"])) if there else nan,
        "stationarity": float(s["stationarity"][-1]) if there else nan,
        "iterations": int(s["k"][-1]) if there else 0,
        "restarts": int(s["restarts"][-1]) if there else 0,
        **{name: int(s[name][-1]) if there else 0 for name in COUNTS},
        "seconds": float(s["seconds"][-1]) if there else 0.0,
        "traceback": trace.traceback,
    }  # fmt: skip


def failed(row: dict[str, Any], status: Status, message: str, traceback: str = "") -> Finished:
    """Return the row of a run that left no trace."""
    nothing = {"f": nan, "best_f": nan, "stationarity": nan, "iterations": 0, "restarts": 0, **dict.fromkeys(COUNTS, 0)}
    return Finished({**row, "status": status.name, "claimed_status": status.name, "message": message, **nothing,
                     "seconds": 0.0, "traceback": traceback})  # fmt: skip
