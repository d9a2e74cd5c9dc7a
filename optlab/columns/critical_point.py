"""What kind of critical point a run ended at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core import kkt
from optlab.core.column import Column
from optlab.kernels.eigenvalues import EPS

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class CriticalPoint(Column):
    """`critical_point`, one word per run: minimum, maximum, saddle, inconclusive, not critical, not classified.

    Judged at the last iterate by the signs of the Hessian's eigenvalues. *Not critical*: ‖∇f‖∞ is above `rtol` times
    the problem's scale. *Inconclusive*: an eigenvalue is zero (|λ| ≤ n·eps·|λ|max), or one changes by more than
    `change` over the Newton step to the critical point nearby, as all do that vanish there: x⁴ has a positive second
    derivative wherever a run stops, and its minimum still is beyond the test. *Not classified*: there are
    constraints, n is above `dense`, or there is no finite Hessian.

    Source: Nocedal & Wright (2006), theorems 2.3 and 2.4; Goodfellow, Bengio & Courville (2016), section 4.3.1.
    """

    summaries: ClassVar[tuple[str, ...]] = ("critical_point",)

    rtol: Annotated[float, Ge(0)] = 1e-6
    """How small ‖∇f‖∞ must be, relative to that at the problem's standard start."""
    change: Annotated[float, Ge(0)] = 0.25
    """Relative change of an eigenvalue over one Newton step: ½ and more where f is of degree 3 and more."""
    dense: Annotated[int, Ge(0)] = 1000
    """Up to this n the Hessian is decomposed."""

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return nothing: the word is a value of the run."""
        return {}

    def summarize(self, trace: Trace, problem: ProblemBase) -> dict[str, Any]:
        """Return the word."""
        return {"critical_point": self._classify(trace, problem)}

    def _classify(self, trace: Trace, problem: ProblemBase) -> str:
        x = trace.points[-1]
        if problem.constrained:
            return "not classified"
        g = np.asarray(problem.gradient(x), dtype=float)
        if not np.abs(g).max() <= self.rtol * _scale(trace, problem):
            return "not critical"
        if x.size > self.dense or problem.lacks("hessian"):
            return "not classified"
        H = np.asarray(problem.hessian(x), dtype=float)
        return self._signs(problem, x, g, H) if np.isfinite(H).all() else "not classified"

    def _signs(self, problem: ProblemBase, x: Array, g: Array, H: Array) -> str:
        """Return what the eigenvalues say, if they stay what they are on the way to the critical point."""
        eigenvalues, vectors = np.linalg.eigh(H)
        size = np.abs(eigenvalues)
        if not size.min() > x.size * EPS * size.max():
            return "inconclusive"
        there = np.asarray(problem.hessian(x - vectors @ ((vectors.T @ g) / eigenvalues)), dtype=float)
        if not np.isfinite(there).all() or np.any(np.abs(np.linalg.eigvalsh(there) - eigenvalues) > self.change * size):
            return "inconclusive"
        return "minimum" if eigenvalues[0] > 0 else "maximum" if eigenvalues[-1] < 0 else "saddle"


def _scale(trace: Trace, problem: ProblemBase) -> float:
    """Return the stationarity that counts as of order one, as the driver measures it."""
    standard = kkt.scale_of(problem)
    return standard if np.isfinite(standard) and standard > 0 else float(trace.scalars["stationarity"][0])
