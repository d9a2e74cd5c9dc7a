"""A line whose products and points are computed by BLAS.

It serves methods that have loaded SciPy's BLAS anyway (0.3 s); for short vectors a call of it costs a third of NumPy's
operator, for long ones x + αd needs no array for αd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scipy.linalg.blas import daxpy, ddot

from optlab.kernels.norms import same
from optlab.linesearch.base import NOISE, Line, Trial, made

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.derivatives import Array


class BlasLine(Line):
    """φ(α) = f(x + αd); the same as `Line` up to rounding, since a fused multiply-add rounds once."""

    __slots__ = ()

    def __init__(self, oracle: Oracle, x: Array, f: float, g: Array, d: Array) -> None:
        self.oracle, self.x, self.g, self.d = oracle, x, g, d
        self.f0 = self.reference = f
        self.slope = ddot(g, d)
        self.noise = NOISE * abs(f)

    def point(self, alpha: float) -> Array:
        """Return x + αd."""
        return self.x + self.d if alpha == 1.0 else daxpy(self.d, self.x.copy(), self.x.size, alpha)

    def __call__(self, alpha: float) -> Trial:
        """Evaluate f and g at α, fused."""
        d = self.d
        x = self.x + d if alpha == 1.0 else daxpy(d, self.x.copy(), d.size, alpha)
        f, g = self.oracle.value_and_gradient(x)
        return made(Trial, (alpha, f, ddot(g, d), x, g))

    def _slope(self, x: Array, g: Array, alpha: float) -> float:
        return ddot(g, self.d)  # type: ignore[no-any-return]

    def too_short(self, alpha: float) -> bool:
        """Whether α no longer moves any component of x by more than rounding."""
        return same(self.point(alpha), self.x)
