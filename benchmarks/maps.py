"""What does a run cost in a map of 10,000 beside the same run alone, written by hand or by optlab?

Gradient descent on the two-dimensional Rosenbrock function, 100 step sizes × 100 starts, 200 iterations at most, per
run and iteration. One by one, a random part of the runs is timed. The bare loop does nothing but the step, f and ∇f in
NumPy arrays; the loop in Python's own numbers says what the language allows one run at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from time import thread_time
from typing import Any

import numpy as np

import optlab
from benchmarks._harness import Case, Measure, Peer
from optlab.core.driver import Loop
from optlab.core.problem import ProblemBase
from optlab.core.stop import Iterations, Stationary

SIDE, LIMIT, ROUNDS = 100, 200, 5
PART, FEW = 200, 20
"""Runs one by one per measurement: with gradients by hand, and by autograd."""


def valley(x: Any) -> Any:
    """Rosenbrock's function as a user writes it, for autograd."""
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def both(x: Any) -> tuple[float, Any]:
    """The value and the gradient by hand."""
    a, b = x
    t, u = b - a * a, 1 - a
    return 100 * t * t + u * u, np.array([-400 * a * t - 2 * u, 200 * t])


def arrays(x: Any, alpha: float, iterations: int) -> None:
    """Take the steps of one run in NumPy arrays."""
    _, g = both(x)
    for _ in range(iterations):
        x -= alpha * g
        _, g = both(x)


def floats(x: Any, alpha: float, iterations: int) -> None:
    """Take the steps of one run in Python's own numbers."""
    a, b = x.tolist()
    try:
        for _ in range(iterations + 1):
            t, u = b - a * a, 1 - a
            _ = 100 * t * t + u * u
            a, b = a + alpha * (400 * a * t + 2 * u), b - 200 * alpha * t
    except OverflowError:
        return


def cases(quick: bool) -> Iterator[Case]:
    """Yield the map with gradients by hand, and by autograd."""
    side = 10 if quick else SIDE
    by_hand, by_autograd = optlab.problem("rosenbrock"), optlab.Problem(valley, start=[-1.2, 1.0])
    method: Any = optlab.optimizer("gradient_descent")
    stop = Stationary() | Iterations(LIMIT)
    alpha, place = (m.ravel() for m in np.meshgrid(np.geomspace(1e-4, 4e-3, side), np.linspace(-2, 2, side)))
    starts = np.column_stack([place, np.ones(place.size)])
    iterations = optlab.map_runs(by_hand, method, starts, {"step_size": alpha}, stop).iterations
    drawn = np.random.default_rng(0).permutation(alpha.size).tolist()

    def batch(problem: ProblemBase) -> Measure:
        def measure() -> float:
            begin = thread_time()
            found = optlab.map_runs(problem, method, starts, {"step_size": alpha}, stop)
            seconds = thread_time() - begin
            assert found.together
            return seconds / float((found.iterations + 1).sum())

        return measure

    def each(some: Iterable[int], act: Callable[[int], None]) -> Measure:
        def measure() -> float:
            begin = thread_time()
            with np.errstate(all="ignore"):
                for i in some:
                    act(i)
            return (thread_time() - begin) / float((iterations[list(some)] + 1).sum())

        return measure

    def alone(problem: ProblemBase) -> Callable[[int], None]:
        def act(i: int) -> None:
            for _ in Loop(problem, replace(method, step_size=float(alpha[i])), start=starts[i], stop=stop):
                pass

        return act

    part, few = drawn[: 5 if quick else PART], drawn[: 2 if quick else FEW]
    what, rounds = f"map of {alpha.size:,} runs, per run and iteration", ROUNDS
    peers = {
        "bare loop": Peer(each(part, lambda i: arrays(starts[i].copy(), alpha[i], iterations[i])), 1 / 40),
        "optlab, one by one": Peer(each(part, alone(by_hand)), 1 / 100),
        "loop in Python's floats": Peer(each(part, lambda i: floats(starts[i], alpha[i], iterations[i])), limit=True),
    }
    yield Case(what, batch(by_hand), peers, rounds)
    one_by_one = Peer(each(few, alone(by_autograd)), 1 / 300)
    yield Case(f"{what}, by autograd", batch(by_autograd), {"optlab, one by one": one_by_one}, rounds)
