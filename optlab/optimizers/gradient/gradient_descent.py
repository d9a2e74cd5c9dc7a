"""Gradient descent with a fixed step."""

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
class GradientDescent(Optimizer):
    """Move against the gradient by a fixed multiple.

    Converges on a quadratic for every step below 2/L; 2/(L + μ) is the best fixed choice.
    Source: Cauchy (1847); Goodfellow, Bengio & Courville (2016), section 4.3.

    Parameters
    ----------
    step_size : float
        ε, the multiple.
    schedule : Schedule
        What the step of iteration k is multiplied by.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("fixed_step",)

    step_size: Annotated[float, Gt(0)] = 1e-2
    schedule: Schedule = ConstantSchedule()  # noqa: RUF009  frozen

    def step(self, oracle: Oracle, state: State) -> State:
        """Return x − ε∇f(x)."""
        return state.moved(oracle, direction=-state.g, step_size=self.step_size * self.schedule.factor(state.k))
