"""The change of variables x = Ay + b: every derivative, constraint and fact of a problem in terms of y."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.constraints import bounds_of
from optlab.core.facts import Facts
from optlab.core.problem import DENSE, Array, ProblemBase
from optlab.core.samples import Samples
from optlab.core.settings import name_of
from optlab.core.status import InputError
from optlab.core.transform import Transform, Wrapper, after
from optlab.kernels.linear_maps import Diagonal, LinearMap, Permutation, congruence
from optlab.kernels.norms import max_abs
from optlab.proximal.base import Proximable
from optlab.sets.base import ConvexSet
from optlab.transforms._moved import Affine, MovedSet, MovedSetWithMinimizer, MovedTerm

SMALL = 500
"""Up to this n the constant Hessian of a transformed quadratic is formed, for its extreme eigenvalues."""


class Substituted(Wrapper):
    """f(Ay + b) as a function of y.

    Bounds stay bounds where each component of x depends on one of y, and become rows of `linear_inequality` in the
    same order otherwise, so that multipliers keep their meaning. A set is moved where A keeps angles; where it does
    not, the set's own inequality becomes a function.
    """

    def __init__(self, inner: ProblemBase, transform: Transform, A: LinearMap, b: Any = 0.0) -> None:
        super().__init__(inner, transform)
        self.A, self.b, self.map = A, b, Affine(A, b)
        if self._set_as_function and not (inner.feasible and inner.feasible.form):
            msg = f"{name_of(transform)}: the feasible set of {name_of(inner)} is known by its projection alone, " \
                "which this change of variables does not keep"  # fmt: skip
            raise InputError(msg)
        if bounds_of(inner) is not None and not A.componentwise and inner.n > DENSE:
            size = f"{8e-9 * inner.n**2:,.0f} GB (at most n = {DENSE:,})"
            msg = f"{name_of(transform)}: the bounds of {name_of(inner)} would become a dense matrix of {size}; " \
                "permutation, shift and diagonal scaling keep them bounds"  # fmt: skip
            raise InputError(msg)
        if inner.composite is not None and A.stretch is None:
            msg = f"{name_of(transform)}: the composite term of {name_of(inner)} has no proximal operator in the new " \
                "variables; rotation, permutation and shift keep it"  # fmt: skip
            raise InputError(msg)

    def forward(self, y: Any) -> Any:
        """X = Ay + b, for a point or a batch."""
        return self.map.forward(y)

    def inverse(self, x: Array) -> Array:
        """Y with Ay + b = x."""
        return self.map.inverse(np.asarray(x, dtype=float))

    # --- f and its derivatives ------------------------------------------------------------------

    def value(self, x: Array) -> float:
        return self.inner.value(self.forward(x))

    def gradient(self, x: Array) -> Array:
        return self.A.transpose(self.inner.gradient(self.forward(x)))

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        f, g = self.inner.value_and_gradient(self.forward(x))
        return f, self.A.transpose(g)

    def hessian(self, x: Array) -> Array:
        return congruence(self.A, self.inner.hessian(self.forward(x)))

    def hvp(self, x: Array, v: Array) -> Array:
        return self.A.transpose(self.inner.hvp(self.forward(x), self.A.apply(v)))

    def values(self, X: Array) -> Array:
        return self.inner.values(self.forward(X))

    def gradients(self, X: Array) -> Array:
        return self.A.transpose(self.inner.gradients(self.forward(X)))

    def hessians(self, X: Array) -> Array:
        return congruence(self.A, self.inner.hessians(self.forward(X)))

    @property
    def residuals(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """r(Ay + b)."""
        return after(self.inner.residuals, self.forward)

    def jacobian(self, x: Array) -> Array:
        return self.A.transpose(self.inner.jacobian(self.forward(x)))

    @cached_property
    def samples(self) -> Samples | None:  # type: ignore[override]
        """The terms of the sum, in the new variables."""
        terms = self.inner.samples
        if terms is None:
            return None
        return Samples(terms.size, lambda x, i: terms.value(self.forward(x), i),
                       lambda x, i: self.A.transpose(terms.gradient(self.forward(x), i)))  # fmt: skip

    # --- constraints ----------------------------------------------------------------------------

    @property
    def _own_form(self) -> int:
        """How many inequalities, beside bounds, the set has of its own."""
        set_ = self.inner.feasible
        return 0 if set_ is None else set_.inequality(self.inner.start()).size

    @property
    def _set_as_function(self) -> bool:
        set_ = self.inner.feasible
        return set_ is not None and set_.form != ("bounds",) and self.A.stretch is None

    @property
    def equality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """h(Ay + b)."""
        return after(self.inner.equality, self.forward)

    @property
    def inequality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """g(Ay + b), then the set's own inequality where it cannot be moved."""
        own, set_ = self.inner.inequality, self.inner.feasible
        if not self._set_as_function:
            return after(own, self.forward)
        assert set_ is not None
        parts = [set_.inequality] if own is None else [own, set_.inequality]
        return lambda x: np.concatenate([np.atleast_1d(part(self.forward(x))) for part in parts])

    def equality_jacobian(self, x: Array) -> Array:
        return self.A.transpose(np.atleast_2d(self.inner.equality_jacobian(self.forward(x))))

    def inequality_jacobian(self, x: Array) -> Array:
        z = self.forward(x)
        rows = [] if self.inner.inequality is None else [np.atleast_2d(self.inner.inequality_jacobian(z))]
        if self._set_as_function:
            assert self.inner.feasible is not None
            rows.append(self.inner.feasible.inequality_jacobian(z))
        return self.A.transpose(np.concatenate(rows))

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        z = self.forward(x)
        last = self._own_form if self._set_as_function else 0
        functions = np.size(lam) - last
        H = self.inner.lagrangian_hessian(z, lam[:functions], nu)
        if last:
            assert self.inner.feasible is not None
            H = H + self.inner.feasible.inequality_curvature(z, np.asarray(lam[functions:]))
        return congruence(self.A, H)

    @cached_property
    def linear_equality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The rows of C(Ay + b) = d, and those of a set that cannot be moved."""
        rows = self.inner.linear_equality
        if self._set_as_function and "equality" in self.inner.constraint_forms:
            assert self.inner.feasible is not None
            x = np.asarray(self.inner.start(), dtype=float)
            C = self.inner.feasible.equality_jacobian(x)
            own = C, C @ x - self.inner.feasible.equality(x)
            rows = own if rows is None else (np.concatenate([rows[0], own[0]]), np.concatenate([rows[1], own[1]]))
        return self._rows_of(rows)

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The rows of C(Ay + b) ≤ d, and those of bounds that are none anymore."""
        rows, sides = self.inner.linear_inequality, self._sides
        if self.A.componentwise or sides is None:
            return self._rows_of(rows)
        identity = np.eye(self.inner.n)
        pairs = [] if rows is None else [rows]
        for side, sign in zip(sides, (-1.0, 1.0), strict=True):
            there = np.isfinite(side)
            pairs.append((sign * identity[there], sign * side[there]))
        return self._rows_of((np.concatenate([C for C, _ in pairs]), np.concatenate([d for _, d in pairs])))

    def _rows_of(self, pair: tuple[Array, Array] | None) -> tuple[Array, Array] | None:
        if pair is None:
            return None
        C, d = pair
        return self.A.transpose(C), d - C @ np.broadcast_to(self.b, (self.inner.n,))

    @property
    def _sides(self) -> tuple[Array, Array] | None:
        """The bounds, and those of a set that does not move as one."""
        return bounds_of(self.inner) if self.feasible is None else self.inner.bounds

    @cached_property
    def bounds(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The bounds on y, where they are still bounds."""
        sides = self._sides
        if sides is None or not self.A.componentwise:
            return None
        return self.inverse(sides[0]), self.inverse(sides[1])

    @cached_property
    def feasible(self) -> ConvexSet | None:  # type: ignore[override]
        """The set, moved where A keeps angles."""
        set_ = self.inner.feasible
        if set_ is None or set_.form == ("bounds",) or self._set_as_function:
            return None
        kind = MovedSetWithMinimizer if hasattr(set_, "linear_minimizer") else MovedSet
        return kind(set_, self.map)

    @cached_property
    def composite(self) -> Proximable | None:  # type: ignore[override]
        """The term c(Ay + b)."""
        term = self.inner.composite
        return None if term is None else MovedTerm(term, self.map)

    def hessian_pattern(self) -> tuple[Any, Any] | None:
        """The inner pattern where each variable depends on one, reordered like them; None where A mixes them."""
        pattern = self.inner.hessian_pattern()
        if pattern is None or isinstance(self.A, Diagonal):
            return pattern
        if not isinstance(self.A, Permutation):
            return None
        rows, cols = (self.A.p[np.asarray(indices)] for indices in pattern)
        return np.minimum(rows, cols), np.maximum(rows, cols)

    # --- start and facts ------------------------------------------------------------------------

    def start(self) -> Array:
        return self.inverse(self.inner.start())

    def standard_start(self) -> Array:
        return self.inverse(super().standard_start())

    def facts(self) -> Facts:
        known = self.inner.known
        points = {kind: [self.inverse(x) for x in those] for kind, those in known.critical_points.items()}
        return replace(
            known,
            solution=None if known.solution is None else self.inverse(known.solution),
            solutions=[self.inverse(x) for x in known.solutions],
            critical_points=points,
            curvature=self._curvature(known.curvature),
            multipliers=self._multipliers(known.multipliers),
            scale=self._scale(known.scale),
        )

    def _curvature(self, ends: tuple[float, float] | None) -> tuple[float, float] | None:
        if ends is None:
            return None
        if self.A.stretch is not None:
            c = self.A.stretch**2
            return ends[0] * c, ends[1] * c
        if self.inner.n > SMALL or self.inner.lacks("hessian"):
            return None
        eigenvalues = np.linalg.eigvalsh(self.hessian(self.start()))
        return float(eigenvalues[0]), float(eigenvalues[-1])

    def _multipliers(self, both: tuple[Any, Any] | None) -> tuple[Any, Any] | None:
        """The same multipliers but for bounds, whose unit is that of y, and for the set's own form where it moved.

        λ of the latter came after that of the linear rows; it comes after those of the functions where the set has
        become one.
        """
        if both is None:
            return None
        lam = self._of_bounds(np.array(both[0], dtype=float))
        if not self._set_as_function:
            return lam, both[1]
        own = self.inner.inequality
        m = 0 if own is None else int(np.size(own(self.inner.start())))
        rows = 0 if self.inner.linear_inequality is None else len(self.inner.linear_inequality[1])
        first, last = m + rows, m + rows + self._own_form
        return np.concatenate([lam[:m], lam[first:last], lam[m:first], lam[last:]]), both[1]

    def _of_bounds(self, lam: Array) -> Array:
        """Aᵀλ of the lower and of the upper bounds, where they are still bounds: in the order and the units of y."""
        sides = self._sides
        if sides is None or not self.A.componentwise:
            return lam
        there = [np.isfinite(side) for side in sides]
        first = lam.size - sum(int(t.sum()) for t in there)
        for here in there:
            last = first + int(here.sum())
            whole = np.zeros(self.inner.n)
            whole[here] = lam[first:last]
            lam[first:last] = self.A.transpose(whole)[self.A.transpose(here.astype(float)) > 0]
            first = last
        return lam

    def _scale(self, scale: float | None) -> float | None:
        """The stated scale in the units of the new gradient, by that at the standard start, told truly."""
        if scale is None:
            return None
        with np.errstate(all="ignore"):
            g = self.inner.exact.gradient(super().standard_start())
            before, after = max_abs(g), max_abs(self.A.transpose(g))
        return scale * after / before if before > 0 and 0 < after < np.inf else scale
