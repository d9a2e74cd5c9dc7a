"""Steps of a quadratic model within a radius and a box: from a Cauchy point through faces, by conjugate gradients.

Source: Lin & Moré (1999), Newton's method for large bound-constrained optimization problems, SIAM J. Optim. 9.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.bounds import clip, longest
from optlab.kernels.euclidean import norm
from optlab.kernels.truncated_cg import truncated_cg
from optlab.kernels.trust_region import Step

Array = NDArray[np.float64]
Product = Callable[[Array], Array]

ENOUGH = 0.01
"""A piece of the step lowers the model by this fraction of its first-order change at least (the paper's μ₀)."""
SHORTER, TRIALS = 0.5, 40
"""A piece that does not is shortened by this factor, so often at most."""


def box_step(
    product: Product, g: Array, lo: Array, hi: Array, radius: float, tolerance: float, curvature: float, most: int
) -> Step:
    """Lower q(p) = gᵀp + ½pᵀHp on lo ≤ p ≤ hi, where 0 is inside, until no free component of ∇q is over the tolerance.

    The first piece goes along −g, projected, no longer than the radius. Then q is minimized in the face of the
    components that are not at a bound, until ‖∇q‖ is small there; what leaves the box is projected and shortened until
    q falls enough. Every piece holds more components at their bounds, or is the last.

    Parameters
    ----------
    product : callable
        v ↦ Hv.
    g, lo, hi : (n,) arrays
        The gradient of q at 0, and the box as seen from there: lo ≤ 0 ≤ hi.
    radius : float
        The limit Δ of every piece.
    tolerance : float
        In the units of g.
    curvature : float
        dᵀHd along the free components d of −g.
    most : int
        Most products in a face.
    """
    d = -np.where(((g > 0) & (lo >= 0)) | ((g < 0) & (hi <= 0)), 0.0, g)
    size = norm(d)
    if not size > 0:
        return Step(np.zeros_like(g), 0.0, False)
    square, farthest = size * size, radius / size
    alpha = min(square / curvature, farthest) if curvature > 0 else farthest
    boundary = alpha == farthest
    zero = np.zeros_like(g)
    p, Hp, fall = _shortened(product, g, _Path(zero, alpha * d, lo, hi))
    for _ in range(g.size):
        free = (p > lo) & (p < hi)
        r = np.where(free, g + Hp, 0.0)
        if not norm(r) > tolerance or boundary:
            break
        end = truncated_cg(_in_face(product, free), r, tolerance, most, radius).end
        w, boundary = end.p, end.boundary
        reach = longest(p, w, lo, hi)
        piece, H_piece, fallen = _shortened(product, r, _Path(p, w, lo, hi), min(reach, 1.0))
        if not fallen > 0:
            break
        p, Hp, fall = clip(p + piece, lo, hi), Hp + H_piece, fall + fallen
        if reach > 1.0:
            break
    return Step(p, fall, boundary)


class _Path(NamedTuple):
    """P(p + tw) − p."""

    p: Array
    w: Array
    lo: Array
    hi: Array

    def piece(self, t: float) -> Array:
        return clip(self.p + t * self.w, self.lo, self.hi) - self.p


def _in_face(product: Product, free: NDArray[np.bool_]) -> Product:
    """Return v ↦ Hv with only the free components of Hv."""
    return lambda v: np.where(free, product(v), 0.0)


def _shortened(product: Product, r: Array, path: _Path, least: float = 0.0) -> tuple[Array, Array, float]:
    """Return a piece of a path, H times it and by how much the model falls, with the first t of 1, ½, … where it does.

    The last t is `least`, up to where the path is straight. Nothing moves where none is good enough.
    """
    t = 1.0
    for _ in range(TRIALS):
        p = path.piece(t)
        Hp = product(p)
        slope = float(r.dot(p))
        change = slope + 0.5 * float(p.dot(Hp))
        if change <= ENOUGH * slope and slope < 0 and isfinite(change):
            return p, Hp, -change
        if t <= least:
            break
        t = max(SHORTER * t, least)
    zero = np.zeros_like(r)
    return zero, zero, 0.0
