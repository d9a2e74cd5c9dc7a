"""Noise in f and its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, ProblemBase
from optlab.transforms._falsified import Falsifying


@dataclass(frozen=True)
class Noise(Falsifying):
    """f(x) + noise: f (1 + σu) where relative, f + σu where absolute; likewise the gradient, entry by entry.

    It teaches that differences of f below the noise say nothing: line searches fail there, and finite differences
    first. The noise is a function of x and of the seed, so that runs repeat bit for bit.

    Attributes
    ----------
    f : float
        σ for f.
    gradient : float
        σ for ∇f; relative noise is relative to ‖∇f‖∞.
    relative : bool
        Whether σ is relative, or in the units of f and of ∇f.
    distribution : str
        Of u: "normal" of variance 1, or "uniform" on [−1, 1].
    seed : int
        Of the noise.

    Source: Moré & Wild (2009), Benchmarking derivative-free optimization algorithms, section 4.
    """

    f: Annotated[float, Ge(0)] = 1e-3
    gradient: Annotated[float, Ge(0)] = 0.0
    relative: bool = True
    distribution: Literal["normal", "uniform"] = "normal"
    seed: Annotated[int, Ge(0)] = 0

    def apply(self, problem: ProblemBase) -> ProblemBase:
        """Return the problem with noise."""
        self.finite("f", "gradient")
        return super().apply(problem)

    def falsified_value(self, x: Array, f: float) -> float:
        """Add σu, times |f| where relative."""
        if not self.f:
            return f
        size = abs(f) if self.relative else 1.0
        return f + self.f * size * float(self._drawn(x, "f", 1)[0])

    def falsified_gradient(self, x: Array, g: Array) -> Array:
        """Add σu to every entry, times ‖∇f‖∞ where relative."""
        if not self.gradient:
            return g
        size = float(np.abs(g).max()) if self.relative else 1.0
        return np.asarray(g + self.gradient * size * self._drawn(x, "gradient", g.size))

    def _drawn(self, x: Array, axis: str, n: int) -> Array:
        random = self.draws(x, axis)
        return random.standard_normal(n) if self.distribution == "normal" else random.uniform(-1.0, 1.0, n)
