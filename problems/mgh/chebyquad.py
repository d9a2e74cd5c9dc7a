"""Problem 35 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array, Facts
from optlab.core.settings import check_settings
from optlab.core.status import InputError
from optlab_problems.forms.least_squares import LeastSquares

KNOWN = {
    7: (
        0.0,
        (
            0.05806914962097548,
            0.2351716123574216,
            0.3380440947400462,
            0.5,
            0.6619559052599538,
            0.7648283876425784,
            0.9419308503790245,
        ),
    ),
    8: (
        0.0035168737256779316,
        (
            0.04315276015101663,
            0.1930908403841861,
            0.26632870689027294,
            0.5,
            0.5,
            0.7336712931097271,
            0.8069091596158139,
            0.9568472398489833,
        ),
    ),
    9: (
        0.0,
        (
            0.044205346135782767,
            0.19949067230988096,
            0.23561910847106,
            0.416046907892598,
            0.5,
            0.583953092107402,
            0.76438089152894,
            0.8005093276901191,
            0.9557946538642172,
        ),
    ),
    10: (
        0.004772713696375349,
        (
            0.032993373018074465,
            0.15514535775907337,
            0.20018919846138622,
            0.38326166496125497,
            0.38326166496125497,
            0.5292494771334065,
            0.6403535493710659,
            0.7135658474159999,
            0.8284818230519073,
            0.9252518337853975,
        ),
    ),
}
"""n = m → f*, x* with ascending components."""
PRINTED = (
    0.0596199005358127,
    0.16670828183586142,
    0.2391706589426085,
    0.3988842923060445,
    0.3988842923060445,
    0.6011157076939555,
    0.6011157076939555,
    0.7608293410573915,
    0.8332917181641386,
    0.9403800994641873,
)
"""Where f has the value printed for n = 10, 6.50395e-3."""


@dataclass(frozen=True)
class Chebyquad(LeastSquares):
    """Nodes of a quadrature on [0, 1] with equal weights: means of Tᵢ, less their integrals.

    A zero of f is a Chebyshev quadrature; there is one for n = 1 … 7 and n = 9 only. Every permutation of a solution is
    another one. A minimizer is given for m = n = 7 … 10.

    Attributes
    ----------
    n : int
        Number of variables, the nodes.
    m : int, optional
        Number of residuals, at least n; n if left out.

    Source: Moré, Garbow & Hillstrom (1981), problem 35; Fletcher (1965).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal")
    variants = ({"n": 7}, {"n": 9}, {"n": 10}, {"n": 3, "m": 5})

    n: Annotated[int, Ge(1), Le(1000)] = 8
    m: Annotated[int, Ge(1), Le(10_000)] | None = None

    def __post_init__(self) -> None:
        check_settings(self)
        if self.m is not None and self.m < self.n:
            msg = f"chebyquad: m must be at least n = {self.n}, given {self.m}"
            raise InputError(msg)

    @cached_property
    def _m(self) -> int:
        return self.n if self.m is None else self.m

    @cached_property
    def _integrals(self) -> Array:
        """∫ Tᵢ over [0, 1], T shifted to it, i = 1 … m."""
        i = np.arange(1.0, self._m + 1.0)
        return np.where(i % 2 == 0, -1.0 / np.maximum(i * i - 1.0, 1.0), 0.0)

    def residuals(self, x: Any) -> Any:
        y = 2.0 * x - 1.0
        before, T, means = 1.0, y, []
        for _ in range(self._m):
            means.append(np.sum(T) / self.n)
            before, T = T, 2.0 * y * T - before
        return np.array(means) - self._integrals

    def _derivatives(self, x: Array) -> tuple[Array, Array]:
        """First and second derivatives of T₁ … T_m at every node, shape (m, n)."""
        y = 2.0 * x - 1.0
        T, D, C = np.ones((3, self._m + 1, self.n))
        T[1], D[0], D[1], C[:2] = y, 0.0, 2.0, 0.0
        for i in range(1, self._m):
            T[i + 1] = 2.0 * y * T[i] - T[i - 1]
            D[i + 1] = 4.0 * T[i] + 2.0 * y * D[i] - D[i - 1]
            C[i + 1] = 8.0 * D[i] + 2.0 * y * C[i] - C[i - 1]
        return D[1:], C[1:]

    def jacobian(self, x: Array) -> Array:
        return self._derivatives(x)[0] / self.n

    def curvature(self, x: Array, w: Array) -> Array:
        return np.diag(w @ self._derivatives(x)[1] / self.n)

    def start(self) -> Array:
        return np.arange(1.0, self.n + 1.0) / (self.n + 1.0)

    def facts(self) -> Facts:
        if self._m != self.n or self.n not in KNOWN:
            return Facts(convex=False)
        optimum, x = KNOWN[self.n]
        zero = optimum == 0.0
        return Facts(
            solution=x,
            optimum=optimum,
            certificate="a sum of squares that is zero"
            if zero
            else "best known: published, and the best of many starts",
            convex=False,
            critical_points={"minimum": [PRINTED]} if self.n == len(PRINTED) else {},
            note="the value printed, 6.50395e-3, is that of a local minimum"
            if self.n == len(PRINTED)
            else "from a hundred times the start, where f is 5e38 at n = 8, a run can end at f = 3.55",
        )
