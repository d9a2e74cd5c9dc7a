"""A step length that falls along a cosine, once or again and again."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import Annotated

from annotated_types import Ge, Gt, Le

from optlab.schedules.base import Schedule


@dataclass(frozen=True)
class Cosine(Schedule):
    """least + (1 − least) · ½(1 + cos(πj/period)), j iterations after the period began.

    Without restarts the factor stays at `least` after the period; with them it is 1 again, and every period is
    `growth` times as long as the last.
    Source: Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, equation 5.

    Parameters
    ----------
    period : int
        Iterations of the first period.
    least : float
        What the factor falls to, above 0 so that the method never stands still.
    restarts : bool
        Whether another period follows.
    growth : int
        How many times longer each period is than the last (the paper's T_mult).
    """

    period: Annotated[int, Ge(1)] = 1000
    least: Annotated[float, Gt(0), Le(1)] = 1e-3
    restarts: bool = False
    growth: Annotated[int, Ge(1)] = 1

    def factor(self, k: int) -> float:
        """Return the cosine at the place of k in its period."""
        j, period = k, self.period
        if self.restarts and self.growth == 1:
            j = k % period
        while self.restarts and j >= period:
            j, period = j - period, period * self.growth
        return self.least + (1.0 - self.least) * 0.5 * (1.0 + cos(pi * min(j / period, 1.0)))
