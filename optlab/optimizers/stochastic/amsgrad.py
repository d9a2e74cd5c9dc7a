"""AMSGrad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import State
from optlab.core.problem import Array
from optlab.kernels.moments import Moments, corrected, quotient, updated
from optlab.optimizers._sampled import SampledOptimizer


class Memory(NamedTuple):
    """Running averages of g and g², and the greatest of the latter so far; read-only."""

    moments: Moments
    most: Array


@dataclass(frozen=True)
class AMSGrad(SampledOptimizer):
    """Adam with the greatest average of the squares so far in the place of the last one.

    Effective steps can only fall, so that a rare large gradient is not forgotten before the next one: Adam moves the
    wrong way on sums where that matters. The averages are corrected as Adam's are, m/(1 − β₁ᵏ) and
    max v/(1 − β₂ᵏ), which the paper leaves out.
    Source: Reddi, Kale & Kumar (2018), On the convergence of Adam and beyond, algorithm 2.

    Parameters
    ----------
    beta1, beta2 : float
        β₁ and β₂, how much of the averages is kept.
    eps : float
        ε, in the units of the gradient.
    """

    name = "amsgrad"
    properties: ClassVar[tuple[str, ...]] = ("adaptive", "permutation")
    variants = ({"batch": 2},)

    step_size: Annotated[float, Gt(0)] = 1e-3
    beta1: Annotated[float, Ge(0), Lt(1)] = 0.9
    beta2: Annotated[float, Ge(0), Lt(1)] = 0.999
    eps: Annotated[float, Ge(0)] = 1e-8

    def move(self, state: State, alpha: float) -> tuple[Array, Memory]:
        """Return −αm̂/(√v̂ + ε) with v̂ = max v/(1 − β₂ᵏ)."""
        k = state.k + 1
        old, before = state.memory or (None, 0.0)
        moments = updated(old, state.g, self.beta1, self.beta2)
        most = np.maximum(before, moments.v)
        most.setflags(write=False)
        m, v = corrected(moments.m, self.beta1, k), corrected(most, self.beta2, k)
        return -alpha * quotient(m, v, self.eps), Memory(moments, most)
