"""A step length that drops at regular intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

from optlab.schedules.base import Schedule


@dataclass(frozen=True)
class StepDecay(Schedule):
    """The factor is multiplied by `drop` after every `every` iterations: drop^⌊k/every⌋.

    Source: Bottou, Curtis & Nocedal (2018), section 4.2, fixed steps that are halved when progress stops; Krizhevsky,
    Sutskever & Hinton (2012), section 5, for the factor 1/10.

    Parameters
    ----------
    drop : float
        What a drop multiplies the step by.
    every : int
        Iterations between two drops.
    """

    drop: Annotated[float, Gt(0), Le(1)] = 0.1
    every: Annotated[int, Ge(1)] = 1000

    def factor(self, k: int) -> float:
        """Return drop^⌊k/every⌋."""
        return float(self.drop ** (k // self.every))
