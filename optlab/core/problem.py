"""The problem contract: what is minimized, and what is known about it.

Sign convention, throughout: minimize f(x) subject to g(x) ≤ 0, h(x) = 0, x in a convex set;
L(x, λ, ν) = f + λᵀg + νᵀh with λ ≥ 0. Source: Goodfellow, Bengio & Courville (2016), section 4.4.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from optlab import derivatives
from optlab.core.status import InputError, nearest
from optlab.derivatives import Array

if TYPE_CHECKING:
    from optlab.sets.base import ConvexSet

__all__ = ["Array", "Facts", "Problem", "ProblemBase"]

NEEDS = ("gradient", "hessian", "hvp", "lagrangian_hessian", "projection", "residuals", "jacobian", "prox", "lmo",
         "samples", "quadratic")  # fmt: skip
"""What an optimizer or a column may need of a problem."""


@dataclass(frozen=True)
class Facts:
    """What is known about a problem; never shown to an optimizer.

    Attributes
    ----------
    solution : (n,) array-like, optional
        A global minimizer x*.
    optimum : float, optional
        The least value f*.
    solutions : sequence of (n,) array-like
        Further global minimizers, where there are several.
    critical_points : mapping from a class ("minimum", "maximum", "saddle", "degenerate") to points
        Other critical points, where they are known.
    convex : bool, optional
        Whether f is convex on its feasible set.
    curvature : (mu, L), optional
        Least and greatest eigenvalue of the Hessian, where they are the same everywhere.
    multipliers : (lam, nu), optional
        Multipliers at the solution, in the order of `optlab.core.kkt.constraints`.
    scale : float, optional
        The stationarity that counts as "of order one", where the standard start's is not apt.
    note : str
        A trap or a remark worth knowing.
    """

    solution: Any = None
    optimum: float | None = None
    solutions: Sequence[Any] = ()
    critical_points: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    convex: bool | None = None
    curvature: tuple[float, float] | None = None
    multipliers: tuple[Any, Any] | None = None
    scale: float | None = None
    note: str = ""


class ProblemBase(ABC):
    """A problem of the catalogue: a frozen dataclass whose fields are its settings.

    A subclass writes `value` and `start`, and whatever else it knows by hand; what it leaves out
    comes from autograd unless it says `autodiff = False`. x has shape (n,), a batch X shape (K, n).
    Sets and linear constraints are attributes: `feasible` (a ConvexSet), `bounds` (lo, hi),
    `linear_equality` (A, b) for Ax = b, `linear_inequality` (A, b) for Ax ≤ b.
    """

    suites: ClassVar[tuple[str, ...]] = ()
    tags: ClassVar[tuple[str, ...]] = ()
    autodiff: ClassVar[bool] = True

    feasible: ConvexSet | None = None
    bounds: tuple[Any, Any] | None = None
    linear_equality: tuple[Array, Array] | None = None
    linear_inequality: tuple[Array, Array] | None = None
    composite: Any = None
    samples: Any = None

    @abstractmethod
    def value(self, x: Array) -> float:
        """f(x), a float."""

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
        """The greatest component of the standard start, in magnitude: a length in the units of x; 0 at the origin."""
        return float(np.abs(self.start()).max())

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
        """∇²f(x), shape (n, n)."""
        return derivatives.hessian(self.value, x)

    def hvp(self, x: Array, v: Array) -> Array:
        """∇²f(x) v, shape (n,)."""
        if self.by_hand("hessian"):
            return np.asarray(self.hessian(x) @ v)
        return derivatives.hvp(self.value, x, v)

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

    def gradients(self, X: Array) -> Array:
        """∇f of every row of X, shape (K, n)."""
        return np.array([self.gradient(x) for x in X], dtype=X.dtype).reshape(X.shape)

    def hessians(self, X: Array) -> Array:
        """∇²f of every row of X, shape (K, n, n)."""
        return np.array([self.hessian(x) for x in X], dtype=X.dtype).reshape(*X.shape, X.shape[1])

    # --- what is there --------------------------------------------------------------------------

    def by_hand(self, name: str) -> bool:
        """Whether the method `name` is written by hand (else it comes from autograd, or is missing)."""
        if name in self.__dict__:
            return self.__dict__[name] is not None
        return getattr(type(self), name) is not getattr(ProblemBase, name)

    @cached_property
    def constrained(self) -> tuple[str, ...]:
        """The kinds of constraint there are: "set", "bounds", "equality", "inequality"."""
        if self.bounds is not None:
            _checked_bounds(self.bounds, self.n)
        there = {
            "set": self.feasible is not None,
            "bounds": self.bounds is not None,
            "equality": self.equality is not None or self.linear_equality is not None,
            "inequality": self.inequality is not None or self.linear_inequality is not None,
        }
        return tuple(kind for kind, yes in there.items() if yes)

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
        special = {
            "projection": (self.feasible is not None or self.bounds is not None, "feasible set and no bounds"),
            "residuals": (self.residuals is not None, "residuals"),
            "jacobian": (self.residuals is not None, "residuals"),
            "samples": (self.samples is not None, "sampled gradients"),
            "prox": (self.composite is not None, "composite term with a prox"),
            "lmo": (hasattr(self.feasible, "linear_minimizer"), "feasible set with a linear minimizer"),
        }
        if need in special:
            there, what = special[need]
            return "" if there else f"the problem has no {what}"
        if need == "quadratic":
            return "" if "quadratic" in self.tags else "the problem is not a quadratic"
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
    def _untraceable(self) -> str:
        return derivatives.traceable(self.value, np.asarray(self.start(), dtype=float))


def _weighted(c: Callable[[Any], Any], weights: Array, x: Any) -> Any:
    return np.sum(weights * c(x))  # c may return a number


def _as_point(x: Any, what: str) -> Array:
    """A fresh float array of one dimension, or an InputError that says what was given."""
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


@final
class Problem(ProblemBase):
    """A problem made of a user's functions; whatever is not given comes from autograd.

    Parameters
    ----------
    f : callable
        f(x) of an (n,) array, a float.
    start : (n,) array-like
        The standard starting point; it fixes n and the scale of "small".
    gradient, hessian, hvp, value_and_gradient : callable, optional
        ∇f(x) of shape (n,); ∇²f(x) of shape (n, n); ∇²f(x) v of shape (n,); (f, ∇f).
    residuals, jacobian : callable, optional
        r(x) of shape (m,) and ∂r/∂x of shape (m, n), for least-squares methods.
    bounds : (lo, hi), optional
        Numbers or (n,) arrays; ±inf where there is none.
    feasible : ConvexSet, optional
        A set with a projection.
    equality, inequality : callable, optional
        h(x) = 0 of shape (p,), g(x) ≤ 0 of shape (m,); their Jacobians as `equality_jacobian`, `inequality_jacobian`.
    lagrangian_hessian : callable, optional
        ∇²f + Σ λ_i ∇²g_i + Σ ν_j ∇²h_j as a function of (x, lam, nu).
    linear_equality, linear_inequality : (A, b), optional
        Ax = b and Ax ≤ b.
    composite, samples : object, optional
        A prox-able term, or sampled gradients.
    solution, optimum : optional
        x* and f*, where known.
    autodiff : bool
        False: what is not given by hand does not exist.

    Raises
    ------
    InputError
        A start that is not numbers, wrong shapes, lo > hi.

    Examples
    --------
    >>> import optlab
    >>> optlab.Problem(lambda x: (x[0] - 1) ** 2 + 10 * x[1] ** 2, start=[3.0, 1.0]).n
    2
    """

    def __init__(
        self,
        f: Callable[[Any], Any],
        *,
        start: Any,
        gradient: Callable[..., Any] | None = None,
        hessian: Callable[..., Any] | None = None,
        hvp: Callable[..., Any] | None = None,
        value_and_gradient: Callable[..., Any] | None = None,
        residuals: Callable[..., Any] | None = None,
        jacobian: Callable[..., Any] | None = None,
        bounds: tuple[Any, Any] | None = None,
        feasible: ConvexSet | None = None,
        equality: Callable[..., Any] | None = None,
        equality_jacobian: Callable[..., Any] | None = None,
        inequality: Callable[..., Any] | None = None,
        inequality_jacobian: Callable[..., Any] | None = None,
        lagrangian_hessian: Callable[..., Any] | None = None,
        linear_equality: tuple[Any, Any] | None = None,
        linear_inequality: tuple[Any, Any] | None = None,
        composite: Any = None,
        samples: Any = None,
        solution: Any = None,
        optimum: float | None = None,
        name: str = "",
        autodiff: bool = True,
    ) -> None:
        if not callable(f):
            msg = f"f must be a function of x, given {type(f).__name__}"
            raise InputError(msg)
        begin = _as_point(start, "start")
        self._start = begin
        self.name = name or getattr(f, "__name__", "problem").replace("<lambda>", "problem")
        self._facts = Facts(solution=None if solution is None else _as_point(solution, "solution"), optimum=optimum)
        given = {
            "value": f,
            "gradient": gradient,
            "hessian": hessian,
            "hvp": hvp,
            "value_and_gradient": value_and_gradient,
            "residuals": residuals,
            "jacobian": jacobian,
            "equality": equality,
            "equality_jacobian": equality_jacobian,
            "inequality": inequality,
            "inequality_jacobian": inequality_jacobian,
            "lagrangian_hessian": lagrangian_hessian,
        }
        for key, function in given.items():
            if function is not None and not callable(function):
                msg = f"{key} must be a function, given {type(function).__name__}"
                raise InputError(msg)
        # An instance attribute shadows the method of the base: what is given is used, the rest is derived.
        self.__dict__.update({key: function for key, function in given.items() if function is not None})
        self.__dict__.update(feasible=feasible, composite=composite, samples=samples, autodiff=autodiff)
        self.__dict__["bounds"] = None if bounds is None else _checked_bounds(bounds, begin.size)
        self.__dict__["linear_equality"] = _checked_linear(linear_equality, "linear_equality", begin.size)
        self.__dict__["linear_inequality"] = _checked_linear(linear_inequality, "linear_inequality", begin.size)

    def __init_subclass__(cls) -> None:
        msg = "Problem is final: write a catalogue file that extends ProblemBase instead"
        raise TypeError(msg)

    def __repr__(self) -> str:
        return f"Problem({self.name}, n={self._start.size})"

    def value(self, x: Array) -> float:  # shadowed by the user's f
        """f(x), a float."""
        raise NotImplementedError  # pragma: no cover

    def start(self) -> Array:
        """The standard starting point, shape (n,), a fresh array."""
        return self._start.copy()

    def facts(self) -> Facts:
        """The solution and optimum that were given."""
        return self._facts


def _checked_bounds(bounds: Any, n: int) -> tuple[Array, Array]:
    try:
        lo, hi = (np.broadcast_to(np.asarray(side, dtype=float), (n,)).copy() for side in bounds)
    except (TypeError, ValueError) as error:
        msg = f"bounds must be a pair (lo, hi) of numbers or arrays of shape ({n},)"
        raise InputError(msg) from error
    if not np.all(lo <= hi):
        worst = int(np.argmax(~(lo <= hi)))
        msg = f"bounds need lo <= hi, but component {worst} has {lo[worst]} and {hi[worst]}"
        raise InputError(msg)
    return lo, hi


def _checked_linear(pair: Any, name: str, n: int) -> tuple[Array, Array] | None:
    if pair is None:
        return None
    try:
        A, b = np.atleast_2d(np.asarray(pair[0], dtype=float)), np.atleast_1d(np.asarray(pair[1], dtype=float))
    except (TypeError, ValueError, IndexError) as error:
        msg = f"{name} must be a pair (A, b)"
        raise InputError(msg) from error
    if A.shape != (b.size, n):
        msg = f"{name} needs A of shape (m, {n}) and b of shape (m,), given {A.shape} and {b.shape}"
        raise InputError(msg)
    return A, b
