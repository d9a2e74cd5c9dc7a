"""What methods over a set and within bounds share: the box, and lines that stay feasible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optlab.kernels.bounds import clip, held
from optlab.linesearch.base import Line, Trial

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array
    from optlab.kernels.bounds import Mask


def box(oracle: Oracle, x: Array) -> tuple[Array, Array]:
    """Return (lo, hi), shaped like x, infinite where there is no bound."""
    sides = oracle.bounds
    if sides is None:
        everywhere = np.full_like(x, np.inf)
        return -everywhere, everywhere
    return sides


class Segment(Line):
    """φ(α) = f(x + αd) from x to a feasible target at α = 1, and not beyond; every point is a member exactly."""

    __slots__ = ("target",)

    def __init__(self, oracle: Oracle, x: Array, f: float, g: Array, target: Array) -> None:
        super().__init__(oracle, x, f, g, target - x)
        self.target = target

    def point(self, alpha: float) -> Array:
        """Return x + αd, the target itself at α = 1; what rounding puts outside is brought back."""
        return self.target if alpha == 1.0 else self.inside(self.x + alpha * self.d)

    def inside(self, x: Array) -> Array:
        """Return the nearest feasible point."""
        return self.oracle.project(x)

    def __call__(self, alpha: float) -> Trial:
        """Evaluate f and g at α, fused."""
        x = self.point(alpha)
        f, g = self.oracle.value_and_gradient(x)
        return Trial(alpha, f, self._slope(x, g, alpha), x, g)

    def too_short(self, alpha: float) -> bool:
        """Whether α no longer moves any component of x by more than rounding."""
        return bool(np.all(self.point(alpha) == self.x))


class BoxLine(Segment):
    """φ(α) = f(P(x + αd)) from x to a target within bounds, at α = 1, and beyond it.

    Up to α = 1 it is a line. Beyond, components stop at their bounds, so that no point is outside; a slope says how f
    goes on, by the components that still move.
    Source: Ferry, Gill, Wong & Zhang (2021), A class of projected-search methods for bound-constrained optimization.
    """

    __slots__ = ("hi", "lo")

    def __init__(self, oracle: Oracle, x: Array, f: float, g: Array, target: Array, lo: Array, hi: Array) -> None:
        super().__init__(oracle, x, f, g, target)
        self.lo, self.hi = lo, hi

    def inside(self, x: Array) -> Array:
        """Return x within the bounds."""
        return clip(x, self.lo, self.hi)

    def _slope(self, x: Array, g: Array, alpha: float) -> float:
        slope = float(g.dot(self.d))
        if alpha < 1.0 or slope >= 0:
            return slope
        return float(g.dot(np.where(held(x, self.d, self.lo, self.hi), 0.0, self.d)))


class TwoMetricArc(BoxLine):
    """φ(α) = f(P(x + αd)) along the projected path of a direction, where some variables count as active.

    What it promises is αgᵀd of the free variables and gᵀ(x(α) − x) of the active ones; where bounds cut the step short
    so that gᵀ(x(α) − x) of all is less, but still a decrease, it is that.
    Source: Bertsekas (1982), Projected Newton methods, section 2.
    """

    __slots__ = ("active",)

    def __init__(
        self, oracle: Oracle, x: Array, f: float, g: Array, d: Array, lo: Array, hi: Array, active: Mask
    ) -> None:
        super().__init__(oracle, x, f, g, clip(x + d, lo, hi), lo, hi)
        self.d, self.active = d, active
        self.slope = float(g.dot(np.where(held(x, d, lo, hi), 0.0, d)))

    def promised(self, alpha: float) -> float:
        """Return the first-order change that sufficient decrease is measured by."""
        s = self.point(alpha) - self.x
        straight = float(self.g.dot(np.where(self.active, s, alpha * self.d)))
        actual = float(self.g.dot(s))
        return max(actual, straight) if actual < 0 else straight

    def _slope(self, x: Array, g: Array, alpha: float) -> float:
        return float(g.dot(x - self.x)) / alpha
