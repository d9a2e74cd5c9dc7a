"""The ℓ₁ ball."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.kernels.projections_simplex import onto_simplex
from optlab.sets.base import Array, ConvexSet


@dataclass(frozen=True)
class L1Ball(ConvexSet):
    """{x : Σ |x_i| ≤ r}, known by its projection: as inequalities it would have 2ⁿ rows.

    Source: Duchi, Shalev-Shwartz, Singer & Chandra (2008), section 4.

    Parameters
    ----------
    radius : float
        r.
    """

    radius: Annotated[float, Ge(0)] = 1.0

    def project(self, x: Array) -> Array:
        """Project |x| onto the simplex and give the signs back; x itself inside. Feasible to the last bit."""
        if not self._norm(x) > self.radius:
            return x
        reached, shrink = np.copysign(onto_simplex(np.abs(x), self.radius), x), 0.0
        point = reached
        while self._norm(point) > self.radius:  # by rounding
            shrink = 2.0 * shrink or float(np.finfo(x.dtype).eps)
            point = np.asarray((1.0 - shrink) * reached)
        return point

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether Σ |x_i| ≤ r + slack √n."""
        return bool(self._norm(x) <= self.radius + slack * np.sqrt(x.size))

    def linear_minimizer(self, g: Array) -> Array:
        """Return −r sign(g_i) at the greatest |g_i|, 0 elsewhere."""
        vertex = np.zeros_like(g)
        i = np.abs(g).argmax()
        vertex[i] = -self.radius * np.sign(g[i])
        return vertex

    def support(self, g: Array) -> float:
        """Return max gᵀx = r ‖g‖∞."""
        return self.radius * float(np.abs(g).max())

    def _norm(self, x: Array) -> float:
        return float(np.abs(x).sum(dtype=float))
