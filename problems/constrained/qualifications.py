"""What can be wrong with constraints: no constraint qualification, or more active ones than variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class CQFailure(Componentwise):
    """a subject to a² ≤ 0: one feasible point, where the constraint has no gradient.

    It teaches why multipliers need a constraint qualification: 0 is the solution, and no λ has 1 + λ·2·0 = 0.
    Methods that follow multipliers drive λ to infinity.

    Source: Bazaraa, Sherali & Shetty (2006), Nonlinear Programming, chapter 5, in one variable.
    """

    suites = ("constrained",)
    tags = ("convex", "degenerate")
    dimension = 1
    constraints = ("inequality",)

    def f(self, a: Any) -> Any:
        return a

    def df(self, a: Any) -> tuple[Any]:
        return (1.0,)

    def d2f(self, a: Any) -> Entries:
        return {}

    def g(self, a: Any) -> tuple[Any]:
        return (a * a,)

    def dg(self, a: Any) -> tuple[tuple[Any]]:
        return ((2.0 * a,),)

    def d2g(self, a: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0},)

    def start(self) -> Array:
        return np.ones(1)

    def facts(self) -> Facts:
        return Facts(solution=(0.0,), optimum=0.0, certificate="the only feasible point", qualified=False, convex=True,
                     note="f = −√ε where a² ≤ ε is tolerated: small violations look like large gains.")  # fmt: skip


@dataclass(frozen=True)
class KuhnTuckerCusp(Componentwise):
    """−a subject to b ≤ (1 − a)³ and a, b ≥ 0: the solution (1, 0) is the tip of a cusp.

    It teaches the first example of all without multipliers: at the tip the two active gradients are opposite, and
    ∇f is not between them.

    Source: Kuhn & Tucker (1951), Nonlinear programming, section 3.
    """

    suites = ("constrained",)
    tags = ("nonconvex", "degenerate")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((0.0, 0.0), (np.inf, np.inf))

    def f(self, a: Any, b: Any) -> Any:
        return -a

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return -1.0, 0.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {}

    def g(self, a: Any, b: Any) -> tuple[Any]:
        return (b - (1.0 - a) ** 3,)

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((3.0 * (1.0 - a) ** 2, 1.0),)

    def d2g(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): -6.0 * (1.0 - a)},)

    def start(self) -> Array:
        return np.array([0.25, 0.25])

    def facts(self) -> Facts:
        return Facts(solution=(1.0, 0.0), optimum=-1.0, certificate="closed form", qualified=False,
                     note="Tolerating b ≤ (1 − a)³ + ε at b = 0 gains ε^⅓ in f.")  # fmt: skip


@dataclass(frozen=True)
class DegenerateVertex(Componentwise):
    """½(a − 2)² + ½(b − 2)² with a ≤ 1, b ≤ 1, a + b ≤ 2: three active constraints in a plane.

    It teaches that multipliers need not be unique: (t, t, 1 − t) for every t in [0, 1]. Their set is bounded, since
    the Mangasarian–Fromovitz condition holds though the gradients are linearly dependent. Active-set methods may
    exchange one constraint for another without moving.

    Source: Nocedal & Wright (2006), sections 12.2 and 16.5, for degeneracy; the numbers are ours.
    """

    suites = ("constrained",)
    tags = ("quadratic", "convex", "strictly_convex", "degenerate")
    dimension = 2
    constraints = ("inequality",)

    linear_inequality = (np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([1.0, 1.0, 2.0]))

    def f(self, a: Any, b: Any) -> Any:
        return 0.5 * (a - 2.0) ** 2 + 0.5 * (b - 2.0) ** 2

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return a - 2.0, b - 2.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 1.0, (1, 1): 1.0}

    def start(self) -> Array:
        return np.array([0.5, -1.0])

    def facts(self) -> Facts:
        return Facts(solution=(1.0, 1.0), optimum=1.0, certificate="convex, KKT at x*", convex=True,
                     curvature=(1.0, 1.0), note="Multipliers: (t, t, 1 − t) for every t in [0, 1].")  # fmt: skip


@dataclass(frozen=True)
class NonuniqueMultipliers(Componentwise):
    """a subject to (a − 2)² + b² ≤ 4 and (a − 4)² + b² ≤ 16: two disks that touch at 0.

    It teaches what degenerate constraints cost: every λ ≥ 0 with 4λ₁ + 8λ₂ = 1 is a multiplier, and the solution of
    the linearized conditions is not unique; stabilized methods still converge fast.

    Source: Wright (1998), Superlinear convergence of a stabilized SQP method to a degenerate solution.
    """

    suites = ("constrained",)
    tags = ("convex", "degenerate")
    dimension = 2
    constraints = ("inequality",)

    def f(self, a: Any, b: Any) -> Any:
        return a

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 1.0, 0.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {}

    def g(self, a: Any, b: Any) -> tuple[Any, Any]:
        return (a - 2.0) ** 2 + b * b - 4.0, (a - 4.0) ** 2 + b * b - 16.0

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], ...]:
        return (2.0 * (a - 2.0), 2.0 * b), (2.0 * (a - 4.0), 2.0 * b)

    def d2g(self, a: Any, b: Any) -> tuple[Entries, ...]:
        return {(0, 0): 2.0, (1, 1): 2.0}, {(0, 0): 2.0, (1, 1): 2.0}

    def start(self) -> Array:
        return np.array([1.0, 1.0])

    def facts(self) -> Facts:
        return Facts(solution=(0.0, 0.0), optimum=0.0, certificate="convex, KKT at x*", convex=True,
                     note="Multipliers: every λ ≥ 0 with 4λ₁ + 8λ₂ = 1.")  # fmt: skip


@dataclass(frozen=True)
class RedundantEqualities(Componentwise):
    """½(a² + 2b² + 3c²) subject to a + b + c = 11, 2a + 2b + 2c = 22: one equation, said twice.

    It teaches that a KKT matrix can be singular at a solution that is unique: the multipliers form a line,
    ν₁ + 2ν₂ = −6, so that no constraint qualification but linearity holds. A factorization must allow for it.

    Source: Nocedal & Wright (2006), lemma 16.1, whose assumption it violates; the numbers are ours.
    """

    suites = ("constrained",)
    tags = ("quadratic", "convex", "strictly_convex", "degenerate")
    dimension = 3
    constraints = ("equality",)

    linear_equality = (np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]), np.array([11.0, 22.0]))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 0.5 * (a * a + 2.0 * b * b + 3.0 * c * c)

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return a, 2.0 * b, 3.0 * c

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 1.0, (1, 1): 2.0, (2, 2): 3.0}

    def start(self) -> Array:
        return np.array([1.0, -1.0, 2.0])

    def facts(self) -> Facts:
        return Facts(solution=(6.0, 3.0, 2.0), optimum=33.0, certificate="convex, KKT at x*", convex=True,
                     curvature=(1.0, 3.0), multipliers=((), (-1.2, -2.4)),
                     note="The multipliers given are the shortest of a line, ν₁ + 2ν₂ = −6.")  # fmt: skip
