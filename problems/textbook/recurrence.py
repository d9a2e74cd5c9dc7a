"""A product of many equal factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries

SQUARE = 2


@dataclass(frozen=True)
class Recurrence(Componentwise):
    """(w^T − y)², the recurrence h ← wh run for T steps: a plain for |w| < 1, a cliff beyond.

    It teaches where exploding and vanishing gradients come from: the slope has the factor w^(T − 1), which for T = 10
    is 0.002 at w = ½ and 512 at w = 2. A fixed step that moves on the plain is catapulted by the cliff.

    Attributes
    ----------
    steps : int
        T, how often the factor w is applied.
    target : float
        y, what the product should be.

    Source: Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks, section 2;
    Goodfellow, Bengio & Courville (2016), sections 8.2.4 and 8.2.5.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "badly_scaled")
    dimension = 1
    variants = ({"steps": 2}, {"steps": 7, "target": 2.0})

    steps: Annotated[int, Ge(2), Le(500)] = 10
    target: Annotated[float, Gt(0)] = 0.5

    def f(self, w: Any) -> Any:
        r = w**self.steps - self.target
        return r * r

    def df(self, w: Any) -> tuple[Any]:
        T = self.steps
        return (2.0 * T * w ** (T - 1) * (w**T - self.target),)

    def d2f(self, w: Any) -> Entries:
        T = self.steps
        return {(0, 0): 2.0 * T * w ** (T - 2) * (T * w**T + (T - 1) * (w**T - self.target))}

    def start(self) -> Array:
        return np.array([1.4])

    def facts(self) -> Facts:
        w = self.target ** (1.0 / self.steps)
        return Facts(
            solution=(w,),
            solutions=[(-w,)] if self.steps % 2 == 0 else [],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"maximum" if self.steps == SQUARE else "degenerate": [(0.0,)]},
        )
