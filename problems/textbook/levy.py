"""Waves on a bowl, with a different one at the end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import pi
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.separable import Separable

PAIR = 2
FIRST = (-4.205434985718203, 1.0, 3.79108219045051)
LAST = (-4.930286250610244, -2.8906496084617133, 1.0, 4.890649608461714)
"""Minima in the first and in the last variable, near x*."""


@dataclass(frozen=True)
class Levy(Separable):
    """sin² πw₁ + Σ (wᵢ − 1)²(1 + 10 sin²(πwᵢ + 1)) + (wₙ − 1)²(1 + sin² 2πwₙ): waves on a bowl.

    With w = 1 + (x − 1)/4 and the sum over i < n. It teaches that many wells need not be hopeless: they deepen steadily
    towards x* = (1, …, 1), so that larger steps help. Written in u = w − 1, so that every sine is exactly 0 at x*.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Levy & Montalvo (1985), The tunneling algorithm; in this form Laguna & Martí (2005).
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    variants = ({"n": 1}, {"n": 6})

    n: Annotated[int, Ge(1)] = 2

    @cached_property
    def _masks(self) -> tuple[Array, Array, Array]:
        """Return the factors of the three kinds of term, each (n,)."""
        first, last = np.zeros(self.n), np.zeros(self.n)
        first[0] = last[-1] = 1.0
        return first, 10.0 * (1.0 - last), last

    def phi(self, x: Any) -> Any:
        first, inner, last = self._masks
        u = 0.25 * (x - 1.0)
        p, q, r = np.sin(pi * u), np.sin(pi * u + 1.0), np.sin(2.0 * pi * u)
        return first * p * p + u * u * (1.0 + inner * q * q + last * r * r)

    def dphi(self, x: Array) -> Array:
        first, inner, last = self._masks
        u = 0.25 * (x - 1.0)
        q, r = np.sin(pi * u + 1.0), np.sin(2.0 * pi * u)
        level = 1.0 + inner * q * q + last * r * r
        slope = pi * (inner * np.sin(2.0 * (pi * u + 1.0)) + 2.0 * last * np.sin(4.0 * pi * u))
        return np.asarray(0.25 * (pi * first * np.sin(2.0 * pi * u) + u * (2.0 * level + u * slope)))

    def d2phi(self, x: Array) -> Array:
        first, inner, last = self._masks
        u = 0.25 * (x - 1.0)
        q, r = np.sin(pi * u + 1.0), np.sin(2.0 * pi * u)
        level = 1.0 + inner * q * q + last * r * r
        slope = pi * (inner * np.sin(2.0 * (pi * u + 1.0)) + 2.0 * last * np.sin(4.0 * pi * u))
        bend = 2.0 * pi * pi * (inner * np.cos(2.0 * (pi * u + 1.0)) + 4.0 * last * np.cos(4.0 * pi * u))
        crest = 2.0 * pi * pi * first * np.cos(2.0 * pi * u)
        return np.asarray(0.0625 * (crest + 2.0 * level + u * (4.0 * slope + u * bend)))

    def start(self) -> Array:
        return np.full(self.n, -4.5)

    def facts(self) -> Facts:
        minima = list(product(FIRST, LAST)) if self.n == PAIR else []
        return Facts(
            solution=np.ones(self.n),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"minimum": [p for p in minima if p != (1.0, 1.0)]},
        )
