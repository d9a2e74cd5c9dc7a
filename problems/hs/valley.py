"""The objective that six problems of Hock & Schittkowski share."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array
from optlab_problems.forms.componentwise import Componentwise, Entries


class Valley(Componentwise):
    """100(b − a²)² + (1 − a)², two squared residuals; a subclass adds the constraints.

    Source: Rosenbrock (1960).
    """

    abstract: ClassVar[bool] = True

    def f(self, a: Any, b: Any) -> Any:
        t, u = b - a * a, 1.0 - a
        return 100.0 * t * t + u * u

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        t = b - a * a
        return -400.0 * a * t - 2.0 * (1.0 - a), 200.0 * t

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 1200.0 * a * a - 400.0 * b + 2.0, (0, 1): -400.0 * a, (1, 1): 200.0}

    def residuals(self, x: Any) -> Any:
        """10(b − a²) and 1 − a."""
        a, b = x
        return np.array([10.0 * (b - a * a), 1.0 - a])

    def jacobian(self, x: Array) -> Array:
        return np.array([[-20.0 * float(x[0]), 10.0], [-1.0, 0.0]])

    def start(self) -> Array:
        return np.array([-2.0, 1.0])
