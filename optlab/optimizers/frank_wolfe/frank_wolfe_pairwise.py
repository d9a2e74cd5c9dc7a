"""The pairwise Frank–Wolfe method."""

from __future__ import annotations

from dataclasses import dataclass, replace

from optlab.core.optimizer import State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.optimizers._frank_wolfe import ActiveState, GapMethod, active_set, with_active_set
from optlab.optimizers._frank_wolfe_rules import Chord


@dataclass(frozen=True)
class FrankWolfePairwise(GapMethod):
    """Move weight from the worst atom that x is made of to the best vertex: x₊ = x + γ(s − v), γ at most v's weight.

    x = Σ αᵢvᵢ over an active set of atoms: the start, and vertices found on the way. Only two weights change in a
    step, so that solutions with few atoms are found with few atoms. f − f* falls linearly for a strongly convex f over
    a polytope, but for steps that merely swap atoms. The gap is recorded, as is the number of atoms.
    Source: Lacoste-Julien & Jaggi (2015), algorithm 2.

    Parameters
    ----------
    rule : StepRule
        γ, up to the longest: `ShortStep` by the curvature, found on the way unless given; `LineMinimum`; `OpenLoop`.
    """

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Begin with the start as the only atom."""
        return with_active_set(super().init(oracle, x0))

    def step(self, oracle: Oracle, state: State) -> State:
        """Move weight from one atom to another."""
        assert isinstance(state, ActiveState)
        s = state.vertex
        assert s is not None
        active = active_set(state)
        j = active.worst(state.g)
        d, most = s - active.atoms[j], float(active.weights[j])
        larger, i = active.with_atom(s)

        def point(gamma: float) -> Array:
            return oracle.project(larger.exchanged(i, j, gamma, most).point)

        gamma, new = self._moved(oracle, state, Chord(oracle, state, d, most, point))
        after = larger.exchanged(i, j, gamma, most)
        return replace(new, memory=after, atoms=len(after.weights))
