"""Quadratic programs by a primal active-set method, one change of the working set at a time.

Source: Nocedal & Wright (2006), algorithm 16.3; Bland (1977), New finite pivoting rules for the simplex method.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from optlab.kernels import qp_dual
from optlab.kernels.convexify import spaces
from optlab.kernels.narrow import eps, same_power
from optlab.kernels.qp import (
    Array,
    Outcome,
    QPSolution,
    QuadraticProgram,
    clip,
    failed,
    lengths,
    scaled,
    units,
)

FLAT = 1e-12
"""Curvature below this fraction of that of H counts as none."""
BALANCED = 1e-12
"""A gradient below this fraction of the terms it is the sum of counts as zero."""
PARALLEL = 1e-11
"""A direction along which a row of length 1 grows by less than this, per unit of length, does not run into it."""
WITHIN = 1e-12
"""A point this close to a row, relative to the terms of the row, is on its feasible side."""
INDEPENDENT = 1e-8
"""Rows at length 1 of which at least this much remains beside the others are independent."""
PATIENCE = 50
"""Most changes of the working set, as a multiple of the number of variables and constraints."""


class Position(NamedTuple):
    """A feasible point and a working set.

    Attributes
    ----------
    x : (n,) array
        The point; within the bounds exactly.
    working : tuple of int
        The numbers of rows that hold with equality and are kept.
    outcome : Outcome or None
        OPTIMAL where the multipliers of the working set say so, UNBOUNDED where `direction` leads down without end.
    direction : (n,) array
        The direction that led here, or leads on without end.
    alpha : float
        The multiple of it that was taken; 0 for a change of the working set alone.
    waiting : bool
        Whether the last move had length 0: then the next is by Bland's rule, so that no working set returns.
    """

    x: Array
    working: tuple[int, ...]
    outcome: Outcome | None
    direction: Array
    alpha: float
    waiting: bool


class Rows(NamedTuple):
    """All rows at length 1: Cx ≤ c, numbered as in `QuadraticProgram`, and Fx = d, those of E and fixed variables."""

    C: Array
    c: Array
    F: Array
    d: Array
    fixed: NDArray[np.bool_]

    @classmethod
    def of(cls, qp: QuadraticProgram) -> Rows:
        """Return the rows of a program; bounds that are not there have an infinite right-hand side."""
        sizes, of_E, unit = lengths(qp.A), lengths(qp.E), np.eye(qp.q.size, dtype=qp.q.dtype)
        fixed = qp.lo == qp.hi
        return cls(
            np.concatenate([qp.A / sizes[:, None], -unit, unit]),
            np.concatenate([qp.b / sizes, np.where(fixed, inf, -qp.lo), np.where(fixed, inf, qp.hi)]),
            np.concatenate([qp.E / of_E[:, None], unit[fixed]]),
            np.concatenate([qp.e / of_E, qp.lo[fixed]]),
            fixed,
        )

    def met(self, x: Array) -> bool:
        """Whether x meets all rows, rounding apart."""
        length, within = float(np.sqrt(x @ x)), same_power(WITHIN, x)
        over, off = self.C @ x - self.c, np.abs(self.F @ x - self.d)
        there = np.isfinite(self.c)
        near = bool(np.all(over[there] <= within * (length + np.abs(self.c[there]))))
        return near and bool(np.all(off <= within * (length + np.abs(self.d))))


def begin(qp: QuadraticProgram, x: Array) -> Position | None:
    """Return x, or the nearest point that meets the constraints, with rows that hold it there; None without one.

    Phase 1 is a projection by the dual method, for which any point will do; it looks at neither H nor q.
    """
    rows, none = Rows.of(qp), np.zeros_like(x)
    within = clip(qp, x)
    start = x if (within == x).all() else within
    if rows.met(start):
        return Position(start, independent(rows, start), None, none, 0.0, waiting=False)
    near = qp_dual.solve(qp._replace(H=np.eye(x.size, dtype=x.dtype), q=-x))
    if near.outcome is not Outcome.OPTIMAL:
        return None
    return Position(near.x, near.active, None, none, 0.0, waiting=False)


def independent(rows: Rows, x: Array) -> tuple[int, ...]:
    """Return rows that hold with equality at x, as many as are independent of one another and of the equalities."""
    terms = float(np.sqrt(x @ x)) + np.abs(rows.c)
    holding = np.flatnonzero(np.isfinite(rows.c) & (np.abs(rows.C @ x - rows.c) <= same_power(WITHIN, x) * terms))
    rest = rows.C[holding] @ spaces(rows.F)[1]
    if not rest.size:
        return ()
    factors: tuple[Any, ...] = qr(rest.T, mode="r", pivoting=True)
    sizes = np.abs(np.diag(factors[0]))
    return tuple(sorted(holding[factors[1][: int((sizes > same_power(INDEPENDENT, x)).sum())]].tolist()))


def advance(qp: QuadraticProgram, at: Position) -> Position:
    """Go to the least point of the working set, or to the first row on the way, which joins it.

    At the least point the row whose multiplier has the wrong sign leaves; where none has, the point is optimal.
    """
    rows, W = Rows.of(qp), list(at.working)
    Z = spaces(np.concatenate([rows.F, rows.C[W]]))[1]
    p, endless = _direction(qp, at.x, Z)
    if p is None:
        return _leave(qp, rows, at._replace(alpha=0.0))
    ahead = rows.C @ p
    ahead[W] = 0.0
    with np.errstate(all="ignore"):
        room = np.maximum(rows.c - rows.C @ at.x, 0.0)
        steps = np.where(ahead > same_power(PARALLEL, p) * float(np.sqrt(p @ p)), room / ahead, inf)
    first = float(steps.min())
    if first == inf and endless:
        return at._replace(outcome=Outcome.UNBOUNDED, direction=p, alpha=inf)
    if not endless and first >= 1:
        there = Position(_placed(qp, rows, at.x + p, W), at.working, None, p, 1.0, waiting=False)
        return _leave(qp, rows, there)
    ties = np.flatnonzero(steps <= first * (1 + eps(p)))
    entering = int(ties[0] if at.waiting else ties[ahead[ties].argmax()])
    W.append(entering)
    return Position(_placed(qp, rows, at.x + first * p, W), tuple(W), None, p, first, waiting=first == 0)


def advance_in_units(qp: QuadraticProgram, at: Position, D: Array) -> Position:
    """Take the step of `advance` for y = x/D; with powers of two nothing is rounded on the way."""
    moved = advance(scaled(qp, D), at._replace(x=at.x / D, direction=at.direction / D))
    return moved._replace(x=D * moved.x, direction=D * moved.direction)


def _direction(qp: QuadraticProgram, x: Array, Z: Array) -> tuple[Array | None, bool]:
    """Return the step to the least point of the working set, None where x is it; and whether it has no end.

    It has none along directions without curvature, or with a negative one, down which the slope leads.
    """
    if not Z.shape[1]:
        return None, False
    product = qp.H @ x
    terms = float(np.abs(qp.q).max() + np.abs(product).max())
    values, vectors = np.linalg.eigh(Z.T @ qp.H @ Z)
    slopes = ((product + qp.q) @ Z) @ vectors
    least = same_power(FLAT, x) * float(np.abs(qp.H).max())
    flat = values <= least
    falling = np.abs(slopes) > same_power(BALANCED, x) * terms
    bent = values < -least
    if bent.any() and not (falling & flat).any():
        slopes = np.where(bent, np.where(slopes > 0, 1.0, -1.0), slopes)
        falling = falling | bent
    if (falling & flat).any():
        return -Z @ (vectors @ np.where(flat & falling, slopes, 0.0)), True
    if not falling.any():
        return None, False
    steps = np.divide(slopes, values, out=np.zeros_like(slopes), where=~flat)
    return -Z @ (vectors @ steps), False


def _placed(qp: QuadraticProgram, rows: Rows, x: Array, W: list[int]) -> Array:
    """Return x moved onto the rows of the working set, rounding apart, and exactly onto its bounds."""
    n, m = qp.q.size, qp.b.size
    N, right = np.concatenate([rows.F, rows.C[W]]), np.concatenate([rows.d, rows.c[W]])
    if right.size:
        x = x + np.linalg.lstsq(N, right - N @ x, rcond=None)[0]
    x = clip(qp, x)
    for row in W:
        if m <= row < m + n:
            x[row - m] = qp.lo[row - m]
        elif row >= m + n:
            x[row - m - n] = qp.hi[row - m - n]
    return x


def _leave(qp: QuadraticProgram, rows: Rows, at: Position) -> Position:
    """Let the row with the most negative multiplier leave, by Bland's rule the first one; or call the point optimal."""
    found, terms = _weights(qp, rows, at.x, at.working)
    wrong = np.flatnonzero(found < -same_power(BALANCED, at.x) * terms)
    if not wrong.size:
        return at._replace(outcome=Outcome.OPTIMAL)
    numbers = np.array(at.working)
    k = wrong[numbers[wrong].argmin()] if at.waiting else wrong[found[wrong].argmin()]
    return at._replace(working=tuple(numbers[np.arange(len(numbers)) != k].tolist()))


def _weights(qp: QuadraticProgram, rows: Rows, x: Array, working: Sequence[int]) -> tuple[Array, float]:
    """Return the multipliers of the working rows, at length 1, and the size of the terms they balance."""
    product = qp.H @ x
    N = np.concatenate([rows.F, rows.C[list(working)]])
    terms = float(np.abs(qp.q).max() + np.abs(product).max())
    if not len(N):
        return np.empty(0, x.dtype), terms
    solved = np.linalg.lstsq(N.T, -(product + qp.q), rcond=None)[0]
    return np.asarray(solved[len(rows.F) :]), terms


def multipliers(qp: QuadraticProgram, at: Position, D: Array) -> QPSolution:
    """Return the position with its multipliers, found for y = x/D, those of the wrong sign set to 0."""
    found = _multipliers(scaled(qp, D), at._replace(x=at.x / D))
    return found._replace(x=at.x, lower=found.lower / D, upper=found.upper / D)


def _multipliers(qp: QuadraticProgram, at: Position) -> QPSolution:
    rows, n, m, p = Rows.of(qp), qp.q.size, qp.b.size, qp.e.size
    N = np.concatenate([rows.F, rows.C[list(at.working)]])
    g = qp.H @ at.x + qp.q
    solved = np.linalg.lstsq(N.T, -g, rcond=None)[0] if len(N) else np.empty(0, g.dtype)
    of_rows = np.zeros(m + 2 * n, g.dtype)
    of_rows[list(at.working)] = np.maximum(solved[len(rows.F) :], 0.0)
    lower, upper = of_rows[m : m + n], of_rows[m + n :]
    of_fixed = solved[p : len(rows.F)]
    lower[rows.fixed], upper[rows.fixed] = np.maximum(-of_fixed, 0.0), np.maximum(of_fixed, 0.0)
    return QPSolution(at.x, of_rows[:m] / lengths(qp.A), solved[:p] / lengths(qp.E), lower, upper, at.working,
                      at.outcome or Outcome.UNFINISHED, 0)  # fmt: skip


def solve(qp: QuadraticProgram, x: Array) -> QPSolution:
    """Return the solution of a convex program from any point x; H may be singular, or zero.

    Where H is not convex, a point that no single change of the working set improves. Where the outcome is UNBOUNDED,
    `x` is the direction down which there is no end.
    """
    at, D = begin(qp, x), units(qp.H)
    if at is None:
        return failed(qp, Outcome.INFEASIBLE)
    most = PATIENCE * (qp.q.size + qp.b.size + 1)
    for k in range(most):
        if at.outcome is not None:
            found = multipliers(qp, at, D)
            return found._replace(changes=k, x=at.direction if at.outcome is Outcome.UNBOUNDED else at.x)
        at = advance_in_units(qp, at, D)
    return multipliers(qp, at, D)._replace(outcome=Outcome.UNFINISHED, changes=most)
