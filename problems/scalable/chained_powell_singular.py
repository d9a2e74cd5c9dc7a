"""Powell's singular function in a chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array
from optlab_problems.forms.elements import Squares
from optlab_problems.forms.sizes import multiple_of
from optlab_problems.scalable.extended_powell_singular import PowellQuadruples


@dataclass(frozen=True)
class ChainedPowellSingular(PowellQuadruples):
    """Powell's singular function of (x₁ … x₄), (x₃ … x₆), …: overlapping quadruples.

    With (a, b, c, d) for a quadruple: Σ (a + 10b)² + 5(c − d)² + (b − 2c)⁴ + 10(a − d)⁴. All variables hang together,
    unlike those of `extended_powell_singular`; the Hessian is singular at the solution and nowhere indefinite.

    Attributes
    ----------
    n : int
        Number of variables, even and at least 4.

    Source: Conn, Gould & Toint (1988), Mathematics of Computation 50; Lukšan & Vlček (1999), report 767, problem 5.3.
    """

    suites = ("scalable",)
    tags = ("least_squares", "convex", "degenerate", "sparse")
    variants = ({"n": 4}, {"n": 6}, {"n": 52})

    n: Annotated[int, Ge(4)] = 12

    def __post_init__(self) -> None:
        multiple_of(2, self, least=4)

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n // 2 - 1, ((0, 2), (1, 2), (2, 2), (3, 2)), self.r, self.dr, self.d2r),)

    def start(self) -> Array:
        return np.resize([3.0, -1.0, 0.0, 1.0], self.n)
