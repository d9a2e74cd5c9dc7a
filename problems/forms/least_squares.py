"""Sums of squares."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array, ProblemBase


class LeastSquares(ProblemBase):
    """f(x) = Σ rᵢ(x)²; a subclass writes the residuals, their Jacobian and their weighted curvature.

    With J = ∂r/∂x, ∇f = 2Jᵀr and ∇²f = 2(JᵀJ + Σ rᵢ ∇²rᵢ). Every function takes x of shape (n,); `residuals` must
    also take autograd's boxes, so that it is written with arithmetic and NumPy functions, without item assignment.

    Source: Nocedal & Wright (2006), equations 10.3 to 10.5.
    """

    abstract: ClassVar[bool] = True
    tags = ("least_squares",)

    @abstractmethod
    def residuals(self, x: Any) -> Any:
        """r(x), shape (m,)."""

    @abstractmethod
    def jacobian(self, x: Array) -> Array:
        """∂r_i/∂x_j, shape (m, n)."""

    @abstractmethod
    def curvature(self, x: Array, w: Array) -> Array:
        """Σ wᵢ ∇²rᵢ(x), shape (n, n), for (m,) weights w."""

    def value(self, x: Array) -> float:
        r = self.residuals(x)
        return np.sum(r * r)  # type: ignore[no-any-return]  # a NumPy float, or autograd's box

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        r = self.residuals(x)
        return r @ r, 2.0 * (r @ self.jacobian(x))

    def hessian(self, x: Array) -> Array:
        J = self.jacobian(x)
        return 2.0 * (J.T @ J + self.curvature(x, self.residuals(x)))
