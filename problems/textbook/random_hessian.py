"""A quadratic with a random Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.numerics.curvature import classify_critical_point
from optlab.numerics.random_hessians import goe
from optlab_problems.forms.sizes import finite, in_memory


@dataclass(frozen=True)
class RandomHessian(ProblemBase):
    """½xᵀHx with H from the Gaussian orthogonal ensemble: 0 may be anything.

    It teaches why saddles prevail in high dimension: all eigenvalues are positive with probability 1/2 for n = 1,
    (2 − √2)/4 = .146 for n = 2, .025 for n = 3, 5·10⁻⁶ for n = 6, since eigenvalues repel each other. With a shift,
    as Hessians have where f is low, minima come back.

    Attributes
    ----------
    n : int
        Number of variables.
    shift : float
        Added to every eigenvalue, in units of √(n/2); from about 2 on 0 is a minimum.
    seed : int
        Of H and the start.

    Source: Dauphin et al. (2014), section 2; Dean & Majumdar (2006).
    """

    suites = ("textbook", "saddles")
    tags = ("quadratic",)
    variants = (
        {"n": 1, "seed": 1},
        {"n": 2, "shift": 4.0},
        {"n": 3, "shift": -4.0, "seed": 2},
        {"n": 6, "seed": 3},
    )

    n: Annotated[int, Ge(1)] = 4
    shift: float = 0.0
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")
        finite(self, "shift")

    @cached_property
    def H(self) -> Array:  # noqa: N802  textbook letter
        """The Hessian, shape (n, n)."""
        return np.asarray(goe(self.n, 1, self.seed)[0] + self.shift * np.sqrt(self.n / 2) * np.eye(self.n))

    def value(self, x: Array) -> float:
        return 0.5 * (x @ (self.H @ x))  # type: ignore[return-value]  # v @ v is a number

    def gradient(self, x: Array) -> Array:
        return np.asarray(self.H @ x)

    def hessian(self, x: Array) -> Array:
        return self.H.copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return np.asarray(self.H @ v)

    def start(self) -> Array:
        return np.random.default_rng([self.seed, 1]).standard_normal(self.n)

    def facts(self) -> Facts:
        kind, zero = classify_critical_point(self.H), np.zeros(self.n)
        values = np.linalg.eigvalsh(self.H)
        curvature = (float(values[0]), float(values[-1]))
        if kind == "minimum":
            return Facts(solution=zero, optimum=0.0, certificate="closed form", convex=True, curvature=curvature)
        return Facts(critical_points={kind: [zero]}, convex=False, curvature=curvature, note="unbounded below")
