"""Problem 27 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.status import InputError

COMPLEX_STEP = 1e-100
"""Of the derivative of the slopes along v, exact to rounding, as nothing cancels (Squire & Trapp, 1998)."""
SECOND_ZERO = (0.9794303033498625,) * 9 + (1.2056969665013755,)
"""At n = 10: (α, …, α, α¹⁻ⁿ) with nαⁿ − (n + 1)αⁿ⁻¹ + 1 = 0."""


@dataclass(frozen=True)
class BrownAlmostLinear(ProblemBase):
    """n − 1 linear residuals xᵢ + Σ xⱼ − (n + 1), and one that is not: Π xⱼ − 1.

    It teaches that "almost linear" is not easy: the last residual alone decides where on a line the solution is, and
    for large n the product under- or overflows on most of it; at the standard start it is 2⁻ⁿ.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Moré, Garbow & Hillstrom (1981), problem 27; Brown (1969).
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "nonconvex")
    variants = ({"n": 2}, {"n": 5}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    def residuals(self, x: Any) -> Any:
        """r(x), shape (n,)."""
        return np.append((x + np.sum(x) - (self.n + 1.0))[:-1], np.prod(x) - 1.0)

    def value(self, x: Array) -> float:
        r = self.residuals(x)
        return r @ r  # type: ignore[no-any-return]  # a number, or autograd's box

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        r = self.residuals(x)
        f, last = float(r @ r), float(r[-1])
        r[-1] = 0.0
        return f, 2.0 * (r + np.sum(r) + last * products_of_others(x))

    def hvp(self, x: Array, v: Array) -> Array:
        w = v + np.sum(v)
        w[-1] = 0.0
        slopes = products_of_others(x)
        size = float(np.abs(v).max(initial=0.0)) or 1.0
        step = COMPLEX_STEP / size
        bends = products_of_others(x + (1j * step) * v).imag / step
        return np.asarray(2.0 * (w + np.sum(w) + float(slopes @ v) * slopes + (np.prod(x) - 1.0) * bends))

    def hessian(self, x: Array) -> Array:
        J = self.jacobian(x)
        return 2.0 * (J.T @ J + (np.prod(x) - 1.0) * products_of_others_but_two(x))

    def jacobian(self, x: Array) -> Array:
        if why := self.lacks("jacobian"):
            raise InputError(why)
        J = np.ones((self.n, self.n))
        J.flat[:: self.n + 1] += 1.0
        J[-1] = products_of_others(x)
        return J

    def start(self) -> Array:
        return np.full(self.n, 0.5)

    def facts(self) -> Facts:
        flat = np.zeros(self.n)
        flat[-1] = self.n + 1.0
        return Facts(
            solution=np.ones(self.n),
            solutions=[SECOND_ZERO] if self.n == len(SECOND_ZERO) else [],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"degenerate": [flat]} if self.n > 3 else {},  # noqa: PLR2004  below, it is not critical
            note="f = 1 at (0, …, 0, n + 1), often called a local minimum, is a critical point that is none: along "
            "(t, …, t, n + 1 − nt) f falls from it",
        )


def products_of_others(x: Any) -> Any:
    """Return Π_{k≠j} x_k for every j, shape (n,), without a division: right where entries are zero too."""
    before, after = np.ones_like(x), np.ones_like(x)
    np.cumprod(x[:-1], out=before[1:])
    np.cumprod(x[:0:-1], out=after[-2::-1])
    return before * after


def products_of_others_but_two(x: Array) -> Array:
    """Return Π_{l≠j,k} x_l for every pair j ≠ k, shape (n, n), zero on the diagonal: the Hessian of Π x_l."""
    H = np.empty((x.size, x.size))
    for j in range(x.size):
        rest = x.copy()
        rest[j] = 1.0
        H[j] = products_of_others(rest)
        H[j, j] = 0.0
    return 0.5 * (H + H.T)
