"""Strictly convex quadratic programs by the dual active-set method.

Source: Goldfarb & Idnani (1983); Nocedal & Wright (2006), section 16.8.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.linalg import LinAlgError
from scipy.linalg import qr

from optlab.kernels.narrow import same_power
from optlab.kernels.qp import (
    CONSISTENT,
    DEPENDENT,
    EPS,
    Array,
    Outcome,
    QPSolution,
    QuadraticProgram,
    clip,
    failed,
    lengths,
    power_of_two,
)
from optlab.kernels.qp_least_distance import nearest, triangular
from optlab.kernels.routines import routines


class Affine(NamedTuple):
    """The solutions of Ex = e: base + Zw, Z (n, k) with orthonormal columns."""

    base: Array
    Z: Array


def affine(E: Array, e: Array) -> Affine | None:
    """Return all solutions of Ex = e; dependent rows are dropped where they agree, None where they do not."""
    n = E.shape[1]
    if e.size == 0:
        return Affine(np.zeros(n, E.dtype), np.eye(n, dtype=E.dtype))
    sizes = lengths(E)
    rows, right = E / sizes[:, None], e / sizes
    factors: tuple[Any, ...] = qr(rows.T, pivoting=True)
    Q, R, order = factors
    diagonal = np.abs(np.diag(R))
    rank = int((diagonal > same_power(DEPENDENT, E) * max(diagonal[0], EPS)).sum())
    Y, Z = Q[:, :rank], Q[:, rank:]
    base: Array = Y @ triangular(R[:rank, :rank], right[order[:rank]], transposed=True)
    base = base + Y @ triangular(R[:rank, :rank], (right - rows @ base)[order[:rank]], transposed=True)
    allowed = same_power(CONSISTENT, E) * (np.abs(right) + np.sqrt(base @ base))
    return Affine(base, Z) if np.all(np.abs(rows @ base - right) <= allowed) else None


def solve(qp: QuadraticProgram, begin: Sequence[int] = (), price: Array | None = None) -> QPSolution:
    """Return the solution of a quadratic program whose H is positive definite where the equalities hold.

    The equalities are eliminated, x = x_E + Zw; with the Cholesky factor of ZᵀHZ what remains is the nearest point of
    a polyhedron. The result is refined once in the terms of the program itself.

    Parameters
    ----------
    qp : QuadraticProgram
        What to solve.
    begin : sequence of int
        Rows to begin with, such as `active` of the solution of a similar program.
    price : (m + p,) array, optional
        What a unit of violation of a row of A, then of E, costs: the ℓ1 relaxation, which has a solution whatever the
        rows. Bounds always hold.
        Source: Nocedal & Wright (2006), section 18.5, elastic mode.
    """
    n, m = qp.q.size, qp.b.size
    elastic = price is not None
    scale = power_of_two(float(np.abs(qp.H).max(initial=0.0)))
    H, q = qp.H / scale, qp.q / scale
    fixed = np.flatnonzero(qp.lo == qp.hi)
    E, e = (qp.E[:0], qp.e[:0]) if elastic else (qp.E, qp.e)
    space = affine(np.concatenate([np.eye(n, dtype=q.dtype)[fixed], E]), np.concatenate([qp.lo[fixed], e]))
    if space is None or not np.all(qp.lo <= qp.hi):
        return failed(qp, Outcome.INFEASIBLE)
    base, Z = space
    reduced = Z.T @ H @ Z if Z.shape[1] < n else H
    gradient = (q + H @ base) @ Z
    L, info = routines(q).potrf(reduced, lower=1) if Z.shape[1] else (reduced, 0)
    if info != 0:
        return failed(qp, Outcome.INDEFINITE)
    rows = _Rows(qp, elastic=elastic)
    C = rows.C @ Z
    c = rows.c - rows.C @ base
    kept = np.sqrt(np.einsum("ij,ij->i", C, C)) > same_power(DEPENDENT, C) * (1.0 if C.size else inf)
    C[~kept] = 0.0
    near = ~kept & (np.abs(c) <= same_power(CONSISTENT, C) * (np.abs(rows.c) + np.sqrt(base @ base)))
    c = np.where(near, 0.0, c)
    B = _forward(L, C.T).T
    high = np.full_like(c, inf)
    if price is not None:
        high[rows.priced] = price * np.concatenate([rows.sizes, rows.equal_sizes]) / scale
    low = np.where(rows.equal, -high, 0.0)
    place = {row: i for i, row in enumerate(rows.number)}
    found = nearest(B, c, -_forward(L, gradient), low, high, [place[row] for row in begin if row in place])
    if not found.feasible:
        return failed(qp, Outcome.INFEASIBLE, found.changes)
    if begin and not found.finished:
        return solve(qp, (), price)
    if not np.isfinite(found.u).all():
        return failed(qp, Outcome.UNFINISHED, found.changes)
    w, lam = _backward(L, found.u), found.lam
    w, lam = _refined(reduced, L, gradient, B, C, c, w, lam, list(found.working))
    lam = np.minimum(np.maximum(lam, low), high)
    x = clip(qp, base + Z @ w)
    for i in found.working:  # exactly on the bounds that are active
        row = rows.number[i]
        if m <= row < m + n:
            x[row - m] = qp.lo[row - m]
        elif m + n <= row < m + 2 * n:
            x[row - m - n] = qp.hi[row - m - n]
    return _solution(qp, rows, x, lam * scale, tuple(rows.number[i] for i in found.working),
                     Outcome.OPTIMAL if found.finished else Outcome.UNFINISHED, found.changes)  # fmt: skip


class _Rows:
    """All inequalities as rows of length 1: A, the finite bounds of free variables, and E where it has a price."""

    def __init__(self, qp: QuadraticProgram, *, elastic: bool) -> None:
        n, m = qp.q.size, qp.b.size
        free = qp.lo < qp.hi
        below, above = np.flatnonzero(free & (qp.lo > -inf)), np.flatnonzero(free & (qp.hi < inf))
        self.sizes = lengths(qp.A)
        unit = np.eye(n, dtype=qp.q.dtype)
        C, c = [qp.A / self.sizes[:, None], -unit[below], unit[above]], [qp.b / self.sizes, -qp.lo[below], qp.hi[above]]
        number = [np.arange(m), m + below, m + n + above]
        self.equal_sizes = lengths(qp.E)
        equations = 0
        if elastic:
            equations = qp.e.size
            C.append(qp.E / self.equal_sizes[:, None])
            c.append(qp.e / self.equal_sizes)
            number.append(m + 2 * n + np.arange(equations))
        self.C, self.c = np.concatenate(C), np.concatenate(c)
        self.number: list[int] = np.concatenate(number).tolist()
        self.equal = np.zeros(self.c.size, dtype=bool)
        self.equal[self.c.size - equations :] = True
        self.priced = self.equal.copy()
        self.priced[:m] = elastic


def _forward(L: Array, b: Array) -> Array:
    """L⁻¹b."""
    return np.asarray(routines(b).trtrs(L, b, lower=1)[0]) if b.size else b


def _backward(L: Array, b: Array) -> Array:
    """L⁻ᵀb."""
    return np.asarray(routines(b).trtrs(L, b, lower=1, trans=1)[0]) if b.size else b


def _refined(
    H: Array, L: Array, g: Array, B: Array, C: Array, c: Array, w: Array, lam: Array, working: list[int]
) -> tuple[Array, Array]:
    """Correct w and λ by the residuals of Hw + g + Cᵀλ = 0 and C_W w = c_W, with the factors at hand."""
    residual = H @ w + g + lam @ C
    gap = c[working] - C[working] @ w
    u = -_forward(L, residual)
    if not working:
        return w + _backward(L, u), lam
    Q, R = np.linalg.qr(B[working].T)
    to_move = u @ Q - triangular(R, gap, transposed=True)
    corrected = lam.copy()
    corrected[working] += triangular(R, to_move)
    return w + _backward(L, u - Q @ to_move), corrected


def _solution(
    qp: QuadraticProgram, rows: _Rows, x: Array, lam: Array, active: tuple[int, ...], outcome: Outcome, changes: int
) -> QPSolution:
    """Sort the multipliers of the rows; those of eliminated equalities follow by least squares, the shortest."""
    n, m, p = qp.q.size, qp.b.size, qp.e.size
    of_rows = np.zeros(m + 2 * n + p, qp.q.dtype)
    of_rows[rows.number] = lam
    of_A, lower, upper = of_rows[:m] / rows.sizes, of_rows[m : m + n], of_rows[m + n : m + 2 * n]
    nu = of_rows[m + 2 * n :] / rows.equal_sizes
    fixed = np.flatnonzero(qp.lo == qp.hi)
    eliminated = p > 0 and not rows.equal.any()
    if fixed.size or eliminated:
        residual = qp.H @ x + qp.q + of_A @ qp.A - lower + upper + nu @ qp.E
        free = np.ones(n, dtype=bool)
        free[fixed] = False
        if eliminated:
            unit = qp.E / rows.equal_sizes[:, None]
            try:
                nu = (
                    np.linalg.lstsq(unit[:, free].T, -residual[free], rcond=same_power(DEPENDENT, unit))[0]
                    / rows.equal_sizes
                )
            except LinAlgError:
                return failed(qp, Outcome.UNFINISHED, changes)
            residual = residual + nu @ qp.E
        lower[fixed], upper[fixed] = np.maximum(residual[fixed], 0.0), np.maximum(-residual[fixed], 0.0)
    return QPSolution(x, of_A, nu, lower, upper, active, outcome, changes)
