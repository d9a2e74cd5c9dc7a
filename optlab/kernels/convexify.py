"""A Hessian made positive definite, and left as it is on the null space of active constraints where that suffices.

Source: Nocedal & Wright (2006), section 18.3 (reduced Hessian, augmented Lagrangian).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from optlab.kernels.narrow import same_power

Array = NDArray[np.float64]

DEPENDENT = 1e-8
"""Rows of which less than this fraction remains beside the others add no direction."""
FLAT = 1e-7
"""The least curvature that a modified matrix has, relative to its greatest."""
SAFETY = 2.0
"""How many times what is needed is added across the null space."""


def spaces(rows: Array) -> tuple[Array, Array]:
    """Return orthonormal bases Y (n, r) of the span of some rows (k, n), and Z (n, n − r) of what is orthogonal."""
    n = rows.shape[1]
    sizes = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    rows = rows[sizes > 0] / sizes[sizes > 0, None]
    if not len(rows):
        return np.empty((n, 0), rows.dtype), np.eye(n, dtype=rows.dtype)
    Q, R, _ = qr(rows.T, pivoting=True)
    rank = int((np.abs(np.diag(R)) > same_power(DEPENDENT, rows)).sum())
    return np.asarray(Q[:, :rank]), np.asarray(Q[:, rank:])


def positive(M: Array, least: float) -> Array:
    """Return M with its eigenvalues in magnitude, and not below `least`; M itself where they are so already.

    Source: Nocedal & Wright (2006), equation 3.40; Dauphin et al. (2014).
    """
    if not M.size:
        return M
    values, vectors = np.linalg.eigh(M)
    if values[0] >= least:
        return M
    return np.asarray((vectors * np.maximum(np.abs(values), least)) @ vectors.T)


def convexified(H: Array, rows: Array, least: float) -> Array:
    """Return a positive definite matrix that is H on the null space of the rows (k, n), where H is so there.

    With Y and Z the bases of `spaces`, Z(ZᵀHZ)₊Zᵀ takes the place of the curvature within the null space, and σYYᵀ is
    added with σ just large enough. A quadratic program in which the rows are active has the same solution then,
    though other multipliers; its rate is that of the true Hessian.
    """
    least = max(least, same_power(FLAT, H) * float(np.abs(H).max(initial=0.0)))
    Y, Z = spaces(rows)
    inner = positive(Z.T @ H @ Z, least)
    W = Z @ inner @ Z.T
    if Y.shape[1]:
        cross, across = Z.T @ H @ Y, Y.T @ H @ Y
        schur = across - (cross.T @ np.linalg.solve(inner, cross) if Z.shape[1] else 0.0)
        lowest = float(np.linalg.eigvalsh(schur)[0])
        sigma = least - SAFETY * lowest if lowest < least else 0.0
        W = W + Y @ (across + sigma * np.eye(len(across), dtype=H.dtype)) @ Y.T + Z @ cross @ Y.T + Y @ cross.T @ Z.T
    return 0.5 * (W + W.T)
