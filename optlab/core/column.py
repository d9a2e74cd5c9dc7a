"""The contract of a column: a diagnostic computed from a trace after the run, on the uncounted problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from optlab.core.problem import Array, ProblemBase
    from optlab.core.trace import Trace


@dataclass(frozen=True)
class Column(ABC):
    """A diagnostic; a frozen dataclass whose fields are its settings.

    `names` lists the columns of the iterations table that it fills. `compute` gets the finished trace and
    the problem itself, never an oracle: nothing it does is counted or timed.
    """

    abstract: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return one (K,) array per name, K the number of iterations; NaN where it does not exist."""


def gradients(trace: Trace, problem: ProblemBase) -> Array:
    """∇f at the kept iterates, shape (M, n), computed once per trace."""
    if "gradients" not in trace.cache:
        with np.errstate(all="ignore"):
            trace.cache["gradients"] = problem.gradients(trace.points)
    return trace.cache["gradients"]  # type: ignore[no-any-return]


def hessians(trace: Trace, problem: ProblemBase) -> Array:
    """∇²f at the kept iterates, shape (M, n, n), computed once per trace."""
    if "hessians" not in trace.cache:
        with np.errstate(all="ignore"):
            trace.cache["hessians"] = problem.hessians(trace.points)
    return trace.cache["hessians"]  # type: ignore[no-any-return]
