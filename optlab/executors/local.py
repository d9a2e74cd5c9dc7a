"""Worker processes on this machine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Annotated
from warnings import warn

from annotated_types import Ge

from optlab.executors.base import Executor, Outcome, Task
from optlab.executors.serial import Serial

if TYPE_CHECKING:
    from optlab.executors.worker import Handed, Worker

CHUNK, MOST = 0.1, 64
"""A worker is handed tasks for so many seconds at a time, one at least and so many at most."""
RECENT = 0.2
"""Weight of the last task in the estimate of how long the next one takes."""
NO_FORK = (
    "this system cannot fork: runs are executed in this process, one after another; a crash ends them all, memory is "
    "not limited, and a step that does not end is not stopped"
)


@dataclass(frozen=True)
class Local(Executor):
    """Run tasks in child processes that are watched: over its time or its memory, a run is killed, and only it.

    Each worker is a guard and a child; the guard runs nothing itself. A child serves tasks of the same plug-ins, for
    about a second of work, and is then replaced by a fresh one, forked from an interpreter that has imported optlab and
    nothing of the caller's. So what a run does to its process is no matter for runs of other plug-ins. What a run has
    recorded until it is killed or crashes is kept; of what it prints, 0.1 MB are passed on.

    Parameters
    ----------
    workers : int, optional
        How many runs at the same time; one per processor by default.
    """

    workers: Annotated[int, Ge(1)] | None = None

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield outcomes as they arrive."""
        if not hasattr(os, "fork"):
            warn(NO_FORK, RuntimeWarning, stacklevel=2)
            yield from Serial().run(tasks)
            return
        yield from Crew(self.workers or os.cpu_count() or 1, tasks).work()


class Crew:
    """Workers and the tasks between them."""

    def __init__(self, size: int, tasks: Iterable[Task]) -> None:
        from optlab.executors.nursery import Nursery

        self.size = size
        self.source = iter(tasks)
        self.again: deque[Handed] = deque()
        self.exhausted = False
        self.nursery = Nursery()
        self.workers: list[Worker] = []
        self.mean = CHUNK

    def work(self) -> Iterator[Outcome]:
        """Yield the outcome of every task."""
        try:
            self.hand_out()
            while busy := {worker.wire.link: worker for worker in self.workers if worker.tasks}:
                for ready in wait(list(busy)):
                    worker = busy[ready]  # type: ignore[index]
                    outcomes, back = worker.collect()
                    self.again.extendleft(reversed(back))
                    for seconds in worker.seconds:
                        self.mean += RECENT * (seconds - self.mean)
                    worker.seconds.clear()
                    if worker.dead:
                        self.workers.remove(worker)
                        worker.end()
                    self.hand_out()  # before the outcomes: whoever takes them may be busy with them
                    yield from outcomes
                for worker in busy.values():
                    worker.wire.flush()
        finally:
            for worker in self.workers:
                worker.end()
            self.nursery.close()

    def next(self) -> Handed | None:
        """Return the next task to be handed to a worker."""
        from optlab.executors.worker import Handed

        if self.again:
            return self.again.popleft()
        task = None if self.exhausted else next(self.source, None)
        if task is None:
            self.exhausted = True
            return None
        return Handed(task)

    def hand_out(self) -> None:
        """Give every worker enough to do; start workers while there is something for them."""
        from optlab.executors.worker import Worker

        room = max(1, min(MOST, int(CHUNK / max(self.mean, CHUNK / MOST))))
        for depth in range(1, room + 1):  # the first for everyone before the second for anyone
            for worker in self.workers:
                if len(worker.tasks) < depth and not worker.dead:
                    handed = self.next()
                    if handed is None:
                        return self.share()
                    worker.give(handed)
            while depth == 1 and len(self.workers) < self.size:
                handed = self.next()
                if handed is None:
                    return self.share()
                self.workers.append(Worker(self.nursery, handed.task))
                self.workers[-1].give(handed)
        return None

    def share(self) -> None:
        """With nothing left to hand out, and a worker idle, ask the one with most for what it has not begun."""
        if all(worker.tasks for worker in self.workers) and len(self.workers) == self.size:
            return
        most = max(self.workers, key=lambda worker: len(worker.tasks), default=None)
        if most is not None and len(most.tasks) > 1 and not most.recalled:
            most.recall()
