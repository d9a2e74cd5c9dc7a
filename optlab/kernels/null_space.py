"""Steps on linearized equality constraints h + Jp = 0, whose rows may be dependent, and in their null space.

Source: Nocedal & Wright (2006), sections 15.3 and 16.2; Byrd & Omojokun (Omojokun, 1989) for the normal step.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels import euclidean
from optlab.kernels.modification import solve_semidefinite

Array = NDArray[np.float64]

RANK = 1e-12
"""A singular value below this part of the greatest is rounding."""
HEALTHY = 1e-3
"""A singular value above this, rows having been of length 1 at the start, is no sign of rows about to be dependent."""
NO_CURVATURE = 1e-10
"""An eigenvalue below this part of the greatest is no curvature."""


def norm(v: Array) -> float:
    """‖v‖₂; 0 of no components."""
    return euclidean.norm(v) if v.size else 0.0


class Normal(NamedTuple):
    """The step towards h + Jp = 0, and what lies across.

    Attributes
    ----------
    p : (n,) array
        The shortest step that solves h + Jp = 0 by least squares, or a part of it.
    left : float
        ‖h + Jp‖: what it cannot remove.
    Z : (n, n − r) array
        An orthonormal basis of the null space of J, r being its rank.
    """

    p: Array
    left: float
    Z: Array


def normal_step(J: Array, h: Array, longest: float) -> Normal:
    """Return the normal step for J (p, n), h (p,), no longer than `longest`.

    Where it would be longer, the smallest singular values are left out as null: near a point where the rows become
    dependent they ask for steps that their linearization does not stand for. What is still too long is shortened: the
    constraints are far away.
    """
    U, s, Vt = np.linalg.svd(J, full_matrices=True)
    rank = int((s > RANK * s.max(initial=0.0)).sum())
    parts = -(U.T @ h)[: s.size]
    along = np.divide(parts, s, out=np.zeros_like(parts), where=s > 0)
    while rank > 0 and s[rank - 1] < HEALTHY and not norm(along[:rank]) <= longest:
        rank -= 1
    p = along[:rank] @ Vt[:rank]
    size = norm(p)
    if size > longest:
        p = p * (longest / size)
    return Normal(p, norm(h + J @ p), Vt[rank:].T)


class Tangential(NamedTuple):
    """A step in the null space.

    Attributes
    ----------
    p : (n,) array
        The step.
    convex : bool
        Whether it is the minimizer of the model: the reduced Hessian is positive definite and no limit was met.
    """

    p: Array
    convex: bool


def tangential_step(Z: Array, W: Array, slope: Array, longest: float, far: float) -> Tangential:
    """Return Z p_Z with (ZᵀWZ)p_Z = −Zᵀslope, ZᵀWZ made positive definite where it is not.

    Its eigenvalues are replaced by their magnitudes then, and the components of p_Z limited to `longest`, so that p
    leads downhill in every case; and so where a curvature near rounding would lead farther than `far`.
    """
    if not Z.shape[1]:
        return Tangential(np.zeros_like(slope), True)
    B, c = Z.T @ W @ Z, Z.T @ slope
    step = solve_semidefinite(B, -c) if np.isfinite(B).all() else None
    if step is None and not c.any():
        return Tangential(np.zeros_like(slope), bool(np.linalg.eigvalsh(B)[0] > 0))
    if step is not None and norm(step) <= far:
        return Tangential(Z @ step, True)
    values, Q = np.linalg.eigh(B) if np.isfinite(B).all() else (np.zeros_like(c), np.eye(c.size, dtype=c.dtype))
    along = c @ Q
    sizes = np.abs(values)
    sizes = np.where(sizes > NO_CURVATURE * sizes.max(), sizes, 0.0)
    step = np.divide(-along, sizes, out=np.where(along != 0, -np.sign(along) * inf, 0.0), where=sizes > 0)
    return Tangential(Z @ (Q @ np.clip(step, -longest, longest)), False)
