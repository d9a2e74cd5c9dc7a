"""A determinant that says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log10
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array
from optlab.core.settings import check_settings
from optlab.core.status import InputError
from optlab_problems.linear_algebra.linear_least_squares import LinearLeastSquares


@dataclass(frozen=True)
class ScaledIdentity(LinearLeastSquares):
    """‖cx − b‖² with A = cI, c = 0.1: det A = 1e-100 at n = 100, and κ(A) = 1.

    It teaches that a small determinant is no sign of a singular matrix: det A = cⁿ underflows to 0 at n = 400, and yet
    every method solves the problem in one good step.

    Attributes
    ----------
    n : int
        Number of variables; no matrix is formed but for `hessian` and `jacobian`.
    factor : float
        c.

    Source: Golub & Van Loan (2013), section 2.6.3 (determinants and nearness to singularity).
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "strictly_convex", "least_squares")
    variants = ({"n": 3}, {"n": 1, "factor": -4.0})

    n: Annotated[int, Ge(1)] = 100
    factor: float = 0.1

    def __post_init__(self) -> None:
        check_settings(self)
        if not (self.factor and np.isfinite(self.factor)):
            msg = f"scaled_identity: factor must be a number other than 0, given {self.factor}"
            raise InputError(msg)

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (n, n)."""
        return self.factor * np.eye(self.n)

    @cached_property
    def planted(self) -> Array:
        """x* = (1, …, 1)."""
        return np.ones(self.n)

    @cached_property
    def b(self) -> Array:
        """(c, …, c), shape (n,)."""
        return np.full(self.n, float(self.factor))

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """|c| twice."""
        return abs(self.factor), abs(self.factor)

    def residuals(self, x: Any) -> Any:
        return self.factor * x - self.b

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        r = self.residuals(x)
        return float(r @ r), 2.0 * self.factor * r

    def hvp(self, x: Array, v: Array) -> Array:
        return 2.0 * self.factor**2 * v

    def values(self, X: Array) -> Array:
        return np.asarray(((self.factor * X - self.b) ** 2).sum(axis=1))

    def gradients(self, X: Array) -> Array:
        return np.asarray(2.0 * self.factor * (self.factor * X - self.b))

    def precision(self) -> str:
        """Say what the determinant is."""
        return f"κ(A) = 1; log10 |det A| = {self.n * log10(abs(self.factor)):.6g}"
