"""Layered networks on plain arrays: a pass forward, a pass back, and the Jacobians between layers, by hand.

Layer i maps hⁱ⁻¹ to hⁱ = σ(Wⁱhⁱ⁻¹ + bⁱ); with batch norm σ sees the standardized rows instead, scaled by γⁱ and moved
by bⁱ; with residual connections hⁱ⁻¹ is added where the widths agree. Rows of an array are examples: H has shape
(…, m, width). Leading axes, such as one for each random network, are kept throughout.

Source: Goodfellow, Bengio & Courville (2016), algorithms 6.3 and 6.4; Ioffe & Szegedy (2015), section 3, for batch
norm; He et al. (2016), equation 1, for residual connections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal, NamedTuple

import numpy as np

from optlab.core.status import InputError
from optlab.numerics.batch_normalization import batch_norm_backward, standardize
from optlab.numerics.conditioning import Array

ActivationName = Literal["relu", "tanh", "sigmoid", "scaled_sigmoid", "linear"]


class Activation(NamedTuple):
    """σ and σ′, elementwise; autograd can trace `value`."""

    value: Callable[[Any], Any]
    slope: Callable[[Array], Array]


def _half_sigmoid(z: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * z))  # does not overflow


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(z.dtype)),
    "tanh": Activation(np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
    "sigmoid": Activation(_half_sigmoid, lambda z: 0.25 * (1.0 - np.tanh(0.5 * z) ** 2)),
    "scaled_sigmoid": Activation(lambda z: 2.0 * np.tanh(0.5 * z), lambda z: 1.0 - np.tanh(0.5 * z) ** 2),
    "linear": Activation(lambda z: z, np.ones_like),
}
"""`scaled_sigmoid` is 4·sigmoid(z) − 2 = 2 tanh(z/2): slope 1 at 0, as tanh has, and the range (−2, 2)."""


class Layer(NamedTuple):
    """What a layer learns.

    Attributes
    ----------
    W : (…, outputs, inputs) array
    b : (…, 1, outputs) array or 0.0
    gamma : (…, 1, outputs) array or 1.0
        The scale after batch norm; without batch norm it is not used.
    """

    W: Any
    b: Any = 0.0
    gamma: Any = 1.0


class Pass(NamedTuple):
    """What a layer did to a batch: its input h, Wh, σ′ where it was, its output."""

    into: Array
    weighted: Array
    slope: Array
    out: Array


@dataclass(frozen=True)
class Stack:
    """The kind of all layers of a network.

    Attributes
    ----------
    activation : str
        σ: "relu", "tanh", "sigmoid", "scaled_sigmoid" (4·sigmoid − 2) or "linear".
    batch_norm : bool
        Standardize what goes into σ over the rows; more than one row is needed for it to be other than 0.
    residual : bool
        Add the layer's input to its output where the widths agree.
    eps : float
        Of batch norm, added to the variance.
    """

    activation: ActivationName = "relu"
    batch_norm: bool = False
    residual: bool = False
    eps: float = 1e-5

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            msg = f"activation is one of {', '.join(ACTIVATIONS)}; given {self.activation!r}"
            raise InputError(msg)

    def output(self, layer: Layer, H: Any) -> Any:
        """Return what a layer makes of H, in a form that autograd can trace."""
        z = H @ np.swapaxes(layer.W, -1, -2)
        if self.batch_norm:
            z = z - np.mean(z, axis=-2, keepdims=True)
            z = layer.gamma * (z / np.sqrt(np.mean(z * z, axis=-2, keepdims=True) + self.eps))
        out = ACTIVATIONS[self.activation].value(z + layer.b)
        return H + out if self._skips(layer) else out

    def _skips(self, layer: Layer) -> bool:
        return self.residual and layer.W.shape[-1] == layer.W.shape[-2]

    def forward(self, layers: Sequence[Layer], H: Array) -> list[Pass]:
        """Return what every layer did, H being the input of the first."""
        sigma = ACTIVATIONS[self.activation]
        passes = []
        for layer in layers:
            weighted = H @ np.swapaxes(layer.W, -1, -2)
            z = weighted + layer.b
            if self.batch_norm:
                z = layer.gamma * standardize(weighted, axis=-2, eps=self.eps) + layer.b
            out = sigma.value(z) + H if self._skips(layer) else sigma.value(z)
            passes.append(Pass(H, weighted, sigma.slope(z), out))
            H = out
        return passes

    def backward(self, layers: Sequence[Layer], passes: Sequence[Pass], D: Array) -> tuple[list[Layer], list[Array]]:
        """Pull D = ∂ℓ/∂hᵈ back through all d layers.

        Returns
        -------
        list of Layer
            ∂ℓ/∂Wⁱ, ∂ℓ/∂bⁱ and, with batch norm, ∂ℓ/∂γⁱ (0.0 without), summed over the rows.
        list of (…, m, width) arrays
            ∂ℓ/∂h⁰ … ∂ℓ/∂hᵈ, the last being D.
        """
        found, back = [], [D]
        for layer, there in zip(reversed(layers), reversed(passes), strict=True):
            change: Any = D * there.slope  # in what σ sees
            b: Any = change.sum(axis=-2, keepdims=True)
            gamma: Any = 0.0
            if self.batch_norm:
                change, by_scale, _ = batch_norm_backward(change, there.weighted, layer.gamma, axis=-2, eps=self.eps)
                gamma = np.expand_dims(by_scale, -2)
            found.append(Layer(np.swapaxes(change, -1, -2) @ there.into, b, gamma))
            D = change @ layer.W + D if self._skips(layer) else change @ layer.W
            back.append(D)
        return found[::-1], back[::-1]


def layer_jacobians(stack: Stack, layers: Sequence[Layer], x: Any) -> list[Array]:
    """Return ∂hⁱ/∂hⁱ⁻¹ = diag(σ′(Wⁱhⁱ⁻¹ + bⁱ)) Wⁱ, i = 1 … d, each of shape (…, nᵢ, nᵢ₋₁); + I where it is residual.

    x = h⁰ has shape (n₀,) or (…, 1, n₀).

    Raises
    ------
    InputError
        With batch norm, where an output depends on every row of the batch.
    """
    if stack.batch_norm:
        msg = "with batch norm the rows of a batch depend on one another: there is no Jacobian of one example"
        raise InputError(msg)
    passes = stack.forward(layers, np.atleast_2d(np.asarray(x, dtype=float)))
    return [
        np.swapaxes(there.slope, -1, -2) * layer.W + (np.eye(layer.W.shape[-1]) if stack._skips(layer) else 0.0)
        for layer, there in zip(layers, passes, strict=True)
    ]


def jacobian_between(jacobians: Sequence[Array], t: int, d: int) -> Array:
    """Return ∂hᵈ/∂hᵗ = Jᵈ Jᵈ⁻¹ ⋯ Jᵗ⁺¹, shape (…, n_d, n_t): the factors i = t + 1 … d, higher i on the left.

    `jacobians` holds J¹, J², … as `layer_jacobians` returns them; 0 ≤ t ≤ d. With respect to activations: the gradient
    in the parameters Wᵗ needs the further factor ∂hᵗ/∂Wᵗ.

    Raises
    ------
    InputError
        For t and d that are not layers.
    """
    if not 0 <= t <= d <= len(jacobians):
        msg = f"t and d must be layers with 0 ≤ t ≤ d ≤ {len(jacobians)}, given t = {t} and d = {d}"
        raise InputError(msg)
    start = np.eye(jacobians[t].shape[-1] if t < len(jacobians) else jacobians[-1].shape[-2])
    return reduce(lambda product, J: np.asarray(J @ product), jacobians[t:d], start)
