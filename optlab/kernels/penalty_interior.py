"""A point strictly inside of inequalities, from one that is not: phase I of interior methods.

Source: Boyd & Vandenberghe (2004), section 11.4, for the task; Levenberg (1944) and Marquardt (1963) for the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.euclidean import norm

Array = NDArray[np.float64]

DEPTHS = 9
"""The depth asked for is divided by ten so many times."""
STEPS = 60
"""Most steps for one depth."""
FIRST, MOST = 1e-3, 1e12
"""The damping at first, relative to the greatest curvature, and that at which no step is left."""
GRADED = 1e-12
"""A decrease of the residual by less than this part of it is none."""


class Deepest(NamedTuple):
    """The point farthest inside that was found.

    Attributes
    ----------
    x : (n,) array
        The point.
    strict : bool
        Whether every gᵢ(x) < 0.
    height : float
        The greatest gᵢ(x) over the length of its gradient at the start: a distance to the set where it is positive.
    """

    x: Array
    strict: bool
    height: float


def inside(g: Callable[[Array], Array], jacobian: Callable[[Array], Array], x: Array, depth: float) -> Deepest:
    """Return a point with every gᵢ(x) < 0, or the deepest that was found where there is none.

    Σ max(0, gᵢ/rᵢ + δ)² is minimized by damped Gauss–Newton steps, rᵢ being the length of gᵢ's gradient at the start,
    until every constraint is at least half of the depth δ away; where that fails, for a tenth of δ, and so on. The
    deepest point seen serves where no depth is reached.

    Parameters
    ----------
    g, jacobian : functions of (n,) arrays
        The inequalities, (m,), and their gradients, (m, n).
    x : (n,) array
        Where to begin.
    depth : float
        The first δ, a length.
    """
    lengths = np.linalg.norm(jacobian(x), axis=1)
    lengths = np.where((lengths > 0) & np.isfinite(lengths), lengths, 1.0)
    best, deepest = x, np.inf
    for _ in range(DEPTHS):
        x = best
        found = _deep(g, jacobian, x, lengths, depth)
        height = float((g(found) / lengths).max())
        if height < deepest:
            best, deepest = found, height
        if deepest <= -0.5 * depth:
            break
        depth *= 0.1
    return Deepest(best, bool((g(best) < 0).all()), deepest)


def _deep(
    g: Callable[[Array], Array], jacobian: Callable[[Array], Array], x: Array, lengths: Array, depth: float
) -> Array:
    """Return a point at half of the depth, or the least violation of it that was found."""
    value = g(x)
    r = np.maximum(0.0, value / lengths + depth)
    damping = FIRST
    for _ in range(STEPS):
        if (value <= -0.5 * depth * lengths).all():
            return x
        J = jacobian(x)[r > 0] / lengths[r > 0][:, None]
        slope = J.T @ r[r > 0]
        H = J.T @ J
        size = max(float(H.diagonal().max()), 1e-300)
        step = -np.linalg.solve(H + damping * size * np.eye(x.size, dtype=x.dtype), slope)
        trial = x + step
        there = g(trial)
        new = np.maximum(0.0, there / lengths + depth)
        if norm(new) <= (1.0 - GRADED) * norm(r):
            x, value, r, damping = trial, there, new, 0.1 * damping
        else:
            damping *= 10.0
            if damping > MOST or bool((trial == x).all()):
                break
    return x
