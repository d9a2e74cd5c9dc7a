"""Positive definite matrices near symmetric ones that are not: what Newton's equation is solved with instead.

Source: Nocedal & Wright (2006), section 3.4.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from optlab.kernels.euclidean import norm
from optlab.kernels.routines import LOWER, OVERWRITE, routines

Array = NDArray[np.float64]

RESIDUAL = 1e-3
"""A matrix that is indefinite by rounding alone still solves the equation to this, relative to its right-hand side."""


def solve_semidefinite(H: Array, b: Array) -> Array | None:
    """Return the solution of Hx = b by Cholesky where H is positive definite, or fails to be by rounding alone.

    A shift of n·eps‖H‖, the rounding of the factorization, is tried then; it counts if x solves the equation
    nevertheless. None where H is indefinite, or not finite, and where x overflows.
    """
    lib = routines(b)
    _, x, info = lib.posv(H, b, LOWER)
    if info == 0:
        return x if 0 < lib.dot(x, b) < inf else None  # LAPACK does not see NaN
    diagonal = H.diagonal()
    tau = b.size * lib.eps * float(np.abs(H).max())
    if not (0 < tau < inf and diagonal.min() > -tau):
        return None
    _, x, info = lib.posv(shifted(H, tau), b, LOWER, OVERWRITE)
    return x if info == 0 and tau * norm(x) <= RESIDUAL * norm(b) else None


def shifted(H: Array, tau: float) -> Array:
    """Return H + τI, a fresh array in column order."""
    A, n = H.copy("F"), len(H)
    routines(H).axpy(_ones(n, H.dtype), A.ravel("K"), n, tau, 0, 1, 0, n + 1)  # in place, along its diagonal
    return A


@lru_cache(maxsize=4)
def _ones(n: int, dtype: Any) -> Array:
    ones: Array = np.ones(n, dtype)
    ones.setflags(write=False)
    return ones


@dataclass(frozen=True)
class Modification(ABC):
    """A rule for E in (H + E)x = b, such that H + E is positive definite; a frozen dataclass.

    E is 0 where Cholesky's factorization of H succeeds, rounding apart, and its size is relative to that of H. The
    lower triangle of H is read.
    """

    abstract: ClassVar[bool] = True

    def solve(self, H: Array, b: Array) -> Array | None:
        """Return (H + E)⁻¹b, shape (n,); None where H is zero or not finite."""
        x = solve_semidefinite(H, b)
        if x is not None:
            return x
        return self.solve_modified(H, b) if 0 < float(np.abs(H).max()) < inf else None

    @abstractmethod
    def solve_modified(self, H: Array, b: Array) -> Array:
        """Return (H + E)⁻¹b for an H that is not positive definite, finite and not zero."""


@dataclass(frozen=True)
class AddedIdentity(Modification):
    """E = τI with the first τ in a geometric sequence that makes H + τI positive definite.

    It begins at β‖H‖, above −min hᵢᵢ where that is positive. Source: Nocedal & Wright (2006), algorithm 3.3.

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
        tau = self.beta * norm(H.ravel(order="K")) - min(0.0, float(H.diagonal().min()))
        while True:
            _, x, info = routines(b).posv(shifted(H, tau), b, LOWER, OVERWRITE)
            if info == 0:
                return np.asarray(x)
            tau *= self.growth
