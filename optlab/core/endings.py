"""How a run ends: which verdict, in which words. A part of the loop, and the reasons why a run does not begin."""

from __future__ import annotations

import traceback
from math import inf, isfinite, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from optlab.core import kkt
from optlab.core.constraints import clipped, not_finite
from optlab.core.depth import VAST, bottomless, size_at_first
from optlab.core.events import birth
from optlab.core.optimizer import State
from optlab.core.problem import FACTORED
from optlab.core.settings import name_of
from optlab.core.status import Halt, Status, worded
from optlab.derivatives.traps import place
from optlab.kernels.norms import max_abs

if TYPE_CHECKING:
    from optlab.core.optimizer import Optimizer
    from optlab.core.problem import Array, ProblemBase
    from optlab.core.record import Book

SHORT = float(np.finfo(float).eps) ** 0.5
"""A step of this part of x shows in double precision whether f falls along −g."""
STEPLESS = {Status.STALLED, Status.NONFINITE, Status.DIVERGED, Status.LINESEARCH_FAILED, Status.SINGULAR_KKT,
            Status.NEGATIVE_CURVATURE}  # fmt: skip
"""Verdicts that no further step serves."""


class Ending:
    """The end of a run in progress: what `Loop` does there."""

    problem: ProblemBase
    judge: ProblemBase
    optimizer: Optimizer
    state: State | None
    book: Book
    x0: Array
    k: int
    scale: float
    status: Status | None
    message: str
    traceback: str
    note: str
    lost: Array | None

    def _end(self, status: Status, message: str = "") -> None:
        """End the run; where a method finds no step, f may have fallen without bound, or a constraint may be NaN."""
        if status in STEPLESS and self._bottomless():
            message = f"f has fallen to {self.book.best_f:.3g}, without bound; then {message or status.value}"
            status = Status.UNBOUNDED
        elif status in STEPLESS or status in (Status.INFEASIBLE, Status.ERROR):
            lost = self._lost_constraint()
            if lost:
                status, message = Status.NONFINITE, f"{lost}; {message or status.value}"
        self.status = status
        parts = [self.note, message or status.value, "" if status is Status.CONVERGED else self.book.claim]
        self.message = "; ".join(part for part in parts if part)

    def fail(self, error: BaseException) -> None:
        """End the run as an ERROR, from where the exception is handled."""
        self.traceback = traceback.format_exc()
        self._end(Status.ERROR, explain(error))

    def _halt(self, halt: Halt) -> None:
        """End the run with a verdict from outside; CONVERGED is the stop rules' to give, and they have just looked."""
        status, note = halt.status, str(halt)
        if status is Status.NONFINITE and self.state is not None:
            status = self._way_out(self.state)
        elif status is Status.LINESEARCH_FAILED and self._falls_in_double():
            status = Status.STALLED
            note += f"; in double precision f falls along -g: {self.problem.arithmetic} is at its end"
        elif status is Status.CONVERGED:
            status = Status.STALLED
            short = "short of the tolerance"
            self.book.claim = self.book.claim or f"the method claimed convergence at iteration {self.k}, {short}"
        self._end(status, note)

    def _falls_in_double(self) -> bool:
        """Whether a run in another precision stands where f does fall along −g, were it computed in double."""
        if self.judge is self.problem or self.state is None:
            return False
        x, g = np.asarray(self.state.x, dtype=float), np.asarray(self.state.g, dtype=float)
        alpha = SHORT * (max_abs(x) or 1.0) / (max_abs(g) or 1.0)
        try:
            return bool(self.judge.value(x - alpha * g) < self.judge.value(x))
        except Exception:  # the problem's, where nothing was asked before
            return False

    def _no_next_state(self, new: Any) -> str:
        """Say what is wrong with what a method returned."""
        name = name_of(self.optimizer)
        if not isinstance(new, State):
            return f"{name} must return a State, given {type(new).__name__}"
        return (f"{name} must return the next State (k = {self.k + 1}), given k = {new.k}: "
                "return state.moved(…), state.at(…) or state.stayed()")  # fmt: skip

    def _not_finite(self, new: State) -> str:
        """Say what of a state is not finite, and why the gradient is not where that is known."""
        where = "at the start" if self.state is None else f"after step {new.k}"
        finite_f = isfinite(new.f) or (not self.optimizer.exact and isnan(new.f))
        what = "f" if not finite_f else "x" if not isfinite(max_abs(new.x)) else "the gradient"
        note = self.problem.gradient_note(new.x) if what == "the gradient" else ""
        self.lost = None if what == "x" else new.x
        return f"{what} is not finite {where} (f = {new.f})" + (note and f"; {note}")

    def birthplace(self) -> str:
        """Return where the number that ended the run was lost, evaluated once more, uncounted; "" where none was."""
        born = "" if self.lost is None else birth(self.problem, self.lost)
        return born and f"; it was born in an {born}"

    def _way_out(self, new: State | None) -> Status:
        """Why a step left the finite numbers: f had grown or overflowed, had fallen without bound, or neither."""
        old, book = self.state, self.book
        if old is None or new is None:
            return Status.NONFINITE
        if self._bottomless() or (new.f == -inf and isfinite(max_abs(new.x)) and not self._outside(new.x)):
            return Status.UNBOUNDED
        overflowed = new.f == inf and max_abs(new.x) > VAST
        return Status.DIVERGED if old.f > book.best_f or overflowed else Status.NONFINITE

    def _lost_constraint(self) -> str:
        """Say which constraint is not finite where the run stands; "" where all are."""
        x = clipped(self.judge, self.x0) if self.state is None else self.state.x
        try:
            name = not_finite(self.judge, np.asarray(x, dtype=float))
        except Exception:  # the problem's, where the run ends anyway
            return ""
        return name and f"{name} is not finite {f'after step {self.k}' if self.k else 'at the start'}"

    def _outside(self, x: Array) -> str:
        try:
            return kkt.infeasibility(self.judge, np.asarray(x, dtype=float))
        except Exception as error:  # the problem's, where a run ends anyway
            return explain(error)

    def _bottomless(self) -> bool:
        """Whether the best f so far has fallen without bound."""
        book = self.book
        if not book.head or book.best_x is None:
            return False
        size = float(size_at_first(book.head[0], self.scale * max(1.0, self.problem.start_length)))
        return bottomless(self.judge, book.best_x, book.head[0], book.best_f, size)


def explain(error: BaseException) -> str:
    """Say what an exception means, for a status line."""
    text = worded(error)
    if isinstance(error, ValueError) and "read-only" in text:
        text += " (x and g of a state are never changed in place: write x = state.x + step, not state.x += step)"
    return text + place(error)


def lacking(problem: ProblemBase, optimizer: Optimizer) -> str:
    """Return why the method does not fit the problem, or an empty string."""
    missing = optimizer.lacks()
    if missing:
        return missing
    if problem.arithmetic not in optimizer.precisions:
        return f"{name_of(optimizer)} runs in {' and '.join(optimizer.precisions)} only, not in {problem.arithmetic}"
    ignored = [kind for kind in problem.constrained if kind not in optimizer.handles]
    form = () if problem.feasible is None else problem.feasible.form
    if form and set(form) <= set(optimizer.handles):
        ignored = [kind for kind in ignored if kind != "set"]  # it is met as the constraints it consists of
    if ignored:
        return f"{name_of(optimizer)} does not handle this problem's constraints ({', '.join(ignored)})"
    for need in optimizer.needs:
        why = problem.lacks(need)
        if why:
            return f"{name_of(optimizer)} needs {need}: {why}"
    if optimizer.factors and problem.n > FACTORED:
        size = f"{problem.n:,} × {problem.n:,}"
        return f"{name_of(optimizer)} factors a dense matrix of {size} in every step (at most n = {FACTORED:,})"
    return problem.departure()
