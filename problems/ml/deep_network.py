"""A network deep enough for its signals to vanish or explode."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab.core.settings import check_settings
from optlab.numerics.depth_signals import statistics_of
from optlab.numerics.initialization import Initialization, initial_weights
from optlab.numerics.networks import ActivationName, Layer, Pass, Stack
from optlab_problems.ml.data import check_choice, one_hot, standardized, table
from optlab_problems.ml.network import cross_entropy, softmax, squared

if TYPE_CHECKING:
    import pandas as pd

FEATURES = {"iris": 4, "wine": 13, "breast_cancer": 30, "digits": 64, "diabetes": 10}


@dataclass(frozen=True)
class DeepNetwork(ProblemBase):
    """(1/m) Σ ℓ(yᵢ, z(aᵢ)) + ½λ‖weights‖² for a deep network of equal layers hⁱ = σ(Wⁱhⁱ⁻¹ + bⁱ) and a linear last one.

    It teaches that depth is a matter of the start: what each layer does to the size of a signal is done as often as
    there are layers, so that a factor of 0.7 leaves nothing of the gradient after 50 and one of 1.4 all of overflow.
    He's weights keep it for relu, Xavier's nearly for tanh; a sigmoid loses at least a factor of 4 in every layer.
    Batch norm keeps the activations at their size whatever the weights are, residual connections the gradients.

    x = (W¹, b¹, …): each Wⁱ row by row, shape (outputs, inputs), its bⁱ after it, and with batch norm its scale γⁱ.

    Attributes
    ----------
    data : str
        "iris", "wine", "breast_cancer", "digits": classes, and the cross-entropy of softmax(z); "diabetes": a
        number, and ½(z − y)². All standardized (they need scikit-learn).
    features, m : int, optional
        The first features and m evenly spaced rows; None: all.
    depth, width : int
        Hidden layers, and units of each.
    activation : str
        σ: "relu", "tanh", "sigmoid", "scaled_sigmoid" (4·sigmoid − 2) or "linear".
    initialization : str
        Weights of the standard start: "xavier_normal", "xavier_uniform", "he_normal", "he_uniform", "lecun_normal",
        "lecun_uniform", or "normal" of variance 1; the biases are 0, the scales 1.
    gain : float
        What these weights are multiplied by.
    batch_norm : bool
        Standardize what goes into every σ over the rows. f is then no sum over rows: there are no samples.
    residual : bool
        Add its input to the output of every hidden layer but the first.
    penalty : float
        λ; biases and scales are free of it.
    seed : int
        Of the start.

    Source: Glorot & Bengio (2010); He et al. (2015); Ioffe & Szegedy (2015); He et al. (2016).
    """

    suites = ("ml",)
    tags = ("nonconvex", "multimodal", "degenerate")
    variants = (
        {"activation": "relu", "initialization": "he_normal", "depth": 2, "width": 9, "m": 20},
        {"activation": "relu", "initialization": "he_uniform", "residual": True, "m": 20},
        {"batch_norm": True, "activation": "scaled_sigmoid", "m": 20},
        {"data": "diabetes", "features": 3, "m": 20, "residual": True, "depth": 4, "width": 3},
        {"batch_norm": True, "residual": True, "activation": "sigmoid", "width": 5, "m": 25, "penalty": 0.0},
        {"data": "wine", "features": 4, "m": 24, "activation": "linear", "initialization": "lecun_uniform", "seed": 1},
    )

    data: Literal["iris", "wine", "breast_cancer", "digits", "diabetes"] = "iris"
    features: Annotated[int | None, Ge(1)] = None
    m: Annotated[int | None, Ge(2)] = 30
    depth: Annotated[int, Ge(1)] = 3
    width: Annotated[int, Ge(1)] = 4
    activation: ActivationName = "tanh"
    initialization: Initialization = "xavier_normal"
    gain: Annotated[float, Ge(0)] = 1.0
    batch_norm: bool = False
    residual: bool = False
    penalty: Annotated[float, Ge(0)] = 0.001
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice(self.data, self.features or 1, self.m, what="features", problem=self)

    @cached_property
    def table(self) -> tuple[Array, Array]:
        """Features (m, inputs) and targets (m, outputs)."""
        A, y = table(self.data, self.features or FEATURES[self.data], self.m)
        return A, (one_hot(y) if self.entropy else standardized(y[:, None]))

    @property
    def entropy(self) -> bool:
        """Whether ℓ is the cross-entropy."""
        return self.data != "diabetes"

    @property
    def stack(self) -> Stack:
        """The kind of the hidden layers."""
        return Stack(self.activation, self.batch_norm, self.residual)

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Outputs and inputs of every layer, the last one included."""
        A, Y = self.table
        sizes = [A.shape[1], *[self.width] * self.depth, Y.shape[1]]
        return list(zip(sizes[1:], sizes[:-1], strict=True))

    @cached_property
    def n(self) -> int:
        """The number of weights, biases and scales."""
        scales = self.depth * self.width if self.batch_norm else 0
        return sum(o * i + o for o, i in self.shapes) + scales

    def layers(self, x: Any) -> list[Layer]:
        """Return the layers that x holds."""
        found, at = [], 0
        for k, (o, i) in enumerate(self.shapes):
            W = x[at : at + o * i].reshape((o, i))
            at += o * i
            b, gamma = x[at : at + o].reshape((1, o)), 1.0
            at += o
            if self.batch_norm and k < self.depth:
                gamma = x[at : at + o].reshape((1, o))
                at += o
            found.append(Layer(W, b, gamma))
        return found

    def _packed(self, layers: list[Layer]) -> Array:
        parts = []
        for k, layer in enumerate(layers):
            parts += [layer.W.ravel(), layer.b.ravel()]
            if self.batch_norm and k < self.depth:
                parts.append(layer.gamma.ravel())
        return np.concatenate(parts)

    @cached_property
    def _penalized(self) -> Array:
        """λ for every weight, 0 for every bias and scale."""
        zeros = [(np.zeros(o), np.zeros(o)) for o, _ in self.shapes]
        weights = [np.full(shape, float(self.penalty)) for shape in self.shapes]
        return self._packed([Layer(W, *rest) for W, rest in zip(weights, zeros, strict=True)])

    def _mean_loss(self, x: Any, A: Array, Y: Array) -> Any:
        H: Any = A
        *hidden, last = self.layers(x)
        for layer in hidden:
            H = self.stack.output(layer, H)
        losses = (cross_entropy if self.entropy else squared)(H @ last.W.T + last.b, Y)
        return np.mean(losses) + 0.5 * np.sum(self._penalized * x * x)

    def _forward(self, x: Array, A: Array) -> tuple[list[Layer], list[Pass], Array]:
        """Layers, what the hidden ones did, and z."""
        layers = self.layers(x)
        passes = self.stack.forward(layers[:-1], A)
        return layers, passes, passes[-1].out @ layers[-1].W.T + layers[-1].b

    def _into_last(self, Z: Array, Y: Array) -> Array:
        """∂(mean loss)/∂z."""
        return np.asarray(((softmax(Z) if self.entropy else Z) - Y) / len(Y))

    def _fused(self, x: Array, A: Array, Y: Array) -> tuple[float, Array]:
        layers, passes, Z = self._forward(x, A)
        losses = cross_entropy(Z, Y) if self.entropy else squared(Z, Y)
        D = self._into_last(Z, Y)
        slopes, _ = self.stack.backward(layers[:-1], passes, D @ layers[-1].W)
        g = self._packed([*slopes, Layer(D.T @ passes[-1].out, D.sum(axis=0))])
        penalty = self._penalized * x
        return float(np.mean(losses)) + 0.5 * float(penalty @ x), g + penalty

    def value(self, x: Array) -> float:
        return self._mean_loss(x, *self.table)  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        return self._fused(x, *self.table)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        return self._fused(x, *self.table)

    @property
    def samples(self) -> Samples | None:  # type: ignore[override]  # read-only here
        """One term for each row of the data; None with batch norm, where each row's depends on all."""
        return None if self.batch_norm else Samples(len(self.table[1]), self._sampled_value, self._sampled_gradient)

    def _sampled_value(self, x: Array, rows: Indices) -> float:
        A, Y = self.table
        return float(self._mean_loss(x, A[rows], Y[rows]))

    def _sampled_gradient(self, x: Array, rows: Indices) -> Array:
        A, Y = self.table
        return self._fused(x, A[rows], Y[rows])[1]

    def start(self) -> Array:
        random = np.random.default_rng([self.seed, 1])
        return self._packed(
            [
                Layer(initial_weights(self.initialization, o, i, random, self.gain), np.zeros(o), np.ones(o))
                for o, i in self.shapes
            ]
        )

    def signals(self, x: Array) -> pd.DataFrame:
        """Return the statistics of activations and gradients in every hidden layer at x, on the data.

        The columns are those of `optlab.numerics.statistics_of`, the gradients those of the m-fold mean loss.
        """
        A, Y = self.table
        layers, _, Z = self._forward(x, A)
        D = self._into_last(Z, Y) * len(Y)
        return statistics_of(self.stack, layers[:-1], A, D @ layers[-1].W)

    def facts(self) -> Facts:
        return Facts(convex=False)
