"""Second derivatives: products with the Hessian from one linearization, and the Hessian from a batch of them."""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np

from optlab.derivatives import Array, Scalar
from optlab.derivatives.forms import traced
from optlab.derivatives.linear import Linear
from optlab.derivatives.reverse import point, pulled, scalar
from optlab.derivatives.tape import Tape


def linearize(f: Scalar, x: Any) -> Linear:
    """Return the map v ↦ ∇²f(x) v, shape (n,): f is traced once, each product costs a few evaluations of f.

    Reverse mode over reverse mode: the gradient is recorded, and v is pulled back through it; no n × n array is formed.

    Source: Pearlmutter (1994), Fast exact multiplication by the Hessian; Griewank & Walther (2008), section 5.1.
    """
    x = point(x)

    def work(way: Scalar) -> Tape:
        checked = scalar(way)
        return Tape(lambda z: pulled(Tape(checked, z), z), x)

    return Linear(traced(f, x, work), x.size, x.size, x.dtype)


def hvp(f: Scalar, x: Any, v: Any) -> Array:
    """∇²f(x) v, shape (n,); for several v at one x, `linearize` once."""
    return linearize(f, x)(v)


def hessian(f: Scalar, x: Any) -> Array:
    """∇²f(x), shape (n, n), symmetric by averaging with its transpose.

    All n unit vectors are pulled through one linearization together. The result is compared with a single product in
    a random direction, and computed vector by vector where the two differ.
    """
    H = linearize(f, x).matrix()
    return 0.5 * (H + H.T)


class LastPoint:
    """The linearization at the last point that was asked, while that point lives and cannot change.

    A point is remembered only if nothing can write to it: a read-only array that is no view. It is held weakly and
    compared with what it was, so that the record of f is freed with it and never used for another x.
    """

    __slots__ = ("__weakref__", "_kept")

    def __init__(self) -> None:
        self._kept: tuple[Any, Array, Linear] | None = None

    def at(self, f: Scalar, x: Array) -> Linear:
        """Return the linearization of f at x, the one at hand where x is the same array as last time."""
        kept = self._kept
        if kept is not None and kept[0]() is x and np.array_equal(kept[1], x, equal_nan=True):
            return kept[2]
        if type(x) is not np.ndarray or x.base is not None or x.flags.writeable:
            return linearize(f, x)
        copy = x.copy()
        linear = linearize(f, copy)
        self._kept = (ref(x, self._forget), copy, linear)
        return linear

    def _forget(self, gone: Any) -> None:
        if self._kept is not None and self._kept[0] is gone:
            self._kept = None
