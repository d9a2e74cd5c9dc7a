"""Steps along the gradient's direction, whatever its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.core.problem import Array
from optlab.kernels.euclidean import norm
from optlab.optimizers._wrapper import GradientWrapper


@dataclass(frozen=True)
class NormalizeGradient(GradientWrapper):
    """Show the inner optimizer g/‖g‖: its steps have the length of its `step_size`, on plateaus and cliffs alike.

    A fixed step does not converge then, but ends in a cycle around the minimizer; a schedule that decays makes it
    converge. A gradient of 0 stays 0. x, f, g and the counts that are recorded are true. `clip_ratio` is 1/‖g‖.
    Source: Shor (1985), Minimization methods for non-differentiable functions, section 2.1; Nesterov (1984) for
    quasi-convex f.

    Parameters
    ----------
    inner : Optimizer
        The method.
    """

    variants: ClassVar = ({"inner": {"name": "heavy_ball", "momentum": 0.5, "schedule": "inverse"}},)

    def changed(self, g: Array) -> Array:
        """Return g/‖g‖."""
        length = norm(g)
        return g / length if length > 0 else g
