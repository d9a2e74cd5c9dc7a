"""Gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.kernels.narrow import PRECISIONS
from optlab.schedules.base import Schedule
from optlab.schedules.constant_schedule import ConstantSchedule


@dataclass(frozen=True)
class HeavyBall(Optimizer):
    """Move against the gradient and repeat a part of the last step: x₊ = x − α∇f(x) + β(x − x₋).

    On a quadratic with curvature between μ and L the best constants are α = 4/(√L + √μ)² and
    β = ((√κ − 1)/(√κ + 1))², κ = L/μ: the error falls like √βᵏ (`kernels.momentum.heavy_ball_constants`). Off
    quadratics these constants may cycle (Lessard, Recht & Packard, 2016), and f is not monotone.
    Source: Polyak (1964), Some methods of speeding up the convergence of iteration methods.

    Parameters
    ----------
    step_size : float
        α; on a quadratic it converges below 2(1 + β)/L.
    momentum : float
        β, the part of the last step that is repeated.
    schedule : Schedule
        What α is multiplied by at iteration k.
    restart : str
        "never", or "function": where momentum would raise f the step is not taken, and the momentum is dropped
        (counted in `restarts`).
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("heavy_ball", "rotation")

    step_size: Annotated[float, Gt(0)] = 1e-2
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.9
    schedule: Schedule = ConstantSchedule()  # noqa: RUF009  frozen
    restart: Literal["never", "function"] = "never"

    def step(self, oracle: Oracle, state: State) -> State:
        """Return x + v₊ with v₊ = βv − α∇f(x)."""
        alpha, v = self.step_size * self.schedule.factor(state.k), state.memory
        v_new = -alpha * state.g
        if v is not None:
            v_new += self.momentum * v
        v_new.setflags(write=False)
        x = state.x + v_new
        f, g = oracle.value_and_gradient(x)
        if v is not None and self.restart == "function" and not f <= state.f:
            return state.stayed(memory=None, restarts=state.restarts + 1)
        return state.at(x, f, g, step_size=alpha, direction=v_new / alpha, memory=v_new)
