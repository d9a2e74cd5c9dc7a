"""Problem 23 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS23(Componentwise):
    """a² + b² subject to four nonlinear constraints and a linear one.

    a + b ≥ 1, a² + b² ≥ 1, 9a² + b² ≥ 9, a² ≥ b, b² ≥ a, |a|, |b| ≤ 50. The feasible set falls into parts, with a local
    minimum in each.

    Source: Hock & Schittkowski (1981), problem 23.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "multimodal")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((-50.0, -50.0), (50.0, 50.0))

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return np.array([[-1.0, -1.0]]), np.array([-1.0])

    def f(self, a: Any, b: Any) -> Any:
        return a * a + b * b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 2.0 * a, 2.0 * b

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0, (1, 1): 2.0}

    def g(self, a: Any, b: Any) -> tuple[Any, ...]:
        return 1.0 - a * a - b * b, 9.0 - 9.0 * a * a - b * b, b - a * a, a - b * b

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], ...]:
        return (-2.0 * a, -2.0 * b), (-18.0 * a, -2.0 * b), (-2.0 * a, 1.0), (1.0, -2.0 * b)

    def d2g(self, a: Any, b: Any) -> tuple[Entries, ...]:
        return {(0, 0): -2.0, (1, 1): -2.0}, {(0, 0): -18.0, (1, 1): -2.0}, {(0, 0): -2.0}, {(1, 1): -2.0}

    def residuals(self, x: Any) -> Any:
        """The residuals a and b."""
        a, b = x
        return np.array([a, b])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 0.0], [0.0, 1.0]])

    def start(self) -> Array:
        return np.array([3.0, 1.0])

    def facts(self) -> Facts:
        golden = (1.0 + sqrt(5.0)) / 2.0
        return Facts(
            solution=(1.0, 1.0),
            optimum=2.0,
            certificate="closed form",
            curvature=(2.0, 2.0),
            critical_points={"minimum": [(1.0 + golden, -golden), (-golden, 1.0 + golden)]},
            multipliers=((0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0), ()),
            note="two local minima of 9.472136",
        )
