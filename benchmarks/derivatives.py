"""How fast are derivatives of a user's function that nobody wrote by hand?

Beside autograd, on which they stand: Hessians, Hessian-vector products and batches, each checked to be the same. The
limit is the function itself: what its value costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import autograd
import numpy as np

from benchmarks._harness import Case, Peer, cpu
from optlab import Problem, derivatives

N, ROWS, POINTS = 100, 1000, 200
ROUNDS = 15
SAME = 1e-8
"""Derivatives are the same up to this part of the largest entry."""


def chain(x: Any) -> Any:
    """The chained Rosenbrock function, written with slices."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def plane(x: Any) -> Any:
    """The Rosenbrock function of two variables, written with components."""
    return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2


def logistic(random: np.random.Generator) -> Callable[[Any], Any]:
    """The regularized logistic loss of 1000 samples with 100 features."""
    A = random.standard_normal((ROWS, N))
    y = np.sign(random.standard_normal(ROWS))
    return lambda w: np.mean(np.logaddexp(0.0, -y * (A @ w))) + 0.05 * (w @ w)


def case(
    what: str, ours: Callable[[], Any], theirs: Callable[[], Any], gate: float | None = None,
    value: Callable[[], Any] | None = None,
) -> Case:  # fmt: skip
    """Return a comparison of two ways to the same numbers.

    Raises
    ------
    ArithmeticError
        Where they are not the same.
    """
    right = theirs()
    differs = np.abs(ours() - right).max() / np.abs(right).max()
    if not differs <= SAME:
        msg = f"{what}: the derivatives differ by {differs:.0e}"
        raise ArithmeticError(msg)
    peers = {"autograd": Peer(cpu(theirs), gate)}
    if value is not None:
        peers["f itself"] = Peer(cpu(value), limit=True)
    return Case(what, cpu(ours), peers, ROUNDS)


def cases(quick: bool) -> Iterator[Case]:
    """Yield the comparisons."""
    random = np.random.default_rng(0)
    for name, f in (("chained Rosenbrock, n = 100", chain), ("logistic, 1000 × 100", logistic(random))):
        x, v = random.standard_normal(N), random.standard_normal(N)
        x.setflags(write=False)
        problem = Problem(f, start=x)
        yield case(f"Hessian: {name}", lambda f=f, x=x: derivatives.hessian(f, x),  # type: ignore[misc]
                   lambda f=f, x=x: autograd.hessian(f)(x), 1 / 6, lambda f=f, x=x: f(x))  # type: ignore[misc]  # fmt: skip
        if quick:
            return
        yield case(f"HVP, repeated at x: {name}", lambda p=problem, x=x, v=v: p.hvp(x, v),  # type: ignore[misc]
                   lambda f=f, x=x, v=v: autograd.hessian_vector_product(f)(x, v), 1 / 3)  # type: ignore[misc]  # fmt: skip
        yield case(f"value and gradient: {name}",
                   lambda f=f, x=x: derivatives.value_and_gradient(f, x)[1],  # type: ignore[misc]
                   lambda f=f, x=x: autograd.value_and_grad(f)(x)[1])  # type: ignore[misc]  # fmt: skip
    i = np.arange(N)
    colored = derivatives.color(N, np.concatenate([i, i[:-1]]), np.concatenate([i, i[1:]]))
    x, X = random.standard_normal(N), random.standard_normal((POINTS, 2))
    yield case("Hessian by coloring: chained Rosenbrock, n = 100",
               lambda: colored.from_sums(derivatives.linearize(chain, x).each(colored.seeds())).toarray(),
               lambda: autograd.hessian(chain)(x), 1 / 10)  # fmt: skip
    yield case(f"Hessians at {POINTS} points: Rosenbrock, n = 2", lambda: derivatives.hessians(plane, X),
               lambda: np.array([autograd.hessian(plane)(z) for z in X]), 1 / 30)  # fmt: skip
