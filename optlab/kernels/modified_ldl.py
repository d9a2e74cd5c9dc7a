"""The modified symmetric indefinite factorization of Cheng and Higham."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Annotated

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from scipy.linalg import ldl

from optlab.kernels.modification import Modification
from optlab.kernels.routines import routines

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ModifiedLDL(Modification):
    """H + E = L(D + F)Lᵀ from Bunch and Kaufman's LDLᵀ, the eigenvalues of D's blocks raised to a floor.

    D has blocks of size 1 and 2, and as many negative eigenvalues as H. The floor alone, as in the paper, makes steps
    along negative curvature very long; so negative eigenvalues change their sign first, unless `reflect` is False.
    Source: Cheng & Higham (1998), section 3; Bunch & Kaufman (1977).

    Parameters
    ----------
    delta : float
        The floor, relative to ‖H‖∞; the paper's is √(u/2), u being the unit roundoff.
    reflect : bool
        Whether |λ| stands for the eigenvalues λ below the floor, where it is above it.
    """

    delta: Annotated[float, Gt(0)] = sqrt(float(np.finfo(float).eps)) / 2
    reflect: bool = True

    def solve_modified(self, H: Array, b: Array) -> Array:
        """Factorize, raise the blocks' eigenvalues, and substitute."""
        lib = routines(b)
        A = np.tril(H) + np.tril(H, -1).T
        factor, D, order = ldl(A)
        L = factor[order]
        y = lib.trtrs(L, b[order], lower=1, unitdiag=1)[0]
        z = self._solve_blocks(
            np.asarray(D, dtype=b.dtype), y, self.delta * lib.half * float(np.abs(A).sum(axis=1).max())
        )
        x = np.empty_like(b)
        x[order] = lib.trtrs(L, z, lower=1, trans=1, unitdiag=1)[0]
        return x

    def _solve_blocks(self, D: Array, y: Array, floor: float) -> Array:
        """Return (D + F)⁻¹y."""
        z = y / self._raised(D.diagonal(), floor)
        first = np.flatnonzero(D.diagonal(-1))
        if first.size:
            pairs = first[:, None] + [0, 1]
            values, Q = np.linalg.eigh(D[pairs[:, :, None], pairs[:, None, :]])
            inside = np.einsum("kij,ki->kj", Q, y[pairs]) / self._raised(values, floor)
            z[pairs] = np.einsum("kij,kj->ki", Q, inside)
        return z

    def _raised(self, values: Array, floor: float) -> Array:
        return np.maximum(np.abs(values) if self.reflect else values, floor)
