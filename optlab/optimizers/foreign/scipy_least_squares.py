"""The methods of ``scipy.optimize.least_squares``.

Their options are settings of the same names; the tolerances are the least that SciPy admits. An iterate is where the
Jacobian is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.foreign import Ending, ForeignOptimizer, Window
from optlab.core.problem import Array
from optlab.core.status import Status

LEAST = 2.220446049250313e-16
"""The relative spacing of floating-point numbers: what is below it disables a test, or is refused."""
NO_LIMIT = 1_000_000_000


@dataclass(frozen=True)
class ScipyLeastSquares(ForeignOptimizer):
    """A method of ``scipy.optimize.least_squares``."""

    abstract: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("residuals", "jacobian")
    properties: ClassVar[tuple[str, ...]] = ("foreign",)
    method: ClassVar[Literal["lm", "trf", "dogbox"]]

    ftol: Annotated[float, Ge(LEAST)] = LEAST
    xtol: Annotated[float, Ge(LEAST)] = LEAST
    gtol: Annotated[float, Ge(LEAST)] = LEAST

    def solve(self, oracle: Window, x0: Array, emit: Callable[[Any], None]) -> Ending:
        """Call ``least_squares`` with the bounds where the method takes them."""
        from scipy.optimize import least_squares

        shown = x0

        def jacobian(x: Array) -> Array:
            nonlocal shown
            J = oracle.jacobian(x)
            if not np.array_equal(x, shown):
                shown = x.copy()
                emit(x)
            return J

        bounds = oracle.bounds or (-np.inf, np.inf)
        result = least_squares(oracle.residuals, x0, jacobian, bounds, self.method, max_nfev=NO_LIMIT, **vars(self))
        status = Status.MAX_ITERATIONS if result.status == 0 else Status.STALLED
        return Ending(bool(result.success), str(result.message), result.x, status)


@dataclass(frozen=True)
class ScipyLeastSquaresLM(ScipyLeastSquares):
    """MINPACK's Levenberg–Marquardt method, by SciPy.

    Source: Moré (1978); ``scipy.optimize.least_squares(method="lm")``.
    """

    method: ClassVar[Literal["lm", "trf", "dogbox"]] = "lm"


@dataclass(frozen=True)
class ScipyLeastSquaresTRF(ScipyLeastSquares):
    """SciPy's reflective trust region for sums of squares within bounds.

    Source: Branch, Coleman & Li (1999); ``scipy.optimize.least_squares(method="trf")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    method: ClassVar[Literal["lm", "trf", "dogbox"]] = "trf"


@dataclass(frozen=True)
class ScipyLeastSquaresDogbox(ScipyLeastSquares):
    """SciPy's dogleg in rectangular trust regions, for sums of squares within bounds.

    Source: Voglis & Lagaris (2004); ``scipy.optimize.least_squares(method="dogbox")``.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    method: ClassVar[Literal["lm", "trf", "dogbox"]] = "dogbox"
