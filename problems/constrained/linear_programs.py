"""Two linear programs that are famous for how they treat the simplex method."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array, Facts
from optlab_problems.constrained.quadratic_objective import LinearObjective


@dataclass(frozen=True)
class KleeMinty(LinearObjective):
    """−Σ 2ⁿ⁻ʲxⱼ subject to 2 Σ_{j<i} 2ⁱ⁻ʲxⱼ + xᵢ ≤ 5ⁱ and x ≥ 0: a twisted cube.

    It teaches how bad a good method can be: from the origin the simplex method of Dantzig visits all 2ⁿ vertices;
    the last one, (0, …, 0, 5ⁿ), is the solution. Interior methods do not mind.

    Attributes
    ----------
    n : int
        Number of variables; numbers up to 5ⁿ occur.

    Source: Klee & Minty (1972); in powers of 2 and 5, Greenberg (1997).
    """

    suites = ("constrained",)
    tags = ("linear", "convex", "badly_scaled")
    constraints = ("bounds", "inequality")
    variants = ({"n": 1}, {"n": 2}, {"n": 6})

    n: Annotated[int, Ge(1), Le(12)] = 3

    @property
    def costs(self) -> Array:
        """−2ⁿ⁻ʲ."""
        return np.asarray(-(2.0 ** np.arange(self.n - 1, -1, -1)))

    @property
    def bounds(self) -> tuple[float, float]:
        """(0, ∞)."""
        return 0.0, np.inf

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """The n rows."""
        i = np.arange(self.n)
        powers = 2.0 ** (i[:, None] - i + 1.0)
        return np.tril(powers, -1) + np.eye(self.n), np.asarray(5.0 ** (i + 1.0))

    def start(self) -> Array:
        return np.zeros(self.n)

    def facts(self) -> Facts:
        last = np.eye(self.n)[-1]
        lam = np.concatenate([last, -self.costs * (1.0 - last)])
        return Facts(solution=5.0**self.n * last, optimum=-(5.0**self.n), certificate="convex, KKT at x*", convex=True,
                     multipliers=(lam, ()))  # fmt: skip


@dataclass(frozen=True)
class BealeCycling(LinearObjective):
    """A linear program with a degenerate vertex at which the simplex method turns in circles.

    It teaches degeneracy: at the start more constraints are active than there are variables, so that a step may have
    length 0. With the largest coefficient first, the simplex method returns to its first basis after six of them.

    Source: Beale (1955), Cycling in the dual simplex algorithm; Gass & Vinjamuri (2004).
    """

    suites = ("constrained",)
    tags = ("linear", "convex", "degenerate")
    dimension = 4
    constraints = ("bounds", "inequality")

    bounds = (0.0, np.inf)
    linear_inequality = (
        np.array([[0.25, -60.0, -0.04, 9.0], [0.5, -90.0, -0.02, 3.0], [0.0, 0.0, 1.0, 0.0]]),
        np.array([0.0, 0.0, 1.0]),
    )

    @property
    def costs(self) -> Array:
        """The vector c."""
        return np.array([-0.75, 150.0, -0.02, 6.0])

    def start(self) -> Array:
        return np.zeros(4)

    def facts(self) -> Facts:
        return Facts(solution=(0.04, 0.0, 1.0, 0.0), optimum=-0.05, certificate="convex, KKT at x*", convex=True,
                     multipliers=((0.0, 1.5, 0.05, 0.0, 15.0, 0.0, 10.5), ()))  # fmt: skip
