"""Rules for the length that a line search tries first.

Source: Nocedal & Wright (2006), section 3.5, "initial step length".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Gt

from optlab.kernels.norms import max_abs

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

    FARTHER limits it as it does `SameDecrease`.
    Source: Nocedal & Wright (2006), section 3.5, the rule before equation 3.60.
    """

    def length(self, state: Any, direction: Array) -> float:
        """Return the last length times the ratio of the slopes, within its limit."""
        slope = float(state.g.dot(direction))
        before = getattr(state, "slope", 0.0)
        if state.direction is not None and slope < 0 and before < 0:
            length = limited(state.step_size * (before / slope), state, direction)
            if isfinite(length) and length > 0:
                return length
        return UnitNorm().length(state, direction)


@dataclass(frozen=True)
class SameLength(InitialStep):
    """The last α times `growth`; a unit step at the start. Source: Dennis & Schnabel (1996), section 6.3."""

    growth: Annotated[float, Gt(0)] = 2.0

    def length(self, state: Any, direction: Array) -> float:
        """Return growth · α₋."""
        return again(self.growth, state) or UnitNorm().length(state, direction)


@dataclass(frozen=True)
class HagerZhangInitial(InitialStep):
    """At the start a step of `relative` times the size of x, α = ψ₀‖x‖∞/‖d‖∞; then the last α times `growth`.

    From x = 0, where there is no such size, α = ψ₀|f|/|φ′(0)|, and a unit step where f is zero as well.
    Source: Hager & Zhang (2006), Algorithm 851, steps I0 and I2.

    Parameters
    ----------
    relative, growth : float
        ψ₀ and ψ₂.
    """

    relative: Annotated[float, Gt(0)] = 0.01
    growth: Annotated[float, Gt(0)] = 2.0

    def length(self, state: Any, direction: Array) -> float:
        """Return growth · α₋, or the length of the first step."""
        length = again(self.growth, state)
        if length:
            return length
        size, slope = max_abs(direction), abs(float(state.g.dot(direction)))
        length = self.relative * (max_abs(state.x) / size) if size else 0.0
        if not length and slope:
            length = self.relative * (abs(state.f) / slope)
        return length if 0 < length < inf else UnitNorm().length(state, direction)


def again(growth: float, state: Any) -> float:
    """Return growth · α₋; 0 where there was no last step, or none that was accepted."""
    length = float(growth * state.step_size)
    return length if 0 < length < inf else 0.0


def limited(length: float, state: Any, direction: Array) -> float:
    """Return the length, reduced so that the step is at most FARTHER times as long as the last one."""
    norm = sqrt(float(direction.dot(direction)))
    if state.direction is None or not norm > 0:
        return length
    most = FARTHER * state.step_size * sqrt(float(state.direction.dot(state.direction))) / norm
    return most if length > most > 0 else length


def first_length(state: Any, direction: Array) -> float:
    """Return the length that repeats the last decrease of f to first order; at the start, that of a step of norm 1.

    Source: Nocedal & Wright (2006), equation 3.60.
    """
    decrease = getattr(state, "decrease", 0.0)
    slope = float(state.g.dot(direction))
    if decrease > 0 and slope < 0:
        length = limited(2.0 * decrease / -slope, state, direction)
        if isfinite(length) and length > 0:
            return length
    return UnitNorm().length(state, direction)
