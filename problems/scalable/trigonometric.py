"""Problem 26 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError

SECOND_ZERO = (
    0.02198255745205339,
    0.02223540544598851,
    0.02250045235981281,
    0.022778858090716975,
    0.023071956093013463,
    0.0233812901377469,
    0.023708661450750266,
    0.024056189991357457,
    0.196888047005384,
    0.02482230534653306,
)
LOCAL_MINIMUM = (
    0.05515090398069129,
    0.05684061679473856,
    0.058764001762695084,
    0.06099060865676081,
    0.06362621369585451,
    0.06684317945275879,
    0.20816151856988116,
    0.16436309588564774,
    0.08500689568850744,
    0.09143145071470794,
)
"""f = 2.795056121878e-05."""


class _Parts(NamedTuple):
    """Residuals, sines, cosines, and d with J = diag(d) + 1 sᵀ."""

    r: Array
    s: Array
    c: Array
    d: Array


@dataclass(frozen=True)
class Trigonometric(ProblemBase):
    """Residuals Σⱼ (1 − cos xⱼ) + i(1 − cos xᵢ) − sin xᵢ: many minima, several of them 0.

    J is a diagonal matrix plus one of rank one, the Hessian a diagonal one plus one of rank two.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Moré, Garbow & Hillstrom (1981), problem 26; Spedicato (1975).
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "nonconvex", "multimodal")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(1)] = 10

    @cached_property
    def _i(self) -> Array:
        i = np.arange(1.0, self.n + 1.0)
        i.setflags(write=False)
        return i

    def residuals(self, x: Any) -> Any:
        """r(x), shape (n,), with 1 − cos x as 2 sin²(x/2), which keeps its digits near 0."""
        half = np.sin(0.5 * x)
        u = 2.0 * half * half
        return np.sum(u) + self._i * u - np.sin(x)

    def value(self, x: Array) -> float:
        r = self.residuals(x)
        return r @ r  # type: ignore[no-any-return]  # a number, or autograd's box

    def _parts(self, x: Array) -> _Parts:
        s, c = np.sin(x), np.cos(x)
        return _Parts(self.residuals(x), s, c, self._i * s - c)

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        r, s, _, d = self._parts(x)
        return float(r @ r), 2.0 * (float(np.sum(r)) * s + d * r)

    def _diagonal(self, parts: _Parts) -> Array:
        """What is diagonal in ½∇²f = n ssᵀ + sdᵀ + dsᵀ + diag(…)."""
        r, s, c, d = parts
        return d * d + float(np.sum(r)) * c + r * (self._i * c + s)

    def hvp(self, x: Array, v: Array) -> Array:
        parts = self._parts(x)
        s, d = parts.s, parts.d
        sv = float(s @ v)
        return 2.0 * ((self.n * sv + float(d @ v)) * s + sv * d + self._diagonal(parts) * v)

    def hessian(self, x: Array) -> Array:
        if why := self.lacks("hessian"):
            raise InputError(why)
        parts = self._parts(x)
        across = np.outer(parts.s, 0.5 * self.n * parts.s + parts.d)
        H = 2.0 * (across + across.T)
        H.flat[:: self.n + 1] += 2.0 * self._diagonal(parts)
        return H

    def jacobian(self, x: Array) -> Array:
        if why := self.lacks("jacobian"):
            raise InputError(why)
        _, s, _, d = self._parts(x)
        J = np.tile(s, (self.n, 1))
        J.flat[:: self.n + 1] += d
        return J

    def start(self) -> Array:
        return np.full(self.n, 1.0 / self.n)

    def facts(self) -> Facts:
        known = self.n == len(SECOND_ZERO)
        return Facts(
            solution=np.zeros(self.n),
            solutions=[SECOND_ZERO] if known else [],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"minimum": [LOCAL_MINIMUM]} if known else {},
            note="at n = 10 most methods end at a local minimum of 2.795e-5 from the standard start",
        )
