"""Stochastic gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Lt

from optlab.core.optimizer import State
from optlab.core.problem import Array
from optlab.optimizers._sampled import SampledOptimizer


@dataclass(frozen=True)
class SGD(SampledOptimizer):
    """Move against the gradient of a few terms of a finite sum, with momentum if asked: v₊ = βv − αg, x₊ = x + v₊.

    g is an unbiased estimate of ∇f(x). A fixed α leads to a neighborhood of the minimizer of a size in proportion to
    α; steps that sum to infinity while their squares do not lead to it (`schedule: inverse`). `SampledOptimizer`
    describes what is evaluated and recorded: f is exact, and not evaluated on the way.
    Source: Robbins & Monro (1951); Goodfellow, Bengio & Courville (2016), algorithms 8.1 to 8.3; Sutskever, Martens,
    Dahl & Hinton (2013) for Nesterov's momentum, in the coordinates of the extrapolated point.

    Parameters
    ----------
    batch : int
        How many terms a gradient is the mean of.
    momentum : float
        β, the part of the last step that is repeated.
    nesterov : bool
        Whether the gradient is that of the extrapolated point, which is then the iterate: x₊ = x + βv₊ − αg.
    """

    needs: ClassVar[tuple[str, ...]] = ("samples",)
    properties: ClassVar[tuple[str, ...]] = ("stochastic", "rotation")
    exact: ClassVar[bool] = False
    variants = (
        {"batch": 1, "replacement": True, "schedule": "inverse"},
        {"batch": 2, "momentum": 0.9, "nesterov": True, "evaluate_every": 3},
    )

    batch: Annotated[int, Ge(1)] = 32
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.0
    nesterov: bool = False

    def move(self, state: State, alpha: float) -> tuple[Array, Array | None]:
        """Return v₊, or βv₊ − αg."""
        s = -alpha * state.g
        if self.momentum == 0:
            return s, None
        v = s if state.memory is None else self.momentum * state.memory + s
        v.setflags(write=False)
        return (self.momentum * v + s if self.nesterov else v), v
