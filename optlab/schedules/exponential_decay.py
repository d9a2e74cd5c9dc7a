"""A step length that falls by the same factor every iteration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Le

from optlab.schedules.base import Schedule


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """The factor rateᵏ.

    The steps sum to 1/(1 − rate) times the first: the iterates cannot go farther than that, whatever the minimizer.
    Source: Goffin (1977), On convergence rates of subgradient optimization methods, for geometric steps.

    Parameters
    ----------
    rate : float
        The ratio of two successive steps.
    """

    rate: Annotated[float, Gt(0), Le(1)] = 0.999

    def factor(self, k: int) -> float:
        """Return rateᵏ."""
        return float(self.rate**k)
