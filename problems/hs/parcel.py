"""The objective that problems 36 and 37 of Hock & Schittkowski share."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from optlab.core.problem import Array
from optlab_problems.forms.componentwise import Componentwise, Entries


class Parcel(Componentwise):
    """−abc, the volume of a parcel; a subclass adds the limits of its measures.

    Source: Rosenbrock (1960), the post office problem.
    """

    abstract: ClassVar[bool] = True

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return -a * b * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        return -b * c, -a * c, -a * b

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 1): -c, (0, 2): -b, (1, 2): -a}

    def start(self) -> Array:
        return np.array([10.0, 10.0, 10.0])
