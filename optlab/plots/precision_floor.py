"""The floor of a precision: where rounding stops progress, beside what theory says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from optlab.core.plot import Plot, PlotData
from optlab.kernels.rounding_floor import fixed_step, fixed_step_floor
from optlab.plots import style
from optlab.plots.panels import heading, legend, panels, scale_of, set_scale, spread_marks, swatch, tidy_ticks
from optlab.plots.series import column, line_names, panel_names, settled, thinned

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optlab.core.problem import Array, ProblemBase

Y_LABELS = {"distance": "‖x − x*‖", "suboptimality": "f − f*"}
COLUMNS = ["panel", "precision", "run", "x", "y", "floor"]
LAST = 20
"""What a run ends with is the greatest error of its last so many kept iterates: it may end in a cycle."""
ROOM = 10.0
"""What is zero, or below the least floor by more than this factor, is drawn there."""
FINE = 200
"""Points of a curve of theory."""
DASHED: dict[str, Any] = {"linestyle": (0, (5, 2)), "linewidth": 1.1, "marker": "none", "zorder": 2}
SAME = 1e-6


@dataclass(frozen=True)
class PrecisionFloor(Plot):
    """The error of a method in several precisions, a panel per problem and method, with the floor of theory dashed.

    Known is the floor of gradient descent with a fixed step α on a quadratic: along an eigenvector with eigenvalue λ
    rounding undoes what is left of the error once it is ulp(x*)/(2 min(αλ, 2 − αλ)). Runs without a known minimizer are
    left out; those of other methods have no dashed line.

    Attributes
    ----------
    against : str
        "iterations", or "eigenvalues": then each point is what is left of the error along one eigenvector.
    y : str
        Against iterations, the distance to the minimizer, or f − f*, both in double precision.
    """

    against: Literal["iterations", "eigenvalues"] = "iterations"
    y: Literal["distance", "suboptimality"] = "distance"

    @property
    def caption(self) -> str:  # type: ignore[override]
        """How to read it."""
        if self.against == "eigenvalues":
            return (
                "What rounding leaves of the error along every eigenvector, a point each, and the bound "
                "ulp(x*)/(2 min(αλ, 2 − αλ)) of theory, dashed: it is highest where αλ is near 0 or near 2, and a "
                "method cannot be expected to come far below it. Errors of exactly zero lie on the lower edge."
            )
        return (
            f"{Y_LABELS[self.y]} in each precision: where a line goes level, rounding undoes what a step gains. "
            "Dashed is the floor of theory for gradient descent with a fixed step, in proportion to the spacing of "
            "numbers at x*; no waiting leads below it."
        )

    def table(self, data: PlotData) -> pd.DataFrame:
        """Return the points drawn: panel, precision, run, x, y, and the floor there, NaN where it is not known."""
        import pandas as pd

        parts = [pd.DataFrame(part) for part in self._parts(data)]
        return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)

    def _parts(self, data: PlotData) -> Iterator[dict[str, Any]]:
        runs = data.runs.assign(panel=panel_names(data.runs))
        runs = runs.assign(line=line_names(runs, ignore=("precision",)))
        several = runs.groupby("panel")["line"].nunique()
        for run, rows in settled(runs, data.iterations):
            problem = data.problem(run["run"])
            solution = problem.known.solution
            k, X = data.trajectory(run["run"])
            if solution is None or not len(X):
                continue
            center, precision = np.asarray(solution, dtype=float), str(run.get("precision", "float64"))
            panel = f"{run['panel']}: {run['line']}" if several[run["panel"]] > 1 else run["panel"]
            common = {"panel": panel, "precision": precision, "run": run["run"]}
            known = _spectrum(problem, center, fixed_step(column(rows, "step_size")), precision)
            if self.against == "eigenvalues":
                if known is not None:
                    values, Q, bound = known
                    left = np.abs((X[-LAST:] - center) @ Q).max(axis=0)
                    yield common | {"x": values, "y": left, "floor": bound}
                continue
            y = np.linalg.norm(X - center, axis=1)
            if self.y == "suboptimality":
                y = problem.exact.objectives(X) - float(problem.known.optimum or 0.0)
            keep = thinned(y)
            yield common | {"x": k[keep], "y": y[keep], "floor": self._floor(known)}

    def _floor(self, known: tuple[Array, Array, Array] | None) -> float:
        if known is None:
            return float("nan")
        values, _, bound = known
        return float(np.linalg.norm(bound) if self.y == "distance" else 0.5 * values @ (bound * bound))

    def draw(self, data: PlotData) -> Figure | None:
        """Draw the table; None where no run has a known minimizer."""
        table = self.table(data)
        if table.empty:
            return None
        with style.applied():
            names = list(dict.fromkeys(table["panel"]))
            looks = style.looks_of(sorted(set(table["precision"])))
            figure, axes_there = panels(len(names))
            for axes, name in zip(axes_there, names, strict=True):
                (self._spectra if self.against == "eigenvalues" else self._paths)(
                    axes, table[table["panel"] == name], looks
                )
                heading(axes, name)
            more = {"linestyle": "none"} if self.against == "eigenvalues" else {}
            entries = [(swatch(**look | more), precision) for precision, look in looks.items()]
            if table["floor"].notna().any():
                entries.append((swatch(color=style.MUTED, **DASHED), "floor of theory"))
            legend(figure, entries)
            return figure

    def _paths(self, axes: Axes, table: pd.DataFrame, looks: style.Looks) -> None:
        lowest = _lower_edge(table)
        x = np.asarray(table["x"], dtype=float)
        scale = set_scale(axes, "x", x, scale_of(x))
        for i, (_, rows) in enumerate(table.groupby("run", sort=False)):
            look = looks[rows["precision"].iloc[0]]
            rx, ry = np.asarray(rows["x"], dtype=float), np.asarray(rows["y"], dtype=float)
            axes.plot(rx, np.maximum(ry, lowest), **look, markevery=spread_marks(rx, i, scale != "linear"), zorder=3)
            floor = float(rows["floor"].iloc[0])
            if np.isfinite(floor):
                axes.axhline(floor, color=look["color"], **DASHED)
        axes.set_yscale("log")
        axes.set_xlabel("iteration")
        axes.set_ylabel(Y_LABELS[self.y])
        tidy_ticks(axes)

    def _spectra(self, axes: Axes, table: pd.DataFrame, looks: style.Looks) -> None:
        lowest = _lower_edge(table)
        for _, rows in table.groupby("run", sort=False):
            look = looks[rows["precision"].iloc[0]] | {"linestyle": "none"}
            values, left, bound = (np.asarray(rows[name], dtype=float) for name in ("x", "y", "floor"))
            axes.plot(values, np.maximum(left, lowest), **look, zorder=3, clip_on=False)
            axes.plot(*_curve(values, bound), color=look["color"], **DASHED)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(bottom=lowest)
        axes.set_xlabel("eigenvalue λ")
        axes.set_ylabel("what is left of the error")
        tidy_ticks(axes)


def _spectrum(problem: ProblemBase, x: Array, alpha: float, precision: str) -> tuple[Array, Array, Array] | None:
    """Return eigenvalues, eigenvectors and the floor along each, where theory knows it."""
    if not np.isfinite(alpha) or problem.lacks("quadratic") or problem.lacks("hessian") or problem.constrained:
        return None
    values, Q = np.linalg.eigh(problem.hessian(x))
    bound = fixed_step_floor(values, Q, x, alpha, precision)
    return (values, Q, bound) if np.isfinite(bound).all() else None


def _lower_edge(table: pd.DataFrame) -> float:
    """Return where what is too small is drawn: below the least floor, or the least positive value without one."""
    floors, y = np.asarray(table["floor"], dtype=float), np.asarray(table["y"], dtype=float)
    least = floors[np.isfinite(floors)].min(initial=np.inf)
    positive = y[y > 0].min(initial=np.inf)
    edge = least / ROOM if np.isfinite(least) else positive
    return float(edge) if np.isfinite(edge) else float(np.finfo(float).tiny)


def _curve(values: Array, bound: Array) -> tuple[Array, Array]:
    """Return the bound on a fine grid of λ where its points tell the law c/min(αλ, 2 − αλ); else the points alone.

    On the left branch bound · λ is a constant c/α, at the right end bound · (2 − αλ) is c.
    """
    flat, branch = bound[0] * values[0], bound[-1]
    grid = np.geomspace(values[0], values[-1], FINE)
    if np.allclose(bound * values, flat, rtol=SAME, atol=0.0):
        return grid, flat / grid
    alpha = 2.0 * branch / (flat + branch * values[-1])
    law = flat * alpha / np.minimum(alpha * grid, 2.0 - alpha * grid)
    at = flat * alpha / np.minimum(alpha * values, 2.0 - alpha * values)
    if alpha * values[-1] > 1.0 and np.allclose(at, bound, rtol=SAME, atol=0.0):
        return grid, law
    return values, bound
