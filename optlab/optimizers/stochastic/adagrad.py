"""AdaGrad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge

from optlab.core.optimizer import State
from optlab.core.problem import Array
from optlab.kernels.moments import quotient
from optlab.optimizers._sampled import SampledOptimizer


@dataclass(frozen=True)
class Adagrad(SampledOptimizer):
    """Divide each component of the gradient by the root of the sum of its squares so far: −αg/(√r + ε).

    The first step is α in every component; steps of a constant gradient fall like 1/√k.
    Source: Duchi, Hazan & Singer (2011); Goodfellow, Bengio & Courville (2016), algorithm 8.4.

    Parameters
    ----------
    eps : float
        ε, in the units of the gradient.
    """

    properties: ClassVar[tuple[str, ...]] = ("adaptive", "permutation")
    variants = ({"batch": 2},)

    eps: Annotated[float, Ge(0)] = 1e-7

    def move(self, state: State, alpha: float) -> tuple[Array, Array]:
        """Return −αg/(√r₊ + ε) with r₊ = r + g²."""
        r = state.g * state.g
        if state.memory is not None:
            r += state.memory
        r.setflags(write=False)
        return -alpha * quotient(state.g, r, self.eps), r
