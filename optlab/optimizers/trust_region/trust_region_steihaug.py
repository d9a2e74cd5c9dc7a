"""Trust region by truncated conjugate gradients."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Lt

from optlab.core.trust_region import TrustRegionOptimizer, TrustRegionState
from optlab.kernels.euclidean import norm
from optlab.kernels.truncated_cg import Path, forcing, truncated_cg
from optlab.kernels.trust_region import Step, natural_length

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle


@dataclass(frozen=True)
class TrustRegionSteihaug(TrustRegionOptimizer):
    """Minimize the model by conjugate gradients, from products Hv alone, up to the boundary of the trust region.

    Negative curvature, or an iterate outside, ends the process on the boundary; otherwise it goes on until the
    residual is small enough for superlinear convergence. The iterates' lengths increase, so that after a rejected
    step the shorter radius cuts the path that is kept, without a new product. The first radius is the length of the
    step without one.
    Source: Steihaug (1983); Toint (1981); Nocedal & Wright (2006), algorithms 4.1 and 7.2.

    Parameters
    ----------
    loosest : float
        The residual to reach is ‖g‖ min(loosest, √(‖g‖/‖g₀‖)).
    products : int
        At most this many products per step, and 2n.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    properties: ClassVar[tuple[str, ...]] = ("trust_region", "rotation", "monotone", "f_homogeneous", "x_homogeneous")

    loosest: Annotated[float, Gt(0), Lt(1)] = 0.5
    products: Annotated[int, Ge(1)] = 500

    def model(self, oracle: Oracle, state: TrustRegionState) -> Path:
        """Return the path of conjugate gradients within the present radius, unlimited where there is none yet."""
        return self._path(oracle, state, state.radius if state.radius > 0 else inf)

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the point where the path leaves ‖p‖ ≤ Δ, or its end."""
        step: Step | None = model.within(radius)
        return self._path(oracle, state, radius).end if step is None else step

    def first_radius(self, state: TrustRegionState, model: Path) -> float:
        """Return the length of the step that no radius limits, or of Cauchy's where that ends at 0."""
        size = norm(model.end.p)
        if 0 < size < inf:
            return size
        return natural_length(state.g, model.legs[0].curvature if model.legs else 0.0)

    def _path(self, oracle: Oracle, state: TrustRegionState, radius: float) -> Path:
        steep = norm(state.g)
        tolerance = steep * forcing(steep, state.steepness, self.loosest)
        most = min(self.products, 2 * state.x.size)
        return truncated_cg(lambda v: oracle.hvp(state.x, v), state.g, tolerance, most, radius)
