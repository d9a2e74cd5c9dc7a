"""What the half-space and the hyperplane share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from optlab.core.settings import name_of
from optlab.core.status import InputError
from optlab.sets.base import Array, ConvexSet


@dataclass(frozen=True)
class WithNormal(ConvexSet):
    """A set given by aᵀx and a number b."""

    abstract: ClassVar[bool] = True
    per_component: ClassVar[tuple[str, ...]] = ("normal",)

    normal: Any = 1.0
    offset: float = 0.0

    @cached_property
    def _unit(self) -> tuple[Array, float]:
        """a/‖a‖ and ‖a‖, of one component where a is one number; no square under- or overflows."""
        a = self._numbers("normal")
        greatest = float(np.abs(a).max(initial=0.0))
        if greatest == 0:
            msg = f"{name_of(self)}: normal must not be 0, given {self.normal!r}"
            raise InputError(msg)
        length = float(np.linalg.norm(a / greatest))
        return a / greatest / length, greatest * length

    def a(self, x: Array) -> Array:
        """Return a, shape (n,), in the type of x."""
        return np.broadcast_to(self._fitted("normal", x), x.shape)

    def length(self, x: Array) -> float:
        """‖a‖."""
        length = self._unit[1]
        return length if self._numbers("normal").ndim else length * float(np.sqrt(x.size))

    def residual(self, x: Array) -> float:
        """Return aᵀx − b."""
        _ = self._unit  # looked at before the first use
        return float(self.a(x) @ x) - self.offset

    def moved(self, x: Array, excess: float) -> Array:
        """Return x − excess a/‖a‖², where aᵀx is less by `excess`."""
        unit, length = self._unit
        along = excess / length / (1.0 if unit.ndim else x.size)
        return np.asarray(x - (along * unit).astype(x.dtype, copy=False))
