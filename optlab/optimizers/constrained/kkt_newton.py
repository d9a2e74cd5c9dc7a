"""Newton's method on the KKT conditions of equality constraints."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.program import NONE, MultiplierState
from optlab.core.status import Halt, Status
from optlab.kernels.norms import max_abs
from optlab.kernels.null_space import Normal, norm, normal_step, tangential_step
from optlab.linesearch.base import noise_of

FEASIBLE = 1e-7
"""A distance to the constraints of less than this part of the length of x is no infeasibility."""
STATIONARY = 1e-6
"""The distance is stationary where a step can remove less than this part of it, or of the longest step."""
FAR = 1e3
"""The step towards the constraints is no longer than this many lengths of x."""
SLIGHT = 0.1
"""The first σ, relative to ‖∇f‖ at the start."""
REACH = 2.0**53
"""A step without curvature that is this many lengths of x long, and accepted, finds f unbounded."""


class Point(NamedTuple):
    """An iterate with all that is evaluated there.

    Attributes
    ----------
    x, f, g : (n,) array, float, (n,) array
        As in State.
    h, J : (p,), (p, n) arrays
        The constraints, and their Jacobian, as distances: over the lengths of the gradients at the start.
    nu : (p,) array
        The multipliers of least squares.
    residual : float
        ‖(∇f + Jᵀν, w h)‖ with the weight w of a distance, ‖∇f‖ at the start.
    """

    x: Array
    f: float
    g: Array
    h: Array
    J: Array
    nu: Array
    residual: float


class Memory(NamedTuple):
    """What the method remembers.

    Attributes
    ----------
    here : Point
        The iterate.
    rows : (p,) array
        The lengths of the constraints' gradients at the start.
    weight : float
        w.
    sigma : float
        σ, the weight of ‖h‖ in the merit function.
    best : float
        The least residual so far.
    reach : float
        The longest step without positive curvature, in lengths of x.
    """

    here: Point
    rows: Array
    weight: float
    sigma: float
    best: float
    reach: float


@dataclass(frozen=True)
class KKTNewton(Optimizer):
    """Newton on ∇f + Jᵀν = 0, h = 0, from a start that need not be feasible; made to find minima.

    The step solves [[W, Jᵀ], [J, 0]] (p, ν₊) = −(∇f, h) by the null space of J, W being the Hessian of the Lagrangian:
    its normal part is the least-squares solution of h + Jp = 0, so that dependent rows are no obstacle, and where W is
    not positive definite on the null space its eigenvalues there are replaced by their magnitudes. ν is that of least
    squares. Backtracking lowers f + σ‖h‖; a full step that raises ‖h‖ is first corrected for the constraints'
    curvature, and one with a definite W is also accepted where it lowers the residual of the KKT conditions to a part
    of the least so far, as it does near a solution. Once linear constraints are met, all further iterates meet them.
    Where no step can lower ‖h‖ the run ends: INFEASIBLE, or SINGULAR_KKT where ‖h‖ is not least there.
    Source: Boyd & Vandenberghe (2004), algorithms 9.5 and 10.2; Nocedal & Wright (2006), sections 15.3, 16.2 and 18.3,
    algorithm 18.3.

    Parameters
    ----------
    c1 : float
        The merit function has to fall by this part of what its slope promises.
    enough : float
        The part of the least residual so far that makes a Newton step acceptable.
    shrink : float
        What a rejected step is multiplied by.
    trials : int
        Most trials of a step.
    share : float
        σ is such that at least this part of what the linearized constraints promise remains beside f.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "lagrangian_hessian")
    handles: ClassVar[tuple[str, ...]] = ("equality",)
    factors: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("newton", "f_homogeneous")

    c1: Annotated[float, Gt(0), Lt(0.5)] = 1e-4
    enough: Annotated[float, Gt(0), Lt(1)] = 0.5
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.5
    trials: Annotated[int, Ge(1)] = 50
    share: Annotated[float, Gt(0), Lt(1)] = 0.5

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start and take ν from least squares, argmin ‖∇f + Jᵀν‖."""
        f, g = oracle.value_and_gradient(x0)
        lengths = np.linalg.norm(oracle.equality_jacobian(x0), axis=1)
        rows = np.where((lengths > 0) & np.isfinite(lengths), lengths, 1.0)
        weight = norm(g) or 1.0
        here = _point(oracle, x0, f, rows, weight)
        return _state(MultiplierState(x0, f, g), Memory(here, rows, weight, SLIGHT * weight, here.residual, 1.0))

    def step(self, oracle: Oracle, state: State) -> State:
        """Solve for the step and find a length for it."""
        assert isinstance(state, MultiplierState)
        memory: Memory = state.memory
        here, length = memory.here, max(1.0, max_abs(state.x))
        normal = normal_step(here.J, here.h, FAR * length)
        self._refuse(oracle, memory, normal, length)
        W = oracle.lagrangian_hessian(state.x, NONE, here.nu)
        tangential = tangential_step(normal.Z, W, here.g + W @ normal.p, memory.reach * length, FAR * length)
        p = normal.p + tangential.p
        left = norm(here.h + here.J @ p)  # more than the normal step leaves, where directions counted as null
        memory = memory._replace(sigma=self._weight(memory, left, p, W))
        found = self._search(oracle, memory, left, p, tangential.convex)
        if found is None:
            raise self._failure(oracle, memory, p)
        t, there, d = found
        reach = memory.reach
        if not tangential.convex:
            reach *= 4.0 if t == 1.0 else 0.25
            if reach > REACH:
                raise Halt(
                    Status.UNBOUNDED, f"f falls to {there.f:.6g} along directions without curvature, and further on"
                )
        memory = memory._replace(here=there, best=min(memory.best, there.residual), reach=reach)
        return _state(state.at(there.x, there.f, there.g, step_size=t, direction=d), memory)

    def _weight(self, memory: Memory, left: float, p: Array, W: Array) -> float:
        """Return σ, raised where the merit function would not fall along p. Source: (18.36) of Nocedal & Wright."""
        gain = norm(memory.here.h) - left
        if not gain > noise_of(p) * norm(memory.here.h):
            return memory.sigma
        promised = float(memory.here.g.dot(p)) + 0.5 * max(0.0, float(p.dot(W @ p)))
        return max(memory.sigma, promised / ((1.0 - self.share) * gain))

    def _search(
        self, oracle: Oracle, memory: Memory, left: float, p: Array, newton: bool
    ) -> tuple[float, Point, Array] | None:
        """Return the length, the point and the direction of an acceptable step."""
        here, sigma = memory.here, memory.sigma
        height = norm(here.h)
        slope = float(here.g.dot(p)) - sigma * (height - left)
        merit, noise = here.f + sigma * height, noise_of(p) * (abs(here.f) + sigma * height)

        def lower(f: float, h: Array, t: float) -> bool:
            now = f + sigma * norm(h)
            return isfinite(now) and now <= merit + self.c1 * t * slope and merit - now > noise

        t = 1.0
        for _ in range(self.trials):
            x = here.x + t * p
            if (x == here.x).all():
                return None
            f, h = oracle.value(x), oracle.equality(x) / memory.rows
            if f == -inf and np.isfinite(h).all():
                raise Halt(Status.UNBOUNDED, f"f falls from {here.f:.6g} to -inf")
            if lower(f, h, t):
                there = _point(oracle, x, f, memory.rows, memory.weight)
                if isfinite(there.residual):
                    return t, there, p
            elif t == 1.0 and isfinite(f) and np.isfinite(h).all():
                if newton:
                    there = _point(oracle, x, f, memory.rows, memory.weight)
                    if there.residual <= self.enough * memory.best:
                        return t, there, p
                if norm(h) > height:
                    d = p + normal_step(here.J, h, norm(p)).p  # the second-order correction
                    x = here.x + d
                    f, h = oracle.value(x), oracle.equality(x) / memory.rows
                    if lower(f, h, t):
                        there = _point(oracle, x, f, memory.rows, memory.weight)
                        if isfinite(there.residual):
                            return t, there, d
            t *= self.shrink
        return None

    def _refuse(self, oracle: Oracle, memory: Memory, normal: Normal, length: float) -> None:
        """Raise Halt where the distance to the constraints is stationary and not zero."""
        here = memory.here
        height = norm(here.h)
        if height <= FEASIBLE * length or height - normal.left > STATIONARY * min(height, FAR * length):
            return
        nu = here.h / memory.rows
        curvature = here.J.T @ here.J
        if isfinite(norm(nu)):
            flat = oracle.lagrangian_hessian(here.x, NONE, np.zeros_like(nu))
            curvature = curvature + oracle.lagrangian_hessian(here.x, NONE, nu) - flat
        values = np.linalg.eigvalsh(curvature)
        if values[0] < -STATIONARY * np.abs(values).max():
            raise Halt(Status.SINGULAR_KKT, f"the gradients of the constraints, {height:.3g} away, show no way to them")
        note = f"the distance to the constraints, {height:.3g}, is least here: no step lowers it"
        raise Halt(Status.INFEASIBLE, note)

    def _failure(self, oracle: Oracle, memory: Memory, p: Array) -> Halt:
        here = memory.here
        f = oracle.value(here.x + self.shrink**self.trials * p)
        if not isfinite(f):
            return Halt(Status.NONFINITE, f"f is not finite however short the step (f = {f})")
        forces = norm(here.g) + memory.weight * norm(here.J.ravel()) * max(1.0, norm(here.x))
        if here.residual <= 1e2 * noise_of(p) * forces:
            return Halt(Status.STALLED, f"the residual {here.residual:.1e} is at the level of rounding")
        return Halt(
            Status.LINESEARCH_FAILED, f"no step along Newton's direction improves on the residual {here.residual:.1e}"
        )

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇f + Jᵀν‖∞; whether h = 0 the driver checks."""
        here: Point = state.memory.here
        return max_abs(here.g + (here.nu * state.memory.rows) @ here.J)


def _state(state: MultiplierState, memory: Memory) -> State:
    """Return the state with its memory, and the multipliers in it."""
    from dataclasses import replace

    return replace(state, nu=memory.here.nu, memory=memory)


def _point(oracle: Oracle, x: Array, f: float, rows: Array, weight: float) -> Point:
    """Return what belongs to x, f being known; its residual is NaN where anything is not finite."""
    g, h, J = oracle.gradient(x), oracle.equality(x), oracle.equality_jacobian(x)
    if not (np.isfinite(g).all() and np.isfinite(h).all() and np.isfinite(J).all()):
        return Point(x, f, g, h / rows, J / rows[:, None], np.zeros_like(h), float("nan"))
    nu = np.asarray(np.linalg.lstsq(J.T, -g, rcond=None)[0], dtype=x.dtype)
    nu.setflags(write=False)
    residual = norm(np.concatenate([g + nu @ J, weight * (h / rows)]))
    return Point(x, f, g, h / rows, J / rows[:, None], nu, residual)
