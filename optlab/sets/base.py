"""The contract of a convex set.

Source: Bertsekas (1999), Nonlinear Programming, section 2.1 (projection theorem).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from optlab.core.settings import name_of
from optlab.core.status import InputError

Array = NDArray[np.float64]

FORMS = ("bounds", "inequality", "equality")
"""What a set can be written with, each the name of the method that gives it."""

ULPS = 4.0
"""Rounding that membership allows where no floating-point point need meet a condition exactly, in ulp of its terms."""


class ConvexSet(ABC):
    """A closed convex set of points x of shape (n,).

    Subclasses are frozen dataclasses and write `project` and `contains`. Their settings are numbers or array-likes,
    lists among them. A set that functions describe gives `bounds`, `inequality` or `equality` too (and their
    derivatives), so that general solvers can use it and its multipliers can be recovered.

    Optional, only where they exist: ``linear_minimizer(g)``, a point of the set with the least gᵀx, and
    ``support(g)``, the greatest gᵀx, of a bounded set.
    """

    abstract: ClassVar[bool] = True

    per_component: ClassVar[tuple[str, ...]] = ()
    """The settings that are one number for all components or one for each: they say which n the set is for."""

    @abstractmethod
    def project(self, x: Array) -> Array:
        """Return the nearest point of the set, shape (n,); x itself where it already is a member."""

    @abstractmethod
    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether x is in the set, or within `slack` (in the units of x) of it; False where x is not finite."""

    # --- the set as functions, for multipliers and general solvers ------------------------------

    @property
    def form(self) -> tuple[str, ...]:
        """Which of `FORMS` describe the set exactly, together; () where it is known by its projection alone."""
        return tuple(kind for kind in FORMS if getattr(type(self), kind) is not getattr(ConvexSet, kind))

    def bounds(self, n: int) -> tuple[Array, Array] | None:
        """Return lo and hi of the bounds among its conditions, (n,) each, infinite where one is missing, or None."""
        return None

    def inequality(self, x: Array) -> Array:
        """g(x) ≤ 0 of the set, bounds aside, shape (m,)."""
        return np.empty(0, dtype=x.dtype)

    def inequality_jacobian(self, x: Array) -> Array:
        """∂g_i/∂x_j, shape (m, n)."""
        return np.empty((0, x.size), dtype=x.dtype)

    def inequality_curvature(self, x: Array, lam: Array) -> Array:
        """Σ λ_i ∇²g_i(x), shape (n, n)."""
        return np.zeros((x.size, x.size), dtype=x.dtype)

    def equality(self, x: Array) -> Array:
        """h(x) = 0 of the set, affine since it is convex, shape (p,)."""
        return np.empty(0, dtype=x.dtype)

    def equality_jacobian(self, x: Array) -> Array:
        """∂h_i/∂x_j, the same everywhere, shape (p, n)."""
        return np.empty((0, x.size), dtype=x.dtype)

    # --- what belongs to every set --------------------------------------------------------------

    def variational_gap(self, x: Array, members: Iterable[Array] = ()) -> float:
        """Return max (x − Px)ᵀ(z − Px) over z in the set: P is the projection just where no x gives more than 0.

        The maximum is exact where there is a `support`, and over the given members z otherwise.
        """
        p = self.project(x)
        outward = x - p
        support = getattr(self, "support", None)
        gaps = [float(outward @ (z - p)) for z in members]
        if support is not None:
            gaps.append(float(support(outward) - outward @ p))
        return max(gaps, default=0.0)

    @property
    def dimension(self) -> int | None:
        """The n of the points it is for; None where any n will do."""
        sizes = [array.size for array in map(self._numbers, self.per_component) if array.ndim]
        return sizes[0] if sizes else None

    @cached_property
    def _arrays(self) -> dict[str, Array]:
        return {}

    def _numbers(self, name: str, infinite: bool = False) -> Array:
        """Return a setting as an array of floats, converted and looked at once."""
        if name not in self._arrays:
            given = getattr(self, name)
            try:
                array = np.asarray(given, dtype=float)
            except (TypeError, ValueError) as error:
                msg = f"{name_of(self)}: {name} must be numbers, given {given!r}"
                raise InputError(msg) from error
            wrong = np.isnan(array) if infinite else ~np.isfinite(array)
            if wrong.any():
                msg = (
                    f"{name_of(self)}: {name} must hold {'numbers' if infinite else 'finite numbers'}, given {given!r}"
                )
                raise InputError(msg)
            self._arrays[name] = array
        return self._arrays[name]

    def _fitted(self, name: str, x: Array, infinite: bool = False) -> Array:
        """Return a setting of `per_component` in the type of x: one number, shape (), or (n,)."""
        array = self._numbers(name, infinite)
        if array.ndim and array.shape != x.shape:
            msg = f"{name_of(self)}: {name} must be a number or have shape {x.shape} like x, given {array.shape}"
            raise InputError(msg)
        return array.astype(x.dtype, copy=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is computed when first asked for: a copy computes it again."""
        if not is_dataclass(self):
            return dict(vars(self))
        kept = {f.name for f in fields(self)}
        return {name: value for name, value in vars(self).items() if name in kept}
