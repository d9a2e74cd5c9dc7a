"""Famous test matrices, each with a lesson of its own; all but Kahan's are of integers, so that b is exact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import cos, sin
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from optlab.core.problem import Array, Facts
from optlab_problems.linear_algebra.linear_least_squares import LinearLeastSquares


@dataclass(frozen=True)
class Pascal(LinearLeastSquares):
    """‖Ax − b‖² with Pascal's triangle as a symmetric matrix: integers, det A = 1, κ like 16ⁿ.

    It teaches that a determinant of 1 is no sign of good conditioning: A⁻¹ has integer entries as large as those of A.

    Attributes
    ----------
    n : int
        Number of variables; up to 28 the sums of the rows are exact.

    Source: Brawer & Pirovino (1992), The linear algebra of the Pascal matrix; Higham (2002), section 28.4.
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    variants = ({"n": 3}, {"n": 16})

    n: Annotated[int, Ge(1), Le(28)] = 8

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (n, n)."""
        rows = [np.ones(self.n)]
        for _ in range(self.n - 1):
            rows.append(np.cumsum(rows[-1]))
        return np.array(rows)


@dataclass(frozen=True)
class Frank(LinearLeastSquares):
    """‖Ax − b‖² with Frank's matrix aᵢⱼ = n + 1 − max(i, j) for j ≥ i − 1, else 0: det A = 1.

    It teaches that a zero may be what keeps a matrix regular: 1/(n − 1)! added to the one entry a₁ₙ makes
    it singular, 2.5e-8 at n = 12.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Frank (1958), Computing eigenvalues of complex matrices; Golub & Wilkinson (1976), Ill-conditioned
    eigensystems and the computation of the Jordan canonical form.
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    variants = ({"n": 3}, {"n": 16})

    n: Annotated[int, Ge(2)] = 10

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (n, n)."""
        i = np.arange(self.n)
        return np.triu(self.n - np.maximum(i[:, None], i), -1).astype(float)


@dataclass(frozen=True)
class Kahan(LinearLeastSquares):
    """‖Ax − b‖² with Kahan's triangle diag(1, s, s², …)·(I − c·ones above), s² + c² = 1.

    With s = sin θ and c = cos θ. It teaches that a triangle may hide how singular it is: its least singular value is
    far below its least diagonal entry, and column pivoting, which leaves the matrix as it is, does not reveal it.

    Attributes
    ----------
    n : int
        Number of variables.
    angle : float
        θ in radians.

    Source: Kahan (1966), Numerical linear algebra; Golub & Van Loan (2013), section 5.4 (column pivoting).
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    variants = ({"n": 4, "angle": 0.7}, {"n": 40})

    n: Annotated[int, Ge(1)] = 16
    angle: Annotated[float, Gt(0), Lt(1.5)] = 1.2

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (n, n)."""
        triangle = np.eye(self.n) - cos(self.angle) * np.triu(np.ones((self.n, self.n)), 1)
        return np.asarray(sin(self.angle) ** np.arange(self.n)[:, None] * triangle)


@dataclass(frozen=True)
class Moler(LinearLeastSquares):
    """‖Ax − b‖² with Moler's matrix aᵢⱼ = min(i, j) − 2, aᵢᵢ = i: one tiny eigenvalue.

    It teaches that factors with entries 0 and ±1 may have an ill-conditioned product: A = LLᵀ with L of ones on the
    diagonal and −1 below, and A⁻¹ has entries like 4^(n − 2).

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Nash (1990), Compact Numerical Methods for Computers, appendix 1 (Moler matrix).
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    variants = ({"n": 3}, {"n": 14})

    n: Annotated[int, Ge(1)] = 8

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (n, n)."""
        L = np.eye(self.n) - np.tril(np.ones((self.n, self.n)), -1)
        return np.asarray(L @ L.T)


@dataclass(frozen=True)
class WilkinsonGrowth(LinearLeastSquares):
    """‖Ax − b‖² with Wilkinson's matrix, on which elimination grows by 2^(n − 1).

    Ones on the diagonal and in the last column, −1 below. It teaches that well-conditioned and harmless differ: κ(A) is
    about 0.45n, and yet Gaussian elimination with partial pivoting, which never pivots here, loses all digits near
    n = 55. Least squares by QR or by descent has no trouble.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Wilkinson (1961), Error analysis of direct methods of matrix inversion; Trefethen & Bau (1997), lecture 22.
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "strictly_convex", "least_squares")
    variants = ({"n": 3}, {"n": 60})

    n: Annotated[int, Ge(2)] = 20

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (n, n)."""
        A = np.eye(self.n) - np.tril(np.ones((self.n, self.n)), -1)
        A[:, -1] = 1.0
        return A


@dataclass(frozen=True)
class MagicSquare(LinearLeastSquares):
    """‖Ax − b‖² with the magic square of order 4, of rank 3, and b = (34, 34, 34, 34).

    It teaches that rounding can make a singular matrix look regular: the last pivot of elimination is 4e-15, not 0, and
    some solution is returned without a warning. The solutions are (1, 1, 1, 1) + t (1, 3, −3, −1), the first being the
    shortest.

    Source: Moler (2004), Numerical Computing with MATLAB, section 1.4 (magic squares).
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "degenerate")
    dimension = 4

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (4, 4)."""
        square = [[16, 2, 3, 13], [5, 11, 10, 8], [9, 7, 6, 12], [4, 14, 15, 1]]
        return np.array(square, dtype=float)

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """0 and 34, that of (1, 1, 1, 1)."""
        return 0.0, 34.0

    def facts(self) -> Facts:
        facts: Facts = super().facts()
        return replace(
            facts,
            solutions=[(2.0, 4.0, -2.0, 0.0), (0.0, -2.0, 4.0, 2.0)],
            note="the solutions form a line, (1, 1, 1, 1) + t (1, 3, −3, −1); A and b are exact",
        )

    def precision(self) -> str:
        """Say nothing of κ, which is infinite."""
        return ""
