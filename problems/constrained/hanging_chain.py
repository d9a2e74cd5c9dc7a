"""A chain of rigid links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError
from optlab_problems.forms.sizes import in_memory


@dataclass(frozen=True)
class HangingChain(ProblemBase):
    """The potential energy of a chain of m equal rigid links: a discrete catenary.

    The chain hangs between (0, 0) and (1, 0). It teaches many equality constraints at once, one a link, each of two
    neighboring joints only. Their multipliers are the forces in the links; the horizontal one is the same in all, so
    the slopes of the links are equally spaced. If the links were strings, of at most that length, the problem would
    be convex with the same solution.

    Attributes
    ----------
    n : int
        Variables, an even number: abscissas, then ordinates of the m − 1 inner joints, m = n/2 + 1.
    length : float
        Of the whole chain, over that of its span.

    The weight of the whole chain is 1.

    Source: Luenberger & Ye (2008), Linear and Nonlinear Programming, section 11.4, hanging chain.
    """

    suites = ("constrained",)
    tags = ("nonconvex",)
    constraints = ("equality",)
    variants = ({"n": 2}, {"n": 4, "length": 2.0}, {"n": 12, "length": 1.01}, {"n": 60})

    n: Annotated[int, Ge(2)] = 10
    length: Annotated[float, Gt(1), Le(2)] = 1.5

    def __post_init__(self) -> None:
        in_memory(self, self.n, self.n, "n")
        if self.n % 2:
            msg = f"hanging_chain: n must be even, given {self.n}; try {self.n - 1} or {self.n + 1}"
            raise InputError(msg)

    @property
    def links(self) -> int:
        """The number m of links."""
        return self.n // 2 + 1

    @cached_property
    def _differences(self) -> tuple[Array, Array]:
        """(D, e): the links are (DX + e, DY)."""
        m = self.links
        return np.eye(m, m - 1) - np.eye(m, m - 1, k=-1), np.eye(m)[-1]

    def _links(self, x: Array) -> tuple[Array, Array]:
        D, e = self._differences
        half = self.n // 2
        return D @ x[:half] + e, D @ x[half:]

    def value(self, x: Array) -> float:
        return np.sum(x[self.n // 2 :]) / self.links

    def gradient(self, x: Array) -> Array:
        return np.repeat([0.0, 1.0 / self.links], self.n // 2)

    def hessian(self, x: Array) -> Array:
        return np.zeros((x.size, x.size))

    def hvp(self, x: Array, v: Array) -> Array:
        return np.zeros_like(v)

    def equality(self, x: Array) -> Array:
        """The squared length of every link minus what it should be, shape (m,)."""
        dx, dy = self._links(x)
        return dx * dx + dy * dy - (self.length / self.links) ** 2

    def equality_jacobian(self, x: Array) -> Array:
        D = self._differences[0]
        return np.hstack([2.0 * part[:, None] * D for part in self._links(x)])

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        D = self._differences[0]
        return np.asarray(np.kron(np.eye(2), 2.0 * (D.T * nu) @ D))

    def start(self) -> Array:
        t = np.arange(1.0, self.links) / self.links
        return np.concatenate([t, -2.0 * t * (1.0 - t)])

    def facts(self) -> Facts:
        m, link = self.links, float(self.length) / self.links
        steps = np.linspace(-0.5, 0.5, m) * (m - 1)
        c = slope_step(steps, 1.0 / link)
        cosine = 1.0 / np.sqrt(1.0 + (c * steps) ** 2)
        dx, dy = link * cosine, link * c * steps * cosine
        x = np.concatenate([np.cumsum(dx)[:-1], np.cumsum(dy)[:-1]])
        return Facts(solution=x, optimum=float(self.value(x)),
                     certificate="KKT at x* with ν ≥ 0, where the problem with links of at most that length is convex",
                     multipliers=((), 0.5 / (m * c * dx)))  # fmt: skip


def slope_step(steps: Array, target: float) -> float:
    """Return the c > 0 with Σ 1/√(1 + (c·stepsᵢ)²) = target."""
    from scipy.optimize import brentq

    def excess(c: float) -> float:
        return float(np.sum(1.0 / np.sqrt(1.0 + (c * steps) ** 2))) - target

    top = 1.0
    while excess(top) > 0:
        top *= 2.0
    return float(brentq(excess, 0.0, top, xtol=1e-300, rtol=4.0 * np.finfo(float).eps))
