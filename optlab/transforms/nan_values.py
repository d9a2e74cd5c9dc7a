"""Answers that fail now and then."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array
from optlab.transforms._falsified import Falsifying


@dataclass(frozen=True)
class NanValues(Falsifying):
    """NaN at a random part of all points: a simulation that does not always come back.

    It teaches which methods survive: a line search that shortens its step does, a fixed step does not. The same
    point fails always; the standard start never does.

    Attributes
    ----------
    rate : float
        The part of all points that fail.
    of : str
        What is NaN there: "f", "gradient" (all entries), or "both".
    seed : int
        Of the points.

    Source: Ragonneau & Zhang (2024), OptiProfiler, feature "random_nan".
    """

    spares_start = True

    rate: Annotated[float, Ge(0), Le(1)] = 0.05
    of: Literal["f", "gradient", "both"] = "both"
    seed: Annotated[int, Ge(0)] = 0

    def falsified_value(self, x: Array, f: float) -> float:
        """Return NaN where the point fails."""
        return nan if self.of != "gradient" and self._fails(x) else f

    def falsified_gradient(self, x: Array, g: Array) -> Array:
        """Return NaN throughout where the point fails."""
        return np.full_like(g, nan) if self.of != "f" and self._fails(x) else g

    def _fails(self, x: Array) -> bool:
        return bool(self.draws(x, "point").random() < self.rate)
