"""A step length that first grows, then follows another schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from optlab.schedules.base import Schedule
from optlab.schedules.constant_schedule import ConstantSchedule


@dataclass(frozen=True)
class WarmUp(Schedule):
    """For `steps` iterations the first factor of `inner` times (k + 1)/(steps + 1); then `inner` from its beginning.

    Source: Goyal et al. (2017), Accurate, large minibatch SGD, section 2.2, gradual warm-up.

    Parameters
    ----------
    inner : Schedule
        What follows; its k = 0 is the first iteration after the warm-up.
    steps : int
        Iterations of the warm-up.
    """

    inner: Schedule = ConstantSchedule()  # noqa: RUF009  frozen
    steps: Annotated[int, Ge(0)] = 100

    def factor(self, k: int) -> float:
        """Return the share of the warm-up, or what `inner` says."""
        if k < self.steps:
            return self.inner.factor(0) * (k + 1) / (self.steps + 1)
        return self.inner.factor(k - self.steps)
