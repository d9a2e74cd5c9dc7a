"""How far x is from a minimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from optlab.core.column import Column, norms

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class Distance(Column):
    """`distance` = ‖x − x*‖₂ to the nearest of the known global minimizers; NaN where none is known."""

    names: ClassVar[tuple[str, ...]] = ("distance",)

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the least of the distances to every known minimizer."""
        known = problem.known
        minimizers = [x for x in (known.solution, *known.solutions) if x is not None]
        nearest = np.full(len(trace.points), np.nan)
        for x in minimizers:
            nearest = np.fmin(nearest, norms(trace.points - np.asarray(x, dtype=float)))
        return {"distance": trace.spread(nearest)}
