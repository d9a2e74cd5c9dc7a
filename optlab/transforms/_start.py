"""Another start for the same problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optlab.core.facts import Facts
from optlab.core.kkt import project, stationarity
from optlab.core.problem import Array, ProblemBase
from optlab.core.transform import Transform, Wrapper


class Restarted(Wrapper):
    """The problem from another start; the scale is still that of the standard start."""

    def __init__(self, inner: ProblemBase, transform: Transform, start: Array) -> None:
        super().__init__(inner, transform)
        self._start = project(inner, start)

    def start(self) -> Array:
        return self._start.copy()

    def facts(self) -> Facts:
        known = self.inner.known
        return known if known.scale is not None else replace(known, scale=standard_scale(self.inner))


def standard_scale(problem: ProblemBase) -> float | None:
    """Return the stationarity at the standard start; None where it is not finite, or 0."""
    with np.errstate(all="ignore"):
        x = np.asarray(problem.start(), dtype=float)
        found = stationarity(problem, project(problem, x))
    return found if 0 < found < np.inf else None
