"""Foreign solvers: methods whose loop is not ours, seen by the driver one iterate at a time.

The solver runs in a thread that takes turns with the driver's. What it asks is evaluated in the driver's thread, by
the run's own oracle: there budgets are kept, exceptions are raised and Ctrl-C arrives as with any other method.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import nan
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optlab.core.handover import Ask, Ended, Turns
from optlab.core.optimizer import Optimizer, State
from optlab.core.settings import name_of
from optlab.core.squares import SumOfSquares
from optlab.core.status import Halt, InputError, Status, worded
from optlab.kernels.norms import max_abs

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

KEPT, LEAST_KEPT = 1_000_000, 4
"""The last points and their answers are kept, up to this many numbers, and at least this many points."""
STANDS = 100
"""A solver that asks this many questions per variable without an iterate is recorded as standing still."""
OWN_LOOP = "{} is a foreign solver and owns its loop: a run cannot be resumed, nor step from an earlier iterate"


@dataclass(frozen=True)
class Ending:
    """How a foreign solver ended, in its own words.

    Attributes
    ----------
    success : bool
        Whether it claims to have converged; our own check decides.
    message : str
        What it says.
    x : (n,) array-like, optional
        The point it returned; one more iterate where it is not the last one.
    status : Status
        What its end is called when it claims nothing.
    """

    success: bool = False
    message: str = ""
    x: Any = None
    status: Status = Status.STALLED


@dataclass(frozen=True)
class ForeignOptimizer(Optimizer):
    """A method whose loop belongs to somebody else's solver; a subclass writes `solve`.

    Its stop rules should be as tight as they go, so that ours end the run. What the solver claims is checked like
    anybody's claim. Runs cannot be resumed: nobody but the solver knows where it stands.

    Attributes
    ----------
    package, extra : str
        The package it needs beyond the core, and the extra of optlab that installs it.
    quiet : bool
        Keep its warnings back.
    """

    abstract: ClassVar[bool] = True
    precisions: ClassVar[tuple[str, ...]] = ("float64",)
    properties: ClassVar[tuple[str, ...]] = ("foreign",)
    """Beside "foreign": "derivative_free" where ∇f serves our stop rules alone, and is not counted."""
    package: ClassVar[str] = ""
    extra: ClassVar[str] = ""
    quiet: ClassVar[bool] = False

    @abstractmethod
    def solve(self, oracle: Window, x0: Array, emit: Callable[[Any], None]) -> Ending | None:
        """Run the solver from x0 on what the oracle answers; call ``emit(x)`` at every iterate after x0."""

    def lacks(self) -> str:
        """Return that the package is not installed, and what installs it; "" if it is."""
        if not self.package or find_spec(self.package) is not None:
            return ""
        return f'{name_of(self)} needs the package {self.package}: pip install "optlab[{self.extra}]"'

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, projected onto the bounds where there are any; the solver starts at the first step."""
        return _Run(self, oracle, oracle.project(x0) if self.handles else x0).first(oracle)

    def step(self, oracle: Oracle, state: State) -> State:
        """Let the solver run on to its next iterate."""
        if not isinstance(state.memory, _Run):
            raise InputError(OWN_LOOP.format(name_of(self)))
        return state.memory.advance(oracle, state)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖g‖∞, or the KKT residual where there are constraints; uncounted."""
        return oracle.kkt_stationarity(state.x, state.g) if oracle.constrained else max_abs(state.g)

    def close(self, state: State | None) -> None:
        """End the solver's thread."""
        if state is not None and isinstance(state.memory, _Run):
            state.memory.turns.close()


@dataclass
class _Point:
    """A point the solver asked about, and what is known there."""

    x: Array
    f: float | None = None
    g: Array | None = None


class Window:
    """The oracle as a foreign solver sees it: any array may be asked about, and every answer may be kept or changed.

    Equal points are one point: what was answered at one of the last ones costs and counts nothing. Beside the
    functions of the Oracle there is what solvers want to know in advance.

    Attributes
    ----------
    n : int
        The number of variables.
    constrained : tuple of str
        The kinds of constraint there are, those that a set consists of included.
    bounds : (lo, hi) or None
        (n,) arrays, infinite where there is none.
    seed : int
        Of the run, for solvers that draw random numbers.
    """

    def __init__(self, oracle: Oracle) -> None:
        self.seed = oracle._seed
        self.n, self.constrained = oracle.n, oracle.forms
        self.bounds = oracle.bounds
        self.ask: Ask = _nobody
        self.answers: deque[Any] = deque(maxlen=LEAST_KEPT)
        self.most, self._repeated = STANDS * (self.n + 1), 0
        self._points: OrderedDict[bytes, _Point] = OrderedDict()
        self._room = max(LEAST_KEPT, KEPT // max(1, self.n))

    def point(self, x: Any) -> _Point:
        """Return the entry of a point, a new one where it is not among the last."""
        x = np.array(x, dtype=float).reshape(-1)
        if x.size != self.n:
            msg = f"a point must have shape ({self.n},), given {x.shape}"
            raise InputError(msg)
        key = x.tobytes()
        found = self._points.get(key)
        if found is None:
            found = self._points[key] = _Point(x)
            x.setflags(write=False)
            if len(self._points) > self._room:
                self._points.popitem(last=False)
        else:
            self._points.move_to_end(key)
        return found

    def value(self, x: Any) -> float:
        """f(x)."""
        p = self.point(x)
        if p.f is None:
            p.f = self._ask("value", p.x)
        self._repeat()
        return p.f

    def gradient(self, x: Any) -> Array:
        """∇f(x), shape (n,)."""
        p = self.point(x)
        if p.g is None:
            p.g = self._ask("gradient", p.x)
        self._repeat()
        return p.g.copy()

    def value_and_gradient(self, x: Any) -> tuple[float, Array]:
        """f(x) and ∇f(x), fused where the problem fuses them."""
        p = self.point(x)
        if p.f is None and p.g is None:
            p.f, p.g = self._ask("value_and_gradient", p.x)
        return self.value(x), self.gradient(x)

    def hessian(self, x: Any) -> Array:
        """∇²f(x), shape (n, n)."""
        return self._about(x, "hessian")

    def hvp(self, x: Any, v: Any) -> Array:
        """∇²f(x) v, shape (n,)."""
        return self._about(x, "hvp", np.array(v, dtype=float).reshape(-1))

    def lagrangian_hessian(self, x: Any, lam: Any, nu: Any) -> Array:
        """∇²f + Σ λ_i ∇²g_i + Σ ν_j ∇²h_j, shape (n, n)."""
        return self._about(x, "lagrangian_hessian", np.array(lam, dtype=float), np.array(nu, dtype=float))

    def residuals(self, x: Any) -> Array:
        """r(x), shape (m,)."""
        return self._about(x, "residuals")

    def jacobian(self, x: Any) -> Array:
        """∂r_i/∂x_j, shape (m, n)."""
        return self._about(x, "jacobian")

    def equality(self, x: Any) -> Array:
        """h(x), functions before linear rows, shape (p,)."""
        return self._about(x, "equality")

    def equality_jacobian(self, x: Any) -> Array:
        """∂h_i/∂x_j, shape (p, n)."""
        return self._about(x, "equality_jacobian")

    def inequality(self, x: Any) -> Array:
        """g(x) ≤ 0, functions before linear rows, shape (m,)."""
        return self._about(x, "inequality")

    def inequality_jacobian(self, x: Any) -> Array:
        """∂g_i/∂x_j, shape (m, n)."""
        return self._about(x, "inequality_jacobian")

    def _about(self, x: Any, question: str, *more: Any) -> Array:
        return self._ask(question, self.point(x).x, *more).copy()  # type: ignore[no-any-return]

    def _ask(self, question: str, *about: Any) -> Any:
        self._repeated = 0
        answer = self.ask((question, *about))
        self.answers.append(answer)
        return answer

    def _repeat(self) -> None:
        """Let the driver look after many questions with known answers: a solver may go round in circles."""
        self._repeated += 1
        if self._repeated > self.most:
            self._repeated = 0
            self.ask(None)

    @property
    def finite(self) -> bool:
        """Whether the last answers were finite."""
        parts = [part for answer in self.answers for part in (answer if isinstance(answer, tuple) else (answer,))]
        return all(bool(np.isfinite(part).all()) for part in parts)


class _Run:
    """One run of a solver: its turns, the points it saw, and how it ended. A pickle of it is nothing: it is over."""

    def __init__(self, method: ForeignOptimizer, oracle: Oracle, x0: Array) -> None:
        window = Window(oracle)
        self._x, self._points, self._k = x0, window.point, 0
        self._pending: Any = None
        self._most = window.most
        self._uncounted = "derivative_free" in method.properties
        self._squares = "residuals" in method.needs
        self._name = name_of(method)
        self._ending: Ending | None = None

        def solve(ask: Ask) -> Ending | None:
            window.ask = ask
            try:
                end = method.solve(window, x0.copy(), lambda x: ask(window.point(x)))
            except Exception as error:
                if window.finite:
                    raise
                return Ending(message=worded(error), status=Status.NONFINITE)
            if end is not None and not end.success and not window.finite:
                return replace(end, status=Status.NONFINITE)
            return end

        self.turns = Turns(solve, method.quiet)

    def __reduce__(self) -> tuple[Any, ...]:
        return _over, ()

    def first(self, oracle: Oracle) -> State:
        """The state at x0."""
        return State(*self._evaluated(oracle, self._points(self._x)), memory=self)

    def advance(self, oracle: Oracle, state: State) -> State:
        """Answer the solver's questions until it shows an iterate, and return that; Halt where it ends instead."""
        if self._ending is not None:
            raise self._halt(self._ending)
        if state.k != self._k or self.turns.over:
            raise InputError(OWN_LOOP.format(self._name))
        try:
            return self._run_on(oracle, state)
        finally:
            oracle.waited = self.turns.waited()

    def _run_on(self, oracle: Oracle, state: State) -> State:
        for _ in range(self._most):
            asked = self.turns.resume(self._answer(oracle))
            if isinstance(asked, _Point):
                return self._next(oracle, state, asked)
            if isinstance(asked, Ended):
                self._ending = end = asked.result if isinstance(asked.result, Ending) else Ending()
                last = None if end.x is None else self._points(end.x)
                if last is None or np.array_equal(last.x, state.x):
                    raise self._halt(end)
                return self._next(oracle, state, last)
            if asked is None:
                break
            self._pending = asked
        self._k += 1
        return state.stayed()

    def _answer(self, oracle: Oracle) -> Any:
        """Answer what the solver waits for."""
        if self._pending is None:
            return None
        question, *about = self._pending
        self._pending = None
        return getattr(oracle, question)(*about)

    def _next(self, oracle: Oracle, state: State, p: _Point) -> State:
        self._k += 1
        if np.array_equal(p.x, state.x):
            oracle.prime(state.x, state.f, state.g)
            return state.stayed()
        return state.at(*self._evaluated(oracle, p), step_size=nan)

    def _evaluated(self, oracle: Oracle, p: _Point) -> tuple[Array, float, Array]:
        """x, f and ∇f, evaluated where the solver did not, and remembered by the oracle as its own answers."""
        if self._squares:
            view, _ = SumOfSquares.at(oracle, p.x)
            p.f, p.g = view.value_and_gradient(p.x)
            return p.x, p.f, p.g
        if p.g is None and self._uncounted:
            p.f = oracle.value(p.x) if p.f is None else p.f
            p.g = oracle.judged_gradient(p.x)
        elif p.f is None and p.g is None:
            p.f, p.g = oracle.value_and_gradient(p.x)
        else:
            p.f = oracle.value(p.x) if p.f is None else p.f
            p.g = oracle.gradient(p.x) if p.g is None else p.g
        oracle.prime(p.x, p.f, p.g)
        return p.x, p.f, p.g

    def _halt(self, end: Ending) -> Halt:
        """The solver's end in our words; its claim of convergence is one that our stop rules did not share."""
        met = ", having met a value that is not finite" if end.status is Status.NONFINITE else ""
        says = f"{self._name} ended by itself{met}" + (f": {end.message}" if end.message else "")
        return Halt(Status.CONVERGED if end.success else end.status, says)


def _over() -> None:
    """What is left of a run in another process."""


def _nobody(_: Any) -> Any:
    msg = "the oracle can be asked once the solver runs"
    raise RuntimeError(msg)
