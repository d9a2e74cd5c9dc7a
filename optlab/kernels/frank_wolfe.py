"""Points as convex combinations of atoms: what the Frank–Wolfe methods with an active set compute with.

Source: Lacoste-Julien & Jaggi (2015), algorithms 1 and 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class ActiveSet(NamedTuple):
    """Atoms of shape (m, n), no two alike, and their positive weights of shape (m,), which sum to 1."""

    atoms: Array
    weights: Array

    @property
    def point(self) -> Array:
        """Σ αᵢvᵢ; a lone atom exactly."""
        return self.atoms[0].copy() if len(self.weights) == 1 else self.weights @ self.atoms

    def worst(self, g: Array) -> int:
        """Return the index of the atom with the greatest gᵀv: the one to move away from."""
        return int((self.atoms @ g).argmax())

    def with_atom(self, s: Array) -> tuple[ActiveSet, int]:
        """Return the set with s among its atoms, with the weight 0 if it was not, and its index."""
        same = np.flatnonzero((self.atoms == s).all(axis=1))
        if same.size:
            return self, int(same[0])
        weights = np.append(self.weights, self.weights.dtype.type(0.0))
        return ActiveSet(np.vstack([self.atoms, s]), weights), len(self.weights)

    def shifted(self, factor: float, gains: int | None, loses: int | None, gamma: float, drop: bool) -> ActiveSet:
        """Multiply all weights by a factor, give γ to one atom and take it from another; drop what has none left.

        `drop` says that the atom that loses is left with nothing, whatever rounding makes of it.
        """
        weights = factor * self.weights
        if gains is not None:
            weights[gains] += gamma
        if loses is not None:
            weights[loses] = 0.0 if drop else weights[loses] - gamma
        kept = weights > 0
        return ActiveSet(self.atoms[kept], weights[kept] / weights[kept].sum())

    def towards(self, i: int, gamma: float) -> ActiveSet:
        """Return the set of x + γ(vᵢ − x): at γ = 1 the atom alone."""
        return self.shifted(1.0 - gamma, i, None, gamma, False)

    def away(self, i: int, gamma: float, most: float) -> ActiveSet:
        """Return the set of x + γ(x − vᵢ); at the longest γ = αᵢ/(1 − αᵢ) without the atom: a drop step."""
        return self.shifted(1.0 + gamma, None, i, gamma, gamma >= most)

    def exchanged(self, i: int, j: int, gamma: float, most: float) -> ActiveSet:
        """Return the set of x + γ(vᵢ − vⱼ); at the longest γ = αⱼ without vⱼ."""
        return self.shifted(1.0, i, j, gamma, gamma >= most)
