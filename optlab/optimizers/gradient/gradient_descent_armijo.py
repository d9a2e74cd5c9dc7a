"""Gradient descent with backtracking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.core.descent import LineSearchOptimizer
from optlab.core.optimizer import State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.narrow import PRECISIONS
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import LineSearch


@dataclass(frozen=True)
class GradientDescentArmijo(LineSearchOptimizer):
    """Move against the gradient by a step that decreases f sufficiently.

    Source: Armijo (1966); Nocedal & Wright (2006), algorithm 3.1.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous")

    search: LineSearch = Armijo()  # noqa: RUF009  frozen

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−∇f(x)."""
        return -state.g
