"""Whether f has fallen without bound: a verdict on a run whose method finds no further step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.constraints import constraints
from optlab.core.kkt import infeasibility

if TYPE_CHECKING:
    from optlab.core.problem import Array, ProblemBase

VAST = 1 / float(np.finfo(float).eps)
"""What is more than this many times larger than where a run began has left every scale of the problem."""
CORRECTIONS = 20
"""Newton steps from an iterate to a feasible point beside it."""
BESIDE = 0.1
"""A feasible point this near, relative to the length of x, is beside it."""


def size_at_first(first: Any, change: Any) -> Any:
    """Return the size of f at the start: |f|, or the change along a step as long as x where that is greater.

    Numbers or arrays of them; 1 where both are zero.
    """
    size = np.fmax(np.abs(first), change)
    return np.where(size > 0, size, 1.0)


def bottomless(problem: ProblemBase, x: Array, first: float, f: float, size: float) -> bool:
    """Whether f, at x, has fallen VAST times the size that it had at first; at a feasible point beside x, too.

    A method that is not yet feasible may only have found what the constraints exclude; uncounted.
    """
    if not first - f > VAST * size:
        return False
    if not problem.constrained:
        return True
    try:
        there = feasible_beside(problem, np.asarray(x, dtype=float))
        return there is not None and bool(there is x or first - problem.objective(there) > VAST * size)
    except Exception:  # the problem's, where the run ends anyway
        return False


def feasible_beside(problem: ProblemBase, x: Array) -> Array | None:
    """Return x where it is feasible, else the end of Newton steps towards the violated constraints, if that is near."""
    start, reach = x, BESIDE * max(1.0, float(np.abs(x).max()))
    for _ in range(CORRECTIONS):
        if not np.isfinite(x).all() or not np.abs(x - start).max() <= reach:
            return None
        if not infeasibility(problem, x):
            return x
        c = constraints(problem, x)
        violated = c.g > 0
        J, values = np.concatenate([c.Jg[violated], c.Jh]), np.concatenate([c.g[violated], c.h])
        if not values.size:  # a set known by its projection alone
            return None
        x = x - np.linalg.lstsq(J, values, rcond=None)[0]
    return None
