"""Sets and terms in new variables x = Ay + b, where A multiplies every length by the same factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optlab.core.status import InputError
from optlab.kernels.linear_maps import Array, Diagonal, LinearMap, congruence
from optlab.kernels.norms import max_abs
from optlab.proximal.base import Proximable, one_length
from optlab.sets.base import ConvexSet

ROUNDING = 16.0 * float(np.finfo(float).eps)
"""What moving a point there and back may change it by, relative to its size."""


@dataclass(frozen=True)
class Affine:
    """X = Ay + b; b is a number or an (n,) array."""

    A: LinearMap
    b: Any = 0.0

    def forward(self, y: Any) -> Any:
        """Ay + b of a point or of every row."""
        return self.A.apply(y) + self.b

    def inverse(self, x: Array) -> Array:
        """A⁻¹(x − b) of a point or of every row."""
        return np.asarray(self.A.solve(x - self.b))

    @property
    def stretch(self) -> float:
        """The factor of every length."""
        return self.A.stretch or 1.0


@dataclass(frozen=True)
class MovedSet(ConvexSet):
    """{y : Ay + b in a set}; a point that only rounding puts outside counts as a member."""

    abstract = True

    set: ConvexSet
    map: Affine

    def project(self, x: Array) -> Array:
        """Project Ay + b, and come back; x itself where it is a member."""
        return x if self.contains(x) else self.map.inverse(self.set.project(self.map.forward(x)))

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether Ay + b is in the set, within the slack in the units of y and rounding."""
        there = self.map.forward(x)
        size = (max_abs(there) + max_abs(np.atleast_1d(self.map.b))) * np.sqrt(x.size)
        return self.set.contains(there, slack * self.map.stretch + ROUNDING * size)

    def equality(self, x: Array) -> Array:
        """The set's own h(Ay + b)."""
        return self.set.equality(self.map.forward(x))

    def equality_jacobian(self, x: Array) -> Array:
        """Its Jacobian times A."""
        return self.map.A.transpose(self.set.equality_jacobian(self.map.forward(x)))

    @property
    def form(self) -> tuple[str, ...]:
        """That of the set, with its bounds as rows: they may bound no single variable anymore."""
        kinds = ["inequality" if kind == "bounds" else kind for kind in self.set.form]
        return tuple(dict.fromkeys(kinds))

    def inequality(self, x: Array) -> Array:
        """The set's own g(Ay + b), then its lower and upper bounds."""
        there = self.map.forward(x)
        rows = [sign * (there - side)[finite] for sign, side, finite in self._sides(x.size)]
        return np.concatenate([self.set.inequality(there), *rows])

    def inequality_jacobian(self, x: Array) -> Array:
        """Its Jacobian times A."""
        there, identity = self.map.forward(x), np.eye(x.size)
        rows = [sign * identity[finite] for sign, _, finite in self._sides(x.size)]
        return self.map.A.transpose(np.concatenate([self.set.inequality_jacobian(there), *rows]))

    def inequality_curvature(self, x: Array, lam: Array) -> Array:
        """Its curvature between Aᵀ and A."""
        there = self.map.forward(x)
        own = lam[: self.set.inequality(there).size]
        return congruence(self.map.A, self.set.inequality_curvature(there, own))

    def _sides(self, n: int) -> list[tuple[float, Array, NDArray[np.bool_]]]:
        """The signs, sides and finite places of the set's bounds."""
        pair = self.set.bounds(n)
        return [] if pair is None else [(s, side, np.isfinite(side)) for s, side in zip((-1.0, 1.0), pair, strict=True)]


@dataclass(frozen=True)
class MovedSetWithMinimizer(MovedSet):
    """A moved set whose original has a linear minimization oracle."""

    abstract = True

    def linear_minimizer(self, g: Array) -> Array:
        """Return the least of gᵀy: with A⁻ᵀ = A/c², that of (Ag)ᵀx over the set, moved back."""
        return self.map.inverse(self.set.linear_minimizer(self.map.A.apply(g)))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class MovedTerm(Proximable):
    """c(Ay + b). Source: Beck (2017), First-Order Methods in Optimization, theorem 6.15."""

    term: Proximable
    map: Affine

    def value(self, x: Array) -> float:
        """c(Ay + b)."""
        return self.term.value(self.map.forward(x))

    def prox(self, x: Array, t: Any) -> Array:
        """Prox of c at Ay + b with t times the squared factor, and back."""
        if np.ndim(t) and not isinstance(self.map.A, Diagonal):  # variables change places, or mix
            t = one_length(t)
        return self.map.inverse(self.term.prox(self.map.forward(x), t * self.map.stretch**2))


def checked_vector(name: str, value: Any, n: int) -> Array:
    """Return a number or a sequence of n numbers as an (n,) array, or raise an InputError."""
    try:
        v = np.broadcast_to(np.asarray(value, dtype=float), (n,)).copy()
    except (TypeError, ValueError) as error:
        given = f"{len(value)} numbers" if isinstance(value, Sequence) else repr(value)
        msg = f"{name} must be a number or {n} numbers, given {given}"
        raise InputError(msg) from error
    if not np.isfinite(v).all():
        msg = f"{name} must be finite, given {value!r}"
        raise InputError(msg)
    return v
