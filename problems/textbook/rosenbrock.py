"""The curved valley."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase

PLANE = 2
"""At this n plain floats are several times faster than arrays."""
STANDARD = 100.0
LOCAL = {
    4: (-0.7756592265653526, 0.6130933654850435, 0.38206284633839316, 0.1459720185521946),
    5: (-0.9620510206947501, 0.93573939597671, 0.8807136041943205, 0.7778776758544064, 0.6050936785926528),
}
"""The local minimum of the chained form at the standard steepness, by n, from Newton's method in 50 digits."""


@dataclass(frozen=True)
class Rosenbrock(ProblemBase):
    """Σ s(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² over i = 1 … n − 1, with s = `steepness`.

    It teaches that a valley can be easy to find and slow to follow: κ(H) at the solution is 2508 at n = 2.
    From n = 4 on there is a second, local minimum near (−1, 1, …, 1). At n = 2 the residuals are those of problem 1
    of Moré, Garbow & Hillstrom: √s(x₂ − x₁²) and 1 − x₁.

    Attributes
    ----------
    n : int
        Number of variables.
    steepness : float
        How steep the walls are beside the floor.

    Source: Rosenbrock (1960); Moré, Garbow & Hillstrom (1981), problem 1; chained form and its local minimum:
    Shang & Qiu (2006), A note on the extended Rosenbrock function.
    """

    suites = ("textbook", "mgh")
    tags = ("least_squares", "nonconvex")
    variants = ({"n": 3, "steepness": 7.0}, {"n": 4}, {"n": 5}, {"n": 60})

    n: Annotated[int, Ge(2)] = 2
    steepness: Annotated[float, Gt(0)] = 100.0

    def value(self, x: Array) -> float:
        s = self.steepness
        if self.n == PLANE:
            a, b = x.tolist() if type(x) is np.ndarray else x
            t, u = b - a * a, 1.0 - a
            f: float = s * t * t + u * u
            return f
        r, w = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
        return s * (r @ r) + w @ w  # type: ignore[return-value]  # v @ v is a number

    def residuals(self, x: Any) -> Any:
        """√s(xᵢ₊₁ − xᵢ²) for every i, then 1 − xᵢ for every i; shape (2n − 2,)."""
        root = sqrt(self.steepness)
        if self.n == PLANE:
            a, b = x.tolist() if type(x) is np.ndarray else x
            return np.array([root * (b - a * a), 1.0 - a])
        y = x[:-1]
        return np.concatenate([root * (x[1:] - y * y), 1.0 - y])

    def jacobian(self, x: Array) -> Array:
        n, root = self.n, sqrt(self.steepness)
        if n == PLANE:
            return np.array([[-2.0 * root * x.item(0), root], [-1.0, 0.0]])
        i = np.arange(n - 1)
        J = np.zeros((2 * n - 2, n))
        J[i, i], J[i, i + 1], J[n - 1 + i, i] = -2.0 * root * x[:-1], root, -1.0
        return J

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
        local = self.n in LOCAL and self.steepness == STANDARD
        return Facts(
            solution=np.ones(self.n),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"minimum": [LOCAL[self.n]]} if local else {},
            note=note,
        )
