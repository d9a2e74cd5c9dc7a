"""Arrays that keep a calculation in float16 or float32, and the rounding unit of an array.

NumPy computes with the widest of its operands: one constant in float64, and the rest of a calculation is done in
double precision without a word. An array of this kind rounds what it meets to its own dtype instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DOUBLE = 8
"""Bytes of a float64: what tells arrays of it from narrower ones at the least cost. The dtype of an array that was
pickled is equal to that of others, but not the same object."""
EPS = float(np.finfo(np.float64).eps)
PRECISIONS = ("float16", "float32", "float64")
IN_PLACE = frozenset({np.copyto, np.fill_diagonal, np.put, np.place, np.putmask})
"""Functions that write to their first argument, which is therefore passed as it is."""


def eps(x: Array) -> float:
    """Return the distance from 1 to the next number of the dtype of x."""
    return EPS if x.itemsize == DOUBLE else float(np.finfo(x.dtype).eps)


def coarseness(x: Array) -> float:
    """Return how many times coarser the dtype of x is than float64: 1 there, 2²⁹ in float32, 2⁴² in float16."""
    return 1.0 if x.itemsize == DOUBLE else float(np.finfo(x.dtype).eps) / EPS


def same_power(tolerance: float, x: Array) -> float:
    """Return the power of eps of the dtype of x that a tolerance is of eps in float64; the tolerance itself there."""
    return tolerance if x.itemsize == DOUBLE else eps(x) ** (log(tolerance) / log(EPS))


def least_square(x: Array) -> float:
    """Return the least number of the dtype of x that is a sum of squares without loss of digits."""
    limits = np.finfo(x.dtype)
    return float(limits.tiny) / float(limits.eps)


class Narrow(np.ndarray[Any, Any]):
    """An array of floats that rounds every array it meets to its own dtype, and hands this on to the result.

    Its components, by index, iteration or `tolist`, are arrays of no dimension of the same kind, so that formulas
    written component by component stay in the dtype too. Masks and indices are plain. What Python's own `math` does is
    done in double precision, and rounded when it meets an array again; so is what `np.asarray` has made a plain array
    of, and what a compiled function returns.
    """

    kind: ClassVar[np.dtype[Any]]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        kind, given = self.kind, kwargs.get("out")
        if given is not None:
            kwargs["out"] = tuple(plain(part) for part in given)
        first = inputs[0] if method == "at" else None
        inputs = tuple([_rounded(part, kind) for part in inputs])
        if method == "at":
            inputs = (plain(first), *inputs[1:])
        if kwargs.get("dtype") is not None:
            kwargs["dtype"] = kind if np.dtype(kwargs["dtype"]).kind == "f" else kwargs["dtype"]
        result = getattr(ufunc, method)(*inputs, **kwargs)
        if given is not None:
            return given[0] if len(given) == 1 else given
        return narrowed(result, kind)

    def __array_function__(self, function: Any, _types: Any, args: Any, kwargs: Any) -> Any:
        kind = self.kind
        args = (plain(args[0]), *_all_rounded(args[1:], kind)) if function in IN_PLACE else _all_rounded(args, kind)
        return narrowed(function(*args, **_all_rounded(kwargs, kind)), kind)

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return found if isinstance(found, Narrow) else np.asarray(found).view(type(self))

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def tolist(self) -> Any:
        """Return the components, not as Python's floats, which are double, but as arrays of no dimension."""
        return [part.tolist() if part.ndim else part for part in self] if self.ndim else self

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """Return a copy: of this kind where floats are asked for, however wide, and plain otherwise."""
        if np.dtype(dtype).kind == "f":
            return self.copy()
        return plain(self).astype(dtype, *args, **kwargs)

    def dot(self, b: Any, out: Any = None) -> Any:
        """Return the product, in this dtype."""
        return narrowed(np.dot(plain(self), _rounded(b, self.kind), out), self.kind)


class Narrow16(Narrow):
    """The kind of float16."""

    kind = np.dtype(np.float16)


class Narrow32(Narrow):
    """The kind of float32."""

    kind = np.dtype(np.float32)


KINDS: dict[np.dtype[Any], type[Narrow]] = {cls.kind: cls for cls in (Narrow16, Narrow32)}


def narrow(x: Any, kind: np.dtype[Any]) -> Narrow:
    """Return x, rounded to a dtype, as an array that keeps to it; a view where x is of that dtype already."""
    return np.asarray(x, dtype=kind).view(KINDS[kind])


def plain(x: Any) -> Any:
    """Return an ordinary array in place of one that keeps to its dtype, a view; anything else as it is."""
    return x.view(np.ndarray) if isinstance(x, Narrow) else x


def _rounded(x: Any, kind: np.dtype[Any]) -> Any:
    """Return an operand as it takes part: numbers of NumPy's, floats or integers, in the dtype, others as they are."""
    if isinstance(x, Narrow):
        x = x.view(np.ndarray)
    elif not isinstance(x, (np.ndarray, np.generic)):
        return x
    return x.astype(kind) if x.dtype != kind and x.dtype.kind in "fiu" else x


def _all_rounded(x: Any, kind: np.dtype[Any]) -> Any:
    """Return arguments of a function: arrays of floats in the dtype, at any depth of lists; indices as they are."""
    if isinstance(x, Narrow):
        return x.view(np.ndarray)
    if isinstance(x, (np.ndarray, np.generic)):
        return x.astype(kind) if x.dtype.kind == "f" and x.dtype != kind else x
    if isinstance(x, (list, tuple)) and not hasattr(x, "_fields"):
        return type(x)([_all_rounded(part, kind) for part in x])
    return {key: _all_rounded(part, kind) for key, part in x.items()} if isinstance(x, dict) else x


def narrowed(x: Any, kind: np.dtype[Any]) -> Any:
    """Return a result as an array that keeps to the dtype, where it is one of floats; anything else as it is."""
    if isinstance(x, (np.ndarray, np.generic)):
        return np.asarray(x, dtype=kind).view(KINDS[kind]) if x.dtype.kind == "f" else x
    if isinstance(x, tuple):
        parts = [narrowed(part, kind) for part in x]
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    return [narrowed(part, kind) for part in x] if isinstance(x, list) else x
