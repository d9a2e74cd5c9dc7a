"""A quadratic over a ball."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab.kernels.orthogonal import orthogonal
from optlab.sets.ball import Ball
from optlab_problems.constrained.quadratic_objective import QuadraticObjective
from optlab_problems.forms.sizes import in_memory


@dataclass(frozen=True)
class TrustRegionSubproblem(QuadraticObjective):
    """½xᵀHx + qᵀx over a ball, H indefinite: a nonconvex problem that can be solved.

    It teaches the condition that makes a point the global solution: (H + λI)x = −q with H + λI positive
    semidefinite. In the hard case λ is minus the least eigenvalue, q has no component along its eigenvector z, and
    there are two solutions, mirror images along z. x* and λ are drawn first.

    Attributes
    ----------
    n : int
        Number of variables; the eigenvalues of H are equally spaced from −1 to 1.
    hard : bool
        The hard case; otherwise λ = 2.
    seed : int
        Of everything random. The standard start is inside the ball.

    Source: Moré & Sorensen (1983); Nocedal & Wright (2006), theorem 4.1 and section 4.3.
    """

    suites = ("constrained", "quadratics")
    tags = ("quadratic", "nonconvex")
    constraints = ("set",)
    variants = ({"n": 2}, {"n": 20, "hard": False}, {"n": 60, "seed": 1})

    n: Annotated[int, Ge(2)] = 6
    hard: bool = True
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")

    @property
    def shift(self) -> float:
        """λ, with (H + λI)x* = −q."""
        return 1.0 if self.hard else 2.0

    @cached_property
    def _planted(self) -> tuple[Array, Array, Array, Array, Array]:
        """(H, q, x*, z, start)."""
        n, random = self.n, np.random.default_rng(self.seed)
        Q = orthogonal(random, n, n)
        eigenvalues = np.linspace(-1.0, 1.0, n)
        H = (Q * eigenvalues) @ Q.T
        parts, begin = random.uniform(0.5, 1.5, n) * random.choice([-1.0, 1.0], n), random.standard_normal(n)
        q = -Q @ ((eigenvalues + self.shift) * parts)
        x = Q @ parts
        return 0.5 * (H + H.T), q, x, Q[:, 0], 0.5 * np.linalg.norm(x) / np.linalg.norm(begin) * begin

    @property
    def objective_data(self) -> tuple[Array, Array]:
        """(H, q)."""
        return self._planted[:2]

    @cached_property
    def feasible(self) -> Ball:
        """The ball around 0."""
        return Ball(float(np.linalg.norm(self._planted[2])))

    def start(self) -> Array:
        return self._planted[4].copy()

    def facts(self) -> Facts:
        _, _, x, z, _ = self._planted
        return Facts(
            solution=x,
            solutions=[x - 2.0 * float(z @ x) * z] if self.hard else [],
            optimum=float(self.value(x)),
            certificate="H + λI is positive semidefinite (Moré & Sorensen, 1983)",
            convex=False,
            curvature=(-1.0, 1.0),
            multipliers=((0.5 * self.shift,), ()),
            note="The multiplier is that of ‖x‖² ≤ r², half the λ of the trust-region literature.",
        )
