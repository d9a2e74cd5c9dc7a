"""Problem 19 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.least_squares import LeastSquares

Y = np.array([1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608,
              0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661,
              0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428,
              0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559,
              0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054])  # fmt: skip
T = np.arange(65.0) / 10.0
HEIGHTS, WIDTHS, CENTERS = np.arange(1, 4), np.arange(5, 8), np.arange(8, 11)
"""Where a peak's three variables are in x."""
OTHERS = (
    (2.829750943292643, -1.472426260970081, 0.5966552565768313, 0.48186946653809715, 0.5640715813707774,
     0.3628144631561814, 5.074397124503093, 2.37802747023563, -0.15779974678728534, 5.633702624448679,
     4.603394834904877),
    (1.2979893215019158, 0.3362847562594178, 0.6573221493533133, -0.48551590927150695, 0.6816112524002557,
     1.7442930181090734, 0.24174745501560777, 10.215038683538678, 2.237810612267063, 5.38053506571559,
     6.3220370731200575),
)  # fmt: skip
"""Two of many local minima, f = 0.0876 and 0.1241."""


@dataclass(frozen=True)
class Osborne2(LeastSquares):
    """An exponential and three Gaussian peaks fitted to 65 observations.

    The model is x₁ exp(−t x₅) + Σₖ x₁₊ₖ exp(−x₅₊ₖ(t − x₈₊ₖ)²) over k = 1, 2, 3. The peaks may be exchanged, hence six
    global solutions.

    Source: Moré, Garbow & Hillstrom (1981), problem 19; Osborne (1972).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal", "sum_of_exponentials")
    dimension = 11

    def residuals(self, x: Any) -> Any:
        bells = np.exp(-x[WIDTHS] * (T[:, None] - x[CENTERS]) ** 2)
        return Y - x[0] * np.exp(-T * x[4]) - bells @ x[HEIGHTS]

    def jacobian(self, x: Array) -> Array:
        A, B, d = x[HEIGHTS], x[WIDTHS], T[:, None] - x[CENTERS]
        bells, decay = np.exp(-B * d**2), np.exp(-T * x[4])
        slope = A * d * bells
        return np.column_stack([-decay, -bells, x[0] * T * decay, slope * d, -2.0 * B * slope])

    def curvature(self, x: Array, w: Array) -> Array:
        A, B, d = x[HEIGHTS], x[WIDTHS], T[:, None] - x[CENTERS]
        bells, decay = w[:, None] * np.exp(-B * d**2), w * T * np.exp(-T * x[4])
        H = np.zeros((11, 11))
        H[0, 4] = H[4, 0] = np.sum(decay)
        H[4, 4] = -x[0] * (decay @ T)
        H[HEIGHTS, WIDTHS] = H[WIDTHS, HEIGHTS] = np.sum(bells * d**2, axis=0)
        H[HEIGHTS, CENTERS] = H[CENTERS, HEIGHTS] = -2.0 * B * np.sum(bells * d, axis=0)
        H[WIDTHS, WIDTHS] = -A * np.sum(bells * d**4, axis=0)
        H[WIDTHS, CENTERS] = H[CENTERS, WIDTHS] = 2.0 * A * np.sum(bells * d * (B * d**2 - 1.0), axis=0)
        H[CENTERS, CENTERS] = 2.0 * A * B * np.sum(bells * (1.0 - 2.0 * B * d**2), axis=0)
        return H

    def start(self) -> Array:
        return np.array([1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5])

    def facts(self) -> Facts:
        decay = (1.3099771546273005, 0.7541832263280113)
        peaks = (
            (0.4315537946029889, 0.9042885798596336, 2.3986848661317546),
            (0.633661698960724, 1.3658118352370285, 4.568874597667672),
            (0.5994305347859163, 4.8236988172271555, 5.6753414705806415),
        )
        first, *others = (together(decay, order) for order in permutations(peaks))
        return Facts(
            solution=first,
            solutions=others,
            optimum=0.040137736293547735,
            certificate="best known: published, and the best of many starts",
            convex=False,
            critical_points={"minimum": OTHERS},
            note="there are many local minima; the two listed are found often",
        )


def together(decay: tuple[float, float], peaks: tuple[tuple[float, float, float], ...]) -> tuple[float, ...]:
    """Return x from the exponential's height and rate and the height, width and center of each peak."""
    heights, widths, centers = zip(*peaks, strict=True)
    return (decay[0], *heights, decay[1], *widths, *centers)
