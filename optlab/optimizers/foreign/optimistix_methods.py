"""Minimizers of Optimistix, on our functions by JAX's callbacks, step by step.

They compile at their first steps, which takes a second or two of the run's time. Their tolerances are zero.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.foreign import Ending, ForeignOptimizer, Window
from optlab.core.problem import Array


@dataclass(frozen=True)
class OptimistixMinimizer(ForeignOptimizer):
    """A minimizer of Optimistix in double precision; an iteration may be a rejected step.

    The class is called with the settings of the same names.
    """

    abstract: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("foreign",)
    package: ClassVar[str] = "optimistix"
    extra: ClassVar[str] = "jax"
    quiet: ClassVar[bool] = True
    minimizer: ClassVar[str]

    def solve(self, oracle: Window, x0: Array, emit: Callable[[Any], None]) -> Ending:
        """Take its steps one by one; the first evaluates the start."""
        import equinox
        import jax
        import optimistix

        function = _Function(oracle)
        with double_precision(jax):
            solver = getattr(optimistix, self.minimizer)(rtol=0.0, atol=0.0, **vars(self))
            f = function.traced(jax)
            given: dict[str, Any] = {"fn": lambda y, _: (f(y), None), "args": None, "options": {}, "tags": frozenset()}
            step = equinox.filter_jit(equinox.Partial(solver.step, **given))
            terminate = equinox.filter_jit(equinox.Partial(solver.terminate, **given))
            y = jax.numpy.asarray(x0)
            state = solver.init(y=y, f_struct=function.number, aux_struct=None, **given)
            first, done = True, False
            while not done:
                y, state, _ = step(y=y, state=state)
                done, result = terminate(y=y, state=state)
                if function.error is not None:
                    raise function.error
                if not first:
                    emit(y)
                first = False
            successful = bool(result == optimistix.RESULTS.successful)
            return Ending(successful, "" if successful else str(optimistix.RESULTS[result]), y)


class _Function:
    """f and ∇f as JAX calls them; what they raise is kept, for JAX would print it."""

    def __init__(self, oracle: Window) -> None:
        self.oracle = oracle
        self.error: BaseException | None = None
        self.number: Any = None

    def traced(self, jax: Any) -> Callable[[Any], Any]:
        """Return f as a function that JAX can differentiate once."""
        self.number = jax.ShapeDtypeStruct((), np.float64)
        vector = jax.ShapeDtypeStruct((self.oracle.n,), np.float64)

        @jax.custom_jvp  # type: ignore[untyped-decorator]
        def f(y: Any) -> Any:
            return jax.pure_callback(self._value, self.number, y)

        @f.defjvp  # type: ignore[untyped-decorator]
        def _(points: Any, tangents: Any) -> Any:
            (y,), (dy,) = points, tangents
            return f(y), jax.numpy.vdot(jax.pure_callback(self._gradient, vector, y), dy)

        return f  # type: ignore[no-any-return]

    def _value(self, y: Any) -> Any:
        return self._answered(lambda: np.float64(self.oracle.value(y)), np.float64(np.nan))

    def _gradient(self, y: Any) -> Any:
        return self._answered(lambda: self.oracle.gradient(y), np.full(self.oracle.n, np.nan))

    def _answered(self, question: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return otherwise if self.error is not None else question()
        except BaseException as error:  # raised again as soon as JAX returns
            self.error = error
            return otherwise


def double_precision(jax: Any) -> AbstractContextManager[Any]:
    """Return the context, of this thread alone, in which JAX computes in double precision."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)  # type: ignore[no-any-return]
    from jax.experimental import enable_x64

    return enable_x64()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class OptimistixBFGS(OptimistixMinimizer):
    """Optimistix's BFGS with a backtracking search.

    Source: Nocedal & Wright (2006), section 6.1; ``optimistix.BFGS``.
    """

    minimizer: ClassVar[str] = "BFGS"


@dataclass(frozen=True)
class OptimistixLBFGS(OptimistixMinimizer):
    """Optimistix's limited-memory BFGS with a backtracking search.

    Source: Liu & Nocedal (1989); ``optimistix.LBFGS``.
    """

    minimizer: ClassVar[str] = "LBFGS"

    history_length: Annotated[int, Ge(1)] = 10


@dataclass(frozen=True)
class OptimistixNonlinearCG(OptimistixMinimizer):
    """Optimistix's nonlinear conjugate gradients, Polak–Ribière with a backtracking search.

    Source: Nocedal & Wright (2006), section 5.2; ``optimistix.NonlinearCG``.
    """

    minimizer: ClassVar[str] = "NonlinearCG"
