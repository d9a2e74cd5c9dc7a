"""Permutation of the variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from optlab.core.problem import ProblemBase
from optlab.core.transform import Transform
from optlab.kernels import linear_maps
from optlab.transforms._variables import Substituted


@dataclass(frozen=True)
class Permutation(Transform):
    """The variables in random order: every method of this laboratory should take the same path.

    Attributes
    ----------
    seed : int
        Of the order.

    Source: Hansen et al. (2021), COCO: a platform for comparing continuous optimizers, on invariances.
    """

    seed: Annotated[int, Ge(0)] = 0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem with its variables in another order."""
        return Substituted(problem, self, linear_maps.Permutation(self.generator().permutation(problem.n)))
