"""Objectives that are quadratic or linear, with a dense matrix or none."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from optlab.core.problem import Array, ProblemBase


class QuadraticObjective(ProblemBase):
    """½xᵀHx + qᵀx; a subclass gives `objective_data` = (H, q), H symmetric of shape (n, n)."""

    abstract: ClassVar[bool] = True

    @property
    def objective_data(self) -> tuple[Array, Array]:
        """(H, q)."""
        raise NotImplementedError

    def value(self, x: Array) -> float:
        H, q = self.objective_data
        return 0.5 * (x @ (H @ x)) + q @ x  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        H, q = self.objective_data
        return np.asarray(H @ x + q)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        H, q = self.objective_data
        product = H @ x
        return 0.5 * float(x @ product) + float(q @ x), product + q

    def hessian(self, x: Array) -> Array:
        return self.objective_data[0].copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self.objective_data[0] @ v)

    def values(self, X: Array) -> Array:
        H, q = self.objective_data
        return np.asarray(0.5 * np.einsum("kn,kn->k", X, X @ H) + X @ q)

    def gradients(self, X: Array) -> Array:
        H, q = self.objective_data
        return np.asarray(X @ H + q)

    def hessians(self, X: Array) -> Array:
        return np.tile(self.objective_data[0], (len(X), 1, 1))


class LinearObjective(ProblemBase):
    """cᵀx; a subclass gives `costs` = c, shape (n,)."""

    abstract: ClassVar[bool] = True

    @property
    def costs(self) -> Array:
        """The vector c."""
        raise NotImplementedError

    def value(self, x: Array) -> float:
        return self.costs @ x  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return self.costs.copy()

    def hessian(self, x: Array) -> Array:
        return np.zeros((x.size, x.size))

    def hvp(self, x: Array, v: Array) -> Array:
        return np.zeros_like(v)

    def values(self, X: Array) -> Array:
        return np.asarray(X @ self.costs)

    def gradients(self, X: Array) -> Array:
        return np.tile(self.costs, (len(X), 1))

    def hessians(self, X: Array) -> Array:
        return np.zeros((*X.shape, X.shape[1]))
