"""Problem 16 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

KNOWN: dict[int, tuple[tuple[float, ...], float]] = {
    4: ((0.8537019871209036, 1.6729072271630423, 1.109021235682165, -0.5417430268993764), 1.0504820847455916e-05),
    10: ((-0.18949704190016953, 3.4542410493427242, 1.3257038276251885, -1.336678780619388), 1.4432254585707796),
    20: ((-11.594439904762165, 13.203630051207204, -0.40343948817685954, 0.2367787744557363), 85822.20162635634),
}
"""m → x* and f*; no other m has a claim."""


@dataclass(frozen=True)
class BrownDennis(LeastSquares):
    """Σ ((a + tb − eᵗ)² + (c + d sin t − cos t)²)²: convex, with large residuals.

    t = 0.2, 0.4, …, m/5. It teaches what large residuals cost: with m = 20, f* is 85,822, and Gauss-Newton, which
    leaves out their curvature, does not converge where Newton's method takes seven steps.

    Attributes
    ----------
    m : int
        Number of residuals; from 880 on f would overflow at the start.

    Source: Moré, Garbow & Hillstrom (1981), problem 16; Brown & Dennis (1971).
    """

    suites = ("mgh",)
    tags = ("least_squares", "convex")
    dimension = 4
    variants = ({"m": 4}, {"m": 10})

    m: Annotated[int, Ge(4), Le(800)] = 20

    @cached_property
    def t(self) -> Array:
        """The times tᵢ, shape (m,)."""
        return np.arange(1.0, self.m + 1.0) / 5.0

    def residuals(self, x: Any) -> Any:
        u, v = self._errors(x)
        return u * u + v * v

    def _errors(self, x: Any) -> tuple[Any, Any]:
        """Return a + tb − eᵗ and c + d sin t − cos t."""
        a, b, c, d = x
        return a + self.t * b - np.exp(self.t), c + d * np.sin(self.t) - np.cos(self.t)

    def jacobian(self, x: Array) -> Array:
        u, v = self._errors(x)
        return 2.0 * np.column_stack([u, self.t * u, v, np.sin(self.t) * v])

    def curvature(self, x: Array, w: Array) -> Array:
        s, total = np.sin(self.t), 2.0 * np.sum(w)
        return np.asarray(
            symmetric(
                {
                    (0, 0): total,
                    (0, 1): 2.0 * (w @ self.t),
                    (1, 1): 2.0 * (w @ self.t**2),
                    (2, 2): total,
                    (2, 3): 2.0 * (w @ s),
                    (3, 3): 2.0 * (w @ s**2),
                },
                4,
            )
        )

    def start(self) -> Array:
        return np.array([25.0, 5.0, -5.0, -1.0])

    def facts(self) -> Facts:
        if self.m not in KNOWN:
            return Facts(convex=True)
        x, least = KNOWN[self.m]
        return Facts(solution=x, optimum=least, certificate="convex, KKT at x*", convex=True)
