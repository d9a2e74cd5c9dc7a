"""A matrix with fewer independent columns than columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab.core.status import InputError
from optlab_problems.forms.sizes import in_memory
from optlab_problems.linear_algebra.linear_least_squares import LinearLeastSquares


@dataclass(frozen=True)
class RankDeficient(LinearLeastSquares):
    """‖Ax − b‖² with A of rank r < n, of integers: a plane of solutions, of dimension n − r.

    It teaches what "the" solution means where there are many: gradient descent from 0 finds the shortest one, pure
    Newton meets a singular Hessian. A = BC with B = [I; J] and C = [I, K]; the columns of [−K; I] span what A does not
    see.

    Attributes
    ----------
    n, m, rank : int
        Variables, equations and r, with r < n and r ≤ m.
    seed : int
        Of the random integers J and K.

    Source: Golub & Van Loan (2013), section 5.5 (the rank-deficient least-squares problem).
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "degenerate")
    variants = ({"n": 2, "m": 2, "rank": 1}, {"n": 9, "m": 4, "rank": 4, "seed": 3})

    n: Annotated[int, Ge(2)] = 6
    m: Annotated[int, Ge(1)] = 8
    rank: Annotated[int, Ge(1)] = 4
    seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        in_memory(self, self.m, self.n, "m", "n")
        in_memory(self, self.n, self.n, "n")  # a basis of the null space
        most = min(self.n - 1, self.m)
        if self.rank > most:
            msg = f"rank_deficient: rank must be at most {most} for n = {self.n} and m = {self.m}, given {self.rank}"
            raise InputError(msg)

    @cached_property
    def _factors(self) -> tuple[Array, Array]:
        """Return A and a basis of its null space, (n, n − r)."""
        random, n, m, r = np.random.default_rng(self.seed), self.n, self.m, self.rank
        J = random.integers(-3, 4, (m - r, r)).astype(float)
        K = random.integers(-2, 3, (r, n - r)).astype(float)
        return np.vstack([np.eye(r), J]) @ np.hstack([np.eye(r), K]), np.vstack([-K, np.eye(n - r)])

    @property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (m, n)."""
        return self._factors[0]

    @cached_property
    def shortest(self) -> Array:
        """The solution of least norm: (1, …, 1) without its part in the null space."""
        N = self._factors[1]
        return np.asarray(self.planted - N @ np.linalg.lstsq(N, self.planted, rcond=None)[0])

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """0 and the greatest singular value."""
        return 0.0, float(self.singular_values[0])

    def facts(self) -> Facts:
        N = self._factors[1]
        facts: Facts = super().facts()
        return replace(
            facts,
            solutions=[self.shortest, *(self.planted + column for column in N.T[:3])],
            note="the solutions form a plane: (1, …, 1), the shortest one and a few more are given; b is exact",
        )

    def precision(self) -> str:
        """Say nothing of κ, which is infinite."""
        return ""
