"""The problem contract: what is minimized, by its functions, its sets and its facts.

Sign convention, throughout: minimize f(x) subject to g(x) ≤ 0, h(x) = 0, x in a convex set;
L(x, λ, ν) = f + λᵀg + νᵀh with λ ≥ 0. Source: Goodfellow, Bengio & Courville (2016), section 4.4.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from math import inf, nan
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optlab import derivatives
from optlab.core.facts import Facts
from optlab.core.status import EmptySetError, InputError, nearest
from optlab.derivatives import Array

if TYPE_CHECKING:
    from optlab.core.samples import Samples
    from optlab.proximal.base import Proximable
    from optlab.sets.base import ConvexSet

__all__ = ["Array", "Facts", "ProblemBase"]

DERIVED = ("gradient", "hessian", "hvp", "lagrangian_hessian")
NEEDS = (*DERIVED, "projection", "residuals", "jacobian", "prox", "lmo", "samples", "quadratic", "linear_constraints",
         "ball")  # fmt: skip
"""What an optimizer or a column may need of a problem."""
ORIGIN = float(np.finfo(float).eps) ** 0.5
"""A start shorter than this part of the distance between the bounds is the origin, and shows no units."""
DENSE = 16_384
"""Up to this n a Hessian, then of 2 GB, is formed as a dense matrix."""
FACTORED = 5_000
"""Up to this n methods for constraints factor a dense matrix in every step, which then takes up to a minute."""


class ProblemBase(ABC):
    """A problem of the catalogue: a frozen dataclass whose fields are its settings.

    A subclass writes `value` and `start`, and whatever else it knows by hand; what it leaves out
    comes from autograd unless it says `autodiff = False`. x has shape (n,), a batch X shape (K, n).
    Sets and linear constraints are attributes: `feasible` (a ConvexSet), `bounds` (lo, hi),
    `linear_equality` (A, b) for Ax = b, `linear_inequality` (A, b) for Ax ≤ b. Where there is a `composite` term
    c(x), what is minimized is f(x) + c(x); `value` and its derivatives are those of f alone.

    Attributes
    ----------
    suites, tags : tuple of str
        Where it belongs, the first suite being its home, and what it is.
    arithmetic : str
        The dtype that it is evaluated in.
    variants : tuple of settings
        Beside the defaults, what the battery checks.
    """

    suites: ClassVar[tuple[str, ...]] = ()
    tags: ClassVar[tuple[str, ...]] = ()
    variants: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    autodiff: ClassVar[bool] = True
    arithmetic: ClassVar[str] = "float64"

    feasible: ConvexSet | None = None
    bounds: tuple[Any, Any] | None = None
    linear_equality: tuple[Array, Array] | None = None
    linear_inequality: tuple[Array, Array] | None = None
    composite: Proximable | None = None
    samples: Samples | None = None

    @abstractmethod
    def value(self, x: Array) -> float:
        """f(x), a float; inf or NaN outside its domain: there a search turns back, an exception ends the run."""

    @abstractmethod
    def start(self) -> Array:
        """Return the standard starting point, shape (n,)."""

    def facts(self) -> Facts:
        """Return what is known about this instance."""
        return Facts()

    @cached_property
    def n(self) -> int:
        """The number of variables."""
        return int(np.size(self.start()))

    @cached_property
    def start_length(self) -> float:
        """The greatest component of the projected standard start, in magnitude: a length in the units of x.

        At the origin, but for rounding, it is the greatest distance between finite bounds, at most 1; 0 without any.
        """
        length, widest = float(np.abs(self._projected(np.asarray(self.start(), dtype=float))).max()), 0.0
        if self.all_bounds is not None:
            widths = self.all_bounds[1] - self.all_bounds[0]
            widest = min(1.0, float(widths[np.isfinite(widths)].max(initial=0.0)))
        return length if length > ORIGIN * widest else widest

    def _projected(self, x: Array) -> Array:
        """Return x projected onto the set and the bounds; x itself where these are empty, as a run will say."""
        with suppress(EmptySetError):
            return x if self.projection_set is None else self.projection_set.project(x)
        return x

    @cached_property
    def known(self) -> Facts:
        """`facts()`, computed once; an InputError where they cannot be meant."""
        facts = self.facts()
        if not isinstance(facts, Facts):
            msg = f"facts must return Facts, given {type(facts).__name__}"
            raise InputError(msg)
        if facts.optimum is not None and not isinstance(facts.optimum, Real):
            msg = f"facts: optimum must be a number, given {facts.optimum!r}"
            raise InputError(msg)
        for point in (facts.solution, *facts.solutions):
            if point is not None and np.shape(point) != (self.n,):
                msg = f"facts: a solution must have shape ({self.n},), given {np.shape(point)}"
                raise InputError(msg)
        return facts

    @cached_property
    def all_bounds(self) -> tuple[Array, Array] | None:
        """(lo, hi) of the bounds and of those that the feasible set consists of, (n,) each; None where there are none.

        Read-only, with ±inf where a variable has none.
        """
        pairs = [
            pair for pair in (self.bounds, None if self.feasible is None else self.feasible.bounds(self.n)) if pair
        ]
        if not pairs:
            return None
        lo, hi = np.full(self.n, -inf), np.full(self.n, inf)
        for pair in pairs:
            lo, hi = np.maximum(lo, pair[0]), np.minimum(hi, pair[1])
        for side in (lo, hi):
            side.setflags(write=False)
        return lo, hi

    @cached_property
    def projection_set(self) -> ConvexSet | None:
        """What iterates are projected onto: the feasible set, the bounds as a box, or where both meet; None for all."""
        if self.bounds is None:
            return self.feasible
        from optlab.sets.box import Box

        if self.feasible is None or self.feasible.form == ("bounds",):
            assert self.all_bounds is not None
            return Box(*self.all_bounds)
        from optlab.sets.intersection import Intersection

        return Intersection((self.feasible, Box(*self.bounds)))

    @property
    def _gradient_is_affine(self) -> bool:
        """Whether ∇f shows that f is a quadratic, where no tag says so: asked of a user's functions only."""
        return False

    @property
    def _linear_constraints(self) -> bool:
        """Whether there are no functions as constraints, and the set's own inequalities have no curvature."""
        if self.equality is not None or self.inequality is not None:
            return False
        if self.feasible is None or "inequality" not in self.feasible.form:
            return True
        x = np.asarray(self.start(), dtype=float)
        return not self.feasible.inequality_curvature(x, np.ones(self.feasible.inequality(x).size)).any()

    @property
    def ball(self) -> tuple[Array, float] | None:
        """Center (n,) and radius where a ball is the feasible set; None otherwise."""
        from optlab.sets.ball import Ball

        if not isinstance(self.feasible, Ball):
            return None
        return np.broadcast_to(np.asarray(self.feasible.center, dtype=float), (self.n,)), float(self.feasible.radius)

    def objective(self, x: Array) -> float:
        """What is minimized: f(x), and the composite term where there is one."""
        f = self.value(x)
        return f if self.composite is None else f + self.composite.value(x)

    @property
    def exact(self) -> ProblemBase:
        """The same problem without whatever falsifies its evaluations, for judging; itself where nothing does."""
        return self

    @property
    def in_double(self) -> ProblemBase:
        """The same problem evaluated in double precision, which judges a run in another one; itself where it is."""
        return self

    # --- derivatives: by hand in a subclass, else by autograd -----------------------------------

    def gradient(self, x: Array) -> Array:
        """∇f(x), shape (n,)."""
        return derivatives.gradient(self.value, x)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x) and ∇f(x), for problems that share work between the two."""
        if self.by_hand("gradient"):
            return self.value(x), self.gradient(x)
        return derivatives.value_and_gradient(self.value, x)

    def hessian(self, x: Array) -> Array:
        """∇²f(x), shape (n, n); an InputError where that would be too large."""
        if self.n > DENSE:
            raise InputError(_too_large(self.n, self.n))
        return derivatives.hessian(self.value, x)

    def hvp(self, x: Array, v: Array) -> Array:
        """∇²f(x) v, shape (n,)."""
        if self.by_hand("hessian"):
            return np.asarray(self.hessian(x) @ v)
        return self._linearized.at(self.value, x)(v)

    @cached_property
    def _linearized(self) -> derivatives.LastPoint:
        return derivatives.LastPoint()

    def hessian_pattern(self) -> tuple[Any, Any] | None:
        """Return (rows, cols) of the entries of ∇²f on and above the diagonal that can be nonzero; None for all."""
        return None

    def sparse_hessian(self, x: Array) -> Any:
        """∇²f(x) as a csr_array, shape (n, n): from a few products with sums of columns, by the declared pattern.

        Raises
        ------
        InputError
            Where the declared pattern cannot be one, or none is declared and a dense Hessian would be too large.
        """
        pattern = self._colored
        if pattern is None:
            from scipy.sparse import csr_array

            return csr_array(self.hessian(x))
        if self.by_hand("hessian") and not self.by_hand("hvp") and self.n <= DENSE:
            return pattern.from_values(self.hessian(x)[pattern.rows, pattern.cols])
        if self.by_hand("hvp"):
            return pattern.from_sums(self.hvp(x, v) for v in pattern.seeds())
        return pattern.from_sums(self._linearized.at(self.value, x).each(pattern.seeds()))

    @cached_property
    def _colored(self) -> derivatives.Pattern | None:
        declared = self.hessian_pattern()
        return None if declared is None else derivatives.color(self.n, *declared)

    def gradient_note(self, x: Array) -> str:
        """Return why ∇f(x) by autograd is not finite where f is, for a message; "" where there is nothing to say."""
        if self.by_hand("gradient") or self.by_hand("value_and_gradient"):
            return ""
        try:
            return derivatives.nan_reason(self.value, x)
        except Exception:  # a note is not worth an error
            return ""

    # --- constraints: None where there are none -------------------------------------------------

    equality: Callable[[Array], Any] | None = None
    inequality: Callable[[Array], Any] | None = None
    residuals: Callable[[Array], Any] | None = None

    def equality_jacobian(self, x: Array) -> Array:
        """∂h_i/∂x_j, shape (p, n)."""
        return derivatives.jacobian(self._function("equality"), x)

    def inequality_jacobian(self, x: Array) -> Array:
        """∂g_i/∂x_j, shape (m, n)."""
        return derivatives.jacobian(self._function("inequality"), x)

    def jacobian(self, x: Array) -> Array:
        """∂r_i/∂x_j of the residuals, shape (m, n)."""
        return derivatives.jacobian(self._function("residuals"), x)

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        """∇²f + Σ λ_i ∇²g_i + Σ ν_j ∇²h_j over the functions `inequality` and `equality`, shape (n, n)."""
        H = self.hessian(x)
        for c, weights in ((self.inequality, lam), (self.equality, nu)):
            if c is not None and np.size(weights):
                H = np.add(H, derivatives.hessian(partial(_weighted, c, weights), x))
        return H

    def _function(self, name: str) -> Callable[[Array], Any]:
        function = getattr(self, name)
        if function is None:
            msg = f"{self} has no {name}"
            raise InputError(msg)
        return function  # type: ignore[no-any-return]

    # --- a whole trajectory at once: vectorized by hand where a problem can --------------------

    def values(self, X: Array) -> Array:
        """F of every row of X, shape (K,)."""
        return np.array([self.value(x) for x in X], dtype=X.dtype)

    def objectives(self, X: Array) -> Array:
        """What is minimized, of every row of X, shape (K,): with the composite term where there is one."""
        F = self.values(X)
        return F if self.composite is None else F + np.array([self.composite.value(x) for x in X], dtype=X.dtype)

    def gradients(self, X: Array) -> Array:
        """∇f of every row of X, shape (K, n)."""
        if not self.by_hand("gradient"):
            return derivatives.gradients(self.value, X)
        return np.array([self.gradient(x) for x in X], dtype=X.dtype).reshape(X.shape)

    def hessians(self, X: Array) -> Array:
        """∇²f of every row of X, shape (K, n, n)."""
        if not self.by_hand("hessian") and self.n <= DENSE:
            return derivatives.hessians(self.value, X)
        return np.array([self.hessian(x) for x in X], dtype=X.dtype).reshape(*X.shape, X.shape[1])

    def hvps(self, X: Array, V: Array) -> Array:
        """∇²f(x) v for every row x of X and v of V, shape (K, n)."""
        if not self.by_hand("hvp") and not self.by_hand("hessian"):
            return derivatives.hvps(self.value, X, V)
        return np.array([self.hvp(x, v) for x, v in zip(X, V, strict=True)], dtype=X.dtype).reshape(X.shape)

    def together(self, x: Array) -> int:
        """Return how many numbers a point takes where autograd computes ∇²f at many points at once; 0 elsewhere."""
        return 0 if self.by_hand("hvp") or self.by_hand("hessian") else derivatives.together(self.value, x)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is computed when first asked for: a copy computes it again."""
        cls = type(self)
        return {k: v for k, v in self.__dict__.items() if not isinstance(getattr(cls, k, None), cached_property)}

    def departure(self) -> str:
        """Return why the problem is not evaluated in its precision, or "" where it is, as always in double."""
        return ""

    # --- what is there --------------------------------------------------------------------------

    def by_hand(self, name: str) -> bool:
        """Whether the method `name` is written by hand (else it comes from autograd, or is missing)."""
        if name in self.__dict__:
            return self.__dict__[name] is not None
        return getattr(type(self), name) is not getattr(ProblemBase, name)

    @cached_property
    def constrained(self) -> tuple[str, ...]:
        """The kinds of constraint there are: "set", "bounds", "equality", "inequality"; and "composite" for a term."""
        if self.bounds is not None:
            as_bounds(self.bounds, self.n)
        there = {
            "set": self.feasible is not None,
            "bounds": self.bounds is not None,
            "equality": self.equality is not None or self.linear_equality is not None,
            "inequality": self.inequality is not None or self.linear_inequality is not None,
            "composite": self.composite is not None,
        }
        return tuple(kind for kind, yes in there.items() if yes)

    @cached_property
    def constraint_forms(self) -> tuple[str, ...]:
        """The kinds of constraint that are written as functions, "bounds", "equality", "inequality": the set's own too.

        A set that is known by its projection alone adds none.
        """
        own = () if self.feasible is None else self.feasible.form
        return tuple(kind for kind in ("bounds", "equality", "inequality") if kind in self.constrained or kind in own)

    def lacks(self, need: str) -> str:
        """Return why the problem cannot serve a `need` of an optimizer, or "" if it can.

        Raises
        ------
        InputError
            For a need that is not one of NEEDS.
        """
        if need not in NEEDS:
            msg = f"unknown need {need!r}{nearest(need, NEEDS)} (needs: {', '.join(NEEDS)})"
            raise InputError(msg)
        if need in DERIVED:
            return self._lacks_derivative(need)
        if need == "linear_constraints":
            return "" if self._linear_constraints else "its constraints are not linear"
        if need == "quadratic":
            known = {"quadratic", "linear"} & set(self.tags)
            return "" if known or self._gradient_is_affine else "the problem is not a quadratic"
        special = {
            "projection": (self.feasible is not None or self.bounds is not None, "feasible set and no bounds"),
            "residuals": (self.residuals is not None, "residuals"),
            "jacobian": (self.residuals is not None, "residuals"),
            "samples": (self.samples is not None, "sampled gradients"),
            "prox": (self.composite is not None, "composite term with a prox"),
            "ball": (self.ball is not None, "ball as its feasible set"),
            "lmo": (hasattr(self.projection_set, "linear_minimizer"), "feasible set with a linear minimizer"),
        }
        there, what = special[need]
        large = there and need == "jacobian" and self._rows * self.n > DENSE * DENSE
        return _too_large(self._rows, self.n) if large else "" if there else f"the problem has no {what}"

    def _lacks_derivative(self, need: str) -> str:
        if need in ("hessian", "lagrangian_hessian") and self.n > DENSE:
            return _too_large(self.n, self.n)
        if need == "lagrangian_hessian" and self.equality is None and self.inequality is None:
            need = "hessian"  # linear constraints add no curvature
        sources = {"hvp": ("hvp", "hessian"), "gradient": ("gradient", "value_and_gradient")}.get(need, (need,))
        if any(self.by_hand(source) for source in sources):
            return ""
        if not self.autodiff:
            return f"the problem has no {need}, and it rules out automatic differentiation"
        why = self._untraceable
        return f"the problem has no {need} by hand, and autograd cannot trace its value ({why})" if why else ""

    @cached_property
    def _rows(self) -> int:
        """How many residuals there are."""
        return 0 if self.residuals is None else int(np.size(self.residuals(self.start())))

    @cached_property
    def square_factor(self) -> float:
        """The c of f = c Σ rᵢ², found at the standard start; NaN where that shows none or there are no residuals."""
        from optlab.kernels.least_squares import square_factor

        x = np.asarray(self.start(), dtype=float)
        c = nan if self.residuals is None else square_factor(float(self.value(x)), np.asarray(self.residuals(x)))
        return c if 0 < c < inf else nan

    @cached_property
    def _untraceable(self) -> str:
        """Why autograd cannot trace f at the projected standard start, or at the start itself, where f has a value."""
        start = np.asarray(self.start(), dtype=float)
        for x in (self._projected(start), start):
            try:
                self.value(x)
            except Exception:  # whatever ails f there, it is not the tracing
                continue
            return derivatives.traceable(self.value, x)
        return ""


def _too_large(rows: int, columns: int) -> str:
    return f"a dense matrix of {rows:,} × {columns:,} would take {8e-9 * rows * columns:,.0f} GB"


def _weighted(c: Callable[[Any], Any], weights: Array, x: Any) -> Any:
    return np.sum(weights * c(x))  # c may return a number


def as_point(x: Any, what: str) -> Array:
    """Return a fresh float array of one dimension, or raise an InputError that says what was given."""
    try:
        point = np.array(x, dtype=float)
    except (TypeError, ValueError) as error:
        msg = f"{what} must be numbers, given {x!r}"
        raise InputError(msg) from error
    if point.ndim == 0:
        point = point.reshape(1)
    if point.ndim != 1 or point.size == 0:
        msg = f"{what} must be one-dimensional and not empty, given shape {point.shape}"
        raise InputError(msg)
    return point


def as_bounds(bounds: Any, n: int) -> tuple[Array, Array]:
    """Return (lo, hi) as fresh (n,) arrays, or raise an InputError that says what is wrong with them."""
    try:
        given = [*bounds]
        missing = [side for side in given if any(end is None for end in np.ravel(np.asarray(side, dtype=object)))]
        lo, hi = (np.broadcast_to(np.asarray(side, dtype=float), (n,)).copy() for side in given)
    except (TypeError, ValueError) as error:
        msg = f"bounds must be a pair (lo, hi) of numbers or arrays of shape ({n},), given {bounds!r:.200}"
        pairs = isinstance(bounds, (list, tuple)) and len(bounds) == n
        if pairs and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in bounds):  # noqa: PLR2004
            msg += "; of pairs, one for each variable, tuple(zip(*pairs)) makes that"
        raise InputError(msg) from error
    if missing:
        msg = f"bounds must be numbers, -inf or inf where there is none, given {missing[0]!r}"
        raise InputError(msg)
    if not np.all(lo <= hi):
        worst = int(np.argmax(~(lo <= hi)))
        msg = f"bounds need lo <= hi, but component {worst} has {lo[worst]} and {hi[worst]}"
        raise InputError(msg)
    beyond = np.flatnonzero((lo == inf) | (hi == -inf))
    if beyond.size:
        msg = f"no number is between the bounds {lo[beyond[0]]} and {hi[beyond[0]]} of component {beyond[0]}"
        raise InputError(msg)
    return lo, hi
