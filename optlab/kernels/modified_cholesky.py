"""The modified Cholesky factorization of Gill and Murray."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Annotated

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray

from optlab.kernels.modification import Modification
from optlab.kernels.routines import routines

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ModifiedCholesky(Modification):
    """E ≥ 0 diagonal, chosen on the way: the pivots of LDLᵀ are raised so far that no entry of LD^½ exceeds a bound β.

    Negative pivots change their sign at least, so that directions of negative curvature are gone along as far as
    ones of positive curvature. E is 0 where H is sufficiently positive definite.
    Source: Gill, Murray & Wright (1981), section 4.4.2.2; Nocedal & Wright (2006), section 3.4, modified Cholesky.

    Parameters
    ----------
    delta : float
        The least pivot, relative to the greatest entries of H on and off its diagonal together.
    """

    delta: Annotated[float, Gt(0)] = float(np.finfo(float).eps)

    def solve_modified(self, H: Array, b: Array) -> Array:
        """Factorize and substitute."""
        lib = routines(b)
        L, d, order = gill_murray(H, self.delta * lib.coarse)
        y = lib.trtrs(L, b[order], lower=1, unitdiag=1)[0]
        x = np.empty_like(b)
        x[order] = lib.trtrs(L, y / d, lower=1, trans=1, unitdiag=1)[0]
        return x


def gill_murray(A: Array, delta: float) -> tuple[Array, Array, NDArray[np.intp]]:
    """Return L (n, n) unit lower triangular, d > 0 (n,) and an order, with A + E = LDLᵀ in that order.

    Equation numbers are those of Nocedal & Wright (2006).
    """
    n = A.shape[0]
    C = np.tril(A) + np.tril(A, -1).T
    gamma = float(np.abs(C.diagonal()).max())
    xi = float(np.abs(C - np.diag(C.diagonal())).max())
    beta = sqrt(max(gamma, xi / sqrt(max(1, n * n - 1))))
    least = delta * (gamma + xi)
    L, d, order = np.eye(n, dtype=A.dtype), np.empty(n, A.dtype), np.arange(n)
    for j in range(n):
        q = j + int(np.abs(C.diagonal()[j:]).argmax())
        for rows in (C, C.T, order):
            rows[[j, q]] = rows[[q, j]]
        L[[j, q], :j] = L[[q, j], :j]
        c = C[j + 1 :, j].copy()
        theta = float(np.abs(c).max(initial=0.0))
        d[j] = max(abs(float(C[j, j])), (theta / beta) ** 2, least)  # (3.46)
        L[j + 1 :, j] = c / d[j]
        C[j + 1 :, j + 1 :] -= np.outer(L[j + 1 :, j], c)
    return L, d, order
