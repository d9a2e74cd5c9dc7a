"""Activation functions with their first two derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from optlab.core.problem import Array

Name = Literal["tanh", "relu", "sigmoid", "softplus", "gelu", "linear"]
GELU = 1.702
"""Factor of the sigmoid that comes nearest to the normal distribution. Source: Hendrycks & Gimpel (2016), section 2."""


class Activation(NamedTuple):
    """σ, as autograd can trace it, and a function that returns (σ, σ′, σ″) of an array."""

    value: Callable[[Any], Any]
    derivatives: Callable[[Array], tuple[Array, Array, Array]]


def _sigmoid(z: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * z))  # does not overflow


def _of_tanh(z: Array) -> tuple[Array, Array, Array]:
    t = np.tanh(z)
    slope = 1.0 - t * t
    return t, slope, -2.0 * t * slope


def _of_relu(z: Array) -> tuple[Array, Array, Array]:
    return np.maximum(z, 0.0), (z > 0).astype(float), np.zeros_like(z)


def _of_sigmoid(z: Array) -> tuple[Array, Array, Array]:
    s = np.asarray(_sigmoid(z))
    slope = s * (1.0 - s)
    return s, slope, slope * (1.0 - 2.0 * s)


def _of_softplus(z: Array) -> tuple[Array, Array, Array]:
    s, slope, _ = _of_sigmoid(z)
    return np.logaddexp(0.0, z), s, slope


def _of_gelu(z: Array) -> tuple[Array, Array, Array]:
    s, slope, bend = _of_sigmoid(GELU * z)
    return z * s, s + GELU * z * slope, 2.0 * GELU * slope + GELU * GELU * z * bend


def _of_linear(z: Array) -> tuple[Array, Array, Array]:
    return z, np.ones_like(z), np.zeros_like(z)


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(np.tanh, _of_tanh),
    "relu": Activation(lambda z: np.maximum(z, 0.0), _of_relu),
    "sigmoid": Activation(_sigmoid, _of_sigmoid),
    "softplus": Activation(lambda z: np.logaddexp(0.0, z), _of_softplus),
    "gelu": Activation(lambda z: z * _sigmoid(GELU * z), _of_gelu),
    "linear": Activation(lambda z: z, _of_linear),
}
