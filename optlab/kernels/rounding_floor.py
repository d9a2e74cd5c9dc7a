"""How near a fixed step leads to the minimizer of a quadratic before rounding undoes it.

A step rounds to e₊ = (1 − αλ)e + δ along an eigenvector, with |δ| ≤ ½ulp(x*): it comes to rest, or into a cycle, where
|e| ≤ ulp(x*)/(2 min(αλ, 2 − αλ)). Source: Higham (2002), Accuracy and stability of numerical algorithms, section 17.2,
on stationary iterations, for one component.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SAME = 1e-12
"""Steps that differ by less, relatively, are one fixed step."""


def fixed_step(steps: Array) -> float:
    """Return the step that all of them are, but for NaN at the start; NaN where they differ or there is none."""
    taken = steps[np.isfinite(steps)]
    fixed = taken.size > 0 and float(np.ptp(taken)) <= SAME * float(np.abs(taken).max())
    return float(taken[0]) if fixed else float("nan")


def half_ulps(x: Array, precision: Any) -> Array:
    """Return ½ulp of every component of x in a precision, shape (n,)."""
    return np.asarray(0.5 * np.abs(np.spacing(x.astype(precision))), dtype=float)


def fixed_step_floor(eigenvalues: Array, Q: Array, x: Array, alpha: float, precision: Any) -> Array:
    """Return the bound on |qⱼᵀ(x_k − x)| for every eigenvector, a column of Q, once rounding has stopped progress.

    Rounding along qⱼ is at most Σᵢ |Qᵢⱼ| ½ulp(xᵢ). The bound is infinite where αλ ≥ 2 or λ ≤ 0: no step leads there.
    """
    left = np.minimum(alpha * eigenvalues, 2.0 - alpha * eigenvalues)
    rounding = np.abs(Q).T @ half_ulps(x, precision)
    return np.where(left > 0, rounding / np.where(left > 0, left, 1.0), np.inf)
