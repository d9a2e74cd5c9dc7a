"""One run after another, in this process."""

from __future__ import annotations

import os
import sys
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
        from threadpoolctl import ThreadpoolController

        from optlab.work import perform

        modules, threads, myself = 0, None, os.getpid()
        for task in tasks:
            if threads is None or len(sys.modules) != modules:  # only a new module can have brought a new library
                modules, threads = len(sys.modules), ThreadpoolController()
            with threads.limit(limits=1):
                finished = perform(task.spec, task.plugins)
            if os.getpid() != myself:  # a copy that the run has made by a fork; all else is for the first to do
                os._exit(0)
            yield Outcome(task, "ok", finished)
