"""The oracle: the only window an optimizer has on a problem."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, nan
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from optlab.core.events import python_overflow
from optlab.core.status import EvaluationError, InputError, Status
from optlab.kernels.norms import max_abs

if TYPE_CHECKING:
    from optlab.core.problem import Array, ProblemBase
    from optlab.core.samples import Indices, Samples

COUNTERS = ("f", "gradient", "hessian", "hvp", "constraint", "jacobian", "sample")


class BudgetSpentError(Exception):
    """An evaluation was refused because its budget is spent; the driver turns it into a status."""

    status = Status.MAX_EVALUATIONS


OWN_REFERENCES = 2
"""References to a fresh array that was handed over as a temporary: the parameter, and getrefcount's own argument."""


CONSTRAINTS = ("equality", "inequality")


def frozen(a: Array, held: int = 0) -> Array:
    """Return `a` as a read-only array that nobody else can write to, copied only where it must be.

    `held` counts the references that the caller's own names add. Any more means that somebody kept the array
    (a buffer in use), and a view may be written to through its base: these two are copied.
    """
    if a.base is not None or getrefcount(a) > OWN_REFERENCES + held:
        a = a.copy()
    # by position, here and below: in a third of the time that NumPy takes for a keyword (its stub knows no other way)
    a.setflags(False)  # type: ignore[call-arg]
    return a


class Oracle:
    """Evaluates a problem's functions, counts every evaluation, and refuses those over budget.

    What was asked at the last point is remembered: a repeated question about the same array (the same
    object, not an equal one) costs and counts nothing; what also depends on a vector or on multipliers is
    computed each time. An array that is handed over becomes read-only,
    and so does every array that comes back; shapes and types are checked on the way.

    Parameters
    ----------
    problem : ProblemBase
        What to evaluate. x* and f* stay out of reach.
    seed : int
        Seed of `random`.

    Attributes
    ----------
    n_f, n_gradient, n_hessian, n_hvp, n_constraint, n_jacobian, n_sample : int
        Evaluations so far. A fused value and gradient counts one of each; n_sample counts terms of a finite sum.
    waited : float
        Seconds of the present step that nobody worked (changes of threads): the driver takes them off the clock.

    Raises
    ------
    BudgetSpentError
        At the evaluation that would exceed a budget; nothing is evaluated.
    EvaluationError
        When a function returns a wrong shape or type.
    """

    __slots__ = (
        "_f",
        "_fused",
        "_g",
        "_gradient",
        "_max_f",
        "_max_gradient",
        "_memo",
        "_plain",
        "_problem",
        "_seed",
        "_sizes",
        "_value",
        "_x",
        "limits",
        "n",
        "n_constraint",
        "n_f",
        "n_gradient",
        "n_hessian",
        "n_hvp",
        "n_jacobian",
        "n_sample",
        "waited",
    )  # fmt: skip

    def __init__(self, problem: ProblemBase, seed: int = 0) -> None:
        self._problem = problem
        self._seed = seed
        self._value, self._gradient = problem.value, problem.gradient
        self._plain = problem.composite is None
        self._fused = problem.value_and_gradient if problem.by_hand("value_and_gradient") else None
        if self._fused is None and not problem.by_hand("gradient"):
            self._fused = problem.value_and_gradient  # one autograd trace serves both
        self.n = problem.n
        self.n_f = self.n_gradient = self.n_hessian = self.n_hvp = 0
        self.n_constraint = self.n_jacobian = self.n_sample = 0
        self._x: Array | None = None
        self._f: float | None = None
        self._g: Array | None = None
        self._memo: dict[str, Array] | None = None
        self._sizes: dict[str, int] = {}
        self.limits: dict[str, float] = {}
        self._max_f = self._max_gradient = float("inf")
        self.waited = 0.0

    # --- budgets and counts ---------------------------------------------------------------------

    def limit(self, **limits: float) -> None:
        """Refuse evaluations beyond these totals, for example ``limit(f=100, gradient=50)``."""
        for what, most in limits.items():
            self.limits[what] = min(most, self.limits.get(what, float("inf")))
        self._max_f = self.limits.get("f", float("inf"))
        self._max_gradient = self.limits.get("gradient", float("inf"))

    @property
    def counts(self) -> tuple[int, ...]:
        """The counters, in the order of COUNTERS."""
        return (self.n_f, self.n_gradient, self.n_hessian, self.n_hvp, self.n_constraint, self.n_jacobian,
                self.n_sample)  # fmt: skip

    def _spend(self, what: str, many: int = 1) -> None:
        counter = "n_" + what
        done = getattr(self, counter)
        if done + many > self.limits.get(what, inf):
            msg = f"the budget of {self.limits[what]:g} {what} evaluations is spent"
            raise BudgetSpentError(msg)
        setattr(self, counter, done + many)

    # --- the memo -------------------------------------------------------------------------------

    def _at(self, x: Array) -> None:
        """Turn to the point x: forget what is known elsewhere, and make x read-only."""
        if x is self._x:
            return
        if x.base is None:
            x.setflags(False)  # type: ignore[call-arg]
        self._x, self._f, self._g, self._memo = x, None, None, None

    def prime(self, x: Array, f: float, g: Array | None) -> bool:
        """Make (x, f, g), all evaluated before, what is remembered; the driver calls it at every commit.

        Return whether g is the very array that was returned as the gradient at x, the last point asked.
        """
        own = x is self._x and g is self._g
        if x is not self._x:
            self._x, self._memo = x, None
        self._f, self._g = f if self._plain else None, g  # a state's f has the composite term in it
        return own

    def _asked(self, x: Array, question: str, counter: str, answer: Callable[[], Array]) -> Array:
        """Return what was answered at x before, else count and answer."""
        self._at(x)
        if self._memo is None:
            self._memo = {}
        if question not in self._memo:
            self._spend(counter)
            self._memo[question] = answer()
            if question.startswith(CONSTRAINTS):
                self._check_rows(question.removesuffix("_jacobian"))
        return self._memo[question]

    def _check_rows(self, kind: str) -> None:
        from optlab.core.constraints import check_paired

        assert self._memo is not None
        values, J = self._memo.get(kind), self._memo.get(kind + "_jacobian")
        if values is not None and J is not None:
            check_paired(values, J, kind)

    def _size(self, kind: str, x: Array) -> int:
        """How many nonlinear functions of a kind there are; found out once, uncounted."""
        if kind not in self._sizes:
            function = getattr(self._problem, kind)
            self._sizes[kind] = 0 if function is None else int(np.size(function(x)))
        return self._sizes[kind]

    # --- f and its derivatives ------------------------------------------------------------------

    def value(self, x: Array) -> float:
        """f(x), a float, finite or not."""
        if x is not self._x:
            self._at(x)
        if self._f is None:
            if self.n_f >= self._max_f:
                self._spend("f")
            self.n_f += 1
            try:
                self._f = self._number(self._value(x))
            except OverflowError as error:  # Python's own floats raise where numpy's become inf
                python_overflow(error)
                self._f = inf
        return self._f

    def gradient(self, x: Array) -> Array:
        """∇f(x), shape (n,), read-only."""
        if x is not self._x:
            self._at(x)
        if self._g is None:
            if self.n_gradient >= self._max_gradient:
                self._spend("gradient")
            self.n_gradient += 1
            try:
                self._g = self._vector(self._gradient(x), "gradient")
            except OverflowError as error:
                python_overflow(error)
                self._g = frozen(np.full_like(x, nan))
        return self._g

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x) and ∇f(x), fused where the problem fuses them."""
        if x is not self._x:  # `_at`, without a call
            if x.base is None:
                x.setflags(False)  # type: ignore[call-arg]
            self._x = x
            self._f = self._g = self._memo = None
        elif self._f is not None or self._g is not None:
            return self.value(x), self.gradient(x)
        if self.n_f >= self._max_f:
            self._spend("f")
        if self.n_gradient >= self._max_gradient:
            self._spend("gradient")
        self.n_f += 1
        self.n_gradient += 1
        try:
            if self._fused is None:
                f, g = self._value(x), self._gradient(x)
            else:
                f, g = self._fused(x)
        except OverflowError as error:
            python_overflow(error)
            f, g = inf, np.full_like(x, nan)
        if type(f) is not float:
            f = self._number(f)
        if (
            type(g) is ndarray
            and g.base is None
            and g.dtype is x.dtype
            and g.ndim == 1
            and g.size == x.size
            and getrefcount(g) == OWN_REFERENCES
        ):
            g.setflags(False)  # type: ignore[call-arg]  # the usual case of `_vector`, without a call
        else:
            g = self._vector(g, "gradient", held=1)
        self._f, self._g = f, g
        return f, g

    def hessian(self, x: Array) -> Array:
        """∇²f(x), shape (n, n), read-only."""
        return self._asked(x, "hessian", "hessian", lambda: self._matrix(self._problem.hessian(x), "hessian", x.size))

    def hvp(self, x: Array, v: Array) -> Array:
        """∇²f(x) v, shape (n,), read-only; v is left as it is."""
        self._at(x)
        self._spend("hvp")
        return self._vector(self._problem.hvp(x, v), "hvp")

    def residuals(self, x: Array) -> Array:
        """r(x) of a least-squares problem, shape (m,), read-only; counts as an f-evaluation."""
        r = self._problem._function("residuals")
        return self._asked(x, "residuals", "f", lambda: frozen(np.atleast_1d(np.asarray(r(x), dtype=x.dtype))))

    def jacobian(self, x: Array) -> Array:
        """∂r_i/∂x_j, shape (m, n), read-only; counts as a Jacobian."""
        return self._asked(x, "jacobian", "jacobian", lambda: self._matrix(self._problem.jacobian(x), "jacobian"))

    @property
    def square_factor(self) -> float:
        """The c of f = c Σ rᵢ², a fact of the problem found at its standard start, uncounted; NaN where not known."""
        return self._problem.square_factor

    # --- a finite sum ---------------------------------------------------------------------------

    @property
    def sample_size(self) -> int:
        """How many terms f is the mean of."""
        return self._samples().size

    def sample_gradient(self, x: Array, indices: Indices) -> Array:
        """The mean gradient of the terms `indices`, shape (n,), read-only; counts as that many samples."""
        self._at(x)
        self._spend("sample", int(np.size(indices)))
        return self._vector(self._samples().gradient(x, indices), "sample_gradient")

    def sample_value(self, x: Array, indices: Indices) -> float:
        """The mean value of the terms `indices`; counts as that many samples."""
        self._at(x)
        self._spend("sample", int(np.size(indices)))
        return self._number(self._samples().value(x, indices))

    def _samples(self) -> Samples:
        if self._problem.samples is None:
            msg = f"{self._problem} is no finite sum: it has no samples"
            raise InputError(msg)
        return self._problem.samples

    # --- constraints ----------------------------------------------------------------------------

    @property
    def constrained(self) -> tuple[str, ...]:
        """The kinds of constraint there are: "set", "bounds", "equality", "inequality", "composite"."""
        return self._problem.constrained

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the run's precision."""
        return np.dtype(self._problem.arithmetic)

    @property
    def start_length(self) -> float:
        """The greatest component of the problem's standard start, in magnitude."""
        return self._problem.start_length

    @property
    def forms(self) -> tuple[str, ...]:
        """The kinds that are written as functions, the set's own included: "bounds", "equality", "inequality"."""
        return self._problem.constraint_forms

    @property
    def only_bounds(self) -> bool:
        """Whether bounds, or a box, are all the constraints there are."""
        from optlab.core.constraints import only_bounds

        return only_bounds(self._problem)

    @property
    def bounds(self) -> tuple[Array, Array] | None:
        """(lo, hi), (n,) each, read-only: of the bounds and of the set, infinite where there is none; None without."""
        return self._problem.all_bounds

    @property
    def ball(self) -> tuple[Array, float]:
        """Center (n,) and radius of the ball that is the feasible set, for methods that need one.

        Raises
        ------
        InputError
            Where the feasible set is no ball.
        """
        found = self._problem.ball
        if found is None:
            msg = f"{self._problem} has no ball as its feasible set"
            raise InputError(msg)
        return found

    def project(self, x: Array) -> Array:
        """Return the nearest feasible point for the set and the bounds, a member exactly; x where there are none."""
        from optlab.core.constraints import project

        return project(self._problem, x)

    def equality(self, x: Array) -> Array:
        """h(x) of all equalities (functions, linear rows, the set's own), shape (p,); counts as a constraint."""
        from optlab.core.constraints import equality

        if "equality" not in self._problem.constraint_forms:
            return np.empty(0, dtype=x.dtype)
        return self._asked(x, "equality", "constraint", lambda: frozen(equality(self._problem, x)))

    def equality_jacobian(self, x: Array) -> Array:
        """∂h_i/∂x_j, shape (p, n); counts as a Jacobian."""
        from optlab.core.constraints import equality_jacobian

        if "equality" not in self._problem.constraint_forms:
            return np.empty((0, x.size), dtype=x.dtype)
        return self._asked(x, "equality_jacobian", "jacobian", lambda: frozen(equality_jacobian(self._problem, x)))

    def inequality(self, x: Array) -> Array:
        """g(x) ≤ 0 but for bounds (functions, linear rows, the set's own), shape (m,); counts as a constraint."""
        from optlab.core.constraints import inequality

        if "inequality" not in self._problem.constraint_forms:
            return np.empty(0, dtype=x.dtype)
        return self._asked(x, "inequality", "constraint", lambda: frozen(inequality(self._problem, x)))

    def inequality_jacobian(self, x: Array) -> Array:
        """∂g_i/∂x_j, shape (m, n); counts as a Jacobian."""
        from optlab.core.constraints import inequality_jacobian

        if "inequality" not in self._problem.constraint_forms:
            return np.empty((0, x.size), dtype=x.dtype)
        return self._asked(x, "inequality_jacobian", "jacobian", lambda: frozen(inequality_jacobian(self._problem, x)))

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        """∇²f + Σ λ_i ∇²g_i + Σ ν_j ∇²h_j, shape (n, n); counts as a Hessian. λ, ν in the order of `inequality`."""
        from optlab.core.constraints import lagrangian_hessian

        self._at(x)
        self._spend("hessian")
        return self._matrix(lagrangian_hessian(self._problem, x, lam, nu, self._size), "lagrangian_hessian", x.size)

    # --- a composite term -------------------------------------------------------------------------

    def term(self, x: Array) -> float:
        """c(x) of the composite term, 0 where there is none; not counted."""
        composite = self._problem.composite
        return 0.0 if composite is None else float(composite.value(x))

    def prox(self, x: Array, t: Any) -> Array:
        """Return argmin over z of t c(z) + ½‖z − x‖², shape (n,), read-only; not counted. x itself without a term.

        For a sum over single variables t may be an (n,) array.
        """
        composite = self._problem.composite
        return x if composite is None else self._vector(composite.prox(x, t), "prox")

    def linear_minimizer(self, g: Array) -> Array:
        """Return a least point of gᵀx over the feasible set or the bounds, shape (n,), read-only; not counted."""
        return self._vector(self._problem.projection_set.linear_minimizer(g), "linear_minimizer")  # type: ignore[union-attr]

    def kkt_stationarity(self, x: Array, g: Array) -> float:
        """‖∇L‖∞ at x, or complementarity where that is greater, with recovered multipliers; g is ∇f(x). Uncounted.

        The driver checks claims of convergence by the same number. For methods over a set or bounds.
        """
        from optlab.core.kkt import stationarity

        return stationarity(self._problem, x, g)

    def max_abs(self, v: Array) -> float:
        """‖v‖∞; NaN if any component is."""
        return max_abs(v)

    def judged_gradient(self, x: Array) -> Array:
        """∇f(x) for the stop rules of a method that has no use for it: uncounted, shape (n,), read-only."""
        self._at(x)
        if self._g is None:
            try:
                self._g = self._vector(self._gradient(x), "gradient")
            except OverflowError as error:
                python_overflow(error)
                self._g = frozen(np.full_like(x, nan))
        return self._g

    # --- randomness -----------------------------------------------------------------------------

    def random(self, k: int, axis: str = "step") -> np.random.Generator:
        """Return a generator for step k of a named axis: the same (seed, axis, k) gives the same numbers.

        Counter-based (Philox: Salmon, Moraes, Dror & Shaw, 2011), so that step k is a pure function.
        """
        key = np.random.SeedSequence([self._seed, *axis.encode()]).generate_state(2, np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, k]))

    # --- checks of what comes back --------------------------------------------------------------

    def _number(self, f: Any) -> float:
        if type(f) is float:
            return f
        try:
            if isinstance(f, str) or np.iscomplexobj(f):  # float() would read the one, and cut the other
                raise TypeError
            return float(f)
        except TypeError as error:
            msg = f"f must return one number, given {type(f).__name__} of shape {np.shape(f)}"
            raise EvaluationError(msg) from error

    def _vector(self, v: Any, name: str, held: int = 0) -> Array:
        x = self._x
        assert x is not None
        if type(v) is not np.ndarray or v.dtype is not x.dtype:
            if v is None or np.iscomplexobj(v):
                msg = f"{name} must return real numbers of shape {x.shape}, given {type(v).__name__}"
                raise EvaluationError(msg)
            v, held = np.array(v, dtype=x.dtype), 0
        if v.shape != x.shape:
            msg = f"{name} must return shape {x.shape}, given {v.shape}"
            raise EvaluationError(msg)
        if v.base is not None or getrefcount(v) > OWN_REFERENCES + held:
            v = v.copy()
        v.setflags(False)
        return v  # type: ignore[no-any-return]

    def _matrix(self, M: Any, name: str, rows: int | None = None) -> Array:
        x = self._x
        n = self.n if x is None else x.size
        if x is None or type(M) is not ndarray or M.dtype is not x.dtype:
            M = np.asarray(M, dtype=float if x is None else x.dtype)
        if M.ndim != 2 or M.shape[1] != n or (rows is not None and M.shape[0] != rows):  # noqa: PLR2004
            msg = f"{name} must return shape ({'m' if rows is None else rows}, {n}), given {M.shape}"
            raise EvaluationError(msg)
        return frozen(M, 1)


def check_start(x0: Any, n: int | None = None, precision: str = "float64") -> Array:
    """Return a fresh (n,) array of a precision for a start, or raise an InputError that says what was given."""
    from optlab.core.problem import as_point

    x = as_point(x0, "start")
    if n is not None and x.size != n:
        msg = f"start must have shape ({n},), given {x.shape}"
        raise InputError(msg)
    if not isfinite(max_abs(x)):
        msg = f"start must be finite, but component {int(np.argmin(np.isfinite(x)))} is {x[np.argmin(np.isfinite(x))]}"
        raise InputError(msg)
    if precision == "float64":
        return x
    with np.errstate(over="ignore"):
        return x.astype(precision)
