"""Problem 59 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import perm
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries

POLYNOMIAL = {
    (0, 0): -75.196,
    (1, 0): 3.8112,
    (2, 0): -0.12694,
    (3, 0): 2.0567e-3,
    (4, 0): -1.0345e-5,
    (0, 1): 6.8306,
    (1, 1): -0.030234,
    (2, 1): 1.28134e-3,
    (3, 1): -3.5256e-5,
    (4, 1): 2.266e-7,
    (0, 2): -0.25645,
    (1, 2): -3.405e-4,
    (2, 2): 5.2375e-6,
    (3, 2): 6.3e-8,
    (0, 3): 3.4604e-3,
    (1, 3): 1.6638e-6,
    (3, 3): -7e-10,
    (0, 4): -1.3514e-5,
}
"""The coefficient of aⁱbʲ, as printed."""


@dataclass(frozen=True)
class HS59(Componentwise):
    """A polynomial of degree 6 + 28.106/(b + 1) + 2.8673 exp(ab/2000) in three curves and a box.

    Source: Hock & Schittkowski (1981), problem 59; Barnes (1967), by Himmelblau (1972).
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal", "infeasible_start")
    dimension = 2
    constraints = ("bounds", "inequality")
    bounds = ((0.0, 0.0), (75.0, 65.0))

    def f(self, a: Any, b: Any) -> Any:
        return _polynomial(a, b, 0, 0) + 28.106 / (b + 1.0) + 2.8673 * np.exp(5e-4 * a * b)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        t = 2.8673 * 5e-4 * np.exp(5e-4 * a * b)
        return _polynomial(a, b, 1, 0) + b * t, _polynomial(a, b, 0, 1) - 28.106 / (b + 1.0) ** 2 + a * t

    def d2f(self, a: Any, b: Any) -> Entries:
        t = 2.8673 * 5e-4 * np.exp(5e-4 * a * b)
        return {
            (0, 0): _polynomial(a, b, 2, 0) + 5e-4 * b * b * t,
            (0, 1): _polynomial(a, b, 1, 1) + (1.0 + 5e-4 * a * b) * t,
            (1, 1): _polynomial(a, b, 0, 2) + 56.212 / (b + 1.0) ** 3 + 5e-4 * a * a * t,
        }

    def g(self, a: Any, b: Any) -> tuple[Any, ...]:
        return 700.0 - a * b, a * a / 125.0 - b, 5.0 * (a - 55.0) - (b - 50.0) ** 2

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], ...]:
        return (-b, -a), (a / 62.5, -1.0), (5.0, -2.0 * (b - 50.0))

    def d2g(self, a: Any, b: Any) -> tuple[Entries, ...]:
        return {(0, 1): -1.0}, {(0, 0): 1.0 / 62.5}, {(1, 1): -2.0}

    def start(self) -> Array:
        return np.array([90.0, 10.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(13.550142323759115, 51.65997398954288),
            optimum=-7.8027894715383805,
            certificate="best known: the best of many starts and of a fine grid",
            convex=False,
            multipliers=((0.011426551716530758, *[0.0] * 6), ()),
            critical_points={"minimum": [(46.39617854518904, 52.21822453069329)]},
            note="the standard start violates its bounds, and most methods end at the local minimum of −6.7495 from "
            "there. The book prints 3.405e-4 for ab², as here, but its f(x₀) = 86.878639 is that of 3.4054e-4, "
            "Barnes's coefficient, for which the least value is −7.804236; its f* = −7.804226 is not converged. "
            "Lists without the term in a² are another problem",
        )


def _polynomial(a: Any, b: Any, k: int, m: int) -> Any:
    """Return the derivative of the polynomial, k times by a and m times by b."""
    terms = [
        c * perm(i, k) * perm(j, m) * a ** (i - k) * b ** (j - m)
        for (i, j), c in POLYNOMIAL.items()
        if i >= k and j >= m
    ]
    return sum(terms)
