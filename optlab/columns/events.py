"""Floating-point events along a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optlab.core.column import Column
from optlab.core.events import KINDS

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class Events(Column):
    """How many overflows, underflows, invalid operations and divisions by zero each iteration raised.

    `overflow`, `underflow`, `invalid` and `divide` count NumPy's flags between the last iterate and this one, in the
    method's arithmetic and in the problem's, one per operation. The runs table says where the first of each kind was
    raised: `first_overflow`, …, the operation as it is written, its file and line, and the iteration. The run is
    watched for it, which leaves the iterates as they are and costs time where flags are raised. Python's own floats
    tell of overflow alone, BLAS and LAPACK of nothing.
    Source: IEEE 754 (2019), section 7.
    """

    names: ClassVar[tuple[str, ...]] = ("divide", "overflow", "underflow", "invalid")
    summaries: ClassVar[tuple[str, ...]] = ("first_divide", "first_overflow", "first_underflow", "first_invalid")
    watches: ClassVar[bool] = True

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the counts, each iteration's own."""
        return {kind: np.diff(trace.scalars[f"n_{kind}"], prepend=0).astype(float) for kind in KINDS}

    def summarize(self, trace: Trace, problem: ProblemBase) -> dict[str, Any]:
        """Return where and at which iteration each kind was first raised; an empty string where it never was."""
        return {f"first_{kind}": _told(trace, kind) for kind in KINDS}


def _told(trace: Trace, kind: str) -> str:
    if kind not in trace.events:
        return ""
    raised = np.flatnonzero(trace.scalars[f"n_{kind}"])
    when = f"iteration {int(trace.scalars['k'][raised[0]])}" if raised.size else "the step that ended the run"
    return f"{trace.events[kind]} at {when}"
