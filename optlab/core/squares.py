"""The oracle as methods see it that know f as a sum of squares.

Source: Nocedal & Wright (2006), equations 10.1 to 10.5.
"""

from __future__ import annotations

from math import inf, isfinite, isnan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from optlab.core.status import EvaluationError
from optlab.kernels.least_squares import square_factor

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


class Squares(NamedTuple):
    """What is known at an iterate: the factor c of f = c rᵀr, r (m,) and J = ∂r/∂x (m, n); read-only."""

    c: float
    r: Array
    J: Array


class SumOfSquares:
    """An oracle for one step, that answers f = c rᵀr and ∇f = 2cJᵀr from r and J.

    An evaluation of r counts as one of f, one of J as a Jacobian, and ∇f as nothing. What was asked is remembered for
    every point, so that a search that comes back to one does not pay twice. The gradient is not the problem's own:
    the driver, which sees that, checks a claim of convergence by ∇f itself.

    Parameters
    ----------
    oracle : Oracle
        What evaluates and counts.
    c : float
        The factor: the contract of a problem leaves it open whether f is Σ rᵢ², half of it, or its mean.
    """

    __slots__ = ("_jacobians", "_residuals", "c", "oracle")

    def __init__(self, oracle: Oracle, c: float) -> None:
        self.oracle, self.c = oracle, c
        self._residuals: dict[int, tuple[Array, Array]] = {}  # by the identity of x, which the pair keeps alive
        self._jacobians: dict[int, tuple[Array, Array]] = {}

    @classmethod
    def at(cls, oracle: Oracle, x: Array) -> tuple[SumOfSquares, Squares]:
        """Return the view of a run that begins at x, and what is known there.

        c is found at the problem's standard start, uncounted as its scale is; where that shows nothing (r = 0), at x.

        Raises
        ------
        EvaluationError
            Where f is no multiple of the sum of squares.
        """
        c, r = oracle.square_factor, oracle.residuals(x)
        if isnan(c):
            f = oracle.value(x)
            c = square_factor(f, r)
            if isnan(c):
                c = 1.0  # f and r are both zero here, or not finite
            elif not 0 < c < inf:
                msg = (
                    f"the residuals do not give f: f = {f:.6g} where the sum of their squares is {float(r.dot(r)):.6g}"
                )
                raise EvaluationError(msg)
        view = cls(oracle, c)
        return view, view.known(x)

    def known(self, x: Array) -> Squares:
        """Return r and J at x."""
        return Squares(self.c, self.residuals(x), self.jacobian(x))

    def residuals(self, x: Array) -> Array:
        """r(x), shape (m,); infinite where Python's own floats overflow."""
        if id(x) not in self._residuals:
            try:
                r = self.oracle.residuals(x)
            except OverflowError:
                r = np.full(1, np.inf)
            self._residuals[id(x)] = x, r
        return self._residuals[id(x)][1]

    def jacobian(self, x: Array) -> Array:
        """J(x), shape (m, n)."""
        if id(x) not in self._jacobians:
            self._jacobians[id(x)] = x, self.oracle.jacobian(x)
        return self._jacobians[id(x)][1]

    def value(self, x: Array) -> float:
        """f(x) = c rᵀr."""
        r = self.residuals(x)
        return self.c * float(r.dot(r))

    def gradient(self, x: Array) -> Array:
        """∇f(x) = 2cJᵀr, shape (n,), read-only."""
        g = (2.0 * self.c) * (self.residuals(x) @ self.jacobian(x))
        g.setflags(write=False)
        return g

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """Return both; where f is not finite, no Jacobian is asked for and ∇f is NaN."""
        f = self.value(x)
        return f, self.gradient(x) if isfinite(f) else np.full_like(x, np.nan)
