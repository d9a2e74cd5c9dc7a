"""Small problems that are sums: of squares, and means of terms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optlab.checks.probes import Bowl, Valley
from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.samples import Indices, Samples

TERMS = 8
REST = 0.5
"""A residual that no x changes: the least value is not 0."""


@dataclass(frozen=True)
class Fit(ProblemBase):
    """Σ rᵢ(x)², r = (R(x − x*), ½) linear with 2RᵀR the Hessian of the bowl."""

    tags = ("least_squares", "quadratic", "convex")

    n: int = 3

    @cached_property
    def _bowl(self) -> Bowl:
        return Bowl(self.n)

    @cached_property
    def _data(self) -> tuple[Array, Array]:
        R = np.linalg.cholesky(0.5 * self._bowl.hessian(self.start())).T
        J = np.ascontiguousarray(np.vstack([R, np.zeros(self.n)]))  # as every copy of it is: sums round alike
        return J, J @ self._bowl.solution - np.append(np.zeros(self.n), REST)

    def residuals(self, x: Array) -> Array:
        """r(x), shape (n + 1,)."""
        J, b = self._data
        return J @ x - b

    def jacobian(self, x: Array) -> Array:
        return self._data[0].copy()

    def value(self, x: Array) -> float:
        return self.value_and_gradient(x)[0]

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        r = self.residuals(x)
        return float(r @ r), 2.0 * (r @ self._data[0])

    def hessian(self, x: Array) -> Array:
        J = self._data[0]
        return 2.0 * (J.T @ J)

    def start(self) -> Array:
        return self._bowl.start()

    def facts(self) -> Facts:
        return Facts(solution=self._bowl.solution, optimum=REST * REST, convex=True)


@dataclass(frozen=True)
class FitValley(Valley):
    """Rosenbrock's valley by its residuals, 10(b − a²) and 1 − a."""

    tags = ("least_squares",)

    def residuals(self, x: Array) -> Array:
        """r(x), shape (2,)."""
        return np.array([10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]])

    def jacobian(self, x: Array) -> Array:
        return np.array([[-20.0 * x[0], 10.0], [-1.0, 0.0]])

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        r = self.residuals(x)
        return float(r @ r), 2.0 * (r @ self.jacobian(x))


@dataclass(frozen=True)
class Mean(Bowl):
    """The bowl as the mean of TERMS bowls around points that have the mean c; f is greater by a constant."""

    @cached_property
    def _shifts(self) -> Array:
        half = np.cos(np.arange(TERMS // 2 * self.n) + 1.0).reshape(TERMS // 2, self.n)
        return np.concatenate([half, -half])

    @cached_property
    def _rest(self) -> float:
        A, _ = self._data
        return 0.5 * float(np.einsum("ij,jk,ik->", self._shifts, A, self._shifts)) / TERMS

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        f, g = super().value_and_gradient(x)
        return f + self._rest, g

    @cached_property
    def samples(self) -> Samples:  # type: ignore[override]
        """Bowls around c + shift."""
        return Samples(TERMS, self._mean_value, self._mean_gradient)

    def _mean_value(self, x: Array, indices: Indices) -> float:
        A, c = self._data
        E = x - c - self._shifts[indices]
        return 0.5 * float(np.einsum("ij,jk,ik->", E, A, E)) / len(indices)

    def _mean_gradient(self, x: Array, indices: Indices) -> Array:
        A, c = self._data
        return np.asarray(A @ (x - c - self._shifts[indices]).mean(axis=0))


def sums(n: int) -> dict[str, ProblemBase]:
    """Return a bowl as a sum of squares, and one as a mean of terms."""
    return {"fit": Fit(n), "mean": Mean(n)}
