"""The oracle as an inner optimizer sees it: f plus penalties or a barrier, within bounds.

Source: Nocedal & Wright (2006), chapter 17.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from optlab.core import kkt
from optlab.core.constraints import Constraints, length_from
from optlab.core.problem import ProblemBase
from optlab.core.program import Program, Slopes, Values

if TYPE_CHECKING:
    from optlab.core.problem import Array
    from optlab.kernels.penalty_terms import Terms


class Point(NamedTuple):
    """What is known at an iterate."""

    values: Values
    slopes: Slopes


class View:
    """An oracle whose f is a merit function φ, its only constraints being bounds; counts and budgets are the oracle's.

    Parameters
    ----------
    program : Program
        f, g, h and the bounds.
    terms : Terms
        What φ adds to f.
    known : Point, optional
        What has been evaluated before: it is not evaluated again.
    """

    def __init__(self, program: Program, terms: Terms, known: Point | None = None) -> None:
        self._oracle, self._program, self._terms = program.oracle, program, terms
        self._values: dict[int, Values] = {}
        self._slopes: dict[int, Slopes] = {}
        self._gradients: dict[int, Array] = {}
        self._curved: tuple[Array, Array] | None = None
        if known is not None:
            self._values[id(known.values.x)], self._slopes[id(known.values.x)] = known
        self._within = _Within(program)
        self.bounds = self._within.bounds
        self.constrained = self.constraint_forms = self._within.constrained

    def __getattr__(self, name: str) -> Any:
        return getattr(self._oracle, name)

    def at(self, x: Array) -> Point:
        """Return what is known at x, evaluated where it is not."""
        return Point(self._values_at(x), self._slopes_at(x))

    def value(self, x: Array) -> float:
        """φ(x)."""
        _, f, g, h = self._values_at(x)
        return f + self._terms.value(g, h) if isfinite(f) else f

    def gradient(self, x: Array) -> Array:
        """∇φ(x), shape (n,), read-only; NaN where f is not finite."""
        if id(x) not in self._gradients:
            _, f, g, h = self._values_at(x)
            gradient = np.full_like(x, np.nan)
            if isfinite(f):
                (lam, nu), slopes = self._terms.multipliers(g, h), self._slopes_at(x)
                gradient = slopes.df + lam @ slopes.Jg + nu @ slopes.Jh
            gradient.setflags(write=False)
            self._gradients[id(x)] = gradient
        return self._gradients[id(x)]

    judged_gradient = gradient

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """φ(x) and ∇φ(x), those of f fused where it can be evaluated anywhere."""
        if id(x) not in self._values and type(self._program) is Program:
            self._oracle.value_and_gradient(x)
        return self.value(x), self.gradient(x)

    def hessian(self, x: Array) -> Array:
        """∇²φ(x), shape (n, n), read-only; of the side where it is in play, at the edge of an inequality's."""
        if self._curved is None or self._curved[0] is not x:
            (_, _, g, h), slopes = self.at(x)
            (lam, nu), (a, b) = self._terms.multipliers(g, h), self._terms.curvatures(g, h)
            bent = slopes.Jg.T @ (a[:, None] * slopes.Jg) + slopes.Jh.T @ (b[:, None] * slopes.Jh)
            H = self._oracle.lagrangian_hessian(x, lam, nu) + bent
            H.setflags(write=False)
            self._curved = (x, H)
        return self._curved[1]

    def hvp(self, x: Array, v: Array) -> Array:
        """∇²φ(x) v, shape (n,)."""
        return self.hessian(x) @ v

    def project(self, x: Array) -> Array:
        """Return x within the bounds; x itself where it is there."""
        if self.bounds is None:
            return x
        within = self._program.clip(x)
        return x if (within == x).all() else within

    def multipliers(self, x: Array) -> tuple[Array, Array]:
        """Return the first-order estimates of λ, those of the bounds recovered from ∇φ(x), and of ν; read-only."""
        values = self._values_at(x)
        lam, nu = self._terms.multipliers(values.g, values.h)
        if self.bounds is not None:
            lam = np.concatenate([lam, kkt.kkt(self._within, x, self.gradient(x)).lam.astype(x.dtype, copy=False)])
        lam.setflags(write=False)
        nu.setflags(write=False)
        return lam, nu

    def kkt_stationarity(self, x: Array, g: Array) -> float:
        """Return how far x is from stationary for φ within the bounds, g being ∇φ(x)."""
        return kkt.stationarity(self._within, x, g)

    def _values_at(self, x: Array) -> Values:
        if id(x) not in self._values:
            self._values[id(x)] = self._program.values(x)
        return self._values[id(x)]

    def _slopes_at(self, x: Array) -> Slopes:
        self._values_at(x)  # which keeps x alive, and so its id
        if id(x) not in self._slopes:
            self._slopes[id(x)] = self._program.slopes(x)
        return self._slopes[id(x)]


class _Within(ProblemBase):
    """The bounds of a program as a problem, for the KKT conditions of φ: its gradient is always handed over."""

    def __init__(self, program: Program) -> None:
        if program.below.size or program.above.size:
            self.bounds = (program.lo, program.hi)
        self.__dict__.update(n=program.oracle.n, start_length=program.oracle.start_length)

    def value(self, x: Array) -> float:
        """There is none."""
        raise NotImplementedError

    def start(self) -> Array:
        """Return a point as long as the standard start."""
        return np.full(self.n, self.start_length)


def multipliers(program: Program, point: Point) -> tuple[Array, Array]:
    """Return the λ ≥ 0, bounds included, and the ν that come nearest to the KKT conditions; zeros where none do."""
    (x, _, g, h), slopes = point
    Jg = slopes.Jg
    if program.below.size + program.above.size:
        unit = np.eye(x.size, dtype=x.dtype)
        g = np.concatenate([g, (program.lo - x)[program.below], (x - program.hi)[program.above]])
        Jg = np.concatenate([Jg, -unit[program.below], unit[program.above]])
    everything = Constraints(g, Jg, h, slopes.Jh)
    if everything.finite and np.isfinite(slopes.df).all():
        lam, nu = kkt.recover(slopes.df, everything, length_from(x, program.oracle.start_length))
        return lam.astype(x.dtype, copy=False), nu.astype(x.dtype, copy=False)
    return np.zeros_like(g), np.zeros_like(h)
