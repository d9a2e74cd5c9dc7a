"""Least squares with nonnegative weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.core.problem import Facts
from optlab_problems.ml.quadratic_program import QuadraticProgram
from optlab_problems.ml.squared_loss import Regression


@dataclass(frozen=True)
class NonnegativeLeastSquares(Regression):
    """‖Xw − y‖² subject to w ≥ 0: parts that may be added, never taken away.

    It teaches that a bound selects: weights that least squares would make negative are exactly 0 here, each held by a
    multiplier that is the slope of f there. The standard start is the corner 0.

    `Regression` describes data, n, m, condition, noise, seed, nonzero and correlation.

    Source: Lawson & Hanson (1974), chapter 23; data: Efron et al. (2004).
    """

    constraints = ("bounds",)
    variants = (
        {"n": 4, "m": 100},
        {"data": "synthetic", "n": 6, "condition": 1e3, "seed": 1},
        {"data": "sparse", "n": 16},
    )

    @property
    def bounds(self) -> tuple[float, float]:
        """(0, ∞) for every weight."""
        return 0.0, np.inf

    def facts(self) -> Facts:
        n = self.n
        program = QuadraticProgram(
            Q=self._gram,
            c=-2.0 * (self.X.T @ self.y),
            lo=np.zeros(n),
            hi=np.full(n, np.inf),
            A=np.empty((0, n)),
            b=np.empty(0),
        )
        found = program.solve()
        if found is None:
            return Facts(convex=True, curvature=self._curvature())
        w = found[0]
        return Facts(
            solution=w,
            optimum=float(self.value(w)),
            certificate="convex, KKT at x*",
            convex=True,
            curvature=self._curvature(),
            multipliers=(np.where(w > 0, 0.0, np.maximum(0.0, self.gradient(w))), ()),
        )
