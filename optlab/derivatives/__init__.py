"""Derivatives by automatic differentiation, for what a problem does not write by hand.

Built on autograd (Maclaurin, Duvenaud & Adams, 2015), imported when first needed: a run on
hand-written derivatives never pays for it.

| module | what it is |
|---|---|
| `tape` | one recorded evaluation, pulled back as often as asked |
| `batched`, `batched_numpy` | many points or tangents behind a hidden last axis |
| `linear` | a recorded linear map, applied to many vectors at once, checked |
| `reverse`, `second`, `points` | gradients and Jacobians; Hessians and their products; all of these at many points |
| `forms`, `traps`, `kinks` | a second way to trace; what cannot be traced, and where a gradient is NaN, in words |
| `coloring` | sparse Hessians from few products |
| `differences` | finite differences and complex steps, for checking |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Scalar = Callable[[Any], Any]
"""A function from an (n,) array to a number."""

_HOME = {
    "coloring": ("Pattern", "color"),
    "differences": ("central", "complex_step", "forward", "step_errors"),
    "kinks": ("nan_reason",),
    "points": ("gradients", "hessians", "hvps", "together", "values_and_gradients"),
    "reverse": ("gradient", "jacobian", "traceable", "value_and_gradient"),
    "second": ("LastPoint", "hessian", "hvp", "linearize"),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = ["Array", "Scalar", *sorted(_WHERE)]  # noqa: PLE0604  strings, from the table above


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _WHERE:
        msg = f"module 'optlab.derivatives' has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(f"optlab.derivatives.{_WHERE[name]}"), name)
    return found


if TYPE_CHECKING:
    from optlab.derivatives.coloring import Pattern as Pattern
    from optlab.derivatives.coloring import color as color
    from optlab.derivatives.differences import central as central
    from optlab.derivatives.differences import complex_step as complex_step
    from optlab.derivatives.differences import forward as forward
    from optlab.derivatives.differences import step_errors as step_errors
    from optlab.derivatives.kinks import nan_reason as nan_reason
    from optlab.derivatives.points import gradients as gradients
    from optlab.derivatives.points import hessians as hessians
    from optlab.derivatives.points import hvps as hvps
    from optlab.derivatives.points import together as together
    from optlab.derivatives.points import values_and_gradients as values_and_gradients
    from optlab.derivatives.reverse import gradient as gradient
    from optlab.derivatives.reverse import jacobian as jacobian
    from optlab.derivatives.reverse import traceable as traceable
    from optlab.derivatives.reverse import value_and_gradient as value_and_gradient
    from optlab.derivatives.second import LastPoint as LastPoint
    from optlab.derivatives.second import hessian as hessian
    from optlab.derivatives.second import hvp as hvp
    from optlab.derivatives.second import linearize as linearize
