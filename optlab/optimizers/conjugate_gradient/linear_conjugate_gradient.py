"""Conjugate gradients on a quadratic."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from optlab.core.optimizer import Optimizer, State
from optlab.core.status import Halt, Status
from optlab.kernels.conjugate_gradient import ratio
from optlab.kernels.narrow import PRECISIONS, eps

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

DRIFT = 0.5
"""A residual that is wrong by this fraction of the gradient is given up."""


class Residual(NamedTuple):
    """r, which is ∇f by its recurrence, shape (n,), its square rᵀr, and the direction d that leaves x, shape (n,)."""

    r: Array
    squared: float
    direction: Array


@dataclass(frozen=True)
class ResidualState(State):
    """A state that knows by what fraction of ‖∇f‖ the residual of the recurrence is wrong, ‖r − ∇f‖/‖∇f‖."""

    drift: float = 0.0

    recorded: ClassVar[tuple[str, ...]] = ("drift",)


@dataclass(frozen=True)
class LinearConjugateGradient(Optimizer):
    """The conjugate gradient method of Hestenes and Stiefel, for f = ½xᵀHx − bᵀx by products Hd.

    α = rᵀr/dᵀHd is the exact step, r₊ = r + αHd the new gradient without evaluating it, β = r₊ᵀr₊/rᵀr. In exact
    arithmetic it ends in as many steps as H has distinct eigenvalues; in floating point the residuals lose their
    orthogonality and it takes longer, though never longer than Chebyshev's bound 2((√κ − 1)/(√κ + 1))^k allows. f and
    ∇f are evaluated at each iterate for the record; where r has drifted from ∇f by half of it, the method starts again
    from ∇f (counted in `restarts`). A direction without positive curvature ends the run.
    Source: Hestenes & Stiefel (1952); Nocedal & Wright (2006), algorithm 5.2 and equation 5.36.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp", "quadratic")
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("conjugate_gradient", "f_homogeneous", "rotation")

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start."""
        f, g = oracle.value_and_gradient(x0)
        return ResidualState(x0, f, g)

    def step(self, oracle: Oracle, state: State) -> State:
        """Go to the minimum along d and turn."""
        assert isinstance(state, ResidualState)
        memory, restarts = state.memory, state.restarts
        if memory is not None and not state.drift < DRIFT:
            memory, restarts = None, restarts + 1
        r, squared, d = memory or Residual(state.g, float(state.g.dot(state.g)), -state.g)
        Hd = oracle.hvp(state.x, d)
        curvature = float(d.dot(Hd))
        alpha = step_length(squared, curvature, eps(d) * sqrt(float(d.dot(d)) * float(Hd.dot(Hd))))
        x, r = state.x + alpha * d, r + alpha * Hd
        f, g = oracle.value_and_gradient(x)
        gap, new_squared = r - g, float(r.dot(r))
        drift = ratio(sqrt(float(gap.dot(gap))), sqrt(float(g.dot(g))))
        memory = Residual(r, new_squared, (new_squared / squared) * d - r)
        return state.at(x, f, g, step_size=alpha, direction=d, memory=memory, drift=drift, restarts=restarts)


def step_length(squared: float, curvature: float, rounding: float) -> float:
    """Return rᵀr/dᵀHd.

    Raises
    ------
    Halt
        NEGATIVE_CURVATURE where dᵀHd is not positive above its rounding, NONFINITE where it is no number, STALLED
        where rᵀr underflows.
    """
    if not isfinite(curvature):
        raise Halt(Status.NONFINITE, f"dᵀHd is not finite ({curvature})")
    if not squared > 0:
        raise Halt(Status.STALLED, "the gradient is zero or its square underflows")
    if not curvature > rounding:
        raise Halt(Status.NEGATIVE_CURVATURE, f"dᵀHd = {curvature:.3g}: the quadratic has no minimum along d")
    alpha = squared / curvature
    if not isfinite(alpha):
        raise Halt(Status.NONFINITE, f"rᵀr/dᵀHd = {squared:.3g}/{curvature:.3g} is not finite")
    return alpha
