"""Methods made of another one: a sequence of merit functions, each minimized by an inner optimizer.

They are flat: a step of the outer method is one step of the inner one on a view of the oracle.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from optlab.core.optimizer import Optimizer, State
from optlab.core.program import MultiplierState, Program
from optlab.core.status import Halt, Status
from optlab.kernels.penalty_terms import Terms
from optlab.optimizers._merit_view import Point, View, multipliers

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

STUCK = 3
"""So many merit functions in a row on which the inner optimizer finds no step: there is none."""


class _ByInner:
    """A fact that follows from the inner optimizer of an instance; of the class, from its default."""

    def __init__(self, fact: Callable[[Optimizer], Any]) -> None:
        self.fact = fact

    def __get__(self, optimizer: Any, cls: Any) -> Any:
        return self.fact(cls.inner if optimizer is None else optimizer.inner)


def by_inner(fact: Callable[[Optimizer], Any]) -> Any:
    """Return a class attribute that is a function of the inner optimizer."""
    return _ByInner(fact)


def needs_of(inner: Optimizer) -> tuple[str, ...]:
    """Return what φ needs of the problem: its Hessian is made of that of the Lagrangian, the projection is known."""
    return ("gradient", "lagrangian_hessian") if is_curved(inner) else ("gradient",)


def is_curved(inner: Optimizer) -> bool:
    """Whether the inner optimizer asks for the Hessian of φ, which is dense."""
    return bool({"hessian", "hvp"}.intersection(inner.needs))


def handles_of(inner: Optimizer) -> tuple[str, ...]:
    """Return what is handled: bounds are the inner optimizer's business."""
    return ("bounds", "equality", "inequality") if "bounds" in inner.handles else ("equality", "inequality")


def properties_of(inner: Optimizer) -> tuple[str, ...]:
    """Return which of the inner optimizer's tags the merit functions leave it; a feasible one keeps the bounds."""
    kept = tuple(tag for tag in ("f_homogeneous",) if tag in inner.properties)
    return (*kept, "within_bounds") if "feasible" in inner.properties else kept


@dataclass(frozen=True)
class ComposedState(MultiplierState):
    """The true x, f and g, the estimates of the multipliers, and where the inner optimizer is.

    Attributes
    ----------
    inner : State
        The inner optimizer's own, on the present merit function.
    terms : Terms
        What that adds to f.
    omega : float
        ω, the inner stationarity that ends the minimization of the present merit function.
    outer : int
        How many merit functions have been done with.
    anchor : Point
        Where the minimization of the present one began.
    stuck : int
        On how many of them in a row the inner optimizer has found no step.
    """

    inner: State | None = None
    terms: Terms | None = None
    omega: float = 0.0
    outer: int = 0
    anchor: Point | None = None
    stuck: int = 0

    recorded: ClassVar[tuple[str, ...]] = ("lam", "nu", "outer")


@dataclass(frozen=True)
class ComposedOptimizer(Optimizer):
    """A sequence of merit functions φ, each minimized by the inner optimizer until its stationarity is at most ω.

    A subclass writes `begin`, `advance` and `harden`. A verdict of the inner optimizer on the way ends the present
    merit function only, unless none of STUCK in a row allows a step. Nothing is evaluated where φ changes.

    Parameters
    ----------
    inner : Optimizer
        What minimizes the merit functions within the bounds.
    """

    abstract: ClassVar[bool] = True
    needs = by_inner(needs_of)
    handles = by_inner(handles_of)
    factors = by_inner(is_curved)
    properties = by_inner(properties_of)
    state_type: ClassVar[type[ComposedState]] = ComposedState

    inner: Optimizer

    @abstractmethod
    def begin(self, program: Program, point: Point) -> dict[str, Any]:
        """Return the fields of the first state: `terms`, `omega`, and the method's own."""

    @abstractmethod
    def advance(self, program: Program, state: Any) -> dict[str, Any]:
        """Return what changes where a merit function is done with, the next `terms` among it."""

    @abstractmethod
    def harden(self, program: Program, state: Any, halt: Halt) -> dict[str, Any]:
        """Return what changes where φ falls without bound; raise `halt` where nothing helps."""

    def estimates(self, program: Program, view: View, x: Array) -> tuple[Array, Array]:
        """Return the estimates of λ and ν at x that are recorded, and that stationarity is judged by."""
        return view.multipliers(x)

    def ran_away(self, program: Program, state: Any) -> bool:
        """Whether the inner optimizer has left the neighborhood where φ can have a minimum."""
        return False

    def program(self, oracle: Oracle) -> Program:
        """Return how the method sees the problem."""
        return Program(oracle)

    def first_point(self, program: Program, x0: Array) -> Array:
        """Return where to start: x0 within the bounds."""
        return program.clip(x0)

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start and begin with the first merit function."""
        program = self.program(oracle)
        x = self.first_point(program, x0)
        f, g = oracle.value_and_gradient(x)
        point = Point(program.values(x), program.slopes(x))
        state = self._anew(program, self.state_type(x, f, g, memory=point, **self.begin(program, point)))
        assert state.terms is not None
        lam, nu = self.estimates(program, View(program, state.terms, point), x)
        return replace(state, lam=lam, nu=nu)

    def step(self, oracle: Oracle, state: State) -> State:
        """Let the inner optimizer take its step; go on to the next merit function where it has arrived."""
        assert isinstance(state, ComposedState)
        assert state.inner is not None
        assert state.terms is not None
        program = self.program(oracle)
        view = View(program, state.terms, state.memory)
        try:
            inner = self.inner.step(cast("Oracle", view), state.inner)
        except Halt as halt:
            return self._halted(program, state, halt)
        new = self._moved(program, view, state, inner, inner.step_size, inner.direction)
        if self.ran_away(program, new):
            return self._halted(program, state, Halt(Status.UNBOUNDED, "the merit function has no minimum nearby"))
        return self._settled(program, view, new)

    def arrived(self, program: Program, view: View, state: ComposedState, x: Array, direction: Array) -> State:
        """Return the state where a step of the outer method's own has led, the inner optimizer beginning there."""
        inner = self.inner.init(cast("Oracle", view), x)
        return self._settled(program, view, self._moved(program, view, state, inner, 1.0, direction))

    def _moved(
        self,
        program: Program,
        view: View,
        state: ComposedState,
        inner: State,
        step_size: float,
        direction: Array | None,
    ) -> ComposedState:
        point = view.at(inner.x)
        lam, nu = self.estimates(program, view, inner.x)
        assert state.inner is not None
        restarts = state.restarts + max(0, inner.restarts - state.inner.restarts)
        return state.at(inner.x, point.values.f, point.slopes.df, inner=inner, memory=point, lam=lam, nu=nu, stuck=0,
                        step_size=step_size, direction=direction, restarts=restarts)  # fmt: skip

    def _settled(self, program: Program, view: View, state: Any) -> State:
        """Go on to the next merit function where the inner optimizer has arrived."""
        if not self.inner.stationarity(cast("Oracle", view), state.inner) <= state.omega:
            return cast("State", state)
        return cast("State", self._anew(program, replace(state, outer=state.outer + 1, **self.advance(program, state))))

    def _halted(self, program: Program, state: ComposedState, halt: Halt) -> State:
        """Go on with another merit function: from where this one began, if it has no minimum."""
        if halt.status is not Status.UNBOUNDED:
            if state.stuck + 1 >= STUCK:
                raise halt
            changed = {"outer": state.outer + 1, "stuck": state.stuck + 1, **self.advance(program, state)}
            return self._anew(program, state.stayed(**changed))
        assert state.anchor is not None
        values, slopes = state.anchor
        changed = {"memory": state.anchor, "direction": None, **self.harden(program, state, halt)}
        new = state.at(values.x, values.f, slopes.df, step_size=float("nan"), **changed)
        assert new.terms is not None
        lam, nu = self.estimates(program, View(program, new.terms, state.anchor), values.x)
        return self._anew(program, replace(new, lam=lam, nu=nu))

    def _anew(self, program: Program, state: ComposedState) -> ComposedState:
        """Return the state with the inner optimizer at the start of a merit function."""
        assert state.terms is not None
        view = View(program, state.terms, state.memory)
        return replace(state, inner=self.inner.init(cast("Oracle", view), state.x), anchor=state.memory)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with the estimated multipliers, or complementarity where that is greater."""
        assert isinstance(state, ComposedState)
        values, slopes = state.memory
        return self.program(oracle).stationarity(values, slopes, state.lam, state.nu)

    def lacks(self) -> str:
        """Return why the inner optimizer cannot run here, or ""."""
        return self.inner.lacks()


def better_multipliers(program: Program, view: View, x: Array) -> tuple[Array, Array]:
    """Return the estimates of the merit function or those of least squares: what is nearer to the KKT conditions."""
    point = view.at(x)
    pairs = view.multipliers(x), multipliers(program, point)
    return min(pairs, key=lambda pair: program.stationarity(*point, *pair))
