"""What do ε*, κ, the gradient's norm and f − f* at every iterate add to a run?

Beside the same `minimize` with no columns: gradient descent, 2000 iterations in Rosenbrock's valley, once with
derivatives by autograd and once by hand; and logistic regression, n = 100, where κ is computed at 30 iterates at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import thread_time
from typing import Any

import numpy as np

import optlab
from benchmarks._harness import Case, Peer
from benchmarks._loops import NEVER
from optlab.core.problem import ProblemBase
from optlab.core.stop import Iterations, Stationary

COLUMNS = ("optimal_step", "condition_number", "gradient_norm", "suboptimality")


def valley(x: Any) -> Any:
    """The Rosenbrock function as a user writes it, for autograd."""
    return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2


def run(problem: ProblemBase, step: float, iterations: int, columns: Sequence[str]) -> float:
    """Return the seconds per iteration."""
    method = optlab.optimizer("gradient_descent", step_size=step)
    begin = thread_time()
    optlab.minimize(problem, method, stop=Stationary(rtol=NEVER) | Iterations(iterations), columns=columns)
    return (thread_time() - begin) / iterations


def cases(quick: bool) -> Iterator[Case]:
    """Yield a case per problem."""
    start = np.array([-1.2, 1.0])
    by_autograd = optlab.Problem(valley, start=start, optimum=0.0)
    many = optlab.problem("logistic_regression", data="synthetic", n=100, m=1000)
    for what, problem, step, iterations, gate in (
        ("autograd, n = 2", by_autograd, 1e-3, 2000, 1.05),
        ("by hand, n = 2", optlab.problem("rosenbrock"), 1e-3, 2000, 1.4),
        ("by hand, n = 100, κ at ≤ 30 iterates", many, 1e-1, 2000, 2.0),
    ):
        count = 20 if quick else iterations

        def measure(columns: Sequence[str], p: ProblemBase = problem, s: float = step, k: int = count) -> float:
            return run(p, s, k, columns)

        yield Case(what, lambda m=measure: m(COLUMNS), {"no columns": Peer(lambda m=measure: m(()), gate)})  # type: ignore[misc]
