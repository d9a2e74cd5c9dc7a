"""Multipliers as prices: how fast the least value changes with the right-hand side of a constraint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.constraints import names
from optlab.core.driver import Loop, run
from optlab.core.kkt import kkt
from optlab.core.status import InputError
from optlab.core.stop import Iterations, Stationary
from optlab.transforms.relaxation import Relaxation

if TYPE_CHECKING:
    import pandas as pd

    from optlab.core.optimizer import Optimizer
    from optlab.core.problem import Array, ProblemBase

MOST = 500


def sensitivities(problem: ProblemBase, optimizer: Optimizer, x: Any, step: float) -> pd.DataFrame:
    """Return a row per constraint: its multiplier at x, −Δf*/Δb by central differences, and how far they are apart.

    Each right-hand side is moved by ±`step` and the problem solved again from x.
    """
    import pandas as pd

    x = np.asarray(x, dtype=float)
    found = kkt(problem, x)
    rows = []
    for equality, labels, multipliers in zip((False, True), names(problem), (found.lam, found.nu), strict=True):
        for i, (label, multiplier) in enumerate(zip(labels, multipliers, strict=True)):
            ends = [_least(problem, optimizer, x, Relaxation(sign * step, i, equality)) for sign in (1.0, -1.0)]
            difference = (ends[1] - ends[0]) / (2.0 * step)
            rows.append({"constraint": label, "multiplier": float(multiplier), "difference": difference,
                         "error": abs(difference - float(multiplier))})  # fmt: skip
    return pd.DataFrame(rows, columns=["constraint", "multiplier", "difference", "error"])


def _least(problem: ProblemBase, optimizer: Optimizer, x: Array, change: Relaxation) -> float:
    """The value at which a run on the changed problem converges; NaN where it does not."""
    trace = run(Loop(change.apply(problem), optimizer, start=x, stop=Stationary() | Iterations(MOST)))
    return float(trace.scalars["f"][-1]) if trace.status.success else float("nan")


def solved(problem: ProblemBase, optimizer: Optimizer) -> Array:
    """Return x* as the facts state it, or as a run finds it.

    Raises
    ------
    InputError
        Where the run does not converge.
    """
    if problem.known.solution is not None:
        return np.asarray(problem.known.solution, dtype=float)
    trace = run(Loop(problem, optimizer, stop=Stationary() | Iterations(MOST)))
    if not trace.status.success:
        msg = f"no solution to differentiate at: {trace.status.name}: {trace.message}"
        raise InputError(msg)
    return np.asarray(trace.points[-1])
