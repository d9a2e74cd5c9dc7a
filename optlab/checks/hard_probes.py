"""Small problems that are hard on purpose, each in one way, and quadratics of a given spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.kernels.orthogonal import orthogonal


@dataclass(frozen=True)
class Spectrum(ProblemBase):
    """½xᵀHx, H with these eigenvalues; the start has these components along its eigenvectors.

    Parameters
    ----------
    eigenvalues, components : tuple of float
        n of each.
    seed : int or None
        Of the random eigenvectors; None for the coordinate axes.
    """

    tags = ("quadratic", "convex")

    eigenvalues: tuple[float, ...]
    components: tuple[float, ...]
    seed: int | None = 0

    @cached_property
    def _data(self) -> tuple[Array, Array]:
        n = len(self.eigenvalues)
        Q = np.eye(n) if self.seed is None else orthogonal(np.random.default_rng(self.seed), n, n)
        H = (Q * np.array(self.eigenvalues)) @ Q.T
        return 0.5 * (H + H.T), Q

    def value(self, x: Array) -> float:
        return 0.5 * float(x @ (self._data[0] @ x))

    def gradient(self, x: Array) -> Array:
        return np.asarray(self._data[0] @ x)

    def hessian(self, x: Array) -> Array:
        return self._data[0].copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self._data[0] @ v)

    def start(self) -> Array:
        return np.asarray(self._data[1] @ np.array(self.components))

    def facts(self) -> Facts:
        ends = (min(self.eigenvalues), max(self.eigenvalues))
        return Facts(solution=np.zeros(len(self.eigenvalues)), optimum=0.0, convex=True, curvature=ends)


@dataclass(frozen=True)
class Saddle(ProblemBase):
    """½a² − ½b² + ¼b⁴ from (a₀, b₀): a strict saddle at 0, minima at (0, ±1) with f = −¼."""

    b0: float = 0.0
    a0: float = 1.7

    def value(self, x: Array) -> float:
        a, b = x.tolist()
        return float(0.5 * a * a - 0.5 * b * b + 0.25 * b**4)

    def gradient(self, x: Array) -> Array:
        return np.array([x[0], x[1] ** 3 - x[1]])

    def hessian(self, x: Array) -> Array:
        return np.diag([1.0, 3.0 * x[1] ** 2 - 1.0])

    def start(self) -> Array:
        return np.array([self.a0, self.b0])

    def facts(self) -> Facts:
        return Facts(solution=(0.0, 1.0), solutions=((0.0, -1.0),), optimum=-0.25)


@dataclass(frozen=True)
class Slope(ProblemBase):
    """−a − 2b: linear, without a least value."""

    def value(self, x: Array) -> float:
        return float(-x[0] - 2.0 * x[1])

    def gradient(self, x: Array) -> Array:
        return np.array([-1.0, -2.0])

    def hessian(self, x: Array) -> Array:
        return np.zeros((2, 2))

    def start(self) -> Array:
        return np.array([1.0, 2.0])

    def facts(self) -> Facts:
        return Facts(optimum=-inf, attained=False)


@dataclass(frozen=True)
class Flat(ProblemBase):
    """A constant, 3."""

    def value(self, x: Array) -> float:
        return 3.0

    def gradient(self, x: Array) -> Array:
        return np.zeros(2)

    def hessian(self, x: Array) -> Array:
        return np.zeros((2, 2))

    def start(self) -> Array:
        return np.array([1.0, 2.0])


@dataclass(frozen=True)
class Crease(ProblemBase):
    """s² + s with s = a + b: convex, its Hessian singular everywhere, its minima a line with f = −¼."""

    tags = ("quadratic", "convex")

    def value(self, x: Array) -> float:
        s = float(x[0] + x[1])
        return s * s + s

    def gradient(self, x: Array) -> Array:
        return np.full(2, 2.0 * (x[0] + x[1]) + 1.0)

    def hessian(self, x: Array) -> Array:
        return np.full((2, 2), 2.0)

    def start(self) -> Array:
        return np.array([1.0, 2.0])

    def facts(self) -> Facts:
        return Facts(optimum=-0.25, solution=(-0.25, -0.25), convex=True)


@dataclass(frozen=True)
class Cliff(ProblemBase):
    """½Σhᵢxᵢ², h = (1, …, 10), whose gradient is NaN where xᵀx ≤ 1: the minimum lies beyond."""

    def value(self, x: Array) -> float:
        return 0.5 * float(np.geomspace(1, 10, x.size) @ (x * x))

    def gradient(self, x: Array) -> Array:
        return np.geomspace(1, 10, x.size) * x if x @ x > 1 else np.full(x.size, np.nan)

    def hessian(self, x: Array) -> Array:
        return np.diag(np.geomspace(1, 10, x.size))

    def start(self) -> Array:
        return np.array([1.0, 2.0, 3.0])


@dataclass(frozen=True)
class Wide(ProblemBase):
    """½Σhᵢxᵢ² in many variables, h from 1 to 10."""

    tags = ("quadratic", "convex")

    n: int = 1_000_000

    @cached_property
    def _h(self) -> Array:
        return np.linspace(1.0, 10.0, self.n)

    def value(self, x: Array) -> float:
        return 0.5 * float(self._h @ (x * x))

    def gradient(self, x: Array) -> Array:
        return self._h * x

    def hvp(self, x: Array, v: Array) -> Array:
        return self._h * v

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        return Facts(solution=np.zeros(self.n), optimum=0.0, convex=True, curvature=(1.0, 10.0))
