"""The Frank–Wolfe method."""

from __future__ import annotations

from dataclasses import dataclass

from optlab.core.optimizer import State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.optimizers._frank_wolfe import GapMethod, GapState
from optlab.optimizers._frank_wolfe_rules import Chord


@dataclass(frozen=True)
class FrankWolfe(GapMethod):
    """Move towards the point of the set where the linear model of f is least: x₊ = x + γ(s − x), s = argmin gᵀs.

    No projection is needed but against rounding: x₊ is a convex combination of points of the set. The gap gᵀ(x − s)
    is recorded; for convex f it is at least f − f*, a certificate that costs nothing. f − f* falls like 1/k; where x*
    is inside a face, not faster. Also called conditional gradient.
    Source: Frank & Wolfe (1956); Jaggi (2013), algorithms 1 and 2.

    Parameters
    ----------
    rule : StepRule
        γ: `ShortStep` by the curvature, found on the way unless given; `OpenLoop`, 2/(k + 2); `LineMinimum`.
    """

    def step(self, oracle: Oracle, state: State) -> State:
        """Move towards the vertex."""
        assert isinstance(state, GapState)
        x, s = state.x, state.vertex
        assert s is not None
        d = s - x

        def point(gamma: float) -> Array:
            return s if gamma == 1.0 else oracle.project(x + gamma * d)

        return self._moved(oracle, state, Chord(oracle, state, d, 1.0, point))[1]
