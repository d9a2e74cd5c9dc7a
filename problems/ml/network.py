"""Layered networks: values, backpropagation and products with the Hessian, by hand.

Source: Goodfellow, Bengio & Courville (2016), algorithms 6.3 and 6.4; Pearlmutter (1994), Fast exact multiplication
by the Hessian, for the R-operator.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab_problems.ml.activations import ACTIVATIONS, Activation
from optlab_problems.ml.network_start import initial
from optlab_problems.ml.reference import columns_of_hessian

HELD = 2**21
"""Numbers in the widest layer, over all directions at once, that a Hessian may hold."""


def squared(Z: Any, Y: Array) -> Any:
    """½‖z − y‖² of every row."""
    return 0.5 * np.sum((Z - Y) ** 2, axis=1)


def cross_entropy(Z: Any, Y: Array) -> Any:
    """−log of the softmax of the right class of every row, without overflow."""
    top = np.max(Z, axis=1)
    return top + np.log(np.sum(np.exp(Z - top[:, None]), axis=1)) - np.sum(Y * Z, axis=1)


def softmax(Z: Array) -> Array:
    """Return exp(z)/Σ exp(z) of every row, without overflow."""
    E = np.exp(Z - Z.max(axis=1)[:, None])
    return np.asarray(E / E.sum(axis=1)[:, None])


@dataclass(frozen=True)
class Network(ProblemBase):
    """(1/m) Σ ℓ(yᵢ, z(aᵢ)) + ½λ‖weights‖² for a network z(a) = W_L σ(… σ(W₁a + b₁) …) + b_L.

    x = (W₁, b₁, W₂, b₂, …): each W_l row by row, shape (outputs, inputs) of its layer, and where there are biases its
    b_l after it. λ leaves the biases free. ℓ is ½‖z − y‖², or with `entropy` the cross-entropy of softmax(z).
    """

    abstract: ClassVar[bool] = True
    suites = ("ml",)

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """Inputs, the hidden layers, outputs."""

    @property
    @abstractmethod
    def table(self) -> tuple[Array, Array]:
        """A (m, inputs) and Y (m, outputs)."""

    @property
    def sigma(self) -> Activation:
        """σ."""
        return ACTIVATIONS["linear"]

    @property
    def entropy(self) -> bool:
        """Whether ℓ is the cross-entropy."""
        return False

    @property
    def biases(self) -> bool:
        """Whether every layer has a bias."""
        return True

    @property
    def lam(self) -> float:
        """λ."""
        return 0.0

    # --- the layout of x ------------------------------------------------------------------------

    @cached_property
    def n(self) -> int:
        """The number of weights and biases."""
        return sum((inputs + int(self.biases)) * outputs for inputs, outputs in self._layers)

    @property
    def _layers(self) -> list[tuple[int, int]]:
        return list(zip(self.sizes[:-1], self.sizes[1:], strict=True))

    def layers(self, x: Any) -> list[tuple[Any, Any]]:
        """Return (W_l, b_l) of every layer, b_l = 0 where there are no biases; a leading axis of x is kept."""
        found, at, lead = [], 0, x.shape[:-1]
        for inputs, outputs in self._layers:
            W = x[..., at : at + inputs * outputs].reshape((*lead, outputs, inputs))
            at += inputs * outputs
            b: Any = 0.0
            if self.biases:
                b = x[..., at : at + outputs].reshape((*lead, 1, outputs))
                at += outputs
            found.append((W, b))
        return found

    def packed(self, parts: list[tuple[Array, Array]]) -> Array:
        """Return the x, or with a leading axis the many x, of pairs (W_l, b_l) with b_l of shape (…, outputs)."""
        lead = parts[0][0].shape[:-2]
        flat = [p.reshape((*lead, -1)) for pair in parts for p in (pair if self.biases else pair[:1])]
        return np.concatenate(flat, axis=-1)

    @cached_property
    def _penalized(self) -> Array:
        """λ for every weight, 0 for every bias."""
        return self.packed([(np.full((o, i), self.lam), np.zeros(o)) for i, o in self._layers])

    # --- values and derivatives -----------------------------------------------------------------

    def _mean_loss(self, x: Any, A: Array, Y: Array) -> Any:
        H: Any = A
        parts = self.layers(x)
        for W, b in parts[:-1]:
            H = self.sigma.value(H @ W.T + b)
        W, b = parts[-1]
        losses = (cross_entropy if self.entropy else squared)(H @ W.T + b, Y)
        return np.mean(losses) + 0.5 * np.sum(self._penalized * x * x)

    def _forward(self, x: Array, A: Array) -> tuple[list[Array], list[tuple[Array, Array]], Array]:
        """(inputs of every layer, σ′ and σ″ of every hidden one, output)."""
        inputs, bends = [A], []
        parts = self.layers(x)
        for W, b in parts[:-1]:
            H, slope, bend = self.sigma.derivatives(inputs[-1] @ W.T + b)
            inputs.append(H)
            bends.append((slope, bend))
        W, b = parts[-1]
        return inputs, bends, inputs[-1] @ W.T + b

    def _fused(self, x: Array, A: Array, Y: Array) -> tuple[float, Array]:
        """Return f and ∇f by backpropagation: D is the derivative of the mean loss in what goes into σ."""
        inputs, bends, Z = self._forward(x, A)
        losses = cross_entropy(Z, Y) if self.entropy else squared(Z, Y)
        D = ((softmax(Z) if self.entropy else Z) - Y) / len(Y)
        parts = self.layers(x)
        slopes = []
        for layer in reversed(range(len(parts))):
            slopes.append((D.T @ inputs[layer], D.sum(axis=0)))
            if layer:
                D = (D @ parts[layer][0]) * bends[layer - 1][0]
        penalty = self._penalized * x
        return float(np.mean(losses)) + 0.5 * float(penalty @ x), self.packed(slopes[::-1]) + penalty

    def products(self, x: Array, V: Array) -> Array:
        """Return ∇²f(x) v for every row v of V, shape (K, n): R{·} = ∂/∂t at x + tv through both passes."""
        A, Y = self.table
        inputs, bends, Z = self._forward(x, A)
        parts, moves = self.layers(x), self.layers(V)
        R: Any = 0.0
        through, changes = [], [R]  # R{what goes into σ}; R{inputs of every layer}
        for layer, ((W, _), (S, s)) in enumerate(zip(parts, moves, strict=True)):
            R = inputs[layer] @ np.swapaxes(S, 1, 2) + s
            if layer:
                R = R + changes[layer] @ W.T
            through.append(R)
            if layer < len(bends):
                changes.append(bends[layer][0] * R)
        P = softmax(Z) if self.entropy else Z
        D = (P - Y) / len(Y)
        R = (P * (R - np.sum(P * R, axis=2, keepdims=True)) if self.entropy else R) / len(Y)
        slopes = []
        for layer in reversed(range(len(parts))):
            change = np.swapaxes(R, 1, 2) @ inputs[layer]
            if layer:
                change = change + D.T @ changes[layer]
            slopes.append((change, R.sum(axis=1)))
            if layer:
                slope, bend = bends[layer - 1]
                back = D @ parts[layer][0]
                R = (R @ parts[layer][0] + D @ moves[layer][0]) * slope + back * bend * through[layer - 1]
                D = back * slope
        return self.packed(slopes[::-1]) + self._penalized * V

    def value(self, x: Array) -> float:
        return self._mean_loss(x, *self.table)  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        return self._fused(x, *self.table)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        return self._fused(x, *self.table)

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self.products(x, v[None, :])[0])

    def hessian(self, x: Array) -> Array:
        at_once = max(1, HELD // (len(self.table[1]) * max(self.sizes)))
        return np.asarray(columns_of_hessian(lambda V: self.products(x, V), self.n, at_once))

    @property
    def samples(self) -> Samples:  # type: ignore[override]  # read-only here
        """One term for each row of the data."""
        return Samples(len(self.table[1]), self._sampled_value, self._sampled_gradient)

    def _sampled_value(self, x: Array, rows: Indices) -> float:
        A, Y = self.table
        return float(self._mean_loss(x, A[rows], Y[rows]))

    def _sampled_gradient(self, x: Array, rows: Indices) -> Array:
        A, Y = self.table
        return self._fused(x, A[rows], Y[rows])[1]

    def drawn(self, initialization: str, scale: float, seed: int) -> Array:
        """Return an x with weights drawn as `initialization` says, and no biases."""
        random = np.random.default_rng([seed, 1])
        return self.packed([(initial(initialization, o, i, scale, random), np.zeros(o)) for i, o in self._layers])
