"""How far f is above its least value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from optlab.core.column import Column, values

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class Suboptimality(Column):
    """`suboptimality` = f − f*, the raw difference: negative by rounding, or at infeasible points. NaN without f*."""

    names: ClassVar[tuple[str, ...]] = ("suboptimality",)

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Subtract the known optimum."""
        best = problem.known.optimum
        return {"suboptimality": values(trace) - (np.nan if best is None else float(best))}
