"""Derivatives by automatic differentiation, for what a problem does not write by hand.

Built on autograd (Maclaurin, Duvenaud & Adams, 2015), imported when first needed: a run on
hand-written derivatives never pays for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Scalar = Callable[[Any], Any]
Function = TypeVar("Function", bound=Callable[..., Any])


def _constants_allowed(function: Function) -> Function:
    """Keep autograd's warning about an output that does not depend on x to ourselves: its derivative is 0."""

    @wraps(function)
    def quiet(*args: Any) -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Output seems independent of input", UserWarning)
            return function(*args)

    return quiet  # type: ignore[return-value]


def gradient(f: Scalar, x: Array) -> Array:
    """∇f(x), shape (n,), of a scalar function of an (n,) array."""
    return value_and_gradient(f, x)[1]


@_constants_allowed
def value_and_gradient(f: Scalar, x: Array) -> tuple[float, Array]:
    """f(x) and ∇f(x) from one trace of f."""
    from autograd import value_and_grad

    value, slope = value_and_grad(f)(x)
    return float(value), np.asarray(slope, dtype=x.dtype)


@_constants_allowed
def hessian(f: Scalar, x: Array) -> Array:
    """∇²f(x), shape (n, n), symmetric by averaging with its transpose."""
    from autograd import hessian as second

    H = np.asarray(second(f)(x), dtype=x.dtype)
    return 0.5 * (H + H.T)


@_constants_allowed
def hvp(f: Scalar, x: Array, v: Array) -> Array:
    """∇²f(x) v, shape (n,), by reverse mode over reverse mode: no n × n array is formed."""
    from autograd import make_hvp

    return np.asarray(make_hvp(f)(x)[0](v), dtype=x.dtype)


@_constants_allowed
def jacobian(c: Scalar, x: Array) -> Array:
    """J_ij = ∂c_i/∂x_j, shape (m, n), of a vector function; a scalar result counts as m = 1."""
    from autograd import jacobian as first

    return np.asarray(first(lambda z: _joined(c(z)))(x), dtype=x.dtype).reshape(-1, x.size)


def _joined(values: Any) -> Any:
    """Return boxes that NumPy or a list holds apart as one box: autograd would take their derivative for 0."""
    apart = isinstance(values, (list, tuple)) or (type(values) is np.ndarray and values.dtype == object)
    if not apart:
        return values
    import autograd.numpy as anp

    return anp.array([_joined(v) for v in values])


def traceable(f: Scalar, x: Array) -> str:
    """Return why autograd cannot differentiate f at x, in one line, or an empty string if it can."""
    try:
        with np.errstate(all="ignore"):
            gradient(f, x)
    except Exception as error:
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        return f"{type(error).__name__}: {first_line.partition('. Valid types are')[0]}"
    return ""
