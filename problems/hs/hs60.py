"""Problem 60 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS60(Componentwise):
    """(a − 1)² + (a − b)² + (b − c)⁴ subject to a(1 + b²) + c⁴ = 4 + 3√2, in [−10, 10]³.

    Source: Hock & Schittkowski (1981), problem 60.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "multimodal")
    dimension = 3
    constraints = ("bounds", "equality")
    bounds = ((-10.0, -10.0, -10.0), (10.0, 10.0, 10.0))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return (a - 1.0) ** 2 + (a - b) ** 2 + (b - c) ** 4

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        s, t = 2.0 * (a - b), 4.0 * (b - c) ** 3
        return 2.0 * (a - 1.0) + s, t - s, -t

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        t = 12.0 * (b - c) ** 2
        return {(0, 0): 4.0, (0, 1): -2.0, (1, 1): 2.0 + t, (1, 2): -t, (2, 2): t}

    def residuals(self, x: Any) -> Any:
        """The residuals a − 1, a − b and (b − c)²."""
        a, b, c = x
        return np.array([a - 1.0, a - b, (b - c) ** 2])

    def jacobian(self, x: Array) -> Array:
        t = 2.0 * float(x[1] - x[2])
        return np.array([[1.0, 0.0, 0.0], [1.0, -1.0, 0.0], [0.0, t, -t]])

    def h(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (a * (1.0 + b * b) + c**4 - 4.0 - 3.0 * sqrt(2.0),)

    def dh(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, ...]]:
        return ((1.0 + b * b, 2.0 * a * b, 4.0 * c**3),)

    def d2h(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 1): 2.0 * b, (1, 1): 2.0 * a, (2, 2): 12.0 * c * c},)

    def start(self) -> Array:
        return np.array([2.0, 2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.1048590197333166, 1.1966741822882572, 1.535262260325326),
            optimum=0.03256820025506984,
            certificate="best known: published, and the best of many starts",
            multipliers=((0.0,) * 6, (-0.010726727888350166,)),
            critical_points={"minimum": [(0.09861788493400593, -0.8954807689877647, -1.6851956100401018)]},
            note="no bound is active. Codings that round 4 + 3√2 to 8.242640687 have f* = 0.0325682002538",
        )
