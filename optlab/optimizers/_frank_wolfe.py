"""What the Frank–Wolfe methods share: the gap, the active set, and a step along a chord.

Source: Jaggi (2013); Lacoste-Julien & Jaggi (2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from optlab.core.optimizer import NAN, Optimizer, State
from optlab.core.status import Halt, Status
from optlab.kernels.frank_wolfe import ActiveSet
from optlab.kernels.narrow import PRECISIONS
from optlab.optimizers._frank_wolfe_rules import Chord, ShortStep, StepRule

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class GapState(State):
    """A state that also knows the Frank–Wolfe gap.

    Attributes
    ----------
    gap : float
        max gᵀ(x − s) over the set: at least f(x) − f* where f is convex.
    vertex : (n,) array or None
        The s of that maximum.
    estimate : float
        What the rule for the step remembers: an estimate of the curvature L; 0 at first.
    """

    gap: float = NAN
    vertex: Array | None = None
    estimate: float = 0.0

    recorded: ClassVar[tuple[str, ...]] = ("gap",)


S = TypeVar("S", bound=GapState)


@dataclass(frozen=True)
class ActiveState(GapState):
    """A state whose memory is the active set that x is the point of.

    Attributes
    ----------
    atoms : int
        How many atoms it has.
    """

    atoms: int = 1

    recorded: ClassVar[tuple[str, ...]] = ("gap", "atoms")


def with_active_set(state: State) -> ActiveState:
    """Return the state with x as the only atom."""
    return ActiveState(**vars(state) | {"memory": ActiveSet(state.x[None, :], np.ones(1, state.x.dtype))})


def active_set(state: ActiveState) -> ActiveSet:
    """Return the active set of a state."""
    assert isinstance(state.memory, ActiveSet)
    return state.memory


def minimizer(oracle: Oracle, x: Array, g: Array, verdict: Status) -> tuple[Array, float]:
    """Return the s of the set with the least gᵀs, a member exactly, and the gap gᵀ(x − s).

    Raises
    ------
    Halt
        With the verdict, where there is none: the set is not bounded.
    """
    s = oracle.linear_minimizer(g)
    if not np.isfinite(s).all():
        raise Halt(verdict, "the set is not bounded: a linear function has no least point in it")
    s = oracle.project(s)  # rounding alone can put it outside
    return s, max(0.0, float(g.dot(x - s)))


@dataclass(frozen=True)
class GapMethod(Optimizer):
    """A method whose steps are chosen by the linear minimizer of the set; a subclass writes `step`.

    Parameters
    ----------
    rule : StepRule
        The rule for the length of a step.
    """

    abstract: ClassVar[bool] = True
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    needs: ClassVar[tuple[str, ...]] = ("gradient", "lmo")
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds")
    properties: ClassVar[tuple[str, ...]] = ("feasible", "f_homogeneous")

    rule: StepRule = ShortStep()  # noqa: RUF009  frozen

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the projection of the start, and the gap there."""
        x = oracle.project(x0)
        f, g = oracle.value_and_gradient(x)
        s, gap = minimizer(oracle, x, g, Status.SKIPPED)
        return GapState(x, f, g, gap=gap, vertex=s)

    def _moved(self, oracle: Oracle, state: S, chord: Chord) -> tuple[float, S]:
        """Return γ and the state at the end of a step along the chord.

        Raises
        ------
        Halt
            STALLED where the gap is rounding or f does not tell; LINESEARCH_FAILED where f contradicts its gradient.
        """
        if not chord.slope < 0:
            raise Halt(Status.STALLED, f"no vertex promises a decrease: the gap is {state.gap:.1e}")
        choice = self.rule.choose(chord, state.k, state.estimate)
        if choice is None:
            if chord.hidden(chord.most):
                raise Halt(Status.STALLED, f"no step promises a decrease above the rounding of f = {state.f:.6g}")
            raise Halt(Status.LINESEARCH_FAILED, f"no step lowers f = {state.f:.6g}, with a gap of {state.gap:.1e}")
        trial = choice.trial
        assert trial.g is not None
        s, gap = minimizer(oracle, trial.x, trial.g, Status.UNBOUNDED)
        return trial.alpha, state.at(trial.x, trial.f, trial.g, step_size=trial.alpha, direction=chord.d, gap=gap,
                                     vertex=s, estimate=choice.estimate)  # fmt: skip

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
