"""Steps of a quadratic model within a radius and a box: global minimizers in face after face.

Source: Coleman & Li (1996) and Conn, Gould & Toint (2000), section 12.1, for trust regions within bounds; Moré &
Sorensen (1983) for the step in a face.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.bounds import breakpoints, clip
from optlab.kernels.euclidean import norm
from optlab.kernels.limits import Radius
from optlab.kernels.secular import exact_step, factored
from optlab.kernels.trust_region import Step, cauchy_step

Array = NDArray[np.float64]

LEFT = 1e-3
"""A step ends where less than this part of the radius is left."""
ENOUGH = 0.1
"""The faces have to lower the model by this part of what the projected Cauchy step does."""
REACHED = 0.9
"""A step longer than this part of the radius is limited by it."""
HALVINGS = 40
"""Of the projected Cauchy step, at most."""


def faces_step(H: Array, g: Array, lo: Array, hi: Array, radius: float) -> Step:
    """Lower q(p) = gᵀp + ½pᵀHp on lo ≤ p ≤ hi, ‖p‖ ≤ Δ, with 0 inside of the box.

    In the face of the components that may move the global minimizer within the radius is aimed at; the first bounds on
    the way stop the step there, their components join those that are held, and so on. Where there are no
    bounds it is the exact step. H need not be positive definite.
    """
    p = _through_faces(H, g, lo, hi, radius)
    least = _cauchy(H, g, lo, hi, radius)
    if not _fall(H, g, p) >= ENOUGH * _fall(H, g, least):
        p = least
    return Step(p, _fall(H, g, p), norm(p) >= REACHED * radius)


def may_move(g: Array, lo: Array, hi: Array) -> NDArray[np.bool_]:
    """Which components of −g do not lead out of the box at once."""
    return ~(((g > 0) & (lo >= 0)) | ((g < 0) & (hi <= 0)))


def _fall(H: Array, g: Array, p: Array) -> float:
    return -float(g.dot(p)) - 0.5 * float(p.dot(H @ p))


def _through_faces(H: Array, g: Array, lo: Array, hi: Array, radius: float) -> Array:
    p, free = np.zeros_like(g), may_move(g, lo, hi)
    for _ in range(g.size):
        F, held = np.flatnonzero(free), np.where(free, 0.0, p)
        left = (radius - norm(held)) * (radius + norm(held))
        if not F.size or left <= (LEFT * radius) ** 2:
            break
        target = held
        target[F] = exact_step(factored(H[np.ix_(F, F)]), (g + H @ held)[F], Radius(sqrt(left))).p
        d = target - p
        t = breakpoints(p, d, lo, hi)
        first = float(t.min())
        if not first < 1.0:
            return clip(target, lo, hi)
        p = clip(p + first * d, lo, hi)
        met = t <= first
        p[met] = np.where(d < 0, lo, hi)[met]
        free &= ~met
    return p


def _cauchy(H: Array, g: Array, lo: Array, hi: Array, radius: float) -> Array:
    """Return the first of the halved steps along −g, projected, that lowers the model as its slope says, nearly."""
    d = np.where(may_move(g, lo, hi), -g, 0.0)
    step = cauchy_step(-d, float(d.dot(H @ d)), radius).p
    for _ in range(HALVINGS):
        p = clip(step, lo, hi)
        if _fall(H, g, p) >= -ENOUGH * float(g.dot(p)):
            return p
        step = 0.5 * step
    return np.zeros_like(g)
