"""Problem 26 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS26(Componentwise):
    """(a − b)² + (b − c)⁴ subject to (1 + b²)a + c⁴ = 3: a singular Hessian.

    Source: Hock & Schittkowski (1981), problem 26.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "degenerate", "multimodal")
    dimension = 3
    constraints = ("equality",)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return (a - b) ** 2 + (b - c) ** 4

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        u, v = 2.0 * (a - b), 4.0 * (b - c) ** 3
        return u, v - u, -v

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        w = 12.0 * (b - c) ** 2
        return {(0, 0): 2.0, (0, 1): -2.0, (1, 1): 2.0 + w, (1, 2): -w, (2, 2): w}

    def h(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return ((1.0 + b * b) * a + c**4 - 3.0,)

    def dh(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        return ((1.0 + b * b, 2.0 * a * b, 4.0 * c**3),)

    def d2h(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 1): 2.0 * b, (1, 1): 2.0 * a, (2, 2): 12.0 * c * c},)

    def residuals(self, x: Any) -> Any:
        """The residuals a − b and (b − c)²."""
        a, b, c = x
        return np.array([a - b, (b - c) ** 2])

    def jacobian(self, x: Array) -> Array:
        _, b, c = x.tolist()
        return np.array([[1.0, -1.0, 0.0], [0.0, 2.0 * (b - c), 2.0 * (c - b)]])

    def start(self) -> Array:
        return np.array([-2.6, 2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0, 1.0),
            optimum=0.0,
            solutions=[(-1.8105357137661369, -1.8105357137661369, -1.8105357137661369)],
            certificate="a sum of squares that is zero",
            critical_points={
                "saddle": [
                    (2.084102082984034, 0.38477934097766875, -0.8827896572128592),
                    (2.4436487630454877, -0.41763314175087257, 0.6006197252833376),
                ]
            },
            multipliers=((), (0.0,)),
            note="the Hessian of the Lagrangian is singular on the constraint at both solutions: convergence is slow",
        )
