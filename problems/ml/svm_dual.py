"""The support vector machine in its multipliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.settings import check_settings
from optlab.core.status import InputError
from optlab_problems.ml.binary_model import TwoClasses, signed_table
from optlab_problems.ml.data import SHAPES, check_choice
from optlab_problems.ml.quadratic_program import QuadraticProgram
from optlab_problems.ml.reference import ROUNDING


@dataclass(frozen=True)
class SVMDual(ProblemBase):
    """½αᵀQα − 1ᵀα for 0 ≤ α ≤ C and yᵀα = 0, Qᵢⱼ = yᵢyⱼk(aᵢ, aⱼ): the support vector machine.

    It teaches what multipliers mean: x = α has one variable for each row of the data, and those that end strictly
    between the bounds, the free support vectors, lie exactly on the margin; the multiplier ν of the equality is the
    intercept. The start 0 is a vertex. Rows with the same features and y make the solution not unique.

    Attributes
    ----------
    n : int
        Rows of the data, evenly spaced ones of a data set.
    data, positive, standardize, separation, seed
        As in `logistic_regression`.
    features : int, optional
        How many features, the first ones; None: all, or 4 synthetic ones.
    kernel : str
        "rbf": k(a, b) = exp(−γ‖a − b‖²); "linear": k(a, b) = aᵀb, whose Q has at most the rank of the features.
    gamma : float, optional
        γ; None: 1 over the number of features.
    C : float
        Upper bound of every α, the price of a violated margin.

    Source: Cortes & Vapnik (1995); Hastie, Tibshirani & Friedman (2009), equation 12.13; data: Street, Wolberg &
    Mangasarian (1993).
    """

    suites = ("ml",)
    tags = ("quadratic", "convex")
    constraints = ("bounds", "equality")
    variants = (
        {"n": 20, "kernel": "linear", "data": "iris", "positive": 1},
        {"n": 24, "data": "synthetic", "C": 100.0, "gamma": 0.1},
        {"n": 16, "data": "wine", "C": 0.05},
    )

    n: Annotated[int, Ge(2)] = 40
    data: TwoClasses = "breast_cancer"
    features: Annotated[int | None, Ge(1)] = None
    positive: Annotated[int, Ge(0)] = 0
    standardize: bool = True
    separation: Annotated[float, Ge(0)] = 1.0
    kernel: Literal["rbf", "linear"] = "rbf"
    gamma: Annotated[float | None, Gt(0)] = None
    C: Annotated[float, Gt(0)] = 1.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        if self.data in SHAPES:
            check_choice(self.data, self._features, None, what="features", problem=self)
            if self.n > SHAPES[self.data][0]:
                msg = f"{self.data} has {SHAPES[self.data][0]} rows: n must be from 2 to that, given {self.n}"
                raise InputError(msg)

    @property
    def _features(self) -> int:
        return self.features or SHAPES.get(self.data, (0, 4))[1]

    @cached_property
    def _table(self) -> tuple[Array, Array]:
        X: Array
        y: Array
        X, y = signed_table(
            self.data, self._features, self.n, self.positive, self.separation, self.standardize, self.seed
        )
        return X, y

    @property
    def y(self) -> Array:
        """The classes, ±1, shape (n,)."""
        return self._table[1]

    @cached_property
    def Q(self) -> Array:  # noqa: N802  textbook letter
        """Qᵢⱼ = yᵢyⱼk(aᵢ, aⱼ), shape (n, n)."""
        X, y = self._table
        K = X @ X.T
        if self.kernel == "rbf":
            squares = np.diag(K)
            distances = np.maximum(0.0, squares[:, None] + squares - 2.0 * K)
            K = np.exp(-(self.gamma or 1.0 / self._features) * distances)
        return np.asarray(0.5 * (K + K.T) * np.outer(y, y))

    @cached_property
    def bounds(self) -> tuple[Array, Array]:  # type: ignore[override]  # read-only here
        """(0, C) for every α."""
        return np.zeros(self.n), np.full(self.n, float(self.C))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:  # type: ignore[override]
        """yᵀα = 0."""
        return self.y[None, :], np.zeros(1)

    def value(self, x: Array) -> float:
        return 0.5 * (x @ (self.Q @ x)) - np.sum(x)  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return np.asarray(self.Q @ x - 1.0)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        product = self.Q @ x
        return 0.5 * float(x @ product) - float(np.sum(x)), product - 1.0

    def hessian(self, x: Array) -> Array:
        return self.Q.copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self.Q @ v)

    def values(self, X: Array) -> Array:
        return np.asarray(0.5 * np.einsum("kn,kn->k", X, X @ self.Q) - X.sum(axis=1))

    def gradients(self, X: Array) -> Array:
        return np.asarray(X @ self.Q - 1.0)

    def hessians(self, X: Array) -> Array:
        return np.tile(self.Q, (len(X), 1, 1))

    def start(self) -> Array:
        return np.zeros(self.n)

    def facts(self) -> Facts:
        (lo, hi), (A, b) = self.bounds, self.linear_equality
        found = QuadraticProgram(self.Q, np.full(self.n, -1.0), lo, hi, A, b).solve()
        if found is None:
            return Facts(convex=True)
        alpha, nu = found
        held = self.gradient(alpha) + nu @ A
        unique = bool(((alpha > lo) & (alpha < hi)).any())  # a free α fixes ν, and ν the others
        return Facts(
            solution=alpha,
            optimum=float(self.value(alpha)),
            certificate="convex, KKT at x*",
            convex=True,
            multipliers=self._multipliers(alpha, held, nu) if unique else None,
        )

    def _multipliers(self, alpha: Array, held: Array, nu: Array) -> tuple[Array, Array]:
        lower, upper = np.where(alpha <= 0, held, 0.0), np.where(alpha >= self.C, -held, 0.0)
        lam = np.concatenate([lower, upper])
        return np.where(lam > ROUNDING, lam, 0.0), nu
