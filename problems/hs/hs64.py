"""Problem 64 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS64(Componentwise):
    """5a + 50000/a + 20b + 72000/b + 10c + 144000/c subject to 4/a + 32/b + 120/c ≤ 1, x ≥ 10⁻⁵.

    Source: Hock & Schittkowski (1981), problem 64.
    """

    suites = ("hs",)
    tags = ("convex", "strictly_convex", "badly_scaled")
    dimension = 3
    constraints = ("bounds", "inequality")
    bounds = ((1e-5, 1e-5, 1e-5), (np.inf, np.inf, np.inf))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 5.0 * a + 5e4 / a + 20.0 * b + 7.2e4 / b + 10.0 * c + 1.44e5 / c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        return 5.0 - 5e4 / a**2, 20.0 - 7.2e4 / b**2, 10.0 - 1.44e5 / c**2

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 1e5 / a**3, (1, 1): 1.44e5 / b**3, (2, 2): 2.88e5 / c**3}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (4.0 / a + 32.0 / b + 120.0 / c - 1.0,)

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, ...]]:
        return ((-4.0 / a**2, -32.0 / b**2, -120.0 / c**2),)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 0): 8.0 / a**3, (1, 1): 64.0 / b**3, (2, 2): 240.0 / c**3},)

    def start(self) -> Array:
        return np.ones(3)

    def facts(self) -> Facts:
        return Facts(
            solution=(108.73470491089891, 85.1262127908938, 204.32459661260555),
            optimum=6299.8424279215205,
            certificate="convex, KKT at x*",
            convex=True,
            multipliers=((2279.0450650753314, 0.0, 0.0, 0.0), ()),
            note="f and the constraint are convex for positive variables only; the curvatures fall from 10⁵ at the "
            "start to 0.03 … 0.23 at x*, and a step to where a variable is negative leaves the domain",
        )
