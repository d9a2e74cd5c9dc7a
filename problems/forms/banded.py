"""Zeros of square systems whose Jacobian is banded, for facts that need one."""

from __future__ import annotations

import numpy as np

from optlab.core.problem import Array
from optlab_problems.forms.elements import Squares

STEPS = 30
ROUNDING = 8.0 * float(np.finfo(float).eps)


def banded_zero(e: Squares, x: Array) -> Array | None:
    """Return a zero of rᵢ(x), i = 1 … n, by Newton's method from x; None where the residuals do not get to rounding.

    Every element has one residual, and all its roles have step 1. What rounding leaves of rᵢ is measured by
    1 + Σⱼ |∂rᵢ/∂xⱼ| |xⱼ|. O(n) in time and memory.
    """
    from scipy.linalg import solve_banded

    n, shifts = x.size, [first for first, _ in e.roles]
    below, above = -min(shifts), max(shifts)
    for _ in range(STEPS):
        arguments = e.arguments(x, 0, n)
        (r,), (slopes,) = e.r(*arguments), e.dr(*arguments)
        bands, size = np.zeros((below + above + 1, n)), np.ones(n)
        for j, z in enumerate(e.variables(x, 0, n)):
            shift, slope = shifts[j], np.broadcast_to(slopes[j], (n,))
            size += np.abs(slope * z)
            if abs(shift) < n:
                rows = slice(max(-shift, 0), n - max(shift, 0))
                bands[above - shift, rows.start + shift : rows.stop + shift] = slope[rows]
        step = solve_banded((below, above), bands, r)
        x = x - step
        if np.all(np.abs(r) <= ROUNDING * size):
            return x
    return None
