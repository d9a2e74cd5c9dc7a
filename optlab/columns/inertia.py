"""The numbers of negative, zero and positive eigenvalues of the Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge

from optlab.columns._curvature import NEGATIVE, POSITIVE, ZERO, spectrum
from optlab.core.column import Column

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class Inertia(Column):
    """`inertia_negative`, `inertia_zero`, `inertia_positive`: how many eigenvalues of ∇²f have which sign.

    Zero means |λ| ≤ n·eps·|λ|max, the rounding of the eigenvalues themselves. The iterates are those of the column
    `condition_number`; NaN for n above `dense`, where no eigenvalue can be counted.
    """

    names: ClassVar[tuple[str, ...]] = ("inertia_negative", "inertia_zero", "inertia_positive")
    needs: ClassVar[tuple[str, ...]] = ("hessian",)

    dense: Annotated[int, Ge(0)] = 2000
    """Up to this n the Hessian is formed."""
    iterates: Annotated[int, Ge(1)] = 30
    """At most so many are looked at for n > 50."""

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the three counts."""
        table = spectrum(trace, problem, self.dense, self.iterates)
        return {name: trace.spread(table[:, j]) for name, j in zip(self.names, (NEGATIVE, ZERO, POSITIVE), strict=True)}
