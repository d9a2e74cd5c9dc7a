"""Two threads that take turns: a function that can be stopped at every question it asks, as a generator can.

A foreign solver calls back into us and cannot be suspended from outside; in a thread of its own it can. Exactly one of
the two threads runs at any time, so that everything stays as deterministic as a call. A change of turns takes about
10 µs.
"""

from __future__ import annotations

import contextvars
import warnings
import weakref
from collections.abc import Callable
from threading import Event, Lock, Thread, current_thread
from time import perf_counter
from typing import Any, TypeAlias

PATIENCE = 1.0
"""Seconds to wait for a closed function that is busy with something else; it ends at its next question."""

DEAF = 1000
"""How often a closed function may ask again before its thread is left to sleep."""

Ask: TypeAlias = Callable[[Any], Any]


class ClosedError(BaseException):
    """Raised in the function's thread when nobody will answer any more; not an Exception, so that few catch it."""


class Ended:
    """What `resume` returns at the end: what the function returned."""

    def __init__(self, result: Any) -> None:
        self.result = result


class _Table:
    """What lies between the two: a question or an answer, and whose turn it is."""

    def __init__(self) -> None:
        self.asked, self.answered = Lock(), Lock()
        self.asked.acquire()
        self.answered.acquire()
        self.content: Any = None
        self.closed = False
        self.refused = 0
        self.since = self.waited = 0.0  # when the last turn ended; seconds between turns

    def ask(self, question: Any) -> Any:
        """Hand over a question and wait for the answer."""
        if self.closed:
            self._refuse()
        self.content = question
        self.since = perf_counter()
        self.asked.release()
        self.answered.acquire()
        self.waited += perf_counter() - self.since
        if self.closed:
            self._refuse()
        return self.content

    def _refuse(self) -> None:
        """End the function; one that catches even that and asks again, time after time, gets no answer."""
        self.refused += 1
        if self.refused > DEAF:
            Event().wait()
        raise ClosedError

    def work(self, function: Callable[[Ask], Any]) -> None:
        """Run the function to its end; what it returns or raises is the last content."""
        self.waited += perf_counter() - self.since
        try:
            content: Any = Ended(function(self.ask))
        except BaseException as error:  # whatever it is, it is raised again where the function was resumed
            content = error
        if not self.closed:
            self.content = content
            self.since = perf_counter()
            self.asked.release()


class Turns:
    """A function that runs until its next question, whenever it is resumed.

    Parameters
    ----------
    function : callable
        Called with `ask`; ``ask(question)`` returns the answer. It keeps the context variables, among them NumPy's
        error state, that its caller had at the first `resume`.
    quiet : bool
        Keep its warnings back. Filters are the process's, so they are changed for its turns alone.
    """

    def __init__(self, function: Callable[[Ask], Any], quiet: bool = False) -> None:
        self._table = _Table()
        self._function: Callable[[Ask], Any] | None = function
        self._quiet = quiet

    def resume(self, answer: Any = None) -> Any:
        """Answer, and return the next question, or Ended; what the function raises is raised here."""
        if not self._quiet:
            return self._resume(answer)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._resume(answer)

    def _resume(self, answer: Any) -> Any:
        table = self._table
        if table.closed:
            msg = "a function that was closed cannot go on"
            raise RuntimeError(msg)
        if self._function is not None:
            function, self._function = self._function, None
            context = contextvars.copy_context()
            thread = Thread(target=context.run, args=(table.work, function), name="optlab foreign solver", daemon=True)
            # The thread knows the table only: when the last one who could resume it is gone, it ends.
            weakref.finalize(self, _close, table, thread)
            self._thread = thread
            table.since = perf_counter()
            thread.start()
        else:
            table.content = answer
            table.since = perf_counter()
            table.answered.release()
        table.asked.acquire()  # a KeyboardInterrupt arrives here, while the function runs on to its next question
        table.waited += perf_counter() - table.since
        content, table.content = table.content, None
        if isinstance(content, BaseException):
            table.closed = True
            try:
                raise content
            finally:
                del content  # or the error and this frame would keep one another alive
        if isinstance(content, Ended):
            table.closed = True
        return content

    def waited(self) -> float:
        """Return the seconds since it was last asked that neither side worked: changes of turns take their time."""
        waited, self._table.waited = self._table.waited, 0.0
        return waited

    @property
    def over(self) -> bool:
        """Whether the function ended, or was closed."""
        return self._table.closed

    def close(self) -> None:
        """End the function where it waits: its thread is gone afterwards, or will be after what it is busy with."""
        if self._function is None:
            _close(self._table, self._thread)
        self._table.closed, self._function = True, None


def _close(table: _Table, thread: Thread) -> None:
    table.closed = True
    if not thread.is_alive() or thread is current_thread():
        return
    if table.answered.locked():
        table.answered.release()
    thread.join(PATIENCE)
