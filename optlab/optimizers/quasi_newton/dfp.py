"""DFP with a dense inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.kernels.quasi_newton import dfp_update
from optlab.linesearch.base import LineSearch
from optlab.linesearch.strong_wolfe import StrongWolfe
from optlab.optimizers._quasi_newton import DenseQuasiNewton


@dataclass(frozen=True)
class DFP(DenseQuasiNewton):
    """Quasi-Newton with Davidon, Fletcher and Powell's update, the first there was.

    With exact steps it takes those of BFGS. With loose ones it recovers so slowly from too great an estimate of the
    curvature (N&W, section 6.1) that it needs a search of its own, c₂ = 0.1. `BFGS` describes the other settings.
    Source: Davidon (1959); Fletcher & Powell (1963); Nocedal & Wright (2006), equation 6.15.
    """

    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous", "quasi_newton")

    search: LineSearch = StrongWolfe(c2=0.1)  # noqa: RUF009  frozen

    update = staticmethod(dfp_update)
