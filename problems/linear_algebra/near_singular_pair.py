"""Two equations that are all but the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array
from optlab_problems.linear_algebra.linear_least_squares import LinearLeastSquares


@dataclass(frozen=True)
class NearSingularPair(LinearLeastSquares):
    """‖Ax − b‖² with A = ½[[1, 1], [1 + ε, 1 − ε]], b = (1, 1): x* = (1, 1), κ(A) = 2/ε.

    It teaches that a harmless right-hand side may be all luck: with ε = 1e-10, b = (1, 1) gives (1, 1), but
    A⁻¹ = [[1 − 1/ε, 1/ε], [1 + 1/ε, −1/ε]], so that Δb moves x by (Δb₁ − (Δb₁ − Δb₂)/ε, Δb₁ + (Δb₁ − Δb₂)/ε):
    Δb = 1e-10 (1, −1) leads to (−1 + 1e-10, 3 + 1e-10). The Hessian 2AᵀA has κ = 4e20, beyond all digits of a
    double; κ(A) itself is computed (numpy.linalg.cond) to no more than six.

    1 + 1e-10 and 1 − 1e-10 are both rounded by the same 8e-18, so that x* is exact and ε is 1.00000008e-10.

    Attributes
    ----------
    gap : float
        ε, the distance of the two equations; below 2⁻⁵², 1 + ε is 1.

    Source: Trefethen & Bau (1997), lecture 12 (the condition of a system of equations).
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    dimension = 2
    variants = ({"gap": 0.125}, {"gap": 1e-4})

    gap: Annotated[float, Ge(2.0**-52), Le(1)] = 1e-10

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (2, 2)."""
        return 0.5 * np.array([[1.0, 1.0], [1.0 + self.gap, 1.0 - self.gap]])

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """The singular values, from ‖A‖² (Frobenius) and det A, in which nothing cancels."""
        (p, q), (r, s) = self.A.tolist()
        det = abs(p * (s - r))
        sum_of_squares = p * p + q * q + r * r + s * s
        greatest = sqrt(0.5 * (sum_of_squares + sqrt(max(0.0, sum_of_squares**2 - 4.0 * det * det))))
        return det / greatest, greatest
