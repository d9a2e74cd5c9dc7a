"""What a line search sees: a function of the step length, and its trials.

Source: Nocedal & Wright (2006), section 3.1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn

import numpy as np

from optlab.core.status import Halt, Status
from optlab.kernels.narrow import DOUBLE, coarseness
from optlab.kernels.norms import same

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.derivatives import Array

NAN = float("nan")
made = tuple.__new__
"""made(Trial, (…)) is Trial(…) without its argument list, in two thirds of the time."""
EPS = float(np.finfo(float).eps)
NOISE = 10 * EPS
"""Differences of f below NOISE · |f| are rounding, not decrease; more in another precision, by its `coarseness`."""


class Trial(NamedTuple):
    """One point of a search.

    `slope` is φ′(α) and `g` the gradient there; NaN and None while only f is known.
    """

    alpha: float
    f: float
    slope: float
    x: Array
    g: Array | None

    @property
    def finite(self) -> bool:
        """Whether f, and the slope where it is known, are finite."""
        return isfinite(self.f) and (self.g is None or isfinite(self.slope))


def noise_of(x: Array) -> float:
    """Return NOISE in the precision of x."""
    return NOISE * coarseness(x)


def rounding_of(f: float, x: Array) -> float:
    """Return the noise of f in the precision of x: NOISE · |f| there, and not less than where numbers underflow."""
    return noise_of(x) * max(abs(f), float(np.finfo(x.dtype).smallest_normal))


class Line:
    """φ(α) = f(x + αd) along a direction d from a point x with known f and g.

    Attributes
    ----------
    f0, slope : float
        φ(0) and φ′(0) = gᵀd.
    noise : float
        Differences of f below this are rounding.
    reference : float
        What sufficient decrease is measured from: f0, or the greatest of several last values where a method
        is not monotone.
    """

    __slots__ = ("d", "f0", "g", "noise", "oracle", "reference", "slope", "x")

    def __init__(self, oracle: Oracle, x: Array, f: float, g: Array, d: Array) -> None:
        self.oracle, self.x, self.g, self.d = oracle, x, g, d
        self.f0 = self.reference = f
        self.slope = float(g.dot(d))
        self.noise = NOISE * abs(f) if x.itemsize == DOUBLE else rounding_of(f, x)

    def point(self, alpha: float) -> Array:
        """Return x + αd."""
        return self.x + alpha * self.d

    def promised(self, alpha: float) -> float:
        """Return the first-order change of f, αφ′(0)."""
        return alpha * self.slope

    def __call__(self, alpha: float) -> Trial:
        """Evaluate f and g at α, fused."""
        x = self.x + alpha * self.d
        f, g = self.oracle.value_and_gradient(x)
        return made(Trial, (alpha, f, float(g.dot(self.d)), x, g))

    def value(self, alpha: float) -> Trial:
        """Evaluate f alone at α."""
        x = self.point(alpha)
        return made(Trial, (alpha, self.oracle.value(x), NAN, x, None))

    def complete(self, trial: Trial) -> Trial:
        """Add the gradient to a trial; what is known is not evaluated again."""
        if trial.g is not None:
            return trial
        g = self.oracle.gradient(trial.x)
        return made(Trial, (trial.alpha, trial.f, self._slope(trial.x, g, trial.alpha), trial.x, g))

    def origin(self) -> Trial:
        """Return α = 0 as a trial; nothing is evaluated."""
        return made(Trial, (0.0, self.f0, self.slope, self.x, self.g))

    def _slope(self, x: Array, g: Array, alpha: float) -> float:
        return float(g.dot(self.d))

    def too_short(self, alpha: float) -> bool:
        """Whether α no longer moves any component of x by more than rounding."""
        return same(self.x + alpha * self.d, self.x)


class Arc(Line):
    """φ(α) = f(P(x − αg)) along the projection arc of a feasible set.

    Source: Bertsekas (1976), Goldstein–Levitin–Polyak gradient projection.
    """

    __slots__ = ("_alpha", "_point")

    def __init__(self, oracle: Oracle, x: Array, f: float, g: Array, reference: float | None = None) -> None:
        super().__init__(oracle, x, f, g, -g)
        self.reference = f if reference is None else reference
        self._alpha, self._point = 0.0, x

    def point(self, alpha: float) -> Array:
        """Return P(x − αg); the last one asked is remembered."""
        if alpha != self._alpha:
            self._alpha, self._point = alpha, self.oracle.project(self.x + alpha * self.d)
        return self._point

    def __call__(self, alpha: float) -> Trial:
        """Evaluate f and g at x(α), fused."""
        x = self.point(alpha)
        f, g = self.oracle.value_and_gradient(x)
        return Trial(alpha, f, self._slope(x, g, alpha), x, g)

    def promised(self, alpha: float) -> float:
        """Return gᵀ(x(α) − x)."""
        return float(self.g.dot(self.point(alpha) - self.x))

    def _slope(self, x: Array, g: Array, alpha: float) -> float:
        return float(g.dot(x - self.x)) / alpha

    def too_short(self, alpha: float) -> bool:
        """Whether the arc at α no longer leaves x."""
        return same(self.point(alpha), self.x)


@dataclass(frozen=True)
class LineSearch(ABC):
    """A rule for the step length; subclasses are frozen dataclasses with their constants as fields."""

    abstract: ClassVar[bool] = True

    @abstractmethod
    def search(self, phi: Line, first: float) -> Trial | None:
        """Return an accepted trial with its gradient, or None; `first` is the length to try first.

        Raises
        ------
        Halt
            UNBOUNDED, where f falls along the whole line.
        """

    def watch(self, watched: Any, before: float, after: float) -> Any:
        """Return what a search that is not monotone remembers of f, after a step from `before` to `after`.

        `watched` is what this returned the last time, None at first; a search that is monotone returns None.
        """
        return None

    def reference(self, watched: Any, f: float) -> float:
        """Return the value that sufficient decrease is measured from; f where the search is monotone."""
        return f


def unbounded(phi: Line, trial: Trial) -> NoReturn:
    """Raise Halt(UNBOUNDED): f still falls at this trial."""
    note = f"f falls from {phi.f0:.6g} to {trial.f:.6g} along a step of {trial.alpha:.3g} and further on"
    raise Halt(Status.UNBOUNDED, note)


def falls_forever(trial: Trial) -> bool:
    """Whether f has overflowed downwards."""
    return trial.f == -inf


def secant(a: Trial, b: Trial) -> float:
    """Return the zero of the line through the slopes at a and b; NaN where they are equal.

    Source: Nocedal & Wright (2006), section 3.5.
    """
    change = b.slope - a.slope
    return b.alpha - b.slope * ((b.alpha - a.alpha) / change) if change else NAN


def quadratic_minimizer(a: Trial, b: Trial) -> float:
    """Return the minimizer of the parabola with f and slope of a and f of b; NaN where there is none.

    Source: Nocedal & Wright (2006), equation 3.58.
    """
    width = b.alpha - a.alpha
    bend = b.f - a.f - a.slope * width
    return a.alpha - 0.5 * a.slope * width * (width / bend) if bend > 0 else NAN


def cubic_minimizer(a: Trial, b: Trial) -> float:
    """Return the minimizer of the cubic with f and slope of both a and b; NaN where there is none.

    Source: Nocedal & Wright (2006), equation 3.59, in the scaled form of Moré & Thuente (1994), section 4.
    """
    width = b.alpha - a.alpha
    theta = a.slope + b.slope - 3.0 * ((b.f - a.f) / width)
    scale = max(abs(theta), abs(a.slope), abs(b.slope))
    if not (isfinite(scale) and scale > 0):
        return NAN
    discriminant = (theta / scale) ** 2 - (a.slope / scale) * (b.slope / scale)
    if not discriminant >= 0:
        return NAN
    gamma = scale * discriminant**0.5 * (1.0 if width > 0 else -1.0)
    below = b.slope - a.slope + 2.0 * gamma
    return b.alpha - width * ((b.slope + gamma - theta) / below) if below else NAN
