"""The quadratic programs of sequential quadratic programming: linearized constraints, elastic where they have to be."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import numpy as np

from optlab.core.optimizer import State
from optlab.core.problem import Array
from optlab.core.program import Program, Slopes, Values
from optlab.core.status import Halt, Status
from optlab.kernels import qp_dual
from optlab.kernels.norms import max_abs
from optlab.kernels.qp import Outcome, QPSolution, QuadraticProgram

DEAR, DEAREST = 10.0, 1e8
"""What a unit of violation may cost, at first and at last, in units of ‖∇f‖ over the length of its row at the start."""
MARGIN = 2.0
"""A constraint weighs this many times its multiplier in the merit function: multipliers are estimates at first."""
CHEAP = 0.1
"""What a unit of violation weighs at least in the merit function, in the units of DEAR."""
STRIDE = 10.0
"""A step is at most this many times as long as x, or as 1 where x is shorter, in each variable."""
DEARER = 10.0
"""By what the price of violation rises."""
STEERED = 0.1
"""The program has to take away this fraction of the violation that can be taken away at all."""
HOPELESS = 1e-6
"""Where less than this fraction of the violation, or of the length of x if that is less, can be gained, to first order,
there is no feasible point nearby."""
MET = 1e-9
"""A violation is none when, as a distance, it is this fraction of the length of x, or of 1 where that is shorter."""


class Memory(NamedTuple):
    """What a step needs of those before.

    Attributes
    ----------
    values, slopes : Values, Slopes
        Functions and first derivatives at the iterate.
    model : object
        What the variant remembers of the Hessian; None at first.
    active : tuple of int
        The working set of the last quadratic program.
    weights : (m + p,) array
        What a unit of violation weighs in the merit function.
    prices : (m + p,) array
        What it costs at most in the quadratic program.
    steepest : float
        The greatest ‖∇f‖ so far.
    units : (m + p,) array
        Lengths of the constraints' gradients at the start: what turns violations into distances.
    hopeless : float
        The violation, as a distance, where the last program could not lower it to first order; else infinite.
    size : float
        |f| at the start, or what its first step promised: by this a fall without bound is known.
    """

    values: Values
    slopes: Slopes
    model: Any
    active: tuple[int, ...]
    weights: Array
    prices: Array
    steepest: float
    units: Array
    hopeless: float
    size: float


class Plan(NamedTuple):
    """A quadratic program and its solution.

    Attributes
    ----------
    program : QuadraticProgram
        In the step d.
    found : QPSolution
        The step, and multipliers that go with the program's matrix.
    lam, nu : (m,), (p,) arrays
        Multipliers of the problem.
    left : (m + p,) array
        The violation that the step leaves, to first order.
    prices : (m + p,) array
        As in `Memory`, raised where they had to be.
    hopeless : float
        As in `Memory`.
    """

    program: QuadraticProgram
    found: QPSolution
    lam: Array
    nu: Array
    left: Array
    prices: Array
    hopeless: float = inf


def first_curvature(state: State) -> float:
    """Return the b for which a free step −∇f/b is as long as x, or 1 where that is longer."""
    return norm(state.g) / max(1.0, norm(state.x))


def norm(v: Array) -> float:
    """‖v‖, 1 where that is zero."""
    return float(np.sqrt(v.dot(v))) or 1.0


def weighed(memory: Memory, plan: Plan, *, falling: bool) -> Array:
    """Return the weights of the merit function: a multiple of |λ|, or its mean with the weight before if more.

    Where they are not to fall, that weight itself takes the place of the mean.

    None falls below a small multiple of ‖∇f‖ over the row's length: a constraint that seems out of reach still counts.
    None exceeds the price in the program, so that a step which the program likes lowers the merit function too.

    Source: Powell (1978), A fast algorithm for nonlinearly constrained optimization calculations.
    """
    strength = MARGIN * np.abs(np.concatenate([plan.found.lam, plan.found.nu]))
    least = CHEAP * norm(memory.slopes.df) / memory.units
    before = 0.5 * (memory.weights + strength) if falling else memory.weights
    weights = np.maximum(least, np.maximum(strength, before))
    return np.asarray(np.minimum(weights, plan.prices))


def violation_of(g: Array, h: Array) -> Array:
    """Return max(0, g) and |h|, (m + p,)."""
    return np.concatenate([np.maximum(g, 0.0), np.abs(h)])


def violations(values: Values) -> Array:
    """Return the violation of every constraint, (m + p,)."""
    return violation_of(values.g, values.h)


def distance(values: Values, memory: Memory) -> float:
    """Return the sum of all violations as distances."""
    return float((violations(values) / memory.units).sum())


def linearized(program: Program, memory: Memory, H: Array) -> QuadraticProgram:
    """Return the quadratic program in the step d. Source: Nocedal & Wright (2006), equation 18.11."""
    values, slopes = memory.values, memory.slopes
    far = STRIDE * max(1.0, max_abs(values.x))
    return QuadraticProgram(
        H,
        slopes.df,
        slopes.Jg,
        -values.g,
        slopes.Jh,
        -values.h,
        np.maximum(program.lo - values.x, -far),
        np.minimum(program.hi - values.x, far),
    )


def solved(qp: QuadraticProgram, memory: Memory) -> Plan:
    """Return the plan of a program with a positive definite H, elastic where it has to be.

    Source: Gill, Murray & Saunders (2005), SNOPT, section 3.3 (elastic mode); Byrd, Nocedal & Waltz (2008), Steering
    exact penalty methods for nonlinear programming, section 3.

    Raises
    ------
    Halt
        INFEASIBLE, where no step lowers the violation to first order, and the last step did not either: a single
        point may be one where it is greatest. SINGULAR_KKT, where the program is not solved.
    """
    prices = np.maximum(memory.prices, DEAR * memory.steepest / memory.units)
    found = qp_dual.solve(qp, memory.active)
    there = found.outcome is Outcome.OPTIMAL
    if there and np.all(np.concatenate([found.lam, np.abs(found.nu)]) <= prices):
        return Plan(qp, found, found.lam, found.nu, np.zeros_like(prices), prices)
    total = distance(memory.values, memory)
    length = max(1.0, max_abs(memory.values.x))
    gain = total - _least(qp, memory, total, length) if total > MET * length else 0.0
    hopeless = total if total > MET * length and gain <= HOPELESS * min(total, length) else inf
    if hopeless < inf and total >= (1.0 - HOPELESS) * memory.hopeless:
        raise infeasible(memory)
    most = DEAREST * memory.steepest / memory.units
    while True:
        found = qp_dual.solve(qp, memory.active, prices)
        if found.outcome is not Outcome.OPTIMAL:
            raise Halt(Status.SINGULAR_KKT, f"the quadratic program is not solved: {found.outcome.value}")
        left = _left(qp, found.x)
        gained = total - float((left / memory.units).sum())
        if gained >= STEERED * gain or (prices >= most).all():
            return Plan(qp, found, found.lam, found.nu, left, prices, hopeless)
        prices = np.minimum(DEARER * prices, most)


def infeasible(memory: Memory) -> Halt:
    """Return the verdict where no step lowers the violation."""
    most = violations(memory.values).max()
    return Halt(
        Status.INFEASIBLE, f"the constraints are violated by {most:.3g}, and no step lowers that to first order"
    )


def _left(qp: QuadraticProgram, d: Array) -> Array:
    return violation_of(qp.A @ d - qp.b, qp.E @ d - qp.e)


def _least(qp: QuadraticProgram, memory: Memory, total: float, length: float) -> float:
    """Return the least violation, as a distance, of the linearized constraints within a unit length of x."""
    n = qp.q.size
    near = qp._replace(H=(HOPELESS * total / length**2) * np.eye(n, dtype=qp.q.dtype), q=np.zeros_like(qp.q),
                       lo=np.maximum(qp.lo, -length), hi=np.minimum(qp.hi, length))  # fmt: skip
    found = qp_dual.solve(near, (), 1.0 / memory.units)
    return float((_left(qp, found.x) / memory.units).sum()) if found.outcome is Outcome.OPTIMAL else 0.0
