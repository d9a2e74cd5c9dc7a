"""Problem 25 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError


@dataclass(frozen=True)
class VariablyDimensioned(ProblemBase):
    """Σ (xⱼ − 1)² + s² + s⁴ with s = Σ j(xⱼ − 1): a bowl with one steep direction.

    The Hessian is 2I plus a matrix of rank one: its condition number, about n³/3 at the solution, is far larger at
    the start, where s is of order n².

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Moré, Garbow & Hillstrom (1981), problem 25.
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "convex", "strictly_convex", "ill_conditioned")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(1)] = 10

    @cached_property
    def _j(self) -> Array:
        j = np.arange(1.0, self.n + 1.0)
        j.setflags(write=False)
        return j

    def value(self, x: Array) -> float:
        e = x - 1.0
        s = self._j @ e
        return e @ e + s * s + s**4  # type: ignore[return-value]  # a number, or autograd's box

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        e = x - 1.0
        s = float(self._j @ e)
        f = float(e @ e) + s * s + s**4
        e += e
        e += (2.0 * s + 4.0 * s**3) * self._j
        return f, e

    def hvp(self, x: Array, v: Array) -> Array:
        return 2.0 * v + (self._bend(x) * float(self._j @ v)) * self._j

    def hessian(self, x: Array) -> Array:
        if why := self.lacks("hessian"):
            raise InputError(why)
        H = np.outer(self._bend(x) * self._j, self._j)
        H.flat[:: self.n + 1] += 2.0
        return 0.5 * (H + H.T)

    def _bend(self, x: Array) -> float:
        s = float(self._j @ (x - 1.0))
        return 2.0 + 12.0 * s * s

    def residuals(self, x: Any) -> Any:
        """xⱼ − 1 for every j, then s and s²."""
        s = self._j @ (x - 1.0)
        return np.append(np.append(x - 1.0, s), s * s)

    def jacobian(self, x: Array) -> Array:
        if why := self.lacks("jacobian"):
            raise InputError(why)
        s = float(self._j @ (x - 1.0))
        return np.vstack([np.eye(self.n), self._j, 2.0 * s * self._j])

    def start(self) -> Array:
        return 1.0 - self._j / self.n

    def facts(self) -> Facts:
        return Facts(solution=np.ones(self.n), optimum=0.0, certificate="a sum of squares that is zero", convex=True)
