"""The Hilbert matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array
from optlab_problems.linear_algebra.linear_least_squares import LinearLeastSquares


@dataclass(frozen=True)
class Hilbert(LinearLeastSquares):
    """‖Ax − b‖² with the Hilbert matrix aᵢⱼ = 1/(i + j − 1): κ grows like e^3.5n.

    It teaches that a harmless matrix, symmetric, positive definite, with entries between 0 and 1, may be singular for
    all a computer can tell: from n = 12 on, κ(A) is over 1/ε. It is the Gram matrix of 1, t, t², … on [0, 1].

    Attributes
    ----------
    n : int
        Number of variables, and of equations.

    Source: Hilbert (1894), Ein Beitrag zur Theorie des Legendre'schen Polynoms; Higham (2002), section 28.1.
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    variants = ({"n": 2}, {"n": 5}, {"n": 14})

    n: Annotated[int, Ge(1)] = 8

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (n, n)."""
        i = np.arange(1.0, self.n + 1.0)
        return 1.0 / (i[:, None] + i - 1.0)
