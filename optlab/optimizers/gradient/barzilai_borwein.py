"""Gradient descent with the lengths of Barzilai and Borwein."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, NamedTuple

from annotated_types import Gt

from optlab.core.descent import LineSearchOptimizer
from optlab.core.optimizer import State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.narrow import PRECISIONS
from optlab.kernels.spectral import WINDOW, adaptive_length, barzilai_borwein
from optlab.linesearch.base import LineSearch
from optlab.linesearch.initial import first_length
from optlab.linesearch.nonmonotone_max import NonmonotoneMax


class Memory(NamedTuple):
    """The length to try first, and the last short lengths, newest last."""

    length: float
    shorts: tuple[float, ...] = ()


@dataclass(frozen=True)
class BarzilaiBorwein(LineSearchOptimizer):
    """Move against the gradient by a length that fulfils the secant equation in the least-squares sense.

    With s the last step and y the change of ∇f along it: the long length sᵀs/sᵀy, the short one sᵀy/yᵀy. They need
    not decrease f; the search looks back at several values, and accepts most lengths at once.
    Source: Barzilai & Borwein (1988), equations 5 and 6; Raydan (1997), algorithm GBB, for the search; Frassoldati,
    Zanni & Zanghirati (2008), algorithm ABBmin.

    Parameters
    ----------
    length : str
        "long", "short", "alternating" (long and short in turn), or "adaptive": the least of the last short lengths
        where the newest is far below the long one, the long one otherwise.
    growth : float
        How much longer than the last one the length is where the curvature along the step is not positive.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("line_search", "f_homogeneous", "rotation", "safeguarded")

    search: LineSearch = NonmonotoneMax()  # noqa: RUF009  frozen
    length: Literal["long", "short", "alternating", "adaptive"] = "adaptive"
    growth: Annotated[float, Gt(1)] = 10.0

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−∇f(x)."""
        return -state.g

    def first_step(self, state: State, direction: Array) -> float:
        """Return the length of this step; at the start that of a step of norm 1."""
        return first_length(state, direction) if state.memory is None else float(state.memory.length)

    def remember(self, old: State, new: State) -> Memory:
        """Return the next length, from the pair of this step."""
        shorts: tuple[float, ...] = () if old.memory is None else old.memory.shorts
        lengths = barzilai_borwein(new.x - old.x, new.g - old.g)
        if lengths is None:
            return Memory(self.growth * new.step_size, shorts)
        long, short = lengths
        shorts = (*shorts, short)[-WINDOW:]
        if self.length == "adaptive":
            return Memory(adaptive_length(long, shorts), shorts)
        takes_short = self.length == "short" or (self.length == "alternating" and new.k % 2 == 0)
        return Memory(short if takes_short else long, shorts)
