"""Problem 8 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

Y = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39])
U = np.arange(1.0, 16.0)
V = 16.0 - U
W = np.minimum(U, V)


@dataclass(frozen=True)
class Bard(LeastSquares):
    """Σ (yᵢ − a − uᵢ/(vᵢb + wᵢc))²: a rational model of fifteen observations.

    The model has poles where a denominator vanishes, with local minima between them. Far out it goes flat: as
    b, c → −∞ only a is left, and f tends to 17.42869, another place where methods stop; as b → −∞ with b + c → 3.62965,
    f falls towards 0.1147985.

    Source: Moré, Garbow & Hillstrom (1981), problem 8; Bard (1970).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal")
    dimension = 3

    def residuals(self, x: Any) -> Any:
        a, b, c = x
        return Y - a - U / (V * b + W * c)

    def jacobian(self, x: Array) -> Array:
        _, b, c = x
        slope = U / (V * b + W * c) ** 2
        return np.column_stack([np.full_like(U, -1.0), V * slope, W * slope])

    def curvature(self, x: Array, w: Array) -> Array:
        _, b, c = x
        bend = -2.0 * w * U / (V * b + W * c) ** 3
        return np.asarray(symmetric({(1, 1): bend @ V**2, (1, 2): bend @ (V * W), (2, 2): bend @ W**2}, 3))

    def start(self) -> Array:
        return np.ones(3)

    def facts(self) -> Facts:
        return Facts(
            solution=(0.08241055974978893, 1.1330360920297216, 2.343695178642537),
            optimum=0.008214877306578975,
            certificate="best known: published, and the best of many starts",
            convex=False,
            critical_points={
                "minimum": [
                    (0.22363974464079767, -8.76150550897236, 12.583951266949176),
                    (0.05216520704856963, -0.3865185116632731, 3.97457131788705),
                    (0.2342158971204108, -4.449670187518073, 8.450839527066897),
                    (0.12740585374135396, -0.8535447172979249, 4.704844580210898),
                    (0.2231059923931645, -2.6211121451205166, 6.710620863999824),
                    (0.18803849882653098, -1.5530063869059407, 5.595103809564217),
                ],
            },
        )
