"""Constraints in the plane: what is infeasible, the equalities, and the boundaries that hold runs back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core import constraints
from optlab.core.problem import Array, ProblemBase
from optlab.plots.panels import swatch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOUCHES = 1e-6
"""An inequality or a bound is active at a point where it is within this of 0, relative to the size of x or 1."""
SIDE = 81
"""Points per side of the grid for one inequality."""
EQUAL: dict[str, Any] = {"color": "black", "linewidth": 1.8, "linestyle": (0, (6, 1.5, 1, 1.5))}
"""Dashes and dots: the boundaries of inequalities are solid."""
ACTIVE: dict[str, Any] = {"color": "#7B3294", "linewidth": 2.4, "alpha": 0.8}
ACTIVE_WORDS = "active constraint"


def excess(problem: ProblemBase, X: Array) -> Array | None:
    """How far each point of X, shape (…, 2), is from meeting the inequalities and sets: ≤ 0 where feasible."""
    flat = X.reshape(-1, 2)
    parts: list[Array] = []
    sides = [problem.bounds] if problem.bounds is not None else []
    if problem.feasible is not None:
        if hasattr(problem.feasible, "lo") and hasattr(problem.feasible, "hi"):
            sides.append((problem.feasible.lo, problem.feasible.hi))
        elif problem.feasible.inequality(flat[0]).size:
            parts.append(np.array([problem.feasible.inequality(x).max() for x in flat]))
        else:
            parts.append(np.array([-1.0 if problem.feasible.contains(x) else 1.0 for x in flat]))
    for lo, hi in sides:
        parts.append(np.maximum(np.asarray(lo) - flat, flat - np.asarray(hi)).max(axis=1))
    if problem.linear_inequality is not None:
        A, b = problem.linear_inequality
        parts.append((flat @ A.T - b).max(axis=1))
    if problem.inequality is not None:
        parts.append(np.array([np.max(problem.inequality(x)) for x in flat]))
    return np.max(parts, axis=0).reshape(X.shape[:-1]) if parts else None


def draw_feasible(axes: Axes, problem: ProblemBase, ground: tuple[Array, Array, Array]) -> dict[str, Any]:
    """Hatch what is infeasible, draw the equalities, and return the legend entries."""
    x1, x2, X = ground
    extras: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        outside = excess(problem, X)
    if outside is not None and (outside > 0).any():
        from matplotlib.patches import Patch

        hatch = {"facecolor": "none", "edgecolor": "#8a8a8a", "hatch": "//////", "linewidth": 0.6}
        filled = axes.contourf(x1, x2, outside, levels=[0.0, np.inf], colors="none", hatches=["////"], zorder=1.5)
        filled.set_edgecolor("#8a8a8a")
        filled.set_linewidth(0)
        if (outside < 0).any():
            axes.contour(x1, x2, outside, levels=[0.0], colors="black", linewidths=1.2, zorder=2)
        extras["infeasible"] = Patch(**hatch)  # type: ignore[arg-type]
    gaps = _equalities(problem, X.reshape(-1, 2))
    for gap in gaps:
        axes.contour(x1, x2, gap.reshape(X.shape[:-1]), levels=[0.0], zorder=2, colors=EQUAL["color"],
                     linewidths=EQUAL["linewidth"], linestyles=[EQUAL["linestyle"]])  # fmt: skip
        extras["equality constraint"] = swatch(**EQUAL)
    return extras


def _equalities(problem: ProblemBase, flat: Array) -> list[Array]:
    """Return h of every point, an array per equality constraint."""
    gaps: list[Array] = []
    if problem.linear_equality is not None:
        A, b = problem.linear_equality
        gaps += list((flat @ A.T - b).T)
    if problem.equality is not None:
        gaps += list(np.array([np.atleast_1d(problem.equality(x)) for x in flat], dtype=float).T)
    return gaps


def draw_active(axes: Axes, problem: ProblemBase, window: Array, ends: list[Array]) -> dict[str, Any]:
    """Draw the boundary of every inequality and bound that is active at one of the ends; return the legend entry.

    `window` is [[lo1, lo2], [hi1, hi2]].
    """
    if not problem.constraint_forms:
        return {}
    found = False
    with np.errstate(all="ignore"):
        rows = {int(i) for x in ends for i in np.flatnonzero(touching(constraints.inequality(problem, x), x))}
        if rows:
            x1, x2 = (np.linspace(window[0, i], window[1, i], SIDE) for i in range(2))
            grid = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
            values = np.array([constraints.inequality(problem, x) for x in grid])
            for i in sorted(rows):
                axes.contour(x1, x2, values[:, i].reshape(SIDE, SIDE), levels=[0.0], zorder=2.5,
                             colors=ACTIVE["color"], linewidths=ACTIVE["linewidth"], alpha=ACTIVE["alpha"])  # fmt: skip
                found = True
    for side in problem.all_bounds or ():
        for i, line in ((0, axes.axvline), (1, axes.axhline)):
            if any(touching(x[i] - side[i], x) for x in ends):
                line(side[i], zorder=2.5, **ACTIVE)
                found = True
    return {ACTIVE_WORDS: swatch(**ACTIVE)} if found else {}


def touching(gap: Any, x: Array) -> Any:
    """Whether gaps count as 0 at x."""
    return np.abs(gap) <= TOUCHES * max(1.0, float(np.abs(x).max()))
