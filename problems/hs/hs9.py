"""Problem 9 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS9(Componentwise):
    """sin(πa/12) cos(πb/16) subject to 4a − 3b = 0: minima without end along a line.

    On the line (3t, 4t) it is ½ sin(πt/2).

    Source: Hock & Schittkowski (1981), problem 9.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 2
    constraints = ("equality",)

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return np.array([[4.0, -3.0]]), np.zeros(1)

    def f(self, a: Any, b: Any) -> Any:
        return np.sin(pi * a / 12.0) * np.cos(pi * b / 16.0)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        u, v = pi * a / 12.0, pi * b / 16.0
        return pi / 12.0 * np.cos(u) * np.cos(v), -pi / 16.0 * np.sin(u) * np.sin(v)

    def d2f(self, a: Any, b: Any) -> Entries:
        u, v = pi * a / 12.0, pi * b / 16.0
        return {
            (0, 0): -((pi / 12.0) ** 2) * np.sin(u) * np.cos(v),
            (0, 1): -(pi / 12.0) * (pi / 16.0) * np.cos(u) * np.sin(v),
            (1, 1): -((pi / 16.0) ** 2) * np.sin(u) * np.cos(v),
        }

    def start(self) -> Array:
        return np.zeros(2)

    def facts(self) -> Facts:
        return Facts(
            solution=(-3.0, -4.0),
            solutions=[(9.0, 12.0), (-15.0, -20.0), (21.0, 28.0), (-27.0, -36.0)],
            optimum=-0.5,
            certificate="closed form",
            convex=False,
            critical_points={"maximum": [(3.0, 4.0), (-9.0, -12.0)]},
            multipliers=((), (-pi / 96.0,)),
            note="infinitely many minimizers (12k − 3, 16k − 4), all global: a long first step may reach any of them",
        )
