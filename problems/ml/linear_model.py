"""Linear models: a loss of Aw, averaged over the rows of A."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab.core.settings import check_settings
from optlab_problems.forms.sizes import in_memory
from optlab_problems.ml.data import check_choice
from optlab_problems.ml.reference import convex_facts

HELD = 2**17
"""Predictions of a batch of points held at a time: they stay in the caches …"""
AT_LEAST = 16
"""… unless so few points need more; fewer make no matrix product."""


@dataclass(frozen=True)
class LinearModel(ProblemBase):
    """(1/m) Σ φ(zᵢ, yᵢ) + ½λ‖w‖² with z = Aw; a subclass writes the table (A, y), φ and its two derivatives in z.

    x = w: one weight for each feature, then the intercept where there is one, whose column of A is 1 and which
    the penalty leaves free. φ and its derivatives take z of shape (m,) or (K, m) and y of shape (m,).

    Attributes
    ----------
    n, m : int
        Variables, the intercept among them, and rows; of a data set the first features and m evenly spaced rows.
        m = None: all rows, or 20n synthetic ones.
    intercept : bool
        Whether the last variable is an intercept.
    penalty : float
        λ.
    seed : int
        Of synthetic data.
    """

    abstract: ClassVar[bool] = True
    suites = ("ml",)

    n: Annotated[int, Ge(1)] = 10
    m: Annotated[int | None, Ge(2)] = None
    intercept: bool = True
    penalty: Annotated[float, Ge(0)] = 0.01
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice(getattr(self, "data", ""), self.n, self.m, int(self.intercept), problem=self)
        in_memory(self, self.rows, self.n, "m", "n")

    @abstractmethod
    def table(self, features: int) -> tuple[Array, Array]:
        """Return the features, shape (m, features), and y, shape (m,)."""

    @abstractmethod
    def loss(self, z: Any, y: Array) -> Any:
        """φ."""

    @abstractmethod
    def slope(self, z: Array, y: Array) -> Array:
        """∂φ/∂z."""

    @abstractmethod
    def curvature(self, z: Array, y: Array) -> Array:
        """∂²φ/∂z²."""

    @property
    def rows(self) -> int:
        """How many rows synthetic data have."""
        return 20 * self.n if self.m is None else self.m

    @cached_property
    def _design(self) -> tuple[Array, Array]:
        X, y = self.table(self.n - int(self.intercept))
        return (np.column_stack([X, np.ones(len(y))]) if self.intercept else X), y

    @property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The features and, last, a column of 1 for the intercept, shape (m, n)."""
        return self._design[0]

    @property
    def y(self) -> Array:
        """The targets, shape (m,)."""
        return self._design[1]

    @cached_property
    def _lam(self) -> Array:
        """λ for every variable, 0 for the intercept."""
        lam = np.full(self.n, float(self.penalty))
        if self.intercept:
            lam[-1] = 0.0
        return lam

    def value(self, x: Array) -> float:
        A, y = self._design
        return np.mean(self.loss(A @ x, y)) + 0.5 * np.sum(self._lam * x * x)  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        A, y = self._design
        return self.slope(A @ x, y) @ A / len(y) + self._lam * x

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        A, y = self._design
        z, penalized = A @ x, self._lam * x
        f = float(np.mean(self.loss(z, y))) + 0.5 * float(penalized @ x)
        return f, self.slope(z, y) @ A / len(y) + penalized

    def hessian(self, x: Array) -> Array:
        A, y = self._design
        H = A.T @ (self.curvature(A @ x, y)[:, None] * A) / len(y) + np.diag(self._lam)
        return np.asarray(0.5 * (H + H.T))

    def hvp(self, x: Array, v: Array) -> Array:
        A, y = self._design
        return (self.curvature(A @ x, y) * (A @ v)) @ A / len(y) + self._lam * v

    @property
    def samples(self) -> Samples:  # type: ignore[override]  # read-only here
        """One term for each row of A."""
        return Samples(len(self.y), self._mean_value, self._mean_gradient)

    def _mean_value(self, x: Array, rows: Indices) -> float:
        A, y = self._design
        return float(np.mean(self.loss(A[rows] @ x, y[rows]))) + 0.5 * float(self._lam @ (x * x))

    def _mean_gradient(self, x: Array, rows: Indices) -> Array:
        A = self.A[rows]
        return self.slope(A @ x, self.y[rows]) @ A / len(rows) + self._lam * x

    def _blocks(self, X: Array) -> list[Array]:
        size = max(AT_LEAST, HELD // len(self.y))
        return [X[i : i + size] for i in range(0, len(X), size)]

    def values(self, X: Array) -> Array:
        A, y = self._design
        means = [np.mean(self.loss(W @ A.T, y), axis=1) for W in self._blocks(X)]
        return np.concatenate([np.empty(0), *means]) + 0.5 * (X * X) @ self._lam

    def gradients(self, X: Array) -> Array:
        A, y = self._design
        means = [self.slope(W @ A.T, y) @ A / len(y) for W in self._blocks(X)]
        return np.concatenate([np.empty((0, self.n)), *means]) + self._lam * X

    def hvps(self, X: Array, V: Array) -> Array:
        A, y = self._design
        pairs = zip(self._blocks(X), self._blocks(V), strict=True)
        means = [(self.curvature(W @ A.T, y) * (U @ A.T)) @ A / len(y) for W, U in pairs]
        return np.concatenate([np.empty((0, self.n)), *means]) + self._lam * V

    def start(self) -> Array:
        return np.zeros(self.n)

    def facts(self) -> Facts:
        known: Facts = convex_facts(self)
        return known
