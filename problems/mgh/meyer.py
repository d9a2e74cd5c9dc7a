"""Problem 10 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

Y = np.array([34780.0, 28610.0, 23650.0, 19630.0, 16370.0, 13720.0, 11540.0, 9744.0,
              8261.0, 7030.0, 6005.0, 5147.0, 4427.0, 3820.0, 3307.0, 2872.0])  # fmt: skip
"""Resistances of a thermistor …"""
T = np.arange(50.0, 130.0, 5.0)
"""… at these temperatures."""


@dataclass(frozen=True)
class Meyer(LeastSquares):
    """Σ (a exp(b/(tᵢ + c)) − yᵢ)²: the resistance of a thermistor; κ(H) = 10¹⁶ at the solution.

    It teaches to compare f rather than ∇f: at the solution the last digit of x alone moves a gradient entry by 0.01.

    Source: Moré, Garbow & Hillstrom (1981), problem 10; Meyer (1970).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "badly_scaled", "ill_conditioned")
    dimension = 3

    def residuals(self, x: Any) -> Any:
        a, b, c = x
        return a * np.exp(b / (T + c)) - Y

    def jacobian(self, x: Array) -> Array:
        a, b, c = x
        s = 1.0 / (T + c)
        e = np.exp(b * s)
        return np.column_stack([e, a * s * e, -a * b * s**2 * e])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b, c = x
        s = 1.0 / (T + c)
        e = w * np.exp(b * s)
        return np.asarray(
            symmetric(
                {
                    (0, 1): e @ s,
                    (0, 2): -b * (e @ s**2),
                    (1, 1): a * (e @ s**2),
                    (1, 2): -a * (e @ (s**2 * (1.0 + b * s))),
                    (2, 2): a * b * (e @ (s**3 * (2.0 + b * s))),
                },
                3,
            )
        )

    def start(self) -> Array:
        return np.array([0.02, 4000.0, 250.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.005609636471028053, 6181.346346286372, 345.2236346241365),
            optimum=87.94585517085112,
            certificate="best known: published, and the best of many starts",
            convex=False,
            note="the floor of the valley is so flat, beside the slope at the start, that ‖∇f‖ within 1e-8 of it "
            "leaves f − f* up to 7e-5 of f₀ − f*",
        )
