"""Many runs of one optimizer on one problem, in step: the driver's rules on arrays whose last axis is the runs.

The optimizer's own `init` and `step`, and the problem's own functions, are called with batches
(`derivatives.batched`): x is B points behind one hidden axis, a setting that differs from run to run B numbers. So
a step that only computes takes all runs at once, whoever wrote it. What needs the numbers of one run, such as a line
search that asks whether f has fallen, raises NotBatchableError; then the runs are taken one by one, by the driver's
loop. And they are where a sample, at least one run of every outcome, does not agree with that loop: not the status,
not the counts of iterations and evaluations, or not x and f to 10⁻¹².
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optlab.core.batch_front import Front, Outcomes
from optlab.core.driver import DEFAULT_STOP, Loop
from optlab.core.endings import lacking
from optlab.core.optimizer import Optimizer
from optlab.core.oracle import COUNTERS, check_start
from optlab.core.settings import check_settings, name_of, settings_of
from optlab.core.status import InputError, Status, nearest, worded
from optlab.core.stop import CODES, Seconds, Stop, code
from optlab.derivatives.batched import NotBatchableError

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.problem import Array, ProblemBase

ENTRIES = 32_768
"""Entries of x that go through the loop together: its arrays then stay in the cache."""
ROWS = 2
OUT_OF_TIME = code(Status.TIMEOUT)


@dataclass(frozen=True)
class Runs:
    """How K runs ended.

    Attributes
    ----------
    x, f, stationarity : (K, n), (K,), (K,) arrays
        The last iterate; f is NaN where the start could not be evaluated.
    status : (K,) array of str
        Names of `Status`.
    iterations : (K,) array
    evaluations : dict of (K,) arrays
        By counter: f, gradient, hessian, …
    starts : (K, n) array
    settings : dict of (K,) arrays
        What differs from run to run.
    together : bool
        Whether the runs were taken in step; `note` says why not.
    """

    x: Array
    f: Array
    stationarity: Array
    status: NDArray[Any]
    iterations: NDArray[np.int64]
    evaluations: dict[str, NDArray[np.int64]]
    starts: Array
    settings: dict[str, NDArray[Any]]
    together: bool
    note: str = ""

    def __len__(self) -> int:
        return len(self.f)

    @property
    def table(self) -> pd.DataFrame:
        """A row per run: settings, start1 …, status, f, stationarity, iterations, n_f …, x1 …."""
        import pandas as pd

        n = self.x.shape[1]
        return pd.DataFrame({
            **self.settings, **{f"start{i + 1}": self.starts[:, i] for i in range(n)}, "status": self.status,
            "f": self.f, "stationarity": self.stationarity, "iterations": self.iterations,
            **{f"n_{name}": counts for name, counts in self.evaluations.items()},
            **{f"x{i + 1}": self.x[:, i] for i in range(n)},
        })  # fmt: skip


def map_runs(
    problem: ProblemBase,
    optimizer: Optimizer,
    starts: Any = None,
    settings: Mapping[str, Any] | None = None,
    stop: Stop | None = None,
    seed: int = 0,
    check: int = 8,
    seconds: float = inf,
) -> Runs:
    """Run one optimizer K times on one problem, from K starts, with K values of its settings, or both.

    Parameters
    ----------
    starts : (K, n) or (n,) array-like, optional
        The problem's standard start by default.
    settings : mapping of (K,) array-likes
        Values of numeric settings, one per run.
    stop : Stop, optional
        As for one run.
    check : int
        How many runs of a batch are run again, one by one.
    seconds : float
        For all runs together; those that have not ended by then are TIMEOUT, those that have not begun at their start.

    Raises
    ------
    InputError
        For bad starts or settings, and for a method that does not fit the problem.
    """
    X, columns = _inputs(problem, optimizer, starts, settings or {})
    stop = DEFAULT_STOP if stop is None else stop
    reason = lacking(problem, optimizer)
    if reason:
        raise InputError(reason)
    ended = Outcomes(*X.shape)
    until = perf_counter() + seconds
    try:
        _refuse(problem, optimizer)
        with np.errstate(all="ignore"):
            for which in np.array_split(np.arange(len(X)), -(-X.size // ENTRIES)):
                Front(problem, optimizer, X, columns, stop, seed, ended, which).run(until)
            note = _differs(ended, problem, optimizer, X, columns, stop, seed, check, until)
    except (Exception, SystemExit) as error:  # whatever cannot be done for many runs at once may be one by one
        note = worded(error)
    if note:
        for i in range(len(X)):
            _alone(problem, optimizer, X, columns, stop, seed, i, ended, i, until)
    status = np.array([getattr(s, "name", "") for s in CODES], dtype=object)[ended.codes]
    counts = {name: ended.counts[:, j] for j, name in enumerate(COUNTERS)}
    return Runs(ended.x, ended.f, ended.stationarity, status, ended.iterations, counts, X, columns, not note, note)


def _inputs(
    problem: ProblemBase, optimizer: Optimizer, starts: Any, settings: Mapping[str, Any]
) -> tuple[Array, dict[str, Any]]:
    """Return the starts, (K, n), and the values of the settings, (K,) each, checked."""
    known = settings_of(type(optimizer))
    columns = {}
    for name, values in settings.items():
        if name not in known:
            allowed = ", ".join(known) or "none"
            msg = f"{name_of(optimizer)} has no setting {name!r}{nearest(name, known)} (settings: {allowed})"
            raise InputError(msg)
        columns[name] = np.atleast_1d(np.asarray(values))
        if columns[name].ndim != 1 or columns[name].dtype.kind not in "if" or not columns[name].size:
            msg = f"{name} must be one number per run, given {values!r}"
            raise InputError(msg)
        for extreme in (columns[name].min(), columns[name].max()):
            check_settings(replace(optimizer, **{name: extreme.item()}))
    X = np.atleast_2d(np.array(problem.start() if starts is None else starts, dtype=float))
    if X.ndim != ROWS or X.shape[1] != problem.n:
        msg = f"starts must have shape (K, {problem.n}), given {np.shape(starts)}"
        raise InputError(msg)
    broken = ~np.isfinite(X).all(axis=1)
    if broken.any():
        check_start(X[broken.argmax()])
    lengths = {"starts": len(X), **{name: len(values) for name, values in columns.items()}}
    K = max(lengths.values())
    if not set(lengths.values()) <= {1, K}:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        msg = f"starts and settings must be as many as the runs, or one: given {said}"
        raise InputError(msg)
    return np.broadcast_to(X, (K, problem.n)), {n: np.broadcast_to(v, (K,)) for n, v in columns.items()}


def _refuse(problem: ProblemBase, optimizer: Optimizer) -> None:
    """Raise NotBatchableError where the loop does more for a run than arithmetic."""
    if problem.constrained:
        msg = f"constraints ({', '.join(problem.constrained)})"
    elif problem.in_double is not problem:
        msg = f"runs in {problem.arithmetic}"
    elif not optimizer.exact:
        msg = "sampled gradients"
    else:
        return
    raise NotBatchableError(msg)


# --- one by one -------------------------------------------------------------------------------------


def _alone(
    problem: ProblemBase, optimizer: Optimizer, X: Array, columns: Mapping[str, Any], stop: Stop, seed: int, i: int,
    ended: Outcomes, place: int, until: float,
) -> None:  # fmt: skip
    """Take run i through the loop and write its end at a place; none begins after the moment `until`."""
    left = until - perf_counter()
    if left <= 0:
        ended.unbegun(place, X[i])
        return
    if left < inf:
        stop |= Seconds(left)
    method = (
        replace(optimizer, **{name: values[i].item() for name, values in columns.items()}) if columns else optimizer
    )
    loop = Loop(problem, method, start=X[i], stop=stop, seed=seed)
    with np.errstate(all="ignore"):
        for now in loop:
            if now.k == 0 and now.state is not None:
                ended.first = abs(now.state.f)
    ended.codes[place], ended.iterations[place] = code(loop.status), loop.k
    ended.counts[place], ended.x[place] = loop.oracle.counts, loop.x0
    ended.f[place] = ended.stationarity[place] = np.nan
    if loop.state is not None:
        ended.x[place], ended.f[place], ended.stationarity[place] = loop.state.x, loop.state.f, loop.stationarity


def _sample(codes: NDArray[np.int64], many: int, seed: int) -> Iterator[int]:
    """Yield one run of every outcome that is no matter of time, then others drawn at random."""
    there = np.flatnonzero(codes != OUT_OF_TIME)
    firsts = there[np.unique(codes[there], return_index=True)[1]]
    drawn = there[np.random.default_rng(seed).permutation(there.size)[:many]]
    yield from dict.fromkeys([*firsts.tolist(), *drawn.tolist()])


def _differs(
    ended: Outcomes, problem: ProblemBase, optimizer: Optimizer, X: Array, columns: Mapping[str, Any], stop: Stop,
    seed: int, check: int, until: float,
) -> str:  # fmt: skip
    """Return which run of a sample does not end as the loop ends it, or an empty string."""
    for i in _sample(ended.codes, check, seed):
        one = Outcomes(1, X.shape[1])
        _alone(problem, optimizer, X, columns, stop, seed, i, one, 0, until)
        if one.codes[0] == OUT_OF_TIME:
            break
        if not ended.agree(i, one):
            return f"run {i} ended otherwise when it ran alone"
    return ""
