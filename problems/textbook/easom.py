"""A needle in a plain."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries

SIDES = (1.3049954504376675, 4.978189856741919)
"""Where w′ = 0 beside π: tan u = −2u at u = t − π."""


@dataclass(frozen=True)
class Easom(Componentwise):
    """−cos a cos b exp(−(a − π)² − (b − π)²): a narrow hole of depth 1 in a plain that is 0.

    It teaches that a small gradient says nothing about the distance to a solution: at the standard start it is
    10⁻⁸, and every absolute test of stationarity is content.

    Source: Easom (1990), A survey of global optimization techniques; Jamil & Yang (2013), function 50.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal", "badly_scaled")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        return -wave(a) * wave(b)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return -slope(a) * wave(b), -wave(a) * slope(b)

    def d2f(self, a: Any, b: Any) -> Entries:
        return {
            (0, 0): -bend(a) * wave(b),
            (0, 1): -slope(a) * slope(b),
            (1, 1): -wave(a) * bend(b),
        }

    def start(self) -> Array:
        return np.zeros(2)

    def facts(self) -> Facts:
        beside, nodes = [(s, t) for s in SIDES for t in SIDES], (0.5 * pi, 1.5 * pi)
        return Facts(
            solution=(pi, pi),
            optimum=-1.0,
            certificate="closed form: no factor is over 1 in magnitude, and all are at (π, π)",
            convex=False,
            critical_points={
                "minimum": beside,
                "maximum": [(pi, s) for s in SIDES] + [(s, pi) for s in SIDES],
                "saddle": [(s, t) for s in nodes for t in nodes],
            },
            scale=1.0,
            note="at the standard start ‖∇f‖ = 2e-8 already: stationarity is measured against 1 here",
        )


def wave(t: Any) -> Any:
    """Return w = −cos t exp(−u²), u = t − π; with cos t = −cos u, w′ is exactly 0 at π."""
    u = t - pi
    return np.cos(u) * np.exp(-u * u)


def slope(t: Any) -> Any:
    """Return w′(t)."""
    u = t - pi
    return -(np.sin(u) + 2.0 * u * np.cos(u)) * np.exp(-u * u)


def bend(t: Any) -> Any:
    """Return w″(t)."""
    u = t - pi
    return ((4.0 * u * u - 3.0) * np.cos(u) + 4.0 * u * np.sin(u)) * np.exp(-u * u)
