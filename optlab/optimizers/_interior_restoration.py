"""Restoration of feasibility: steps that lower ½‖c‖² within the bounds until the filter accepts a point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optlab.core.problem import Array
from optlab.core.program import Program
from optlab.core.status import Halt, Status
from optlab.kernels.interior import Duals, share
from optlab.kernels.kkt_factorization import Corrected, corrected
from optlab.kernels.norms import max_abs
from optlab.linesearch.base import noise_of
from optlab.optimizers._interior_problem import Memory, Trial, tried

ENOUGH = 0.9
"""κ_resto: restoration ends below this fraction of the violation it began with."""
SHRINK, TIGHTNESS = 0.2, 10.0
"""Its barrier parameter falls to the first times itself when its problem is solved to the second times it."""
FIXED = 1e-6
"""‖Aᵀc‖ below this fraction of ‖A‖‖c‖ is stationary."""
VIOLATED = 1e-6
"""Violations up to this are no proof of infeasibility."""
ARMIJO = 1e-4


class Restored(NamedTuple):
    """A step of the restoration: the new memory, the length and direction of the step, and its system."""

    memory: Memory
    alpha: float
    direction: Array
    system: Corrected


def begun(memory: Memory, now: Trial, mu: float) -> Memory:
    """Return the memory at the beginning of a restoration; the filter bars the way back."""
    inner = max(mu, max_abs(now.c) ** 2)
    duals = Duals.central(memory.layout.box, memory.w, inner)
    barred = memory.filter.extended(now.theta, now.phi)
    return memory._replace(filter=barred, restoring=now.theta, inner=inner, duals=duals, delta=0.0, model=None)


def restored(program: Program, memory: Memory, curvature: Array, mu: float, tau: float, trials: int) -> Restored:
    """Take a step on the least ½‖c(w)‖² − μ Σ log of the distances to the bounds; `curvature` is Σ c_i ∇²c_i, (k, k).

    The system is that of the method itself with −I below A, and with f left out; so v = c + Ad beside d.
    Source: Wächter & Biegler (2006), section 3.3, for what a restoration does; Nocedal & Wright (2006), section 10.3,
    for the step.

    Raises
    ------
    Halt
        INFEASIBLE where the violation is stationary, LINESEARCH_FAILED where it is not and no step lowers it.
    """
    lay, w, duals = memory.layout, memory.w, memory.duals
    box, A, now = lay.box, memory.jacobian, memory.measured(mu)
    slope = now.c @ A
    size = max_abs(A.ravel()) * max_abs(now.c)
    inner = lowered(memory, slope, FIXED * size)
    found = corrected(curvature, duals.curvature(box, w), A, inner, memory.delta, soft=1.0)
    if found is None:
        raise Halt(Status.SINGULAR_KKT, "no regularization helps the matrix of the restoration")
    barrier = inner * box.barrier_slope(w)
    d, _ = found.solve(-barrier, -now.c)
    along = float((slope + barrier) @ d)
    tau = share(tau, inner)
    worth = 0.5 * float(now.c @ now.c) + inner * box.barrier(w)
    alpha = box.longest(w, d, tau)
    for _ in range(trials):
        trial = tried(program, memory, w + alpha * d, mu)
        if trial is not None:
            reached = 0.5 * float(trial.c @ trial.c) + inner * box.barrier(trial.w)
            if reached <= worth + ARMIJO * alpha * along + noise_of(w) * abs(worth):
                slopes = program.slopes(trial.values.x)
                if slopes.finite:
                    break
        alpha *= 0.5
    else:
        raise Halt(Status.LINESEARCH_FAILED, f"no step lowers the violation {program.violation(memory.values):.2e}")
    change = duals.step(box, w, d, inner)
    duals = duals.moved(change, duals.longest(change, tau), box, trial.w, inner)
    new = memory._replace(w=trial.w, values=trial.values, slopes=slopes, duals=duals, inner=inner,
                          delta=found.delta or memory.delta)  # fmt: skip
    return Restored(ended(new, trial, mu), alpha, (trial.w - w) / alpha, found)


def lowered(memory: Memory, slope: Array, fixed: float) -> float:
    """Return the barrier parameter of the step; raise Halt where ½‖c‖² is stationary within the bounds."""
    duals = memory.duals
    products = duals.products(memory.layout.box, memory.w)
    residual = max_abs(slope - duals.lower + duals.upper)

    def error(mu: float) -> float:
        return max(residual, float(np.abs(products - mu).max(initial=0.0)))

    if error(0.0) <= fixed:
        worst = float(np.abs(np.concatenate([np.maximum(memory.values.g, 0.0), memory.values.h])).max(initial=0.0))
        status = Status.INFEASIBLE if worst > VIOLATED else Status.STALLED
        raise Halt(status, f"the violation cannot be lowered from {worst:.3g}, not to first order")
    inner = memory.inner
    while inner > SHRINK * fixed and error(inner) <= TIGHTNESS * inner:
        inner *= SHRINK
    return inner


def ended(memory: Memory, trial: Trial, mu: float) -> Memory:
    """Return the memory of the method itself where a restoration has done its work."""
    if not (trial.theta <= ENOUGH * memory.restoring and memory.filter.accepts(trial.theta, trial.phi)):
        return memory
    duals = Duals.central(memory.layout.box, memory.w, mu)
    back = memory._replace(duals=duals, restoring=0.0, inner=0.0, delta=0.0, model=None)
    return back._replace(y=back.by_least_squares())
