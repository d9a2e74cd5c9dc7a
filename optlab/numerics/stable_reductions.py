"""Softmax, its logarithm and log-sum-exp along any axes, with masks and infinities.

Arguments
---------
x : array of real numbers
    Its type is kept; float16 is computed in float32 and rounded once, integers become float64.
axis : int, tuple or None
    The axes that are reduced together; −1 unless given, None for all.
where : array of bool, broadcastable to x
    False takes an entry out, as if it were not there.

Policy
------
An entry −∞ has probability 0, exactly. An entry ∞ beside finite ones has all of it, the limit. Where there is no
distribution (all entries −∞, or two at ∞) softmax and log_softmax are NaN. NaN is passed on. What is masked has
probability 0 and logarithm −∞, in rows that are masked as a whole too. Log-sum-exp of nothing, or of −∞ alone, is
ln 0 = −∞; with any ∞ it is ∞. No floating-point warning is raised; gradients of any order go through autograd.

Source: Blanchard, Higham & Higham (2021), Accurately computing the log-sum-exp and softmax functions, IMA Journal of
Numerical Analysis 41, equations 1.3, 4.1 (max taken out, log1p of the rest).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optlab.numerics.tracing import Floats, floats, rounded, traceable


@traceable
def softmax(x: Any, axis: Any = -1, where: Any = None) -> Any:
    """e^xᵢ / Σ e^xⱼ, the shape of x.

    >>> softmax([[1.0, 2.0, 3.0], [1001.0, 1002.0, 1003.0]]).round(4)
    array([[0.09  , 0.2447, 0.6652],
           [0.09  , 0.2447, 0.6652]])
    >>> softmax([1.0, 2.0, 3.0], where=[True, False, True]).round(4)
    array([0.1192, 0.    , 0.8808])
    """
    a, kind = floats(x)
    with np.errstate(all="ignore"):
        rows = _rows(a, axis, where)
        total = 1 + _sum(rows.rest)
        p = rows.rest / total
        _put(p, rows.top, 1 / total)
        return rounded(_back(_out(p, rows, 0.0), a.shape, axis), kind)


@traceable
def log_softmax(x: Any, axis: Any = -1, where: Any = None) -> Any:
    """xᵢ − ln Σ e^xⱼ, the shape of x: the logarithm of softmax where softmax itself rounds to 0 or to 1.

    >>> log_softmax([0.0, -40.0])
    array([-4.24835426e-18, -4.00000000e+01])
    """
    a, kind = floats(x)
    with np.errstate(all="ignore"):
        rows = _rows(a, axis, where)
        logarithm = rows.below - np.log1p(_sum(rows.rest))
        return rounded(_back(_out(logarithm, rows, -np.inf), a.shape, axis), kind)


@traceable
def logsumexp(x: Any, axis: Any = -1, where: Any = None, keepdims: bool = False) -> Any:
    """Log-sum-exp: ln Σ e^xⱼ, the shape of x without the axes (with axes of length 1 where keepdims).

    >>> float(logsumexp([1000.0, 1000.0])), float(logsumexp([0.0, -40.0])), float(logsumexp([]))
    (1000.6931471805599, 4.248354255291589e-18, -inf)
    """
    a, kind = floats(x)
    with np.errstate(all="ignore"):
        rows = _rows(a, axis, where)
        total = rows.maximum + np.log1p(_sum(rows.rest))
        total = np.where(np.isfinite(rows.maximum), total, rows.maximum)[..., 0]
    lost = tuple(range(a.ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, a.ndim)
    return rounded(np.expand_dims(total, lost) if keepdims else total, kind)


class Rows(NamedTuple):
    """What is reduced, moved to one last axis of length n."""

    maximum: Floats
    """The largest entry of each row; shape (…, 1)."""
    top: Any
    """Where it is; shape (…, 1)."""
    below: Floats
    """xᵢ − maximum ≤ 0, rounded; shape (…, n)."""
    rest: Floats
    """e^(xᵢ − maximum) of the exact difference, but 0 at the maximum, so that 1 + Σ rest is the whole; shape (…, n)."""
    there: Any
    """What is not masked; shape (…, n)."""


def _rows(a: Floats, axis: Any, where: Any) -> Rows:
    there = None if where is None else _front(np.broadcast_to(np.asarray(where, bool), a.shape), axis)
    x = _front(a, axis)
    if there is not None:
        x = np.where(there, x, x.dtype.type(-np.inf))
    if not x.shape[-1]:
        return Rows(np.full((*x.shape[:-1], 1), -np.inf, x.dtype), None, x, x, there)
    top = np.argmax(x, axis=-1, keepdims=True)  # the first NaN, where there is one
    maximum = np.take_along_axis(x, top, -1)
    below = x - maximum  # NaN at ±∞ − (±∞)
    if np.isposinf(maximum).any():
        infinite = np.isposinf(x)
        below[infinite & (np.sum(infinite, axis=-1, keepdims=True) == 1)] = 0
    rest = np.exp(below)
    rest = rest + rest * _rounded_off(x, maximum, below)
    _put(rest, top, 0 * np.take_along_axis(below, top, -1))  # NaN stays NaN
    return Rows(maximum, top, below, rest, there)


def _rounded_off(x: Floats, maximum: Floats, below: Floats) -> Floats:
    """Return (x − maximum) − below exactly, 0 where something is infinite: e^δ = 1 + δ corrects e^below.

    Source: Knuth (1998), The Art of Computer Programming 2, section 4.2.2, theorem B.
    """
    back = below - x
    lost: Floats = (x - (below - back)) - (maximum + back)
    lost[~np.isfinite(lost)] = 0
    return lost


def _put(a: Floats, top: Any, value: Floats) -> None:
    if top is not None:
        np.put_along_axis(a, top, value, -1)


def _sum(rest: Floats) -> Floats:
    """Sum along the last axis, which is contiguous: NumPy then adds pairwise."""
    total: Floats = np.sum(rest, axis=-1, keepdims=True)
    return total


def _out(a: Floats, rows: Rows, value: float) -> Any:
    return a if rows.there is None else np.where(rows.there, a, a.dtype.type(value))


def _front(a: Any, axis: Any) -> Any:
    """Return a with the reduced axes flattened into one last axis."""
    if axis is None:
        return np.ascontiguousarray(a).reshape(1, -1)[0]
    axes = np.lib.array_utils.normalize_axis_tuple(axis, a.ndim)
    kept = [i for i in range(a.ndim) if i not in axes]
    moved = np.ascontiguousarray(np.transpose(a, (*kept, *axes)))
    flat: Floats = moved.reshape(*(a.shape[i] for i in kept), int(np.prod([a.shape[i] for i in axes], dtype=int)))
    return flat


def _back(rows: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """Undo `_front`."""
    if axis is None:
        return rows.reshape(shape)
    axes = np.lib.array_utils.normalize_axis_tuple(axis, len(shape))
    order = (*(i for i in range(len(shape)) if i not in axes), *axes)
    return np.transpose(rows.reshape([shape[i] for i in order]), np.argsort(order))
