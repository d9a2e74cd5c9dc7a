"""Runs of one method on given functions, ours and the peers', and what an iteration costs beyond the functions' calls.

Ours is `optlab.minimize` as a user calls it, with the full record; scipy's is `scipy.optimize.minimize` without a
callback. Where a call is short, what it usually costs is taken off; where it is long, calls are timed as they happen,
since what they cost depends on the state of the caches.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import thread_time
from typing import Any

import numpy as np

import optlab
from optlab import Problem
from optlab.core.problem import Array
from optlab.core.stop import Iterations, Stationary

NEVER = 1e-30
"""A tolerance that is not reached: all take the iterations they are told to."""
IN_PLACE = 1000
"""From this n on the calls are timed where they happen."""
CALLS = 2000
Function = Callable[[Array], Any]


@dataclass(frozen=True)
class Functions:
    """f, its derivatives and a start."""

    f: Function
    g: Function
    both: Function
    start: Array
    H: Function | None = None


def given(functions: Functions) -> Problem:
    """Return the problem of some functions, as a user makes it."""
    return Problem(
        functions.f, start=functions.start, gradient=functions.g, value_and_gradient=functions.both, hessian=functions.H
    )


def plane() -> Functions:
    """Rosenbrock's function of two variables, in Python's floats."""

    def both(x: Array) -> tuple[float, Array]:
        a, b = x.tolist()
        t, u = b - a * a, 1.0 - a
        return 100.0 * t * t + u * u, np.array([-400.0 * a * t - 2.0 * u, 200.0 * t])

    def f(x: Array) -> float:
        a, b = x.tolist()
        t, u = b - a * a, 1.0 - a
        return float(100.0 * t * t + u * u)

    def g(x: Array) -> Array:
        a, b = x.tolist()
        t = b - a * a
        return np.array([-400.0 * a * t - 2.0 * (1.0 - a), 200.0 * t])

    def H(x: Array) -> Array:  # noqa: N802  the textbook's name
        a, b = x.tolist()
        return np.array([[1200.0 * a * a - 400.0 * b + 2.0, -400.0 * a], [-400.0 * a, 200.0]])

    return Functions(f, g, both, np.array([-1.2, 1.0]), H)


def valleys(n: int) -> Functions:
    """The extended Rosenbrock function from a start whose pairs differ."""
    even = np.arange(0, n, 2)

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

    def H(x: Array) -> Array:  # noqa: N802  the textbook's name
        a = x[0::2]
        full = np.zeros((n, n))
        full[even, even] = 1200.0 * a * a - 400.0 * x[1::2] + 2.0
        full[even + 1, even + 1] = 200.0
        full[even, even + 1] = full[even + 1, even] = -400.0 * a
        return full

    start = np.tile([-1.2, 1.0], n // 2) + 0.3 * np.random.default_rng(0).uniform(-1.0, 1.0, n)
    return Functions(f, g, both, start, H)


def functions_of(n: int) -> Functions:
    """Return the valley, or many."""
    return plane() if n == 2 else valleys(n)


class Clock:
    """A function whose calls are counted, and timed where they happen or once and for all."""

    def __init__(self, function: Function, x: Array, *, in_place: bool) -> None:
        self.function, self.in_place, self.usual = function, in_place, 0.0
        self.calls, self.seconds = 0, 0.0
        if not in_place:
            times = []
            for _ in range(5):
                begin = thread_time()
                for _ in range(CALLS):
                    function(x)
                times.append((thread_time() - begin) / CALLS)
            self.usual = min(times)

    def __call__(self, x: Array) -> Any:
        begin = thread_time()
        result = self.function(x)
        self.seconds += thread_time() - begin
        return result

    @property
    def given(self) -> Function:
        """What contenders call: itself only where it times the calls."""
        return self if self.in_place else self.function


class Race:
    """Contenders on the same functions; each returns the seconds per iteration beyond the calls."""

    def __init__(self, functions: Functions, iterations: int, runs: int = 1) -> None:
        in_place = functions.start.size >= IN_PLACE
        self.iterations, self.runs, self.start = iterations, runs, functions.start
        self.f, self.g, self.both = (
            Clock(function, functions.start, in_place=in_place)
            for function in (functions.f, functions.g, functions.both)
        )
        self.H = None if functions.H is None else Clock(functions.H, functions.start, in_place=in_place)
        self.clocks = [clock for clock in (self.f, self.g, self.both, self.H) if clock is not None]
        self.problem = given(
            Functions(self.f.given, self.g.given, self.both.given, functions.start, self.H and self.H.given)
        )

    def _timed(self, run: Callable[[], tuple[int, float]]) -> float:
        for clock in self.clocks:
            clock.seconds = 0.0
        iterations, calls, begin = 0, 0.0, thread_time()
        for _ in range(self.runs):
            k, spent = run()
            iterations, calls = iterations + k, calls + spent
        total = thread_time() - begin
        return (total - calls - sum(clock.seconds for clock in self.clocks)) / iterations

    def ours(self, name: str, **settings: Any) -> Callable[[], float]:
        """Return a measurement of a method of ours."""
        method, stop = optlab.optimizer(name, **settings), Stationary(rtol=NEVER) | Iterations(self.iterations)

        def run() -> tuple[int, float]:
            found = optlab.minimize(self.problem, method, stop=stop)
            n = found.evaluations
            per_H = 0.0 if self.H is None else self.H.usual
            fused = min(n["f"], n["gradient"])
            calls = fused * self.both.usual + (n["f"] - fused) * self.f.usual + (n["gradient"] - fused) * self.g.usual
            return found.iterations, calls + n["hessian"] * per_H

        return lambda: self._timed(run)

    def scipy(self, method: str, **options: Any) -> Callable[[], float]:
        """Return a measurement of a method of scipy."""
        import scipy.optimize as peer

        minimize: Any = peer.minimize  # its stub has an overload per method
        hess = None if self.H is None or not method.startswith("trust") else self.H.given
        options = {"maxiter": self.iterations, "gtol": NEVER, **options}

        def run() -> tuple[int, float]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = minimize(self.f.given, self.start, jac=self.g.given, hess=hess, method=method, options=options)
            calls = found.nfev * self.f.usual + found.njev * self.g.usual
            return int(found.nit), calls + found.get("nhev", 0) * (self.H.usual if self.H else 0.0)

        return lambda: self._timed(run)

    def nlopt(self, method: str, **settings: Any) -> Callable[[], float]:
        """Return a measurement of a method of NLopt, per evaluation: it does not say what an iteration is."""

        def run() -> tuple[int, float]:
            import nlopt

            def f(x: Array, grad: Array) -> float:
                value, grad[:] = self.both.given(x)
                return value  # type: ignore[no-any-return]

            solver = nlopt.opt(getattr(nlopt, method), self.start.size)
            for name, value in settings.items():
                getattr(solver, f"set_{name}")(value)
            solver.set_min_objective(f)
            solver.set_maxeval(self.iterations)
            solver.optimize(self.start)
            return solver.get_numevals(), solver.get_numevals() * self.both.usual

        return lambda: self._timed(run)
