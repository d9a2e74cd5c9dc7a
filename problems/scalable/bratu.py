"""Solid fuel that may ignite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from optlab.core.problem import Array, Facts
from optlab_problems.scalable.grid import Dirichlet
from optlab_problems.scalable.products import POLISHED, minimum_near


@dataclass(frozen=True)
class Bratu(Dirichlet):
    """∫ ½|∇u|² − λeᵘ on the unit square, u = 0 on its boundary: the temperature of a solid fuel.

    It teaches that a minimum can be worth having though f is unbounded below: the lower branch of −Δu = λeᵘ is a
    local minimum, beyond the upper branch, a saddle, f falls to −∞. For λ over about 6.8 on a fine grid, both
    have met and vanished: the fuel explodes.

    Attributes
    ----------
    n : int
        Number of inner nodes; rows × columns, see `rows`.
    lam : float
        λ, heat of reaction over conduction.

    f leaves out the constant that the nodes on the boundary contribute.

    Source: Averick, Carter, Moré & Xue (1992), The MINPACK-2 test problem collection, steady-state combustion;
    Bratu (1914).
    """

    suites = ("scalable",)
    tags = ("nonconvex", "unbounded", "sparse")
    variants = ({"n": 1}, {"n": 13}, {"n": 30, "lam": 1.0}, {"n": 49, "lam": 9.0})

    lam: Annotated[float, Gt(0)] = 5.0

    @property
    def _weight(self) -> float:
        hx, hy = self.spacing
        return float(self.lam * hx * hy)

    def value(self, x: Array) -> float:
        return self.energy(x) - self._weight * np.sum(np.exp(x))  # type: ignore[no-any-return]  # or a box

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        energy, tension = self.energy_and_tension(x)
        heat = self._weight * np.exp(x)
        tension -= heat
        return energy - float(heat.sum()), tension

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self.energy_and_tension(v)[1] - self._weight * np.exp(x) * v)

    def start(self) -> Array:
        x, y = self.axes
        near = np.minimum(np.minimum(x, 1.0 - x), np.minimum(y, 1.0 - y))[1:-1, 1:-1]
        return np.asarray(self.lam / (self.lam + 1.0) * np.sqrt(near.ravel()))

    def facts(self) -> Facts:
        lower = minimum_near(self, np.zeros(self.n)) if self.n <= POLISHED else None
        return Facts(
            critical_points={} if lower is None else {"minimum": [lower]},
            convex=False,
            note="f has no least value; the minimum on the lower branch is what is meant.",
        )
