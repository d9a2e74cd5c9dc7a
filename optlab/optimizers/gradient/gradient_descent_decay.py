"""Gradient descent with a step that decays by a schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.kernels.narrow import PRECISIONS


@dataclass(frozen=True)
class GradientDescentDecay(Optimizer):
    """Move against the gradient by a/(k + b)ᵖ, k being the steps taken so far.

    For ½ < p ≤ 1 the steps sum to infinity and their squares do not, which noisy gradients need.
    Source: Robbins & Monro (1951); Bertsekas (1999), Nonlinear Programming, section 1.2.

    Parameters
    ----------
    a : float
        Scale of the steps; the first one is a/bᵖ.
    b : float
        How many steps the schedule counts as already taken.
    p : float
        Power of the decay; 0 keeps the step fixed.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("scheduled_step",)

    a: Annotated[float, Gt(0)] = 1e-1
    b: Annotated[float, Gt(0)] = 1.0
    p: Annotated[float, Ge(0)] = 0.5

    def step(self, oracle: Oracle, state: State) -> State:
        """Return x − ε∇f(x) with the step of this k."""
        return state.moved(oracle, direction=-state.g, step_size=self.a / (state.k + self.b) ** self.p)
