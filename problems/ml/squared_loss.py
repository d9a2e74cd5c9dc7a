"""Linear least squares on real or synthetic data, as all regressions with a squared loss share it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Lt

from optlab.core.problem import Array, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab_problems.ml.designs import diabetes, sparse, synthetic

BLOCK = 4096
"""Rows of a batch whose residuals are held at a time."""


@dataclass(frozen=True)
class Regression(ProblemBase):
    """‖Xw − y‖² + λ‖w‖² on real or synthetic data; the base of `ridge`, `l2_regression`, `lasso` and others.

    Attributes
    ----------
    data : str
        "diabetes": ten columns centered and scaled to norm 1, y centered (needs scikit-learn), so that w has
        the units of y. "synthetic": singular values of X from 1 to 1/condition. "sparse": correlated columns
        of norm 1, few of which make up y.
    n, m : int
        Columns and rows; the first ones of the diabetes data. m = None: all 442, 5n synthetic ones, or n/2
        of a sparse design.
    condition, noise, seed : float, float, int
        Of a synthetic design: κ(X), the part of y that no w explains relative to the part that the true w
        does, and the seed; noise and seed are also those of a sparse one.
    nonzero, correlation : int, float
        Of a sparse design: nonzero entries of the true w, and correlation of neighboring columns.
    """

    abstract: ClassVar[bool] = True
    suites = ("ml", "regression")
    tags = ("quadratic", "convex", "least_squares", "finite_sum")

    data: Literal["diabetes", "synthetic", "sparse"] = "diabetes"
    n: Annotated[int, Ge(1)] = 10
    m: Annotated[int | None, Ge(2)] = None
    condition: Annotated[float, Ge(1)] = 100.0
    noise: Annotated[float, Ge(0)] = 0.1
    seed: Annotated[int, Ge(0)] = 0
    nonzero: Annotated[int, Ge(1)] = 3
    correlation: Annotated[float, Ge(0), Lt(1)] = 0.5

    @cached_property
    def _design(self) -> tuple[Array, Array]:
        X: Array
        y: Array
        if self.data == "diabetes":
            X, y = diabetes(self.n, self.m)
        elif self.data == "sparse":
            X, y = sparse(self.n, self.m, self.nonzero, self.correlation, self.noise, self.seed)
        else:
            X, y = synthetic(self.n, self.m, self.condition, self.noise, self.seed)
        return X, y

    @property
    def X(self) -> Array:  # noqa: N802  textbook letter
        """The design matrix, shape (m, n)."""
        return self._design[0]

    @property
    def y(self) -> Array:
        """The targets, shape (m,)."""
        return self._design[1]

    @property
    def lam(self) -> float:
        """λ, the weight of ‖w‖² in f."""
        return 0.0

    @cached_property
    def _spectrum(self) -> tuple[Array, Array, Array]:
        """(σ, σ·Uᵀy, Vᵀ) of X = UΣVᵀ; singular values at rounding level are left out."""
        U, sigma, Vt = np.linalg.svd(self.X, full_matrices=False)
        there = sigma > max(self.X.shape) * np.finfo(float).eps * sigma[0]
        return sigma[there], (sigma * (U.T @ self.y))[there], Vt[there]

    @cached_property
    def _gram(self) -> Array:
        return 2.0 * (self.X.T @ self.X) + 2.0 * self.lam * np.eye(self.n)

    def solve(self, lam: float) -> Array:
        """Return the minimizer of ‖Xw − y‖² + λ‖w‖², shape (n,); the shortest one where there are several."""
        sigma, moments, Vt = self._spectrum
        return np.asarray(Vt.T @ (moments / (sigma * sigma + lam)))

    def squared_radius(self, C: float | None, fraction: float) -> float:
        """Return C, or the fraction of the squared norm of the least-squares solution."""
        if C is not None:
            return float(C)
        w = self.solve(0.0)
        return fraction * float(w @ w)

    @cached_property
    def _stacked(self) -> tuple[Array, Array]:
        """Return X and y; with a penalty [X; √λ I] and [y; 0]."""
        if not self.lam:
            return self._design
        X, y = self._design
        return np.vstack([X, sqrt(self.lam) * np.eye(self.n)]), np.concatenate([y, np.zeros(self.n)])

    def residuals(self, x: Array) -> Array:
        """Xw − y, below it √λ w where there is a penalty; f is the sum of their squares."""
        A, b = self._stacked
        return A @ x - b

    def jacobian(self, x: Array) -> Array:
        return self._stacked[0].copy()

    def value(self, x: Array) -> float:
        X, y = self._design
        r, lam = X @ x - y, self.lam
        return r @ r + lam * (x @ x) if lam else r @ r  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        X, y = self._design
        r, lam = X @ x - y, self.lam
        f, g = float(r @ r), 2.0 * (r @ X)
        return (f + lam * float(x @ x), g + 2.0 * lam * x) if lam else (f, g)

    def hessian(self, x: Array) -> Array:
        return self._gram.copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self._gram @ v)

    def values(self, X: Array) -> Array:
        parts = [np.empty(0)]
        for W in blocks(X):
            R = W @ self.X.T - self.y
            parts.append(np.einsum("km,km->k", R, R) + self.lam * np.einsum("kn,kn->k", W, W))
        return np.concatenate(parts)

    def gradients(self, X: Array) -> Array:
        parts = [np.empty((0, self.n))]
        parts += [2.0 * ((W @ self.X.T - self.y) @ self.X + self.lam * W) for W in blocks(X)]
        return np.concatenate(parts)

    def hessians(self, X: Array) -> Array:
        return np.tile(self._gram, (len(X), 1, 1))

    @property
    def samples(self) -> Samples:  # type: ignore[override]  # read-only here
        """One term for each row of X."""
        return Samples(len(self.y), self._mean_value, self._mean_gradient)

    def _mean_value(self, x: Array, rows: Indices) -> float:
        r = self.X[rows] @ x - self.y[rows]
        return len(self.y) * float(np.mean(r * r)) + self.lam * float(x @ x)

    def _mean_gradient(self, x: Array, rows: Indices) -> Array:
        X = self.X[rows]
        return (2.0 * len(self.y) / len(rows)) * ((X @ x - self.y[rows]) @ X) + 2.0 * self.lam * x

    def start(self) -> Array:
        return np.zeros(self.n)

    def _curvature(self) -> tuple[float, float]:
        """Least and greatest eigenvalue of 2XᵀX + 2λI."""
        sigma = self._spectrum[0]
        least = float(sigma[-1]) ** 2 if sigma.size == self.n else 0.0
        return 2.0 * (least + self.lam), 2.0 * (float(sigma[0]) ** 2 + self.lam)


def blocks(X: Array) -> list[Array]:
    """Return X in pieces of at most BLOCK rows."""
    return [X[i : i + BLOCK] for i in range(0, len(X), BLOCK)]
