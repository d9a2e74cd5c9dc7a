"""Problem 15 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

Y = np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])
U = np.array([4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])


@dataclass(frozen=True)
class KowalikOsborne(LeastSquares):
    """Σ (yᵢ − a(u² + ub)/(u² + uc + d))² over eleven u: the rate of an enzyme's reaction.

    The model has poles where a denominator vanishes, and local minima among them. As a → ∞ with b → −14.0759,
    c → −45.257a and d → −28.231a, f falls towards 0.001027343.

    Source: Moré, Garbow & Hillstrom (1981), problem 15; Kowalik & Osborne (1968).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal", "ill_conditioned")
    dimension = 4

    def residuals(self, x: Any) -> Any:
        a, b, c, d = x
        return Y - a * U * (U + b) / (U * (U + c) + d)

    def jacobian(self, x: Array) -> Array:
        a, b, c, d = x
        D = U * (U + c) + d
        top, ratio = U * (U + b) / D, U / D
        return np.column_stack([-top, -a * ratio, a * top * ratio, a * top / D])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b, c, d = x
        D = U * (U + c) + d
        top, ratio = w * U * (U + b) / D, U / D
        return np.asarray(
            symmetric(
                {
                    (0, 1): -(w @ ratio),
                    (0, 2): top @ ratio,
                    (0, 3): np.sum(top / D),
                    (1, 2): a * (w @ ratio**2),
                    (1, 3): a * (w @ (ratio / D)),
                    (2, 2): -2.0 * a * (top @ ratio**2),
                    (2, 3): -2.0 * a * (top @ (ratio / D)),
                    (3, 3): -2.0 * a * np.sum(top / D**2),
                },
                4,
            )
        )

    def start(self) -> Array:
        return np.array([0.25, 0.39, 0.415, 0.39])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.19280693457903786, 0.19128232873436696, 0.12305650692632066, 0.13606233068379484),
            optimum=0.00030750560384923745,
            certificate="best known: published, and the best of many starts",
            convex=False,
            critical_points={
                "minimum": [
                    (0.2253564377988867, -0.41475380600553824, -0.02445269621513163, -0.17796965980126556),
                    (0.2339237308689686, -1.292283387337197, -0.8358331955370851, -0.5506774225155381),
                    (0.22993603600755372, -0.1889842049387054, 0.19801019857670765, -0.07552664151918063),
                    (0.23050860201742948, -0.13224733291263957, 0.2585042107800213, -0.05272769501275108),
                    (0.23075129421261664, -0.10147751055315163, 0.29028517262668346, -0.040032405815411516),
                ],
                "saddle": [(0.23237819902938214, -0.8460239088299751, -0.4388886906118999, -0.34444612873920094)],
            },
            note="of the local minima only those below 0.00164 are listed",
        )
