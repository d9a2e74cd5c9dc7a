"""Clipping of the gradient's length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt

from optlab.core.problem import Array
from optlab.kernels.euclidean import norm
from optlab.optimizers._wrapper import GradientWrapper


@dataclass(frozen=True)
class ClipGradientNorm(GradientWrapper):
    """Show the inner optimizer a gradient that is no longer than `max_norm`; its direction stays.

    A gradient beside a cliff says where to go, but not how far. Where nothing is clipped the run is that of the inner
    optimizer bit for bit. The inner optimizer sees the clipped gradient alone; x, f, g and the counts that are
    recorded are true, and so is convergence. `clip_ratio` is recorded.
    Source: Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks, algorithm 1;
    Goodfellow, Bengio & Courville (2016), equations 10.48 and 10.49.

    Parameters
    ----------
    inner : Optimizer
        The method.
    max_norm : float
        The greatest ‖g‖, in the units of f over x.
    """

    variants: ClassVar = (
        {"inner": {"name": "adam", "step_size": 0.1}},
        {"inner": {"name": "clip_gradient_value", "limit": 0.5, "inner": "nesterov"}, "max_norm": 10.0},
        {"inner": "projected_gradient", "max_norm": 100.0},
        {"inner": {"name": "sgd", "batch": 2}},
    )

    max_norm: Annotated[float, Gt(0)] = 1.0

    def changed(self, g: Array) -> Array:
        """Return g, or g · max_norm/‖g‖ where it is longer than that."""
        length = norm(g)
        return g * (self.max_norm / length) if length > self.max_norm else g
