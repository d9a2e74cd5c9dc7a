"""A critical point that is a minimum on every line and no minimum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class PeanoParabolas(Componentwise):
    """(b − a²)(b − 3a²): on every line through 0 a minimum at 0, and yet 0 is none.

    It teaches that looking along lines cannot prove a minimum: between the two parabolas f < 0, f = −a⁴ on b = 2a².
    The Hessian at 0, diag(0, 2), is silent.

    Source: Genocchi & Peano (1884), Calcolo differenziale (Peano's notes); Hancock (1917), Theory of Maxima and Minima.
    """

    suites = ("textbook", "saddles")
    tags = ("nonconvex", "saddle", "unbounded", "degenerate")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        p = a * a
        return (b - p) * (b - 3.0 * p)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        p = a * a
        return 4.0 * a * (3.0 * p - 2.0 * b), 2.0 * b - 4.0 * p

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 36.0 * a * a - 8.0 * b, (0, 1): -8.0 * a, (1, 1): 2.0}

    def start(self) -> Array:
        return np.array([0.5, 1.0])

    def facts(self) -> Facts:
        return Facts(
            critical_points={"degenerate": [(0.0, 0.0)]},
            convex=False,
            note="unbounded below along b = 2a²; 0 is the only critical point",
        )
