"""Derivatives of a user's functions: optlab beside autograd, in one process, interleaved, at one BLAS thread.

    .venv/bin/python benchmarks/derivatives.py

Every line is a median over interleaved repeats of the thread's CPU time; the ratio is what counts, the microseconds are
this machine's. `differs` is the largest difference relative to autograd's result.
"""

# ruff: noqa: E402  the threads are set before NumPy is loaded

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import thread_time
from typing import Any

import autograd
import numpy as np

from optlab import Problem, derivatives

REPEATS = 15
N, ROWS, POINTS = 100, 1000, 200
LEAST_SECONDS = 2e-4
"""A measurement repeats its call until it takes this long."""

random = np.random.default_rng(0)
A = random.standard_normal((ROWS, N))
y = np.sign(random.standard_normal(ROWS))


def rosenbrock(x: Any) -> Any:
    """The chained Rosenbrock function, written with slices."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def plane(x: Any) -> Any:
    """The Rosenbrock function of two variables, written with components."""
    return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2


def logistic(w: Any) -> Any:
    """The regularized logistic loss of 1000 samples with 100 features."""
    return np.mean(np.logaddexp(0.0, -y * (A @ w))) + 0.05 * (w @ w)


@dataclass(frozen=True)
class Line:
    """A comparison: what is computed, by whom, and how many times faster it should be at least."""

    what: str
    ours: Callable[[], Any]
    autograds: Callable[[], Any]
    goal: float | None = None


def lines() -> list[Line]:
    """Return the comparisons."""
    found = []
    for name, f in (("chained Rosenbrock, n = 100", rosenbrock), ("logistic, 1000 × 100", logistic)):
        x, v = random.standard_normal(N), random.standard_normal(N)
        x.setflags(write=False)
        problem = Problem(f, start=x)
        found += [
            Line(f"Hessian: {name}", lambda f=f, x=x: derivatives.hessian(f, x),
                 lambda f=f, x=x: autograd.hessian(f)(x), 6.0),
            Line(f"HVP, repeated at x: {name}", lambda p=problem, x=x, v=v: p.hvp(x, v),
                 lambda f=f, x=x, v=v: autograd.hessian_vector_product(f)(x, v), 3.0),
            Line(f"HVP, once: {name}", lambda f=f, x=x, v=v: derivatives.hvp(f, x, v),
                 lambda f=f, x=x, v=v: autograd.hessian_vector_product(f)(x, v)),
            Line(f"value and gradient: {name}", lambda f=f, x=x: derivatives.value_and_gradient(f, x)[1],
                 lambda f=f, x=x: autograd.value_and_grad(f)(x)[1]),
        ]  # fmt: skip
    i = np.arange(N)
    colored = derivatives.color(N, np.concatenate([i, i[:-1]]), np.concatenate([i, i[1:]]))
    x, X = random.standard_normal(N), random.standard_normal((POINTS, 2))
    found += [
        Line("Hessian by coloring: chained Rosenbrock, n = 100",
             lambda: colored.from_sums(derivatives.linearize(rosenbrock, x).each(colored.seeds())).toarray(),
             lambda: autograd.hessian(rosenbrock)(x), 15.0),
        Line(f"gradients at {POINTS} points: Rosenbrock, n = 2", lambda: derivatives.gradients(plane, X),
             lambda: np.array([autograd.grad(plane)(z) for z in X])),
        Line(f"Hessians at {POINTS} points: Rosenbrock, n = 2", lambda: derivatives.hessians(plane, X),
             lambda: np.array([autograd.hessian(plane)(z) for z in X])),
    ]  # fmt: skip
    return found


def seconds(calls: Sequence[Callable[[], Any]], repeats: int) -> list[float]:
    """Return the median CPU time of each call, measured in turns."""
    counts = []
    for call in calls:
        call()
        begin = thread_time()
        call()
        counts.append(max(1, int(LEAST_SECONDS / max(thread_time() - begin, 1e-7))))
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for mine, call, count in zip(times, calls, counts, strict=True):
            begin = thread_time()
            for _ in range(count):
                call()
            mine.append((thread_time() - begin) / count)
    return [median(mine) for mine in times]


def main() -> None:
    """Measure and print the table."""
    print(f"{'':52} {'optlab µs':>10} {'autograd µs':>11} {'ratio':>7} {'goal':>5}  {'differs':>8}")
    for line in lines():
        ours, theirs = seconds((line.ours, line.autograds), REPEATS)
        right = line.autograds()
        differs = float(np.abs(line.ours() - right).max() / np.abs(right).max())
        ratio = theirs / ours
        goal = "" if line.goal is None else f"{line.goal:.0f}" + ("" if ratio >= line.goal else " missed")
        print(f"{line.what:52} {1e6 * ours:10.0f} {1e6 * theirs:11.0f} {ratio:7.1f} {goal:>5}  {differs:8.0e}")


if __name__ == "__main__":
    main()
