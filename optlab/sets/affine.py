"""The affine subspace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optlab.core.status import InputError
from optlab.sets.base import ULPS, Array, ConvexSet

CONSISTENT = 1e-10
"""Dependent rows may contradict one another by this much of ‖x₀‖ and |b_i|, with rows of length 1: rounding."""

REFINEMENTS = 3
"""How often the projection is repeated on what rounding left of the residual."""


class Factors(NamedTuple):
    """Aᵀ = QR of the independent rows, each of length 1, and what belongs to it.

    Attributes
    ----------
    Q, R : (n, r), (r, r) arrays
        Orthonormal columns that span the rows, and the triangle.
    rows : (r,) int array
        Which rows are independent.
    A, b : (p, n), (p,) arrays
        The rows divided by their lengths.
    lengths : (p,) array
        What they were divided by; 1 for a row of zeros.
    apart : (p,) array
        By how much each row misses its b at the shortest solution.
    """

    Q: Array
    R: Array
    rows: Array
    A: Array
    b: Array
    lengths: Array
    apart: Array


@dataclass(frozen=True)
class Affine(ConvexSet):
    """{x : Ax = b}; A may have dependent rows as long as b agrees with them.

    For a member the two sides of a row differ by no more than 4 ulp of Σ |a_j x_j| + |b|, and by what dependent rows
    contradict one another. Aᵀ is factorized once, when first needed, by QR with pivoting.
    Source: Parikh & Boyd (2014), Proximal Algorithms, section 6.2; Golub & Van Loan (2013), section 5.4.2.

    Parameters
    ----------
    A : (p, n) array-like
        The rows.
    b : number or (p,) array-like
        The right-hand sides.
    """

    variants: ClassVar[tuple[dict[str, Any], ...]] = (
        {"A": [[1.0, 2.0, -1.0, 0.0], [0.0, 1.0, 1.0, 1.0]], "b": [1.0, -2.0]},
    )

    A: Any
    b: Any = 0.0

    @cached_property
    def _factors(self) -> Factors:
        from scipy.linalg import qr, solve_triangular

        A, b = np.atleast_2d(self._numbers("A")), np.atleast_1d(self._numbers("b"))
        if A.ndim != 2 or b.shape not in ((1,), (len(A),)):  # noqa: PLR2004
            msg = f"affine: A must have shape (p, n) and b shape (p,), given {A.shape} and {b.shape}"
            raise InputError(msg)
        greatest = np.abs(A).max(axis=1, initial=0.0)
        lengths = greatest * np.linalg.norm(A / np.where(greatest > 0, greatest, 1.0)[:, None], axis=1)
        lengths[lengths == 0] = 1.0
        A, b = A / lengths[:, None], np.broadcast_to(b, lengths.shape) / lengths
        Q, R, order = qr(A.T, mode="economic", pivoting=True)
        sizes = np.abs(np.diag(R))
        rank = int(np.count_nonzero(sizes > max(A.shape) * np.finfo(float).eps * sizes.max(initial=0.0)))
        Q, R, rows = Q[:, :rank], R[:rank, :rank], order[:rank]
        shortest = Q @ solve_triangular(R, b[rows], trans="T") if rank else np.zeros(A.shape[1])
        apart = np.abs(A @ shortest - b)
        apart[rows] = 0.0
        worst = int(np.argmax(apart)) if apart.size else 0
        if np.any(apart > CONSISTENT * (np.linalg.norm(shortest) + np.abs(b))):
            msg = f"affine: no x meets Ax = b: row {worst + 1} contradicts the others by {apart[worst]:.1e}"
            raise InputError(msg)
        return Factors(Q, R, rows, A, b, lengths, apart)

    @property
    def dimension(self) -> int | None:
        """The n of the points it is for."""
        return int(self._factors.A.shape[1])

    def _residual(self, x: Array) -> Array:
        """Return (Ax − b)/‖a_i‖, (p,), in double precision."""
        f = self._factors
        if x.shape != f.A.shape[1:]:
            msg = f"affine: A has {f.A.shape[1]} columns, but x has shape {x.shape}"
            raise InputError(msg)
        return np.asarray(f.A @ x.astype(float, copy=False) - f.b)

    def project(self, x: Array) -> Array:
        """Return x − QR⁻ᵀ(Ax − b); x itself where it is a member."""
        from scipy.linalg import solve_triangular

        f = self._factors
        for _ in range(REFINEMENTS):
            residual = self._residual(x)
            if not f.rows.size or not np.isfinite(residual).all() or self._met(x, residual, 0.0):
                break
            step = f.Q @ solve_triangular(f.R, residual[f.rows], trans="T", check_finite=False)
            x = (x - step).astype(x.dtype, copy=False)
        return x

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether |a_iᵀx − b_i| ≤ slack ‖a_i‖ for every row, to rounding."""
        return self._met(x, self._residual(x), slack)

    def _met(self, x: Array, residual: Array, slack: float) -> bool:
        f = self._factors
        terms = np.abs(f.A) @ np.abs(x).astype(float, copy=False) + np.abs(f.b)
        allowed = slack + ULPS * float(np.finfo(x.dtype).eps) * terms + f.apart
        return bool(np.all(np.abs(residual) <= allowed) and np.isfinite(terms).all())

    def equality(self, x: Array) -> Array:
        """Ax − b, shape (p,)."""
        return (self._residual(x) * self._factors.lengths).astype(x.dtype, copy=False)

    def equality_jacobian(self, x: Array) -> Array:
        """Return A, shape (p, n)."""
        return np.array(np.atleast_2d(self._numbers("A")), dtype=x.dtype)
