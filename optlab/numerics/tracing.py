"""How a function of arrays lets autograd through without importing it.

A public function is a plain function of NumPy arrays. Called with what autograd traces, it becomes a primitive of
autograd, whose rules are in `stable_rules`; called with another array type that speaks NumPy's protocol
(`__array_function__`), it asks that type. Plain arrays reach the function at once, and autograd is then never loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, wraps
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")
Floats = NDArray[np.floating[Any]]
OBJECTS = np.dtype(object)
PLAIN = (np.ndarray, np.generic, float, int)
WIDER: dict[Any, Any] = {np.dtype(np.float16): np.float32}
"""Type of the entries → type in which they are computed: a half is widened, and the result rounded once."""


def traceable(function: Callable[P, R]) -> Callable[P, R]:
    """Give a function of plain arrays its derivatives, entered under its name in `stable_rules.PRIMITIVES`.

    Its arrays are the parameters without a default.
    """
    names = [name for name, p in signature(function).parameters.items() if p.default is Parameter.empty]

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given = cast("Any", (*args, *(kwargs.pop(name) for name in names[len(args) :] if name in kwargs)))
        arrays, settings = given[: len(names)], given[len(names) :]
        if any(not isinstance(a, PLAIN) or getattr(a, "dtype", None) is OBJECTS for a in arrays):
            arrays = [_gathered(a) for a in arrays]
            if any(is_box(a) for a in arrays):
                return cast("R", _primitive(function.__name__)(*arrays, *settings, **kwargs))
            for a in arrays:
                ask = getattr(type(a), "__array_function__", None)
                if ask is not None and not isinstance(a, np.ndarray):
                    return cast("R", ask(a, call, (type(a),), (*arrays, *settings), kwargs))
        return function(*arrays, *settings, **kwargs)

    return call


@cache
def _primitive(name: str) -> Callable[..., Any]:
    from optlab.numerics.stable_rules import PRIMITIVES

    primitive: Callable[..., Any] = PRIMITIVES[name]
    return primitive


def is_box(a: Any) -> bool:
    """Whether autograd traces a; where it was never imported, it does not."""
    tracer = sys.modules.get("autograd.tracer")
    return tracer is not None and tracer.isbox(a)


def _gathered(a: Any) -> Any:
    """Return a list as an array: [x[0], x[1]], or an array of objects made of it, as one traced array."""
    if isinstance(a, np.ndarray) and a.dtype == object:
        a = a.tolist()
    if not isinstance(a, (list, tuple)):
        return a
    if any(is_box(part) for part in _leaves(a)):
        import autograd.numpy as anp

        return anp.array(a)
    return np.asarray(a)


def _leaves(a: Any) -> Any:
    for part in a:
        if isinstance(part, (list, tuple)):
            yield from _leaves(part)
        else:
            yield part


def floats(x: Any) -> tuple[Floats, Any]:
    """Return x as an array in the type it is computed in, and the type of the result: that of x; float64 of integers.

    Raises
    ------
    TypeError
        For complex numbers and objects.
    """
    a = np.asarray(x)
    if a.dtype.kind not in "fiub":
        msg = f"a function of real numbers was given an array of {a.dtype}"
        raise TypeError(msg)
    kind = a.dtype if a.dtype.kind == "f" else np.dtype(float)
    return a.astype(WIDER.get(kind, kind), copy=False), kind


def rounded(a: Any, kind: Any) -> Any:
    """Return a in the type of the result; a NumPy number where it has no axes, as NumPy's own functions do."""
    return np.asarray(a).astype(kind, copy=False)[()]
