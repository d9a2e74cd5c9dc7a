"""BFGS with a dense inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from optlab.core.descent import LineSearchOptimizer, first_length
from optlab.kernels.quasi_newton import inverse_update, pair_of, scaling, symmetric_product

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
        s, y = new.x - old.x, new.g - old.g
        memory = old.memory
        pair = pair_of(s, y, abs(float(old.g.dot(s))))
        if pair is None:
            return memory and Memory(memory.H, symmetric_product(memory.H, new.g))
        if memory is None:
            size = scaling(pair) if self.scale else 1.0
            H = np.diag(np.full(s.size, size)).T
            Hg, Hy = size * new.g, size * y
        else:
            H = memory.H
            Hg = symmetric_product(H, new.g)
            Hy = Hg - memory.Hg
        H, s, u = inverse_update(H, pair, Hy)
        return Memory(H, Hg + float(u.dot(new.g)) * s + float(s.dot(new.g)) * u)
