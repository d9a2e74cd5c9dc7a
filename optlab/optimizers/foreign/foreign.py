"""Any callable that minimizes."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from optlab.core.foreign import Ending, ForeignOptimizer, Window
from optlab.core.problem import Array
from optlab.core.status import InputError, nearest

GIVEN = ("jac", "hess", "hessp", "bounds", "callback")
"""What can be handed over beside f and the start, by SciPy's names."""


@dataclass(frozen=True)
class Foreign(ForeignOptimizer):
    """A solver of yours, called as ``solver(fun, x0, jac=…, callback=…, **options)``.

    Its iterates are what it calls `callback` with. Where it takes none, they are the points at which it asks for the
    gradient (for f, where it takes no `jac` either) and f is less than at the iterate before. What it returns, an
    array or an object with `x` and perhaps `success` and `message`, is the last one.

    Parameters
    ----------
    solver : callable or str
        The solver; in a YAML file "package.module:function".
    options : mapping
        Further arguments by name. Tolerances should be as tight as they go: our stop rules end the run.
    gives : tuple of str, optional
        Which of jac, hess, hessp, bounds and callback to hand over: by default jac, bounds and callback, where its
        signature names them. `bounds` is a list of (lo, hi), None where there are none.

    Examples
    --------
    >>> import optlab
    >>> def descend(fun, x0, jac):
    ...     for _ in range(300):
    ...         x0 = x0 - 0.1 * jac(x0)
    ...     return x0
    >>> optlab.minimize("kappa5", optlab.Foreign(descend)).status.name
    'CONVERGED'

    Source: the solver's own.
    """

    name: ClassVar[str] = "foreign"

    solver: Callable[..., Any] | str = "scipy.optimize:minimize"
    options: Mapping[str, Any] = field(default_factory=dict)
    gives: tuple[str, ...] | None = None

    @property
    def needs(self) -> tuple[str, ...]:  # type: ignore[override]
        """What it hands over."""
        more = {"hess": "hessian", "hessp": "hvp"}
        return ("gradient", *(more[given] for given in self._given() if given in more))

    @property
    def handles(self) -> tuple[str, ...]:  # type: ignore[override]
        """Bounds, where it takes them."""
        return ("bounds",) if "bounds" in self._given() else ()

    @property
    def properties(self) -> tuple[str, ...]:  # type: ignore[override]
        """Free of derivatives where it hands over none."""
        return ("foreign",) if "jac" in self._given() else ("foreign", "derivative_free")

    def solve(self, oracle: Window, x0: Array, emit: Callable[[Any], None]) -> Ending:
        """Call the solver and read what it returns."""
        given, better = self._given(), _Better(oracle.value(x0), emit)
        own = "callback" in given
        free = own or "jac" in given

        def fun(x: Any, *_args: Any) -> float:
            f = oracle.value(x)
            if not free:
                better(x, f)
            return f

        def jac(x: Any, *_args: Any) -> Array:
            f, g = oracle.value_and_gradient(x)
            if not own:
                better(x, f)
            return g

        table = {
            "jac": jac,
            "hess": lambda x, *_args: oracle.hessian(x),
            "hessp": lambda x, p, *_args: oracle.hvp(x, p),
            "bounds": None if oracle.bounds is None else list(zip(*oracle.bounds, strict=True)),
            "callback": lambda x, *_more: emit(getattr(x, "x", x)),
        }
        return _ending(self._callable()(fun, x0, **{key: table[key] for key in given}, **self.options))

    def _given(self) -> tuple[str, ...]:
        """Which arguments to hand over."""
        if self.gives is not None:
            for key in self.gives:
                if key not in GIVEN:
                    msg = f"foreign: gives names {key!r}{nearest(key, GIVEN)} (one of: {', '.join(GIVEN)})"
                    raise InputError(msg)
            return tuple(self.gives)
        solver = self._callable()
        try:
            named = inspect.signature(solver).parameters
        except ValueError:  # a function written in C may have none
            return ("jac",)
        return tuple(key for key in ("jac", "bounds", "callback") if key in named and key not in self.options)

    def _callable(self) -> Callable[..., Any]:
        if callable(self.solver):
            return self.solver
        module, _, function = str(self.solver).partition(":")
        try:
            found = getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError, ValueError) as error:
            msg = f"foreign: solver must be a callable or 'package.module:function', given {self.solver!r} ({error})"
            raise InputError(msg) from error
        return found  # type: ignore[no-any-return]


class _Better:
    """Shows the points at which f is less than ever before."""

    def __init__(self, f: float, emit: Callable[[Any], None]) -> None:
        self.f, self.emit = f, emit

    def __call__(self, x: Any, f: float) -> None:
        if f < self.f:
            self.f = f
            self.emit(x)


def _ending(result: Any) -> Ending:
    """Read what a solver returned: an object with x, a mapping, an array, or a tuple that begins with one."""
    if isinstance(result, Mapping):
        x, success, message = result.get("x"), result.get("success"), result.get("message", "")
    elif hasattr(result, "x"):
        x, success, message = result.x, getattr(result, "success", False), getattr(result, "message", "")
    else:
        x, success, message = (result[0] if isinstance(result, tuple) and result else result), False, ""
    try:
        point = None if x is None else np.array(x, dtype=float)
    except (TypeError, ValueError) as error:
        msg = f"a solver must return a point, or an object with x, given {type(x).__name__}"
        raise InputError(msg) from error
    return Ending(bool(success), str(message), point)
