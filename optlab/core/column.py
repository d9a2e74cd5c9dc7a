"""The contract of a column: a diagnostic computed from a trace after the run, on the uncounted problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from optlab.core.settings import name_of
from optlab.core.status import worded
from optlab.derivatives import Array

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace


Indices = NDArray[np.intp]
EXACT = "exact f"
RESERVED = frozenset({"run", "kept"})
"""Columns of the iterations table that are no scalars of the trace."""
OF_CONSTRAINTS = ("active_set", "kkt")
"""What a run with constraints is looked at by, where nobody says which columns to compute."""


@dataclass(frozen=True)
class Column(ABC):
    """A diagnostic; a frozen dataclass whose fields are its settings.

    `compute` gets the finished trace and the problem itself, never an oracle: nothing it does is counted or
    timed. What it raises becomes a note, and its columns NaN; floating-point warnings are off.

    Attributes
    ----------
    names : tuple of str
        The columns of the iterations table that `compute` fills.
    summaries : tuple of str
        The columns of the runs table that `summarize` fills, one value per run.
    needs : tuple of str
        What the problem must offer, in the words of `ProblemBase.lacks`.
    watches : bool
        Whether the run is to be watched for floating-point events: then the trace counts them.
    """

    abstract: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ()
    summaries: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    watches: ClassVar[bool] = False

    @abstractmethod
    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return one (K,) array per name, K the number of iterations; NaN where it does not exist."""

    def summarize(self, trace: Trace, problem: ProblemBase) -> dict[str, Any]:
        """Return one number or string per name of `summaries`."""
        return {}


Computed = tuple[dict[str, Array], dict[str, str], dict[str, Any]]


def compute_columns(columns: Iterable[Column], trace: Trace, problem: ProblemBase) -> Computed:
    """Compute columns after a run and return (values, notes, summary); the trace stays as it is.

    `values` has a (K,) array per name, and `summary` a value per name of `summaries`. `notes` says why something
    is missing, by the column's registry name: then its arrays are NaN and its summaries None, and all the others
    are as they are without it.
    """
    values: dict[str, Array] = {}
    notes: dict[str, str] = {}
    summary: dict[str, Any] = {}
    if problem.exact is not problem:
        problem = problem.exact
        trace.cache[EXACT] = trace.spread(problem.objectives(trace.points)) if len(trace) else np.empty(0)
    trace.points.setflags(write=False)  # a problem that changes x in place must not rewrite the record
    for column in columns:
        found, why = _attempt(column, column.compute, trace, problem)
        for name in column.names:
            recorded = name in RESERVED or name in trace.scalars
            if recorded or name in values:
                owner = "the record of the run" if recorded else "a column before it"
                why = why or f"the name {name!r} belongs to {owner}"
                continue
            values[name], wrong = _checked(name, found.get(name), trace, silent=bool(why))
            why = why or wrong
        said: dict[str, Any] = {}
        if column.summaries:
            said, wrong = _attempt(column, column.summarize, trace, problem)
            summary.update({name: said.get(name) for name in column.summaries})
            why = why or wrong
        unknown = sorted((found.keys() - set(column.names)) | (said.keys() - set(column.summaries)))
        if unknown:
            why = why or f"it computes {', '.join(unknown)}, which its `names` or `summaries` do not list"
        if why:
            notes[name_of(column)] = why
    trace.cache.clear()
    return values, notes, summary


def _attempt(
    column: Column, action: Callable[[Trace, ProblemBase], dict[str, Any]], trace: Trace, problem: ProblemBase
) -> tuple[dict[str, Any], str]:
    """Return what `action` gives and an empty string, or nothing and the reason."""
    if not len(trace):
        return {}, ""
    try:
        for need in column.needs:
            why = problem.lacks(need)
            if why:
                return {}, why
        with np.errstate(all="ignore"):
            return dict(action(trace, problem)), ""
    except (Exception, SystemExit) as error:  # a user's code may raise anything; the run keeps what it has
        return {}, worded(error)


def _checked(name: str, value: Any, trace: Trace, *, silent: bool) -> tuple[Array, str]:
    """Return the value as a (K,) float array and an empty string, or NaN and what is wrong."""
    length = len(trace)
    nothing = np.full(length, np.nan)
    if value is None:
        return nothing, "" if silent or length == 0 else f"it does not compute {name!r}"
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return nothing, f"{name!r} is not an array of numbers"
    if array.shape != (length,):
        return nothing, f"{name!r} must have shape ({length},), given {array.shape}; trace.spread fills up thinned rows"
    return array, ""


# --- what columns share: computed once per trace -------------------------------------------------


def values(trace: Trace) -> Array:
    """Return f at every iteration, shape (K,); without the noise of a transform, where NaN stands for thinned rows."""
    return trace.cache.get(EXACT, trace.scalars["f"])  # type: ignore[no-any-return]


def gradients(trace: Trace, problem: ProblemBase) -> Array:
    """∇f at the kept iterates, shape (M, n), computed once per trace."""
    return cached(trace, "gradients", lambda: np.asarray(problem.gradients(trace.points), dtype=float))


def hessians(trace: Trace, problem: ProblemBase) -> Array:
    """∇²f at the kept iterates, shape (M, n, n), computed once per trace."""
    return cached(trace, "hessians", lambda: np.asarray(problem.hessians(trace.points), dtype=float))


def moves(trace: Trace) -> tuple[Indices, Array]:
    """Return the steps between kept neighbors: (j, s) with s_i = x_j − x_{j−1}, shapes (S,) and (S, n).

    j counts kept iterates; rows whose predecessor was thinned away are left out.
    """
    later = np.flatnonzero(np.diff(trace.rows) == 1) + 1
    return later, cached(trace, "moves", lambda: trace.points[later] - trace.points[later - 1])


def cached(trace: Trace, key: Any, compute: Callable[[], Array]) -> Array:
    """Return what is stored with the trace under the key, computed by the first column that asks; read-only."""
    if key not in trace.cache:
        with np.errstate(all="ignore"):
            value = compute()
        value.setflags(write=False)
        trace.cache[key] = value
    return trace.cache[key]  # type: ignore[no-any-return]


def scaled(V: Array) -> tuple[Array, Array]:
    """Return V with each row multiplied by 2^−e such that its greatest entry is in [½, 1), and e; both exact."""
    e = np.frexp(np.abs(V).max(axis=1, initial=0.0))[1]
    return np.ldexp(V, -e[:, None]), e


def dots(U: Array, V: Array) -> Array:
    """uᵀv of every pair of rows, shape (K,)."""
    return np.asarray(np.einsum("ki,ki->k", U, V))


def norms(V: Array) -> Array:
    """‖v‖₂ of every row, shape (K,), without overflow or underflow."""
    U, e = scaled(V)
    return np.asarray(np.ldexp(np.sqrt(dots(U, U)), e))


def spaced(count: int, most: int) -> Indices:
    """Return at most `most` of the indices 0 … count − 1: first, last, and evenly on a log scale between them."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.rint(np.geomspace(1, count, most)).astype(np.intp) - 1)
