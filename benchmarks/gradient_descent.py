"""What does a recorded iteration of gradient descent cost beside a bare loop?

Both evaluate f and its gradient at every iterate of Rosenbrock's valley, n = 2; the bare loop keeps nothing, the loop
that logs appends f and the gradient's norm to lists. Ours judges, stops, records every scalar and keeps every iterate.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import thread_time
from typing import Any

import numpy as np

import optlab
from benchmarks._harness import Case, Peer
from benchmarks._loops import NEVER, given, plane
from optlab.core.stop import Iterations, Stationary

STEP = 1e-3


def cases(quick: bool) -> Iterator[Case]:
    """Yield the case."""
    iterations = 200 if quick else 5000
    functions = plane()
    problem, both = given(functions), functions.both
    method = optlab.optimizer("gradient_descent", step_size=STEP)
    stop = Stationary(rtol=NEVER) | Iterations(iterations)

    def ours() -> float:
        begin = thread_time()
        found = optlab.minimize(problem, method, stop=stop)
        return (thread_time() - begin) / found.iterations

    def bare() -> float:
        begin = thread_time()
        x = functions.start
        for _ in range(iterations):
            _, g = both(x)
            x = x - STEP * g
        return (thread_time() - begin) / iterations

    def logging() -> float:
        begin = thread_time()
        x = functions.start
        log: list[Any] = []
        for _ in range(iterations):
            f, g = both(x)
            log.append((x, f, np.abs(g).max()))
            x = x - STEP * g
        return (thread_time() - begin) / iterations

    yield Case(
        "iteration with its record, n = 2", ours, {"bare loop": Peer(bare, 4.5), "loop with a log": Peer(logging)}
    )
