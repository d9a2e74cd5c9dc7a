"""A problem made of a user's own functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import numpy as np

from optlab.core.facts import Facts
from optlab.core.problem import ProblemBase, as_bounds, as_point
from optlab.core.settings import check_settings
from optlab.core.status import InputError

if TYPE_CHECKING:
    from optlab.core.samples import Samples
    from optlab.derivatives import Array
    from optlab.proximal.base import Proximable
    from optlab.sets.base import ConvexSet

__all__ = ["Problem"]

AFFINE = 1e-9
"""A gradient bends by less than this, relatively, where f is a quadratic."""


@final
class Problem(ProblemBase):
    """A problem made of a user's functions; whatever is not given comes from autograd.

    Parameters
    ----------
    f : callable
        f(x) of an (n,) array, a float. Outside its domain it returns inf or NaN, where searches turn back; an exception
        cannot be told from a mistake and ends the run as ERROR.
    start : (n,) array-like
        The standard starting point; it fixes n and the scale of "small".
    gradient, hessian, hvp, value_and_gradient : callable, optional
        ∇f(x) of shape (n,); ∇²f(x) of shape (n, n); ∇²f(x) v of shape (n,); (f, ∇f).
    residuals, jacobian : callable, optional
        r(x) of shape (m,) and ∂r/∂x of shape (m, n), for least-squares methods.
    bounds : (lo, hi), optional
        Numbers or (n,) arrays; ±inf where there is none. A list of pairs, one for each variable, is something else.
    feasible : ConvexSet, optional
        A set with a projection.
    equality, inequality : callable, optional
        h(x) = 0 of shape (p,), g(x) ≤ 0 of shape (m,); their Jacobians as `equality_jacobian`, `inequality_jacobian`.
    lagrangian_hessian : callable, optional
        ∇²f + Σ λ_i ∇²g_i + Σ ν_j ∇²h_j as a function of (x, lam, nu).
    linear_equality, linear_inequality : (A, b), optional
        Ax = b and Ax ≤ b.
    composite : Proximable, optional
        A convex term with a proximal operator, added to f.
    samples : Samples, optional
        The terms of f as a finite sum.
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
        composite: Proximable | None = None,
        samples: Samples | None = None,
        solution: Any = None,
        optimum: float | None = None,
        name: str = "",
        autodiff: bool = True,
    ) -> None:
        if not callable(f):
            msg = f"f must be a function of x, given {type(f).__name__}"
            raise InputError(msg)
        begin = as_point(start, "start")
        self._start = begin
        self.name = name or getattr(f, "__name__", "problem").replace("<lambda>", "problem")
        self._facts = Facts(solution=None if solution is None else as_point(solution, "solution"), optimum=optimum)
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
        self.__dict__.update(
            feasible=_checked_set(feasible, begin.size), composite=composite, samples=samples, autodiff=autodiff
        )
        self.__dict__["bounds"] = None if bounds is None else as_bounds(bounds, begin.size)
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

    @cached_property
    def _gradient_is_affine(self) -> bool:
        """Whether ∇f is affine along one direction through the standard start, as that of a quadratic is."""
        x = np.asarray(self.start(), dtype=float)
        u = max(1.0, self.start_length) * np.cos(np.arange(1.0, x.size + 1))
        try:
            with np.errstate(all="ignore"):
                here, ahead, back = (np.asarray(self.gradient(y), dtype=float) for y in (x, x + u, x - u))
        except Exception:  # f is not defined everywhere
            return False
        size = np.abs(here) + np.abs(ahead) + np.abs(back)
        return bool((np.abs(ahead + back - 2.0 * here) <= AFFINE * size.max()).all())

    def start(self) -> Array:
        """The standard starting point, shape (n,), a fresh array."""
        return self._start.copy()

    def facts(self) -> Facts:
        """The solution and optimum that were given."""
        return self._facts


def _checked_set(given: Any, n: int) -> ConvexSet | None:
    """Return a feasible set that is one, with settings in their ranges and for points of this n."""
    if given is None:
        return None
    from optlab.sets.base import ConvexSet

    if not isinstance(given, ConvexSet):
        what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
        msg = f"feasible must be a convex set such as optlab.sets.Ball(2.0), given {what}"
        raise InputError(msg)
    check_settings(given)
    if given.dimension not in (None, n):
        msg = f"feasible is a set of points with n = {given.dimension}, but start has n = {n}: {given}"
        raise InputError(msg)
    return given


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
    lost = np.flatnonzero(~(np.isfinite(A).all(axis=1) & np.isfinite(b)))
    if lost.size:
        i = int(lost[0])
        msg = f"{name} needs finite numbers, but row {i} is {A[i]} and {b[i]}: leave out a row without a limit"
        raise InputError(msg)
    return A, b
