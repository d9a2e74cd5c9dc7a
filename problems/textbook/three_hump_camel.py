"""Three minima, two of them local."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class ThreeHumpCamel(Componentwise):
    """2a² − 1.05a⁴ + a⁶/6 + ab + b²: a global minimum between two local ones.

    It teaches that the basin of the best minimum need not be where one starts: from (2, −1) descent ends at 0.2986.

    Source: Jamil & Yang (2013), A literature survey of benchmark functions, function 29.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        p = a * a
        return (2.0 - 1.05 * p + p * p / 6.0) * p + a * b + b * b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        p = a * a
        return (4.0 - 4.2 * p + p * p) * a + b, a + 2.0 * b

    def d2f(self, a: Any, b: Any) -> Entries:
        p = a * a
        return {(0, 0): 4.0 - 12.6 * p + 5.0 * p * p, (0, 1): 1.0, (1, 1): 2.0}

    def start(self) -> Array:
        return np.array([2.0, -1.0])

    def facts(self) -> Facts:
        far, near = (1.7475523458302888, -0.8737761729151444), (1.07054229182366, -0.53527114591183)
        return Facts(
            solution=(0.0, 0.0),
            optimum=0.0,
            certificate="the least of all 5 critical points of a polynomial that grows in every direction",
            convex=False,
            critical_points={
                "minimum": [far, (-far[0], -far[1])],
                "saddle": [near, (-near[0], -near[1])],
            },
            note="the other critical points have a² = 2.1 ± √0.91 and b = −a/2",
        )
