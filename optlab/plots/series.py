"""What the plots read from the tables: names of panels and lines, outcomes, lines thinned to what shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optlab.core.status import Status

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.problem import Array

LIMITS = frozenset(s.name for s in (Status.MAX_ITERATIONS, Status.MAX_EVALUATIONS, Status.TIMEOUT, Status.STALLED))
"""Statuses of runs that stopped short of convergence without anything having gone wrong."""
GOOD = frozenset(s.name for s in (Status.CONVERGED, Status.ACCEPTABLE))
MOST_POINTS = 1000
"""Points drawn per line: more than a panel has pixels across."""


def failed(status: str) -> bool:
    """Whether a status, by name, says that a run broke down."""
    return status not in GOOD and status not in LIMITS


def panel_names(runs: pd.DataFrame, ignore: Iterable[str] = ()) -> list[str]:
    """Return the panel of every run: its problem, with the settings that tell it from its namesakes."""
    return _named(runs, "problem", "problem.", ignore, ())


def line_names(runs: pd.DataFrame, ignore: Iterable[str] = (), within: Iterable[str] = ("panel",)) -> list[str]:
    """Return the line of every run: its label, with the settings, or the precision, that tell it from its namesakes.

    Only runs that agree in the columns `within` need telling apart.
    """
    more = [name for name in ("precision",) if name in runs]
    return _named(runs, "label" if "label" in runs else "optimizer", "optimizer.", ignore, within, more)


def _named(
    runs: pd.DataFrame,
    column: str,
    prefix: str,
    ignore: Iterable[str],
    within: Iterable[str],
    more: Iterable[str] = (),
) -> list[str]:
    bases = [str(base) for base in runs[column]]
    groups = list(zip(bases, *(runs[name] for name in within), strict=True))
    settings = [name for name in runs.columns if str(name).startswith(prefix) or name in more]
    settings = [name for name in settings if name not in set(ignore)]
    values = {name: [_short(value) for value in runs[name]] for name in settings}
    telling: dict[str, set[str]] = {base: set() for base in bases}
    for name, column_values in values.items():
        first: dict[tuple[Any, ...], str] = {}
        for base, group, value in zip(bases, groups, column_values, strict=True):
            if first.setdefault(group, value) != value:
                telling[base].add(name)
    names = []
    for i, base in enumerate(bases):
        said = [f"{n.removeprefix(prefix)} = {values[n][i]}" for n in settings if n in telling[base] and values[n][i]]
        names.append(f"{base} ({', '.join(said)})" if said else base)
    return names


def named(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with the columns `panel` and `line`."""
    runs = runs.assign(panel=panel_names(runs))
    return runs.assign(line=line_names(runs))


def _short(value: Any) -> str:
    """A setting in a few characters; empty where it does not apply."""
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower()
    if isinstance(value, (int, float, np.number)):
        return f"{value:.4g}"
    return str(value)


def outcomes(runs: pd.DataFrame) -> dict[str, str]:
    """Return line → its name with the statuses, other than success, that its runs ended with, as a legend says it."""
    ran = runs[runs["status"] != Status.SKIPPED.name]
    said = {}
    for line, statuses in ran.groupby("line", sort=False)["status"]:
        counts = {s: int((statuses == s).sum()) for s in dict.fromkeys(statuses) if s not in GOOD}
        words = [f"{count} of {len(statuses)} {s}" if count < len(statuses) else s for s, count in counts.items()]
        said[str(line)] = f"{line} ({', '.join(words)})" if words else str(line)
    return said


def settled(runs: pd.DataFrame, iterations: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    """Return (row of runs, its iterations) of every run that took at least its start, in the order of runs."""
    place = iterations.groupby("run", sort=False).indices
    return [(run, iterations.iloc[place[run["run"]]]) for run in runs.to_dict("records") if run["run"] in place]


def column(iterations: pd.DataFrame, name: str) -> Array:
    """Return a column as floats; NaN throughout where the table does not have it."""
    if name not in iterations:
        return np.full(len(iterations), np.nan)
    return np.asarray(iterations[name], dtype=float)


def thinned(y: Array, most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Return ascending indices of few enough points to draw: both ends, and the extremes of every stretch.

    The beginning is thinned less, for logarithmic axes: its tenth gets half as many points again, and so on.
    """
    if len(y) <= most:
        return np.arange(len(y))
    return np.union1d(_extremes(y, most // 2), thinned(y[: len(y) // 10], most // 2))


def _extremes(y: Array, most: int) -> NDArray[np.int64]:
    """Return both ends, and where the least and the greatest value of each of `most`/2 stretches are."""
    width = -(-2 * len(y) // most)
    padded = np.pad(y, (0, -len(y) % width), constant_values=np.nan).reshape(-1, width)
    there = np.isfinite(padded)
    begin = np.arange(0, padded.size, width)
    least = begin + np.where(there, padded, np.inf).argmin(axis=1)
    greatest = begin + np.where(there, padded, -np.inf).argmax(axis=1)
    some = there.any(axis=1)
    return np.unique(np.concatenate([[0, len(y) - 1], least[some], greatest[some]]))
