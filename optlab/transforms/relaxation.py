"""Another right-hand side for one constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.constraints import names, size_of
from optlab.core.facts import Facts
from optlab.core.problem import Array, ProblemBase
from optlab.core.status import InputError
from optlab.core.transform import Transform, Wrapper
from optlab.sets.base import ConvexSet

KINDS = ("inequality", "equality")


@dataclass(frozen=True)
class Relaxation(Transform):
    """g(x) ≤ b instead of g(x) ≤ 0 for one inequality, or h(x) = b instead of h(x) = 0 for one equality.

    How fast the least value changes with b is the multiplier: df*/db = −λ, and −ν. So multipliers are prices, and
    `optlab.sensitivity` compares them with differences.

    Attributes
    ----------
    by : float
        b, in the units of the constraint; a bound moves outwards where it is positive.
    index : int
        Which constraint, counted from 0 in the order of the multipliers that `optlab.kkt` returns.
    equality : bool
        Whether it is an equality.

    Source: Nocedal & Wright (2006), section 12.8.
    """

    by: float = 0.0
    index: Annotated[int, Ge(0)] = 0
    equality: bool = False

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem with the other right-hand side."""
        self.finite("by")
        there = names(problem)[int(self.equality)]
        if self.index >= len(there):
            word = KINDS[int(self.equality)]
            msg = f"relaxation: index must be below {len(there)}, the number of {word} constraints, given {self.index}"
            raise InputError(msg)
        return Relaxed(problem, self)


class Relaxed(Wrapper):
    """A problem with another right-hand side; a set of which one row moves becomes the constraints it consists of."""

    transform: Relaxation

    def __init__(self, inner: ProblemBase, transform: Relaxation) -> None:
        super().__init__(inner, transform)

    @cached_property
    def _place(self) -> tuple[str, int]:
        """The part of the constraints that moves, and the index within it."""
        x = np.asarray(self.inner.start(), dtype=float)
        equality, i = self.transform.equality, self.transform.index
        set_ = self.inner.feasible
        parts = {
            "function": size_of(self.inner.equality if equality else self.inner.inequality, x),
            "rows": _rows(self.inner.linear_equality if equality else self.inner.linear_inequality),
            "set": 0 if set_ is None else size_of(set_.equality if equality else set_.inequality, x),
        }
        for name, many in parts.items():
            if i < many:
                return name, i
            i -= many
        return "bounds", i

    def _moved(self, function: Callable[[Array], Any] | None, of_set: Callable[[Array], Array] | None,
               equality: bool) -> Callable[[Array], Any] | None:  # fmt: skip
        """A function of constraints, that of a set which has dissolved after it, with the one row moved."""
        parts = [part for part in (function, of_set) if part is not None]
        if not parts:
            return None
        place, i = self._place
        here = equality == self.transform.equality and place in ("function", "set")

        def moved(x: Array) -> Array:
            c = np.concatenate([np.atleast_1d(np.asarray(part(x), dtype=float)) for part in parts])
            if here:
                c[i + (size_of(function, x) if place == "set" else 0)] -= self.transform.by
            return c

        return moved

    @property
    def _dissolved(self) -> ConvexSet | None:
        return self.inner.feasible if self._place[0] == "set" else None

    @property
    def equality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """H(x) − b."""
        set_ = self._dissolved
        own = None if set_ is None or "equality" not in set_.form else set_.equality
        return self._moved(self.inner.equality, own, equality=True)

    @property
    def inequality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """G(x) − b."""
        set_ = self._dissolved
        own = None if set_ is None or "inequality" not in set_.form else set_.inequality
        return self._moved(self.inner.inequality, own, equality=False)

    def equality_jacobian(self, x: Array) -> Array:
        own = [] if self.inner.equality is None else [np.atleast_2d(self.inner.equality_jacobian(x))]
        return np.concatenate([*own, *([] if self._dissolved is None else [self._dissolved.equality_jacobian(x)])])

    def inequality_jacobian(self, x: Array) -> Array:
        own = [] if self.inner.inequality is None else [np.atleast_2d(self.inner.inequality_jacobian(x))]
        return np.concatenate([*own, *([] if self._dissolved is None else [self._dissolved.inequality_jacobian(x)])])

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        m = size_of(self.inner.inequality, x)
        H = self.inner.lagrangian_hessian(x, lam[:m], nu[: size_of(self.inner.equality, x)])
        return H if self._dissolved is None else H + self._dissolved.inequality_curvature(x, np.asarray(lam[m:]))

    @property
    def feasible(self) -> ConvexSet | None:  # type: ignore[override]
        """The set, unless a row of it moves or one of its bounds does."""
        moves = self._dissolved is not None or (self._place[0] == "bounds" and self.inner.feasible is not None)
        return None if moves else self.inner.feasible

    @property
    def linear_equality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """Ax = d + b e_i."""
        return self._shifted(self.inner.linear_equality, equality=True)

    @property
    def linear_inequality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """Ax ≤ d + b e_i."""
        return self._shifted(self.inner.linear_inequality, equality=False)

    def _shifted(self, pair: tuple[Array, Array] | None, equality: bool) -> tuple[Array, Array] | None:
        place, i = self._place
        if pair is None or place != "rows" or equality != self.transform.equality:
            return pair
        d = np.array(pair[1], dtype=float)
        d[i] += self.transform.by
        return pair[0], d

    @cached_property
    def bounds(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The bounds, one of them moved where it is the constraint."""
        place, i = self._place
        sides = self.inner.all_bounds if self.feasible is None else self.inner.bounds
        if sides is None or place != "bounds":
            return sides
        lo, hi = (np.array(side) for side in sides)
        below, above = (np.flatnonzero(np.isfinite(side)) for side in (lo, hi))
        if i < below.size:
            lo[below[i]] -= self.transform.by
        else:
            hi[above[i - below.size]] += self.transform.by
        return lo, hi

    def facts(self) -> Facts:
        """What does not depend on the right-hand side."""
        known = self.inner.known
        if self.transform.by == 0:
            return known
        return replace(known, solution=None, solutions=(), optimum=None, critical_points={}, multipliers=None, note="",
                       certificate="")  # fmt: skip


def _rows(pair: tuple[Array, Array] | None) -> int:
    return 0 if pair is None else len(pair[1])
