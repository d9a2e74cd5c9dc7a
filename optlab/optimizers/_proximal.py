"""What the methods for f + c share: the state, the operator, and the proximal gradient step with its search.

Source: Beck & Teboulle (2009); Parikh & Boyd (2014), section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from optlab.core.optimizer import NAN, State
from optlab.core.status import Halt, InputError, Status
from optlab.kernels.norms import max_abs
from optlab.kernels.proximal import curvature_holds, local_curvature
from optlab.linesearch.base import noise_of
from optlab.linesearch.initial import first_length

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

HIDDEN = 10.0
"""How many times the rounding of f counts as hidden, as in the search `Armijo`."""
TRIALS = 100
"""Most trials of one search: 2⁻¹⁰⁰ of any step is rounding."""
FARTHER = 10.0
"""How much longer than the first probe the first step is where f shows no curvature."""

Operator = Callable[["Array", Any], "Array"]


@dataclass(frozen=True)
class CompositeState(State):
    """A state whose f is f(x) + c(x), what is minimized, and whose g is ∇f(x), of the smooth part.

    Attributes
    ----------
    smooth : float
        f(x) alone.
    """

    smooth: float = NAN

    def reached(self, oracle: Oracle, point: Point, **fields: Any) -> Self:
        """Take a point whose smooth part has been evaluated; the term is added."""
        s = point.x - self.x
        return self.at(point.x, point.f + oracle.term(point.x), point.g, smooth=point.f, step_size=point.t,
                       direction=s / point.t, **fields)  # fmt: skip


class Point(NamedTuple):
    """A point with f and ∇f of the smooth part there, and the step t that led to it."""

    x: Array
    f: float
    g: Array
    t: float


def begin(oracle: Oracle, x0: Array) -> tuple[Array, float, Array, float]:
    """Return x, f + c, ∇f and f at the start: its projection, where there is a set.

    Raises
    ------
    Halt
        SKIPPED, where there are both a term and a set: no operator serves the two.
    """
    if "composite" in oracle.constrained and len(oracle.constrained) > 1:
        note = f"the problem has a composite term beside other constraints ({', '.join(oracle.constrained)})"
        raise Halt(Status.SKIPPED, note)
    x = oracle.project(x0)
    f, g = oracle.value_and_gradient(x)
    return x, f + oracle.term(x), g, f


def operator(oracle: Oracle) -> Operator:
    """Return prox(z, t): that of the term, the projection onto the set, or z itself where there is neither."""
    return oracle.prox if "composite" in oracle.constrained else lambda z, _: oracle.project(z)


def separable(oracle: Oracle, x: Array) -> bool:
    """Whether the operator works on every variable by itself, so that its t may be an array."""
    if "composite" not in oracle.constrained:
        return not oracle.constrained or oracle.only_bounds
    prox: Operator = oracle.prox
    try:
        prox(x, np.ones_like(x))
    except InputError:
        return False
    return True


def first_step(oracle: Oracle, prox: Operator, state: CompositeState) -> float:
    """Return 1/L along a first proximal step of unit length; shorter probes where f is not finite there."""
    t = first_length(state, -state.g)
    for _ in range(TRIALS):
        z = prox(state.x - t * state.g, t)
        g = oracle.gradient(z)
        if isfinite(max_abs(g)):
            L = local_curvature(z - state.x, g - state.g)
            return 1.0 / L if L > 0 and isfinite(1.0 / L) else FARTHER * t
        t /= FARTHER
    return t


def proximal_step(oracle: Oracle, prox: Operator, y: Point, shrink: float) -> Point:
    """Return z = prox(y − t∇f(y), t) with f(z) ≤ f(y) + ∇f(y)ᵀs + ‖s‖²/2t, s = z − y; `y.t` is tried first.

    Where rounding can hide ‖s‖²/2t in f, the gradients tell: (∇f(z) − ∇f(y))ᵀs ≤ ‖s‖²/t.
    Source: Beck & Teboulle (2009), equation 2.5 and section 4, "FISTA with backtracking".

    Raises
    ------
    Halt
        STALLED where y is its own proximal step; LINESEARCH_FAILED where no t will do.
    """
    t, noise = y.t, noise_of(y.x) * abs(y.f)
    for _ in range(TRIALS):
        z = prox(y.x - t * y.g, t)
        s = z - y.x
        square = float(s.dot(s))
        if not square > 0:
            raise Halt(Status.STALLED, "the proximal step no longer moves x")
        if 0.5 * square / t <= HIDDEN * noise:
            f, g = oracle.value_and_gradient(z)
            good = isfinite(f) and curvature_holds(s, g - y.g, 1.0 / t, y.g)
        else:
            f = oracle.value(z)
            good = f <= y.f + float(y.g.dot(s)) + 0.5 * square / t
            g = oracle.gradient(z) if good else y.g
        if good and (f == -inf or isfinite(max_abs(g))):
            return Point(z, f, g, t)
        t *= shrink
    raise Halt(Status.LINESEARCH_FAILED, f"f is not below its quadratic model for any t down to {t:.1e}")
