"""The residuals of the Karush–Kuhn–Tucker conditions along a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core import constraints as rows
from optlab.core import kkt
from optlab.core.column import Column, gradients, spaced

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class Kkt(Column):
    """How well the four KKT conditions hold at every kept iterate, with multipliers recovered by least squares.

    `kkt_stationarity` is ‖∇f + Jgᵀλ + Jhᵀν‖∞, `kkt_primal` the greatest violation of a constraint, `kkt_dual` the
    most negative multiplier as a positive number (of the method's own `lam` where it recorded one; recovered ones
    are never negative), `kkt_complementarity` max |λ_i g_i|, and `multiplier_max` the greatest |λ| or |ν|, NaN
    without constraints. `kkt_own_stationarity` is ‖∇L‖∞ with the method's own multipliers, NaN where it records none.
    Without constraints stationarity is ‖∇f‖∞ and the other residuals are 0.

    Every kept iterate is looked at, unless constraint derivatives come from automatic differentiation or there are
    more than 50 constraints other than bounds: then at most `iterates`, evenly spaced on a log scale.
    """

    names: ClassVar[tuple[str, ...]] = (
        "kkt_stationarity", "kkt_primal", "kkt_dual", "kkt_complementarity", "multiplier_max",
        "kkt_own_stationarity",
    )  # fmt: skip
    needs: ClassVar[tuple[str, ...]] = ("gradient",)

    iterates: Annotated[int, Ge(1)] = 300
    cheap: Annotated[int, Ge(0)] = 50
    """Up to so many constraints, every iterate is looked at."""

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the residuals and the greatest multiplier."""
        G = gradients(trace, problem)
        table, own = np.full((len(G), 6), np.nan), _own_multipliers(trace)
        if problem.constrained:
            for i in spaced(len(G), self._most(trace, problem)):
                x = trace.points[i]
                found = kkt.kkt(problem, x, G[i])
                multipliers = np.abs(np.concatenate([found.lam, found.nu])).max(initial=0.0)
                table[i, :5] = found.stationarity, found.primal, found.dual, found.complementarity, multipliers
                if own is not None and (own[0].shape[1], own[1].shape[1]) == (found.lam.size, found.nu.size):
                    table[i, 5] = _own_stationarity(problem, x, G[i], *(part[trace.rows[i]] for part in own))
        else:
            table[:, 0], table[:, 1:4] = np.abs(G).max(axis=1), 0.0
        columns = {name: trace.spread(table[:, j]) for j, name in enumerate(self.names)}
        if "lam" in trace.scalars:
            lam = _wide(trace, "lam")
            columns["kkt_dual"] = np.maximum(0.0, -lam.min(axis=1, initial=0.0))
        return columns

    def _most(self, trace: Trace, problem: ProblemBase) -> int:
        every = len(trace.points)
        if rows.only_bounds(problem):
            return every
        traced = any(
            getattr(problem, kind) is not None and not problem.by_hand(f"{kind}_jacobian")
            for kind in ("equality", "inequality")
        )
        c = rows.constraints(problem, trace.points[-1])
        return self.iterates if traced or c.g.size + c.h.size > self.cheap else every


def _wide(trace: Trace, name: str) -> Array:
    """Return a recorded vector as a (K, m) array, m = 0 where it is not recorded."""
    values = trace.scalars.get(name)
    return np.empty((len(trace), 0)) if values is None else np.asarray(values, dtype=float).reshape(len(trace), -1)


def _own_multipliers(trace: Trace) -> tuple[Array, Array] | None:
    """Return λ and ν as the method recorded them, or None where it records neither."""
    there = "lam" in trace.scalars or "nu" in trace.scalars
    return (_wide(trace, "lam"), _wide(trace, "nu")) if there else None


def _own_stationarity(problem: ProblemBase, x: Array, g: Array, lam: Array, nu: Array) -> float:
    if rows.only_bounds(problem):
        lower, upper = (np.zeros(x.size) for _ in range(2))
        assert problem.all_bounds is not None
        below, above = (np.isfinite(side) for side in problem.all_bounds)
        lower[below], upper[above] = lam[: below.sum()], lam[below.sum() :]
        return float(np.abs(g - lower + upper).max())
    c = rows.constraints(problem, x)
    return float(np.abs(g + c.Jg.T @ lam + c.Jh.T @ nu).max())
