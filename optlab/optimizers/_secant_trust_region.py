"""Trust-region methods whose model learns from the gradients at the trials."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, Lt

from optlab.core.trust_region import TrustRegionOptimizer, TrustRegionState, attempt
from optlab.kernels.trust_region import cauchy_step

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array
    from optlab.kernels.trust_region import Step


FAR = 1e3
"""A rejected trial where the model errs by more than this multiple of its promise tells nothing about where x is."""


@dataclass(frozen=True)
class SecantTrustRegion(TrustRegionOptimizer):
    """A trust region around a matrix B that may be indefinite; a rejected trial teaches it as well as another.

    A subclass writes `learned` and `within`. Until B is known the model is linear. Where the step of B no longer moves
    x, B is forgotten: a trial may have taught it a curvature that is none here (`restarts` counts it). A rejected step
    costs one f and one gradient.
    Source: Nocedal & Wright (2006), algorithm 6.2, whose constants these are.
    """

    abstract: ClassVar[bool] = True

    accept: Annotated[float, Gt(0), Lt(1)] = 1e-3
    bad: Annotated[float, Gt(0), Lt(1)] = 0.1
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.5

    @abstractmethod
    def learned(self, memory: Any, s: Array, y: Array) -> Any:
        """Return the memory after another pair; `memory` is None until there was a pair of use."""

    def model(self, oracle: Oracle, state: TrustRegionState) -> None:
        """None: nothing is known at the start."""

    def first_radius(self, state: TrustRegionState, model: Any) -> float:
        """Return 1, the length of the first step of a line search too."""
        return 1.0

    def step(self, oracle: Oracle, state: State) -> State:
        """Try the model's step, learn from it, and take it or shrink the radius."""
        assert isinstance(state, TrustRegionState)
        radius = state.radius if state.radius > 0 else self.first_radius(state, None)
        memory, restarts = state.memory, state.restarts
        step: Step | None = None if memory is None else self.within(oracle, state, memory, radius)
        if step is None or (state.x + step.p == state.x).all():
            step, memory, restarts = cauchy_step(state.g, 0.0, radius), None, restarts + (memory is not None)
        trial = attempt(oracle, state, step, self.accept)
        after = self._next_radius(state, step, radius, trial.rho)
        g = trial.g
        if g is None and trial.rho >= -FAR:
            g = oracle.gradient(trial.x)
        if g is not None and np.isfinite(g).all():
            memory = self.learned(memory, trial.x - state.x, g - state.g)
        if trial.g is None:
            return state.stayed(memory=memory, restarts=restarts, rho=trial.rho, **after)
        return state.at(
            trial.x, trial.f, trial.g, step_size=1.0, direction=step.p, memory=memory, restarts=restarts, rho=trial.rho,
            **after,
        )  # fmt: skip
