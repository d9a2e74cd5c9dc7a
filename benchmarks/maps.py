"""A step-size × start map of gradient descent in one batch, beside the same runs one by one.

    .venv/bin/python benchmarks/maps.py

10,000 runs on the two-dimensional Rosenbrock function, 200 iterations at most. The contenders take turns in one
process at one BLAS thread, on the thread's CPU clock; every figure is nanoseconds per run and iteration, the median of
the repeats, and the ratio is what counts. One by one a random part of the runs is timed. "bare" is a loop over the
runs with nothing but the step, f and ∇f in NumPy arrays, "floats" the same in Python's own numbers.
"""

# ruff: noqa: E402  the threads are set before NumPy is loaded

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import thread_time
from typing import Any

import numpy as np

import optlab
from optlab.core.driver import Loop
from optlab.core.problem import ProblemBase
from optlab.core.stop import Iterations, Stationary

SIDE, LIMIT, REPEATS = 100, 200, 5
PART, FEW = 200, 20
"""Runs one by one per repeat: by hand-written gradients, and by autograd."""
STOP = Stationary() | Iterations(LIMIT)
GATES = {"bare": 40, "one by one": 100, "one by one, autograd": 300}


def f(x: Any) -> Any:
    """Rosenbrock's function."""
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def fg(x: Any) -> tuple[float, Any]:
    """The value and the gradient by hand."""
    a, b = x
    t, u = b - a * a, 1 - a
    return 100 * t * t + u * u, np.array([-400 * a * t - 2 * u, 200 * t])


def bare(x: Any, alpha: float, iterations: int) -> None:
    """Take the steps of one run in NumPy arrays."""
    _, g = fg(x)
    for _ in range(iterations):
        x -= alpha * g
        _, g = fg(x)


def floats(x: Any, alpha: float, iterations: int) -> None:
    """Take the steps of one run in Python's own floats."""
    a, b = x.tolist()
    try:
        for _ in range(iterations + 1):
            t, u = b - a * a, 1 - a
            _ = 100 * t * t + u * u
            a, b = a + alpha * (400 * a * t + 2 * u), b - 200 * alpha * t
    except OverflowError:
        return


def main() -> None:
    """Print the figures."""
    task: ProblemBase = optlab.problem("rosenbrock")
    traced = optlab.Problem(f, start=[-1.2, 1.0])
    method = optlab.optimizer("gradient_descent")
    alpha, place = (m.ravel() for m in np.meshgrid(np.geomspace(1e-4, 4e-3, SIDE), np.linspace(-2, 2, SIDE)))
    starts = np.column_stack([place, np.ones(place.size)])
    found = optlab.map_runs(task, method, starts, {"step_size": alpha}, STOP)
    assert found.together
    k = found.iterations + 1
    print(f"{found.f.size} runs, {k.sum()} iterations, {np.unique(found.status.astype(str)).tolist()}")
    drawn = np.random.default_rng(0).permutation(alpha.size)

    def loop(problem: ProblemBase, i: int) -> None:
        for _ in Loop(problem, replace(method, step_size=float(alpha[i])), start=starts[i], stop=STOP):
            pass

    def batch(problem: ProblemBase) -> None:
        assert optlab.map_runs(problem, method, starts, {"step_size": alpha}, STOP).together

    def each(some: Any, act: Callable[[int], None]) -> Callable[[], None]:
        def every() -> None:
            for i in some:
                act(i)

        return every

    by_hand, by_autograd = drawn[:PART].tolist(), drawn[:FEW].tolist()
    contenders: dict[str, tuple[Callable[[], Any], int]] = {
        "batch": (lambda: batch(task), int(k.sum())),
        "batch, autograd": (lambda: batch(traced), int(k.sum())),
        "bare": (each(by_hand, lambda i: bare(starts[i].copy(), alpha[i], found.iterations[i])), int(k[by_hand].sum())),
        "floats": (each(by_hand, lambda i: floats(starts[i], alpha[i], found.iterations[i])), int(k[by_hand].sum())),
        "one by one": (each(by_hand, lambda i: loop(task, i)), int(k[by_hand].sum())),
        "one by one, autograd": (each(by_autograd, lambda i: loop(traced, i)), int(k[by_autograd].sum())),
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    with np.errstate(all="ignore"):
        for _ in range(REPEATS):
            for name, (act, many) in contenders.items():
                begin = thread_time()
                act()
                times[name].append((thread_time() - begin) / many * 1e9)
    ns = {name: median(values) for name, values in times.items()}
    for name, value in ns.items():
        fast = ns["batch, autograd" if "autograd" in name else "batch"]
        gate = f"   at least {GATES[name]}" if name in GATES else ""
        print(f"{name:22s} {value:10.1f} ns   {value / fast:8.1f} × the batch{gate}")
    short = [name for name, most in GATES.items()
             if ns[name] < most * ns["batch, autograd" if "autograd" in name else "batch"]]  # fmt: skip
    raise SystemExit(f"missed: {', '.join(short)}" if short else 0)


if __name__ == "__main__":
    main()
