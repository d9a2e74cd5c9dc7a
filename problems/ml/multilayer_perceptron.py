"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab.core.settings import check_settings
from optlab.core.status import InputError
from optlab_problems.ml import toy
from optlab_problems.ml.activations import ACTIVATIONS, Activation, Name
from optlab_problems.ml.data import SHAPES, check_choice, one_hot, standardized, table
from optlab_problems.ml.network import Network
from optlab_problems.ml.network_start import Initialization
from optlab_problems.ml.reference import saddles

NUMBERS = ("diabetes", "sine")
"""Data sets whose target is a number, not a class."""
DENSE = 200
"""Up to this n the critical point at 0 is classed by its Hessian."""


@dataclass(frozen=True)
class MultilayerPerceptron(Network):
    """(1/m) Σ ℓ(yᵢ, z(aᵢ)) + ½λ‖weights‖² for a network z of any depth and width: backpropagation's own problem.

    It teaches that here nearly everything depends on the start: zeros are a saddle whose symmetry no gradient breaks,
    large weights saturate σ, and which of the many minima is found is a matter of the seed. Permuting the hidden units
    changes nothing, so that no minimum is the only one.

    x = (W₁, b₁, W₂, b₂, …): each W_l row by row, shape (outputs, inputs) of its layer, its b_l after it.

    Attributes
    ----------
    data : str
        "iris", "wine", "breast_cancer", "digits": classes; "diabetes": a number; all standardized (they need
        scikit-learn). "xor": four points; "spirals": two of them; "sine": a curve.
    features, m : int, optional
        Of a data set the first features and m evenly spaced rows; None: all. Of spirals and sine m points (60).
    width : int or sequence of int
        Hidden units: of every hidden layer, or a number for each, whose count is then the depth.
    depth : int
        Number of hidden layers, where width is one number.
    activation : str
        σ: "tanh", "relu", "sigmoid", "softplus", "gelu" (its sigmoid form) or "linear".
    loss : str
        "cross_entropy" of the softmax of z, for classes, or "squared": ½‖z − y‖², y of 0 and 1 for classes. None:
        the first for classes, the second for numbers.
    penalty : float
        λ; the biases are free of it.
    initialization : str
        Weights of the standard start: "zeros", "normal", "xavier", "he" or "orthogonal"; biases are 0.
    gain : float
        What these weights are multiplied by.
    seed : int
        Of the start and of noise in "spirals" and "sine".

    Source: Rumelhart, Hinton & Williams (1986); Goodfellow, Bengio & Courville (2016), chapter 6; Pearlmutter (1994).
    """

    tags = ("nonconvex", "multimodal", "degenerate", "saddle", "finite_sum")
    variants = (
        {"data": "xor", "width": 2, "loss": "squared", "activation": "sigmoid", "initialization": "normal"},
        {"data": "sine", "m": 20, "width": [4, 3], "activation": "softplus", "penalty": 0.0},
        {"data": "spirals", "m": 24, "width": 3, "depth": 2, "activation": "gelu", "initialization": "orthogonal"},
        {"features": 2, "m": 15, "width": 2, "activation": "relu", "initialization": "he"},
        {"m": 14, "width": 2, "initialization": "zeros"},
        {"data": "wine", "m": 30, "width": 8},
    )

    data: Literal["iris", "wine", "breast_cancer", "digits", "diabetes", "xor", "spirals", "sine"] = "iris"
    features: Annotated[int | None, Ge(1)] = None
    m: Annotated[int | None, Ge(2)] = 30
    width: int | Sequence[int] = 3
    depth: Annotated[int, Ge(1)] = 1
    activation: Name = "tanh"
    loss: Literal["cross_entropy", "squared"] | None = None
    penalty: Annotated[float, Ge(0)] = 0.001
    initialization: Initialization = "xavier"
    gain: Annotated[float, Ge(0)] = 1.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice(self.data, self.features or 1, self.m, what="features", problem=self)
        if self.loss == "cross_entropy" and self.data in NUMBERS:
            msg = f"multilayer_perceptron: loss must be 'squared' for {self.data}, whose target is a number"
            raise InputError(msg)
        widths = self._widths
        if not widths or not all(isinstance(w, Integral) and not isinstance(w, bool) and w > 0 for w in widths):
            msg = (
                f"multilayer_perceptron: width must be a whole number from 1 on or a list of such, given {self.width!r}"
            )
            raise InputError(msg)

    @property
    def _widths(self) -> tuple[int, ...]:
        if isinstance(self.width, Sequence) and not isinstance(self.width, str):
            return tuple(self.width)
        return (self.width,) * self.depth

    @cached_property
    def table(self) -> tuple[Array, Array]:
        random = np.random.default_rng([self.seed, 0])
        if self.data in SHAPES:
            A, y = table(self.data, self.features or SHAPES[self.data][1], self.m)
        else:
            A, y = toy.TABLES[self.data](self.m or toy.POINTS, random)
        return A, (standardized(y[:, None]) if self.data in NUMBERS else one_hot(y))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        A, Y = self.table
        return (A.shape[1], *map(int, self._widths), Y.shape[1])

    @property
    def sigma(self) -> Activation:
        return ACTIVATIONS[self.activation]

    @property
    def entropy(self) -> bool:
        return (self.loss or ("squared" if self.data in NUMBERS else "cross_entropy")) == "cross_entropy"

    @property
    def lam(self) -> float:
        return float(self.penalty)

    def start(self) -> Array:
        return np.asarray(self.drawn(self.initialization, self.gain, self.seed))

    def facts(self) -> Facts:
        """With all weights 0 and the last bias the best constant, nothing has a slope."""
        if self.n > DENSE or self.activation == "relu":
            return Facts(convex=False)
        constant = self.table[1].mean(axis=0)
        x = np.zeros(self.n)
        x[-constant.size :] = np.log(constant) if self.entropy else constant
        return Facts(convex=False, critical_points=saddles(self, [x]))
