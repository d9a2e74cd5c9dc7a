"""NumPy functions of the entries of batches: sums and other reductions, choices, differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.derivatives.batched import FUNCTIONS, Batched, NotBatchableError, handles, lifted, space
from optlab.derivatives.batched_shapes import axes_of, axis_of, many

FUNCTIONS |= {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a: a.size,
    np.iscomplexobj: lambda a: a.dtype.kind == "c",
    np.result_type: lambda *args: np.result_type(*(lifted(a) for a in args)),
    np.real: lambda a: a,
    np.copy: lambda a: a * 1.0,
}


@handles(np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin, np.var, np.std, np.all, np.any)
def _reduce(name: str, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **more: Any) -> Any:
    if dtype is not None or out is not None or not more.keys() <= {"keepdims", "ddof"}:
        msg = f"numpy.{name} with more than an axis"
        raise NotBatchableError(msg)
    axes = axes_of(axis, a.ndim)
    if not axes:
        if name in ("var", "std"):
            msg = f"numpy.{name} of a number"
            raise NotBatchableError(msg)
        return a
    data = a.data
    return Batched(getattr(space(data), name)(data, axis=axes if len(axes) > 1 else axes[0], **more))


@handles(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002  NumPy's name
    axes = axes_of(axis, x.ndim)
    if ord not in (None, 2) or (len(axes) > 1 and ord is not None):
        msg = f"numpy.linalg.norm with ord = {ord}"
        raise NotBatchableError(msg)
    return np.sqrt(_reduce("sum", x * x, axis=axes, keepdims=keepdims))


@handles(np.where)
def _where(condition: Any, a: Any, b: Any) -> Any:
    c, a, b = (many(part).data for part in (condition, a, b))
    xp = space(c, a, b)
    ndim = max(len(part.shape) for part in (c, a, b))  # autograd does not undo broadcasting here
    c, a, b = (xp.reshape(p, (1,) * (ndim - len(p.shape)) + tuple(p.shape)) for p in (c, a, b))
    shape = np.broadcast_shapes(c.shape, a.shape, b.shape)
    return Batched(xp.where(c, *(part if part.shape == shape else part + np.zeros(shape) for part in (a, b))))


@handles(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    return Batched(space(a.data).clip(a.data, lifted(a_min), lifted(a_max)))


@handles(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    if n == 0:
        return a
    front = (slice(None),) * axis_of(axis, a.ndim)
    return _diff(a[(*front, slice(1, None))] - a[(*front, slice(None, -1))], n - 1, axis)


@handles(np.cumsum)
def _cumsum(a: Any, axis: Any = None) -> Any:
    return _cumsum(np.ravel(a), 0) if axis is None else Batched(space(a.data).cumsum(a.data, axis_of(axis, a.ndim)))


@handles(np.zeros_like, np.ones_like)
def _like(name: str, a: Any) -> Any:
    return getattr(np, name.removesuffix("_like"))(a.shape)


@handles(np.full_like)
def _full_like(a: Any, fill_value: Any) -> Any:
    return fill_value + np.zeros(a.shape)
