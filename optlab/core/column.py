"""The contract of a column: a diagnostic computed from a trace after the run, on the uncounted problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optlab.core.settings import name_of

if TYPE_CHECKING:
    from optlab.core.problem import Array, ProblemBase
    from optlab.core.trace import Trace


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
    """

    abstract: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ()
    summaries: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return one (K,) array per name, K the number of iterations; NaN where it does not exist."""

    def summarize(self, trace: Trace, problem: ProblemBase) -> dict[str, Any]:  # noqa: ARG002  part of the contract
        """Return one number or string per name of `summaries`."""
        return {}


def compute_columns(columns: Iterable[Column], trace: Trace, problem: ProblemBase) -> dict[str, str]:
    """Fill `trace.columns`, and return why columns are missing: registry name of the column -> reason.

    A column that cannot be computed is all NaN; the others, and the trace, are as they are without it. The
    reasons also stand in ``trace.cache["notes"]``.
    """
    notes: dict[str, str] = {}
    for column in columns:
        values, why = _attempt(column, column.compute, trace, problem) if len(trace) else ({}, "")
        for name in column.names:
            if name in trace.scalars:
                why = f"its name {name!r} belongs to the record of the run"
                continue
            value, wrong = _checked(name, values.get(name), len(trace), silent=bool(why))
            trace.columns[name] = value
            why = why or wrong
        unknown = sorted(values.keys() - set(column.names))
        if unknown:
            why = why or f"it computes {', '.join(unknown)} but does not list that in `names`"
        if why:
            notes[name_of(column)] = why
    trace.cache.setdefault("notes", {}).update(notes)
    return notes


def summarize_columns(columns: Iterable[Column], trace: Trace, problem: ProblemBase) -> dict[str, Any]:
    """Return the run's values for the runs table, by name; None where there is none (see ``trace.cache["notes"]``)."""
    summary: dict[str, Any] = {}
    for column in columns:
        if not column.summaries:
            continue
        values, why = _attempt(column, column.summarize, trace, problem) if len(trace) else ({}, "")
        summary.update({name: values.get(name) for name in column.summaries})
        if why:
            trace.cache.setdefault("notes", {})[name_of(column)] = why
    return summary


def _attempt(
    column: Column, action: Callable[[Trace, ProblemBase], dict[str, Any]], trace: Trace, problem: ProblemBase
) -> tuple[dict[str, Any], str]:
    """Return what `action` gives and an empty string, or nothing and the reason."""
    trace.points.setflags(write=False)  # a problem that changes x in place must not rewrite the record
    try:
        for need in column.needs:
            why = problem.lacks(need)
            if why:
                return {}, why
        with np.errstate(all="ignore"):
            return dict(action(trace, problem)), ""
    except Exception as error:  # noqa: BLE001  a user's code may raise anything; the run keeps what it has
        return {}, f"{type(error).__name__}: {error}"


def _checked(name: str, value: Any, length: int, *, silent: bool) -> tuple[Array, str]:
    """Return the value as a (length,) float array and an empty string, or NaN and what is wrong."""
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


def gradients(trace: Trace, problem: ProblemBase) -> Array:
    """∇f at the kept iterates, shape (M, n), computed once per trace."""
    return cached(trace, "gradients", lambda: np.asarray(problem.gradients(trace.points), dtype=float))


def hessians(trace: Trace, problem: ProblemBase) -> Array:
    """∇²f at the kept iterates, shape (M, n, n), computed once per trace."""
    return cached(trace, "hessians", lambda: np.asarray(problem.hessians(trace.points), dtype=float))


def moves(trace: Trace) -> tuple[Array, Array]:
    """Return the steps between kept neighbors: (j, s) with s_i = x_j − x_{j−1}, shapes (S,) and (S, n).

    j counts kept iterates; rows whose predecessor was thinned away are left out.
    """
    later = cached(trace, "later", lambda: np.flatnonzero(np.diff(trace.rows) == 1) + 1)
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


def spaced(count: int, most: int) -> Array:
    """Return at most `most` of the indices 0 … count − 1: first, last, and evenly on a log scale between them."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.rint(np.geomspace(1, count, most)).astype(np.intp)) - 1
