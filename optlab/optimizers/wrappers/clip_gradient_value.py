"""Clipping of the gradient's components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt

from optlab.core.problem import Array
from optlab.kernels.norms import max_abs
from optlab.optimizers._wrapper import GradientWrapper


@dataclass(frozen=True)
class ClipGradientValue(GradientWrapper):
    """Show the inner optimizer a gradient none of whose components is above `limit` in magnitude.

    It still points downhill, but not along ∇f. Where nothing is clipped the run is that of the inner optimizer bit
    for bit. The inner optimizer sees the clipped gradient alone; x, f, g and the counts that are recorded are true,
    and so is convergence. `clip_ratio` is recorded.
    Source: Mikolov (2012), Statistical language models based on neural networks; Goodfellow, Bengio & Courville
    (2016), section 10.11.1.

    Parameters
    ----------
    inner : Optimizer
        The method.
    limit : float
        The greatest |gᵢ|, in the units of f over x.
    """

    keeps: ClassVar[tuple[str, ...]] = (
        "monotone", "feasible", "stochastic", "foreign", "derivative_free", "permutation",
    )  # fmt: skip
    variants: ClassVar = ({"inner": "heavy_ball"}, {"inner": "gradient_descent_armijo", "limit": 5.0})

    limit: Annotated[float, Gt(0)] = 1.0

    def changed(self, g: Array) -> Array:
        """Return g, or g with its components moved to ±limit where they are beyond."""
        return np.clip(g, -self.limit, self.limit) if max_abs(g) > self.limit else g
