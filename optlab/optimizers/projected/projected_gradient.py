"""Projected gradient with spectral first steps."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, ClassVar, NamedTuple

from annotated_types import Ge

from optlab.core.descent import failure, first_length
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, Status
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import Arc, LineSearch


class Memory(NamedTuple):
    """The length to try first, and the last values of f, newest last."""

    first: float
    values: tuple[float, ...]
    short: tuple[float, ...] = ()


@dataclass(frozen=True)
class ProjectedGradient(Optimizer):
    """…"""

    needs: ClassVar[tuple[str, ...]] = ("gradient", "projection")
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds")
    properties: ClassVar[tuple[str, ...]] = ("line_search", "feasible", "f_homogeneous")

    search: LineSearch = Armijo()
    history: Annotated[int, Ge(1)] = 10
    rule: str = "bb1"
    window: int = 5
    ratio: float = .5

    def init(self, oracle: Oracle, x0: Array) -> State:
        x = oracle.project(x0)
        f, g = oracle.value_and_gradient(x)
        return State(x, f, g)

    def step(self, oracle: Oracle, state: State) -> State:
        memory = state.memory or Memory(first_length(state, state.g), (state.f,))
        arc = Arc(oracle, state.x, state.f, state.g, max(memory.values))
        trial = self.search.search(arc, memory.first)
        if trial is None or trial.g is None:
            raise Halt(Status.STALLED,"x")
        s, y = trial.x - state.x, trial.g - state.g
        bent = float(s.dot(y))
        short=memory.short
        if bent>0:
            b1=float(s.dot(s))/bent; b2=bent/float(y.dot(y))
            short=(*short,b2)[-self.window:]
            if self.rule=="bb1": new=b1
            elif self.rule=="bb2": new=b2
            elif self.rule=="alt": new=b1 if state.k%2 else b2
            else: new=min(short) if b2<self.ratio*b1 else b1
        else: new=10*trial.alpha
        return state.at(trial.x,trial.f,trial.g,step_size=trial.alpha,direction=arc.d,memory=Memory(new,(*memory.values,trial.f)[-self.history:],short))

    def stationarity(self, oracle: Oracle, state: State) -> float:
        return oracle.kkt_stationarity(state.x, state.g)
