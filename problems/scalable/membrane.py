"""Quadratic energies on a grid, with bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.scalable.grid import Dirichlet
from optlab_problems.scalable.products import POLISHED, STEPS


@dataclass(frozen=True)
class Membrane(Dirichlet):
    """½xᵀAx − loadᵀx over lo ≤ x ≤ hi; in a subclass, which says what load, lo and hi are."""

    abstract: ClassVar[bool] = True

    @property
    def load(self) -> Any:
        """The load at every node times the area it stands for: a number, or shape (n,)."""
        raise NotImplementedError

    def value(self, x: Array) -> float:
        return self.energy(x) - np.sum(self.load * x)  # type: ignore[no-any-return]  # a NumPy float, or a box

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        energy, tension = self.energy_and_tension(x)
        load = self.load
        tension -= load
        return energy - float(np.sum(load * x)), tension

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self.energy_and_tension(v)[1])

    def facts(self) -> Facts:
        constant = all(np.ndim(k) == 0 for k in self.conductances)
        curvature = self.extreme_eigenvalues if constant else None
        if self.n > POLISHED:
            return Facts(convex=True, curvature=curvature)
        assert self.bounds is not None
        lo, hi = (np.broadcast_to(side, (self.n,)) for side in self.bounds)
        found = between(self.hessian(self.start()), self.gradient(np.zeros(self.n)), lo, hi)
        if found is None:
            return Facts(convex=True, curvature=curvature)
        x, push = found
        sides = (np.maximum(push, 0.0)[np.isfinite(lo)], np.maximum(-push, 0.0)[np.isfinite(hi)])
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True,
                     curvature=curvature, multipliers=(np.concatenate(sides), ()))  # fmt: skip


def between(H: Array, q: Array, lo: Array, hi: Array) -> tuple[Array, Array] | None:
    """Return x and Hx + q, 0 where x is between its bounds, of the least ½xᵀHx + qᵀx over lo ≤ x ≤ hi.

    The primal–dual active-set method, which for M-matrices ends after finitely many steps; None where it does not.
    Source: Hintermüller, Ito & Kunisch (2002).
    """
    scale = float(np.diag(H).max())
    x, push = np.clip(np.linalg.solve(H, -q), lo, hi), np.zeros(q.size)
    before = None
    for _ in range(STEPS):
        low, high = push - scale * (x - lo) > 0, push - scale * (x - hi) < 0
        active = np.concatenate([low, high])
        if before is not None and np.array_equal(active, before):
            return x, push
        before = active
        free = ~(low | high)
        x = np.where(low, lo, np.where(high, hi, 0.0))
        x[free] = np.linalg.solve(H[np.ix_(free, free)], -(q + H @ x)[free])
        push = np.where(free, 0.0, H @ x + q)
    return None
