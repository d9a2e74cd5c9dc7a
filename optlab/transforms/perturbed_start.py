"""Another start near the standard one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import ProblemBase
from optlab.core.transform import Transform
from optlab.transforms._start import Restarted


@dataclass(frozen=True)
class PerturbedStart(Transform):
    """The start x₀ + r max(1, ‖x₀‖) u with a random unit vector u, projected onto the set or the bounds.

    The scale of "small" stays that of the standard start.

    Attributes
    ----------
    radius : float
        r, relative to ‖x₀‖ where that is over 1.
    seed : int
        Of u.

    Source: Ragonneau & Zhang (2024), OptiProfiler, feature "perturbed_x0".
    """

    radius: Annotated[float, Gt(0)] = 0.1
    seed: Annotated[int, Ge(0)] = 0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem with a start nearby."""
        self.finite("radius")
        x = np.asarray(problem.start(), dtype=float)
        u = self.generator().standard_normal(x.size)
        length = self.radius * max(1.0, float(np.linalg.norm(x)))
        return Restarted(problem, self, x + length * u / np.linalg.norm(u))
