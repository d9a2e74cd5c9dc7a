"""A problem as its battery sees it: where to look at it, and how exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from optlab import derivatives
from optlab.checks.report import Failed, Skipped
from optlab.core.problem import Array, ProblemBase

SEEDED = 5
"""Random points beside the start and the solution."""
SPREAD = 0.1
"""Standard deviation of these, relative to where they are scattered from."""
HALVINGS = 60
SMALL = 50
"""Up to this n every coordinate is looked at; beyond, `FEW` random directions."""
FEW = 4
AUTOGRAD = (1e-10, 1e-11)
DIFFERENCES = (1e-6, 1e-9)
"""Tolerances, relative to the largest entry at the point, and to the largest one at the start."""
POWER_STEPS = 10


class Place(NamedTuple):
    """A point with a label for messages; x is read-only."""

    label: str
    x: Array


@dataclass
class ProblemCase:
    """A problem, a formula for its value that autograd can trace, and the seed of the random points."""

    problem: ProblemBase
    formula: Callable[[Any], Any] | None = None
    seed: int = 0
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    @cached_property
    def start(self) -> Array:
        """The standard start, read-only."""
        return read_only(self.problem.start())

    @cached_property
    def solution(self) -> Array:
        """x*, read-only; raises Skipped where none is claimed."""
        known = self.problem.known.solution
        if known is None:
            msg = "no solution is claimed"
            raise Skipped(msg)
        x = read_only(known)
        if x.shape != (self.problem.n,):
            msg = f"the solution must have shape ({self.problem.n},), given {x.shape}"
            raise Failed(msg)
        return x

    @cached_property
    def seeded(self) -> list[Place]:
        """Random points between the start and the solution, where f is finite."""
        problem, start = self.problem, self.start
        end = start if problem.known.solution is None else self.solution
        places = []
        for i in range(SEEDED):
            base = start + self.random.uniform() * (end - start)
            shift = SPREAD * (float(np.abs(base).max()) or 1.0) * self.random.standard_normal(problem.n)
            for _ in range(HALVINGS):
                x = read_only(base + shift)
                if np.isfinite(problem.value(x)) and np.isfinite(problem.gradient(x)).all():
                    break
                shift *= 0.5
            places.append(Place(f"random point {i + 1}", x))
        return places

    @cached_property
    def places(self) -> list[Place]:
        """The start, the solution where one is claimed, and the random points."""
        places = [Place("the start", self.start)]
        if self.problem.known.solution is not None:
            places.append(Place("the solution", self.solution))
        return places + self.seeded

    @cached_property
    def directions(self) -> list[tuple[str, Array]]:
        """The unit vectors, or a few random directions where there are too many."""
        n = self.problem.n
        if n <= SMALL:
            return [(f"entry {i}", e) for i, e in enumerate(np.eye(n))]
        return [(f"random direction {i}", self.random.standard_normal(n) / np.sqrt(n)) for i in range(FEW)]

    def traced(self) -> Callable[[Any], Any]:
        """Return f as autograd can trace it; raise Skipped where it cannot."""
        if self.formula is not None:
            return self.formula
        why = derivatives.traceable(self.problem.value, self.start.copy())
        if why:
            msg = f"autograd cannot trace f: {why}"
            raise Skipped(msg)
        return self.problem.value

    def offer(self, need: str) -> None:
        """Raise Skipped where the problem does not offer a derivative."""
        why = self.problem.lacks(need)
        if why:
            raise Skipped(why)

    def small(self) -> None:
        """Raise Skipped where n is too large for dense matrices of second derivatives."""
        if self.problem.n > SMALL:
            msg = f"n = {self.problem.n} is over {SMALL}"
            raise Skipped(msg)

    def rounding(self, x: Array) -> float:
        """What rounding may leave of a gradient that should vanish at x."""
        scale = float(np.abs(self.problem.gradient(self.start)).max())
        v = self.random.standard_normal(x.size)
        size = 0.0
        if not self.problem.lacks("hvp"):
            for _ in range(POWER_STEPS):
                v = self.problem.hvp(x, v / np.linalg.norm(v))
                size = float(np.linalg.norm(v))
                if not size > 0:
                    break
        return 1e3 * float(np.finfo(float).eps) * (scale + size * float(np.linalg.norm(x)))


def read_only(x: Any) -> Array:
    """Return a read-only float copy."""
    a = np.array(x, dtype=float)
    a.setflags(write=False)
    return a


def compare(label: str, given: Any, right: Any, allowed: float, by: str) -> float:
    """Return the greatest difference, or raise Failed naming the entry that differs most."""
    given, right = np.asarray(given, dtype=float), np.asarray(right, dtype=float)
    if given.shape != right.shape:
        msg = f"at {label}: shape {given.shape}, by {by} {right.shape}"
        raise Failed(msg)
    if given.size == 0:
        return 0.0
    difference = np.abs(given - right)
    worst = np.unravel_index(int(np.argmax(difference)), difference.shape)
    if not difference[worst] <= allowed:
        entry = f" entry {tuple(int(i) for i in worst)}" if given.ndim else ""
        msg = f"at {label}{entry}: {given[worst]:.10g}, by {by} {right[worst]:.10g}"
        raise Failed(msg)
    return float(difference[worst])


def largest(a: Any) -> float:
    """Return the largest absolute entry, 0 for an empty array."""
    return float(np.abs(np.asarray(a, dtype=float)).max(initial=0.0))
