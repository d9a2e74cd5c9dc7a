"""Convex quadratic programs with bounds, solved to rounding level for facts.

Source: Nocedal & Wright (2006), algorithm 16.4 for the interior method; Hintermüller, Ito & Kunisch (2003) for the
active sets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lu_factor, lu_solve

from optlab.core.problem import Array
from optlab_problems.ml.reference import LARGEST, ROUNDING

Mask = NDArray[np.bool_]

INTERIOR_STEPS = 80
CLOSED = 1e-13
"""The interior method ends at this complementarity, relative to where it began."""
BOUNDARY = 0.995
"""Part of the way to the boundary that a step may go."""
ROUNDS = 50
REFINEMENTS = 3


@dataclass(frozen=True)
class QuadraticProgram:
    """½xᵀQx + cᵀx for lo ≤ x ≤ hi and Ax = b; Q is positive semidefinite, A may have no rows.

    Attributes
    ----------
    Q, c : (n, n), (n,) arrays
        The objective.
    lo, hi : (n,) arrays
        Bounds, infinite where there is none.
    A, b : (p, n), (p,) arrays
        The equalities.
    """

    Q: Array
    c: Array
    lo: Array
    hi: Array
    A: Array
    b: Array

    def solve(self) -> tuple[Array, Array] | None:
        """Return (x, ν) that satisfy the KKT conditions to rounding, or None.

        An interior method guesses which bounds are active; with these fixed, x solves a linear system. Bounds that
        this violates are added, those with a multiplier of the wrong sign dropped, until none is left.
        """
        if self.c.size > LARGEST:
            return None
        with np.errstate(all="ignore"):
            x, nu, low, high = self._interior()
            if not (np.isfinite(x).all() and np.isfinite(nu).all()):
                return None
            for _ in range(ROUNDS):
                free = ~(low | high)
                x, nu = self._on_face(np.where(low, self.lo, np.where(high, self.hi, x)), nu, free)
                g = self.Q @ x + self.c + nu @ self.A
                near = ROUNDING * (self._scale + float(np.abs(self.Q).sum(axis=1).max()) * float(np.abs(x).max()))
                below, above = free & ~(x >= self.lo), free & ~(x <= self.hi)
                drop_low, drop_high = low & ~(g >= -near), high & ~(g <= near)
                if not (below | above | drop_low | drop_high).any():
                    solved = np.abs(g[free]).max(initial=0.0) <= near and self._feasible(x)
                    return (x, nu) if solved else None
                low, high = (low & ~drop_low) | below, (high & ~drop_high) | above
        return None

    @property
    def _scale(self) -> float:
        return float(np.abs(self.c).max()) or 1.0

    def _feasible(self, x: Array) -> bool:
        terms = np.abs(self.A) @ np.abs(x) + np.abs(self.b)
        return bool(np.all(np.abs(self.A @ x - self.b) <= ROUNDING * terms))

    def _on_face(self, x: Array, nu: Array, free: Mask) -> tuple[Array, Array]:
        """Solve for the free variables and ν by shortest corrections, so that singular systems are no trouble."""
        A = self.A[:, free]
        p, f = A.shape
        K = np.block([[self.Q[np.ix_(free, free)], A.T], [A, np.zeros((p, p))]])
        for _ in range(REFINEMENTS if f else 0):
            g = (self.Q @ x + self.c + nu @ self.A)[free]
            correction = np.linalg.lstsq(K, -np.concatenate([g, self.A @ x - self.b]), rcond=None)[0]
            x = x.copy()
            x[free] += correction[:f]
            nu = nu + correction[f:]
        return x, nu

    def _interior(self) -> tuple[Array, Array, Mask, Mask]:
        """Return x, ν, and which lower and upper bounds seem to be active."""
        Q, c, A, b = self.Q, self.c, self.A, self.b
        n, p = c.size, b.size
        L, U = np.isfinite(self.lo), np.isfinite(self.hi)
        lo, hi = np.where(L, self.lo, 0.0), np.where(U, self.hi, 0.0)
        stiffness = float(np.mean(np.diag(Q))) or 1.0
        room = np.where(L & U, 0.5 * (hi - lo), self._scale / stiffness)
        x = np.where(L, lo + room, np.where(U, hi - room, 0.0))
        zl, zu, nu = self._scale * L, self._scale * U, np.zeros(p)
        begun = 0.0
        for _ in range(INTERIOR_STEPS):
            sl, su = np.where(L, x - lo, 1.0), np.where(U, hi - x, 1.0)
            mu = float(zl @ sl + zu @ su) / max(1, int(L.sum() + U.sum()))
            begun = max(begun, mu)
            dual, primal = Q @ x + c + nu @ A - zl + zu, A @ x - b
            small = max(np.abs(dual).max(), float(np.abs(primal).max(initial=0.0))) <= 1e3 * ROUNDING * self._scale
            if mu <= CLOSED * begun and (small or mu <= CLOSED * CLOSED * begun):
                break
            K = np.block([[Q + np.diag(zl / sl + zu / su), A.T], [A, np.zeros((p, p))]])
            inverse = _factored(K)
            target_l, target_u = np.zeros(n), np.zeros(n)
            for corrector in (False, True):
                push = (target_l / sl - zl) * L - (target_u / su - zu) * U
                step = inverse(np.concatenate([-dual + push, -primal]))
                dx, dnu = step[:n], step[n:]
                dzl = L * (target_l / sl - zl - zl / sl * dx)
                dzu = U * (target_u / su - zu + zu / su * dx)
                t = min(1.0, BOUNDARY * _length(sl, dx, L), BOUNDARY * _length(su, -dx, U))
                s = min(1.0, BOUNDARY * _length(zl, dzl, L), BOUNDARY * _length(zu, dzu, U))
                if not corrector:
                    ahead = float((zl + s * dzl) @ (sl + t * dx * L) + (zu + s * dzu) @ (su - t * dx * U))
                    center = mu * min(1.0, (ahead / max(1, int(L.sum() + U.sum())) / mu) ** 3)
                    target_l, target_u = center - dx * dzl, center + dx * dzu
            t = s = min(t, s)
            if not np.isfinite(step).all() or t < CLOSED:
                break
            x, nu, zl, zu = x + t * dx, nu + t * dnu, zl + s * dzl, zu + s * dzu
        low, high = L & (stiffness * (x - lo) < zl), U & (stiffness * (hi - x) < zu)
        return x, nu, low, high & ~low


def _length(s: Array, ds: Array, there: Mask) -> float:
    """Return how long a step keeps s positive."""
    shrinking = there & (ds < 0)
    return float((-s[shrinking] / ds[shrinking]).min(initial=np.inf))


def _factored(K: Array) -> Callable[[Array], Array]:
    factors = lu_factor(K, check_finite=False)
    return lambda right: np.asarray(lu_solve(factors, right, check_finite=False))
