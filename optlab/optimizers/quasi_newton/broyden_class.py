"""The convex Broyden class with a dense inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge, Le

from optlab.kernels.quasi_newton import broyden_update
from optlab.optimizers._quasi_newton import DenseQuasiNewton

if TYPE_CHECKING:
    from optlab.core.problem import Array


@dataclass(frozen=True)
class BroydenClass(DenseQuasiNewton):
    """Quasi-Newton with a mean of two updates of the inverse Hessian: H = (1 − φ)H(BFGS) + φH(DFP).

    With exact steps all φ take the same ones.
    Source: Broyden (1967); Fletcher (1970); Nocedal & Wright (2006), section 6.3; Dixon (1972), on exact steps.

    Parameters
    ----------
    phi : float
        φ: 0 is BFGS, 1 is DFP.
    """

    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous", "quasi_newton")

    phi: Annotated[float, Ge(0), Le(1)] = 0.5

    def update(self, H: Array, s: Array, y: Array, rho: float) -> Array:
        """Both updates at once: they differ by rank one."""
        return broyden_update(H, s, y, rho, self.phi)
