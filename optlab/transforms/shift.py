"""Shift of the variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optlab.core.problem import ProblemBase
from optlab.core.transform import Transform
from optlab.kernels.linear_maps import Diagonal
from optlab.transforms._moved import checked_vector
from optlab.transforms._variables import Substituted


@dataclass(frozen=True)
class Shift(Transform):
    """f(y − s): start and solution move by s.

    It teaches what distance from the origin costs: rounding errors grow with |x|, and rules such as a step relative
    to ‖x‖ show.

    Attributes
    ----------
    by : number or n numbers
        s, in the units of x.

    Source: Hansen et al. (2021), COCO: a platform for comparing continuous optimizers, on invariances.
    """

    by: Any = 1.0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem moved by s."""
        return Substituted(problem, self, Diagonal(1.0), -checked_vector("shift: by", self.by, problem.n))
