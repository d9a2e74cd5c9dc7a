"""Newton's method for a smooth function and a convex term."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, Status
from optlab.kernels.norms import max_abs
from optlab.kernels.proximal import held_variables, lifted_where_free, minimize_model
from optlab.linesearch.base import noise_of
from optlab.optimizers._proximal import HIDDEN, TRIALS, CompositeState, Point, begin, operator, separable


@dataclass(frozen=True)
class ProximalNewton(Optimizer):
    """Minimize the quadratic model of f plus the term itself, and search along the way there.

    z nearly minimizes gᵀ(z − x) + ½(z − x)ᵀH(z − x) + c(z): by coordinate descent where c is a sum over single
    variables, by accelerated proximal steps otherwise. With d = z − x and Δ = gᵀd + c(z) − c(x) the step α has
    F(x + αd) ≤ F(x) + c₁αΔ, F = f + c. An H that is not positive definite is shifted until it is, variables
    that c holds where they are set apart before. A feasible set is a
    term as well; without either this is Newton's method. Once the support is found, convergence is quadratic.
    Source: Lee, Sun & Saunders (2014), algorithm 1 and equation 2.18.

    Parameters
    ----------
    c1 : float
        Constant of sufficient decrease.
    shrink : float
        What a step that is too long is multiplied by.
    forcing : float
        The model counts as minimized when what moves z has fallen to this part of what moved it first.
    sweeps : int
        Most passes over H for one model.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds", "composite")
    properties: ClassVar[tuple[str, ...]] = ("monotone", "feasible", "f_homogeneous", "safeguarded")

    c1: Annotated[float, Gt(0), Lt(1)] = 1e-4
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.5
    forcing: Annotated[float, Ge(0), Lt(1)] = 1e-10
    sweeps: Annotated[int, Ge(1)] = 1000

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, or its projection."""
        x, F, g, f = begin(oracle, x0)
        return CompositeState(x, F, g, smooth=f)

    def step(self, oracle: Oracle, state: State) -> State:
        """Minimize the model, and search."""
        assert isinstance(state, CompositeState)
        x, prox = state.x, operator(oracle)
        single = separable(oracle, x)
        held = held_variables(x, state.g, prox) if single else np.zeros(x.size, dtype=bool)
        H = lifted_where_free(oracle.hessian(x), held)
        if H is None:
            raise Halt(Status.SINGULAR_KKT, "the Hessian is zero or not finite")
        z = minimize_model(H, state.g, x, oracle.term, prox, single, self.forcing, self.sweeps)
        return state.reached(oracle, self._searched(oracle, state, z))

    def _searched(self, oracle: Oracle, state: CompositeState, z: Array) -> Point:
        """Return the accepted point between x and z; equation 2.18.

        Where rounding hides what is promised, z is taken if it is nearer to stationary.
        """
        x, d = state.x, z - state.x
        promised = float(state.g.dot(d)) + oracle.term(z) - oracle.term(x)
        hidden = abs(promised) <= HIDDEN * noise_of(x) * (abs(state.f) + abs(state.smooth))
        if not (hidden or promised < 0):
            raise Halt(Status.STALLED, f"the model promises no decrease below F = {state.f:.6g}")
        alpha = 1.0
        for _ in range(TRIALS):
            f = oracle.value(z)
            F_new, bound = f + oracle.term(z), state.f + self.c1 * alpha * promised
            if hidden or F_new <= bound:
                g = oracle.gradient(z)
                if isfinite(F_new) and isfinite(max_abs(g)):
                    if hidden and not oracle.kkt_stationarity(z, g) < oracle.kkt_stationarity(x, state.g):
                        break
                    return Point(z, f, g, alpha)
            alpha *= self.shrink
            z = oracle.project(x + alpha * d)
            if (z == x).all():
                break
        if hidden:
            raise Halt(Status.STALLED, f"the model promises no decrease above the rounding of F = {state.f:.6g}")
        raise Halt(Status.LINESEARCH_FAILED, f"no step towards the minimum of the model lowers F = {state.f:.6g}")

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """The proximal gradient mapping, or ‖∇L‖∞: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
