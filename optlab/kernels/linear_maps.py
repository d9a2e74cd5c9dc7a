"""Invertible linear maps v ↦ Av, applied to the last axis of points and batches alike.

Source: Golub & Van Loan (2013), sections 5.1 (Householder reflections) and 1.2.11 (permutations).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class LinearMap(ABC):
    """An invertible linear map of points; V has shape (n,), or (…, n) for many."""

    componentwise: bool = False
    """Whether each component depends on one component, with a positive factor."""

    @abstractmethod
    def apply(self, V: Any) -> Any:
        """Av of every row v; traceable by autograd."""

    @abstractmethod
    def transpose(self, V: Array) -> Array:
        """Aᵀv of every row v."""

    @abstractmethod
    def solve(self, V: Array) -> Array:
        """A⁻¹v of every row v."""

    @property
    def stretch(self) -> float | None:
        """The c with AᵀA = c²I, so that every length is multiplied by c; None where there is no such c."""
        return None


@dataclass(frozen=True)
class Diagonal(LinearMap):
    """Av = d ⊙ v with positive entries d, shape (n,), or one number."""

    d: Any
    componentwise = True

    def apply(self, V: Any) -> Any:
        """D ⊙ v."""
        return V * self.d

    def transpose(self, V: Array) -> Array:
        """D ⊙ v."""
        return np.asarray(V * self.d)

    def solve(self, V: Array) -> Array:
        """V divided by d."""
        return np.asarray(V / self.d)

    @property
    def stretch(self) -> float | None:
        """The entry, where all are the same."""
        d = np.atleast_1d(np.asarray(self.d, dtype=float))
        return float(d[0]) if np.all(d == d[0]) else None


class Isometry(LinearMap):
    """A map that keeps every length: its inverse is its transpose."""

    def solve(self, V: Array) -> Array:
        """Aᵀv of every row v."""
        return self.transpose(V)

    @property
    def stretch(self) -> float:
        """1."""
        return 1.0


@dataclass(frozen=True)
class Orthogonal(Isometry):
    """Av = Qv with an orthogonal matrix Q, shape (n, n)."""

    Q: Array

    def apply(self, V: Any) -> Any:
        """Qv."""
        return V @ self.Q.T

    def transpose(self, V: Array) -> Array:
        """Qᵀv."""
        return np.asarray(V @ self.Q)


@dataclass(frozen=True)
class Reflections(Isometry):
    """Av = (I − 2u₁u₁ᵀ) … (I − 2u_r u_rᵀ) v with unit vectors u, shape (r, n): orthogonal, in O(rn) memory and time."""

    U: Array

    def apply(self, V: Any) -> Any:
        """Reflect by the last vector first."""
        for u in self.U[::-1]:
            V = V - 2.0 * ((V @ u)[..., None] if V.ndim > 1 else V @ u) * u
        return V

    def transpose(self, V: Array) -> Array:
        """Reflect by the first vector first."""
        return np.asarray(Reflections(self.U[::-1]).apply(V))


@dataclass(frozen=True)
class Permutation(Isometry):
    """(Av)_i = v_{p(i)} for a permutation p of 0 … n − 1."""

    p: NDArray[np.intp]
    componentwise = True

    def apply(self, V: Any) -> Any:
        """Take component p(i) as the i-th."""
        return V[..., self.p]

    def transpose(self, V: Array) -> Array:
        """Put component i where p(i) was."""
        return V[..., np.argsort(self.p)]


@dataclass(frozen=True)
class Product(LinearMap):
    """Av = A₁A₂ … v."""

    maps: tuple[LinearMap, ...]

    def apply(self, V: Any) -> Any:
        """Apply the last map first."""
        for part in reversed(self.maps):
            V = part.apply(V)
        return V

    def transpose(self, V: Array) -> Array:
        """Apply the first transpose first."""
        for part in self.maps:
            V = part.transpose(V)
        return V

    def solve(self, V: Array) -> Array:
        """Invert the first map first."""
        for part in self.maps:
            V = part.solve(V)
        return V


def congruence(A: LinearMap, H: Array) -> Array:
    """AᵀHA for a symmetric H of shape (n, n), or every one of (K, n, n); symmetric to the last bit."""
    HA = A.transpose(H)  # rows of H are its columns
    AHA = A.transpose(np.swapaxes(HA, -1, -2))
    return np.asarray(0.5 * (AHA + np.swapaxes(AHA, -1, -2)))
