"""First derivatives, from one trace of the function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from autograd.tracer import getval, isbox

from optlab.core.status import EvaluationError
from optlab.derivatives import Array, Scalar
from optlab.derivatives.forms import look_closer, traced
from optlab.derivatives.linear import Linear
from optlab.derivatives.tape import Tape
from optlab.derivatives.traps import UntraceableError, place


def gradient(f: Scalar, x: Any) -> Array:
    """∇f(x), shape (n,), of a scalar function of an (n,) array.

    It is NaN where a rule of autograd gives 0 · ∞, as at a kink; `nan_reason` says where and why.

    Raises
    ------
    UntraceableError
        Where f cannot be traced as it is written; the message says what to write instead.
    EvaluationError
        Where f does not return one number.
    """
    return value_and_gradient(f, x)[1]


def value_and_gradient(f: Scalar, x: Any) -> tuple[float, Array]:
    """f(x) and ∇f(x) from one trace of f; raises what `gradient` raises."""
    x = point(x)

    def work(way: Scalar) -> tuple[Tape, Any]:
        tape = Tape(scalar(way), x)
        return tape, pulled(tape, x)

    tape, slope = traced(f, x, work)
    look_closer(f, len(tape.order), lambda way: Tape(scalar(way), x))
    return float(tape.value), np.array(slope, dtype=x.dtype)


def pulled(tape: Tape, x: Any) -> Any:
    """∇f from the tape of a scalar function; it may itself be traced."""
    return tape.pull(np.ones(())) if tape.order else np.zeros(np.shape(getval(x)))


def jacobian(c: Callable[[Any], Any], x: Any) -> Array:
    """J_ij = ∂c_i/∂x_j, shape (m, n), of a vector function; a scalar result counts as m = 1.

    Its columns are pushed forward together where n ≤ m, its rows are pulled back together elsewhere.

    Source: Griewank & Walther (2008), section 3.2; forward mode by pulling back twice: Townsend (2017), A new trick
    for calculating Jacobian vector products.
    """
    x = point(x)
    J: Array = traced(c, x, lambda way: _jacobian(way, x))
    return J


def _jacobian(c: Callable[[Any], Any], x: Array) -> Array:
    tape = Tape(lambda z: vector(c(z)), x)
    m = int(np.size(tape.value))
    if not tape.order:
        return np.zeros((m, x.size), x.dtype)
    if x.size <= m:
        return Linear(Tape(tape.pull, np.zeros(m, x.dtype)), m, x.size, x.dtype).matrix()
    return np.ascontiguousarray(Linear(tape, x.size, m, x.dtype).matrix().T)


def traceable(f: Scalar, x: Any) -> str:
    """Return why autograd cannot differentiate f at x, in one line, or an empty string if it can."""
    try:
        with np.errstate(all="ignore"):
            gradient(f, x)
    except UntraceableError as error:
        return error.reason + place(error)
    except Exception as error:
        return f"{type(error).__name__}: {(str(error) or type(error).__name__).splitlines()[0]}"
    return ""


def point(x: Any) -> Array:
    """Return x as an array of floats: integers cannot be traced."""
    kind = np.asarray(x).dtype
    return np.asarray(x, dtype=kind if kind.kind == "f" else float)


def scalar(f: Scalar) -> Scalar:
    """Return f with its result checked to be one number: of a list, autograd would take the derivative for 0."""

    def number(z: Any) -> Any:
        end = f(z)
        if type(end) is np.ndarray and end.dtype == object and not end.shape:
            end = end.item()
        _refuse_apart(end)
        kind, value = type(end).__name__, getval(end)
        if np.shape(value) or np.iscomplexobj(value) or value is None or isinstance(value, str):
            what = "a complex number" if np.iscomplexobj(value) else f"{kind} of shape {np.shape(value)}"
            msg = f"f must return one number, given {what.replace('ArrayBox', 'an array')}"
            raise EvaluationError(msg)
        return end

    return number


def _refuse_apart(end: Any) -> None:
    kind = "a list" if isinstance(end, (list, tuple)) else "an array of objects"
    if isinstance(end, (list, tuple)) or (type(end) is np.ndarray and end.dtype == object):
        msg = f"it returns {kind}, of which autograd takes the derivative for 0: return one number, such as np.sum(…)"
        raise UntraceableError(msg)


def vector(values: Any) -> Any:
    """Return the result of a vector function as one flat box: apart, autograd would take the derivative for 0."""
    import autograd.numpy as anp

    whole = _joined(values)
    return anp.reshape(whole, (-1,)) if isbox(whole) else np.ravel(whole)


def _joined(values: Any) -> Any:
    apart = isinstance(values, (list, tuple)) or (type(values) is np.ndarray and values.dtype == object)
    if not apart:
        return values
    import autograd.numpy as anp

    return anp.array([_joined(v) for v in values])
