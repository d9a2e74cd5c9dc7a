"""An optimizer as its battery sees it: the probes it can run on, and its runs on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from optlab.checks.probes import Valley, bowls
from optlab.checks.report import Failed, Skipped
from optlab.checks.snippets import snippet
from optlab.checks.sum_probes import FitValley, sums
from optlab.checks.tags import all_tags
from optlab.core import kkt
from optlab.core.driver import Loop, iterate, run
from optlab.core.endings import lacking
from optlab.core.optimizer import Optimizer
from optlab.core.problem import ProblemBase
from optlab.core.record import Record
from optlab.core.stop import Iterations, Stationary, Stop
from optlab.core.trace import Trace

SHORT = Stationary() | Iterations(12)
LONG = Stationary() | Iterations(500)
PATIENT = Stationary() | Iterations(2000)
OTHERS = Stationary() | Iterations(100)
"""For solvers whose loop is not ours, where an iteration costs a change of threads."""
NOISY = Iterations(60)
"""For methods that see sampled gradients and cannot converge, in place of LONG and PATIENT."""
OF_SUMS = {"residuals", "jacobian", "samples"}


@dataclass
class OptimizerCase:
    """An optimizer and the probes that it can run on."""

    optimizer: Optimizer
    last: tuple[ProblemBase, Optimizer, Stop, Any] | None = field(default=None, repr=False)

    @cached_property
    def tags(self) -> frozenset[str]:
        """The method's tags, with all that they imply."""
        return all_tags(self.optimizer.properties)

    @cached_property
    def probes(self) -> dict[str, ProblemBase]:
        """The probes that fit; raises Skipped where none does."""
        return self._fitting({**self._bowls(3), **self.valleys()}, "no probe fits the method")

    def bowls(self, n: int = 3) -> dict[str, ProblemBase]:
        """Return the bowls among them, in n variables; raise Skipped where none fits."""
        return self._fitting(self._bowls(n), "no bowl fits the method")

    def valleys(self) -> dict[str, ProblemBase]:
        """Return Rosenbrock's valley, by its residuals too where the method is one of least squares."""
        return {"valley": Valley(), **({"valley of residuals": FitValley()} if self.sums else {})}

    @property
    def sums(self) -> bool:
        """Whether the method needs residuals or samples."""
        return bool(OF_SUMS.intersection(self.optimizer.needs))

    def _bowls(self, n: int) -> dict[str, ProblemBase]:
        return {**bowls(n), **(sums(n) if self.sums else {})}

    def _fitting(self, problems: dict[str, ProblemBase], otherwise: str) -> dict[str, ProblemBase]:
        fit = {name: problem for name, problem in problems.items() if not lacking(problem, self.optimizer)}
        if not fit:
            raise Skipped(otherwise)
        return fit

    def fits(self, problem: ProblemBase) -> bool:
        """Whether the method can run on a problem."""
        return not lacking(problem, self.optimizer)

    def fitting(self, *problems: ProblemBase) -> list[ProblemBase]:
        """Return those of the problems that the method can run on; raise Skipped with the reason where none is."""
        reasons = [lacking(problem, self.optimizer) for problem in problems]
        if all(reasons):
            raise Skipped(reasons[0])
        return [problem for problem, why in zip(problems, reasons, strict=True) if not why]

    def records(self, problem: ProblemBase, stop: Stop = SHORT, **more: Any) -> list[Record]:
        """All records of a run."""
        self.last = (problem, self.optimizer, stop, more.get("start"))
        return list(iterate(problem, self.optimizer, stop=stop, **more))

    def trace(
        self, problem: ProblemBase, stop: Stop = LONG, start: Any = None, optimizer: Optimizer | None = None
    ) -> Trace:
        """The trace of a run, of the method or of a variant of it."""
        method = optimizer or self.optimizer
        if stop in (LONG, PATIENT):
            stop = NOISY if not method.exact else OTHERS if "foreign" in self.tags else stop
        self.last = (problem, method, stop, start)
        return run(Loop(problem, method, start=start, stop=stop))

    def reproduce(self) -> str:
        """Return code that repeats the last run."""
        return "" if self.last is None else snippet(*self.last)

    def own_loop(self) -> None:
        """Raise Skipped for a method whose loop is not ours."""
        if "foreign" in self.tags:
            msg = "a foreign solver owns its loop"
            raise Skipped(msg)

    @property
    def counted(self) -> tuple[str, ...]:
        """The counters that hold every evaluation; a method without derivatives is judged by uncounted gradients."""
        free = "derivative_free" in self.optimizer.properties
        return tuple(what for what in ("f", "gradient", "hessian", "hvp") if not (free and what == "gradient"))

    def runs_here(self) -> None:
        """Raise Skipped for a method whose package is not installed."""
        missing = self.optimizer.lacks()
        if missing:
            raise Skipped(missing)

    def exact(self) -> None:
        """Raise Skipped for a method that sees sampled gradients."""
        if not self.optimizer.exact:
            msg = "the method sees only sampled gradients"
            raise Skipped(msg)


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


def same_points(a: Trace, b: Trace, what: str) -> None:
    """Raise Failed, with the first iteration and the numbers, unless both runs went through the same points."""
    if a.points.tobytes() == b.points.tobytes():
        return
    k = first_difference([x.tobytes() for x in a.points], [x.tobytes() for x in b.points])
    if k >= min(len(a.points), len(b.points)):
        msg = f"{what}: {len(b) - 1} steps instead of {len(a) - 1}, {b.status.name} instead of {a.status.name}"
        raise Failed(msg)
    msg = f"{what}: iterate {k} is {b.points[k]} instead of {a.points[k]}"
    raise Failed(msg)
