"""Line-search methods: a direction, a search along it, and the one recovery ladder.

Source: Nocedal & Wright (2006), chapter 3.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING, Any, ClassVar

from optlab.core.optimizer import Optimizer, State
from optlab.core.status import Halt, Status
from optlab.kernels.narrow import DOUBLE, eps
from optlab.linesearch.base import Line, LineSearch
from optlab.linesearch.initial import InitialStep, first_length
from optlab.linesearch.strong_wolfe import StrongWolfe

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

_new, _set = object.__new__, object.__setattr__

CLEAR = 100.0
"""A promised decrease this many times above rounding must show in f, if the gradient is right."""
PERSISTS, SHOWS = 0.5, 0.25
"""… as long as this fraction of the slope persists; and at least this fraction of it must show."""


@dataclass(frozen=True)
class DescentState(State):
    """A state that also knows how the last step went, 0 at the start.

    Attributes
    ----------
    decrease : float
        How much it lowered f.
    slope : float
        φ′(0) along its direction.
    watched : object
        What a search that is not monotone remembers of f.
    """

    decrease: float = 0.0
    slope: float = 0.0
    watched: Any = None


@dataclass(frozen=True)
class LineSearchOptimizer(Optimizer):
    """A method that chooses a direction and leaves the length to `search`.

    A subclass writes `direction`, and `remember` where it has a memory. When the direction is not one of
    descent or the search fails, the memory is forgotten and steepest descent is tried once (`restarts`
    counts it); when that fails too the run ends: STALLED where what is promised is below rounding,
    LINESEARCH_FAILED otherwise.

    Parameters
    ----------
    search : LineSearch
        The search along the direction.
    first : InitialStep, optional
        The rule for the length to try first; the method's own by default.
    """

    abstract: ClassVar[bool] = True

    line: ClassVar[type[Line]] = Line
    """What computes the points and slopes of a search in float64: `BlasLine` in methods that load BLAS anyway."""

    search: LineSearch = StrongWolfe()  # noqa: RUF009  frozen
    first: InitialStep | None = None

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start."""
        f, g = oracle.value_and_gradient(x0)
        return DescentState(x0, f, g)

    @abstractmethod
    def direction(self, oracle: Oracle, state: State) -> Array:
        """Return the search direction at `state`, shape (n,)."""

    def remember(self, old: State, new: State) -> Any:
        """Return the memory of the new state; by default the old one's."""
        return old.memory

    def first_step(self, state: State, direction: Array) -> float:
        """Return the length to try first; Newton-like methods override it with 1."""
        return first_length(state, direction)

    def step(self, oracle: Oracle, state: State) -> State:
        """Move along the direction, or climb down the recovery ladder."""
        search, d = self.search, self.direction(oracle, state)
        x = state.x
        make = self.line if x.itemsize == DOUBLE else Line
        line = make(oracle, x, state.f, state.g, d)
        trial, watched, knows = None, None, isinstance(state, DescentState)
        if knows and (watched := state.watched) is not None:  # type: ignore[attr-defined]
            line.reference = search.reference(watched, state.f)
        if line.slope < 0:
            first = self.first_step(state, d) if self.first is None else self.first.length(state, d)
            trial = search.search(line, first)
        if trial is None:
            watched = None
            line = make(oracle, x, state.f, state.g, -state.g)
            if (d != line.d).any():
                state = replace(state, memory=None, restarts=state.restarts + 1)
                d = line.d
                trial = search.search(line, first_length(state, d)) if line.slope < 0 else None
            if trial is None:
                raise failure(line)
        assert trial.g is not None
        fields = state.__dict__.copy()  # from here on what state.at(…) does, in line
        fields["x"], fields["f"], fields["g"], fields["k"] = trial.x, trial.f, trial.g, state.k + 1
        fields["step_size"], fields["direction"] = trial.alpha, d
        if knows:
            fields["decrease"], fields["slope"] = state.f - trial.f, line.slope
            if fields["watched"] is not None or state.k == 0:  # a monotone search says at the first step that it is
                fields["watched"] = search.watch(watched, state.f, trial.f)
        new = _new(type(state))
        _set(new, "__dict__", fields)
        fields["memory"] = self.remember(state, new)  # the new state is not shared yet
        return new


def failure(line: Line) -> Halt:
    """Return the verdict on a point where no search along −g, or its projection arc, succeeded; one evaluation.

    The trial is short, but promises CLEAR times what rounding hides. If the slope there is still like the one at
    the point, f has to be lower: it is not, so the gradient contradicts f. If the slope has changed, the arithmetic
    has no room between rounding and the curvature.
    """
    if not line.slope < 0:
        return Halt(Status.STALLED, f"the gradient is zero or its square underflows at f = {line.f0:.6g}")
    length = sqrt(float(line.x.dot(line.x))) or 1.0
    alpha = max(CLEAR * line.noise / -line.slope, sqrt(eps(line.x)) * length / sqrt(float(line.d.dot(line.d))))
    trial = line(alpha)
    promised, decrease = -line.promised(alpha), line.f0 - trial.f
    if not trial.finite:
        return Halt(Status.NONFINITE, f"f or its gradient is not finite after a step of {alpha:.1e} (f = {trial.f})")
    persists = promised > line.noise and -alpha * trial.slope >= PERSISTS * promised
    if persists and not decrease >= SHOWS * promised:
        note = f"f does not decrease along -g though {promised:.1e} was promised; is the gradient right?"
        return Halt(Status.LINESEARCH_FAILED, note)
    if decrease > line.noise:
        note = f"the search accepted no step along -g, though one of {alpha:.1e} lowers f by {decrease:.1e}"
        return Halt(Status.LINESEARCH_FAILED, note)
    return Halt(Status.STALLED, f"no step along -g promises a decrease above the rounding of f = {line.f0:.6g}")
