"""Problem 21 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.blocks import BLOCK, blocks
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSquares
from optlab_problems.forms.elements import Squares
from optlab_problems.forms.sizes import multiple_of


@dataclass(frozen=True)
class ExtendedRosenbrock(ElementSquares):
    """Σ 100(x₂ᵢ − x₂ᵢ₋₁²)² + (1 − x₂ᵢ₋₁)²: n/2 valleys of Rosenbrock's side by side.

    The pairs do not touch: from the standard start, where all are alike, a method that is invariant under permutations
    takes the steps it takes at n = 2. What n adds is the cost of an evaluation alone.

    Attributes
    ----------
    n : int
        Number of variables, even.

    Source: Moré, Garbow & Hillstrom (1981), problem 21; Spedicato (1975).
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "nonconvex", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    def __post_init__(self) -> None:
        multiple_of(2, self)

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n // 2, ((0, 2), (1, 2)), self.r, self.dr, self.d2r),)

    def r(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 10.0 * (b - a * a), 1.0 - a

    def dr(self, a: Any, b: Any) -> tuple[Mapping[int, Any], ...]:
        return {0: -20.0 * a, 1: 10.0}, {0: -1.0}

    def d2r(self, a: Any, b: Any) -> tuple[Entries, ...]:
        return {(0, 0): -20.0}, {}

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """Return f and ∇f after one pass, every intermediate result of a block in one of four buffers."""
        pairs = self.n // 2
        g, f = np.empty_like(x), 0.0
        buffers = np.empty((4, min(pairs, BLOCK)))
        for lo, hi in blocks(pairs):
            z, slopes = x[2 * lo : 2 * hi], g[2 * lo : 2 * hi]
            a, t, u, s = buffers[:, : hi - lo]
            np.copyto(a, z[0::2])
            np.multiply(a, a, out=t)
            np.subtract(z[1::2], t, out=t)
            np.subtract(a, 1.0, out=u)
            f += 100.0 * float(t @ t) + float(u @ u)
            np.multiply(t, 200.0, out=slopes[1::2])
            np.multiply(t, -400.0, out=s)
            s *= a
            u += u
            np.add(s, u, out=slopes[0::2])
        return f, g

    def start(self) -> Array:
        return np.tile([-1.2, 1.0], self.n // 2)

    def facts(self) -> Facts:
        return Facts(solution=np.ones(self.n), optimum=0.0, certificate="a sum of squares that is zero", convex=False)
