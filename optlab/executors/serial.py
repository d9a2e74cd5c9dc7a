"""One run after another, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from optlab.executors.base import Executor, Outcome, Task


@dataclass(frozen=True)
class Serial(Executor):
    """Run every task here; a crash of the interpreter ends all. BLAS threads are put back afterwards.

    Of the limits, those that the driver watches between two steps hold; nothing stops a step that does not end.
    """

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield outcomes in order."""
        from threadpoolctl import threadpool_limits

        from optlab.work import perform

        for task in tasks:
            with threadpool_limits(limits=1):
                finished = perform(task.spec, task.plugins)
            yield Outcome(task, "ok", finished)
