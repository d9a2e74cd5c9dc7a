"""Problem 62 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries, add, outer

WEIGHTS = (32.174 * 255.0, 32.174 * 280.0, 32.174 * 290.0)
SHARES = (0.09, 0.07, 0.13)


@dataclass(frozen=True)
class HS62(Componentwise):
    """Three weighted logarithms of ratios, −Σ wᵢ log(sᵢ/tᵢ), on the simplex a + b + c = 1.

    With s₁ = a + b + c + 0.03, s₂ = b + c + 0.03, s₃ = c + 0.03 and, in tᵢ, the first variable times 0.09, 0.07, 0.13.

    Source: Hock & Schittkowski (1981), problem 62.
    """

    suites = ("hs",)
    tags = ("nonconvex", "domain")
    dimension = 3
    constraints = ("bounds", "equality")
    bounds = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + b + c = 1."""
        return np.ones((1, 3)), np.ones(1)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        s, t = _sums(a, b, c)
        return -sum(w * np.log(s[i] / t[i]) for i, w in enumerate(WEIGHTS))

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        s, t = _sums(a, b, c)
        later = [-w * (1.0 / s[i] - 1.0 / t[i]) for i, w in enumerate(WEIGHTS)]
        own = [-w * (1.0 / s[i] - SHARES[i] / t[i]) for i, w in enumerate(WEIGHTS)]
        return own[0], later[0] + own[1], later[0] + later[1] + own[2]

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        s, t = _sums(a, b, c)
        terms = []
        for i, w in enumerate(WEIGHTS):
            before, after = (0.0,) * i, (1.0,) * (2 - i)
            terms += [
                outer((*before, 1.0, *after), w / s[i] ** 2),
                outer((*before, SHARES[i], *after), -w / t[i] ** 2),
            ]
        return add(*terms)

    def start(self) -> Array:
        return np.array([0.7, 0.2, 0.1])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.6178126908126924, 0.32820222311966907, 0.05398508606763846),
            optimum=-26272.514487318258,
            certificate="best known: the best of many starts and of a fine grid",
            convex=False,
            multipliers=((0.0,) * 6, (6386.937539877766,)),
            note="no bound is active. f is undefined where some sᵢ/tᵢ is negative, outside the bounds",
        )


def _sums(a: Any, b: Any, c: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """(s₁, s₂, s₃) and (t₁, t₂, t₃)."""
    third = c + 0.03
    second = b + third
    p, q, r = SHARES
    return (a + second, second, third), (p * a + second, q * b + third, r * c + 0.03)
