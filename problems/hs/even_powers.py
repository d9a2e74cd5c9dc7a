"""The objective that two problems of Hock & Schittkowski share."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array
from optlab_problems.forms.componentwise import Componentwise, Entries


class EvenPowers(Componentwise):
    """(a − b)² + (c − 1)² + (d − 1)⁴ + (e − 1)⁶; a subclass adds constraints.

    Source: Hock & Schittkowski (1981), problems 46 and 49.
    """

    abstract: ClassVar[bool] = True

    def f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        return (a - b) ** 2 + (c - 1.0) ** 2 + (d - 1.0) ** 4 + (e - 1.0) ** 6

    def df(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Any, ...]:
        t = 2.0 * (a - b)
        return t, -t, 2.0 * (c - 1.0), 4.0 * (d - 1.0) ** 3, 6.0 * (e - 1.0) ** 5

    def d2f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Entries:
        squares = {(0, 0): 2.0, (0, 1): -2.0, (1, 1): 2.0, (2, 2): 2.0}
        return {**squares, (3, 3): 12.0 * (d - 1.0) ** 2, (4, 4): 30.0 * (e - 1.0) ** 4}

    def residuals(self, x: Any) -> Any:
        """The residuals a − b, c − 1, (d − 1)² and (e − 1)³."""
        a, b, c, d, e = x
        return np.array([a - b, c - 1.0, (d - 1.0) ** 2, (e - 1.0) ** 3])

    def jacobian(self, x: Array) -> Array:
        J = np.zeros((4, 5))
        J[0, :2] = 1.0, -1.0
        J[1, 2] = 1.0
        J[2, 3] = 2.0 * (x[3] - 1.0)
        J[3, 4] = 3.0 * (x[4] - 1.0) ** 2
        return J
