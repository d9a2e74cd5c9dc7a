"""Sums of functions of one variable each."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array, ProblemBase


class Separable(ProblemBase):
    """f(x) = Σ φᵢ(xᵢ); a subclass writes φ, φ′ and φ″, and has every derivative by hand, no matrix formed.

    Each takes an array whose last axis counts the variables, or autograd's box of one, and works entry by entry with
    arithmetic and NumPy functions.
    """

    abstract: ClassVar[bool] = True

    @abstractmethod
    def phi(self, x: Any) -> Any:
        """φᵢ(xᵢ), of the shape of x."""

    @abstractmethod
    def dphi(self, x: Array) -> Array:
        """φᵢ′(xᵢ), of the shape of x."""

    @abstractmethod
    def d2phi(self, x: Array) -> Array:
        """φᵢ″(xᵢ), of the shape of x."""

    def value(self, x: Array) -> float:
        return np.sum(self.phi(x))  # type: ignore[no-any-return]  # a NumPy float, or autograd's box

    def gradient(self, x: Array) -> Array:
        return self.dphi(x)

    def hessian(self, x: Array) -> Array:
        return np.diag(self.d2phi(x))

    def hvp(self, x: Array, v: Array) -> Array:
        return self.d2phi(x) * v

    def values(self, X: Array) -> Array:
        return np.asarray(self.phi(X).sum(axis=1))

    def gradients(self, X: Array) -> Array:
        return self.dphi(X)

    def hessians(self, X: Array) -> Array:
        i = np.arange(X.shape[1])
        H = np.zeros((*X.shape, X.shape[1]))
        H[:, i, i] = self.d2phi(X)
        return H
