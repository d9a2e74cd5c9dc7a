"""Problem 56 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, pi, sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS56(Componentwise):
    """−abc with the bounds 0 ≤ a, b, c ≤ 4.2 and a + 2b + 2c ≤ 7.2 written as equations in sin².

    Source: Hock & Schittkowski (1981), problem 56.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 7
    constraints = ("equality",)

    def f(self, a: Any, b: Any, c: Any, p: Any, q: Any, r: Any, s: Any) -> Any:
        return -a * b * c

    def df(self, a: Any, b: Any, c: Any, p: Any, q: Any, r: Any, s: Any) -> tuple[Any, ...]:
        return -b * c, -a * c, -a * b, 0.0, 0.0, 0.0, 0.0

    def d2f(self, a: Any, b: Any, c: Any, p: Any, q: Any, r: Any, s: Any) -> Entries:
        return {(0, 1): -c, (0, 2): -b, (1, 2): -a}

    def h(self, a: Any, b: Any, c: Any, p: Any, q: Any, r: Any, s: Any) -> tuple[Any, ...]:
        return (
            a - 4.2 * np.sin(p) ** 2,
            b - 4.2 * np.sin(q) ** 2,
            c - 4.2 * np.sin(r) ** 2,
            a + 2.0 * b + 2.0 * c - 7.2 * np.sin(s) ** 2,
        )

    def dh(self, a: Any, b: Any, c: Any, p: Any, q: Any, r: Any, s: Any) -> tuple[tuple[Any, ...], ...]:
        return (
            (1.0, 0.0, 0.0, -4.2 * np.sin(2.0 * p), 0.0, 0.0, 0.0),
            (0.0, 1.0, 0.0, 0.0, -4.2 * np.sin(2.0 * q), 0.0, 0.0),
            (0.0, 0.0, 1.0, 0.0, 0.0, -4.2 * np.sin(2.0 * r), 0.0),
            (1.0, 2.0, 2.0, 0.0, 0.0, 0.0, -7.2 * np.sin(2.0 * s)),
        )

    def d2h(self, a: Any, b: Any, c: Any, p: Any, q: Any, r: Any, s: Any) -> tuple[Entries, ...]:
        return (
            {(3, 3): -8.4 * np.cos(2.0 * p)},
            {(4, 4): -8.4 * np.cos(2.0 * q)},
            {(5, 5): -8.4 * np.cos(2.0 * r)},
            {(6, 6): -14.4 * np.cos(2.0 * s)},
        )

    def start(self) -> Array:
        angle = asin(sqrt(1 / 4.2))
        return np.array([1.0, 1.0, 1.0, angle, angle, angle, asin(sqrt(5 / 7.2))])

    def facts(self) -> Facts:
        p, q = asin(sqrt(4 / 7)), asin(sqrt(2 / 7))
        return Facts(
            solution=(2.4, 1.2, 1.2, p, q, q, 0.5 * pi),
            optimum=-3.456,
            certificate="closed form: a · 2b · 2c is at most the cube of a third of their sum, which is at most 7.2",
            convex=False,
            multipliers=((), (0.0, 0.0, 0.0, 1.44)),
            note="a, b, c are unique, the four angles are not: each may change its sign or move by π",
        )
