"""Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import State
from optlab.core.problem import Array
from optlab.kernels.moments import Moments, corrected, quotient, updated
from optlab.optimizers._sampled import SampledOptimizer


@dataclass(frozen=True)
class Adam(SampledOptimizer):
    """Move by a running average of the gradient, divided by the root of one of its squares: −αm̂/(√v̂ + ε).

    Both averages begin at 0 and are corrected for that, m̂ = m/(1 − β₁ᵏ) and v̂ = v/(1 − β₂ᵏ): the first step is
    −α sign(g). No component moves much faster than α. ε has the units of the gradient; with ε = 0 the iterates do
    not depend on the units of f. Rotating the coordinates changes the run, permuting them does not.
    Source: Kingma & Ba (2015), algorithm 1.

    Parameters
    ----------
    beta1, beta2 : float
        β₁ and β₂, how much of the averages is kept.
    eps : float
        ε.
    """

    properties: ClassVar[tuple[str, ...]] = ("adaptive", "permutation")
    variants = ({"batch": 2, "schedule": "cosine"},)

    step_size: Annotated[float, Gt(0)] = 1e-3
    beta1: Annotated[float, Ge(0), Lt(1)] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1)] = 0.999
    eps: Annotated[float, Ge(0)] = 1e-8

    def move(self, state: State, alpha: float) -> tuple[Array, Moments]:
        """Return −αm̂/(√v̂ + ε)."""
        k = state.k + 1
        memory = updated(state.memory, state.g, self.beta1, self.beta2)
        m, v = corrected(memory.m, self.beta1, k), corrected(memory.v, self.beta2, k)
        return -alpha * quotient(m, v, self.eps), memory
