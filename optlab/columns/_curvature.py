"""Second derivatives along a trajectory, shared by several columns: each is computed once per trace.

Which kept iterates they are computed at depends on their cost; the others are NaN.

* f quadratic (tag ``quadratic``): ∇²f is one matrix, so every iterate.
* ∇²f by hand and n ≤ 50: every iterate.
* ∇²f by automatic differentiation, many iterates at once: as many of its columns as keep NUMBERS, at n = 2 all.
* ∇²f by automatic differentiation, one by one: at most 3000 of its columns in all, 300 iterates at n = 2, at least 3.
* n > 50: at most the `iterates` of the column, fewer above n = 1000, where each costs n³.

Thinned iterates are spaced evenly on a log scale, first and last among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from optlab.core.column import Indices, cached, dots, gradients, hessians, scaled, spaced
from optlab.kernels.eigenvalues import EPS, eigenvalues

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array

SMALL = 50
"""Up to this n, every Hessian written by hand is used."""
PRODUCTS = 300
"""Hessian-vector products per trace, where they are not written by hand (0.7 ms each by automatic differentiation)."""
TANGENTS = 3000
"""Columns of Hessians per trace, where they come from automatic differentiation."""
NUMBERS = 3_000_000
"""Numbers in the largest arrays of all products together, where many iterates are computed at once."""
LARGE = 1000
"""From this n on, an eigenvalue decomposition takes 0.1 s and more: their number falls with n³."""
FEWEST = 3
MEMORY = 64e6
"""Bytes of Hessians held at a time."""
LEAST, GREATEST, CONDITION, NEGATIVE, ZERO, POSITIVE = range(6)


def constant(problem: ProblemBase) -> bool:
    """Whether ∇²f is the same everywhere."""
    return "quadratic" in problem.tags


def by_hand(problem: ProblemBase) -> bool:
    """Whether ∇²f is written by hand, one at a time or vectorized."""
    return problem.by_hand("hessian") or problem.by_hand("hessians")


def optimal_steps(trace: Trace, problem: ProblemBase) -> Array:
    """ε* = gᵀg/gᵀ∇²f g at the kept iterates, shape (M,), signed; NaN where it is infinite or not computed."""

    def compute() -> Array:
        U = scaled(gradients(trace, problem))[0]
        rows, HU = _products(trace, problem, U)
        quotient = dots(U[rows], U[rows]) / dots(U[rows], HU)
        out = np.full(len(trace.points), np.nan)
        out[rows] = np.where(np.isfinite(quotient), quotient, np.nan)
        return out

    return cached(trace, "optimal_steps", compute)


def _products(trace: Trace, problem: ProblemBase, U: Array) -> tuple[Indices, Array]:
    """Return the kept iterates used, shape (S,), and ∇²f u at each, shape (S, n)."""
    X = trace.points
    if X.shape[1] <= SMALL and not problem.lacks("hessian") and (by_hand(problem) or constant(problem)):
        every = np.arange(len(X))
        products = [np.einsum("kij,kj->ki", H, U[rows]) for rows, H in _hessian_blocks(trace, problem, every)]
        return every, np.concatenate(products)
    rows = spaced(len(X), len(X) if problem.by_hand("hvp") else max(PRODUCTS, _at_once(problem, X[0])))
    return rows, np.asarray(problem.hvps(X[rows], U[rows]), dtype=float)


def _at_once(problem: ProblemBase, x: Array) -> int:
    """How many Hessian-vector products are taken where many iterates are computed at once; 0 where they are not."""
    width = problem.together(x)
    return NUMBERS // width if width else 0


def spectrum(trace: Trace, problem: ProblemBase, dense: int, iterates: int) -> Array:
    """Return what the eigenvalues of ∇²f say at every kept iterate, shape (M, 6).

    The columns are LEAST and GREATEST eigenvalue, CONDITION |λ|max/|λ|min, and the numbers of NEGATIVE, ZERO and
    POSITIVE ones, zero meaning |λ| ≤ n·eps·|λ|max. All NaN for n above `dense`.
    """

    def compute() -> Array:
        M, n = trace.points.shape
        table = np.full((M, 6), np.nan)
        if n <= dense and not problem.lacks("hessian"):
            rows = _decomposed(problem, trace.points, iterates)
            for some, H in _hessian_blocks(trace, problem, rows):
                table[some] = _describe(H[:1] if H.strides[0] == 0 else H)
        return table

    return cached(trace, ("spectrum", dense, iterates), compute)


def _decomposed(problem: ProblemBase, X: Array, iterates: int) -> Indices:
    """Return the kept iterates whose Hessian is decomposed."""
    M, n = X.shape
    if constant(problem):
        return np.arange(M)
    most = M if n <= SMALL else min(iterates, int(iterates * (LARGE / n) ** 3))
    if not by_hand(problem):
        most = min(most, max(min(PRODUCTS, TANGENTS // n), _at_once(problem, X[0]) // n))
    return spaced(M, max(FEWEST, most))


def _hessian_blocks(trace: Trace, problem: ProblemBase, rows: Indices) -> Iterator[tuple[Indices, Array]]:
    """Yield (rows, ∇²f there) such that no block holds more than MEMORY bytes."""
    X = trace.points
    n = X.shape[1]
    size = max(1, int(MEMORY // (8 * n * n)))
    if constant(problem):
        H = np.asarray(problem.hessian(X[0]), dtype=float)
        yield rows, np.broadcast_to(H, (rows.size, n, n))
    elif rows.size == len(X) <= size:
        yield rows, hessians(trace, problem)
    else:
        for i in range(0, rows.size, size):
            some = rows[i : i + size]
            yield some, np.asarray(problem.hessians(X[some]), dtype=float)


def _describe(H: Array) -> Array:
    """Return the six numbers of `spectrum` for every matrix of a block."""
    E = eigenvalues(H)
    size = np.abs(E)
    largest = size.max(axis=1)
    floor = E.shape[1] * EPS * largest[:, None]
    signs = np.where(size > floor, np.sign(E), 0.0)
    negative, positive = (signs < 0).sum(axis=1), (signs > 0).sum(axis=1)
    table = np.column_stack(
        [E[:, 0], E[:, -1], largest / size.min(axis=1), negative, E.shape[1] - negative - positive, positive]
    )
    table[np.isnan(largest)] = np.nan
    return table
