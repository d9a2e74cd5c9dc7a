"""Two valleys, the shallow one nearer the origin: where a bound on the norm and a penalty on it are two things."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, sqrt
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt
from scipy.optimize import brentq

from optlab.core.problem import Array, Facts
from optlab.sets.ball import Ball
from optlab_problems.forms.componentwise import Componentwise, Entries

DEPTH, NEAR, FAR, STEEP = 0.5, 0.5, 3.0, 8.0
"""Depth of the shallow valley beside 1 of the deep one; where they are; curvature of the shallow one beside 1."""
GRID = 4001
"""Points between which every sign change of the slope is looked for: the valleys are hundreds of them wide."""


def _along(a: float) -> float:
    return -DEPTH * exp(-STEEP * (a - NEAR) ** 2) - exp(-((a - FAR) ** 2))


def _slope(a: float) -> float:
    near, far = a - NEAR, a - FAR
    return 2.0 * STEEP * DEPTH * near * exp(-STEEP * near * near) + 2.0 * far * exp(-far * far)


class Valleys(Componentwise):
    """−½e^{−8(a − ½)²} − e^{−(a − 3)²} + (1 + λ)b² + λa²; a subclass says what λ is."""

    abstract = True
    penalty: float = 0.0

    def f(self, a: Any, b: Any) -> Any:
        near, far = a - NEAR, a - FAR
        valleys = -DEPTH * np.exp(-STEEP * near * near) - np.exp(-far * far)
        return valleys + b * b + self.penalty * (a * a + b * b)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        near, far = a - NEAR, a - FAR
        slope = 2.0 * STEEP * DEPTH * near * np.exp(-STEEP * near * near) + 2.0 * far * np.exp(-far * far)
        return slope + 2.0 * self.penalty * a, 2.0 * (1.0 + self.penalty) * b

    def d2f(self, a: Any, b: Any) -> Entries:
        near, far = a - NEAR, a - FAR
        bend = 2.0 * STEEP * DEPTH * (1.0 - 2.0 * STEEP * near * near) * np.exp(-STEEP * near * near)
        bend = bend + (2.0 - 4.0 * far * far) * np.exp(-far * far)
        return {(0, 0): bend + 2.0 * self.penalty, (1, 1): 2.0 * (1.0 + self.penalty)}

    def minima(self, most: float) -> list[float]:
        """The a of every local minimum of f(a, 0) with |a| < most, ascending."""
        grid = np.linspace(-most, most, GRID)
        slopes = np.array([_slope(a) + 2.0 * self.penalty * a for a in grid])
        rising = np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0))
        return [float(brentq(lambda a: _slope(a) + 2.0 * self.penalty * a, grid[i], grid[i + 1], xtol=1e-15))
                for i in rising]  # fmt: skip


@dataclass(frozen=True)
class TwoValleys(Valleys):
    """−½e^{−8(a − ½)²} − e^{−(a − 3)²} + b² subject to a² + b² ≤ C.

    It teaches where L2 regularization as a constraint is no penalty: f is not convex, and between the valleys no λ
    has the constrained solution as its penalized one. There the multiplier still exists, but the solution is only a
    local minimum of f + λ‖x‖², or not even that.

    Attributes
    ----------
    C : float
        Bound on the squared norm; the valleys are at ¼ and 9.

    Source: Goodfellow, Bengio & Courville (2016), section 7.2, for the convex case; Boyd & Vandenberghe (2004),
    section 5.3, for the gap.
    """

    suites = ("constrained",)
    tags = ("nonconvex", "multimodal")
    dimension = 2
    constraints = ("set",)
    variants = ({"C": 0.04}, {"C": 2.25}, {"C": 16.0})

    C: Annotated[float, Gt(0)] = 6.25

    @cached_property
    def feasible(self) -> Ball:
        """The disk of radius √C."""
        return Ball(sqrt(self.C))

    def start(self) -> Array:
        return sqrt(self.C) * np.array([0.6, 0.6])

    def facts(self) -> Facts:
        r = sqrt(self.C)
        inside = self.minima(r)
        edge = [r] if _slope(r) < 0 else []
        best = min([*inside, *edge], key=_along)
        lam = -_slope(r) / (2.0 * r) if best == r else 0.0
        others = [(a, 0.0) for a in [*inside, *edge] if a != best]
        return Facts(
            solution=(best, 0.0),
            optimum=_along(best),
            certificate="b = 0, and every minimum along a by sign changes of the slope",
            convex=False,
            multipliers=((lam,), ()),
            critical_points={"minimum": others} if others else {},
        )


@dataclass(frozen=True)
class TwoValleysPenalized(Valleys):
    """−½e^{−8(a − ½)²} − e^{−(a − 3)²} + b² + λ(a² + b²): the penalized twin of `two_valleys`.

    As λ falls its minimum moves outwards, and then jumps from one valley to the other: no λ reaches the norms between.

    Attributes
    ----------
    penalty : float
        λ.

    Source: as `two_valleys`.
    """

    suites = ("constrained",)
    tags = ("nonconvex", "multimodal")
    dimension = 2
    variants = ({"penalty": 0.0}, {"penalty": 1.0})

    penalty: Annotated[float, Ge(0)] = 0.02

    def start(self) -> Array:
        return np.array([1.5, 1.5])

    def facts(self) -> Facts:
        minima = self.minima(2.0 * FAR)
        best = min(minima, key=lambda a: _along(a) + self.penalty * a * a)
        others = [(a, 0.0) for a in minima if a != best]
        return Facts(
            solution=(best, 0.0),
            optimum=_along(best) + self.penalty * best * best,
            certificate="b = 0, and every minimum along a by sign changes of the slope",
            convex=False,
            critical_points={"minimum": others} if others else {},
        )
