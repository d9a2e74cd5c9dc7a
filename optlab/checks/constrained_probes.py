"""Small problems with functions as constraints: a curved one to solve, and traps that no method can solve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.checks.probes import Bowl, Valley, solution_of
from optlab.core.problem import Array, Facts, ProblemBase


@dataclass(frozen=True)
class ValleyInDisk(Valley):
    """Rosenbrock's valley in the disk a² + b² ≤ 1; the constraint is active.

    The solution is where ∇f + 2λx = 0 on the circle, by Newton's method in 30 digits.
    """

    def inequality(self, x: Array) -> Any:
        return np.array([x @ x - 1.0])

    def inequality_jacobian(self, x: Array) -> Array:
        return 2.0 * x[None, :]

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self.hessian(x) + 2.0 * float(lam[0]) * np.eye(2)

    def start(self) -> Array:
        return np.array([-0.6, 0.5])

    def facts(self) -> Facts:
        return Facts(solution=(0.7864151541684279, 0.6176983125233935), optimum=0.04567480871950022)


@dataclass(frozen=True)
class ValleyOnCircle(Valley):
    """Rosenbrock's valley on the circle a² + b² = 1, from outside."""

    def equality(self, x: Array) -> Any:
        return np.array([x @ x - 1.0])

    def equality_jacobian(self, x: Array) -> Array:
        return 2.0 * x[None, :]

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self.hessian(x) + 2.0 * float(nu[0]) * np.eye(2)

    def start(self) -> Array:
        return np.array([1.2, 1.0])

    def facts(self) -> Facts:
        return Facts(solution=(0.7864151541684279, 0.6176983125233935), optimum=0.04567480871950022)


def doubled(n: int = 3) -> Bowl:
    """Return the bowl on a plane that is given twice: dependent rows, one solution."""
    row, x = np.ones((1, n)), solution_of(n)
    return Bowl(n, row[0], linear_equality=(np.vstack([row, 2.0 * row]), np.array([1.0, 2.0]) * float(row[0] @ x)))


@dataclass(frozen=True)
class Apart(ProblemBase):
    """½‖x‖² with a ≤ −1 and a ≥ 1, as inequalities or as equalities: nothing is feasible."""

    tags = ("quadratic", "convex")

    equal: bool = False

    def value(self, x: Array) -> float:
        return 0.5 * float(x @ x)

    def gradient(self, x: Array) -> Array:
        return x.copy()

    def hessian(self, x: Array) -> Array:
        return np.eye(x.size)

    @property
    def _rows(self) -> tuple[Array, Array]:  # type: ignore[override]
        return np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([-1.0, -1.0])

    @property
    def linear_equality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The rows a = −1 and −a = −1."""
        return self._rows if self.equal else None

    @property
    def linear_inequality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The rows a ≤ −1 and −a ≤ −1."""
        return None if self.equal else self._rows

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self.hessian(x)

    def start(self) -> Array:
        return np.array([0.5, 2.0])

    def facts(self) -> Facts:
        return Facts(infeasible=True)


@dataclass(frozen=True)
class Pinned(ProblemBase):
    """The least a with a² ≤ 0: the only feasible point is 0, and it has no multiplier."""

    def value(self, x: Array) -> float:
        return float(x[0])

    def gradient(self, x: Array) -> Array:
        return np.ones(1)

    def hessian(self, x: Array) -> Array:
        return np.zeros((1, 1))

    def inequality(self, x: Array) -> Any:
        return x * x

    def inequality_jacobian(self, x: Array) -> Array:
        return 2.0 * x[None, :]

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return np.array([[2.0 * float(lam[0])]])

    def start(self) -> Array:
        return np.array([1.0])

    def facts(self) -> Facts:
        return Facts(solution=(0.0,), optimum=0.0, qualified=False)


@dataclass(frozen=True)
class Downhill(ProblemBase):
    """−a − b with a ≥ 0, as a linear row: f has no least value."""

    tags = ("linear", "convex")

    linear_inequality = (np.array([[-1.0, 0.0]]), np.array([0.0]))

    def value(self, x: Array) -> float:
        return -float(x[0] + x[1])

    def gradient(self, x: Array) -> Array:
        return -np.ones(2)

    def hessian(self, x: Array) -> Array:
        return np.zeros((2, 2))

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self.hessian(x)

    def start(self) -> Array:
        return np.array([1.0, 2.0])

    def facts(self) -> Facts:
        return Facts()
