"""Sufficient decrease from a weighted average of the last values.

Source: Zhang & Hager (2004), A nonmonotone line search technique and its application to unconstrained optimization,
equation 1.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Le

from optlab.linesearch.armijo import Armijo


@dataclass(frozen=True)
class NonmonotoneAverage(Armijo):
    """φ(α) ≤ C + c₁ · (promised change) with C₊ = (ηQC + f₊)/Q₊, Q₊ = ηQ + 1: an average that forgets.

    `Armijo` describes the other constants.

    Parameters
    ----------
    eta : float
        η: 0 is monotone, 1 the mean of all values.
    """

    eta: Annotated[float, Ge(0), Le(1)] = 0.85

    def watch(self, watched: Any, before: float, after: float) -> tuple[float, float]:
        """Return (C, Q)."""
        C, Q = watched or (before, 1.0)
        weight = self.eta * Q
        return (weight * C + after) / (weight + 1.0), weight + 1.0

    def reference(self, watched: Any, f: float) -> float:
        """Return C, which rounding must not put below f."""
        return max(float(watched[0]), f)
