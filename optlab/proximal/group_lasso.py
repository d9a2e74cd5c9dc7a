"""A sum of Euclidean norms of groups of variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.status import InputError
from optlab.proximal.base import Array, Proximable, one_length


@dataclass(frozen=True)
class GroupLasso(Proximable):
    """c(x) = α Σ √|G| ‖x_G‖ over groups G of consecutive variables, α = `strength`: whole groups become exactly 0.

    Parameters
    ----------
    sizes : tuple of int
        How many variables each group has; together n.
    strength : float
        α.

    Source: Yuan & Lin (2006), equation 2.1; Parikh & Boyd (2014), section 6.5.4.
    """

    sizes: tuple[int, ...]
    strength: Annotated[float, Ge(0)] = 1.0

    def value(self, x: Array) -> float:
        """Return α Σ √|G| ‖x_G‖."""
        return float(np.sum(self._weights() * self._norms(x)))

    def prox(self, x: Array, t: Any) -> Array:
        """Block soft thresholding: x_G max(0, 1 − tα√|G|/‖x_G‖)."""
        norms, threshold = self._norms(x), one_length(t) * self._weights()
        kept = np.where(norms > threshold, 1.0 - threshold / np.where(norms > 0, norms, 1.0), 0.0)
        return np.asarray(x * np.repeat(kept, self.sizes))

    def _weights(self) -> Array:
        return np.asarray(self.strength * np.sqrt(self.sizes), dtype=float)

    def _norms(self, x: Array) -> Array:
        if sum(self.sizes) != x.size:
            msg = f"the groups have {sum(self.sizes)} variables together, but x has {x.size}"
            raise InputError(msg)
        return np.sqrt(np.add.reduceat(x * x, np.cumsum((0, *self.sizes[:-1]))))
