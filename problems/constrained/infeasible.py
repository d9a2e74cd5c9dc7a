"""Problems without a feasible point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class InfeasibleParabola(Componentwise):
    """(a − 1)² subject to a² + 1 ≤ 0, which no real a meets.

    It teaches what a method should say where there is nothing to find: that the violation is least at 0, where it
    is 1. Penalty methods end there; linearized constraints have no solution at 0 itself.

    Source: Byrd, Curtis & Nocedal (2010), Infeasibility detection and SQP methods, for the question; the formula is
    the simplest that asks it.
    """

    suites = ("constrained",)
    tags = ("convex", "infeasible")
    dimension = 1
    constraints = ("inequality",)

    def f(self, a: Any) -> Any:
        return (a - 1.0) ** 2

    def df(self, a: Any) -> tuple[Any]:
        return (2.0 * (a - 1.0),)

    def d2f(self, a: Any) -> Entries:
        return {(0, 0): 2.0}

    def g(self, a: Any) -> tuple[Any]:
        return (a * a + 1.0,)

    def dg(self, a: Any) -> tuple[tuple[Any]]:
        return ((2.0 * a,),)

    def d2g(self, a: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0},)

    def start(self) -> Array:
        return np.array([2.0])

    def facts(self) -> Facts:
        return Facts(infeasible=True, convex=True, curvature=(2.0, 2.0), note="The least violation is 1, at a = 0.")


@dataclass(frozen=True)
class InfeasibleHalfPlanes(Componentwise):
    """½(a² + 4b²) subject to a + b ≥ 2 and a + b ≤ 0: two half-planes that do not meet.

    It teaches infeasibility that one linear program proves: the sum of the rows reads 0 ≤ −2 (Farkas). Every point
    with a + b = 1 violates both by 1, the least that is possible; among those f is least at (0.8, 0.2).

    Source: Farkas (1902); Boyd & Vandenberghe (2004), section 5.8.
    """

    suites = ("constrained",)
    tags = ("quadratic", "convex", "strictly_convex", "infeasible")
    dimension = 2
    constraints = ("inequality",)

    linear_inequality = (np.array([[-1.0, -1.0], [1.0, 1.0]]), np.array([-2.0, 0.0]))

    def f(self, a: Any, b: Any) -> Any:
        return 0.5 * (a * a + 4.0 * b * b)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return a, 4.0 * b

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 1.0, (1, 1): 4.0}

    def start(self) -> Array:
        return np.array([3.0, -1.0])

    def facts(self) -> Facts:
        return Facts(infeasible=True, convex=True, curvature=(1.0, 4.0),
                     note="The least violation is 1, where a + b = 1; (0.8, 0.2) has the least f there.")  # fmt: skip


@dataclass(frozen=True)
class InfeasibleCircles(Componentwise):
    """a subject to a² + b² = 1 and (a − 4)² + b² = 1: two circles that do not meet.

    It teaches infeasibility without convexity: where a method ends depends on how it measures violation. The
    least of h₁² + h₂² is 18, at (2, 0), where both equations are off by 3; it is also the least of max |hᵢ|.

    Source: Byrd, Curtis & Nocedal (2010), Infeasibility detection and SQP methods, for the question; the numbers are
    ours.
    """

    suites = ("constrained",)
    tags = ("nonconvex", "infeasible")
    dimension = 2
    constraints = ("equality",)

    def f(self, a: Any, b: Any) -> Any:
        return a

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 1.0, 0.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {}

    def h(self, a: Any, b: Any) -> tuple[Any, Any]:
        return a * a + b * b - 1.0, (a - 4.0) ** 2 + b * b - 1.0

    def dh(self, a: Any, b: Any) -> tuple[tuple[Any, Any], ...]:
        return (2.0 * a, 2.0 * b), (2.0 * (a - 4.0), 2.0 * b)

    def d2h(self, a: Any, b: Any) -> tuple[Entries, ...]:
        return {(0, 0): 2.0, (1, 1): 2.0}, {(0, 0): 2.0, (1, 1): 2.0}

    def start(self) -> Array:
        return np.array([1.0, 1.0])

    def facts(self) -> Facts:
        return Facts(infeasible=True, convex=True, note="Least violation: |h₁| = |h₂| = 3, at (2, 0).")
