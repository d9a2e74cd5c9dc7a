"""A polynomial through too many points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array
from optlab.core.status import InputError
from optlab_problems.forms.sizes import in_memory
from optlab_problems.linear_algebra.linear_least_squares import LinearLeastSquares


@dataclass(frozen=True)
class Vandermonde(LinearLeastSquares):
    """‖Ax − b‖² with aᵢⱼ = tᵢ^(j − 1): a polynomial through equidistant points of [0, 1].

    It teaches that a good model may have a bad basis: monomials on [0, 1] are nearly dependent. The degree is n − 1,
    all coefficients are 1. With m − 1 a power of 2 everything is exact, up to m = 17 and n = 13.

    Attributes
    ----------
    n, m : int
        Coefficients and points, m ≥ n.

    Source: Gautschi & Inglese (1988), Lower bounds for the condition number of Vandermonde matrices; Higham (2002),
    chapter 22.
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    variants = ({"n": 3, "m": 5}, {"n": 6, "m": 6}, {"n": 12, "m": 40})

    n: Annotated[int, Ge(1)] = 8
    m: Annotated[int, Ge(2)] = 17

    def __post_init__(self) -> None:
        in_memory(self, self.m, self.n, "m", "n")
        if self.m < self.n:
            msg = f"vandermonde: m must be at least n = {self.n}, given {self.m}"
            raise InputError(msg)

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (m, n)."""
        return np.vander(np.linspace(0.0, 1.0, self.m), self.n, increasing=True)
