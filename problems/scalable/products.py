"""Problems that know their Hessian by its products with vectors, and where its entries are."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from optlab.core.problem import Array, ProblemBase
from optlab.core.status import InputError
from optlab_problems.forms.elements import Indices

POLISHED = 400
"""Up to this n facts are computed where they need dense linear algebra."""
STEPS = 200
ARMIJO = 1e-4
FLAT = 1e-13
"""A gain in f below this part of it is lost in rounding."""


class Products(ProblemBase):
    """A problem of any size; a subclass writes `value_and_gradient` and `hvp` in O(n) memory and time."""

    abstract: ClassVar[bool] = True

    @abstractmethod
    def hvp(self, x: Array, v: Array) -> Array: ...

    @abstractmethod
    def hessian_pattern(self) -> tuple[Indices, Indices]:
        """Return rows and columns of the entries on and above the diagonal of ∇²f that are not always zero."""

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def hessian(self, x: Array) -> Array:
        if why := self.lacks("hessian"):
            raise InputError(why)
        H, unit = np.empty((x.size, x.size)), np.zeros(x.size)
        for i in range(x.size):
            unit[i] = 1.0
            H[i] = self.hvp(x, unit)
            unit[i] = 0.0
        return 0.5 * (H + H.T)


def band(n: int, width: int) -> tuple[Indices, Indices]:
    """Return the pattern of a symmetric matrix with `width` diagonals above the main one."""
    shifts = range(min(width, n - 1) + 1)
    rows = np.concatenate([np.arange(n - shift) for shift in shifts])
    return rows, rows + np.repeat(np.array(shifts), [n - shift for shift in shifts])


def minimum_near(problem: ProblemBase, x: Array) -> Array | None:
    """Return the minimum that damped Newton steps reach from x, to rounding; None where ∇²f is not positive definite.

    Once f is flat to rounding, full steps are taken as long as they lower ‖∇f‖∞.
    Source: Nocedal & Wright (2006), algorithm 3.2.
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    f, g = problem.value_and_gradient(x)
    for _ in range(STEPS):
        try:
            d = -cho_solve(cho_factor(problem.hessian(x)), g)
        except (LinAlgError, ValueError):
            return None
        t, slope = 1.0, float(g @ d)
        if -slope <= FLAT * abs(f):
            g_new = problem.gradient(x + d)
            if not float(np.abs(g_new).max()) < float(np.abs(g).max()):
                return x
        else:
            while t > FLAT and not problem.value(x + t * d) <= f + ARMIJO * t * slope:
                t *= 0.5
        x = x + t * d
        f, g = problem.value_and_gradient(x)
    return None
