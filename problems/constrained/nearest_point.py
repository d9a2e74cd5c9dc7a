"""The point of a set nearest to a given one: projections as problems."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab.sets.ball import Ball
from optlab_problems.forms.sizes import in_memory


class NearestPoint(ProblemBase):
    """½‖x − p‖²; a subclass gives the set and `target` = p."""

    abstract: ClassVar[bool] = True

    @property
    def target(self) -> Array:
        """The point p, shape (n,)."""
        raise NotImplementedError

    def value(self, x: Array) -> float:
        r = x - self.target
        return 0.5 * (r @ r)  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return x - self.target

    def hessian(self, x: Array) -> Array:
        return np.eye(x.size)

    def hvp(self, x: Array, v: Array) -> Array:
        return v.copy()

    def values(self, X: Array) -> Array:
        R = X - self.target
        return np.asarray(0.5 * np.einsum("kn,kn->k", R, R))

    def gradients(self, X: Array) -> Array:
        return X - self.target

    def hessians(self, X: Array) -> Array:
        return np.tile(np.eye(X.shape[1]), (len(X), 1, 1))


@dataclass(frozen=True)
class ProjectPoint(NearestPoint):
    """½‖x − p‖² subject to Ax ≤ b: the point of a polyhedron nearest to p.

    It teaches what multipliers are: p − x* is a nonnegative combination of the normals of the active faces, and
    of no others. x* and λ* are drawn first; p = x* + Aᵀλ*.

    Attributes
    ----------
    n, m : int
        Variables and half-spaces; the normals are random unit vectors.
    active : int
        How many half-spaces have x* on their boundary, at most min(n, m); with 0, p is inside.
    seed : int
        Of everything random.

    Source: Boyd & Vandenberghe (2004), section 8.1.1.
    """

    suites = ("constrained",)
    tags = ("quadratic", "convex", "strictly_convex")
    constraints = ("inequality",)
    variants = ({"n": 2, "m": 4, "active": 0}, {"n": 30, "m": 90, "active": 30, "seed": 1}, {"n": 1, "m": 1})

    n: Annotated[int, Ge(1)] = 5
    m: Annotated[int, Ge(1)] = 12
    active: Annotated[int, Ge(0)] = 1
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.m, self.n, "m", "n")
        if self.active > min(self.n, self.m):
            msg = f"project_point: active must be at most min(n, m) = {min(self.n, self.m)}, given {self.active}"
            raise InputError(msg)

    @cached_property
    def _data(self) -> tuple[Array, Array, Array, Array, Array]:
        """(A, b, x*, λ*, start)."""
        random = np.random.default_rng(self.seed)
        A = random.standard_normal((self.m, self.n))
        A /= np.linalg.norm(A, axis=1)[:, None]
        x, start = random.standard_normal(self.n), 2.0 * random.standard_normal(self.n)
        there = np.arange(self.m) < self.active
        lam = np.where(there, random.uniform(0.5, 2.0, self.m), 0.0)
        slack = np.where(there, 0.0, random.uniform(0.1, 1.0, self.m))
        return A, A @ x + slack, x, lam, start

    @cached_property
    def target(self) -> Array:
        """The point p, shape (n,)."""
        A, _, x, lam, _ = self._data
        return np.asarray(x + A.T @ lam)

    @property
    def linear_inequality(self) -> tuple[Array, Array]:  # type: ignore[override]  # read-only here
        """(A, b)."""
        return self._data[:2]

    def start(self) -> Array:
        return self._data[4].copy()

    def facts(self) -> Facts:
        _, _, x, lam, _ = self._data
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True,
                     curvature=(1.0, 1.0), multipliers=(lam, ()))  # fmt: skip


@dataclass(frozen=True)
class BallHalfSpace(NearestPoint):
    """½‖(a, b) − (9, 8)‖² subject to a ≤ 3 and a² + b² ≤ 25: solution (3, 4).

    It teaches that projecting onto one set and then onto the other does not project onto both: half-space first,
    then ball, ends at 5(3, 8)/√73, feasible but not nearest. Dykstra's method is the cure.

    Source: Boyle & Dykstra (1986), for projections onto intersections; the numbers are ours.
    """

    suites = ("constrained",)
    tags = ("quadratic", "convex", "strictly_convex")
    dimension = 2
    constraints = ("set", "inequality")

    feasible = Ball(5.0)
    linear_inequality = (np.array([[1.0, 0.0]]), np.array([3.0]))

    @property
    def target(self) -> Array:
        """The point p."""
        return np.array([9.0, 8.0])

    def start(self) -> Array:
        return np.array([-3.0, 0.0])

    def facts(self) -> Facts:
        return Facts(solution=(3.0, 4.0), optimum=26.0, certificate="convex, KKT at x*", convex=True,
                     curvature=(1.0, 1.0), multipliers=((3.0, 0.5), ()))  # fmt: skip


@dataclass(frozen=True)
class MinimumNorm(NearestPoint):
    """½‖x‖² subject to aᵀx ≥ b with a = (1, 2, …, n)/n: the shortest point of a half-space.

    It teaches the simplest multiplier: x* = λa with λ = b/‖a‖². Where b ≤ 0 the origin itself is feasible, λ = 0.

    Attributes
    ----------
    n : int
        Number of variables.
    b : float
        How far the half-space is from the origin, times ‖a‖.

    Source: Luenberger (1969), Optimization by Vector Space Methods, section 3.12.
    """

    suites = ("constrained",)
    tags = ("quadratic", "convex", "strictly_convex")
    constraints = ("inequality",)
    variants = ({"n": 1}, {"n": 4, "b": -1.0}, {"n": 80})

    n: Annotated[int, Ge(1)] = 3
    b: float = 2.0

    @property
    def _a(self) -> Array:
        return np.arange(1.0, self.n + 1.0) / self.n

    @property
    def target(self) -> Array:
        """The origin."""
        return np.zeros(self.n)

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:  # type: ignore[override]  # read-only here
        """(−aᵀ, −b)."""
        return -self._a[None, :], np.array([-float(self.b)])

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        a = self._a
        lam = max(0.0, float(self.b)) / float(a @ a)
        x = lam * a
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True,
                     curvature=(1.0, 1.0), multipliers=((lam,), ()))  # fmt: skip
