"""A geometric program in convex form."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries, add, outer


@dataclass(frozen=True)
class GeometricProgram(Componentwise):
    """40/(rst) + 40st subject to rt/2 + rs/4 ≤ 1, in the logarithms a, b, c of r, s, t: f* = 60.

    It teaches the change of variables that makes sums of monomials convex: with r = eᵃ, s = eᵇ, t = eᶜ every term
    is the exponential of a linear function. Solution (r, s, t) = (2, 1, ½).

    Source: Duffin, Peterson & Zener (1967), Geometric Programming; Boyd & Vandenberghe (2004), section 4.5.3.
    """

    suites = ("constrained",)
    tags = ("convex", "sum_of_exponentials")
    dimension = 3
    constraints = ("inequality",)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 40.0 * np.exp(-a - b - c) + 40.0 * np.exp(b + c)

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        u, v = 40.0 * np.exp(-a - b - c), 40.0 * np.exp(b + c)
        return -u, v - u, v - u

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        u, v = 40.0 * np.exp(-a - b - c), 40.0 * np.exp(b + c)
        return add(outer((1.0, 1.0, 1.0), u), outer((0.0, 1.0, 1.0), v))

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (0.5 * np.exp(a + c) + 0.25 * np.exp(a + b) - 1.0,)

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        u, v = 0.5 * np.exp(a + c), 0.25 * np.exp(a + b)
        return ((u + v, v, u),)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        u, v = 0.5 * np.exp(a + c), 0.25 * np.exp(a + b)
        return (add(outer((1.0, 0.0, 1.0), u), outer((1.0, 1.0, 0.0), v)),)

    def start(self) -> Array:
        return np.zeros(3)

    def facts(self) -> Facts:
        return Facts(solution=(log(2.0), 0.0, -log(2.0)), optimum=60.0, certificate="convex, KKT at x*", convex=True,
                     multipliers=((40.0,), ()))  # fmt: skip
