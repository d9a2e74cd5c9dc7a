"""Small problems with known answers, to see how an optimizer behaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.proximal.base import Proximable
from optlab.proximal.elastic_net import ElasticNet
from optlab.sets.ball import Ball
from optlab.sets.base import ConvexSet

LEAST, MOST = 1.0, 4.0
"""Curvature of the bowls: every fixed step below 1/2 converges."""


@dataclass(frozen=True)
class Bowl(ProblemBase):
    """½(x − c)ᵀA(x − c) with eigenvalues from 1 to 4, and at most one kind of constraint.

    c = x* + A⁻¹p, so that −∇f(x*) = p: x* is the solution when the push p is normal to the constraint there.
    """

    tags = ("quadratic", "convex")

    n: int = 3
    push: Any = 0.0
    feasible: ConvexSet | None = None
    bounds: tuple[Any, Any] | None = None
    linear_equality: tuple[Array, Array] | None = None
    linear_inequality: tuple[Array, Array] | None = None
    composite: Proximable | None = None

    @cached_property
    def solution(self) -> Array:
        return solution_of(self.n)

    @cached_property
    def _data(self) -> tuple[Array, Array]:
        u = np.ones(self.n) / np.sqrt(self.n)
        reflection = np.eye(self.n) - 2.0 * np.outer(u, u)
        A = (reflection * np.geomspace(LEAST, MOST, self.n)) @ reflection
        A = 0.5 * (A + A.T)
        return A, self.solution + np.linalg.solve(A, np.broadcast_to(np.asarray(self.push, dtype=float), (self.n,)))

    def value(self, x: Array) -> float:
        return self.value_and_gradient(x)[0]

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        A, c = self._data
        g = A @ (x - c)
        return 0.5 * float((x - c) @ g), g

    def hessian(self, x: Array) -> Array:
        return self._data[0].copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self._data[0] @ v)

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self.hessian(x)

    def start(self) -> Array:
        return np.asarray(3.0 * np.cos(np.arange(self.n) + 2.0))

    def facts(self) -> Facts:
        return Facts(
            solution=self.solution, optimum=self.objective(self.solution), convex=True, curvature=(LEAST, MOST)
        )


@dataclass(frozen=True)
class Valley(ProblemBase):
    """100(b − a²)² + (1 − a)², Rosenbrock (1960): not convex."""

    def value(self, x: Array) -> float:
        return self.value_and_gradient(x)[0]

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        a, b = x.tolist()
        t, u = b - a * a, 1.0 - a
        return 100.0 * t * t + u * u, np.array([-400.0 * a * t - 2.0 * u, 200.0 * t])

    def hessian(self, x: Array) -> Array:
        a, b = x.tolist()
        return np.array([[1200.0 * a * a - 400.0 * b + 2.0, -400.0 * a], [-400.0 * a, 200.0]])

    def start(self) -> Array:
        return np.array([-1.2, 1.0])

    def facts(self) -> Facts:
        return Facts(solution=(1.0, 1.0), optimum=0.0)


@dataclass(frozen=True)
class Wall(ProblemBase):
    """Σ (xᵢ − log xᵢ), not finite outside x > 0, from a start beside the wall.

    Parameters
    ----------
    x0 : tuple
        The start.
    outside : float
        The value where there is none: NaN or ∞. The gradient is NaN there.
    """

    x0: tuple[float, ...] = (0.05, 12.0)
    outside: float = float("nan")
    feasible: ConvexSet | None = None
    bounds: tuple[Any, Any] | None = None

    def value(self, x: Array) -> float:
        return float(np.sum(x - np.log(x))) if (x > 0).all() else self.outside

    def gradient(self, x: Array) -> Array:
        return 1.0 - 1.0 / self._inside(x)

    def hessian(self, x: Array) -> Array:
        return np.diag(self._inside(x) ** -2.0)

    def _inside(self, x: Array) -> Array:
        return x if (x > 0).all() else np.full_like(x, np.nan)

    def start(self) -> Array:
        return np.array(self.x0)

    def facts(self) -> Facts:
        n = len(self.x0)
        return Facts(solution=np.ones(n), optimum=float(n), convex=True)


def solution_of(n: int) -> Array:
    """Return x* of every bowl, shape (n,)."""
    return np.linspace(0.5, 1.0, n)


def bowls(n: int) -> dict[str, ProblemBase]:
    """Return a bowl without constraints, and one with an active constraint of each kind."""
    x = solution_of(n)
    row, first = np.ones((1, n)), np.eye(n)[0]
    found: dict[str, ProblemBase] = {
        "bowl": Bowl(n),
        "bowl in a ball": Bowl(n, 2.0 * x, feasible=Ball(float(np.linalg.norm(x)))),
        "bowl in a box": Bowl(n, first, bounds=(x - 9.0, np.where(first > 0, x, x + 9.0))),
        "bowl on a plane": Bowl(n, row[0], linear_equality=(row, row @ x)),
        "bowl in a half-space": Bowl(n, row[0], linear_inequality=(row, row @ x)),
        "bowl with a norm": Bowl(n, row[0], composite=ElasticNet(1.0)),
    }
    for name, bowl in found.items():
        bowl.__dict__["code"] = f"bowls({n})[{name!r}]"
    return found
