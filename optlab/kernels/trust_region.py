"""Steps of a quadratic model within a radius: Cauchy's point and the dogleg.

Source: Nocedal & Wright (2006), section 4.1; Conn, Gould & Toint (2000), section 6.3.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.euclidean import norm

Array = NDArray[np.float64]


class Step(NamedTuple):
    """A step p of a model.

    Attributes
    ----------
    p : (n,) array
        The step.
    predicted : float
        By how much the model says that f falls, −gᵀp − ½pᵀHp.
    boundary : bool
        Whether the radius limits the step.
    lam : float
        The multiplier λ of ‖p‖ ≤ Δ, with (H + λI)p = −g, where the solver knows it; otherwise 0.
    """

    p: Array
    predicted: float
    boundary: bool
    lam: float = 0.0


def cauchy_step(g: Array, curvature: float, radius: float) -> Step:
    """Return the minimizer of the model along −g, given gᵀHg.

    Source: Nocedal & Wright (2006), equations 4.11 and 4.12.
    """
    squared = float(g.dot(g))
    farthest = radius / sqrt(squared) if squared > 0 else 0.0
    inside = curvature > 0 and squared / curvature <= farthest
    alpha = squared / curvature if inside else farthest
    return Step(-alpha * g, alpha * (squared - 0.5 * alpha * curvature), not inside)


def natural_length(g: Array, curvature: float) -> float:
    """Return ‖g‖³/|gᵀHg|, the length of Cauchy's step with the curvature's sign ignored; 1 where there is no curvature.

    The least that a quadratic model says about a length in the units of x, whatever those of f.
    """
    steep = norm(g)
    natural = steep / abs(curvature) * steep * steep if curvature != 0 else 1.0
    return natural if isfinite(natural) and natural > 0 else 1.0


def dogleg_step(g: Array, product: Array, newton: Array, radius: float) -> Step:
    """Return the least point of the model on the path from 0 over Cauchy's to Newton's point −H⁻¹g, given Hg.

    H is positive definite. Source: Powell (1970); Nocedal & Wright (2006), equation 4.16.
    """
    if norm(newton) <= radius:
        return Step(newton, -0.5 * float(g.dot(newton)), False)
    first = cauchy_step(g, float(g.dot(product)), radius)
    if first.boundary:
        return first
    leg = newton - first.p
    tau = min(1.0, reach(first.p, leg, radius))
    # along the leg the slope g + Hp rises linearly, to 0 at Newton's point; the Cauchy point is a multiple of g
    along = sqrt(float(first.p.dot(first.p)) / float(g.dot(g)))
    slope = float(g.dot(leg)) - along * float(product.dot(leg))
    return Step(first.p + tau * leg, first.predicted - slope * tau * (1.0 - 0.5 * tau), True)


def reach(p: Array, d: Array, radius: float) -> float:
    """Return the τ ≥ 0 with ‖p + τd‖ = Δ, for ‖p‖ ≤ Δ, by the root that does not cancel."""
    a, b, covered = float(d.dot(d)), float(p.dot(d)), norm(p)
    c = (radius - covered) * (radius + covered)
    if not (a > 0 and c > 0):
        return 0.0
    root = sqrt(b * b + a * c)
    return c / (b + root) if b > 0 else (root - b) / a
