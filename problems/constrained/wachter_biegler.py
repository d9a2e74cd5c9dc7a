"""Where interior methods with line searches fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class WachterBiegler(Componentwise):
    """a subject to a² − b = 1, a − c = ½ and b, c ≥ 0: solution (1, 0, ½).

    It teaches that a Newton step cut short by bounds can be no step at all: from the standard start, where a < 0,
    steps that satisfy both linearized equations and are cut to keep b and c positive converge to a point that is
    neither feasible nor stationary for the violation. The problem itself is regular at its solution.

    Source: Wächter & Biegler (2000), Failure of global convergence for a class of interior point methods; the
    start is the usual one.
    """

    suites = ("constrained",)
    tags = ("nonconvex",)
    dimension = 3
    constraints = ("bounds", "equality")

    bounds = ((-np.inf, 0.0, 0.0), (np.inf, np.inf, np.inf))
    linear_equality = (np.array([[1.0, 0.0, -1.0]]), np.array([0.5]))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return a

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return 1.0, 0.0, 0.0

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {}

    def h(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (a * a - b - 1.0,)

    def dh(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        return ((2.0 * a, -1.0, 0.0),)

    def d2h(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0},)

    def start(self) -> Array:
        return np.array([-2.0, 3.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 0.0, 0.5),
            optimum=1.0,
            certificate="closed form",
            multipliers=((0.5, 0.0), (-0.5, 0.0)),
            note="In one variable: the least a with a² ≥ 1 and a ≥ ½.",
        )
