"""Logistic regression of several classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab.core.settings import check_settings
from optlab_problems.ml.data import SHAPES, blobs, check_choice, one_hot, table
from optlab_problems.ml.reference import convex_facts

SYNTHETIC = (60, 3)
"""Rows and features of synthetic data where none are given."""


@dataclass(frozen=True)
class SoftmaxRegression(ProblemBase):
    """(1/m) Σ (log(1 + Σ exp zᵢₖ) − Σ Yᵢₖzᵢₖ) + ½λ‖W‖², Z = AWᵀ: logistic regression of K classes.

    It teaches how many variables a few classes make: x = W row by row, shape (K − 1, features + 1), a row for each
    class but the last, each with its intercept at the end, which λ leaves free. The last class is the reference, whose
    z is 0: with a row of its own the Hessian would be singular.

    Attributes
    ----------
    data : str
        "iris", "wine", "digits" or "breast_cancer", standardized (they need scikit-learn), or "synthetic": normal
        points around a center for each class.
    features, m : int, optional
        How many features, the first ones, and how many rows, evenly spaced; None: all, or 3 and 60 synthetic ones.
    penalty : float
        λ.
    classes, separation, seed : int, float, int
        Of synthetic data: K, the standard deviation of the centers in those of the points around them, the seed.

    Source: Hastie, Tibshirani & Friedman (2009), section 4.4, equation 4.17; data: Fisher (1936).
    """

    suites = ("ml",)
    tags = ("convex", "finite_sum")
    variants = (
        {"data": "wine", "features": 3, "penalty": 0.1},
        {"data": "synthetic", "classes": 5, "features": 2, "penalty": 0.0, "separation": 0.5},
        {"data": "digits", "features": 8, "m": 200},
    )

    data: Literal["iris", "wine", "digits", "breast_cancer", "synthetic"] = "iris"
    features: Annotated[int | None, Ge(1)] = None
    m: Annotated[int | None, Ge(2)] = None
    penalty: Annotated[float, Ge(0)] = 0.01
    classes: Annotated[int, Ge(2)] = 3
    separation: Annotated[float, Ge(0)] = 1.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice(self.data, self._features, self.m, what="features", problem=self)

    @property
    def _features(self) -> int:
        return self.features or SHAPES.get(self.data, SYNTHETIC)[1]

    @cached_property
    def _design(self) -> tuple[Array, Array]:
        """A (m, features + 1), its last column 1, and Y (m, K − 1) of 0 and 1."""
        if self.data == "synthetic":
            X, labels = blobs(self._features, self.m or SYNTHETIC[0], self.classes, self.separation, self.seed)
        else:
            X, labels = table(self.data, self._features, self.m)
        return np.column_stack([X, np.ones(len(X))]), one_hot(labels)[:, :-1]

    @cached_property
    def _shape(self) -> tuple[int, int]:
        A, Y = self._design
        return Y.shape[1], A.shape[1]

    @cached_property
    def _lam(self) -> Array:
        """λ for every variable, 0 for the intercepts."""
        lam = np.full(self._shape, float(self.penalty))
        lam[:, -1] = 0.0
        return lam.ravel()

    def _mean_loss(self, x: Array, A: Array, Y: Array) -> float:
        Z = A @ x.reshape(self._shape).T
        top = np.maximum(np.max(Z, axis=1), 0.0)
        total = np.exp(-top) + np.sum(np.exp(Z - top[:, None]), axis=1)
        return np.mean(np.log(total) + top - np.sum(Y * Z, axis=1)) + 0.5 * np.sum(self._lam * x * x)  # type: ignore[no-any-return]

    def _probabilities(self, x: Array, A: Array) -> Array:
        """P (m, K − 1): of every class but the last."""
        Z = A @ x.reshape(self._shape).T
        top = np.maximum(Z.max(axis=1), 0.0)
        E = np.exp(Z - top[:, None])
        return np.asarray(E / (np.exp(-top) + E.sum(axis=1))[:, None])

    def _mean_slope(self, x: Array, A: Array, Y: Array) -> Array:
        return ((self._probabilities(x, A) - Y).T @ A).ravel() / len(Y) + self._lam * x

    def value(self, x: Array) -> float:
        return self._mean_loss(x, *self._design)

    def gradient(self, x: Array) -> Array:
        return self._mean_slope(x, *self._design)

    def hessian(self, x: Array) -> Array:
        A = self._design[0]
        (m, d), P = A.shape, self._probabilities(x, A)
        B = (P[:, :, None] * A[:, None, :]).reshape(m, -1)
        H = -(B.T @ B)
        for k, p in enumerate(P.T):
            H[k * d : (k + 1) * d, k * d : (k + 1) * d] += A.T @ (p[:, None] * A)
        H = H / m + np.diag(self._lam)
        return np.asarray(0.5 * (H + H.T))

    def hvp(self, x: Array, v: Array) -> Array:
        A = self._design[0]
        P, R = self._probabilities(x, A), A @ v.reshape(self._shape).T
        change = P * (R - np.sum(P * R, axis=1)[:, None])
        return np.asarray((change.T @ A).ravel() / len(A) + self._lam * v)

    @property
    def samples(self) -> Samples:  # type: ignore[override]  # read-only here
        """One term for each row of the data."""
        return Samples(len(self._design[1]), self._sampled_value, self._sampled_gradient)

    def _sampled_value(self, x: Array, rows: Indices) -> float:
        A, Y = self._design
        return float(self._mean_loss(x, A[rows], Y[rows]))

    def _sampled_gradient(self, x: Array, rows: Indices) -> Array:
        A, Y = self._design
        return self._mean_slope(x, A[rows], Y[rows])

    def start(self) -> Array:
        rows, columns = self._shape
        return np.zeros(rows * columns)

    def facts(self) -> Facts:
        known: Facts = convex_facts(self, "" if self.penalty else "where the classes are separable f → 0 at infinity")
        return known
