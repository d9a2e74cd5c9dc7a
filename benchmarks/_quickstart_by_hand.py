"""The work of experiments/quickstart.yaml as one writes it without optlab: ``python _quickstart_by_hand.py FOLDER``.

NumPy, scipy's BFGS and L-BFGS-B, pandas, matplotlib: the same problems, methods, iterations, diagnostics at every
iterate, tables, figures (SVG, PNG and the numbers behind them) and a page that shows them. It checks and reuses
nothing, and it cannot be asked anything else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve, svd
from scipy.optimize import brentq
from scipy.optimize import minimize as scipy_minimize

minimize: Any = scipy_minimize  # its stub has an overload per method
ITERATIONS, TOLERANCE = 2000, 1e-8
Step = tuple[np.ndarray, float]


class Bowl:
    """The quadratic with κ = 5."""

    name, solution, optimum, radius = "kappa5", np.zeros(2), 0.0, None
    H = np.array([[3.0, 2.0], [2.0, 3.0]])
    start = np.array([1.2, -0.8]) / np.sqrt(2.0)

    def f(self, x: Any) -> Any:
        return 1.5 * (x[0] ** 2 + x[1] ** 2) + 2 * x[0] * x[1]

    def g(self, x: Any) -> Any:
        return self.H @ x

    def hessian(self, x: Any) -> Any:
        return self.H


class Valley:
    """Rosenbrock's valley."""

    name, solution, optimum, radius = "rosenbrock", np.ones(2), 0.0, None
    start = np.array([-1.2, 1.0])

    def f(self, x: Any) -> Any:
        return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

    def g(self, x: Any) -> Any:
        t = x[1] - x[0] ** 2
        return np.array([-400 * x[0] * t - 2 * (1 - x[0]), 200 * t])

    def hessian(self, x: Any) -> Any:
        return np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200.0]])


class Regression:
    """Least squares on the diabetes data, the weights in a ball."""

    name = "l2_regression"

    def __init__(self) -> None:
        spec = find_spec("sklearn")
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent / "datasets" / "data"
        raw = np.loadtxt(folder / "diabetes_data_raw.csv.gz")
        X = raw - raw.mean(axis=0)
        self.X = X / np.linalg.norm(X, axis=0)
        self.y = np.loadtxt(folder / "diabetes_target.csv.gz")
        self.y = self.y - self.y.mean()
        U, s, Vt = svd(self.X, full_matrices=False)
        b = U.T @ self.y
        self.radius = float(np.sqrt(0.25) * np.linalg.norm(b / s))
        lam = brentq(lambda lam: np.linalg.norm(s * b / (s * s + lam)) - self.radius, 0.0, 1e3)
        self.solution = Vt.T @ (s * b / (s * s + lam))
        self.start, self.H = np.zeros(X.shape[1]), 2 * self.X.T @ self.X
        self.optimum = self.f(self.solution)

    def f(self, x: Any) -> Any:
        r = self.X @ x - self.y
        return r @ r

    def g(self, x: Any) -> Any:
        return 2 * self.X.T @ (self.X @ x - self.y)

    def hessian(self, x: Any) -> Any:
        return self.H


def descent(p: Any, alpha: float) -> Iterator[Step]:
    """Yield the steps of gradient descent."""
    x = p.start
    while True:
        x = x - alpha * p.g(x)
        yield x, alpha


def backtracked(p: Any, x: Any, d: Any) -> float:
    """Return a step length of sufficient decrease."""
    alpha, f, slope = 1.0, p.f(x), p.g(x) @ d
    while not p.f(x + alpha * d) <= f + 1e-4 * alpha * slope and alpha > 1e-16:
        alpha /= 2
    return alpha


def optimal(p: Any) -> Iterator[Step]:
    """Yield the steps of gradient descent with ε*, and a search where the curvature is not positive."""
    x = p.start
    while True:
        g = p.g(x)
        curvature = g @ p.hessian(x) @ g
        alpha = g @ g / curvature if curvature > 0 else backtracked(p, x, -g)
        x = x - alpha * g
        yield x, alpha


def newton(p: Any) -> Iterator[Step]:
    """Yield the steps of Newton's method with backtracking."""
    x = p.start
    while True:
        d = -cho_solve(cho_factor(p.hessian(x)), p.g(x))
        alpha = backtracked(p, x, d)
        x = x + alpha * d
        yield x, alpha


def scipys(method: str) -> Callable[[Any], Iterator[Step]]:
    """Return a method of scipy as steps."""

    def steps(p: Any) -> Iterator[Step]:
        seen: list[Any] = []
        minimize(p.f, p.start, jac=p.g, method=method, callback=lambda x: seen.append(x.copy()),
                 options={"gtol": TOLERANCE, "maxiter": ITERATIONS})  # fmt: skip
        yield from ((x, np.nan) for x in seen)

    return steps


def projected(p: Any) -> Iterator[Step]:
    """Yield the steps of projected gradient descent with backtracking."""
    x, alpha = p.start, 1.0
    while True:
        f, g = p.f(x), p.g(x)
        alpha *= 2
        while True:
            y = x - alpha * g
            y *= min(1.0, p.radius / np.linalg.norm(y))
            if p.f(y) <= f + 1e-4 * g @ (y - x) or alpha < 1e-16:
                break
            alpha /= 2
        x = y
        yield x, alpha


METHODS: dict[str, Callable[[Any], Iterator[Step]]] = {
    "GD 0.3": lambda p: descent(p, 0.3),
    "GD 0.001": lambda p: descent(p, 1e-3),
    "GD ε*": optimal,
    "Newton": newton,
    "BFGS": scipys("BFGS"),
    "L-BFGS": scipys("L-BFGS-B"),
}
PROJECTED = {"Projected GD": projected}


def run(p: Any, label: str, steps: Iterator[Step]) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return a run's row and its iterations."""
    begin, rows, points = perf_counter(), [], []
    scale, status = np.abs(p.g(p.start)).max(), "MAX_ITERATIONS"
    x, alpha = p.start, np.nan
    for k in range(ITERATIONS + 1):
        g = p.g(x)
        away = x - g
        if p.radius is not None:
            away *= min(1.0, p.radius / np.linalg.norm(away))
        residual = np.abs(x - away).max()
        rows.append(
            {"k": k, "f": p.f(x), "stationarity": residual, "step_size": alpha, "seconds": perf_counter() - begin}
        )
        points.append(x)
        if not np.isfinite(rows[-1]["f"]) or rows[-1]["f"] > 1e300:
            status = "DIVERGED"
            break
        if residual <= TOLERANCE * scale:
            status = "CONVERGED"
            break
        step = next(steps, None)
        if step is None:
            status = "STALLED"
            break
        x, alpha = step
    table = pd.DataFrame(rows)
    diagnose(p, table, np.array(points))
    table.insert(0, "problem", p.name)
    table.insert(1, "label", label)
    last = {"problem": p.name, "label": label, "status": status, "iterations": len(table) - 1, "f": rows[-1]["f"]}
    return last, table


def diagnose(p: Any, table: pd.DataFrame, X: Any) -> None:
    """Add the diagnostics of every iterate."""
    with np.errstate(all="ignore"):
        G = np.array([p.g(x) for x in X])
        H = np.array([p.hessian(x) for x in X])
        E = np.linalg.eigvalsh(H)
        size, gg = np.abs(E), np.einsum("ki,ki->k", G, G)
        S = np.diff(X, axis=0, prepend=np.nan)
        table["gradient_norm"] = np.sqrt(gg)
        table["suboptimality"] = gap = table["f"] - p.optimum
        table["distance"] = np.linalg.norm(X - p.solution, axis=1)
        table["optimal_step"] = gg / np.einsum("ki,kij,kj->k", G, H, G)
        table["step_ratio"] = table["step_size"] / table["optimal_step"].shift()
        table["condition_number"] = size.max(axis=1) / size.min(axis=1)
        table["eigenvalue_min"], table["eigenvalue_max"] = E[:, 0], E[:, -1]
        zero = size <= E.shape[1] * np.finfo(float).eps * size.max(axis=1)[:, None]
        table["inertia_negative"] = (~zero & (E < 0)).sum(axis=1)
        table["inertia_zero"], table["inertia_positive"] = zero.sum(axis=1), (~zero & (E > 0)).sum(axis=1)
        before = np.vstack([G[:1] * np.nan, G[:-1]])
        table["cosine"] = -np.einsum("ki,ki->k", S, before) / (
            np.linalg.norm(S, axis=1) * np.linalg.norm(before, axis=1)
        )
        table["observed_rate"] = gap / gap.shift()
        table["theoretical_rate"] = ((table["condition_number"] - 1) / (table["condition_number"] + 1)) ** 2
        norms = np.linalg.norm(X, axis=1)
        on = norms >= p.radius * (1 - 1e-9) if p.radius is not None else np.zeros(len(X), dtype=bool)
        lam = np.where(on, np.maximum(-np.einsum("ki,ki->k", G, X) / (2 * norms**2), 0.0), 0.0)
        table["kkt_stationarity"] = np.abs(G + 2 * lam[:, None] * X).max(axis=1)
        table["kkt_primal"] = np.maximum(norms - p.radius, 0.0) if p.radius is not None else 0.0
        table["multiplier_max"] = lam
    for j in range(min(X.shape[1], 2)):
        table[f"x{j}"] = X[:, j]


def lines(table: pd.DataFrame, problems: list[Any], x: str, y: str, title: str) -> Any:
    """Return a figure with a panel per problem and a line per method."""
    figure, axes = plt.subplots(1, len(problems), figsize=(4.1 * len(problems), 3.5), layout="constrained")
    for p, ax in zip(problems, axes, strict=True):
        for (label, mine), marker in zip(
            table[table["problem"] == p.name].groupby("label", sort=False), "osv^Dd<", strict=False
        ):
            shown = mine[mine[y].between(1e-30, 1e12)]
            if len(shown):
                ax.plot(shown[x], shown[y], marker=marker, markevery=0.1, label=label)
        ax.set(title=p.name, xlabel=x, ylabel=title, xscale="symlog", yscale="log")
        ax.grid(alpha=0.3)
    handles = {label: h for ax in axes for h, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4)
    return figure


def paths(table: pd.DataFrame, problems: list[Any]) -> Any:
    """Return a figure of the paths over level sets."""
    figure, axes = plt.subplots(1, len(problems), figsize=(8, 4.2), layout="constrained")
    for p, ax in zip(problems, axes, strict=True):
        mine = table[(table["problem"] == p.name) & (table["x0"].abs() < 2) & (table["x1"].abs() < 2)]
        a = np.linspace(mine["x0"].min() - 0.3, mine["x0"].max() + 0.3, 200)
        b = np.linspace(mine["x1"].min() - 0.3, mine["x1"].max() + 0.3, 200)
        Z = p.f(np.array(np.meshgrid(a, b)))
        levels = np.geomspace(Z.min() + 1e-3, Z.max(), 20)
        ax.contourf(a, b, np.log10(Z + 1e-3), 30, cmap="Greys", alpha=0.4)
        ax.contour(a, b, Z, levels, colors="0.3", linewidths=0.6)
        for label, path in mine.groupby("label", sort=False):
            ax.plot(path["x0"], path["x1"], marker="o", markevery=0.05, label=label)
        ax.plot(*p.solution, "*", markersize=14, color="gold", markeredgecolor="k")
        ax.set(title=p.name, xlabel="x₁", ylabel="x₂", aspect="equal")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def main(folder: Path) -> None:
    """Run everything and write tables, figures and the page."""
    folder.mkdir(parents=True, exist_ok=True)
    free, held = [Bowl(), Valley()], Regression()
    done = [run(p, label, method(p)) for p in free for label, method in METHODS.items()]
    done += [run(held, label, method(held)) for label, method in PROJECTED.items()]
    runs = pd.DataFrame([row for row, _ in done])
    table = pd.concat([t for _, t in done], ignore_index=True)
    runs.to_parquet(folder / "runs.parquet")
    table.to_parquet(folder / "iterations.parquet")
    everything = [*free, held]
    figures = {
        "convergence": (lines(table, everything, "k", "suboptimality", "f − f*"), ["k", "suboptimality"]),
        "convergence-2": (lines(table, everything, "seconds", "suboptimality", "f − f*"), ["seconds", "suboptimality"]),
        "trajectories": (paths(table, free), ["k", "x0", "x1"]),
        "steps": (lines(table, everything, "k", "step_size", "step"), ["k", "step_size", "optimal_step"]),
        "condition": (lines(table, everything, "k", "condition_number", "κ(H)"), ["k", "condition_number"]),
    }
    page = ["<h1>Quickstart</h1>", runs.to_html()]
    for name, (figure, columns) in figures.items():
        for kind in ("svg", "png"):
            figure.savefig(folder / f"{name}.{kind}", dpi=150)
        table[["problem", "label", *columns]].to_csv(folder / f"{name}.csv", index=False)
        page.append((folder / f"{name}.svg").read_text(encoding="utf-8"))
    (folder / "report.html").write_text("\n".join(page), encoding="utf-8")
    print(runs.to_string())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
