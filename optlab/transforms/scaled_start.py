"""A multiple of the standard start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.core.problem import ProblemBase
from optlab.core.transform import Transform
from optlab.transforms._start import Restarted


@dataclass(frozen=True)
class ScaledStart(Transform):
    """The start c x₀, projected onto the set or the bounds; with c = 10 and 100 the further starts of the source.

    The scale of "small" stays that of the standard start. Where x₀ = 0, the start is c(1, …, 1).

    Attributes
    ----------
    factor : float
        c.

    Source: Moré, Garbow & Hillstrom (1981), section 4.
    """

    factor: float = 10.0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem with a start farther away."""
        self.finite("factor")
        x = np.asarray(problem.start(), dtype=float)
        return Restarted(problem, self, self.factor * (x if x.any() else np.ones_like(x)))
