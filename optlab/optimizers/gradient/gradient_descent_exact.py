"""Gradient descent with exact line search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.core.descent import LineSearchOptimizer
from optlab.core.optimizer import State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.narrow import PRECISIONS
from optlab.linesearch.base import LineSearch
from optlab.linesearch.exact import Exact


@dataclass(frozen=True)
class GradientDescentExact(LineSearchOptimizer):
    """Move against the gradient to the minimum along the line: consecutive gradients are orthogonal.

    On a quadratic it takes the steps of `gradient_descent_optimal_step`, at one or two more evaluations.
    Source: Cauchy (1847); Boyd & Vandenberghe (2004), section 9.3.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous", "exact_search")

    search: LineSearch = Exact()  # noqa: RUF009  frozen

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−∇f(x)."""
        return -state.g
