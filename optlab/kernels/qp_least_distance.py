"""The nearest point of a polyhedron by a dual active-set method, constraints with a price included.

Source: Goldfarb & Idnani (1983), A numerically stable dual method for solving strictly convex quadratic programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.narrow import coarseness, same_power
from optlab.kernels.routines import routines

Array = NDArray[np.float64]

EPS = float(np.finfo(float).eps)
ROUNDING = 100 * EPS
"""A constraint is violated by more than rounding when it is by more than this fraction of its terms."""
DEPENDENT = 1e-11
"""A row of which less than this fraction remains beside the working set counts as dependent on it."""
CONSISTENT = 1e-9
"""A dependent row says what the working set says when it is off by less than this fraction of its right-hand side …"""
AMPLIFIED = 100.0
"""… or by this many times rounding."""
PATIENCE = 50
"""Most changes of the working set, as a multiple of the number of constraints."""


class Nearest(NamedTuple):
    """A point u, the multipliers of all rows, the working set; and whether a point was found within the limit."""

    u: Array
    lam: Array
    working: tuple[int, ...]
    feasible: bool
    finished: bool
    changes: int


class Factor:
    """The rows of a working set, as B_Wᵀ = QR; factorized afresh at each change."""

    def __init__(self, B: Array, working: Sequence[int]) -> None:
        self.Q, self.R = np.linalg.qr(B[list(working)].T)

    def outside(self, v: Array) -> Array:
        """Return the part of v that is orthogonal to the rows; projected twice, so that rounding does not matter."""
        v = v - self.Q @ (v @ self.Q)
        return np.asarray(v - self.Q @ (v @ self.Q))

    def combination(self, v: Array) -> Array:
        """Return r with B_Wᵀr the part of v in the span of the rows."""
        return triangular(self.R, v @ self.Q)

    def meet(self, base: Array, c: Array) -> tuple[Array, Array]:
        """Return the point nearest to `base` with B_W u = c_W, and its multipliers: u = base − B_Wᵀλ."""
        to_move = base @ self.Q - triangular(self.R, c, transposed=True)
        return base - self.Q @ to_move, triangular(self.R, to_move)


def triangular(R: Array, b: Array, *, transposed: bool = False) -> Array:
    """Return the solution of Rx = b, or of Rᵀx = b, for an upper triangular R."""
    if b.size == 0:
        return b
    return np.asarray(routines(b).trtrs(R, b, trans=int(transposed))[0])


def nearest(B: Array, c: Array, origin: Array, low: Array, high: Array, begin: Sequence[int] = ()) -> Nearest:
    """Return the u of the least ½‖u − origin‖² + Σ φ_i(b_iᵀu − c_i), where φ_i(s) = high_i s⁺ − low_i s⁻.

    With low = 0 and high = ∞ these are constraints Bu ≤ c, with −∞ and ∞ equalities; a finite `high` is the price of
    a unit of violation. A violated row is taken up and its multiplier raised, while those of the working set follow,
    until it holds or another multiplier comes to its end and leaves: equation 4.6 of the source, with two ends.
    The dual objective rises with every row taken up, so that no working set returns.

    Parameters
    ----------
    B, c : (m, n), (m,) arrays
        Rows and right-hand sides.
    origin : (n,) array
        The point to be near to.
    low, high : (m,) arrays
        The ranges of the multipliers, 0 among them.
    begin : sequence of int
        Rows that may well be in the working set at the solution.
    """
    sizes = np.sqrt(np.einsum("ij,ij->i", B, B))
    unit = np.where(sizes > 0, sizes, 1.0)
    search = _Search(B, c, origin, low, high, sizes)
    search.warm(begin)
    rounding, consistent = ROUNDING * coarseness(B), same_power(CONSISTENT, B)
    for _ in range(PATIENCE * (c.size + 1)):
        violation = B @ search.u - c
        terms = sizes * (np.sqrt(search.u @ search.u) + search.reach) + np.abs(c)
        allowed = np.maximum(AMPLIFIED * rounding * terms, consistent * np.abs(c))
        noise = np.where(search.said, allowed, rounding * terms)
        rises = (violation > noise) & (search.lam < high)
        falls = (violation < -noise) & (search.lam > low)
        far = np.where(rises | falls, np.abs(violation) / unit, -1.0)
        far[search.working] = -1.0
        p = int(far.argmax()) if far.size else 0
        if not far.size or far[p] < 0:
            return search.result(feasible=True, finished=True)
        if not search.take_up(p, float(violation[p]), float(allowed[p])):
            return search.result(feasible=False, finished=True)
        if search.changes > PATIENCE * (c.size + 1):
            break
    return search.result(feasible=True, finished=False)


class _Search:
    """The working set with its multipliers and point: u = origin − Bᵀλ, and B_W u = c_W."""

    def __init__(self, B: Array, c: Array, origin: Array, low: Array, high: Array, sizes: Array) -> None:
        self.B, self.c, self.origin, self.low, self.high, self.sizes = B, c, origin, low, high, sizes
        self.lam = np.zeros_like(c)
        self.said = np.zeros(c.size, dtype=bool)
        self.dependent = same_power(DEPENDENT, c)
        self.working: list[int] = []
        self.changes = 0
        self.factor = Factor(B, ())
        self.u = origin
        self.reach = float(np.sqrt(origin @ origin))

    def result(self, *, feasible: bool, finished: bool) -> Nearest:
        return Nearest(self.u, self.lam, tuple(self.working), feasible, finished, self.changes)

    def _again(self) -> None:
        """Solve for the working set afresh; its multipliers and u follow from the others'."""
        self.factor = Factor(self.B, self.working)
        others = self.lam.copy()
        others[self.working] = 0.0
        base = self.origin - others @ self.B if others.any() else self.origin
        self.reach = max(self.reach, float(np.sqrt(base @ base)))
        self.u, self.lam[self.working] = self.factor.meet(base, self.c[self.working])

    def warm(self, begin: Sequence[int]) -> None:
        """Begin with the independent ones of some rows, less those whose multipliers have the wrong sign."""
        rows = [i for i in dict.fromkeys(begin) if self.sizes[i] > 0]
        remains = np.abs(np.diag(Factor(self.B, rows).R)) if rows else np.empty(0, self.c.dtype)
        rows = [i for i, size in zip(rows, remains, strict=False) if size > self.dependent * self.sizes[i]]
        self.working = rows[: self.B.shape[1]]
        while self.working:
            self._again()
            lam, W = self.lam[self.working], self.working
            wrong = np.maximum(self.low[W] - lam, lam - self.high[W]) * self.sizes[W]
            k = int(wrong.argmax())
            if not wrong[k] > 0:
                break
            i = self.working.pop(k)
            self.lam[i] = min(max(self.lam[i], self.low[i]), self.high[i])
            self.changes += 1
        if not self.working:
            self._again()

    def take_up(self, p: int, violation: float, allowed: float) -> bool:
        """Raise (or lower) the multiplier of row p until it holds; False where no point can make it hold.

        A row that depends on the working set and is violated by no more than `allowed` is left as it is.
        """
        sign = 1.0 if violation > 0 else -1.0
        row, distance = self.B[p], abs(violation)
        while True:
            self.changes += 1
            z = self.factor.outside(row)
            square = float(z @ z)
            independent = square > (self.dependent * self.sizes[p]) ** 2
            if not independent and distance <= allowed:
                self.said[p] = True
                self._again()
                return True
            full = distance / square if independent else inf
            own = self.high[p] - self.lam[p] if sign > 0 else self.lam[p] - self.low[p]
            change = -sign * self.factor.combination(row)
            k, block = self._first_end(change)
            t = min(full, own, block)
            if t == inf:
                return False
            self.lam[p] += sign * t
            self.lam[self.working] += t * change
            self.u = self.u - (sign * t) * z
            distance -= t * square
            if full <= t:
                self.working.append(p)
                self._again()
                return True
            if own <= t:
                self.lam[p] = self.high[p] if sign > 0 else self.low[p]
                self._again()
                return True
            i = self.working.pop(k)
            self.lam[i] = self.low[i] if change[k] < 0 else self.high[i]
            self.factor = Factor(self.B, self.working)

    def _first_end(self, change: Array) -> tuple[int, float]:
        """Return which multiplier of the working set comes to an end of its range first, and at which step."""
        if not self.working:
            return -1, inf
        lam = self.lam[self.working]
        room = np.where(change < 0, lam - self.low[self.working], self.high[self.working] - lam)
        with np.errstate(all="ignore"):
            steps = np.where(change != 0, np.maximum(room, 0.0) / np.abs(change), inf)
        k = int(steps.argmin())
        return k, float(steps[k])
