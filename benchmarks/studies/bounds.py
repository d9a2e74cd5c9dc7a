"""Methods for bounds beside SciPy's L-BFGS-B: the cost of an iteration beyond the calls of f and ∇f, and the effort.

    .venv/bin/python benchmarks/studies/bounds.py [--effort [--held-out]] [N …]

Contenders take turns in one process at one BLAS thread, on the thread's CPU clock; every figure is a median over the
repeats, and the ratio is what counts. Ours run through the driver with the full record, SciPy's `minimize` without a
callback. The problem is a chain of valleys whose bounds are active at about a third of the variables.

With --effort: f-evaluations until f is within 10⁻⁶ max(1, |f*|) of f*, over the bound-constrained problems of the
catalogue with their variants. Names with an odd SHA-256 are held out: nothing is tuned on them.
"""

# ruff: noqa: E402  the threads are set before NumPy is loaded

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import gc
import hashlib
import sys
from collections.abc import Iterator
from statistics import median
from time import thread_time
from typing import Any

import numpy as np
from scipy.optimize import minimize

import optlab
from optlab.core.driver import Loop, run
from optlab.core.facts import Facts
from optlab.core.problem import Array, ProblemBase
from optlab.core.stop import Evaluations, Iterations, Stationary
from optlab.registry import Catalogue

CASES = ((10, 25, 15, 40), (1000, 40, 9, 4), (10_000, 40, 9, 2), (100_000, 40, 5, 1), (1_000_000, 30, 3, 1))
"""n, iterations, repeats, runs per repeat."""
NEVER = 1e-30
METHODS = ("lbfgsb", "projected_newton", "trust_region_bounds", "projected_gradient", "spectral_projected_gradient",
           "accelerated_projected_gradient", "projected_gradient_armijo")  # fmt: skip
PEER = "scipy_lbfgsb"
SOLVED, BUDGET = 1e-6, 3000
REFERENCE = "trust_region_bounds"
"""Whose f at a KKT residual of 10⁻¹¹ stands for f* where the problem states none."""
LARGER: dict[str, tuple[dict[str, Any], ...]] = {
    "obstacle": ({"n": 1600},), "elastic_plastic_torsion": ({"n": 1600},), "journal_bearing": ({"n": 1600},),
    "box_quadratic": ({"n": 200, "active": 100, "condition": 1e4}, {"n": 100, "active": 10, "seed": 3}),
    "nonnegative_least_squares": ({"data": "sparse", "n": 60},),
}  # fmt: skip


class Valleys(ProblemBase):
    """The chained Rosenbrock function Σ 25 (x₂ − x₁²)² + (1 − x₁)² within bounds; its calls are timed."""

    def __init__(self, n: int) -> None:
        self.random = np.random.default_rng(0)
        self.seconds, self.x0 = 0.0, self.random.uniform(-1.0, 1.0, n)
        lo, hi = np.full(n, -2.0), np.where(self.random.uniform(size=n) < 1 / 3, 0.5, 2.0)
        self.bounds = self.sides_of = (lo, hi)

    def value(self, x: Array) -> float:
        return self.value_and_gradient(x)[0]

    def gradient(self, x: Array) -> Array:
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        begin = thread_time()
        a = x[:-1]
        t, u = x[1:] - a * a, 1.0 - a
        slopes = np.zeros_like(x)
        slopes[:-1] = -100.0 * a * t - 2.0 * u
        slopes[1:] += 50.0 * t
        f = 25.0 * float(t @ t) + float(u @ u)
        self.seconds += thread_time() - begin
        return f, slopes

    def start(self) -> Array:
        return self.x0.copy()

    def facts(self) -> Facts:
        return Facts(scale=1.0)


def measured(n: int, iterations: int, repeats: int, runs: int) -> tuple[float, float]:
    """Return the microseconds per iteration beyond the calls: ours and SciPy's."""
    problem, method = Valleys(n), optlab.optimizer("lbfgsb")
    stop = Stationary(rtol=NEVER) | Iterations(iterations)
    options: Any = {"maxiter": iterations, "gtol": 0.0, "ftol": 0.0, "maxcor": 10, "maxfun": 10**6}
    lo, hi = problem.sides_of
    sides = list(zip(lo, hi, strict=True))

    def ours() -> int:
        loop = Loop(problem, method, stop=stop)
        run(loop)
        return loop.k

    def theirs() -> int:
        found = minimize(
            problem.value_and_gradient, problem.x0, jac=True, method="L-BFGS-B", bounds=sides, options=options
        )
        return int(found.nit)

    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for contender, seen in zip((ours, theirs), times, strict=True):
            gc.collect()
            problem.seconds, begin = 0.0, thread_time()
            taken = sum(contender() for _ in range(runs))
            seen.append((thread_time() - begin - problem.seconds) / taken)
    return median(times[0]) * 1e6, median(times[1]) * 1e6


def held_out(name: str) -> bool:
    """Whether a problem is kept from tuning."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 1


def catalogue(held: bool) -> Iterator[tuple[str, ProblemBase]]:
    """Yield the problems whose constraints are bounds, with their variants."""
    known = Catalogue()
    for name in known.names("problems"):
        cls = known.find("problems", name)
        if held_out(name) != held or not set(getattr(cls, "constraints", ())) <= {"bounds", "set"}:
            continue
        variants: tuple[dict[str, Any], ...] = getattr(cls, "variants", ())
        for settings in ({}, *variants, *LARGER.get(name, ())):
            problem: ProblemBase = cls(**settings)
            box = problem.feasible is not None and problem.feasible.form == ("bounds",)
            box = box and problem.constrained == ("set",)
            if problem.constrained == ("bounds",) or box:
                label = " ".join([name, *(f"{key}={value}" for key, value in settings.items())])
                yield label, problem


def effort(problem: ProblemBase, method: str, optimum: float) -> int | None:
    """How many f-evaluations it takes until f is f* to the tolerance; None where it never is."""
    stop = Stationary(rtol=1e-12) | Evaluations(f=BUDGET) | Iterations(BUDGET)
    trace = optlab.minimize(problem, method, stop=stop).trace
    there = np.flatnonzero(np.abs(trace["f"].to_numpy() - optimum) <= SOLVED * max(1.0, abs(optimum)))
    return int(trace["n_f"].iloc[there[0]]) if there.size else None


def compare(held: bool) -> None:
    """Print the effort on every problem, and the medians over those that a method and the peer both solve."""
    seen: dict[str, list[tuple[int | None, int | None]]] = {method: [] for method in METHODS}
    print(f"{'problem':60s} {PEER:>12s} " + " ".join(f"{m[:14]:>14s}" for m in METHODS))
    for name, problem in catalogue(held):
        optimum = problem.facts().optimum
        if optimum is None:
            optimum = optlab.minimize(problem, REFERENCE, stop=Stationary(rtol=1e-11) | Iterations(BUDGET)).best_f
        peer = effort(problem, PEER, optimum)
        row = [effort(problem, method, optimum) for method in METHODS]
        for method, found in zip(METHODS, row, strict=True):
            seen[method].append((found, peer))
        print(f"{name[:60]:60s} {peer!s:>12s} " + " ".join(f"{found!s:>14s}" for found in row), flush=True)
    for method, pairs in seen.items():
        both = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
        print(f"{method:32s} solves {sum(1 for ours, _ in pairs if ours):3d}, the peer "
              f"{sum(1 for _, theirs in pairs if theirs):3d} of {len(pairs)};  median ratio "
              f"{median(ours / theirs for ours, theirs in both):.3f}, ratio of medians "
              f"{median(ours for ours, _ in both) / median(theirs for _, theirs in both):.3f}")  # fmt: skip


def main(arguments: list[str]) -> None:
    """Print the tables."""
    wanted = {int(argument) for argument in arguments if argument.isdigit()}
    if "--effort" in arguments:
        compare("--held-out" in arguments)
        return
    print(f"{'n':>9s} {'ours, µs':>10s} {'SciPy, µs':>10s} {'ratio':>7s}")
    for n, iterations, repeats, runs in CASES:
        if not wanted or n in wanted:
            ours, theirs = measured(n, iterations, repeats, runs)
            print(f"{n:9d} {ours:10.2f} {theirs:10.2f} {ours / theirs:7.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
