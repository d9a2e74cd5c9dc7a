"""Wood's function in a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSquares
from optlab_problems.forms.elements import Squares
from optlab_problems.forms.sizes import multiple_of

SQRT90, SQRT10, SQRT01 = sqrt(90.0), sqrt(10.0), sqrt(0.1)
LOCAL_MINIMUM = (
    -0.6551201642953454,
    0.44181461727483984,
    1.2004104746835262,
    1.44186400047234,
    0.80065653405044,
    0.639740490745427,
    1.1479032229766895,
    1.3183599483829425,
    0.8359140644718178,
    0.6976617941795241,
)
"""At n = 10, where f = 3.4574780204796."""


@dataclass(frozen=True)
class ChainedWood(ElementSquares):
    """Wood's function of (x₁ … x₄), (x₃ … x₆), …: quadruples that overlap by two variables.

    With (a, b, c, d) for a quadruple: Σ 100(b − a²)² + (1 − a)² + 90(d − c²)² + (1 − c)² + 10(b + d − 2)²
    + (b − d)²/10. The longer the chain, the more local minima there are, and from about n = 10 on descent methods may
    end in one from the standard start; one is given for n = 10.

    Attributes
    ----------
    n : int
        Number of variables, even and at least 4.

    Source: Conn, Gould & Toint (1988), Mathematics of Computation 50, problem 8; CUTEst CHAINWOO, there with 1 added.
    """

    suites = ("scalable",)
    tags = ("least_squares", "nonconvex", "multimodal", "sparse")
    variants = ({"n": 4}, {"n": 52})

    n: Annotated[int, Ge(4)] = 10

    def __post_init__(self) -> None:
        multiple_of(2, self, least=4)

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n // 2 - 1, ((0, 2), (1, 2), (2, 2), (3, 2)), self.r, self.dr, self.d2r),)

    def r(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return (
            10.0 * (b - a * a),
            1.0 - a,
            SQRT90 * (d - c * c),
            1.0 - c,
            SQRT10 * (b + d - 2.0),
            SQRT01 * (b - d),
        )

    def dr(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Mapping[int, Any], ...]:
        return (
            {0: -20.0 * a, 1: 10.0},
            {0: -1.0},
            {2: -2.0 * SQRT90 * c, 3: SQRT90},
            {2: -1.0},
            {1: SQRT10, 3: SQRT10},
            {1: SQRT01, 3: -SQRT01},
        )

    def d2r(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Entries, ...]:
        return {(0, 0): -20.0}, {}, {(2, 2): -2.0 * SQRT90}, {}, {}, {}

    def start(self) -> Array:
        x = np.full(self.n, -2.0)
        x[:4] = -3.0, -1.0, -3.0, -1.0
        return x

    def facts(self) -> Facts:
        return Facts(
            solution=np.ones(self.n),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"minimum": [LOCAL_MINIMUM]} if self.n == len(LOCAL_MINIMUM) else {},
            note="many local minima; L-BFGS ends at f = 3.457478 for n = 10 from the standard start",
        )
