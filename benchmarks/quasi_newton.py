"""Quasi-Newton methods beside SciPy's: the cost of an iteration beyond the calls of f and ∇f, and the effort.

    .venv/bin/python benchmarks/quasi_newton.py [--effort] [NAME:N …]

Contenders take turns in one process at one BLAS thread, on the thread's CPU clock; every figure is a median over the
repeats, and the ratio is what counts. Ours run through the driver with the full record, SciPy's `minimize` without a
callback. With --effort: how many problems of the catalogue are solved, and in how many calls.
"""

# ruff: noqa: E402  the threads are set before NumPy is loaded

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import gc
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
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

PEERS = {"bfgs": "BFGS", "lbfgs": "L-BFGS-B"}
NEVER = 1e-30
"""A tolerance that is not reached: both sides take the iterations they are told to."""
IN_PLACE = 1000
"""From this n on the calls are timed where they happen: what they cost depends on the state of the caches."""
BUDGET = 3000
TAUS = (1e-5, 1e-8)
PLANE = 2
LARGEST = 500
BOUNDED = -1e15
"""Where a run gets below, f is not bounded below."""


@dataclass(frozen=True)
class Case:
    """A line of the table."""

    method: str
    n: int
    iterations: int
    repeats: int
    runs: int
    goal: float


CASES = (
    Case("bfgs", 2, 30, 15, 100, 0.3),
    Case("bfgs", 10, 35, 15, 100, 0.3),
    Case("bfgs", 100, 60, 9, 20, 0.15),
    Case("bfgs", 1000, 30, 3, 1, 0.03),
    Case("lbfgs", 2, 30, 15, 100, 1.1),
    Case("lbfgs", 10_000, 60, 15, 2, 0.4),
    Case("lbfgs", 100_000, 60, 9, 1, 0.4),
    Case("lbfgs", 1_000_000, 100, 5, 1, 0.4),
)


class Clock:
    """A function that adds up the time of its calls, where `watching`."""

    def __init__(self, function: Callable[[Array], Any], watching: bool) -> None:
        self.function, self.watching, self.seconds = function, watching, 0.0

    def __call__(self, x: Array) -> Any:
        if not self.watching:
            return self.function(x)
        begin = thread_time()
        result = self.function(x)
        self.seconds += thread_time() - begin
        return result

    def usual(self, x: Array) -> float:
        """Return the time of a call: the least of several means; 0 for a clock that watches."""
        if self.watching:
            return 0.0
        times = []
        for _ in range(5):
            begin = thread_time()
            for _ in range(2000):
                self.function(x)
            times.append((thread_time() - begin) / 2000)
        return min(times)


def plane() -> tuple[Any, Any, Any, Array]:
    """Rosenbrock's function of two variables, in Python's floats: f, ∇f, both, and a start."""

    def both(x: Array) -> tuple[float, Array]:
        a, b = x.tolist()
        t, u = b - a * a, 1.0 - a
        return 100.0 * t * t + u * u, np.array([-400.0 * a * t - 2.0 * u, 200.0 * t])

    def f(x: Array) -> float:
        a, b = x.tolist()
        t, u = b - a * a, 1.0 - a
        return 100.0 * t * t + u * u

    def g(x: Array) -> Array:
        a, b = x.tolist()
        t = b - a * a
        return np.array([-400.0 * a * t - 2.0 * (1.0 - a), 200.0 * t])

    return f, g, both, np.array([-1.2, 1.0])


def valleys(n: int) -> tuple[Any, Any, Any, Array]:
    """The extended Rosenbrock function from a start whose pairs differ."""

    def f(x: Array) -> float:
        a = x[0::2]
        t, u = x[1::2] - a * a, 1.0 - a
        return 100.0 * float(t @ t) + float(u @ u)

    def g(x: Array) -> Array:
        return both(x)[1]

    def both(x: Array) -> tuple[float, Array]:
        a = x[0::2]
        t, u = x[1::2] - a * a, 1.0 - a
        slopes = np.empty(n)
        slopes[0::2] = -400.0 * a * t - 2.0 * u
        slopes[1::2] = 200.0 * t
        return 100.0 * float(t @ t) + float(u @ u), slopes

    return f, g, both, np.tile([-1.2, 1.0], n // 2) + 0.3 * np.random.default_rng(0).uniform(-1.0, 1.0, n)


class Given(ProblemBase):
    """A problem made of functions."""

    def __init__(self, f: Any, g: Any, both: Any, start: Array) -> None:
        self.f, self.g, self.both, self.x0 = f, g, both, start

    def value(self, x: Array) -> float:
        return self.f(x)  # type: ignore[no-any-return]

    def gradient(self, x: Array) -> Array:
        return self.g(x)  # type: ignore[no-any-return]

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        return self.both(x)  # type: ignore[no-any-return]

    def start(self) -> Array:
        return self.x0.copy()

    def facts(self) -> Facts:
        return Facts(scale=1.0)


def measured(case: Case) -> tuple[float, float]:
    """Return the microseconds per iteration beyond the calls: ours and SciPy's."""
    watching = case.n >= IN_PLACE
    f, g, both, x0 = plane() if case.n == PLANE else valleys(case.n)
    clocks = f, g, both = tuple(Clock(function, watching) for function in (f, g, both))
    per_f, per_g, per_both = (clock.usual(x0) for clock in clocks)
    if not watching:
        f, g, both = (clock.function for clock in clocks)
    method, stop = optlab.optimizer(case.method), Stationary(rtol=NEVER) | Iterations(case.iterations)
    options: dict[str, Any] = {"maxiter": case.iterations, "gtol": NEVER}
    if case.method == "lbfgs":
        options |= {"ftol": 0.0, "maxcor": 10, "maxfun": 10**6}

    def ours() -> tuple[int, float]:
        loop = Loop(Given(f, g, both, x0), method, stop=stop)
        run(loop)
        return loop.k, loop.oracle.n_f * per_both

    def theirs() -> tuple[int, float]:
        found = minimize(f, x0, jac=g, method=PEERS[case.method], options=options)
        return int(found.nit), found.nfev * per_f + found.njev * per_g

    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(case.repeats):
        for contender, seen in zip((ours, theirs), times, strict=True):
            gc.collect()
            for clock in clocks:
                clock.seconds = 0.0
            begin, iterations, calls = thread_time(), 0, 0.0
            for _ in range(case.runs):
                k, spent = contender()
                iterations, calls = iterations + k, calls + spent
            total = thread_time() - begin
            seen.append((total - calls - sum(clock.seconds for clock in clocks)) / iterations)
    return median(times[0]) * 1e6, median(times[1]) * 1e6


class SpentError(Exception):
    """The budget of a run is spent."""


class Counted:
    """The functions of a problem, counted; `best` lists every new least f with the counts so far."""

    def __init__(self, problem: ProblemBase) -> None:
        self.problem, self.n_f, self.n_g = problem, 0, 0
        self.best: list[tuple[float, int]] = []

    def f(self, x: Array) -> float:
        if self.n_f >= BUDGET:
            raise SpentError
        self.n_f += 1
        value = float(self.problem.value(x))
        if value < (self.best[-1][0] if self.best else inf):
            self.best.append((value, max(self.n_f, self.n_g)))
        return value

    def g(self, x: Array) -> Array:
        if self.n_g >= BUDGET:
            raise SpentError
        self.n_g += 1
        return self.problem.gradient(x)

    def effort(self, bound: float) -> float:
        """How many calls it took to get there; infinite where it did not."""
        return next((calls for value, calls in self.best if value <= bound), inf)


def solved(problem: ProblemBase, method: str) -> Counted:
    """Run a method until nothing more happens, or the budget is spent."""
    counted, x0 = Counted(problem), np.asarray(problem.start(), dtype=float)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            if method in PEERS.values():
                options: dict[str, Any] = {"maxiter": 10**6, "gtol": 0.0}
                if method != "BFGS":
                    options |= {"ftol": 0.0, "maxcor": 10, "maxfun": 10**6}
                minimize(counted.f, x0, jac=counted.g, method=method, options=options)
            else:
                given = Given(counted.f, counted.g, lambda x: (counted.f(x), counted.g(x)), x0)
                run(Loop(given, optlab.optimizer(method), stop=Stationary(rtol=0.0) | Evaluations(f=BUDGET)))
        except (SpentError, ArithmeticError, ValueError):
            pass  # a peer raised: what it has found by then counts
    return counted


def catalogue() -> list[tuple[str, ProblemBase]]:
    """Return every smooth problem without constraints, n ≤ 500: by default, and at n = 100 and 500."""
    found: list[tuple[str, ProblemBase]] = []
    for name in optlab.names("problems"):
        for n in (None, 100, 500):
            try:
                problem = optlab.problem(name) if n is None else optlab.problem(name, n=n)
                problem.value(problem.start())  # some settings are refused when the data are looked at
            except (optlab.InputError, ValueError):
                continue
            smooth = problem.composite is None and "nonsmooth" not in problem.tags
            if smooth and not problem.constrained and problem.n <= LARGEST:
                found.append((name if n is None else f"{name}, n = {n}", problem))
    return found


def effort() -> None:
    """Print how many problems each method solves, and the calls of ours relative to SciPy's."""
    methods = [*PEERS, *PEERS.values()]
    runs = {(name, method): solved(problem, method) for name, problem in catalogue() for method in methods}
    names = list(dict.fromkeys(name for name, _ in runs))
    for tau in TAUS:
        bounds = {}
        for name in names:
            first = runs[name, "bfgs"].best[0][0]
            least = min(runs[name, m].best[-1][0] for m in methods if runs[name, m].best)
            if least > BOUNDED:
                bounds[name] = least + tau * (first - least)
        calls = {m: np.array([runs[name, m].effort(bounds[name]) for name in bounds]) for m in methods}
        print(f"\nτ = {tau:g}, {len(bounds)} problems, {BUDGET} calls at most")
        for ours, theirs in PEERS.items():
            both = np.isfinite(calls[ours]) & np.isfinite(calls[theirs])
            ratio = float(np.median(calls[ours][both] / calls[theirs][both]))
            print(f"  {ours:6s} solves {np.isfinite(calls[ours]).sum():4d}   {theirs:8s} "
                  f"{np.isfinite(calls[theirs]).sum():4d}   calls, median ratio {ratio:.3f}")  # fmt: skip


def main(arguments: list[str]) -> None:
    """Print the tables."""
    wanted = {argument for argument in arguments if ":" in argument}
    print(f"{'method':8s} {'n':>9s} {'ours, µs':>10s} {'SciPy, µs':>10s} {'ratio':>7s} {'goal':>6s}")
    for case in CASES:
        if wanted and f"{case.method}:{case.n}" not in wanted:
            continue
        ours, theirs = measured(case)
        met = "" if ours <= case.goal * theirs else "  missed"
        print(f"{case.method:8s} {case.n:9d} {ours:10.2f} {theirs:10.2f} {ours / theirs:7.3f} {case.goal:6.2f}{met}",
              flush=True)  # fmt: skip
    if "--effort" in arguments:
        effort()


if __name__ == "__main__":
    main(sys.argv[1:])
