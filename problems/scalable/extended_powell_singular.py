"""Problem 22 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSquares
from optlab_problems.forms.elements import Squares
from optlab_problems.forms.sizes import multiple_of

SQRT5, SQRT10 = sqrt(5.0), sqrt(10.0)


class PowellQuadruples(ElementSquares):
    """Powell's singular function of quadruples (a, b, c, d): convex, and zero at the origin alone."""

    abstract: ClassVar[bool] = True

    def r(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        u, v = b - 2.0 * c, a - d
        return a + 10.0 * b, SQRT5 * (c - d), u * u, SQRT10 * (v * v)

    def dr(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Mapping[int, Any], ...]:
        u, v = 2.0 * (b - 2.0 * c), 2.0 * SQRT10 * (a - d)
        return {0: 1.0, 1: 10.0}, {2: SQRT5, 3: -SQRT5}, {1: u, 2: -2.0 * u}, {0: v, 3: -v}

    def d2r(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Entries, ...]:
        bend = 2.0 * SQRT10
        return (
            {},
            {},
            {(1, 1): 2.0, (1, 2): -4.0, (2, 2): 8.0},
            {(0, 0): bend, (0, 3): -bend, (3, 3): bend},
        )

    def facts(self) -> Facts:
        return Facts(solution=np.zeros(self.n), optimum=0.0, certificate="a sum of squares that is zero", convex=True)


@dataclass(frozen=True)
class ExtendedPowellSingular(PowellQuadruples):
    """Σ (a + 10b)² + 5(c − d)² + (b − 2c)⁴ + 10(a − d)⁴ over n/4 quadruples of variables.

    It teaches that a singular Hessian at the solution costs Newton's method its speed: in two directions of every
    quadruple f grows like a fourth power, and the error shrinks by 2/3 a step.

    Attributes
    ----------
    n : int
        Number of variables, a multiple of 4.

    Source: Moré, Garbow & Hillstrom (1981), problem 22; Powell (1962).
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "convex", "degenerate", "sparse")
    variants = ({"n": 4}, {"n": 52})

    n: Annotated[int, Ge(4)] = 12

    def __post_init__(self) -> None:
        multiple_of(4, self)

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n // 4, ((0, 4), (1, 4), (2, 4), (3, 4)), self.r, self.dr, self.d2r),)

    def start(self) -> Array:
        return np.tile([3.0, -1.0, 0.0, 1.0], self.n // 4)
