"""Projected gradient with a fixed step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.kernels.narrow import PRECISIONS
from optlab.schedules.base import Schedule
from optlab.schedules.constant_schedule import ConstantSchedule


@dataclass(frozen=True)
class ProjectedGradientFixed(Optimizer):
    """x₊ = P(x − ε∇f(x)): a gradient step of fixed size, and the nearest feasible point.

    Converges for every ε below 2/L. Where f is μ-strongly convex the distance to x* falls by max(|1 − εμ|, |1 − εL|) a
    step at least, whatever the set: (κ − 1)/(κ + 1) at the best fixed choice ε = 2/(L + μ). Without a set it is
    gradient descent.
    Source: Goldstein (1964); Levitin & Polyak (1966); Bertsekas (1999), proposition 2.3.2.

    Parameters
    ----------
    step_size : float
        ε.
    schedule : Schedule
        What the step of iteration k is multiplied by.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "projection")
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds")
    properties: ClassVar[tuple[str, ...]] = ("fixed_step", "feasible")

    step_size: Annotated[float, Gt(0)] = 1e-2
    schedule: Schedule = ConstantSchedule()  # noqa: RUF009  frozen

    def step(self, oracle: Oracle, state: State) -> State:
        """Return P(x − ε∇f(x))."""
        epsilon = self.step_size * self.schedule.factor(state.k)
        x = oracle.project(state.x - epsilon * state.g)
        f, g = oracle.value_and_gradient(x)
        return state.at(x, f, g, step_size=epsilon, direction=(x - state.x) / epsilon)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
