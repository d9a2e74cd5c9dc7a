"""Problems 33 and 34 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab_problems.forms.sizes import at_least_n


class _RankOne(ProblemBase):
    """rᵢ = wᵢ s − 1 with s = uᵀx, so that f = A(s − B/A)² + m − B²/A with A = Σ wᵢ², B = Σ wᵢ."""

    abstract: ClassVar[bool] = True

    n: int
    m: int | None

    @property
    @abstractmethod
    def _sums(self) -> tuple[float, float]:
        """A and B, in closed form."""

    @cached_property
    @abstractmethod
    def _u(self) -> Array:
        """u, shape (n,)."""

    @abstractmethod
    def _weights(self) -> Array:
        """w, shape (m,)."""

    def __post_init__(self) -> None:
        at_least_n(self)

    @cached_property
    def _m(self) -> int:
        return int(at_least_n(self))

    def value(self, x: Array) -> float:
        A, B = self._sums
        e = self._u @ x - B / A
        return A * e * e + (self._m - B * B / A)  # type: ignore[return-value]  # a number, or autograd's box

    def gradient(self, x: Array) -> Array:
        A, B = self._sums
        return (2.0 * A * (float(self._u @ x) - B / A)) * self._u

    def hvp(self, x: Array, v: Array) -> Array:
        return (2.0 * self._sums[0] * float(self._u @ v)) * self._u

    def hessian(self, x: Array) -> Array:
        if why := self.lacks("hessian"):
            raise InputError(why)
        return 2.0 * self._sums[0] * np.outer(self._u, self._u)

    def residuals(self, x: Any) -> Any:
        """The residuals, shape (m,)."""
        return self._weights() * (self._u @ x) - 1.0

    def jacobian(self, x: Array) -> Array:
        if why := self.lacks("jacobian"):
            raise InputError(why)
        return np.outer(self._weights(), self._u)

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        (A, B), u = self._sums, self._u
        squared = float(u @ u)
        return Facts(
            solution=(B / A / squared) * u,
            optimum=self._m - B * B / A,
            certificate="closed form",
            convex=True,
            curvature=(0.0 if self.n > 1 else 2.0 * A * squared, 2.0 * A * squared),
            note="every x on a hyperplane is a solution; the one given is the shortest",
        )


@dataclass(frozen=True)
class LinearRank1(_RankOne):
    """Linear residuals i s − 1 with s = Σ j xⱼ: the minimizers are a whole hyperplane.

    It teaches that a singular Hessian need not hurt: steepest descent with exact search takes one step, Gauss–Newton
    and Newton need a method that can do without a unique solution of their equations.

    Attributes
    ----------
    n : int
        Number of variables.
    m : int, optional
        Number of residuals, at least n; 2n if left out.

    Source: Moré, Garbow & Hillstrom (1981), problem 33.
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "quadratic", "convex", "degenerate")
    variants = ({"n": 5, "m": 5}, {"n": 52, "m": 60})

    n: Annotated[int, Ge(1)] = 10
    m: Annotated[int, Ge(1)] | None = None

    @property
    def _sums(self) -> tuple[float, float]:
        m = self._m
        return m * (m + 1) * (2 * m + 1) / 6, m * (m + 1) / 2

    @cached_property
    def _u(self) -> Array:
        return np.arange(1.0, self.n + 1.0)

    def _weights(self) -> Array:
        return np.arange(1.0, self._m + 1.0)


@dataclass(frozen=True)
class LinearRank1ZeroColumnsRows(_RankOne):
    """Linear residuals (i − 1)s − 1 with s = Σ j xⱼ that leaves x₁ and xₙ out.

    Like `linear_rank1`, with columns and rows of J that are zero: the first and the last variable do not matter.

    Attributes
    ----------
    n : int
        Number of variables.
    m : int, optional
        Number of residuals, at least n; 2n if left out.

    Source: Moré, Garbow & Hillstrom (1981), problem 34.
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "quadratic", "convex", "degenerate")
    variants = ({"n": 5, "m": 5}, {"n": 52, "m": 60})

    n: Annotated[int, Ge(3)] = 10
    m: Annotated[int, Ge(3)] | None = None

    @property
    def _sums(self) -> tuple[float, float]:
        m = self._m
        return (m - 2) * (m - 1) * (2 * m - 3) / 6, (m - 2) * (m - 1) / 2

    @cached_property
    def _u(self) -> Array:
        u = np.arange(1.0, self.n + 1.0)
        u[[0, -1]] = 0.0
        return u

    def _weights(self) -> Array:
        w = np.arange(float(self._m))
        w[-1] = 0.0
        return w
