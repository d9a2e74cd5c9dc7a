"""The best iterate of a run with constraints."""

from __future__ import annotations

import numpy as np

from optlab.core.constraints import violation
from optlab.core.kkt import infeasibility
from optlab.core.problem import Array, ProblemBase
from optlab.core.trace import Trace


def best_feasible(problem: ProblemBase, trace: Trace, lowest: tuple[Array, float]) -> tuple[Array, float]:
    """Return the x, (n,), and f with the least f of the kept iterates that are feasible by the rule for CONVERGED.

    Nothing is counted. Where none is: of the one that violates the constraints least. `lowest` has the least f of all,
    kept or not.
    """
    points, f = np.asarray(trace.points, dtype=float), trace.scalars["f"][trace.rows]
    with np.errstate(all="ignore"):
        if not infeasibility(problem, np.asarray(lowest[0], dtype=float)):
            return lowest
        for i in np.argsort(f, kind="stable"):
            if not infeasibility(problem, points[i]):
                return np.array(trace.points[i]), float(f[i])
        i = int(np.argmin([np.nan_to_num(violation(problem, x), nan=np.inf) for x in points]))
        return np.array(trace.points[i]), float(f[i])
