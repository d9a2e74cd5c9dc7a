"""Problem 32 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab_problems.forms.elements import Indices
from optlab_problems.forms.sizes import at_least_n


@dataclass(frozen=True)
class LinearFullRank(ProblemBase):
    """Linear residuals xᵢ − (2/m) Σ xⱼ − 1: a disguised ‖x + 1‖² + m − n.

    The last m − n residuals have no xᵢ.

    It teaches to look at a problem before counting iterations on it: JᵀJ = I, every level set is a sphere, and one
    step of any method with the right step length ends at the solution.

    Attributes
    ----------
    n : int
        Number of variables.
    m : int, optional
        Number of residuals, at least n; 2n if left out.

    Source: Moré, Garbow & Hillstrom (1981), problem 32.
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "quadratic", "convex", "strictly_convex")
    variants = ({"n": 5, "m": 5}, {"n": 52, "m": 60})

    n: Annotated[int, Ge(1)] = 10
    m: Annotated[int, Ge(1)] | None = None

    def __post_init__(self) -> None:
        at_least_n(self)

    @cached_property
    def _m(self) -> int:
        return int(at_least_n(self))

    def value(self, x: Array) -> float:
        e = x + 1.0
        return e @ e + float(self._m - self.n)  # type: ignore[return-value]  # a number, or autograd's box

    def gradient(self, x: Array) -> Array:
        return 2.0 * (x + 1.0)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        e = x + 1.0
        f = float(e @ e) + float(self._m - self.n)
        e += e
        return f, e

    def hvp(self, x: Array, v: Array) -> Array:
        return 2.0 * v

    def hessian(self, x: Array) -> Array:
        if why := self.lacks("hessian"):
            raise InputError(why)
        return 2.0 * np.eye(self.n)

    def hessian_pattern(self) -> tuple[Indices, Indices]:
        """Return rows and columns of the entries on and above the diagonal of ∇²f that are not always zero."""
        return np.arange(self.n), np.arange(self.n)

    def residuals(self, x: Any) -> Any:
        """The residuals, shape (m,)."""
        return np.append(x, np.zeros(self._m - self.n)) - (2.0 / self._m) * np.sum(x) - 1.0

    def jacobian(self, x: Array) -> Array:
        if why := self.lacks("jacobian"):
            raise InputError(why)
        J = np.full((self._m, self.n), -2.0 / self._m)
        J.flat[: self.n * self.n : self.n + 1] += 1.0
        return J

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        return Facts(
            solution=np.full(self.n, -1.0),
            optimum=float(self._m - self.n),
            certificate="closed form",
            convex=True,
            curvature=(2.0, 2.0),
            note="JᵀJ is the identity",
        )
