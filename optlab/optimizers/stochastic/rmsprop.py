"""RMSProp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import State
from optlab.core.problem import Array
from optlab.kernels.moments import averaged, quotient
from optlab.optimizers._sampled import SampledOptimizer


@dataclass(frozen=True)
class RMSProp(SampledOptimizer):
    """Divide each component of the gradient by the root of a running average of its squares: −αg/(√r + ε).

    The average begins at 0: the first step is α/√(1 − ρ) in every component.
    Source: Tieleman & Hinton (2012), lecture 6.5; Goodfellow, Bengio & Courville (2016), algorithm 8.5.

    Parameters
    ----------
    rho : float
        ρ, how much of the average is kept.
    eps : float
        ε, in the units of the gradient.
    """

    name = "rmsprop"
    properties: ClassVar[tuple[str, ...]] = ("adaptive", "permutation")
    variants = ({"batch": 2},)

    step_size: Annotated[float, Gt(0)] = 1e-3
    rho: Annotated[float, Ge(0), Lt(1)] = 0.9
    eps: Annotated[float, Ge(0)] = 1e-8

    def move(self, state: State, alpha: float) -> tuple[Array, Array]:
        """Return −αg/(√r₊ + ε) with r₊ = ρr + (1 − ρ)g²."""
        r = averaged(state.memory, state.g * state.g, self.rho)
        return -alpha * quotient(state.g, r, self.eps), r
