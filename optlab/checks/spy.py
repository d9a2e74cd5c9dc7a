"""A problem under watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

from optlab.core.problem import Array, Facts, ProblemBase
from optlab.core.samples import Indices, Samples

Watch = Callable[[str, Array], None]


def ignore(_: str, __: Array) -> None:
    """Watch nothing."""


class Spy(ProblemBase):
    """Another problem, watched: `watch(name, x)` is called before every evaluation.

    With sign = −1 its gradient points the wrong way. Its scale is stated, so that the driver asks nothing of it
    beside what the method does.
    """

    def __init__(self, problem: ProblemBase, watch: Watch = ignore, sign: float = 1.0) -> None:
        self.problem, self.watch, self.sign = problem, watch, sign
        self.tags = problem.tags  # type: ignore[misc]
        self.feasible, self.bounds = problem.feasible, problem.bounds
        self.linear_equality, self.linear_inequality = problem.linear_equality, problem.linear_inequality
        self.composite = problem.composite

    def __repr__(self) -> str:
        return f"Spy({self.problem!r}, sign={self.sign})"

    def value(self, x: Array) -> float:
        self.watch("f", x)
        return self.problem.value(x)

    def gradient(self, x: Array) -> Array:
        self.watch("gradient", x)
        return self.sign * self.problem.gradient(x)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        self.watch("f", x)
        self.watch("gradient", x)
        f, g = self.problem.value_and_gradient(x)
        return f, self.sign * g

    def hessian(self, x: Array) -> Array:
        self.watch("hessian", x)
        return self.problem.hessian(x)

    def hvp(self, x: Array, v: Array) -> Array:
        self.watch("hvp", x)
        return self.problem.hvp(x, v)

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        self.watch("hessian", x)
        return self.problem.lagrangian_hessian(x, lam, nu)

    @property
    def equality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """The equality functions."""
        return self._watched("constraint", self.problem.equality)

    @property
    def inequality(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """The inequality functions."""
        return self._watched("constraint", self.problem.inequality)

    def _watched(self, what: str, function: Callable[[Array], Any] | None) -> Callable[[Array], Any] | None:
        def watched(x: Array) -> Any:
            assert function is not None
            self.watch(what, x)
            return function(x)

        return None if function is None else watched

    def equality_jacobian(self, x: Array) -> Array:
        return self.problem.equality_jacobian(x)

    def inequality_jacobian(self, x: Array) -> Array:
        return self.problem.inequality_jacobian(x)

    @property
    def residuals(self) -> Callable[[Array], Any] | None:  # type: ignore[override]
        """The residuals of a least-squares problem; they count as f."""
        return None if self.problem.residuals is None else self._residuals

    def _residuals(self, x: Array) -> Any:
        self.watch("f", x)
        assert self.problem.residuals is not None
        return self.problem.residuals(x)

    def jacobian(self, x: Array) -> Array:
        self.watch("jacobian", x)
        return self.sign * self.problem.jacobian(x)

    @cached_property
    def samples(self) -> Samples | None:  # type: ignore[override]
        """The terms of a finite sum; each index counts."""
        terms = self.problem.samples
        if terms is None:
            return None
        value, gradient = terms.value, terms.gradient

        def watched(function: Callable[[Array, Indices], Any], sign: float) -> Callable[[Array, Indices], Any]:
            def answer(x: Array, indices: Indices) -> Any:
                for _ in range(indices.size):
                    self.watch("sample", x)
                return sign * function(x, indices)

            return answer

        return Samples(terms.size, watched(value, 1.0), watched(gradient, self.sign))

    @cached_property
    def _rows(self) -> int:
        return self.problem._rows  # how many residuals there are, uncounted

    @cached_property
    def square_factor(self) -> float:
        """That of the watched problem, unwatched."""
        return self.problem.square_factor

    def by_hand(self, name: str) -> bool:
        """Whether the watched problem has the method by hand."""
        return self.problem.by_hand(name)

    def start(self) -> Array:
        return self.problem.start()

    def facts(self) -> Facts:
        return replace(self.problem.facts(), scale=1.0)


def counting(problem: ProblemBase) -> tuple[Spy, Counter[str]]:
    """Return the problem under watch, and the counter of its evaluations by kind."""
    calls: Counter[str] = Counter()
    return Spy(problem, lambda what, _: calls.update([what])), calls
