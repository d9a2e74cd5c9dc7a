"""The Euclidean ball."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.kernels.norms import max_abs
from optlab.sets.base import Array, ConvexSet


@dataclass(frozen=True)
class Ball(ConvexSet):
    """{x : ‖x − c‖ ≤ r}, written g(x) = ‖x − c‖² − r² ≤ 0 where multipliers are concerned.

    With the centre at 0 the multiplier of that g is the λ of the penalty λ‖x‖² with the same solution.
    Source: Parikh & Boyd (2014), Proximal Algorithms, section 6.5.1.

    Parameters
    ----------
    radius : float
        r.
    center : number or (n,) array-like
        c.
    """

    per_component: ClassVar[tuple[str, ...]] = ("center",)

    radius: Annotated[float, Ge(0)] = 1.0
    center: Any = 0.0

    def _offset(self, x: Array) -> Array:
        return np.asarray(x - self._fitted("center", x))

    def project(self, x: Array) -> Array:
        """Return c + r (x − c)/‖x − c‖ outside, x itself inside; feasible to the last bit, so idempotent."""
        offset = self._offset(x)
        distance = float(np.linalg.norm(offset))
        if not distance > self.radius:
            return x
        if distance == np.inf:  # the squares overflowed
            offset = offset / max_abs(offset)
            distance = float(np.linalg.norm(offset))
        center, factor, shrink = self._fitted("center", x), self.radius / distance, 0.0
        while shrink < 1.0:  # rounding can leave the point outside, the farther the longer c is: pull it in
            point = center + factor * (1.0 - shrink) * offset
            if float(np.linalg.norm(point - center)) <= self.radius:
                return np.asarray(point)
            shrink = 2.0 * shrink or float(np.finfo(x.dtype).eps)
        return np.asarray(center + np.zeros_like(x))

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether ‖x − c‖ ≤ r + slack."""
        return float(np.linalg.norm(self._offset(x))) <= self.radius + slack

    def linear_minimizer(self, g: Array) -> Array:
        """Return c − r g/‖g‖, the least of gᵀx over the ball; the centre where g = 0."""
        length = float(np.linalg.norm(g))
        step = np.zeros_like(g) if length == 0 else -(self.radius / length) * g
        return np.asarray(self._fitted("center", g) + step)

    def support(self, g: Array) -> float:
        """Return max gᵀx = gᵀc + r‖g‖."""
        center = np.broadcast_to(self._fitted("center", g), g.shape)
        return float(g @ center + self.radius * np.linalg.norm(g))

    def inequality(self, x: Array) -> Array:
        """‖x − c‖² − r², shape (1,)."""
        offset = self._offset(x)
        return np.array([offset @ offset - self.radius**2], dtype=x.dtype)

    def inequality_jacobian(self, x: Array) -> Array:
        """2(x − c)ᵀ, shape (1, n)."""
        return 2.0 * self._offset(x)[None, :]

    def inequality_curvature(self, x: Array, lam: Array) -> Array:
        """2λI, shape (n, n)."""
        return 2.0 * float(lam[0]) * np.eye(x.size, dtype=x.dtype)
