"""Sufficient decrease from the greatest of the last values.

Source: Grippo, Lampariello & Lucidi (1986), A nonmonotone line search technique for Newton's method, equation 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge

from optlab.linesearch.armijo import Armijo


@dataclass(frozen=True)
class NonmonotoneMax(Armijo):
    """φ(α) ≤ max of the last `history` values of f + c₁ · (promised change); f may rise in between.

    `Armijo` describes the other constants.

    Parameters
    ----------
    history : int
        M, how many values of f are looked back at; 1 is monotone.
    """

    history: Annotated[int, Ge(1)] = 10

    def watch(self, watched: Any, before: float, after: float) -> tuple[float, ...]:
        """Return the last `history` values, newest last."""
        return (*(watched or (before,)), after)[-self.history :]

    def reference(self, watched: Any, f: float) -> float:
        """Return the greatest of them."""
        return max(watched)  # type: ignore[no-any-return]
