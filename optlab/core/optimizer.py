"""The optimizer contract: settings, `init`, `step`; and the state a step leaves behind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

NAN = float("nan")
_new, _set = object.__new__, object.__setattr__


@dataclass(frozen=True)
class State:
    """What a step leaves behind; immutable, and enough to go on from.

    Attributes
    ----------
    x : (n,) array, read-only
        The iterate.
    f : float
        f(x).
    g : (n,) array, read-only
        ∇f(x).
    k : int
        Steps taken so far.
    step_size : float
        The multiple of `direction` that led here; NaN at the start and after a rejected step.
    direction : (n,) array or None
        The direction that led here.
    restarts : int
        How often the method fell back to steepest descent.
    memory : object
        Whatever else the method remembers: one immutable object, never a shared buffer.
    """

    x: Array
    f: float
    g: Array
    k: int = 0
    step_size: float = NAN
    direction: Array | None = None
    restarts: int = 0
    memory: Any = None

    recorded: ClassVar[tuple[str, ...]] = ()
    """Names of further fields, numbers or (m,) arrays, that the trace keeps at every iteration."""

    def at(self, x: Array, f: float, g: Array, **fields: Any) -> Self:
        """Take a point that a search has already evaluated; nothing is evaluated again."""
        return self._next(x, f, g, fields)

    def moved(self, oracle: Oracle, *, direction: Array, step_size: float, **fields: Any) -> Self:
        """Go to x + step_size · direction and evaluate f and g there."""
        x = self.x + step_size * direction
        f, g = oracle.value_and_gradient(x)
        fields["step_size"], fields["direction"] = step_size, direction
        return self._next(x, f, g, fields)

    def stayed(self, **fields: Any) -> Self:
        """Reject the step: same x, f, g; one more k."""
        return self._next(self.x, self.f, self.g, {"step_size": NAN, **fields})

    def _next(self, x: Array, f: float, g: Array, fields: dict[str, Any]) -> Self:
        """Return the state after this one, with some fields changed."""
        old = self.__dict__
        changed = {**old, **fields, "x": x, "f": f, "g": g, "k": self.k + 1}
        if len(changed) != len(old):
            name, unknown = type(self).__name__, sorted(fields.keys() - old.keys())
            msg = f"{name} has no field {unknown}; extend State by a frozen dataclass to add one"
            raise TypeError(msg)
        new = _new(type(self))  # with a dictionary of its own: four times faster than dataclasses.replace
        _set(new, "__dict__", changed)
        return new


@dataclass(frozen=True)
class Optimizer(ABC):
    """Settings of a method, and its two pure functions `init` and `step`.

    A subclass is a frozen dataclass: its fields are its settings, and constructing it does nothing else.
    It never loops over its own iterations, times, prints or stops; the driver does.
    """

    abstract: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("gradient",)
    handles: ClassVar[tuple[str, ...]] = ()
    """Kinds of constraint the method respects: "set", "bounds", "equality", "inequality"."""
    properties: ClassVar[tuple[str, ...]] = ()
    """Tags that choose the method's checks: f_homogeneous, monotone, line_search, …"""
    factors: ClassVar[bool] = False
    """Whether a step for constraints factors dense matrices of n × n or more: refused where n is too great for that."""
    exact: ClassVar[bool] = True
    """False for methods that see only sampled gradients."""
    precisions: ClassVar[tuple[str, ...]] = ("float32", "float64")
    """In which dtypes it runs; float16 too where it needs nothing that NumPy and LAPACK do not have in it."""

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start; methods over a set start from its projection."""
        x = oracle.project(x0) if self.handles else x0
        f, g = oracle.value_and_gradient(x)
        return State(x, f, g)

    @abstractmethod
    def step(self, oracle: Oracle, state: State) -> State:
        """Return the next state; raise Halt(status, note) when there is none."""

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """How far from stationary the state is, in the units of ∇f: ‖g‖∞ unless overridden."""
        return oracle.max_abs(state.g)

    def lacks(self) -> str:
        """Return why the method cannot run here on any problem (a package is missing), or ""."""
        return ""

    def close(self, state: State | None) -> None:  # noqa: B027  a hook that most methods leave empty
        """Release what a run holds beside its states: nothing, where the loop is ours. Called once, at its end."""
