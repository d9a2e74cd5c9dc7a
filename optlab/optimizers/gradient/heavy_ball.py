"""Gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
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
        When the momentum is dropped (counted in `restarts`): "never", where f has risen ("function"), or where the
        last step points uphill ("gradient").
    """

    properties: ClassVar[tuple[str, ...]] = ("heavy_ball", "rotation")

    step_size: Annotated[float, Gt(0)] = 1e-2
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.9
    schedule: Schedule = ConstantSchedule()  # noqa: RUF009  frozen
    restart: Literal["never", "function", "gradient"] = "never"

    def step(self, oracle: Oracle, state: State) -> State:
        """Return x + v₊ with v₊ = βv − α∇f(x)."""
        alpha = self.step_size * self.schedule.factor(state.k)
        last: tuple[Array, float] | None = state.memory
        dropped = last is not None and self._restarts(state, *last)
        v = -alpha * state.g
        if last is not None and not dropped:
            v = self.momentum * last[0] + v
        x = state.x + v
        f, g = oracle.value_and_gradient(x)
        v.setflags(write=False)
        return state.at(x, f, g, step_size=alpha, direction=v / alpha, memory=(v, state.f),
                        restarts=state.restarts + dropped)  # fmt: skip

    def _restarts(self, state: State, v: Array, before: float) -> bool:
        """Source: O'Donoghue & Candès (2015), section 3.2."""
        if self.restart == "function":
            return state.f > before
        return self.restart == "gradient" and float(state.g.dot(v)) > 0
