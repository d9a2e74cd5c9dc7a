"""Gradient descent under the strong Wolfe conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.core.descent import LineSearchOptimizer
from optlab.core.optimizer import State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.narrow import PRECISIONS
from optlab.linesearch.base import LineSearch
from optlab.linesearch.strong_wolfe import StrongWolfe


@dataclass(frozen=True)
class GradientDescentWolfe(LineSearchOptimizer):
    """Move against the gradient by a step that fulfils the strong Wolfe conditions.

    Source: Wolfe (1969); Nocedal & Wright (2006), theorem 3.2 (convergence) and algorithm 3.5 (the search).
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous")

    search: LineSearch = StrongWolfe()  # noqa: RUF009  frozen

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−∇f(x)."""
        return -state.g
