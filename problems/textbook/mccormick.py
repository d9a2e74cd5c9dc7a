"""A sine wave on a tilted trough, within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class McCormick(Componentwise):
    """sin(a + b) + (a − b)² − 1.5a + 2.5b + 1 on [−1.5, 4] × [−3, 4].

    It teaches what bounds are for: with s = a + b and d = a − b, f = sin s + s/2 + (d − 1)², which falls without end as
    s → −∞. Within the box there are two minima and a saddle between them, and no KKT point on an edge.

    Source: McCormick (1976), Computability of global solutions to factorable nonconvex programs, part I;
    Jamil & Yang (2013), function 72, where the box ends at b = 3.
    """

    name = "mccormick"
    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    dimension = 2
    constraints = ("bounds",)

    bounds = ((-1.5, -3.0), (4.0, 4.0))

    def f(self, a: Any, b: Any) -> Any:
        d = a - b
        return np.sin(a + b) + d * d - 1.5 * a + 2.5 * b + 1.0

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        c, d = np.cos(a + b), 2.0 * (a - b)
        return c + d - 1.5, c - d + 2.5

    def d2f(self, a: Any, b: Any) -> Entries:
        s = np.sin(a + b)
        return {(0, 0): 2.0 - s, (0, 1): -2.0 - s, (1, 1): 2.0 - s}

    def start(self) -> Array:
        return np.array([3.0, 3.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(-0.5471975511965977, -1.5471975511965979),
            optimum=-1.9132229549810364,
            certificate="closed form: with s = a + b and d = a − b, f = sin s + s/2 + (d − 1)², and s ≥ −4.5",
            convex=False,
            critical_points={
                "minimum": [(2.5943951023931957, 1.5943951023931955)],
                "saddle": [(1.5471975511965979, 0.5471975511965977)],
            },
            note="x* = (½ − π/3, −½ − π/3), f* = −√3/2 − π/3; without the bounds f is unbounded below",
        )
