"""Methods that weigh violated constraints by ρ: the quadratic penalty and the augmented Lagrangian."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.kkt import FEASIBLE
from optlab.core.optimizer import Optimizer
from optlab.core.program import Program
from optlab.core.status import Halt, Status
from optlab.kernels.norms import max_abs
from optlab.kernels.penalty_terms import Augmented
from optlab.linesearch.base import noise_of
from optlab.optimizers._composed import STUCK, ComposedOptimizer, ComposedState
from optlab.optimizers._merit_view import Point
from optlab.optimizers.projected.trust_region_faces import TrustRegionFaces

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

SUSPECT = 1e-6
"""A distance to the constraints, relative to the length of x, of less than this is no infeasibility."""
STATIONARY = 1e-5
"""The distance counts as stationary where its slope is below this; 1 is that of a single constraint at the start."""
EARLY = 1e3
"""ρ has to have grown by this before infeasibility is considered."""
AWAY = 1e3
"""A merit function that leads to this many times the distance at the start, and the length of x, has no minimum."""
WILD = 1e3
"""Multipliers from least squares that weigh more than this many times ∇f are no estimates."""


class Rows(NamedTuple):
    """The lengths of the constraints' gradients at the start, (m,) and (p,), by which each becomes a distance."""

    of_g: Array
    of_h: Array

    def terms(self, rho: float, lam: Array, nu: Array) -> Augmented:
        """Return what the merit function adds to f."""
        return Augmented(lam, nu, rho / self.of_g**2, rho / self.of_h**2)

    def distances(self, point: Point) -> tuple[Array, Array]:
        """Return max(0, g) and h as distances."""
        return np.maximum(0.0, point.values.g) / self.of_g, point.values.h / self.of_h

    def distance(self, point: Point) -> float:
        """Return the greatest of the distances."""
        return max((max_abs(part) for part in self.distances(point) if part.size), default=0.0)


def rows_of(point: Point) -> Rows:
    """Return the rows' lengths; where a gradient is zero, the constraint's value stands for it, and 1 for that."""
    found = []
    for c, J in ((point.values.g, point.slopes.Jg), (point.values.h, point.slopes.Jh)):
        lengths = np.linalg.norm(J, axis=1)
        lengths = np.where((lengths > 0) & np.isfinite(lengths), lengths, np.abs(c) / length(point))
        found.append(np.where((lengths > 0) & np.isfinite(lengths), lengths, 1.0))
    return Rows(*found)


def length(point: Point) -> float:
    """Return the length of x, at least 1."""
    return max(1.0, max_abs(point.values.x))


def steepness(program: Program, point: Point) -> float:
    """‖∇f‖∞ at the start; where that is zero, a Gauss–Newton step towards the constraints away, or a step of length 1.

    It is 1 where ∇f is zero there too.
    """
    (x, _, g, h), slopes = point
    steep = max_abs(slopes.df)
    if steep == 0 and (g.size or h.size) and point.values.finite and slopes.finite:
        c = np.concatenate([np.maximum(0.0, g), h])
        step = np.linalg.lstsq(np.concatenate([slopes.Jg, slopes.Jh]), c, rcond=None)[0]
        steep = max_abs(program.oracle.gradient(program.clip(x - step if step.any() else x + length(point))))
    return steep if 0 < steep < inf else 1.0


def proportionate(point: Point, lam: Array, nu: Array) -> bool:
    """Whether no multiplier of g and h outweighs ∇f by far."""
    most = WILD * float(np.linalg.norm(point.slopes.df))
    forces = [w * np.linalg.norm(J, axis=1) for w, J in ((lam, point.slopes.Jg), (nu, point.slopes.Jh))]
    return all(max_abs(force) <= most for force in forces if force.size)


@dataclass(frozen=True)
class PenaltyState(ComposedState):
    """A state that also knows the penalty.

    Attributes
    ----------
    rho : float
        ρ, in the units of f over the square of those of x: constraints are weighed as distances.
    first_rho : float
        The first one.
    rows : Rows
        What makes a distance of a constraint.
    """

    rho: float = 0.0
    first_rho: float = 0.0
    rows: Rows | None = None

    recorded: ClassVar[tuple[str, ...]] = ("lam", "nu", "outer", "rho")


@dataclass(frozen=True)
class PenaltyOptimizer(ComposedOptimizer):
    """A method whose merit functions are f with violations weighed by ρ; a subclass writes `advance`.

    Where the merit function falls without bound ρ grows, and its minimization begins again. A point that is not
    feasible, where the distance to the constraints is stationary though ρ has grown, is INFEASIBLE.

    Parameters
    ----------
    inner : Optimizer
        What minimizes the merit functions within the bounds.
    rho : float
        The first ρ, relative to ‖∇f‖∞ over ‖x‖∞ (at least 1) at the start.
    growth : float
        What ρ is multiplied by.
    loosest, tighten : float
        The first ω, relative to ‖∇f‖∞ at the start, and what it is multiplied by from one merit function to the next.
    most : float
        The greatest ρ, relative to the first.
    """

    abstract: ClassVar[bool] = True
    state_type: ClassVar[type[ComposedState]] = PenaltyState

    inner: Optimizer = TrustRegionFaces()  # noqa: RUF009  frozen
    rho: Annotated[float, Gt(0)] = 100.0
    growth: Annotated[float, Gt(1)] = 10.0
    loosest: Annotated[float, Gt(0)] = 0.1
    tighten: Annotated[float, Gt(0), Lt(1)] = 0.1
    most: Annotated[float, Ge(1)] = 1e10

    def begin(self, program: Program, point: Point) -> dict[str, Any]:
        """Choose the first ρ and ω by the size of ∇f."""
        steep = steepness(program, point)
        rho = self.rho * steep / length(point)
        rows = rows_of(point)
        terms = rows.terms(rho, *self.first_multipliers(program, point))
        return {"rho": rho, "first_rho": rho, "rows": rows, "omega": self.loosest * steep, "terms": terms}

    def first_multipliers(self, program: Program, point: Point) -> tuple[Array, Array]:
        """Return the λ and ν of the first merit function: zeros."""
        return np.zeros_like(point.values.g), np.zeros_like(point.values.h)

    def harden(self, program: Program, state: Any, halt: Halt) -> dict[str, Any]:
        """Raise ρ and keep the multipliers, unless φ falls without bound beside the constraints: then f does."""
        if state.rows.distance(state.memory) <= state.rows.distance(state.anchor) + length(state.anchor):
            raise halt
        rho = self.raised(program, state, halt)
        terms = state.terms
        return {"rho": rho, "terms": state.rows.terms(rho, terms.lam, terms.nu)}

    def _halted(self, program: Program, state: Any, halt: Halt) -> State:
        """Go on with another merit function, unless the last that is tried stands where no feasible point is near."""
        if halt.status is not Status.UNBOUNDED and state.stuck + 1 >= STUCK:
            refuse_infeasible(program, state.rows, state.memory)
        return super()._halted(program, state, halt)

    def raised(self, program: Program, state: Any, halt: Halt | None = None) -> float:
        """Return the next ρ.

        Raises
        ------
        Halt
            INFEASIBLE where the distance is stationary; what `halt` says, or STALLED, where ρ is at its end.
        """
        point: Point = state.memory
        if state.rho >= EARLY * state.first_rho and halt is None:
            refuse_infeasible(program, state.rows, point)
        if state.rho >= self.most * state.first_rho:
            raise halt or at_its_end(state)
        return float(self.growth * state.rho)

    def next_merit(self, state: Any, rho: float, lam: Array, nu: Array) -> dict[str, Any]:
        """Return ρ, the terms and the ω of the next merit function: none that rounding in the constraints hides."""
        omega = max(self.tighten * state.omega, self.least_omega(state, rho))
        return {"rho": rho, "omega": omega, "terms": state.rows.terms(rho, lam, nu)}

    def least_omega(self, state: Any, rho: float) -> float:
        """Return the ω that rounding in the constraints leaves, for a ρ."""
        return noise_of(state.x) * rho * length(state.memory)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ or complementarity; ‖∇f‖∞ times the relative distance while the constraints are too far away."""
        assert isinstance(state, PenaltyState)
        assert state.rows is not None
        stationarity = super().stationarity(oracle, state)
        distance = state.rows.distance(state.memory) / length(state.memory)
        return max(stationarity, distance * max_abs(state.g)) if distance > FEASIBLE else stationarity

    def ran_away(self, program: Program, state: Any) -> bool:
        """Whether the constraints are much farther away than where this merit function began."""
        now, then = state.rows.distance(state.memory), state.rows.distance(state.anchor)
        return bool(now > AWAY * max(then, length(state.anchor)))


def at_its_end(state: Any) -> Halt:
    """Return the verdict where ρ must not grow further."""
    point: Point = state.memory
    note = f"the penalty is at its greatest, {state.rho:.1e}; the constraints are {state.rows.distance(point):.1e} away"
    pushes = np.concatenate([state.lam[: point.values.g.size] * state.rows.of_g, state.nu * state.rows.of_h])
    if max_abs(pushes) > WILD * max_abs(point.slopes.df):
        note += ": the multipliers grow without bound, as where no constraint qualification holds"
    return Halt(Status.STALLED, note)


def refuse_infeasible(program: Program, rows: Rows, point: Point) -> None:
    """Raise Halt(INFEASIBLE) where ½‖distances‖² is stationary within the bounds, and not zero."""
    g, h = rows.distances(point)
    distance = float(np.sqrt(g @ g + h @ h))
    slope = (g / rows.of_g) @ point.slopes.Jg + (h / rows.of_h) @ point.slopes.Jh
    x = point.values.x
    slope = np.where(((x <= program.lo) & (slope > 0)) | ((x >= program.hi) & (slope < 0)), 0.0, slope)
    if distance > SUSPECT * length(point) and max_abs(slope) <= STATIONARY * distance:
        flat = max_abs(slope) / distance
        raise Halt(
            Status.INFEASIBLE, f"the distance to the constraints, {distance:.3g}, is stationary: slope {flat:.1e}"
        )
