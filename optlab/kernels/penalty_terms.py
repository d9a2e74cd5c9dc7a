"""What merit functions add to f for constraints: φ(x) = f(x) + Σ ψᵢ(gᵢ(x)) + Σ χⱼ(hⱼ(x)).

Each is given by ψ and χ with their first derivatives, which estimate the multipliers (∇φ = ∇f + Jgᵀψ′ + Jhᵀχ′), and
their second ones (∇²φ = ∇²L(x, ψ′, χ′) + Jgᵀ diag(ψ″) Jg + Jhᵀ diag(χ″) Jh).
Source: Nocedal & Wright (2006), chapter 17; Boyd & Vandenberghe (2004), section 11.2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Terms(ABC):
    """What is added to f, from g(x) of shape (m,) and h(x) of shape (p,)."""

    @abstractmethod
    def value(self, g: Array, h: Array) -> float:
        """Σψ(g) + Σχ(h)."""

    @abstractmethod
    def multipliers(self, g: Array, h: Array) -> tuple[Array, Array]:
        """ψ′(g) ≥ 0 and χ′(h), shapes (m,) and (p,)."""

    @abstractmethod
    def curvatures(self, g: Array, h: Array) -> tuple[Array, Array]:
        """ψ″(g) and χ″(h), shapes (m,) and (p,)."""


@dataclass(frozen=True)
class Augmented(Terms):
    """νh + ½ρh² and (max(0, λ + ρg)² − λ²)/(2ρ), ρ being a constraint's own; with λ = ν = 0 the quadratic penalty.

    Source: Hestenes (1969); Powell (1969); Rockafellar (1973) for inequalities; Nocedal & Wright (2006), equations
    17.1, 17.36 and 17.65.

    Attributes
    ----------
    lam, nu : (m,), (p,) arrays
        λ ≥ 0 and ν.
    of_g, of_h : (m,), (p,) arrays
        ρ > 0 of every constraint.
    """

    lam: Array
    nu: Array
    of_g: Array
    of_h: Array

    def value(self, g: Array, h: Array) -> float:
        """The penalty; −λ²/(2ρ) for an inequality that is out of play."""
        near = g * (self.lam + 0.5 * self.of_g * g)
        far = -0.5 * self.lam * (self.lam / self.of_g)
        return float(np.where(self._near(g), near, far).sum() + (h * (self.nu + 0.5 * self.of_h * h)).sum())

    def multipliers(self, g: Array, h: Array) -> tuple[Array, Array]:
        """max(0, λ + ρg) and ν + ρh. Source: Nocedal & Wright (2006), equations 17.39 and 17.63."""
        return np.maximum(0.0, self.lam + self.of_g * g), self.nu + self.of_h * h

    def curvatures(self, g: Array, h: Array) -> tuple[Array, Array]:
        """ρ, or 0 for an inequality that is out of play."""
        return np.where(self._near(g), self.of_g, 0.0), self.of_h

    def _near(self, g: Array) -> NDArray[np.bool_]:
        return self.lam + self.of_g * g > 0


@dataclass(frozen=True)
class Barrier(Terms):
    """−μ Σ log(−g), ∞ unless every g < 0; there are no equalities.

    Source: Fiacco & McCormick (1968); Boyd & Vandenberghe (2004), equation 11.5.

    Attributes
    ----------
    mu : float
        μ > 0.
    """

    mu: float

    def value(self, g: Array, h: Array) -> float:
        """The barrier."""
        return -self.mu * float(np.log(-g).sum()) if (g < 0).all() else float("inf")

    def multipliers(self, g: Array, h: Array) -> tuple[Array, Array]:
        """−μ/g, 0 outside. Source: Boyd & Vandenberghe (2004), equation 11.10."""
        return np.where(g < 0, -self.mu / g, 0.0), np.zeros_like(h)

    def curvatures(self, g: Array, h: Array) -> tuple[Array, Array]:
        """μ/g²."""
        return self.mu / g / g, np.zeros_like(h)
