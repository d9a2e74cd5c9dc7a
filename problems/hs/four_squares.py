"""The objective and the rows that three problems of Hock & Schittkowski share."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array
from optlab_problems.forms.componentwise import Componentwise, Entries


class FourSquares(Componentwise):
    """(ka − b)² + (b + c − 2)² + (d − 1)² + (e − 1)²; a subclass says k and where three planes lie.

    Source: Hock & Schittkowski (1981), problems 51 to 53.
    """

    abstract: ClassVar[bool] = True
    factor: ClassVar[float] = 1.0
    """k."""

    def f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        return (self.factor * a - b) ** 2 + (b + c - 2.0) ** 2 + (d - 1.0) ** 2 + (e - 1.0) ** 2

    def df(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Any, ...]:
        k = self.factor
        s, t = 2.0 * (k * a - b), 2.0 * (b + c - 2.0)
        return k * s, t - s, t, 2.0 * (d - 1.0), 2.0 * (e - 1.0)

    def d2f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Entries:
        k = self.factor
        first = {(0, 0): 2.0 * k * k, (0, 1): -2.0 * k, (1, 1): 4.0}
        return {**first, (1, 2): 2.0, (2, 2): 2.0, (3, 3): 2.0, (4, 4): 2.0}

    def residuals(self, x: Any) -> Any:
        """The residuals ka − b, b + c − 2, d − 1 and e − 1."""
        a, b, c, d, e = x
        return np.array([self.factor * a - b, b + c - 2.0, d - 1.0, e - 1.0])

    def jacobian(self, x: Array) -> Array:
        J = np.zeros((4, 5))
        J[0, :2] = self.factor, -1.0
        J[1, 1:3] = 1.0
        J[2, 3] = J[3, 4] = 1.0
        return J


def planes() -> Array:
    """Return the rows of a + 3b, c + d − 2e and b − e."""
    return np.array([[1.0, 3.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0, -2.0], [0.0, 1.0, 0.0, 0.0, -1.0]])
