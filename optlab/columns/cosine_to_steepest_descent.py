"""The angle between the step and steepest descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from optlab.core.column import Column, dots, gradients, moves, norms, scaled

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class CosineToSteepestDescent(Column):
    """`cosine` of the angle between the step into the row, x_k − x_{k−1}, and −∇f(x_{k−1}).

    1 for gradient methods, 0 for a step along a level line; Zoutendijk's theorem asks that Σ cos²‖g‖² is finite, so
    that a method whose cosine stays away from 0 cannot stop elsewhere than where ∇f = 0. NaN for a step of length 0
    and where one of the two iterates was not kept. Close to the solution the difference of iterates is rounding.

    Source: Nocedal & Wright (2006), theorem 3.2.
    """

    name: ClassVar[str] = "cosine"
    names: ClassVar[tuple[str, ...]] = ("cosine",)
    needs: ClassVar[tuple[str, ...]] = ("gradient",)

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the cosines."""
        later, s = moves(trace)
        s, g = scaled(s)[0], scaled(gradients(trace, problem)[later - 1])[0]
        cosine = np.full(len(trace.points), np.nan)
        cosine[later] = np.clip(-dots(s, g) / (norms(s) * norms(g)), -1.0, 1.0)
        return {"cosine": trace.spread(cosine)}
