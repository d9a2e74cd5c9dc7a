"""Positive definite matrices near symmetric ones that are not: what Newton's equation is solved with instead.

Source: Nocedal & Wright (2006), section 3.4.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Modification(ABC):
    """A rule for E in (H + E)p = b, such that H + E is positive definite; a frozen dataclass.

    E is 0 where Cholesky's factorization of H succeeds, and its size is relative to that of H. The lower triangle
    of H is read.
    """

    abstract: ClassVar[bool] = True

    def solve(self, H: Array, b: Array) -> Array | None:
        """Return (H + E)⁻¹b, shape (n,); None where H is zero or not finite."""
        _, x, info = dposv(H, b, lower=1)
        if info == 0:
            return x.reshape(b.shape)
        size = float(np.abs(H).max())
        return self.solve_modified(H, b) if 0 < size < np.inf else None

    @abstractmethod
    def solve_modified(self, H: Array, b: Array) -> Array:
        """Return (H + E)⁻¹b for an H that is not positive definite, finite and not zero."""


@dataclass(frozen=True)
class AddedIdentity(Modification):
    """E = τI with the first τ in a geometric sequence that makes H + τI positive definite.

    It begins at β‖H‖ above −min hᵢᵢ, where that is negative. Source: Nocedal & Wright (2006), algorithm 3.3.

    Parameters
    ----------
    beta : float
        β, relative to ‖H‖ in Frobenius' norm (the book's own is absolute).
    growth : float
        From one τ to the next.
    """

    beta: Annotated[float, Gt(0)] = 1e-3
    growth: Annotated[float, Gt(1)] = 2.0

    def solve_modified(self, H: Array, b: Array) -> Array:
        """Raise τ until Cholesky succeeds."""
        diagonal = H.diagonal()
        tau = self.beta * float(np.sqrt(np.vdot(H, H))) - min(0.0, float(diagonal.min()))
        shifted = np.array(H)
        while True:
            np.fill_diagonal(shifted, diagonal + tau)
            _, x, info = dposv(shifted, b, lower=1)
            if info == 0:
                return x.reshape(b.shape)
            tau *= self.growth
