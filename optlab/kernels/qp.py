"""Quadratic programs: what is given, and what a solver returns.

Source: Nocedal & Wright (2006), chapter 16.
"""

from __future__ import annotations

from enum import Enum
from math import frexp, inf, ldexp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EPS = float(np.finfo(float).eps)
DEPENDENT = 1e-11
"""A row of which less than this fraction remains beside the others counts as dependent on them."""
EQUILIBRATIONS = 10
"""Sweeps of equilibration; each halves what is left, on a logarithmic scale."""
CONSISTENT = 1e-9
"""Dependent rows whose right-hand sides agree to this fraction of their terms say the same."""


class Outcome(Enum):
    """How a quadratic program ended; the value is a sentence."""

    OPTIMAL = "The solution and its multipliers are found."
    INFEASIBLE = "No point meets all the constraints."
    UNBOUNDED = "The objective falls without bound along a feasible direction."
    INDEFINITE = "The matrix is not positive definite where the equalities hold."
    UNFINISHED = "The limit on changes of the working set was reached first."


class QuadraticProgram(NamedTuple):
    """½xᵀHx + qᵀx subject to Ax ≤ b, Ex = e and lo ≤ x ≤ hi.

    Attributes
    ----------
    H, q : (n, n), (n,) arrays
        The objective; H is symmetric.
    A, b : (m, n), (m,) arrays
        The inequalities.
    E, e : (p, n), (p,) arrays
        The equalities.
    lo, hi : (n,) arrays
        The bounds, infinite where there is none.

    The rows of all inequalities are numbered: A first, then the n lower bounds, then the n upper ones, then E where
    it counts among them.
    """

    H: Array
    q: Array
    A: Array
    b: Array
    E: Array
    e: Array
    lo: Array
    hi: Array


class QPSolution(NamedTuple):
    """A point with its multipliers: Hx + q + Aᵀλ + Eᵀν − lower + upper = 0 where the outcome is OPTIMAL.

    Attributes
    ----------
    x : (n,) array
        The solution, within the bounds exactly; a direction of descent without end where the outcome is UNBOUNDED.
    lam, nu, lower, upper : (m,), (p,), (n,), (n,) arrays
        Multipliers of the inequalities, the equalities, and the lower and upper bounds.
    active : tuple of int
        The numbers of the rows in the last working set, to begin with at a similar program.
    outcome : Outcome
        How it ended.
    changes : int
        Changes of the working set.
    """

    x: Array
    lam: Array
    nu: Array
    lower: Array
    upper: Array
    active: tuple[int, ...]
    outcome: Outcome
    changes: int


def program(
    H: Array,
    q: Array,
    A: Array | None = None,
    b: Array | None = None,
    E: Array | None = None,
    e: Array | None = None,
    lo: Array | None = None,
    hi: Array | None = None,
) -> QuadraticProgram:
    """Return a quadratic program; what is left out is not there."""
    n = q.size
    return QuadraticProgram(
        H,
        q,
        np.empty((0, n), q.dtype) if A is None else A,
        np.empty(0, q.dtype) if b is None else b,
        np.empty((0, n), q.dtype) if E is None else E,
        np.empty(0, q.dtype) if e is None else e,
        np.full_like(q, -inf) if lo is None else lo,
        np.full_like(q, inf) if hi is None else hi,
    )


def failed(qp: QuadraticProgram, outcome: Outcome, changes: int = 0, x: Array | None = None) -> QPSolution:
    """Return a result without multipliers."""
    zero = np.zeros_like(qp.q)
    return QPSolution(
        zero if x is None else x, np.zeros_like(qp.b), np.zeros_like(qp.e), zero, zero, (), outcome, changes
    )


def lengths(rows: Array) -> Array:
    """Return the Euclidean length of every row, 1 for a row of zeros."""
    size = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return np.where(size > 0, size, 1.0)


def power_of_two(size: float) -> float:
    """Return the power of two just above a size, 1 where the size is zero or not finite."""
    return ldexp(1.0, frexp(size)[1]) if 0 < size < inf else 1.0


def scaled(qp: QuadraticProgram, D: Array) -> QuadraticProgram:
    """Return the program in y, with x = Dy for a positive D, (n,)."""
    return QuadraticProgram(D[:, None] * qp.H * D, D * qp.q, qp.A * D, qp.b, qp.E * D, qp.e, qp.lo / D, qp.hi / D)


def units(H: Array) -> Array:
    """Return powers of two D, (n,), with which the greatest entries of the rows of DHD differ little; 1 for zero rows.

    So the curvature of one variable is not taken for the rounding of another's, whatever units these are in.
    Source: Ruiz (2001), A scaling algorithm to equilibrate both rows and columns norms in matrices.
    """
    D, greatest = np.ones(len(H), dtype=H.dtype), float(np.abs(H).max(initial=0.0))
    if not 0 < greatest < inf:
        return D
    M = np.abs(H) / greatest
    for _ in range(EQUILIBRATIONS):
        sizes = (D[:, None] * M * D).max(axis=1)
        D = D / np.sqrt(np.where(sizes > 0, sizes, 1.0))
    return np.asarray(np.exp2(np.round(np.log2(D))))


def clip(qp: QuadraticProgram, x: Array) -> Array:
    """Return x within the bounds, exactly."""
    return np.minimum(np.maximum(x, qp.lo), qp.hi)
