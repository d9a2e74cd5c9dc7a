"""The one loop: it owns iteration, clock, budgets, the finite check, stop rules, status and record."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from math import isfinite, isnan, nan
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core import kkt
from optlab.core.constraints import project
from optlab.core.endings import Ending, lacking
from optlab.core.events import KINDS, Watch
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import BudgetSpentError, Oracle, check_start
from optlab.core.record import Book, Record
from optlab.core.settings import check_settings
from optlab.core.status import EmptySetError, Halt, InputError, Status
from optlab.core.stop import Iterations, Stationary, Stop
from optlab.core.trace import Keep, Recorder, Trace
from optlab.kernels.norms import finite_max_abs, same

if TYPE_CHECKING:
    from optlab.core.problem import Array, ProblemBase
    from optlab.core.tape import Tape

DEFAULT_STOP = Stationary() | Iterations(10_000)
PATIENCE = 200
"""Iterations without an event (a new best f, worst f or best stationarity) before a run counts as stalled."""
HEAD = 10
"""How many first values of f set the range that divergence is measured against, and how long it must last."""
BLOW_UP = 1e10
"""Divergence: f above its best by this multiple of the range of its first values."""


class Loop(Ending):
    """One run in progress. Iterating it takes the steps; between two of them everything can be read.

    Attributes
    ----------
    state : State or None
        The last committed state; None until the start is evaluated.
    stationarity, seconds, scale : float
        As the stop rules see them; seconds are those of the method, recording and rules excluded.
    status, claimed : Status or None
        Verdict, and the method's own claim; None while the run goes on.
    """

    def __init__(
        self,
        problem: ProblemBase,
        optimizer: Optimizer,
        *,
        start: Any = None,
        stop: Stop | None = None,
        seed: int = 0,
        resume: Record | None = None,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            msg = f"an Optimizer is needed, given {type(optimizer).__name__}"
            raise InputError(msg)
        check_settings(optimizer)
        self.problem, self.optimizer, self.seed = problem, optimizer, seed
        own = type(optimizer).stationarity is not Optimizer.stationarity
        self._stationarity = optimizer.stationarity if own else None
        self._exact = optimizer.exact
        self.stop = DEFAULT_STOP if stop is None else stop
        self.oracle = Oracle(problem, seed)
        self.oracle.limit(**self.stop.limits())
        self.judge = problem.in_double
        self.x0 = check_start(self.judge.start() if start is None else start, problem.n, problem.arithmetic)
        self.state: State | None = None
        self.k = 0
        self.stationarity = self.scale = nan
        self.seconds = 0.0
        self.genuine = False
        self.book = Book()
        self.status: Status | None = None
        self.message = self.traceback = self.note = ""
        self.lost: Array | None = None
        if resume is not None:
            self._restore(resume)

    def _restore(self, record: Record) -> None:
        from dataclasses import replace

        self.state, self.stationarity, self.seconds = record.state, record.stationarity, record.seconds
        self.scale, self.seed, self.book, self.k = record.scale, record.seed, replace(record.book), record.k
        for name, count in record.evaluations.items():
            setattr(self.oracle, "n_" + name, count)
        self.oracle._seed = record.seed
        record.state.x.setflags(write=False)
        record.state.g.setflags(write=False)
        if self.optimizer.exact:
            self.oracle.prime(record.state.x, record.state.f, record.state.g)

    @property
    def claimed(self) -> Status | None:
        """What the method claimed: CONVERGED even where the check did not agree."""
        return Status.CONVERGED if self.book.claim else self.status

    def __iter__(self) -> Generator[Loop]:
        """Yield self after every committed state; at the end `status` is set.

        Floating-point warnings are the caller's to hold back: `iterate` does so step by step, `run` once.
        """
        resumed = self.state is not None
        try:
            self._begin()
            if self.state is None:
                return
            judge = self.stop.bind(self)
            if not resumed:
                if self.status is None:
                    self._judge(judge)
                yield self
            step = self.optimizer.step
            while self.status is None:
                if self._attempt(step, self.state):
                    self._judge(judge)
                    yield self
        finally:
            self.optimizer.close(self.state)

    def _begin(self) -> None:
        """Evaluate the start and find the scale, unless the run is resumed; without a state, the run has ended."""
        reason = lacking(self.problem, self.optimizer)
        if reason:
            self._end(Status.SKIPPED, reason)
        elif self.state is None and self._attempt(self.optimizer.init, self.x0):
            try:
                self._note_projection()
                self._measure_scale()
            except EmptySetError as error:
                self._end(Status.INFEASIBLE, str(error))
            except InputError:  # facts that cannot be meant
                raise
            except (Exception, SystemExit) as error:  # the problem at its standard start, where the method never was
                if kkt.strictly_inside(self.judge):
                    self.fail(error)
                elif self.state is not None:  # there f need not be defined
                    self.scale = kkt.stationarity(self.judge, self.state.x, self._genuine_gradient())

    def _attempt(self, action: Callable[[Oracle, Any], State], point: Any) -> bool:
        """Run one init or step on the clock and commit what it gives; False when the run ends instead."""
        begin = perf_counter()
        try:
            new = action(self.oracle, point)
            self.seconds += perf_counter() - begin - self.oracle.waited
            return self._commit(new)
        except Halt as halt:
            self._halt(halt)
        except BudgetSpentError as spent:
            self._end(spent.status, str(spent))
        except EmptySetError as error:
            self._end(Status.INFEASIBLE, str(error))
        except KeyboardInterrupt:  # the user's, for all runs
            raise
        except BaseException as error:  # exit() in a step, too, ends its run and no other
            self.fail(error)
        self.seconds += perf_counter() - begin - self.oracle.waited
        return False

    def _commit(self, new: Any) -> bool:
        old = self.state
        if not isinstance(new, State) or (old is not None and new.k != old.k + 1):
            raise TypeError(self._no_next_state(new))
        x, f, g, exact = new.x, new.f, new.g, self._exact
        size = finite_max_abs(g, x)
        if not isfinite(size) or not (isfinite(f) or (not exact and isnan(f))):  # a sampled f may not be evaluated
            self._end(self._way_out(new), self._not_finite(new))
            return False
        given_there = exact and self.oracle.prime(x, f, g)  # a sampled g is no answer to remember
        if self._stationarity is not None:
            size = float(self._stationarity(self.oracle, new))
            if exact:
                self.oracle.prime(x, f, g)
        self.genuine = given_there and (self.genuine or old is None or x is not old.x)
        self.state, self.k, self.stationarity = new, new.k, size
        return True

    def _note_projection(self) -> None:
        assert self.state is not None
        if not self.problem.constrained:
            return
        moved = self.state.x - self.x0
        if moved.any():
            inside = np.array_equal(project(self.problem, self.x0), self.x0)
            what = "was moved into the interior" if inside else "was infeasible and was projected"
            self.note = f"the start {what}, {np.linalg.norm(moved):.3g} away"

    def _measure_scale(self) -> None:
        """Find s, the stationarity at the standard start; the run's own where that is zero or not finite."""
        state = self.state
        assert state is not None
        own = self.genuine and self.judge is self.problem
        there = own and same(kkt.standard_point(self.problem), state.x)
        self.scale = kkt.scale_of(self.judge, state.g if there else None)
        if self.problem.known.scale is None and not (isfinite(self.scale) and self.scale > 0):
            self.scale = kkt.stationarity(self.judge, state.x, self._genuine_gradient())

    def _judge(self, judge: Callable[[Any], Status | None]) -> None:
        state, book = self.state, self.book
        assert state is not None
        f, k, stationarity, event = state.f, state.k, self.stationarity, False
        if f < book.best_f:
            book.best_f, book.best_x, event = f, state.x, True
        if f > book.worst_f:
            book.worst_f, event = f, True
        if stationarity < book.best_stationarity:
            book.best_stationarity, event = stationarity, True
        if event:
            book.last_event = k
        try:
            status = judge(self)
        except (Exception, SystemExit) as error:  # the problem's, while a claim is checked
            self.fail(error)
            return
        if status is not None:
            self._end(status)
        elif not event and self._exact and k - book.last_event >= max(PATIENCE, book.last_event):
            self._end(Status.STALLED, f"no better f and no smaller gradient since iteration {book.last_event}")
        elif len(book.head) < HEAD:
            book.head = book.head if isnan(f) else (*book.head, f)
        elif f > book.best_f:
            span = max(book.head) - min(book.head) or abs(book.head[0]) or 1.0
            book.rising = book.rising + 1 if f - book.best_f > BLOW_UP * span else 0
            if book.rising >= HEAD:
                self._end(
                    Status.DIVERGED,
                    f"f = {f:.3g} is {(f - book.best_f) / span:.0e} times its first range above its best",
                )

    def certified(self, tolerance: float) -> bool:
        """Check a claim of convergence independently: every constraint, a genuine gradient, the KKT residual."""
        if not self.optimizer.exact or self.state is None:
            return False
        x = np.asarray(self.state.x, dtype=float)
        if kkt.infeasibility(self.judge, x):
            return False
        why = kkt.refutation(self.judge, x, self._genuine_gradient(), 10 * tolerance)
        if why and not self.book.claim:
            self.book.claim = f"the method claimed convergence at iteration {self.k}, but {why}"
        return not why

    def _genuine_gradient(self) -> Array:
        """∇f at the iterate: the oracle's own answer, or evaluated afresh, uncounted, where the state has another.

        It is that in double precision.
        """
        assert self.state is not None
        if self.genuine and self.judge is self.problem:
            return self.state.g
        return np.asarray(self.judge.gradient(np.asarray(self.state.x, dtype=float)))

    def record(self) -> Record:
        """Return the present as a frozen Record."""
        from dataclasses import replace

        assert self.state is not None
        return Record(self.state, self.stationarity, self.seconds, self.oracle.counts, self.scale, self.seed,
                      replace(self.book), self.status, self.message)  # fmt: skip


def iterate(
    problem: ProblemBase,
    optimizer: Optimizer,
    *,
    start: Any = None,
    stop: Stop | None = None,
    seed: int = 0,
    resume: Record | None = None,
) -> Iterator[Record]:
    """Yield a Record per iteration, beginning with the start (or with the one after `resume`).

    A run that ends without a further iterate (a failed step) closes with a record of the last one that
    carries the status.

    Raises
    ------
    InputError
        For a bad start, setting, or a problem that the method cannot run on.
    """
    loop = Loop(problem, optimizer, start=start, stop=stop, seed=seed, resume=resume)
    last = None
    with closing(iter(loop)) as steps:
        while True:
            with np.errstate(all="ignore"):  # around each step alone: held across a yield it would leak into the caller
                now = next(steps, None)
            if now is None:
                break
            last = now.record()
            yield last
    if loop.status is Status.SKIPPED:
        raise InputError(loop.message)
    if loop.state is not None and (last is None or last.status is None):
        yield loop.record()
    elif loop.state is None:
        msg = f"the start could not be evaluated: {loop.message}"
        raise InputError(msg)


def run(
    loop: Loop,
    keep: Keep | None = None,
    callback: Callable[[Record], Any] | None = None,
    watch: Watch | None = None,
    tape: Tape | None = None,
) -> Trace:
    """Run a loop to its end and return the trace, whatever happens.

    A `watch` counts floating-point events: then the trace has n_overflow, … as further scalars, and `events`.
    A `tape` holds what was recorded for whoever shares it, should this process not live to return.
    """
    recorder: Recorder | None = None
    oracle = loop.oracle
    tally: list[tuple[int, ...]] = []
    callers: Any = None if callback is None else np.geterr()
    with watch or np.errstate(all="ignore"), closing(iter(loop)) as steps:
        for now in steps:
            state = now.state
            assert state is not None
            if recorder is None:
                recorder = Recorder(keep or Keep(), now.problem.n, state.recorded, tape)
            try:
                recorder.append(state, now.stationarity, oracle, now.seconds)
            except Exception as error:  # what a state holds is the method's
                loop.fail(error)
            if watch is not None:
                tally.append(tuple(watch.counts.values()))
            if callback is not None and loop.status is None:
                with np.errstate(**callers):
                    _ask(callback, loop)
    recorder = recorder or Recorder(Keep(), loop.problem.n)
    assert loop.status is not None
    trace = recorder.finish(loop.status, loop.claimed or loop.status, loop.message, loop.traceback)
    trace.precision = loop.problem.arithmetic
    if watch is not None:
        table = np.array(tally, dtype=np.int64).reshape(len(trace), len(KINDS))
        trace.scalars.update({f"n_{kind}": table[:, j] for j, kind in enumerate(KINDS)})  # type: ignore[misc]
        trace.events = {kind: str(event) for kind, event in watch.first.items()}
    if not loop.optimizer.exact:
        evaluate_later(trace, loop.problem)
    return trace


def evaluate_later(trace: Trace, problem: ProblemBase) -> None:
    """Fill in f, uncounted and off the clock, at the kept iterates where a method that sees samples left it out."""
    f = np.array(trace.scalars["f"])
    missing = np.isnan(f[trace.rows])
    if missing.any():
        try:
            with np.errstate(all="ignore"):
                f[trace.rows[missing]] = problem.objectives(trace.points[missing])
        except (Exception, SystemExit):  # the problem's; what was evaluated on the way stays
            return
        trace.scalars["f"] = f


def _ask(callback: Callable[[Record], Any], loop: Loop) -> None:
    """Show a record to the callback; it may end the run by returning True, StopIteration or Halt."""
    try:
        wish = callback(loop.record())
    except Halt as halt:
        loop._halt(halt)
    except StopIteration as end:
        loop._end(Status.ACCEPTABLE, str(end))
    else:
        if wish is True:
            loop._end(Status.ACCEPTABLE, "stopped by the callback")
