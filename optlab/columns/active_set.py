"""The active set along a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.column import Column, spaced
from optlab.core.conditions import active_set

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class ActiveSet(Column):
    """How many inequalities are active at an iterate, and how many have changed since the last one looked at.

    Active: within 10⁻⁶ of equality, measured along the constraint's own gradient and relative to the length of x.
    `active_changes` counts those that entered or left; once it stays 0 the active set is identified. NaN where there
    are no inequalities, or only a set that is known by its projection. At most `iterates` are looked at, evenly
    spaced on a log scale.
    """

    names: ClassVar[tuple[str, ...]] = ("active", "active_changes")

    iterates: Annotated[int, Ge(1)] = 1000

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the number of active inequalities, and of changes."""
        many, changes = (np.full(len(trace.points), np.nan) for _ in range(2))
        if {"bounds", "inequality"} & set(problem.constraint_forms):
            last = None
            for i in spaced(len(trace.points), self.iterates):
                now = active_set(problem, trace.points[i])
                many[i] = now.sum()
                if last is not None:
                    changes[i] = np.sum(now != last)
                last = now
        return {"active": trace.spread(many), "active_changes": trace.spread(changes)}
