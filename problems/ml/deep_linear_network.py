"""A network without activations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab.core.settings import check_settings
from optlab.kernels.orthogonal import orthogonal
from optlab_problems.forms.sizes import in_memory
from optlab_problems.ml.data import SHAPES, check_choice, one_hot, standardized, table
from optlab_problems.ml.network import Network
from optlab_problems.ml.network_start import Initialization
from optlab_problems.ml.reference import LARGEST, saddles

NONE = 1e-12
"""Singular values below this part of the largest are rounding."""


@dataclass(frozen=True)
class DeepLinearNetwork(Network):
    """(1/2m) Σ ‖W_L … W₁aᵢ − yᵢ‖²: a linear map as a product, least squares made nonconvex.

    It teaches what depth alone does: no local minimum is worse than the global one, but 0 is a saddle, for three layers
    or more with a Hessian of 0; from small weights f stays on plateaus and falls in steps, one singular value after the
    other. x = (W₁, W₂, …), each row by row, shape (outputs, inputs) of its layer.

    Attributes
    ----------
    depth : int
        L, the number of matrices.
    width : int
        Outputs of every matrix but the last.
    data : str
        "synthetic": white inputs, the true map has singular values 1, decay, decay² … "iris", "wine", "breast_cancer",
        "digits": standardized features, classes as centered 0 and 1; "diabetes": one centered number.
    inputs, outputs : int
        Features, and of synthetic data numbers to predict.
    m : int, optional
        Rows; None: all, or 10 · inputs synthetic ones.
    decay, noise : float
        Of synthetic data: how fast the singular values fall, and the standard deviation of the noise in y.
    initialization, gain : str, float
        Weights of the standard start: "zeros", "normal", "xavier", "he" or "orthogonal", and their factor.
    seed : int
        Of synthetic data and the start.

    Source: Baldi & Hornik (1989), theorem and facts 1 to 4; Kawaguchi (2016), theorem 2.3; Saxe, McClelland & Ganguli
    (2014) for the plateaus.
    """

    tags = ("nonconvex", "saddle", "degenerate", "finite_sum")
    variants = (
        {"depth": 3, "width": 2, "inputs": 3, "outputs": 2, "seed": 1},
        {"depth": 2, "width": 1, "data": "iris", "m": 30},
        {"depth": 4, "data": "diabetes", "inputs": 3, "m": 40, "width": 2, "initialization": "xavier"},
    )

    depth: Annotated[int, Ge(1)] = 2
    width: Annotated[int, Ge(1)] = 3
    data: Literal["synthetic", "iris", "wine", "breast_cancer", "digits", "diabetes"] = "synthetic"
    inputs: Annotated[int, Ge(1)] = 4
    outputs: Annotated[int, Ge(1)] = 4
    m: Annotated[int | None, Ge(2)] = None
    decay: Annotated[float, Gt(0)] = 0.5
    noise: Annotated[float, Ge(0)] = 0.1
    initialization: Initialization = "orthogonal"
    gain: Annotated[float, Ge(0)] = 0.5
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        check_choice(self.data, self.inputs, self.m, what="inputs", problem=self)
        in_memory(self, self.m or 10 * self.inputs, self.inputs, "m", "inputs")

    @cached_property
    def table(self) -> tuple[Array, Array]:
        if self.data in SHAPES:
            A, y = table(self.data, self.inputs, self.m)
            Y = standardized(y[:, None]) if self.data == "diabetes" else one_hot(y)
            return A, Y - Y.mean(axis=0)
        random = np.random.default_rng([self.seed, 0])
        m, k = 10 * self.inputs if self.m is None else self.m, min(self.inputs, self.outputs)
        A = random.standard_normal((m, self.inputs))
        left, right = orthogonal(random, self.outputs, k), orthogonal(random, self.inputs, k)
        Y = (A @ right) * float(self.decay) ** np.arange(k) @ left.T
        return A, Y + self.noise * random.standard_normal(Y.shape)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return (self.inputs, *(self.depth - 1) * (self.width,), self.table[1].shape[1])

    @property
    def biases(self) -> bool:
        return False

    def start(self) -> Array:
        return np.asarray(self.drawn(self.initialization, self.gain, self.seed))

    def _keeping(self, kept: list[int]) -> Array:
        """Return the critical point whose product is that part of the least-squares map that these triples keep.

        With Ŷ the projection of Y onto the columns of A, it is W = Σ uᵤᵀ W_ls over left singular vectors u of Ŷᵀ;
        each factor takes an equal root of the singular values of W.
        """
        A, Y = self.table
        least_squares = np.linalg.lstsq(A, Y, rcond=None)[0].T
        left, sizes, _ = np.linalg.svd((A @ least_squares.T).T, full_matrices=False)
        kept = [k for k in kept if k < sizes.size and sizes[k] > NONE * sizes[0]]
        left = left[:, kept]
        U, sigma, Vt = np.linalg.svd(left @ (left.T @ least_squares), full_matrices=False)
        rank = len(kept)
        if self.depth == 1:
            return np.asarray((U[:, :rank] * sigma[:rank]) @ Vt[:rank]).ravel()
        roots = np.diag(sigma[:rank] ** (1.0 / self.depth))
        factors = []
        for i, (inputs, outputs) in enumerate(self._layers):
            W = np.zeros((outputs, inputs))
            core = roots @ Vt[:rank] if i == 0 else U[:, :rank] @ roots if i == self.depth - 1 else roots
            W[: core.shape[0], : core.shape[1]] = core
            factors.append((W, np.zeros(outputs)))
        return np.asarray(self.packed(factors))

    def facts(self) -> Facts:
        rank = min(self.sizes)
        x = self._keeping(list(range(rank)))
        return Facts(
            solution=x,
            optimum=float(self.value(x)),
            certificate="closed form",
            convex=self.depth == 1,
            critical_points=self._others(rank) if self.depth > 1 and x.size <= LARGEST else {},
        )

    def _others(self, rank: int) -> dict[str, list[Array]]:
        zero = np.zeros(self.n)
        points = [self._keeping(list(range(k))) for k in range(1, rank)]
        if rank < min(self.sizes[0], self.sizes[-1]):
            points.append(self._keeping(list(range(1, rank + 1))))
        flat = self.depth > 2  # noqa: PLR2004  products of three weights and more have no second derivative at 0
        if flat:
            return {"degenerate": [zero], **saddles(self, points)}
        return dict(saddles(self, [zero, *points]))
