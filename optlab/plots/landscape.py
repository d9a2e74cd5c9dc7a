"""The ground under two-dimensional trajectories: window, contours, feasible set, known points."""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core.problem import Array, ProblemBase
from optlab.plots._feasible import draw_feasible
from optlab.plots.panels import swatch
from optlab.plots.series import GOOD, failed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FINE, COARSE = 280, 80
"""Points per side of the grid where values come in batches, and where f is called point by point."""
SKIP = 2
"""Shading needs fewer points than contours."""
DETOUR = 3.0
"""How far a path may widen the window, in sizes of what it must hold (starts, ends, known minimizers)."""
SHAPE = 0.8
"""Height over width of a window with equal units on both axes."""
SLIMMEST = 6.0
"""Where one side is longer than this multiple of the other, the axes have units of their own."""
VALLEY = 2e-3
"""The lowest contour encloses about this part of the window."""
SHADES = (0.7, 1.0)
"""Greys of the lowest and the highest ground."""
MINIMUM, UNKNOWN = "minimum", "end point"
FLAT = 1e-6
"""An eigenvalue of the Hessian below this part of the greatest counts as zero."""
STAR: dict[str, Any] = {
    "marker": "*",
    "markersize": 12,
    "markerfacecolor": "#F0E442",
    "markeredgecolor": "black",
    "linestyle": "none",
    "zorder": 6,
}
SADDLE: dict[str, Any] = {
    "marker": "P",
    "markersize": 12,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "linestyle": "none",
    "zorder": 3.5,
}


def known_points(problem: ProblemBase) -> tuple[list[Array], list[Array]]:
    """Return the known minimizers and the known saddles of a problem."""
    facts = problem.known
    minimizers = [] if facts.solution is None else [facts.solution]
    minimizers += [*facts.solutions, *facts.critical_points.get("minimum", ())]
    saddles = facts.critical_points.get("saddle", ())
    return [np.asarray(p, dtype=float) for p in minimizers], [np.asarray(p, dtype=float) for p in saddles]


def window_of(problem: ProblemBase, paths: list[Array], statuses: list[str], margin: float) -> Array:
    """Return [[lo1, lo2], [hi1, hi2]]: all sound paths, but not the detours that would dwarf the rest."""
    ends = [x[-1] for x, status in zip(paths, statuses, strict=True) if status in GOOD]
    must = np.array([x[0] for x in paths] + ends + known_points(problem)[0])
    lo, hi = must.min(axis=0), must.max(axis=0)
    size = float((hi - lo).max()) or max(1.0, float(np.abs(must).max()))
    visited = np.vstack([must, *(x for x, status in zip(paths, statuses, strict=True) if not failed(status))])
    lo, hi = np.maximum(visited.min(axis=0), lo - DETOUR * size), np.minimum(visited.max(axis=0), hi + DETOUR * size)
    half = np.maximum(hi - lo, size * 1e-3) / 2 * (1 + 2 * margin)
    if half.max() <= SLIMMEST * half.min() or half.min() < size * margin:
        half = np.maximum(half, [half[1] / SHAPE, half[0] * SHAPE])
    middle = (lo + hi) / 2
    return np.array([middle - half, middle + half])


def draw_landscape(axes: Axes, problem: ProblemBase, window: Array, levels: int) -> dict[str, Any]:
    """Draw contours, feasible set and known points; return their legend entries."""
    side = FINE if problem.by_hand("values") else COARSE
    x1, x2 = (np.linspace(window[0, i], window[1, i], side) for i in range(2))
    X = np.stack(np.meshgrid(x1, x2), axis=-1)
    F = heights_of(problem, X.reshape(-1, 2)).reshape(side, side)
    F = np.where(np.isfinite(F), F, np.nan)
    _draw_contours(axes, problem, window, (x1, x2, F), levels)
    extras = draw_feasible(axes, problem, (x1, x2, X))
    minimizers, saddles = known_points(problem)
    for points, look, text in ((minimizers, STAR, "known minimizer"), (saddles, SADDLE, "known saddle")):
        there = [p for p in points if np.all((p >= window[0]) & (p <= window[1]))]
        if there:
            axes.plot(*np.array(there).T, **look)
            extras[text] = swatch(**look)
    axes.set_xlim(window[0, 0], window[1, 0])
    axes.set_ylim(window[0, 1], window[1, 1])
    width, height = window[1] - window[0]
    axes.set_aspect("equal" if np.isclose(height, SHAPE * width) else "auto")
    axes.grid(visible=False)
    return extras


def heights_of(problem: ProblemBase, X: Array) -> Array:
    """Return what is minimized at every row of X, (K,); NaN where it raises, as a user's f may outside its domain."""
    with np.errstate(all="ignore"):
        try:
            return np.asarray(problem.objectives(X), dtype=float)
        except Exception:  # all at once; now point by point
            F = np.full(len(X), np.nan)
            for i, x in enumerate(X):
                with suppress(Exception):
                    F[i] = problem.objective(x)
            return F


def levels_of(F: Array, problem: ProblemBase, count: int) -> Array:
    """Return contour levels: logarithmic above the least value, symmetrically so about a saddle's value."""
    there = F[np.isfinite(F)]
    if there.size == 0 or not there.max() > there.min():
        return np.empty(0)
    critical = [p for kind in ("saddle", "degenerate") for p in problem.known.critical_points.get(kind, ())]
    optimum = problem.known.optimum
    if critical and optimum is None:
        base = float(heights_of(problem, np.array(critical[:1], dtype=float))[0])
    else:
        base = min(float(there.min()), there.min() if optimum is None else optimum)
    heights = np.abs(there - base)
    low, high = np.quantile(heights[heights > 0], VALLEY), heights.max()
    if there.min() < base:
        half = np.geomspace(max(low, high * VALLEY), high, max(2, count // 2))
        return np.concatenate([base - half[::-1], [base], base + half])
    return np.asarray(base + np.geomspace(low, high, count + 1)[:-1])


def _draw_contours(
    axes: Axes, problem: ProblemBase, window: Array, ground: tuple[Array, Array, Array], count: int
) -> None:
    x1, x2, F = ground
    levels = levels_of(F, problem, count)
    if levels.size == 0:
        return
    depth = np.interp(F, levels, np.linspace(0, 1, len(levels)))
    grey = SHADES[0] + (SHADES[1] - SHADES[0]) * np.where(np.isnan(depth), 1.0, depth)
    extent = (window[0, 0], window[1, 0], window[0, 1], window[1, 1])
    axes.imshow(
        grey[::SKIP, ::SKIP],
        cmap="gray",
        vmin=0,
        vmax=1,
        extent=extent,
        origin="lower",
        interpolation="bilinear",
        aspect="auto",
        zorder=0,
    )
    axes.contour(x1, x2, F, levels=levels, colors="#5a5a5a", linewidths=0.5, linestyles="solid", zorder=1)


def kind_of(problem: ProblemBase, x: Array) -> str:
    """Return what kind of critical point x is, by the signs of the Hessian's eigenvalues there."""
    if problem.constrained or problem.lacks("hessian"):
        return UNKNOWN
    try:
        with np.errstate(all="ignore"):
            H = np.asarray(problem.hessian(x), dtype=float)
    except Exception:  # a user's Hessian that is not defined there
        return UNKNOWN
    if not isfinite(float(H.sum())):
        return UNKNOWN
    least, *_, greatest = np.linalg.eigvalsh(H)
    zero = FLAT * max(abs(least), abs(greatest))
    if min(abs(least), abs(greatest)) <= zero:
        return "degenerate point"
    return MINIMUM if least > 0 else "maximum" if greatest < 0 else "saddle"
