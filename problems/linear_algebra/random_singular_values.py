"""A random matrix with prescribed singular values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab.core.status import InputError
from optlab.kernels.orthogonal import orthogonal
from optlab_problems.forms.sizes import in_memory
from optlab_problems.linear_algebra.linear_least_squares import LinearLeastSquares


@dataclass(frozen=True)
class RandomSingularValues(LinearLeastSquares):
    """‖Ax − b‖² with A = UΣVᵀ, U and V random, Σ given by κ and the manner of its decay.

    It teaches what is due to κ and what to the whole spectrum: with one small or one large singular value conjugate
    gradients need two steps, with a geometric decay about as many as there are variables. x* has entries ±1.

    Attributes
    ----------
    n, m : int
        Variables and equations; m = None means m = n.
    condition : float
        κ(A); the singular values go from 1 to 1/κ.
    decay : str
        In between: "log" or "linear" spacing, "one_small" (all others 1) or "one_large" (all others 1/κ).
    residual : float
        ‖Ax* − b‖, what no x explains; more than 0 needs m > n.
    seed : int
        Of U, V and x*.

    Source: Higham (2002), section 28.3 (randsvd); Demmel & McKenney (1989), A test matrix generation suite.
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    variants = (
        {"n": 4, "m": 9, "condition": 1e3, "decay": "linear", "residual": 0.5, "seed": 1},
        {"n": 6, "condition": 1e10, "decay": "one_small"},
        {"n": 6, "condition": 1e4, "decay": "one_large", "seed": 2},
        {"n": 1, "m": 3},
    )

    n: Annotated[int, Ge(1)] = 10
    m: Annotated[int | None, Ge(1)] = None
    condition: Annotated[float, Ge(1)] = 1e6
    decay: Literal["log", "linear", "one_small", "one_large"] = "log"
    residual: Annotated[float, Ge(0)] = 0.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self._height, self.n, "m", "n")
        if self.m is not None and self.m < self.n:
            msg = f"random_singular_values: m must be at least n = {self.n}, given {self.m}"
            raise InputError(msg)
        if self.residual > 0 and self._height == self.n:
            msg = f"random_singular_values: a residual of {self.residual} needs m of at least n + 1 = {self.n + 1}"
            raise InputError(msg)

    @property
    def _height(self) -> int:
        return self.n if self.m is None else self.m

    @cached_property
    def prescribed(self) -> Array:
        """The singular values asked for, shape (n,), descending."""
        n, least = self.n, 1.0 / self.condition
        if n == 1:
            return np.ones(1)
        if self.decay == "one_small":
            return np.array([*[1.0] * (n - 1), least])
        if self.decay == "one_large":
            return np.array([1.0, *[least] * (n - 1)])
        return np.geomspace(1.0, least, n) if self.decay == "log" else np.linspace(1.0, least, n)

    @cached_property
    def _data(self) -> tuple[Array, Array, Array]:
        """Return A, x* and a unit vector orthogonal to the columns of A, or 0."""
        random, n, m = np.random.default_rng(self.seed), self.n, self._height
        more = 1 if self.residual > 0 else 0
        U, V = orthogonal(random, m, n + more), orthogonal(random, n, n)
        return (U[:, :n] * self.prescribed) @ V.T, random.choice([-1.0, 1.0], n), U[:, n] if more else np.zeros(m)

    @property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (m, n)."""
        return self._data[0]

    @property
    def planted(self) -> Array:
        """x*, shape (n,)."""
        return self._data[1]

    @cached_property
    def b(self) -> Array:
        """Ax* and the residual, shape (m,)."""
        explained = np.array([fsum(row * self.planted) for row in self.A])
        return explained + self.residual * self._data[2]

    def facts(self) -> Facts:
        facts: Facts = super().facts()
        if self.residual == 0.0:
            return facts
        return replace(
            facts,
            optimum=float(self.value(self.planted)),
            certificate="convex, KKT at x*",
            note=facts.note + "; with a residual κ² counts for a solver on A too",
        )
