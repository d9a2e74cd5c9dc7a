"""Problem 54 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries, add, outer


@dataclass(frozen=True)
class HS54(Componentwise):
    """−exp(−q/2) with a convex quadratic q in six variables of sizes 10⁻³ to 10⁸; one equation.

    A normal density with means (10⁴, 1, 2·10⁶, 10, 10⁻³, 10⁸), deviations (8·10³, 1, 7·10⁶, 50, 0.05, 5·10⁸) and a
    correlation of −0.2 between the first two variables; q is the squared distance from the means in these units.

    It teaches scaling: the derivatives along c and p are below 10⁻⁷ everywhere, so that tests on ‖∇f‖ see nothing of
    them, and a step of length 1 does nothing.

    Source: Hock & Schittkowski (1981), problem 54; Betts (1977), problem 11.7.
    """

    suites = ("hs",)
    tags = ("nonconvex", "badly_scaled")
    dimension = 6
    constraints = ("bounds", "equality")
    bounds = ((0.0, -10.0, 0.0, 0.0, -1.0, 0.0), (2e4, 10.0, 1e7, 20.0, 1.0, 2e8))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + 4000b = 17600."""
        return np.array([[1.0, 4000.0, 0.0, 0.0, 0.0, 0.0]]), np.array([17600.0])

    def f(self, a: Any, b: Any, c: Any, d: Any, e: Any, p: Any) -> Any:
        u, v = (a - 1e4) / 8e3, b - 1.0
        pair = (u * u + 0.4 * u * v + v * v) / 0.96
        rest = ((c - 2e6) / 7e6) ** 2 + ((d - 10.0) / 50.0) ** 2 + ((e - 1e-3) / 0.05) ** 2 + ((p - 1e8) / 5e8) ** 2
        return -np.exp(-0.5 * (pair + rest))

    def df(self, a: Any, b: Any, c: Any, d: Any, e: Any, p: Any) -> tuple[Any, ...]:
        weight = -0.5 * self.f(a, b, c, d, e, p)
        return tuple(weight * slope for slope in _slopes(a, b, c, d, e, p))

    def d2f(self, a: Any, b: Any, c: Any, d: Any, e: Any, p: Any) -> Entries:
        f = self.f(a, b, c, d, e, p)
        curvature = {pair: -0.5 * f * value for pair, value in CURVATURE.items()}
        return add(curvature, outer(_slopes(a, b, c, d, e, p), 0.25 * f))

    def start(self) -> Array:
        return np.array([6e3, 1.5, 4e6, 2.0, 3e-3, 5e7])

    def facts(self) -> Facts:
        density = exp(-27 / 280)
        return Facts(
            solution=(91600 / 7, 79 / 70, 2e6, 10.0, 1e-3, 1e8),
            optimum=-density,
            certificate="closed form: f increases with a convex q, and the KKT conditions of q hold at x*",
            convex=False,
            multipliers=((0.0,) * 12, (-3 * density / 56000,)),
            note="no bound is active and there is no other local minimum: values such as −0.669, −0.651 or 0, at which "
            "many methods stop, lie on the plateau. Some lists give f* = +0.908, without the sign",
        )


CURVATURE: Entries = {
    (0, 0): 2.0 / 0.96 / 8e3**2,
    (0, 1): 0.4 / 0.96 / 8e3,
    (1, 1): 2.0 / 0.96,
    (2, 2): 2.0 / 7e6**2,
    (3, 3): 2.0 / 50.0**2,
    (4, 4): 2.0 / 0.05**2,
    (5, 5): 2.0 / 5e8**2,
}
"""∇²q."""


def _slopes(a: Any, b: Any, c: Any, d: Any, e: Any, p: Any) -> tuple[Any, ...]:
    """∇q."""
    u, v = (a - 1e4) / 8e3, b - 1.0
    return (
        (2.0 * u + 0.4 * v) / 0.96 / 8e3,
        (0.4 * u + 2.0 * v) / 0.96,
        2.0 * (c - 2e6) / 7e6**2,
        2.0 * (d - 10.0) / 50.0**2,
        2.0 * (e - 1e-3) / 0.05**2,
        2.0 * (p - 1e8) / 5e8**2,
    )
