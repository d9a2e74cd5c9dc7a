"""A step length that falls like a power of 1/k."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt

from optlab.schedules.base import Schedule


@dataclass(frozen=True)
class Inverse(Schedule):
    """The factor a/(k + b)ᵖ.

    For ½ < p ≤ 1 the steps sum to infinity and their squares do not, which noisy gradients need.
    Source: Robbins & Monro (1951); Bottou, Curtis & Nocedal (2018), section 4.2.

    Parameters
    ----------
    a : float
        Scale; the first factor is a/bᵖ.
    b : float
        How many iterations count as already done.
    p : float
        Power of the decay; 0 is constant.
    """

    a: Annotated[float, Gt(0)] = 1.0
    b: Annotated[float, Gt(0)] = 1.0
    p: Annotated[float, Ge(0)] = 1.0

    def factor(self, k: int) -> float:
        """Return a/(k + b)ᵖ."""
        return float(self.a / (k + self.b) ** self.p)
