"""Scaling of the constraints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from annotated_types import Gt

from optlab.core.constraints import size_of
from optlab.core.facts import Facts
from optlab.core.problem import Array, ProblemBase
from optlab.core.transform import Transform, Wrapper


@dataclass(frozen=True)
class ConstraintScaling(Transform):
    """c g(x) ≤ 0 and c h(x) = 0: the same feasible points in other units of the constraints.

    Functions and linear rows are scaled, multipliers divided by c; bounds and sets stay. It teaches which tolerances
    on feasibility are absolute, and which penalties depend on units.

    Attributes
    ----------
    factor : float
        c, positive.

    Source: Nocedal & Wright (2006), section 12.3, on the scaling of constraints.
    """

    factor: Annotated[float, Gt(0)] = 1.0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem in other units of its constraints."""
        self.finite("factor")
        return Rescaled(problem, self, float(self.factor))


class Rescaled(Wrapper):
    """A problem whose functions and rows of constraints are multiplied by c."""

    def __init__(self, inner: ProblemBase, transform: Transform, c: float) -> None:
        super().__init__(inner, transform)
        self.c = c

    def _times(self, function: Callable[[Array], Any] | None) -> Callable[[Array], Any] | None:
        return None if function is None else lambda x: self.c * function(x)

    @property
    def equality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """C h(x)."""
        return self._times(self.inner.equality)

    @property
    def inequality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """C g(x)."""
        return self._times(self.inner.inequality)

    def equality_jacobian(self, x: Array) -> Array:
        return self.c * self.inner.equality_jacobian(x)

    def inequality_jacobian(self, x: Array) -> Array:
        return self.c * self.inner.inequality_jacobian(x)

    @property
    def linear_equality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """C(Ax − b) = 0."""
        return self._in_units(self.inner.linear_equality)

    @property
    def linear_inequality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """C(Ax − b) ≤ 0."""
        return self._in_units(self.inner.linear_inequality)

    def _in_units(self, pair: tuple[Array, Array] | None) -> tuple[Array, Array] | None:
        return None if pair is None else (self.c * pair[0], self.c * pair[1])

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self.inner.lagrangian_hessian(x, self.c * np.asarray(lam), self.c * np.asarray(nu))

    def facts(self) -> Facts:
        known = self.inner.known
        if known.multipliers is None:
            return known
        lam, nu = (np.array(part, dtype=float) for part in known.multipliers)
        x = np.asarray(self.inner.start(), dtype=float)
        many = [
            size_of(function, x) + (0 if rows is None else len(rows[1]))
            for function, rows in ((self.inner.inequality, self.inner.linear_inequality),
                                   (self.inner.equality, self.inner.linear_equality))
        ]  # fmt: skip
        lam[: many[0]] /= self.c
        nu[: many[1]] /= self.c
        return replace(known, multipliers=(lam, nu))
