"""Phase retrieval: a signal from the sizes of its products, without their signs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab.core.settings import check_settings
from optlab_problems.forms.sizes import in_memory


@dataclass(frozen=True)
class PhaseRetrieval(ProblemBase):
    """(1/4m) Σ ((aᵢᵀx)² − bᵢ)² with bᵢ = (aᵢᵀx*)²: the sign of every product is lost.

    It teaches that a nonconvex problem may be benign: ±x* fit equally well, 0 is a maximum, and with enough rows
    what is left are saddles nearly orthogonal to x*, so that a random start leads to one of the two.
    x is the real signal, ‖x*‖ = 1; the aᵢ are normal.

    Attributes
    ----------
    n, m : int
        Length of the signal and number of products; m = None: 6n. From 2n − 1 on ±x* are the only ones that fit.
    noise : float
        Standard deviation of what is added to every bᵢ; above 0 no solution is claimed.
    begin : str
        Standard start: "random", of norm 1; "spectral", the leading eigenvector of Σ bᵢaᵢaᵢᵀ, close to ±x*.
    seed : int
        Of the aᵢ, the signal, the noise and the start.

    Source: Ma, Wang, Chi & Chen (2018), section 2.1; Sun, Qu & Wright (2018); Candès, Li & Soltanolkotabi (2015).
    """

    suites = ("ml",)
    tags = ("nonconvex", "multimodal", "least_squares", "finite_sum", "saddle")
    variants = ({"n": 4, "m": 12, "begin": "spectral", "seed": 1}, {"n": 5, "noise": 0.1})

    n: Annotated[int, Ge(1)] = 8
    m: Annotated[int | None, Ge(1)] = None
    noise: Annotated[float, Ge(0)] = 0.0
    begin: Literal["random", "spectral"] = "random"
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        check_settings(self)
        in_memory(self, self._m, self.n, "m", "n")

    @property
    def _m(self) -> int:
        return 6 * self.n if self.m is None else self.m

    @cached_property
    def _data(self) -> tuple[Array, Array, Array, Array]:
        """(A (m, n), b (m,), x*, a random unit vector)."""
        random = np.random.default_rng(self.seed)
        m = self._m
        A = random.standard_normal((m, self.n))
        x, begin = random.standard_normal((2, self.n))
        x /= np.linalg.norm(x)
        b = _products(A, x) ** 2
        return A, b + self.noise * random.standard_normal(m), x, begin / np.linalg.norm(begin)

    def residuals(self, x: Array) -> Array:
        """((aᵢᵀx)² − bᵢ)/2√m; f is the sum of their squares."""
        A, b, *_ = self._data
        return (_products(A, x) ** 2 - b) / (2.0 * sqrt(len(b)))

    def jacobian(self, x: Array) -> Array:
        A, b, *_ = self._data
        return _products(A, x)[:, None] * A / sqrt(len(b))

    def value(self, x: Array) -> float:
        r = self.residuals(x)
        return np.sum(r * r)

    def gradient(self, x: Array) -> Array:
        A, b, *_ = self._data
        z = _products(A, x)
        return ((z * z - b) * z) @ A / len(b)

    def hessian(self, x: Array) -> Array:
        A, b, *_ = self._data
        z = _products(A, x)
        H = A.T @ ((3.0 * z * z - b)[:, None] * A) / len(b)
        return np.asarray(0.5 * (H + H.T))

    def hvp(self, x: Array, v: Array) -> Array:
        A, b, *_ = self._data
        z = _products(A, x)
        return ((3.0 * z * z - b) * (A @ v)) @ A / len(b)

    @property
    def samples(self) -> Samples:  # type: ignore[override]  # read-only here
        """One term for each product."""
        return Samples(len(self._data[1]), self._mean_value, self._mean_gradient)

    def _mean_value(self, x: Array, rows: Indices) -> float:
        A, b, *_ = self._data
        return 0.25 * float(np.mean((_products(A[rows], x) ** 2 - b[rows]) ** 2))

    def _mean_gradient(self, x: Array, rows: Indices) -> Array:
        A, b, *_ = self._data
        z = _products(A[rows], x)
        return ((z * z - b[rows]) * z) @ A[rows] / len(rows)

    def start(self) -> Array:
        A, b, _, begin = self._data
        if self.begin == "random":
            return begin.copy()
        size = np.sqrt(max(float(np.mean(b)), 0.0)) or 1.0
        return size * np.asarray(np.linalg.eigh(A.T @ (b[:, None] * A))[1][:, -1])

    def facts(self) -> Facts:
        if self.noise > 0:
            return Facts(convex=False)
        x = self._data[2]
        zero = np.zeros(self.n)
        curvatures = np.linalg.eigvalsh(self.hessian(zero))
        there = {"maximum": [zero]} if curvatures[-1] < 1e-6 * curvatures[0] else {}
        return Facts(
            solution=x,
            solutions=[-x],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points=there,
            note="local minima besides ±x* exist, the more the fewer measurements there are",
        )


def _products(A: Array, x: Array) -> Array:
    """Ax, each row summed by itself, so that b is met exactly whichever rows are asked for."""
    return np.sum(A * x, axis=1)  # type: ignore[no-any-return]
