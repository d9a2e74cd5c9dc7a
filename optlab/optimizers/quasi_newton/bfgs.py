"""BFGS with a dense inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from optlab.core.descent import LineSearchOptimizer, first_length
from optlab.kernels.quasi_newton import inverse_update, reciprocal_curvature, scaling, symmetric_product

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


class Memory(NamedTuple):
    """The inverse Hessian's approximation H (n, n), its lower triangle in column order, and Hg (n,) at the iterate."""

    H: Array
    Hg: Array

    @property
    def inverse(self) -> Array:
        """H with both triangles, a fresh array."""
        return np.asarray(np.tril(self.H) + np.tril(self.H, -1).T)


@dataclass(frozen=True)
class BFGS(LineSearchOptimizer):
    """Quasi-Newton with Broyden, Fletcher, Goldfarb and Shanno's update of the inverse Hessian.

    One product Hg₊ serves the update and the next direction; nothing costs more than n² operations. A pair
    whose curvature is not above rounding is left out.
    Source: Nocedal & Wright (2006), algorithm 6.1 and equations 6.17, 6.20.

    Parameters
    ----------
    scale : bool
        Whether the first update starts from (sᵀy/yᵀy) I instead of I.
    """

    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous", "quasi_newton")

    scale: bool = True

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−Hg; −g while there is no memory."""
        return -state.g if state.memory is None else -state.memory.Hg

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1 once the memory holds curvature."""
        return first_length(state, direction) if state.memory is None else 1.0

    def remember(self, old: State, new: State) -> Memory | None:
        """Update H by the pair of this step and return it with the next Hg."""
        s, y, g = new.x - old.x, new.g - old.g, new.g
        memory: Memory | None = old.memory
        rho = reciprocal_curvature(s, y, old.g)
        if memory is not None:
            H, Hg = memory.H, symmetric_product(memory.H, g)
            if rho == 0:
                return Memory(H, Hg)
            return Memory(*inverse_update(H, s, y, rho, Hg - memory.Hg, Hg, g))
        if rho == 0:
            return None
        size = scaling(y, rho) if self.scale else 1.0
        H = np.asfortranarray(np.diag(np.full(s.size, size)))
        return Memory(*inverse_update(H, s, y, rho, size * y, size * g, g))
