"""Problems with equality constraints and known multipliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab.kernels.orthogonal import orthogonal
from optlab_problems.forms.sizes import in_memory


@dataclass(frozen=True)
class Circle(ProblemBase):
    """x + y subject to x² + y² = 2: solution (−1, −1) with multiplier ν = ½.

    It teaches that the curvature of a constraint matters: f itself is flat, all of the Lagrangian's Hessian
    2νI comes from the circle. The standard start is not feasible. (1, 1) is the constrained maximum.

    Source: Nocedal & Wright (2006), example 12.1.
    """

    suites = ("constrained", "textbook", "equality")
    tags = ("nonconvex",)
    dimension = 2
    constraints = ("equality",)

    def value(self, x: Array) -> float:
        return x[0] + x[1]  # type: ignore[no-any-return]  # a NumPy float

    def gradient(self, x: Array) -> Array:
        return np.ones(2)

    def hessian(self, x: Array) -> Array:
        return np.zeros((2, 2))

    def hvp(self, x: Array, v: Array) -> Array:
        return np.zeros(2)

    def equality(self, x: Array) -> Array:
        return x[:1] ** 2 + x[1:] ** 2 - 2.0

    def equality_jacobian(self, x: Array) -> Array:
        return 2.0 * x[None, :]

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return 2.0 * float(nu[0]) * np.eye(2)

    def values(self, X: Array) -> Array:
        return np.asarray(X[:, 0] + X[:, 1])

    def gradients(self, X: Array) -> Array:
        return np.ones_like(X)

    def hessians(self, X: Array) -> Array:
        return np.zeros((len(X), 2, 2))

    def start(self) -> Array:
        return np.array([-2.0, -0.5])

    def facts(self) -> Facts:
        return Facts(
            solution=(-1.0, -1.0),
            optimum=-2.0,
            certificate="closed form: by Cauchy–Schwarz, |x + y| ≤ 2 on the circle",
            critical_points={"maximum": [(1.0, 1.0)]},
            multipliers=((), (0.5,)),
            curvature=(0.0, 0.0),
        )


@dataclass(frozen=True)
class EqualityQuadratic(ProblemBase):
    """½xᵀHx + qᵀx subject to Ax = b, H positive definite, A with p orthonormal rows.

    It teaches the KKT system: from any start, feasible or not, one solve of [[H, Aᵀ], [A, 0]] is the answer.
    x* and ν* are drawn first; b = Ax* and q = −Hx* − Aᵀν* make them the solution.

    Attributes
    ----------
    n, p : int
        Variables and constraints, p ≤ n.
    condition : float
        κ(H); its eigenvalues are log-spaced from 1 to κ.
    seed : int
        Of everything random; the standard start is a random point that is not feasible.

    Source: Nocedal & Wright (2006), section 16.1, equation 16.4.
    """

    suites = ("constrained", "equality", "quadratics")
    tags = ("quadratic", "convex", "strictly_convex")
    constraints = ("equality",)
    variants = ({"n": 6, "p": 2}, {"n": 4, "p": 4, "condition": 1e4, "seed": 1})

    n: Annotated[int, Ge(1)] = 10
    p: Annotated[int, Ge(1)] = 3
    condition: Annotated[float, Ge(1)] = 100.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")
        if self.p > self.n:
            msg = f"equality_quadratic: p must be at most n = {self.n}, given {self.p}"
            raise InputError(msg)

    @cached_property
    def _data(self) -> tuple[Array, Array, Array, Array, Array, Array]:
        """(H, q, A, x*, ν*, start)."""
        n, p = self.n, self.p
        random = np.random.default_rng(self.seed)
        Q, A = orthogonal(random, n, n), orthogonal(random, n, p).T
        H = (Q * np.array(self.eigenvalues)) @ Q.T
        H = 0.5 * (H + H.T)
        x, nu, start = random.standard_normal(n), random.standard_normal(p), random.standard_normal(n)
        return H, -(H @ x + A.T @ nu), A, x, nu, start

    @property
    def eigenvalues(self) -> tuple[float, ...]:
        """Eigenvalues of H, ascending; with n = 1 the one is 1."""
        return tuple(np.geomspace(1.0, self.condition, self.n).tolist())

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:  # type: ignore[override]  # read-only here
        """(A, b)."""
        _, _, A, x, _, _ = self._data
        return A, A @ x

    def value(self, x: Array) -> float:
        H, q, *_ = self._data
        return 0.5 * (x @ (H @ x)) + q @ x  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        H, q, *_ = self._data
        return np.asarray(H @ x + q)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        H, q, *_ = self._data
        product = H @ x
        return 0.5 * float(x @ product) + float(q @ x), product + q

    def hessian(self, x: Array) -> Array:
        return self._data[0].copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self._data[0] @ v)

    def values(self, X: Array) -> Array:
        H, q, *_ = self._data
        return np.asarray(0.5 * np.einsum("kn,kn->k", X, X @ H) + X @ q)

    def gradients(self, X: Array) -> Array:
        H, q, *_ = self._data
        return np.asarray(X @ H + q)

    def hessians(self, X: Array) -> Array:
        return np.tile(self._data[0], (len(X), 1, 1))

    def start(self) -> Array:
        return self._data[5].copy()

    def facts(self) -> Facts:
        x, nu = self._data[3], self._data[4]
        ends = self.eigenvalues
        return Facts(
            solution=x,
            optimum=float(self.value(x)),
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(ends[0], ends[-1]),
            multipliers=((), nu),
        )
