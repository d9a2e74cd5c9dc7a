"""What limits the length of a step: a radius, or a cubic penalty.

Either way the step fulfils (H + λI)p = −g and ‖p‖ = T(λ); see `optlab.kernels.secular`.
Source: Conn, Gould & Toint (2000), section 7.3; Cartis, Gould & Toint (2011), section 6.1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Limit(ABC):
    """What limits the length of a step."""

    share: ClassVar[float]
    """The model falls by −½gᵀp and this multiple of λ‖p‖²."""

    @abstractmethod
    def length(self, lam: float) -> float:
        """T(λ)."""

    @abstractmethod
    def bend(self, lam: float) -> float:
        """T′(λ)/T(λ)²."""

    @abstractmethod
    def lower(self, H_norm: float, g_norm: float) -> float:
        """Return a lower bound ≥ 0 of λ, since ‖p(λ)‖ ≥ ‖g‖/(‖H‖ + λ)."""

    @abstractmethod
    def lower_excess(self, c: Array, gaps: Array, shift: float) -> float:
        """Return a lower bound ≥ 0 of μ = λ − shift, since ‖p‖ ≥ |cᵢ|/(gapᵢ + μ) for every i."""


@dataclass(frozen=True)
class Radius(Limit):
    """‖p‖ ≤ Δ."""

    delta: float
    share = 0.5

    def length(self, lam: float) -> float:
        """Δ."""
        return self.delta

    def bend(self, lam: float) -> float:
        """0."""
        return 0.0

    def lower(self, H_norm: float, g_norm: float) -> float:
        """‖g‖/Δ − ‖H‖."""
        return max(0.0, g_norm / self.delta - H_norm)

    def lower_excess(self, c: Array, gaps: Array, shift: float) -> float:
        """The greatest |cᵢ|/Δ − gapᵢ."""
        return max(0.0, float((c / self.delta - gaps).max()))


@dataclass(frozen=True)
class Penalty(Limit):
    """⅓σ‖p‖³."""

    sigma: float
    share = 1.0 / 6.0

    def length(self, lam: float) -> float:
        """λ/σ."""
        return lam / self.sigma

    def bend(self, lam: float) -> float:
        """σ/λ²."""
        return self.sigma / lam / lam

    def lower(self, H_norm: float, g_norm: float) -> float:
        """The root of λ(λ + ‖H‖) = σ‖g‖."""
        force = self.sigma * g_norm
        return 2.0 * force / (H_norm + sqrt(H_norm * H_norm + 4.0 * force))

    def lower_excess(self, c: Array, gaps: Array, shift: float) -> float:
        """The greatest root of (μ + gapᵢ)(μ + shift) = σ|cᵢ|, where that is positive."""
        force, middle = self.sigma * c, gaps + shift
        spread = np.sqrt((gaps - shift) ** 2 + 4.0 * force)
        excess = 2.0 * (force - gaps * shift)
        roots = np.divide(excess, middle + spread, out=np.zeros_like(c), where=excess > 0)
        return float(roots.max())
