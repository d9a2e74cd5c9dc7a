"""Directional derivatives by differences and by a complex step: for checking, not for solving.

    forward  (f(x + hv) − f(x)) / h             error ½h|f″| + 2ε|f|/h,   least near h = √ε
    central  (f(x + hv) − f(x − hv)) / 2h       error ⅙h²|f‴| + ε|f|/h,   least near h = ε^⅓
    complex  Im f(x + ihv) / h                  error ⅙h²|f‴|, without cancellation: h may be 1e-30

Source: Nocedal & Wright (2006), section 8.1; Squire & Trapp (1998), Using complex variables to estimate derivatives of
real functions; Martins, Sturdza & Alonso (2003), The complex-step derivative approximation.
"""

from __future__ import annotations

import warnings
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.status import EvaluationError, InputError, worded
from optlab.derivatives import Array, Scalar

if TYPE_CHECKING:
    import pandas as pd

EPS = float(np.finfo(float).eps)
FORWARD_STEP = sqrt(EPS)
"""The best forward step where f, f″ and x are of order 1."""
CENTRAL_STEP = EPS ** (1 / 3)
COMPLEX_STEP = 1e-30
DECADES = (-16.0, 0.0)
PER_DECADE = 4
ANALYTIC = (
    "a complex step needs f to be analytic and written for complex numbers: no abs, no comparison, max or where, no "
    "norm (write np.sqrt(x @ x)), no float()"
)


def forward(f: Scalar, x: Array, v: Array, h: float = FORWARD_STEP) -> float:
    """The derivative of f along v at x, from f(x + hv) and f(x)."""
    return float((f(x + h * v) - f(x)) / h)


def central(f: Scalar, x: Array, v: Array, h: float = CENTRAL_STEP) -> float:
    """The derivative of f along v at x, from f(x + hv) and f(x − hv)."""
    return float((f(x + h * v) - f(x - h * v)) / (2.0 * h))


def complex_step(f: Scalar, x: Array, v: Array, h: float = COMPLEX_STEP) -> float:
    """The derivative of f along v at x, from the imaginary part of f(x + ihv): exact to rounding.

    f must be analytic and written for complex numbers; conjugation (np.vdot, np.abs, np.linalg.norm) spoils it.

    Raises
    ------
    EvaluationError
        Where f refuses complex numbers, drops the imaginary part, or returns a real number.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            end = f(np.asarray(x, dtype=complex) + 1j * h * np.asarray(v))
    except (TypeError, np.exceptions.ComplexWarning) as error:
        msg = f"{ANALYTIC} ({worded(error)})"
        raise EvaluationError(msg) from error
    if not np.iscomplexobj(end) or np.shape(end):
        msg = f"{ANALYTIC} (it returned {type(end).__name__} of shape {np.shape(end)})"
        raise EvaluationError(msg)
    return float(np.imag(end) / h)


def step_errors(f: Scalar, gradient: Any, x: Any, direction: Any = None, steps: Any = None) -> pd.DataFrame:
    """Return how the error of each formula depends on h: the V-curve of a gradient check.

    Right gradients give a V: the error falls with h (forward) or h² (central) until rounding, which grows as 1/h, takes
    over. Of a wrong gradient it stays at the size of the mistake.

    Parameters
    ----------
    f : callable
        f(x), a number.
    gradient : callable or (n,) array
        ∇f, as a function of x or at x.
    x : (n,) array-like
        The point.
    direction : (n,) array-like, optional
        v, scaled to length 1; along ∇f(x) where it is not given.
    steps : (K,) array-like, optional
        h, in units of the largest component of x (of 1 where that is smaller); else from 1e-16 to 1.

    Returns
    -------
    DataFrame
        Columns h, forward, central, complex: errors relative to |∇f(x)·v|. `complex` is NaN where f is not written for
        complex numbers.

    Raises
    ------
    InputError
        Where ∇f(x)·v is zero or not finite, so that there is no relative error.
    """
    import pandas as pd

    x = np.asarray(x, dtype=float)
    g = np.asarray(gradient(x) if callable(gradient) else gradient, dtype=float)
    v = np.asarray(g if direction is None else direction, dtype=float)
    v = v / np.linalg.norm(v) if v.any() else v
    slope = float(g @ v)
    if not (np.isfinite(slope) and slope != 0.0):
        msg = f"the derivative along the direction must be finite and not zero, given {slope}: choose another x"
        raise InputError(msg)
    unit = max(1.0, float(np.abs(x).max()))
    if steps is None:
        steps = np.logspace(*DECADES, int((DECADES[1] - DECADES[0]) * PER_DECADE) + 1)
    rows = []
    with np.errstate(all="ignore"):
        for h in np.asarray(steps, dtype=float):
            found = (forward(f, x, v, h * unit), central(f, x, v, h * unit), _complex(f, x, v, h * unit))
            rows.append((h, *(abs(d - slope) / abs(slope) for d in found)))
    return pd.DataFrame(rows, columns=["h", "forward", "central", "complex"])


def _complex(f: Scalar, x: Array, v: Array, h: float) -> float:
    try:
        return complex_step(f, x, v, h)
    except EvaluationError:
        return float("nan")
