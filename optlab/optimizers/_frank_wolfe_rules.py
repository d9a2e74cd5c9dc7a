"""Rules for the length of a Frank–Wolfe step.

Source: Jaggi (2013); Pedregosa et al. (2020).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from annotated_types import Ge, Gt, Le, Lt

from optlab.core.optimizer import NAN, State
from optlab.kernels.narrow import coarseness
from optlab.kernels.norms import max_abs
from optlab.linesearch.base import EPS, Line, Trial, secant

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

HIDDEN = 10.0
"""How many times the rounding of f counts as hidden, as in the search `Armijo`."""
ROUNDING = 4 * EPS
"""A product with a gradient is right to this multiple of the product of the norms."""
CLEAR = 1e6
"""A decrease that was promised this many times above rounding must show in f, if the gradient is right."""
TRIALS = 100
"""Most trials of one step."""


class Chord(Line):
    """φ(γ) = f along the way of a step, 0 ≤ γ ≤ `most`, at points that the method computes: exact members of the set.

    Attributes
    ----------
    most : float
        The longest step.
    square : float
        ‖d‖².
    """

    __slots__ = ("_point", "most", "square")

    def __init__(self, oracle: Oracle, state: State, d: Array, most: float, point: Callable[[float], Array]) -> None:
        super().__init__(oracle, state.x, state.f, state.g, d)
        self.most, self.square, self._point = most, float(d.dot(d)), point

    def point(self, alpha: float) -> Array:
        """Return x(γ)."""
        return self._point(alpha)

    def __call__(self, alpha: float) -> Trial:
        """Evaluate f and g at x(γ), fused."""
        x = self.point(alpha)
        f, g = self.oracle.value_and_gradient(x)
        return Trial(alpha, f, float(g.dot(self.d)), x, g)

    def hidden(self, alpha: float) -> bool:
        """Whether rounding can hide half of what is promised."""
        return -0.5 * self.promised(alpha) <= HIDDEN * self.noise

    def decreases(self, trial: Trial) -> bool:
        """Whether f is lower at a finite trial; where that is hidden, whether the mean slope points down."""
        if self.hidden(trial.alpha):
            return trial.finite and 0.5 * (self.slope + trial.slope) <= self.rounding()
        return trial.finite and trial.f < self.f0

    def rounding(self) -> float:
        """How far a slope may be off."""
        return ROUNDING * coarseness(self.x) * sqrt(float(self.g.dot(self.g)) * self.square)


class Choice(NamedTuple):
    """An accepted trial with its gradient, and what the rule remembers."""

    trial: Trial
    estimate: float


@dataclass(frozen=True)
class StepRule(ABC):
    """A rule for the length γ of a Frank–Wolfe step; subclasses are frozen dataclasses."""

    abstract: ClassVar[bool] = True

    @abstractmethod
    def choose(self, chord: Chord, k: int, estimate: float) -> Choice | None:
        """Return the trial that step k ends at, 0 < γ ≤ chord.most; None where f does not allow one.

        `estimate` is what the rule returned at the last step, 0 at first.
        """


@dataclass(frozen=True)
class OpenLoop(StepRule):
    """γ = 2/(k + 2), whatever f does: f(x_k) − f* ≤ 2C/(k + 2) for convex f with curvature constant C.

    C is at most L diam². A trial that is not finite halves the step. Source: Jaggi (2013), theorem 1.
    """

    def choose(self, chord: Chord, k: int, estimate: float) -> Choice | None:
        """Return the trial at 2/(k + 2)."""
        return _first_finite(chord, min(2.0 / (k + 2.0), chord.most))


@dataclass(frozen=True)
class ShortStep(StepRule):
    """γ minimizes the quadratic bound f + γφ′(0) + ½γ²L‖d‖².

    Without L, an estimate M of it is found: the last one shrunk a little, then raised until f is below the bound.
    The first comes from f at the far end of the step.
    Source: Frank & Wolfe (1956); Pedregosa et al. (2020), algorithm 2.

    Parameters
    ----------
    L : float, optional
        The greatest curvature of f, in the units of f over x².
    relax : float
        What M is multiplied by before a step (the paper's η).
    growth : float
        What it is raised by (the paper's τ).
    """

    L: Annotated[float, Gt(0)] | None = None
    relax: Annotated[float, Gt(0), Le(1)] = 0.9
    growth: Annotated[float, Gt(1)] = 2.0

    def choose(self, chord: Chord, k: int, estimate: float) -> Choice | None:
        """Return the trial at min(−φ′(0)/(M‖d‖²), most)."""
        if self.L is not None:
            return _first_finite(chord, min(-chord.slope / (self.L * chord.square), chord.most))
        M = self.relax * estimate
        gamma = min(-chord.slope / (M * chord.square), chord.most) if M > 0 else chord.most
        clear = -chord.promised(gamma) > CLEAR * chord.noise
        for _ in range(TRIALS):
            if clear and chord.hidden(gamma):
                return None
            trial = chord(gamma) if chord.hidden(gamma) else chord.value(gamma)
            if self._is_below(chord, trial, M):
                trial = chord.complete(trial)
                if trial.finite:
                    return Choice(trial, M)
            seen = _curvature(chord, trial)
            M = max(self.growth * M, seen) if isfinite(seen) else self.growth * M
            longest = min(-chord.slope / (M * chord.square), gamma) if M > 0 else gamma
            gamma = longest if longest < gamma else gamma / self.growth
            if not gamma > 0 or chord.too_short(gamma):
                return None
        return None

    def _is_below(self, chord: Chord, trial: Trial, M: float) -> bool:
        """Whether f is below its bound; by the slopes, φ′(γ) ≤ φ′(0) + γM‖d‖², where rounding hides that."""
        gamma = trial.alpha
        bend = gamma * M * chord.square
        if chord.hidden(gamma):
            return trial.finite and trial.slope <= max(0.0, chord.slope + bend) + chord.rounding()
        if M == 0:
            return trial.f <= chord.f0 + 0.5 * gamma * chord.slope
        return trial.f <= chord.f0 + gamma * (chord.slope + 0.5 * bend)


@dataclass(frozen=True)
class LineMinimum(StepRule):
    """γ minimizes φ on [0, most]: the zero of φ′, or the far end where φ still falls there.

    Bracketed secants, the first of which is exact on a quadratic; bisection where two trials do not halve the bracket.

    Parameters
    ----------
    rtol : float
        A slope of this part of φ′(0) counts as zero.
    """

    rtol: Annotated[float, Ge(0), Lt(1)] = 1e-8

    def choose(self, chord: Chord, k: int, estimate: float) -> Choice | None:
        """Look at the far end, then inside."""
        low, high = chord.origin(), chord(chord.most)
        if high.finite and high.slope <= 0 and chord.decreases(high):
            return Choice(high, estimate)
        width = older = inf
        for _ in range(TRIALS):
            newest = high.alpha - low.alpha
            guess = secant(low, high) if high.finite and high.slope > 0 and newest <= 0.5 * older else NAN
            width, older = newest, width
            alpha = guess if low.alpha < guess < high.alpha else low.alpha + 0.5 * newest
            if not low.alpha < alpha < high.alpha:
                break
            trial = chord(alpha)
            flat = trial.finite and abs(trial.slope) <= -self.rtol * chord.slope + chord.rounding()
            if flat and chord.decreases(trial):
                return Choice(trial, estimate)
            if trial.finite and trial.slope < 0 and (chord.hidden(trial.alpha) or trial.f <= low.f + chord.noise):
                low = trial
            else:
                high = trial
        return Choice(low, estimate) if low.alpha > 0 and chord.decreases(low) else None


def _curvature(chord: Chord, trial: Trial) -> float:
    """Return the M that makes the bound equal to f at the trial; NaN where f is not finite, ∞ where it overflows."""
    gamma = trial.alpha
    return 2.0 * (trial.f - chord.f0 - gamma * chord.slope) / (gamma * gamma * chord.square)


def _first_finite(chord: Chord, gamma: float) -> Choice | None:
    """Return the trial at γ, or at the first of γ/2, γ/4 … where f and ∇f are finite."""
    for _ in range(TRIALS):
        trial = chord(gamma)
        if trial.finite and isfinite(max_abs(trial.g if trial.g is not None else chord.g)):
            return Choice(trial, 0.0)
        gamma *= 0.5
    return None
