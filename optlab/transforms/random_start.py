"""A start anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import ProblemBase
from optlab.core.status import InputError
from optlab.core.transform import Transform
from optlab.transforms._start import Restarted


@dataclass(frozen=True)
class RandomStart(Transform):
    """A start drawn uniformly from the box [low, high]ⁿ, projected onto the set or the bounds.

    The scale of "small" stays that of the standard start.

    Attributes
    ----------
    low, high : float
        Ends of every side of the box, in the units of x.
    seed : int
        Of the point.

    Source: Dolan & Moré (2002), section 3, on varying starts.
    """

    low: float = -1.0
    high: float = 1.0
    seed: Annotated[int, Ge(0)] = 0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem with a start in the box."""
        if not -np.inf < self.low < self.high < np.inf:
            msg = f"random_start: low must be below high and both finite, given {self.low!r} and {self.high!r}"
            raise InputError(msg)
        return Restarted(problem, self, self.generator().uniform(self.low, self.high, problem.n))
