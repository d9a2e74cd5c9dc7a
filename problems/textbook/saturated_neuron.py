"""A neuron that starts out sure and wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.least_squares import LeastSquares

INPUTS = np.array([-1.0, 1.0])


@dataclass(frozen=True)
class SaturatedNeuron(LeastSquares):
    """Σ (σ(wzᵢ + b) − yᵢ)² at z = −1, 1: a sigmoid neuron that starts out sure and wrong.

    It teaches why squared error and a sigmoid do not go together: where the neuron is wrong with certainty, σ′ and with
    it the gradient are all but 0. y = σ(z), so that w = 1, b = 0 is exact; it is the only critical point, since
    the Jacobian is regular everywhere. Along rays f tends to constants: plateaus without a minimum.

    Source: Goodfellow, Bengio & Courville (2016), section 6.2.2.2 (sigmoid units and mean squared error).
    """

    suites = ("textbook",)
    tags = ("least_squares", "nonconvex")
    dimension = 2

    def residuals(self, x: Any) -> Any:
        return 0.5 * (np.tanh(0.5 * (x[0] * INPUTS + x[1])) - np.tanh(0.5 * INPUTS))

    def jacobian(self, x: Array) -> Array:
        slope = sigmoid_slope(x[0] * INPUTS + x[1])
        return np.column_stack([slope * INPUTS, slope])

    def curvature(self, x: Array, w: Array) -> Array:
        t = x[0] * INPUTS + x[1]
        bend = -w * sigmoid_slope(t) * np.tanh(0.5 * t)
        apart, both = bend @ INPUTS, bend.sum()
        return np.array([[both, apart], [apart, both]])

    def start(self) -> Array:
        return np.array([-8.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 0.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            scale=1.0,
            note="‖∇f‖ = 0.002 at the start, where both answers are wrong by 0.73",
        )


def sigmoid_slope(t: Array) -> Array:
    """Return σ′(t), exact to rounding however far out."""
    e = np.exp(-np.abs(t))
    return np.asarray(e / (1.0 + e) ** 2)
