"""Gradient methods that can do with a few terms of a finite sum at a time."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import isnan, nan
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.samples import Indices
from optlab.core.status import Halt, Status
from optlab.kernels.narrow import PRECISIONS
from optlab.kernels.norms import max_abs
from optlab.schedules.base import Schedule
from optlab.schedules.constant_schedule import ConstantSchedule

HUGE = 1e100
"""Where the gradient of a batch is greater than this, f, which may be about to overflow, is evaluated after all."""


class _WhenSampled:
    """A class fact that depends on the setting `batch` of the instance."""

    def __init__(self, full: Any, sampled: Any) -> None:
        self.full, self.sampled = full, sampled

    def __get__(self, optimizer: Any, cls: type) -> Any:
        return self.full if optimizer is None or optimizer.batch is None else self.sampled


def when_sampled(full: Any, sampled: Any) -> Any:
    """Return a class fact: `full` for the class and where `batch` is None, `sampled` otherwise."""
    return _WhenSampled(full, sampled)


@dataclass(frozen=True)
class SampledState(State):
    """A state of a method that may see only samples; then g is the mean gradient of this step's batch, at x.

    f is NaN where it was not evaluated, and so is the stationarity.

    Attributes
    ----------
    order : (N,) int array or None
        The order in which this epoch goes through the terms.
    """

    order: Indices | None = None


@dataclass(frozen=True)
class SampledOptimizer(Optimizer):
    """A method that moves by a function of the last gradient and its memory; a subclass writes `move`.

    With `batch` a gradient is that of so many terms of a finite sum, drawn anew at each step, and the method is
    not `exact`: it never claims convergence. f is not evaluated on the way (`evaluate_every` changes that): the trace
    has the exact f of the kept iterates, filled in after the run and not counted; columns have ‖∇f‖. The draws of
    step k depend on the seed and k alone.

    Parameters
    ----------
    step_size : float
        α.
    schedule : Schedule
        What α is multiplied by at iteration k.
    batch : int, optional
        How many terms a gradient is the mean of; None for the whole gradient.
    replacement : bool
        Draw terms with replacement; else every epoch goes through all of them in a new random order, the last batch
        of it being what is left.
    evaluate_every : int
        With a batch, evaluate f at every so many iterations, counted; 0 for never.
    """

    abstract: ClassVar[bool] = True
    needs = when_sampled(("gradient",), ("samples",))
    exact = when_sampled(True, False)
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS

    step_size: Annotated[float, Gt(0)] = 1e-2
    schedule: Schedule = ConstantSchedule()  # noqa: RUF009  frozen
    batch: Annotated[int, Ge(1)] | None = None
    replacement: bool = False
    evaluate_every: Annotated[int, Ge(0)] = 0

    @abstractmethod
    def move(self, state: State, alpha: float) -> tuple[Array, Any]:
        """Return the step to take from state.x, shape (n,), and the new memory; state.g is the gradient to use."""

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, or the first batch there."""
        f, g, order = self._evaluated(oracle, x0, 0, None)
        return SampledState(x0, f, g, order=order)

    def step(self, oracle: Oracle, state: State) -> State:
        """Move, and evaluate the new point, or the next batch there."""
        assert isinstance(state, SampledState)
        alpha = self.step_size * self.schedule.factor(state.k)
        s, memory = self.move(state, alpha)
        x = state.x + s
        f, g, order = self._evaluated(oracle, x, state.k + 1, state.order)
        return state.at(x, f, g, step_size=alpha, direction=s / alpha, memory=memory, order=order)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖g‖∞; NaN, not known, where g is that of a batch."""
        return oracle.max_abs(state.g) if self.batch is None else nan

    def _evaluated(
        self, oracle: Oracle, x: Array, k: int, order: Indices | None
    ) -> tuple[float, Array, Indices | None]:
        """Return f, the gradient of the batch of iteration k, and the order of its epoch."""
        if self.batch is None:
            return *oracle.value_and_gradient(x), None
        rows, order = self._drawn(oracle, k, order)
        g = oracle.sample_gradient(x, rows)
        due = self.evaluate_every > 0 and k % self.evaluate_every == 0
        if not due and max_abs(g) < HUGE:
            return nan, g, order
        f = oracle.value(x)  # tells whether the run has diverged
        if isnan(f):
            raise Halt(Status.NONFINITE, f"f is NaN after {k} steps")
        return f, g, order

    def _drawn(self, oracle: Oracle, k: int, order: Indices | None) -> tuple[Indices, Indices | None]:
        """Return the terms of iteration k, and the order of its epoch."""
        assert self.batch is not None
        N = oracle.sample_size
        if self.replacement:
            return oracle.random(k, "batch").integers(N, size=self.batch), None
        epoch, j = divmod(k, -(-N // self.batch))
        if j == 0 or order is None:
            order = oracle.random(epoch, "epoch").permutation(N)
            order.setflags(write=False)
        return order[j * self.batch : (j + 1) * self.batch], order
