"""What is known about a problem, and never shown to an optimizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Facts:
    """What is known about a problem; never shown to an optimizer.

    Attributes
    ----------
    solution : (n,) array-like, optional
        A global minimizer x*.
    optimum : float, optional
        The least value f*, that of the composite term included; the infimum where it is not attained.
    solutions : sequence of (n,) array-like
        Further global minimizers, where there are several.
    critical_points : mapping from a class ("minimum", "maximum", "saddle", "degenerate") to points
        Other critical points, where they are known; with constraints, KKT points, classed by the Hessian of the
        Lagrangian on the tangent space of the active constraints.
    certificate : str
        How it is known that f* is the least value: "a sum of squares that is zero", "convex, KKT at x*", or that
        it is the best value known.
    attained : bool
        Whether f* is the value at a point; otherwise it is an infimum at infinity.
    qualified : bool
        Whether the KKT conditions hold at x*; False where no constraint qualification does.
    infeasible : bool
        Whether no point meets the constraints.
    convex : bool, optional
        Whether f is convex on its feasible set.
    curvature : (mu, L), optional
        Least and greatest eigenvalue of the Hessian, where they are the same everywhere.
    multipliers : (lam, nu), optional
        Multipliers at the solution, in the order of `optlab.core.kkt.constraints`.
    scale : float, optional
        The stationarity that counts as "of order one", where the standard start's is not apt.
    note : str
        A trap or a remark worth knowing.
    """

    solution: Any = None
    optimum: float | None = None
    solutions: Sequence[Any] = ()
    critical_points: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    certificate: str = ""
    attained: bool = True
    qualified: bool = True
    infeasible: bool = False
    convex: bool | None = None
    curvature: tuple[float, float] | None = None
    multipliers: tuple[Any, Any] | None = None
    scale: float | None = None
    note: str = ""
