"""How a function is traced: as it is, or as a batch of one point.

Autograd's boxes pass through arithmetic but not through every function of plain NumPy: np.dot(A, x) or np.concatenate
take them apart into arrays of objects, slowly or in vain. A batch passes through these, so a function that cannot be
traced as it is gets a second chance behind a hidden axis of length 1; its value is then compared with f(x).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakSet

import autograd.numpy as anp
import numpy as np
from autograd.tracer import getval

from optlab.derivatives.batched import Batched, NotBatchableError, joined
from optlab.derivatives.traps import UntraceableError, attempt

Function = Callable[[Any], Any]
Result = TypeVar("Result")
LONG = 2000
"""Operations on a tape from which on it is worth a look whether plain NumPy took x apart."""
SHORTER = 4
AGREE = 1e-9
_ALONE: WeakSet[Any] = WeakSet()
"""Functions that are traced as a batch of one; found out once each."""


def traced(f: Function, x: Any, work: Callable[[Function], Result]) -> Result:
    """Return work(f), which traces f at x, or work(alone(f)) where f cannot be traced as it is.

    Raises
    ------
    UntraceableError
        Where neither works; it says why f cannot be traced as it is.
    """
    if _known(f):
        try:
            return work(alone(f))
        except Exception:  # what worked elsewhere may not work here
            _ALONE.discard(_code(f))
    try:
        return attempt(lambda: work(f), f, x)  # type: ignore[no-any-return]
    except UntraceableError as refused:
        try:
            done = work(alone(f))
        except Exception:
            raise refused from refused.__cause__
        remember(f)
        return done


def alone(f: Function) -> Function:
    """Return f, called with a batch of one point; NotBatchableError where that gives another value than f(x)."""

    def one(z: Any) -> Any:
        end = _first(f(Batched(anp.reshape(z, (-1, 1)))))
        given, right = _plain(end), _plain(f(getval(z)))
        if given.shape != right.shape or not np.allclose(given, right, rtol=AGREE, atol=0.0, equal_nan=True):
            msg = "a batch of one point gives another value"
            raise NotBatchableError(msg)
        return end

    return one


def _first(end: Any) -> Any:
    """Return the only point of a result; of a list of results, the list."""
    if type(end) is np.ndarray and end.dtype == object:
        end = joined(end)
    if isinstance(end, (list, tuple)):
        return [_first(part) for part in end]
    return end.data[..., 0] if type(end) is Batched else end


def _plain(end: Any) -> Any:
    return np.array([_plain(part) for part in end]) if isinstance(end, list) else np.asarray(getval(end), dtype=float)


def look_closer(f: Function, operations: int, tape: Callable[[Function], Any]) -> None:
    """Remember to trace f as a batch of one where that takes far fewer operations than the many it took."""
    if operations > LONG and not _known(f):
        try:
            shorter = SHORTER * len(tape(alone(f)).order) < operations
        except Exception:  # then it stays as it is
            return
        if shorter:
            remember(f)


def remember(f: Function) -> None:
    """Trace f as a batch of one from now on."""
    try:
        _ALONE.add(_code(f))
    except TypeError:  # an object that cannot be kept in a set
        return


def _known(f: Function) -> bool:
    try:
        return _code(f) in _ALONE
    except TypeError:
        return False


def _code(f: Function) -> Any:
    """Return what is the same for every access to a method."""
    return getattr(f, "__func__", f)
