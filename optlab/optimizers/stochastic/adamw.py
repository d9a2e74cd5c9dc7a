"""Adam with decoupled weight decay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import State
from optlab.core.problem import Array
from optlab.kernels.moments import Moments, corrected, quotient, updated
from optlab.optimizers._sampled import SampledOptimizer


@dataclass(frozen=True)
class AdamW(SampledOptimizer):
    """Adam's step and a pull towards the origin that is not divided by the averages: −α(m̂/(√v̂ + ε) + λx).

    Adding ½λ‖x‖² to f is something else: its gradient λx would be divided by √v̂ like the rest. The method does not
    minimize f, unless λ = 0, but settles where the two terms balance.
    Source: Loshchilov & Hutter (2019), Decoupled weight decay regularization, algorithm 2; λ is multiplied by α, as in
    implementations.

    Parameters
    ----------
    weight_decay : float
        λ; without a gradient x is multiplied by 1 − αλ at each step.
    beta1, beta2 : float
        β₁ and β₂, how much of the averages is kept.
    eps : float
        ε, in the units of the gradient.
    """

    name = "adamw"
    properties: ClassVar[tuple[str, ...]] = ("adaptive", "permutation")
    variants = ({"batch": 2},)

    step_size: Annotated[float, Gt(0)] = 1e-3
    weight_decay: Annotated[float, Ge(0)] = 1e-2
    beta1: Annotated[float, Ge(0), Lt(1)] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1)] = 0.999
    eps: Annotated[float, Ge(0)] = 1e-8

    def move(self, state: State, alpha: float) -> tuple[Array, Moments]:
        """Return −α(m̂/(√v̂ + ε) + λx)."""
        k = state.k + 1
        memory = updated(state.memory, state.g, self.beta1, self.beta2)
        m, v = corrected(memory.m, self.beta1, k), corrected(memory.v, self.beta2, k)
        return -alpha * (quotient(m, v, self.eps) + self.weight_decay * state.x), memory
