"""Coordinate descent on a quadratic with a separable term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, Status
from optlab.kernels.proximal import sweep
from optlab.optimizers._proximal import CompositeState, Point, begin, operator, separable


@dataclass(frozen=True)
class CoordinateDescent(Optimizer):
    """Minimize f + c in one variable after the other, exactly; an iteration is one sweep through all of them.

    f is a quadratic, so that each of these problems is solved by the proximal operator of one variable with
    t = 1/Hᵢᵢ: for the lasso and the elastic net, soft thresholding. The term, or the bounds, must be a sum over single
    variables: only then does a point that no coordinate improves solve the problem. The gradient is carried from
    coordinate to coordinate and evaluated afresh once a sweep. The memory is H.
    Source: Friedman, Hastie & Tibshirani (2010), section 2; Tseng (2001) on convergence.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian", "quadratic")
    handles: ClassVar[tuple[str, ...]] = ("bounds", "composite")
    properties: ClassVar[tuple[str, ...]] = ("monotone", "feasible", "f_homogeneous")

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, within the bounds."""
        x, F, g, f = begin(oracle, x0)
        if not separable(oracle, x):
            raise Halt(Status.SKIPPED, "the composite term is no sum over single variables")
        return CompositeState(x, F, g, smooth=f)

    def step(self, oracle: Oracle, state: State) -> State:
        """Sweep once through the coordinates."""
        assert isinstance(state, CompositeState)
        H = oracle.hessian(state.x) if state.memory is None else state.memory
        x, _, change = sweep(H, state.g, state.x, operator(oracle))
        if not change > 0:
            raise Halt(Status.STALLED, "no coordinate moves")
        f, g = oracle.value_and_gradient(x)
        return state.reached(oracle, Point(x, f, g, 1.0), memory=H)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """The proximal gradient mapping, or ‖∇L‖∞: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
