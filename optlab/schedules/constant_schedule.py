"""The same step length always."""

from __future__ import annotations

from dataclasses import dataclass

from optlab.schedules.base import Schedule


@dataclass(frozen=True)
class ConstantSchedule(Schedule):
    """The factor 1 throughout. Source: Bottou, Curtis & Nocedal (2018), section 4.2."""

    name = "constant"

    def factor(self, k: int) -> float:
        """Return 1."""
        return 1.0
