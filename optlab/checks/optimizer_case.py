"""An optimizer as its battery sees it: the probes it can run on, and its runs on them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from optlab.checks.probes import Spy, Valley, bowls
from optlab.checks.report import Skipped
from optlab.core import kkt
from optlab.core.driver import Loop, iterate, lacking, run
from optlab.core.optimizer import Optimizer
from optlab.core.problem import ProblemBase
from optlab.core.record import Record
from optlab.core.stop import Iterations, Stationary, Stop
from optlab.core.trace import Trace

SHORT = Stationary() | Iterations(12)
LONG = Stationary() | Iterations(500)


@dataclass
class OptimizerCase:
    """An optimizer and the probes that it can run on."""

    optimizer: Optimizer

    @cached_property
    def probes(self) -> dict[str, ProblemBase]:
        """The probes that fit; raises Skipped where none does."""
        fit = {name: p for name, p in {**bowls(3), "valley": Valley()}.items() if not lacking(p, self.optimizer)}
        if not fit:
            msg = "no probe fits the method"
            raise Skipped(msg)
        return fit

    def bowls(self, n: int = 3) -> dict[str, ProblemBase]:
        """Return the bowls among them, in n variables; raise Skipped where none fits."""
        fit = {name: p for name, p in bowls(n).items() if not lacking(p, self.optimizer)}
        if not fit:
            msg = "no bowl fits the method"
            raise Skipped(msg)
        return fit

    def records(self, problem: ProblemBase, stop: Stop = SHORT, **more: Any) -> list[Record]:
        """All records of a run."""
        return list(iterate(problem, self.optimizer, stop=stop, **more))

    def trace(self, problem: ProblemBase, stop: Stop = LONG, start: Any = None) -> Trace:
        """The trace of a run."""
        return run(Loop(problem, self.optimizer, start=start, stop=stop))

    def own_loop(self) -> None:
        """Raise Skipped for a method whose loop is not ours."""
        if "foreign" in self.optimizer.properties:
            msg = "a foreign solver owns its loop"
            raise Skipped(msg)

    def exact(self) -> None:
        """Raise Skipped for a method that sees sampled gradients."""
        if not self.optimizer.exact:
            msg = "the method sees only sampled gradients"
            raise Skipped(msg)


def counting(problem: ProblemBase) -> tuple[Spy, Counter[str]]:
    """Return the problem under watch, and the counter of its evaluations by kind."""
    calls: Counter[str] = Counter()
    return Spy(problem, lambda what: calls.update([what])), calls


def residual(problem: ProblemBase, x: Any) -> float:
    """Return the greatest of the KKT residuals at x."""
    found = kkt.kkt(problem, x)
    return max(found.stationarity, found.primal, found.complementarity)


def prints(records: list[Record]) -> list[tuple[Any, ...]]:
    """Return what must be equal bit for bit, one tuple per record."""
    return [
        (r.k, r.x.tobytes(), float(r.f).hex(), r.state.g.tobytes(), repr(float(r.step_size)), r.counts, r.status)
        for r in records
    ]


def first_difference(a: list[Any], b: list[Any]) -> int:
    """Return the index of the first difference."""
    return next((i for i, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), min(len(a), len(b)))
