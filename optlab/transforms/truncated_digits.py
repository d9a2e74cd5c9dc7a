"""Answers of a few digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array
from optlab.transforms._falsified import Falsifying


@dataclass(frozen=True)
class TruncatedDigits(Falsifying):
    """f, and the gradient where asked, to so many significant decimal digits: what a simulation writes to a file.

    It teaches what f being a step function on the small scale does to line searches and to finite differences.

    Attributes
    ----------
    digits : int
        Significant digits, rounded to nearest.
    gradient : bool
        Whether the gradient is rounded too.

    Source: Ragonneau & Zhang (2024), OptiProfiler, feature "truncated".
    """

    digits: Annotated[int, Ge(1), Le(17)] = 6
    gradient: bool = False

    def falsified_value(self, x: Array, f: float) -> float:
        """Round f."""
        return float(rounded(f, self.digits))

    def falsified_gradient(self, x: Array, g: Array) -> Array:
        """Round every entry."""
        return np.asarray(rounded(g, self.digits)) if self.gradient else g


def rounded(values: Any, digits: int) -> Any:
    """Return numbers rounded to significant decimal digits; 0 and what is not finite as they are."""
    values = np.asarray(values, dtype=float)
    text = np.char.mod(f"%.{digits - 1}e", np.atleast_1d(values))
    return np.where(np.isfinite(values), text.astype(float).reshape(values.shape), values)
