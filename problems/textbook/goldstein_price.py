"""A product of two quartics in rotated coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class GoldsteinPrice(Componentwise):
    """A(a + b) B(2a − 3b), the product of two quartics: one global and three local minima.

    A(s) = 1 + (s + 1)² (19 − 14s + 3s²) and B(t) = 30 + t² (18 − 16t + 3t²), which the customary polynomial in a and b
    hides. It teaches how badly scaled a small polynomial can be: f* = 3, but f is 10⁶ a few units away.
    Since A ≥ 1 and B ≥ 3, the critical points are those of A times those of B: s = −1, 1, 2 and t = 0, 1, 3.

    Source: Goldstein & Price (1971), On descent from local minima; Dixon & Szegö (1978), function GP.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal", "badly_scaled")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        s, t = a + b, 2.0 * a - 3.0 * b
        return first(s)[0] * second(t)[0]

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        A, dA, _ = first(a + b)
        B, dB, _ = second(2.0 * a - 3.0 * b)
        return dA * B + 2.0 * A * dB, dA * B - 3.0 * A * dB

    def d2f(self, a: Any, b: Any) -> Entries:
        A, dA, ddA = first(a + b)
        B, dB, ddB = second(2.0 * a - 3.0 * b)
        ss, st, tt = ddA * B, dA * dB, A * ddB
        return {
            (0, 0): ss + 4.0 * st + 4.0 * tt,
            (0, 1): ss - st - 6.0 * tt,
            (1, 1): ss - 6.0 * st + 9.0 * tt,
        }

    def start(self) -> Array:
        return np.array([1.5, 0.5])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, -1.0),
            optimum=3.0,
            certificate="closed form: f = A(s) B(t) with A ≥ A(−1) = 1 and B ≥ B(3) = 3",
            convex=False,
            critical_points={
                "minimum": [(-0.6, -0.4), (1.2, 0.8), (1.8, 0.2)],
                "maximum": [(0.8, 0.2)],
                "saddle": [(-0.4, -0.6), (0.6, 0.4), (1.2, -0.2), (1.4, 0.6)],
            },
            note="f at the local minima is 30, 840 and 84",
        )


def first(s: Any) -> tuple[Any, Any, Any]:
    """Return A(s), A′(s) and A″(s); A′ = 12 (s + 1)(s − 1)(s − 2)."""
    u = s + 1.0
    A = 1.0 + u * u * (19.0 + s * (3.0 * s - 14.0))
    return A, 12.0 * u * (s - 1.0) * (s - 2.0), 12.0 * (3.0 * s * s - 4.0 * s - 1.0)


def second(t: Any) -> tuple[Any, Any, Any]:
    """Return B(t), B′(t) and B″(t); B′ = 12 t (t − 1)(t − 3)."""
    B = 30.0 + t * t * (18.0 + t * (3.0 * t - 16.0))
    return B, 12.0 * t * (t - 1.0) * (t - 3.0), 12.0 * (3.0 * t * t - 8.0 * t + 3.0)
