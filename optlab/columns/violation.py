"""How far from feasible an iterate is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from optlab.core.column import Column
from optlab.core.constraints import violation

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class Violation(Column):
    """`violation`, the greatest violation of a constraint at every kept iterate, max(0, g, |h|); 0 where all are met.

    For a set known by its projection alone it is the distance ‖x − P(x)‖∞.
    """

    names: ClassVar[tuple[str, ...]] = ("violation",)

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Evaluate the constraints, not their derivatives."""
        return {"violation": trace.spread(np.array([violation(problem, x) for x in trace.points], dtype=float))}
