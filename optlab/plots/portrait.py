"""A picture of one problem: a curve for n = 1, contours for n = 2, contours of a plane through x* beyond."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core import constraints as rows
from optlab.core.facts import Facts
from optlab.core.problem import Array, ProblemBase
from optlab.core.settings import name_of
from optlab.core.status import InputError
from optlab.plots.landscape import SADDLE, STAR, draw_landscape, heights_of, known_points
from optlab.plots.panels import swatch
from optlab.plots.style import applied

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLANE = 2
FORMATS = (".svg", ".png", ".pdf")
MARGIN = 0.35
LEVELS = 24
POINTS = 2001
DENSE = 200
"""Up to this n the second direction of a plane is an eigenvector of the Hessian."""
FLAT: dict[str, Any] = {"marker": "D", "markersize": 7, "markerfacecolor": "white", "markeredgecolor": "black",
                        "linestyle": "none", "zorder": 6}  # fmt: skip
SUMMIT: dict[str, Any] = {"marker": "^", "markersize": 9, "markerfacecolor": "white", "markeredgecolor": "black",
                          "linestyle": "none", "zorder": 6}  # fmt: skip
START: dict[str, Any] = {"marker": "o", "markersize": 7, "markerfacecolor": "white", "markeredgecolor": "black",
                         "linestyle": "none", "zorder": 6}  # fmt: skip
OTHERS = {"maximum": SUMMIT, "degenerate": FLAT}
"""Critical points that a landscape does not mark by itself."""
INFEASIBLE: dict[str, Any] = {"label": "infeasible", "facecolor": "none", "edgecolor": "#8a8a8a", "hatch": "////",
                              "linewidth": 0.0, "zorder": 0.5}  # fmt: skip
LEGEND: dict[str, Any] = {"loc": "best", "fontsize": "small", "frameon": True, "framealpha": 0.85, "edgecolor": "none"}


def portrait(problem: ProblemBase) -> Figure:
    """Draw a problem and return the figure."""
    from matplotlib.figure import Figure

    with applied():
        figure = Figure(figsize=(5.6, 4.6), layout="constrained")
        axes = figure.add_subplot()
        with np.errstate(all="ignore"):
            if problem.n == 1:
                _curve(axes, problem)
            else:
                _contours(axes, problem)
        axes.set_title(name_of(problem) + (f", n = {problem.n}" if problem.n > PLANE else ""))
    return figure


def save_portrait(problem: ProblemBase, path: Path) -> Path:
    """Draw a problem to a file and return its path.

    Raises
    ------
    InputError
        For a file that is no .svg, .png or .pdf, or that cannot be written.
    """
    checked_path(path)
    figure = portrait(problem)
    try:
        with applied():
            figure.savefig(path)
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise InputError(msg) from error
    return path


def checked_path(path: Path) -> Path:
    """Return a path whose ending names a picture, or raise an InputError."""
    if path.suffix.lower() not in FORMATS:
        msg = f"{path}: a picture is a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file"
        raise InputError(msg)
    return path


def _curve(axes: Axes, problem: ProblemBase) -> None:
    points = [*known_points(problem)[0], *known_points(problem)[1], np.asarray(problem.start(), dtype=float)]
    points += [x for kind in OTHERS for x in _critical(problem, kind)]
    ends = np.array([p[0] for p in points])
    size = float(np.ptp(ends)) or max(1.0, float(np.abs(ends).max()))
    x = np.linspace(ends.min() - size, ends.max() + size, POINTS)
    if problem.bounds is not None:
        x = np.linspace(max(x[0], problem.bounds[0][0]), min(x[-1], problem.bounds[1][0]), POINTS)
    axes.plot(x, heights_of(problem, x[:, None]), color="black", marker="none")
    outside = np.array([rows.constraints(problem, point).g.max(initial=-1.0) for point in x[:, None]]) > 0
    if outside.any():
        axes.fill_between(x, 0.0, 1.0, where=outside, transform=axes.get_xaxis_transform(), **INFEASIBLE)
    _mark(axes, problem, lambda p: (p[0], problem.value(p)))
    axes.set_xlabel("x")
    axes.set_ylabel("f(x)")


def _contours(axes: Axes, problem: ProblemBase) -> None:
    plane = problem if problem.n == PLANE else Plane(problem)
    others = [(f"known {kind}" if kind == "maximum" else f"{kind} point", points, look)
              for kind, look in OTHERS.items() if (points := _critical(plane, kind))]  # fmt: skip
    places = [*known_points(plane)[0], *known_points(plane)[1], np.asarray(plane.start(), dtype=float)]
    places += [x for _, points, _ in others for x in points]
    lo, hi = np.min(places, axis=0), np.max(places, axis=0)
    size = float((hi - lo).max()) or max(1.0, float(np.abs(lo).max()))
    half = np.maximum(hi - lo, 0.6 * size) / 2 + MARGIN * size
    middle = (lo + hi) / 2
    extras = draw_landscape(axes, plane, np.array([middle - half, middle + half]), LEVELS)
    for label, points, look in others:
        axes.plot(*np.array(points).T, **look)
        extras[label] = swatch(**look)
    axes.plot(*plane.start(), **START)
    axes.set_xlabel("x₁" if plane is problem else "toward the standard start, in parts of its distance")
    axes.set_ylabel("x₂" if plane is problem else "across, in the same unit")
    handles = {**extras, "standard start": swatch(**START)}
    axes.legend(list(handles.values()), list(handles), **LEGEND)


def _mark(axes: Axes, problem: ProblemBase, where: Callable[[Array], tuple[float, float]]) -> None:
    for label, points, look in (
        ("known minimizer", known_points(problem)[0], STAR),
        ("known saddle", known_points(problem)[1], SADDLE),
        ("known maximum", _critical(problem, "maximum"), SUMMIT),
        ("degenerate point", _critical(problem, "degenerate"), FLAT),
        ("standard start", [np.asarray(problem.start(), dtype=float)], START),
    ):
        if points:
            axes.plot(*np.array([where(p) for p in points]).T, label=label, **look)
    axes.legend(**LEGEND)


def _critical(problem: ProblemBase, kind: str) -> list[Array]:
    return [np.asarray(x, dtype=float) for x in problem.known.critical_points.get(kind, ())]


class Plane(ProblemBase):
    """The plane through x* and the standard start, and across in the direction of most curvature, as a problem.

    Its origin is x*, or the start where x* is not known; (1, 0) is the start.
    """

    def __init__(self, problem: ProblemBase) -> None:
        self.problem = problem
        begin = np.asarray(problem.start(), dtype=float)
        known = problem.known.solution
        self.origin = begin if known is None else np.asarray(known, dtype=float)
        along = begin - self.origin
        if not along.any():
            along = np.random.default_rng(0).standard_normal(begin.size)
        length = float(np.linalg.norm(along))
        self.axes = np.array([along, length * self._across(along / length)])

    def _across(self, u: Array) -> Array:
        """A unit vector orthogonal to u: an eigenvector of the largest eigenvalue possible, or a random one."""
        candidates = np.random.default_rng(1).standard_normal((1, u.size))
        if u.size <= DENSE and not self.problem.lacks("hessian"):
            H = self.problem.hessian(self.origin)
            if np.isfinite(H).all():
                candidates = np.vstack([np.linalg.eigh(H)[1].T[::-1], candidates])
        for v in candidates:
            across = v - (v @ u) * u
            if np.linalg.norm(across) > 0.5 * np.linalg.norm(v):
                break
        return np.asarray(across / np.linalg.norm(across))

    def __repr__(self) -> str:
        return f"plane of {self.problem!r}"

    def value(self, x: Array) -> float:
        return self.problem.value(self.origin + x @ self.axes)

    def values(self, X: Array) -> Array:
        return self.problem.objectives(self.origin + X @ self.axes)

    @property
    def inequality(self) -> Callable[[Array], Array] | None:  # type: ignore[override]
        """All inequalities of the problem, where there are any; bounds and sets among them."""
        if not {"set", "bounds", "inequality"} & set(self.problem.constrained):
            return None
        there = rows.constraints(self.problem, self.origin)
        return (lambda x: rows.constraints(self.problem, self.origin + x @ self.axes).g) if there.g.size else None

    def by_hand(self, name: str) -> bool:
        """Whether a fine grid is affordable: where values come in batches."""
        return name == "values" and self.problem.by_hand("values")

    def start(self) -> Array:
        return np.array([1.0, 0.0])

    def facts(self) -> Facts:
        there = self.problem.known.solution is not None
        return Facts(solution=(0.0, 0.0) if there else None, optimum=self.problem.known.optimum if there else None)
