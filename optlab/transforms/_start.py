"""Another start for the same problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optlab.core.constraints import project
from optlab.core.facts import Facts
from optlab.core.kkt import scale_of
from optlab.core.problem import Array, ProblemBase
from optlab.core.transform import Transform, Wrapper

INFEASIBLE = "infeasible_start"
"""Tag of a problem whose published start violates its own bounds or set."""


class Restarted(Wrapper):
    """The problem from another start; the scale is still that of the standard start."""

    def __init__(self, inner: ProblemBase, transform: Transform, start: Array) -> None:
        super().__init__(inner, transform)
        self._start = project(inner, start)

    @property
    def tags(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the inner problem, but that this start is within the bounds and the set."""
        return tuple(tag for tag in self.inner.tags if tag != INFEASIBLE)

    def start(self) -> Array:
        return self._start.copy()

    def facts(self) -> Facts:
        known = self.inner.known
        return known if known.scale is not None else replace(known, scale=standard_scale(self.inner))


def standard_scale(problem: ProblemBase) -> float | None:
    """Return the stationarity at the standard start as a run measures it; None where it is not finite, or 0."""
    with np.errstate(all="ignore"):
        found = scale_of(problem)
    return found if 0 < found < np.inf else None
