"""Rules for the length that a line search tries first.

Source: Nocedal & Wright (2006), section 3.5, "initial step length".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Gt

if TYPE_CHECKING:
    from optlab.derivatives import Array

FARTHER = 1e3
"""A step that repeats the last decrease of f is at most this many times as long as the last step."""


class InitialStep(ABC):
    """A rule for the first trial; a frozen dataclass.

    `state` has x, f, g, step_size and direction of the last step, and `decrease`, by how much it lowered f.
    """

    abstract: ClassVar[bool] = True

    @abstractmethod
    def length(self, state: Any, direction: Array) -> float:
        """Return the α to try first along `direction`, positive and finite."""


@dataclass(frozen=True)
class Full(InitialStep):
    """α = `alpha`, 1 unless given: the full step of Newton-like methods."""

    alpha: Annotated[float, Gt(0)] = 1.0

    def length(self, state: Any, direction: Array) -> float:
        """Return `alpha`."""
        return self.alpha


@dataclass(frozen=True)
class UnitNorm(InitialStep):
    """A step of length `norm` in the units of x: α = norm/‖d‖."""

    norm: Annotated[float, Gt(0)] = 1.0

    def length(self, state: Any, direction: Array) -> float:
        """Return norm/‖d‖; 1 where that is not finite."""
        size = sqrt(float(direction.dot(direction)))
        return self.norm / size if 0 < size < inf and isfinite(self.norm / size) else 1.0


@dataclass(frozen=True)
class SameDecrease(InitialStep):
    """The α that repeats the last decrease of f to first order, 2(f − f₋)/φ′(0); a unit step at the start.

    Where f has fallen by many orders of magnitude that length is absurd: FARTHER limits it.
    Source: Nocedal & Wright (2006), equation 3.60.
    """

    def length(self, state: Any, direction: Array) -> float:
        """Return the length of equation 3.60, within its limit."""
        return first_length(state, direction)


@dataclass(frozen=True)
class SameChange(InitialStep):
    """The α that promises the same first-order change as the last step did: α₋ gᵀ₋d₋/gᵀd; a unit step at the start.

    Source: Nocedal & Wright (2006), section 3.5, the rule before equation 3.60.
    """

    def length(self, state: Any, direction: Array) -> float:
        """Return the last length times the ratio of the slopes."""
        slope = float(state.g.dot(direction))
        before = getattr(state, "slope", 0.0)
        if state.direction is not None and slope < 0 and before < 0:
            length = state.step_size * before / slope
            if isfinite(length) and length > 0:
                return float(length)
        return UnitNorm().length(state, direction)


@dataclass(frozen=True)
class SameLength(InitialStep):
    """The last α times `growth`; a unit step at the start. Source: Dennis & Schnabel (1996), section 6.3."""

    growth: Annotated[float, Gt(0)] = 2.0

    def length(self, state: Any, direction: Array) -> float:
        """Return growth · α₋."""
        length = self.growth * state.step_size
        return float(length) if isfinite(length) and length > 0 else UnitNorm().length(state, direction)


def first_length(state: Any, direction: Array) -> float:
    """Return the length that repeats the last decrease of f to first order; at the start, that of a step of norm 1.

    Source: Nocedal & Wright (2006), equation 3.60.
    """
    decrease = getattr(state, "decrease", 0.0)
    slope = float(state.g.dot(direction))
    norm = sqrt(float(direction.dot(direction)))
    if decrease > 0 and slope < 0:
        length = 2.0 * decrease / -slope
        if state.direction is not None and norm > 0:
            most = FARTHER * state.step_size * sqrt(float(state.direction.dot(state.direction))) / norm
            length = most if length > most > 0 else length
        if isfinite(length) and length > 0:
            return length
    return 1.0 / norm if 0 < norm < inf and isfinite(1.0 / norm) else 1.0
