"""NumPy functions that arrange the entries of batches: the hidden last axis stays where it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.derivatives.batched import Batched, NotBatchableError, handles, lifted, space


def axis_of(axis: Any, ndim: int) -> int:
    """Return a visible axis counted from the front."""
    i = int(axis)
    if not -ndim <= i < ndim:
        raise np.exceptions.AxisError(i, ndim)
    return i % ndim


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return visible axes counted from the front; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(axis_of(i, ndim) for i in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def many(a: Any) -> Batched:
    """Return an argument as a batch, of one where it is the same for all points."""
    return a if type(a) is Batched else Batched(np.asarray(lifted(a) if np.ndim(a) else [a]))


@handles(np.concatenate)
def _concatenate(arrays: Any, axis: Any = 0) -> Any:
    if axis is None:
        return _concatenate([np.ravel(a) for a in arrays])
    parts = [many(a) for a in arrays]
    width = max(part.data.shape[-1] for part in parts)
    data = [p.data if p.data.shape[-1] == width else p.data + np.zeros((*p.shape, width)) for p in parts]
    return Batched(space(*data).concatenate(data, axis=axis_of(axis, parts[0].ndim)))


@handles(np.stack)
def _stack(arrays: Any, axis: int = 0) -> Any:
    return _concatenate([np.expand_dims(a, axis) for a in arrays], axis)


@handles(np.hstack)
def _hstack(tup: Any) -> Any:
    parts = [np.atleast_1d(a) for a in tup]
    return _concatenate(parts, 0 if np.ndim(parts[0]) == 1 else 1)


@handles(np.append)
def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    return _concatenate([arr, values], axis)


@handles(np.atleast_1d)
def _atleast_1d(a: Any) -> Any:
    return a if a.ndim else a[None]


@handles(np.reshape)
def _reshape(a: Any, shape: Any, order: Any = "C") -> Any:
    if order not in (None, "C", "A"):
        msg = "numpy.reshape in another order"
        raise NotBatchableError(msg)
    shape = tuple(shape) if np.ndim(shape) else (shape,)
    return Batched(space(a.data).reshape(a.data, (*(int(k) for k in shape), a.data.shape[-1])))


@handles(np.ravel)
def _ravel(a: Any, order: Any = "C") -> Any:
    return _reshape(a, -1, order)


@handles(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Any:
    order = range(a.ndim)[::-1] if axes is None else axes_of(tuple(axes), a.ndim)
    return Batched(space(a.data).transpose(a.data, (*order, a.ndim)))


@handles(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return Batched(space(a.data).swapaxes(a.data, axis_of(axis1, a.ndim), axis_of(axis2, a.ndim)))


@handles(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return Batched(space(a.data).moveaxis(a.data, axes_of(source, a.ndim), axes_of(destination, a.ndim)))


@handles(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return _reshape(a, np.expand_dims(np.empty(a.shape), axis).shape)


@handles(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    return _reshape(a, np.empty(a.shape).squeeze(axis).shape)


@handles(np.broadcast_to)
def _broadcast_to(a: Any, shape: Any) -> Any:
    return a + np.zeros(shape)


@handles(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return _reshape(_roll(np.ravel(a), shift, 0), a.shape)
    return Batched(space(a.data).roll(a.data, shift, axis=axis_of(axis, a.ndim)))


@handles(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    flipped = axes_of(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in flipped else slice(None) for i in range(m.ndim))]


@handles(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    if k:
        msg = "numpy.diag beside the diagonal"
        raise NotBatchableError(msg)
    i = np.arange(len(v))
    return v[:, None] * np.eye(len(v)) if v.ndim == 1 else v[i, i]


@handles(np.trace)
def _trace(a: Any) -> Any:
    i = np.arange(min(a.shape))
    return np.sum(a[i, i])
