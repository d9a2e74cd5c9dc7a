"""The nearest point of a simplex and of an ℓ₁ ball, with the solution drawn first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.sets.l1_ball import L1Ball
from optlab.sets.simplex import Simplex
from optlab_problems.forms.sizes import in_memory

SUPPORT = 0.1
"""About this part of the components of the solution are not zero."""


class NearestInSet(ProblemBase):
    """½‖x − z‖²; a subclass draws the solution and z."""

    abstract: ClassVar[bool] = True
    seed: int

    @cached_property
    def _planted(self) -> tuple[Array, Array]:
        """(x*, z)."""
        raise NotImplementedError

    def _drawn(self) -> tuple[Array, Any, np.random.Generator]:
        """Positive weights of sum 1 on the support, 0 elsewhere; the support; the generator."""
        random = np.random.default_rng(self.seed)
        support = random.random(self.n) < SUPPORT
        support[random.integers(self.n)] = True
        weights = np.where(support, random.uniform(0.5, 1.5, self.n), 0.0)
        return weights / weights.sum(), support, random

    def value(self, x: Array) -> float:
        d = x - self._planted[1]
        return 0.5 * (d @ d)  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return x - self._planted[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        d = x - self._planted[1]
        return 0.5 * float(d @ d), d

    def hessian(self, x: Array) -> Array:
        return np.eye(self.n)

    def hvp(self, x: Array, v: Array) -> Array:
        return v.copy()

    def values(self, X: Array) -> Array:
        D = X - self._planted[1]
        return np.asarray(0.5 * np.einsum("kn,kn->k", D, D))

    def gradients(self, X: Array) -> Array:
        return np.asarray(X - self._planted[1])

    def facts(self) -> Facts:
        x = self._planted[0]
        return Facts(solution=x, optimum=float(self.value(x)), certificate="convex, KKT at x*", convex=True,
                     curvature=(1.0, 1.0))  # fmt: skip


@dataclass(frozen=True)
class NearestOnSimplex(NearestInSet):
    """½‖x − z‖² subject to x ≥ 0, Σx = 1: the projection onto the simplex, written as a problem.

    It teaches that a projection is an optimization problem of its own, with multipliers: z − x* is one number on the
    support, and less elsewhere. About a tenth of the components of x* are positive.

    Attributes
    ----------
    n : int
        Number of variables.
    seed : int
        Of everything random.

    Source: Duchi, Shalev-Shwartz, Singer & Chandra (2008); Condat (2016).
    """

    suites = ("scalable",)
    tags = ("quadratic", "convex", "strictly_convex")
    constraints = ("set",)
    variants = ({"n": 2}, {"n": 1000})

    n: Annotated[int, Ge(2)] = 50
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.n, 10, "n")

    @cached_property
    def feasible(self) -> Simplex:  # type: ignore[override]
        """The unit simplex."""
        return Simplex(1.0)

    @cached_property
    def _planted(self) -> tuple[Array, Array]:
        x, support, random = self._drawn()
        return x, x + 0.3 - np.where(support, 0.0, random.uniform(0.01, 1.0, self.n))

    def start(self) -> Array:
        return np.full(self.n, 1.0 / self.n)


@dataclass(frozen=True)
class NearestInL1Ball(NearestInSet):
    """½‖x − z‖² subject to ‖x‖₁ ≤ r: the projection onto the ℓ₁ ball, written as a problem.

    It teaches why ℓ₁ regularization makes zeros: −∇f = λ sign(x) on the support, and anything up to λ in size
    elsewhere. As inequalities the ball has 2ⁿ rows; its projection is all a method needs.

    Attributes
    ----------
    n : int
        Number of variables.
    radius : float
        r.
    seed : int
        Of everything random.

    Source: Duchi, Shalev-Shwartz, Singer & Chandra (2008); Tibshirani (1996).
    """

    suites = ("scalable",)
    tags = ("quadratic", "convex", "strictly_convex")
    constraints = ("set",)
    variants = ({"n": 2}, {"n": 1000, "radius": 10.0})

    n: Annotated[int, Ge(2)] = 50
    radius: Annotated[float, Gt(0)] = 1.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.n, 10, "n")

    @cached_property
    def feasible(self) -> L1Ball:  # type: ignore[override]
        """The ball."""
        return L1Ball(self.radius)

    @cached_property
    def _planted(self) -> tuple[Array, Array]:
        weights, support, random = self._drawn()
        signs = random.choice([-1.0, 1.0], self.n)
        push = np.where(support, signs, random.uniform(-0.9, 0.9, self.n))
        x = self.radius * weights * signs
        return x, x + 0.2 * self.radius * push

    def start(self) -> Array:
        return np.zeros(self.n)
