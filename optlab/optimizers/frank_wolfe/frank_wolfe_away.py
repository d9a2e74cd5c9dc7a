"""The Frank–Wolfe method with away steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from optlab.core.optimizer import State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.frank_wolfe import ActiveSet
from optlab.optimizers._frank_wolfe import ActiveState, GapMethod, active_set, with_active_set
from optlab.optimizers._frank_wolfe_rules import Chord


@dataclass(frozen=True)
class FrankWolfeAway(GapMethod):
    """Move towards the best vertex, or away from the worst of those that x is made of, whichever descends faster.

    x = Σ αᵢvᵢ over an active set of atoms: the start, and vertices found on the way. A step away from v of the longest
    γ = α/(1 − α) drops it. With that, f − f* falls linearly for a strongly convex f over a polytope; over a curved set
    the active set grows by one atom a step, and plain `frank_wolfe` does as well. The gap is recorded, as is the
    number of atoms.
    Source: Guélat & Marcotte (1986); Lacoste-Julien & Jaggi (2015), algorithm 1.

    Parameters
    ----------
    rule : StepRule
        γ, up to the longest: `ShortStep` by the curvature, found on the way unless given; `LineMinimum`; `OpenLoop`.
    """

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Begin with the start as the only atom."""
        return with_active_set(super().init(oracle, x0))

    def step(self, oracle: Oracle, state: State) -> State:
        """Take the steeper of the two steps."""
        assert isinstance(state, ActiveState)
        x, g, s = state.x, state.g, state.vertex
        active = active_set(state)
        assert s is not None
        j = active.worst(g)
        v = active.atoms[j]
        alpha = float(active.weights[j])
        if float(g.dot(x - s)) >= float(g.dot(v - x)) or alpha >= 1.0:
            larger, i = active.with_atom(s)
            d, most = s - x, 1.0

            def changed(gamma: float) -> ActiveSet:
                return larger.towards(i, gamma)
        else:
            d, most = x - v, alpha / (1.0 - alpha)

            def changed(gamma: float) -> ActiveSet:
                return active.away(j, gamma, most)

        def point(gamma: float) -> Array:
            return oracle.project(changed(gamma).point)

        gamma, new = self._moved(oracle, state, Chord(oracle, state, d, most, point))
        return replace(new, memory=(after := changed(gamma)), atoms=len(after.weights))
