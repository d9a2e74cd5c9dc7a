"""Quasi-Newton methods with a dense inverse: what they share, but for the update."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge

from optlab.core.descent import LineSearchOptimizer
from optlab.kernels.quasi_newton import descent_direction, multiple_of_identity, reciprocal_curvature, scaling
from optlab.linesearch.base import Line
from optlab.linesearch.blas_line import BlasLine
from optlab.linesearch.initial import first_length

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class DenseQuasiNewton(LineSearchOptimizer):
    """A search along −Hg, H following the curvature seen. A subclass writes `update`.

    A pair whose curvature is not above rounding is left out. The memory is H, packed.
    Source: Nocedal & Wright (2006), algorithm 6.1 and equation 6.20.

    Parameters
    ----------
    scale : bool or float
        Whether the first update starts from (sᵀy/yᵀy) I instead of I; a number multiplies that.
    """

    abstract: ClassVar[bool] = True
    line: ClassVar[type[Line]] = BlasLine

    scale: bool | Annotated[float, Ge(0)] = True

    @abstractmethod
    def update(self, H: Array, s: Array, y: Array, rho: float) -> Array:
        """Return H₊ with H₊y = s, a fresh matrix; ρ = 1/sᵀy."""

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−Hg; −g while there is no memory."""
        return -state.g if state.memory is None else descent_direction(state.memory, state.g)

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1 once the memory holds curvature."""
        return first_length(state, direction) if state.memory is None else 1.0

    def remember(self, old: State, new: State) -> Array | None:
        """Update H by the pair of this step; before the first one H is scaled to the curvature seen."""
        s, y = new.x - old.x, new.g - old.g
        rho = reciprocal_curvature(s, y, new.step_size * new.slope)  # type: ignore[attr-defined]  # a DescentState
        H: Array | None = old.memory
        if rho == 0:
            return H
        if H is None:
            H = multiple_of_identity(self.scale * scaling(y, rho) if self.scale else 1.0, s.size, s.dtype)
        return self.update(H, s, y, rho)
