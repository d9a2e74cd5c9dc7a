"""Saddle-free Newton."""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, sqrt
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.descent import LineSearchOptimizer
from optlab.kernels.modification import solve_semidefinite
from optlab.linesearch.initial import first_length

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class NewtonSaddleFree(LineSearchOptimizer):
    """Newton's direction with |H|, the absolute values of H's eigenvalues: saddles repel as much as minima attract.

    Along negative curvature the step is as long as to the critical point, and away from it. Exactly on the stable
    manifold of a saddle the gradient has no part along the eigenvector v of the least eigenvalue, and the method
    would go to the saddle; so the part of the step along v is at least `nudge` times the rest.
    Source: Dauphin et al. (2014), algorithm 1; Greenstadt (1967).

    Parameters
    ----------
    delta : float
        The least |λ|, relative to the greatest.
    nudge : float
        The least part of the step along v, relative to the rest of the step; 0 for none.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    properties: ClassVar[tuple[str, ...]] = (
        "newton",
        "line_search",
        "monotone",
        "f_homogeneous",
        "x_homogeneous",
        "escapes_saddle",
    )

    delta: Annotated[float, Gt(0), Lt(1)] = 1e-8
    nudge: Annotated[float, Ge(0)] = 0.1

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−|H|⁻¹∇f(x), and what is missing along v."""
        H, g = oracle.hessian(state.x), state.g
        d = solve_semidefinite(H, -g)
        if d is None:
            d = self._reflected(H, g)
        return -first_length(state, -g) * g if d is None else d

    def _reflected(self, H: Array, g: Array) -> Array | None:
        """Return the direction for an H that is not positive definite; None where it is zero or not finite."""
        if not np.isfinite(H).all():
            return None
        values, Q = np.linalg.eigh(H)
        size = np.abs(values)
        floor = self.delta * float(size.max())
        if not floor > 0:
            return None
        c = g @ Q
        a = -c / np.maximum(size, floor)
        least = self.nudge * sqrt(float(a[1:].dot(a[1:])))
        if values[0] < -floor and abs(float(a[0])) < least:
            a[0] = -copysign(least, float(c[0]))
        return np.asarray(Q @ a)

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1, the full step."""
        return 1.0
