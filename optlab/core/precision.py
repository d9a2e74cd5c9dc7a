"""A problem evaluated in another precision: its data, its evaluation and what it returns, in float16 or float32.

Source: IEEE 754 (2019); Higham (2002), Accuracy and stability of numerical algorithms, section 2.1.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, ProblemBase
from optlab.core.samples import Indices, Samples
from optlab.core.settings import name_of
from optlab.core.status import EvaluationError, InputError, nearest
from optlab.core.transform import Transform, Wrapper
from optlab.kernels.narrow import PRECISIONS, Narrow, narrow, plain

ASIDE = 0.1
"""Evaluation is looked at in a second point, this part of 1 + |x| away from the start in every component."""
SAME = 1e-12
"""Two evaluations that agree to this, relatively, were done in the same precision."""


@dataclass(frozen=True)
class Rounding(Transform):
    """To evaluate a problem in another precision: the axis `precision` of an experiment, no transform of the catalogue.

    Attributes
    ----------
    precision : str
        float16 or float32.
    """

    abstract = True

    precision: str = "float32"

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem evaluated in this precision."""
        return Rounded(problem, self)


class Rounded(Wrapper):
    """A problem whose functions take and return float16 or float32, and compute in it.

    x reaches the inner problem as an array that rounds every array it meets to its own dtype: data too are those of
    the precision. What is known of a problem, and what judges a run, is the inner problem in double precision.
    """

    def __init__(self, inner: ProblemBase, transform: Rounding) -> None:
        super().__init__(inner, transform)
        self.arithmetic = transform.precision  # type: ignore[misc]  # the class's own is that of all others
        self.dtype = np.dtype(transform.precision)
        self._kept = keeping(inner, self.dtype)

    @property
    def chain(self) -> tuple[Transform, ...]:
        """Those of the inner problem: a precision changes no variable."""
        return tuple(getattr(self.inner, "chain", ()))

    @property
    def exact(self) -> ProblemBase:
        """The problem in double precision, without whatever else falsifies it."""
        return self.inner.exact

    @property
    def in_double(self) -> ProblemBase:
        """The inner problem."""
        return self.inner

    def _in(self, x: Any) -> Narrow:
        """Return a point for the inner problem, or raise where a method has gone on in another precision."""
        inside = narrow(x, self.dtype)
        if x.dtype != self.dtype and (plain(inside) != x)[~np.isnan(x)].any():
            msg = f"the method has left {self.arithmetic}: it asks at points that are {x.dtype}"
            raise EvaluationError(msg)
        return inside

    def _out(self, values: Any) -> Array:
        """Return what the inner problem gave as a plain array of the dtype, infinite where that is exceeded."""
        with np.errstate(over="ignore"):
            return np.asarray(plain(values), dtype=self.dtype)

    def _number(self, f: Any) -> Any:
        """Return f as a float that the dtype has; what is no number as it is, for the oracle to refuse."""
        return float(self.dtype.type(f)) if isinstance(f, (float, int, np.generic, Narrow)) and not np.ndim(f) else f

    # --- f and its derivatives ------------------------------------------------------------------

    def value(self, x: Array) -> float:
        return self._number(self._kept.value(self._in(x)))  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        return self._out(self._kept.gradient(self._in(x)))

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        f, g = self._kept.value_and_gradient(self._in(x))
        return self._number(f), self._out(g)

    def hessian(self, x: Array) -> Array:
        return self._out(self._kept.hessian(self._in(x)))

    def hvp(self, x: Array, v: Array) -> Array:
        return self._out(self._kept.hvp(self._in(x), narrow(v, self.dtype)))

    def values(self, X: Array) -> Array:
        return self._out(self._kept.values(self._in(X)))

    def gradients(self, X: Array) -> Array:
        return self._out(self._kept.gradients(self._in(X)))

    def hessians(self, X: Array) -> Array:
        return self._out(self._kept.hessians(self._in(X)))

    @property
    def residuals(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """The residuals in the dtype, where there are any."""
        return self._narrowed(self._kept.residuals)

    def jacobian(self, x: Array) -> Array:
        return self._out(self._kept.jacobian(self._in(x)))

    @property
    def square_factor(self) -> float:
        """The c of f = c Σ rᵢ²."""
        return self.inner.square_factor

    @cached_property
    def samples(self) -> Samples | None:  # type: ignore[override]
        """The terms of the sum, in the dtype."""
        terms = self._kept.samples
        if terms is None:
            return None

        def value(x: Array, i: Indices) -> Any:
            return self._number(terms.value(self._in(x), i))

        return Samples(terms.size, value, lambda x, i: self._out(terms.gradient(self._in(x), i)))

    # --- constraints ----------------------------------------------------------------------------

    def _narrowed(self, function: Callable[[Array], Any] | None) -> Callable[[Array], Any] | None:
        return None if function is None else lambda x: self._out(function(self._in(x)))

    def _pair(self, pair: tuple[Any, Any] | None) -> tuple[Array, Array] | None:
        if pair is None:
            return None
        parts = (self._out(pair[0]), self._out(pair[1]))
        for part in parts:
            part.setflags(write=False)
        return parts

    @property
    def equality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """H in the dtype."""
        return self._narrowed(self._kept.equality)

    @property
    def inequality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """G in the dtype."""
        return self._narrowed(self._kept.inequality)

    def equality_jacobian(self, x: Array) -> Array:
        return self._out(self._kept.equality_jacobian(self._in(x)))

    def inequality_jacobian(self, x: Array) -> Array:
        return self._out(self._kept.inequality_jacobian(self._in(x)))

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return self._out(self._kept.lagrangian_hessian(self._in(x), narrow(lam, self.dtype), narrow(nu, self.dtype)))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The rows in the dtype."""
        return self._pair(self.inner.linear_equality)

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The rows in the dtype."""
        return self._pair(self.inner.linear_inequality)

    @cached_property
    def bounds(self) -> tuple[Array, Array] | None:  # type: ignore[override]
        """The bounds in the dtype."""
        return self._pair(self.inner.bounds)

    @cached_property
    def all_bounds(self) -> tuple[Array, Array] | None:
        """The bounds, those of the set included, in the dtype."""
        return self._pair(self.inner.all_bounds)

    @property
    def ball(self) -> tuple[Array, float] | None:
        """The ball with its center in the dtype."""
        there = self.inner.ball
        return None if there is None else (self._out(there[0]), float(self.dtype.type(there[1])))

    # --- where it begins --------------------------------------------------------------------------

    def start(self) -> Array:
        return self._out(self.inner.start()).copy()

    def standard_start(self) -> Array:
        return self._out(super().standard_start()).copy()

    def departure(self) -> str:
        return departure(self)


def check_precision(precision: Any) -> str:
    """Return the name of a precision, or raise an InputError that says which there are."""
    if precision not in PRECISIONS:
        there = ", ".join(PRECISIONS)
        msg = f"unknown precision {precision!r}{nearest(str(precision), PRECISIONS)} (precisions: {there})"
        raise InputError(msg)
    return str(precision)


def in_precision(problem: ProblemBase, precision: str) -> ProblemBase:
    """Return the problem evaluated in a precision: itself for float64."""
    return problem if check_precision(precision) == "float64" else Rounding(precision).apply(problem)


def keeping(problem: ProblemBase, kind: np.dtype[Any]) -> ProblemBase:
    """Return a copy of a problem whose residuals and their Jacobian keep to a dtype, for the formulas made of them.

    A problem that writes them as `np.array([…])` would go on in the dtype of an ordinary array.
    """
    there = copy(problem)
    if isinstance(there, Wrapper):
        there.inner = keeping(there.inner, kind)
    for name in ("residuals", "jacobian"):
        of_class = getattr(type(problem), name, None)
        if problem.by_hand(name) and not isinstance(of_class, property) and not isinstance(problem, Wrapper):
            there.__dict__[name] = _Kept(getattr(problem, name), kind)
    return there


@dataclass(frozen=True)
class _Kept:
    """A function of a point whose result keeps to the dtype, where the point does."""

    function: Callable[[Any], Any]
    kind: np.dtype[Any]

    def __call__(self, x: Any) -> Any:
        found = self.function(x)
        return narrow(plain(found), self.kind) if isinstance(x, Narrow) else found


def departure(problem: Rounded) -> str:
    """Return where the evaluation of f and ∇f leaves the precision, or fails, or an empty string where it does neither.

    Looked at are the start and two points beside it, uncounted. What is no number of the dtype but agrees with an
    evaluation in double precision, at each of them, was computed in that.
    """
    seen = []
    start = problem.start()
    if not np.isfinite(start).all():
        return f"the start of {name_of(problem)} overflows in {problem.arithmetic}"
    wave = np.sin(np.arange(1.0, start.size + 1.0))
    with np.errstate(all="ignore"):
        for part in (0.0, ASIDE, -ASIDE):
            x = problem._out(start + part * wave * (1.0 + np.abs(start.astype(float))))
            try:
                found = _numbers(problem._kept.value_and_gradient(problem._in(x)))
                seen.append((found, _numbers(problem.inner.value_and_gradient(x.astype(float)))))
            except Exception as error:
                if seen:  # a point beside the start may be outside of where f is defined
                    continue
                why = f"{type(error).__name__}: {(str(error) or type(error).__name__).splitlines()[0]}"
                return f"{name_of(problem)} cannot be evaluated in {problem.arithmetic} ({why})"
        for j, what in enumerate(("value", "gradient")):
            moves = any((found[j] != seen[0][0][j]).any() for found, _ in seen)
            if moves and all(_double(found[j], double[j], problem.dtype) for found, double in seen):
                return f"{name_of(problem)} is not evaluated in {problem.arithmetic}: the {what} is that of float64"
    return ""


def _double(values: Array, wide: Array, kind: np.dtype[Any]) -> bool:
    """Whether numbers are none of the dtype, where they are finite, but those of an evaluation in double precision."""
    other = np.isfinite(values) & (values.astype(kind).astype(float) != values)
    return bool(other.any() and (np.abs(values - wide)[other] <= SAME * np.abs(wide[np.isfinite(wide)]).max()).all())


def _numbers(pair: tuple[Any, Any]) -> list[Array]:
    """Return f and ∇f as they came, in double precision."""
    return [np.atleast_1d(np.asarray(plain(part), dtype=float)) for part in pair]
