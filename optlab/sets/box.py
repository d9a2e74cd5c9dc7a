"""The box."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from optlab.core.status import InputError
from optlab.sets.base import Array, ConvexSet


@dataclass(frozen=True)
class Box(ConvexSet):
    """{x : lo ≤ x ≤ hi} componentwise; ±inf where there is no bound. With lo = 0 it is the nonnegative orthant.

    Its multipliers are those of the bounds themselves.
    Source: Parikh & Boyd (2014), Proximal Algorithms, section 6.2.4.

    Parameters
    ----------
    lo, hi : number or (n,) array-like
        Bounds of every component.
    """

    per_component: ClassVar[tuple[str, ...]] = ("lo", "hi")

    lo: Any = -np.inf
    hi: Any = np.inf

    @cached_property
    def _sides(self) -> tuple[Array, Array]:
        lo, hi = self._numbers("lo", infinite=True), self._numbers("hi", infinite=True)
        if lo.ndim and hi.ndim and lo.shape != hi.shape:
            msg = f"box: lo and hi must have the same shape, given {lo.shape} and {hi.shape}"
            raise InputError(msg)
        empty = np.flatnonzero(~((lo <= hi) & (lo < np.inf) & (hi > -np.inf)))
        if empty.size:
            lo, hi = np.broadcast_arrays(lo, hi)
            i = empty[0]
            msg = f"box: no number is between lo = {lo.flat[i]:g} and hi = {hi.flat[i]:g} (component {i + 1})"
            raise InputError(msg)
        return lo, hi

    def _between(self, x: Array) -> tuple[Array, Array]:
        _ = self._sides  # looked at before the first use
        return self._fitted("lo", x, infinite=True), self._fitted("hi", x, infinite=True)

    @property
    def dimension(self) -> int | None:
        """The n of the points it is for; None where both bounds are one number."""
        return next((side.size for side in self._sides if side.ndim), None)

    def project(self, x: Array) -> Array:
        """Return x clipped to [lo, hi], exactly; x itself where nothing changes."""
        lo, hi = self._between(x)
        clipped = np.minimum(np.maximum(x, lo), hi)
        return x if (clipped == x).all() else np.asarray(clipped)

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether lo − slack ≤ x ≤ hi + slack."""
        lo, hi = self._between(x)
        return bool(np.all(x >= lo - slack) and np.all(x <= hi + slack) and np.isfinite(x).all())

    def bounds(self, n: int) -> tuple[Array, Array] | None:
        """Return (lo, hi), (n,) each."""
        lo, hi = (np.broadcast_to(side, n).copy() for side in self._between(np.empty(n)))
        return lo, hi

    def linear_minimizer(self, g: Array) -> Array:
        """Return the corner that minimizes gᵀx; an infinite bound gives an infinite component."""
        lo, hi = self._between(g)
        return np.asarray(np.where(g > 0, lo, np.where(g < 0, hi, np.clip(0.0, lo, hi))), dtype=g.dtype)

    def support(self, g: Array) -> float:
        """Return max gᵀx = Σ max(lo_i g_i, hi_i g_i), infinite where a bound is missed."""
        sides = np.where(g > 0, self._between(g)[1], np.where(g < 0, self._between(g)[0], 0.0))
        return float(g @ sides)
