"""Gradient descent with the best of several steps."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, InputError, Status
from optlab.kernels.narrow import PRECISIONS
from optlab.linesearch.base import Line, falls_forever, unbounded

POWERS_OF_TEN = tuple(10.0**j for j in range(-8, 3))


@dataclass(frozen=True)
class GradientDescentCandidates(Optimizer):
    """Evaluate f after several steps against the gradient and keep the best, staying where none is better.

    A value that is not finite counts as +inf, ties go to the smallest step, and every trial is counted.
    Staying once is staying forever: the run ends, STALLED where even the shortest step promises less than the
    rounding of f and LINESEARCH_FAILED otherwise.
    Source: Goodfellow, Bengio & Courville (2016), section 4.3.

    Parameters
    ----------
    steps : tuple of float
        The steps to try, ≥ 0; 0, to stay, is always among them and costs nothing.

    Raises
    ------
    InputError
        At the start, when a step is negative or not finite, or none is positive.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("monotone",)

    steps: tuple[float, ...] = POWERS_OF_TEN

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Check the steps and evaluate the start."""
        if not all(isfinite(alpha) and alpha >= 0 for alpha in self.steps) or not any(self.steps):
            msg = f"steps must be finite and >= 0, with one of them > 0, given {self.steps}"
            raise InputError(msg)
        return super().init(oracle, x0)

    def step(self, oracle: Oracle, state: State) -> State:
        """Return the best of the candidates."""
        line = Line(oracle, state.x, state.f, state.g, -state.g)
        lengths = sorted({alpha for alpha in self.steps if alpha > 0})
        best = line.origin()
        for alpha in lengths:
            trial = line.value(alpha)
            if falls_forever(trial):
                unbounded(line, trial)
            if trial.f < best.f:
                best = trial
        if best.alpha > 0:
            best = line.complete(best)
            assert best.g is not None
            return state.at(best.x, best.f, best.g, step_size=best.alpha, direction=line.d)
        promised = -line.promised(lengths[0])
        if promised <= line.noise or line.too_short(lengths[0]):
            raise Halt(Status.STALLED, f"the shortest step promises a decrease of {promised:.1e}, below rounding")
        note = f"none of the {len(lengths)} steps lowers f, though the shortest one promised {promised:.1e}"
        raise Halt(Status.LINESEARCH_FAILED, note)
