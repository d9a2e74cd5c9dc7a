"""No search at all: one length, always."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt

from optlab.linesearch.base import Line, LineSearch, Trial


@dataclass(frozen=True)
class Constant(LineSearch):
    """Take the step `alpha` whatever f says; the driver deals with what is not finite.

    Source: Nesterov (2004), section 1.2.3.
    """

    alpha: Annotated[float, Gt(0)] = 1.0

    def search(self, phi: Line, first: float) -> Trial | None:
        """Evaluate at `alpha` and accept."""
        return phi(self.alpha)
