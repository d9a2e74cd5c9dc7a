"""The length of the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from optlab.core.column import Column, gradients, norms

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class GradientNorm(Column):
    """`gradient_norm` = ‖∇f(x)‖₂, recomputed at the iterates: exact even where the method saw samples only."""

    names: ClassVar[tuple[str, ...]] = ("gradient_norm",)
    needs: ClassVar[tuple[str, ...]] = ("gradient",)

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the norms of the kept iterates' gradients."""
        return {"gradient_norm": trace.spread(norms(gradients(trace, problem)))}
