"""A chain of masses between anharmonic springs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab.core.status import InputError
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSum
from optlab_problems.forms.elements import Terms
from optlab_problems.forms.sizes import finite


@dataclass(frozen=True)
class NearestNeighborChain(ElementSum):
    """Σ d²/2 + α d³/3 + β d⁴/4 over the springs of a pulled Fermi–Pasta–Ulam chain.

    Spring i has d = xᵢ₊₁ − xᵢ, i = 0 … n.

    The ends are held, x₀ = 0 and xₙ₊₁ = (n + 1) · `strain`, and at rest all springs are stretched alike. It teaches
    what length costs: convex and with a closed solution, but the condition number at it is about (2n/π)², whatever
    α and β are. The start is that solution plus its slowest mode, with strains changed by as much as 1.

    Attributes
    ----------
    n : int
        Number of masses.
    alpha : float
        α, the cubic coupling; α² ≤ 3β keeps V convex.
    beta : float
        β, the quartic coupling.
    strain : float
        How far each spring is stretched at rest.

    Source: Fermi, Pasta & Ulam (1955), Studies of nonlinear problems, Los Alamos report LA-1940.
    """

    suites = ("scalable",)
    tags = ("convex", "ill_conditioned", "sparse")
    variants = ({"n": 1}, {"alpha": 0.0, "strain": -0.25}, {"n": 52, "beta": 2.0})

    n: Annotated[int, Ge(1)] = 10
    alpha: float = 1.0
    beta: Annotated[float, Ge(0)] = 1.0
    strain: float = 0.5

    def __post_init__(self) -> None:
        finite(self, "alpha", "beta", "strain")
        if self.alpha * self.alpha > 3.0 * self.beta:
            msg = f"nearest_neighbor_chain: alpha² must be at most 3 beta = {3.0 * self.beta:g}, given {self.alpha}²"
            raise InputError(msg)

    @property
    def elements(self) -> tuple[Terms, Terms]:
        return (
            Terms(self.n, ((-1, 1), (0, 1)), self._f, self._df, self._d2f),
            Terms(1, ((self.n - 1, 1),), self._last_f, self._last_df, self._last_d2f),
        )

    @cached_property
    def _end(self) -> float:
        return (self.n + 1.0) * self.strain

    def _potential(self, d: Any) -> Any:
        return d * d * (0.5 + d * (self.alpha / 3.0 + d * (self.beta / 4.0)))

    def _force(self, d: Any) -> Any:
        return d * (1.0 + d * (self.alpha + d * self.beta))

    def _stiffness(self, d: Any) -> Any:
        return 1.0 + d * (2.0 * self.alpha + d * (3.0 * self.beta))

    def _f(self, left: Any, right: Any) -> Any:
        return self._potential(right - left)

    def _df(self, left: Any, right: Any) -> tuple[Any, Any]:
        force = self._force(right - left)
        return -force, force

    def _d2f(self, left: Any, right: Any) -> Entries:
        stiffness = self._stiffness(right - left)
        return {(0, 0): stiffness, (0, 1): -stiffness, (1, 1): stiffness}

    def _last_f(self, x: Any) -> Any:
        return self._potential(self._end - x)

    def _last_df(self, x: Any) -> tuple[Any]:
        return (-self._force(self._end - x),)

    def _last_d2f(self, x: Any) -> Entries:
        return {(0, 0): self._stiffness(self._end - x)}

    def _rest(self) -> Array:
        return self.strain * np.arange(1.0, self.n + 1.0)

    def start(self) -> Array:
        angle = np.pi / (self.n + 1.0)
        return self._rest() + np.sin(angle * np.arange(1.0, self.n + 1.0)) / angle

    def facts(self) -> Facts:
        return Facts(
            solution=self._rest(),
            optimum=(self.n + 1.0) * float(self._potential(self.strain)),
            certificate="convex, KKT at x*",
            convex=True,
        )
