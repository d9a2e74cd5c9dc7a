"""Scaling and offset of f."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt
from typing import Annotated, Any

import numpy as np
from annotated_types import Gt

from optlab.core.facts import Facts
from optlab.core.problem import Array, ProblemBase
from optlab.core.samples import Samples
from optlab.core.transform import Transform, Wrapper
from optlab.proximal.base import Proximable


@dataclass(frozen=True)
class ValueScaling(Transform):
    """c f(x) + d: the same problem in other units.

    It teaches which tolerances are absolute: a method that treats f × 10⁸ otherwise depends on units; and that an
    offset d eats the digits in which f still decreases.

    Attributes
    ----------
    factor : float
        c, positive.
    offset : float
        d, in the units of c f.

    Source: Nocedal & Wright (2006), section 2.2, on scaling.
    """

    factor: Annotated[float, Gt(0)] = 1.0
    offset: float = 0.0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem in other units of f."""
        self.finite("factor", "offset")
        return Scaled(problem, self, float(self.factor), float(self.offset))


class Scaled(Wrapper):
    """c f(x) + d."""

    def __init__(self, inner: ProblemBase, transform: Transform, c: float, d: float) -> None:
        super().__init__(inner, transform)
        self.c, self.d = c, d

    def value(self, x: Array) -> float:
        return self.c * self.inner.value(x) + self.d

    def gradient(self, x: Array) -> Array:
        return self.c * self.inner.gradient(x)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        f, g = self.inner.value_and_gradient(x)
        return self.c * f + self.d, self.c * g

    def hessian(self, x: Array) -> Array:
        return self.c * self.inner.hessian(x)

    def hvp(self, x: Array, v: Array) -> Array:
        return self.c * self.inner.hvp(x, v)

    def values(self, X: Array) -> Array:
        return self.c * self.inner.values(X) + self.d

    def gradients(self, X: Array) -> Array:
        return self.c * self.inner.gradients(X)

    def hessians(self, X: Array) -> Array:
        return self.c * self.inner.hessians(X)

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self.c * self.inner.lagrangian_hessian(x, np.asarray(lam) / self.c, np.asarray(nu) / self.c)

    @property
    def residuals(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """√c r(x); None with an offset, which is no sum of squares."""
        r = self.inner.residuals
        return None if r is None or self.d != 0 else lambda x: sqrt(self.c) * r(x)

    def jacobian(self, x: Array) -> Array:
        return sqrt(self.c) * self.inner.jacobian(x)

    @cached_property
    def samples(self) -> Samples | None:  # type: ignore[override]
        """The terms, each scaled and moved like f."""
        terms, c, d = self.inner.samples, self.c, self.d
        if terms is None:
            return None
        return Samples(terms.size, lambda x, i: c * terms.value(x, i) + d, lambda x, i: c * terms.gradient(x, i))

    @cached_property
    def composite(self) -> Proximable | None:  # type: ignore[override]
        """C times the term."""
        return None if self.inner.composite is None else ScaledTerm(self.inner.composite, self.c)

    def facts(self) -> Facts:
        known, c = self.inner.known, self.c
        lam_nu = known.multipliers
        return replace(
            known,
            optimum=None if known.optimum is None else c * known.optimum + self.d,
            curvature=None if known.curvature is None else (c * known.curvature[0], c * known.curvature[1]),
            multipliers=None if lam_nu is None else (c * np.asarray(lam_nu[0]), c * np.asarray(lam_nu[1])),
            scale=None if known.scale is None else c * known.scale,
        )


@dataclass(frozen=True)
class ScaledTerm(Proximable):
    """A term times a positive number."""

    term: Proximable
    factor: float

    def value(self, x: Array) -> float:
        """Factor times the term."""
        return self.factor * self.term.value(x)

    def prox(self, x: Array, t: float) -> Array:
        """The term's own prox, with t times the factor."""
        return self.term.prox(x, t * self.factor)
