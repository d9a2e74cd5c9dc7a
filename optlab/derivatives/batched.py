"""Many points at once: an array whose last axis is hidden from the function that works on it.

A function written for one point of shape (n,) is called once with a `Batched` of data (n, B) and computes B points,
each as if it were alone: arithmetic, NumPy functions and indexing see the visible axes only. What would need the
numbers of one point (`if x[0] > 0`, `float(x[0])`) raises NotBatchableError. The data may be autograd's boxes, so that
derivatives go through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""NumPy function → what it does to batches; filled by the modules `batched_*` when first needed."""
METHODS = ("all", "any", "clip", "cumsum", "dot", "max", "mean", "min", "prod", "ravel", "squeeze", "std", "sum",
           "swapaxes", "trace", "var")  # fmt: skip
"""Methods of an array that are NumPy functions of it."""


class NotBatchableError(TypeError):
    """A function did what cannot be done for many points at once; one at a time it may work."""


class Batched(NDArrayOperatorsMixin):
    """B arrays of shape `shape` in one array `data` of shape (*shape, B)."""

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = data

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of each."""
        return tuple(self.data.shape[:-1])

    @property
    def ndim(self) -> int:
        """The number of axes of each."""
        return len(self.data.shape) - 1

    @property
    def size(self) -> int:
        """The number of entries of each."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def dtype(self) -> Any:
        """The type of the entries."""
        return self.data.dtype

    @property
    def T(self) -> Any:  # noqa: N802  NumPy's name
        """Each one transposed."""
        return np.transpose(self)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and set(kwargs) == {"out"} and ufunc.signature is None:
            return self._in_place(ufunc, inputs, *kwargs["out"])
        if method != "__call__" or not kwargs.keys() <= {"dtype"}:
            msg = f"numpy.{ufunc.__name__} with {', '.join(kwargs) or method}"
            raise NotBatchableError(msg)
        if ufunc is np.matmul:
            return self.__array_function__(ufunc, (), inputs, {})
        if ufunc.signature is not None:
            msg = f"numpy.{ufunc.__name__}"
            raise NotBatchableError(msg)
        return Batched(ufunc(*map(lifted, inputs), **kwargs))

    def _in_place(self, ufunc: Any, inputs: Any, out: Any) -> Batched:
        """Return what ``out += …`` leaves: arrays change in place, numbers and autograd's boxes are replaced."""
        if type(out) is not Batched:
            msg = "a result that goes into an array for one point"
            raise NotBatchableError(msg)
        parts = [lifted(part) for part in inputs]
        if not out.ndim or type(out.data) is not np.ndarray:
            return Batched(ufunc(*parts))
        if any(type(part) is not np.ndarray for part in parts if np.shape(part)):
            msg = "a change in place by what autograd follows"
            raise NotBatchableError(msg)
        ufunc(*parts, out=out.data)
        return out

    def setflags(self, write: bool) -> None:
        """Make the numbers read-only, or writable again."""
        self.data.setflags(write)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func not in FUNCTIONS:
            from optlab.derivatives import batched_algebra, batched_numpy, batched_shapes, batched_stable  # noqa: F401
        handler = FUNCTIONS.get(func)
        if handler is None:
            msg = f"numpy.{func.__name__}"
            raise NotBatchableError(msg)
        return handler(*args, **kwargs)

    def __getitem__(self, index: Any) -> Batched:
        return Batched(self.data[self.inner(index)])

    def inner(self, index: Any) -> Any:
        """Return the index into `data` for an index into each."""
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(part, Batched) for part in parts):
            msg = "an index that differs from point to point"
            raise NotBatchableError(msg)
        return (*parts, slice(None)) if any(part is Ellipsis for part in parts) else index

    def __len__(self) -> int:
        if not self.ndim:
            msg = "len() of a number"
            raise TypeError(msg)
        return int(self.data.shape[0])

    def __iter__(self) -> Iterator[Batched]:
        return (self[i] for i in range(len(self)))

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name, None)
        if name in METHODS or (isinstance(function, np.ufunc) and function.nin == 1):
            return partial(cast("Callable[..., Any]", function), self)  # NumPy asks an object for its own exp
        msg = f"a batch has no {name}"
        raise NotBatchableError(msg) if not name.startswith("__") else AttributeError(msg)

    def reshape(self, *shape: Any) -> Any:
        """Each one in another shape."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """Each one with its axes permuted."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def view(self, kind: Any) -> Batched:
        """Return self: autograd asks for the view as a plain array."""
        return self

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        msg = "item assignment"
        raise NotBatchableError(msg)

    def _one(self, *_: Any) -> NoReturn:
        msg = "a decision or a number that differs from point to point"
        raise NotBatchableError(msg)

    __bool__ = __float__ = __int__ = __index__ = __complex__ = _one
    __hash__ = None  # type: ignore[assignment]


def handles(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a handler for functions of NumPy; one for several gets the function's name first."""

    def enter(handler: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            FUNCTIONS[function] = partial(handler, function.__name__) if len(functions) > 1 else handler
        return handler

    return enter


def lifted(a: Any) -> Any:
    """Return the data of a batch, or what is the same for all points with an axis of length 1 at its end."""
    if type(a) is Batched:
        return a.data
    if isinstance(a, (list, tuple)):
        a = np.array(a)
    if not getattr(a, "ndim", 0):
        return a
    return joined(a).data if a.dtype == object else a[..., None]


def joined(a: Any) -> Batched:
    """Return an object array of batches, which `np.array([x[0], x[1]])` makes, as one batch."""
    parts = [lifted(part) for part in a.ravel()]
    width = next((part.shape[-1] for part in parts if getattr(part, "shape", ())), 1)
    xp = space(*parts)
    rows = [part if getattr(part, "shape", ()) == (width,) else part + np.zeros(width) for part in parts]
    return Batched(xp.reshape(xp.stack(rows), (*a.shape, width)))


def ends(end: Any, B: int) -> Any:
    """Return the B numbers that a function gave for B points, shape (B,)."""
    if type(end) is np.ndarray and end.dtype == object:
        end = joined(end)
    if type(end) is not Batched or tuple(end.data.shape) != (B,):
        msg = "f must return one number per point"
        raise NotBatchableError(msg)
    return end.data


def space(*data: Any) -> Any:
    """Return autograd's NumPy where an array is a box, else NumPy."""
    if all(isinstance(a, (np.ndarray, np.generic, float, int)) for a in data):
        return np
    import autograd.numpy as anp

    return anp
