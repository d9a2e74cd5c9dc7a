"""Least squares by an inverse of R, with the brackets of a textbook: a specimen that fails, for experiments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optlab.core.problem import Array
from optlab.numerics import qr_inverse
from optlab.optimizers.least_squares.linear import OneSolve


@dataclass(frozen=True)
class InverseOfR(OneSolve):
    """x = (R⁻¹Qᵀ)b: the residual it leaves grows like κ(A)ε, where a triangular solve leaves ε.

    Source: Higham (2002), section 14.1.
    """

    needs: ClassVar[tuple[str, ...]] = ("quadratic", "residuals", "jacobian")

    def solve(self, A: Array, b: Array) -> Array | None:
        """Return (R⁻¹Qᵀ)b; None where R is exactly singular."""
        try:
            return qr_inverse(A, b)
        except np.linalg.LinAlgError:
            return None
