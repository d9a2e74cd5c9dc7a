"""The proximal gradient method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.narrow import PRECISIONS
from optlab.optimizers._proximal import CompositeState, Point, begin, first_step, operator, proximal_step


@dataclass(frozen=True)
class ISTA(Optimizer):
    """A gradient step on f, then the proximal operator of the term: x₊ = prox(x − t∇f(x), t).

    For the ℓ₁ norm that is soft thresholding. A feasible set is a term as well, whose operator is the projection;
    without either this is gradient descent. f + c falls like 1/k where f is convex, by a factor 1 − μ/L where it is
    strongly convex. The memory is the t to try first, a little longer than the last.
    Source: Daubechies, Defrise & De Mol (2004); Beck & Teboulle (2009), section 3, ISTA with backtracking.

    Parameters
    ----------
    step_size : float, optional
        A fixed t, at most 1/L to be sure of convergence; without it t is found by backtracking.
    shrink : float
        What backtracking multiplies t by.
    growth : float
        How much longer the first trial is than the last t.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds", "composite")
    properties: ClassVar[tuple[str, ...]] = ("monotone", "feasible", "f_homogeneous", "safeguarded")

    step_size: Annotated[float, Gt(0)] | None = None
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.5
    growth: Annotated[float, Ge(1)] = 1.25

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, or its projection."""
        x, F, g, f = begin(oracle, x0)
        return CompositeState(x, F, g, smooth=f)

    def step(self, oracle: Oracle, state: State) -> State:
        """Take a proximal gradient step."""
        assert isinstance(state, CompositeState)
        prox = operator(oracle)
        if self.step_size is not None:
            t = self.step_size
            x = prox(state.x - t * state.g, t)
            return state.reached(oracle, Point(x, *oracle.value_and_gradient(x), t))
        first = first_step(oracle, prox, state) if state.memory is None else state.memory
        new = proximal_step(oracle, prox, Point(state.x, state.smooth, state.g, first), self.shrink)
        return state.reached(oracle, new, memory=self.growth * new.t)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """The proximal gradient mapping, or ‖∇L‖∞: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
