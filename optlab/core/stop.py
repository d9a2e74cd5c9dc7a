"""Stop rules: each is bound once to the beginning of a run, and they compose with | and &."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.status import InputError, Status
from optlab.derivatives.batched import NotBatchableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle


class Progress(Protocol):
    """What a rule sees of a run: the driver's own book, updated at every iteration.

    `scale` is the stationarity that counts as of order one on this problem; `certified()` says whether an
    independent check of the constraints and of stationarity, to the given tolerance, agrees.
    """

    state: State | None
    oracle: Oracle
    k: int
    stationarity: float
    seconds: float
    scale: float

    def certified(self, tolerance: float) -> bool: ...


Judge = Callable[[Progress], Status | None]

CODES = (None, *Status)
"""What the codes of `Stop.many` stand for: 0 for going on, else a status."""


class ProgressOfMany(Protocol):
    """What a rule sees of B runs in step: numbers that differ from run to run are (B,) arrays."""

    oracle: Any
    k: int
    stationarity: NDArray[np.float64]
    scale: NDArray[np.float64]


def code(status: Status | None) -> np.int8:
    """Return the code of a verdict."""
    return np.int8(CODES.index(status))


@dataclass(frozen=True)
class Stop(ABC):
    """A rule. `bind(first)` returns the judge of one run; `limits()` the budgets it sets on the oracle."""

    @abstractmethod
    def bind(self, first: Progress) -> Judge:
        """Return the judge for the run that begins with `first`."""

    def limits(self) -> dict[str, float]:
        """Evaluation budgets, by counter."""
        return {}

    def many(self, now: ProgressOfMany) -> Any:
        """Return the code of every run's verdict, (B,) or one for all; CONVERGED where no claim needs a check.

        Raises
        ------
        NotBatchableError
            For a rule that can only judge one run at a time.
        """
        msg = f"the stop rule {type(self).__name__}"
        raise NotBatchableError(msg)

    def __or__(self, other: Stop) -> Stop:
        return Either(self, other)

    def __and__(self, other: Stop) -> Stop:
        return Both(self, other)


@dataclass(frozen=True)
class Stationary(Stop):
    """CONVERGED when stationarity ≤ atol + rtol · s.

    s is the stationarity at the problem's standard start (or its facts' `scale`), never the run's own start:
    a far start does not loosen it and a warm start does not tighten it. For constrained problems every
    constraint must be met as well, and an independent KKT check must agree.
    """

    rtol: Annotated[float, Ge(0)] = 1e-8
    atol: Annotated[float, Ge(0)] = 0.0

    def bind(self, first: Progress) -> Judge:
        """Fix the tolerance for this run."""
        tolerance = self.atol + self.rtol * first.scale

        def judge(now: Progress) -> Status | None:
            if now.stationarity <= tolerance and now.certified(tolerance):
                return Status.CONVERGED
            return None

        return judge

    def many(self, now: ProgressOfMany) -> Any:
        """Compare every run with its tolerance."""
        return np.where(now.stationarity <= self.atol + self.rtol * now.scale, code(Status.CONVERGED), code(None))


@dataclass(frozen=True)
class Iterations(Stop):
    """MAX_ITERATIONS after n steps."""

    n: Annotated[int, Ge(0)]

    def bind(self, first: Progress) -> Judge:
        """Count steps."""
        n = self.n
        return lambda now: Status.MAX_ITERATIONS if now.k >= n else None

    def many(self, now: ProgressOfMany) -> Any:
        """Count the steps, which all have taken."""
        return code(Status.MAX_ITERATIONS if now.k >= self.n else None)


@dataclass(frozen=True)
class Evaluations(Stop):
    """MAX_EVALUATIONS when a counter has reached its budget; the oracle refuses whatever would exceed it."""

    f: Annotated[float, Gt(0)] | None = None
    gradient: Annotated[float, Gt(0)] | None = None
    hessian: Annotated[float, Gt(0)] | None = None
    hvp: Annotated[float, Gt(0)] | None = None
    constraint: Annotated[float, Gt(0)] | None = None
    jacobian: Annotated[float, Gt(0)] | None = None
    sample: Annotated[float, Gt(0)] | None = None

    def limits(self) -> dict[str, float]:
        """Return the budgets given."""
        return {name: most for name, most in vars(self).items() if most is not None}

    def bind(self, first: Progress) -> Judge:
        """Compare the oracle's counters with the budgets."""
        limits = [("n_" + name, most) for name, most in self.limits().items()]
        if not limits:
            msg = "Evaluations needs at least one budget, for example Evaluations(gradient=1000)"
            raise InputError(msg)

        def judge(now: Progress) -> Status | None:
            spent = any(getattr(now.oracle, counter) >= most for counter, most in limits)
            return Status.MAX_EVALUATIONS if spent else None

        return judge

    def many(self, now: ProgressOfMany) -> Any:
        """Compare the counters, which are those of every run, with the budgets."""
        spent = any(getattr(now.oracle, "n_" + name) >= most for name, most in self.limits().items())
        return code(Status.MAX_EVALUATIONS if spent else None)


@dataclass(frozen=True)
class Seconds(Stop):
    """TIMEOUT when the method's own time (recording excluded) has reached s seconds."""

    s: Annotated[float, Ge(0)]

    def bind(self, first: Progress) -> Judge:
        """Watch the clock."""
        s = self.s
        return lambda now: Status.TIMEOUT if now.seconds >= s else None


@dataclass(frozen=True)
class Either(Stop):
    """Stops as soon as one of two rules does; the left one names the reason when both do."""

    left: Stop
    right: Stop

    def limits(self) -> dict[str, float]:
        """The tighter of the two budgets, counter by counter."""
        a, b = self.left.limits(), self.right.limits()
        return {name: min(a.get(name, float("inf")), b.get(name, float("inf"))) for name in a | b}

    def bind(self, first: Progress) -> Judge:
        """Ask left, then right."""
        left, right = self.left.bind(first), self.right.bind(first)

        def judge(now: Progress) -> Status | None:
            status = left(now)
            return right(now) if status is None else status

        return judge

    def many(self, now: ProgressOfMany) -> Any:
        """Ask left, then right."""
        left, right = self.left.many(now), self.right.many(now)
        return np.where(left, left, right)


@dataclass(frozen=True)
class Both(Stop):
    """Stops when both rules hold at the same iteration; the left one names the reason."""

    left: Stop
    right: Stop

    def bind(self, first: Progress) -> Judge:
        """Ask both."""
        left, right = self.left.bind(first), self.right.bind(first)

        def judge(now: Progress) -> Status | None:
            status = left(now)
            return status if status is not None and right(now) is not None else None

        return judge

    def many(self, now: ProgressOfMany) -> Any:
        """Ask both."""
        left, right = self.left.many(now), self.right.many(now)
        return np.where(right, left, code(None))
