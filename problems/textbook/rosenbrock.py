"""The curved valley."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase

PLANE = 2
"""At this n plain floats are several times faster than arrays."""


@dataclass(frozen=True)
class Rosenbrock(ProblemBase):
    """Σ s(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² over i = 1 … n − 1, with s = `steepness`.

    It teaches that a valley can be easy to find and slow to follow: κ(H) at the solution is 2508 at n = 2.
    From n = 4 on there is a second, local minimum near (−1, 1, …, 1).

    Attributes
    ----------
    n : int
        Number of variables.
    steepness : float
        How steep the walls are beside the floor.

    Source: Rosenbrock (1960); chained form and its local minimum: Shang & Qiu (2006), A note on the extended
    Rosenbrock function.
    """

    suites = ("textbook",)
    tags = ("nonconvex",)

    n: Annotated[int, Ge(2)] = 2
    steepness: Annotated[float, Gt(0)] = 100.0

    def value(self, x: Array) -> float:
        s = self.steepness
        if self.n == PLANE:
            a, b = x.tolist()
            t, u = b - a * a, 1.0 - a
            f: float = s * t * t + u * u
            return f
        r, w = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
        return s * (r @ r) + w @ w  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        s = self.steepness
        if self.n == PLANE:
            a, b = x.tolist()
            t, u = b - a * a, 1.0 - a
            return s * t * t + u * u, np.array([-4.0 * s * a * t - 2.0 * u, 2.0 * s * t])
        y = x[:-1]
        t, u = x[1:] - y * y, 1.0 - y
        g = np.empty_like(x)
        g[:-1] = -4.0 * s * y * t - 2.0 * u
        g[-1] = 0.0
        g[1:] += 2.0 * s * t
        return s * float(t @ t) + float(u @ u), g

    def hessian(self, x: Array) -> Array:
        if self.n == PLANE:
            s = self.steepness
            a, b = x.tolist()
            beside = -4.0 * s * a
            return np.array([[12.0 * s * a * a - 4.0 * s * b + 2.0, beside], [beside, 2.0 * s]])
        return np.asarray(self.hessians(x[None, :])[0])

    def hvp(self, x: Array, v: Array) -> Array:
        if self.n == PLANE:
            return np.asarray(self.hessian(x) @ v)
        diagonal, beside = self._bands(x[None, :])
        result = diagonal[0] * v
        result[:-1] += beside[0] * v[1:]
        result[1:] += beside[0] * v[:-1]
        return np.asarray(result)

    def _bands(self, X: Array) -> tuple[Array, Array]:
        """Return the diagonals (K, n), and those beside them (K, n − 1), of the Hessians at the rows of X."""
        s, Y = self.steepness, X[:, :-1]
        diagonal = np.full(X.shape, 2.0 * s)
        diagonal[:, 0] = 0.0
        diagonal[:, :-1] += 12.0 * s * Y * Y - 4.0 * s * X[:, 1:] + 2.0
        return diagonal, -4.0 * s * Y

    def values(self, X: Array) -> Array:
        Y = X[:, :-1]
        return np.asarray((self.steepness * (X[:, 1:] - Y * Y) ** 2 + (1.0 - Y) ** 2).sum(axis=1))

    def gradients(self, X: Array) -> Array:
        s, Y = self.steepness, X[:, :-1]
        T = X[:, 1:] - Y * Y
        G = np.zeros_like(X)
        G[:, :-1] = -4.0 * s * Y * T - 2.0 * (1.0 - Y)
        G[:, 1:] += 2.0 * s * T
        return G

    def hessians(self, X: Array) -> Array:
        diagonal, beside = self._bands(X)
        i = np.arange(self.n)
        H = np.zeros((*X.shape, self.n))
        H[:, i, i] = diagonal
        H[:, i[:-1], i[1:]] = H[:, i[1:], i[:-1]] = beside
        return H

    def start(self) -> Array:
        return np.where(np.arange(self.n) % 2 == 0, -1.2, 1.0)

    def facts(self) -> Facts:
        note = "" if self.n <= 3 else "a local minimum near (−1, 1, …, 1)"  # noqa: PLR2004  Shang & Qiu (2006)
        return Facts(solution=np.ones(self.n), optimum=0.0, convex=False, note=note)
