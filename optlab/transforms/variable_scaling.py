"""Scaling of the variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import ProblemBase
from optlab.core.transform import Transform
from optlab.kernels.linear_maps import Diagonal, LinearMap, Product
from optlab.transforms._variables import Substituted
from optlab.transforms.rotation import rotation_of


@dataclass(frozen=True)
class VariableScaling(Transform):
    """f(Dy) with factors from κ^(−½) to κ^(½), log-spaced and in random order; dense: f(QDPᵀy).

    It teaches affine invariance: Newton does not care, gradient descent pays up to κ² more.

    Attributes
    ----------
    condition : float
        κ of the change of variables; 1 changes nothing but, where dense, a rotation.
    dense : bool
        Whether D stands between two random orthogonal matrices.
    seed : int
        Of the order, and of the matrices.

    Source: Nocedal & Wright (2006), section 2.2, on scaling.
    """

    condition: Annotated[float, Ge(1)] = 100.0
    dense: bool = False
    seed: Annotated[int, Ge(0)] = 0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem in scaled variables."""
        self.finite("condition")
        n = problem.n
        end = np.sqrt(self.condition)
        factors = np.geomspace(1.0 / end, end, n) if n > 1 else np.ones(1)
        A: LinearMap = Diagonal(self.generator().permutation(factors))
        if self.dense:
            A = Product((rotation_of(self, n, index=1), A, rotation_of(self, n, index=2)))
        return Substituted(problem, self, A)
