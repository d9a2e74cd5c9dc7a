"""The length of an iterate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from optlab.core.column import Column, norms

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class Norm(Column):
    """`norm`, ‖x‖₂ at every kept iterate: what L2 regularization bounds or penalizes."""

    names: ClassVar[tuple[str, ...]] = ("norm",)

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the lengths."""
        return {"norm": trace.spread(norms(trace.points))}
