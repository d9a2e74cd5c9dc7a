"""The side of a cluster where runs are executed: a dask worker that has guards, each with a child."""

from __future__ import annotations

import atexit
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from select import select
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from optlab.core.status import OptlabError
from optlab.executors.cluster import PAGES, installed, package

if TYPE_CHECKING:
    from optlab.executors.base import Outcome, Task
    from optlab.executors.parcel import Parcel
    from optlab.executors.worker import Worker

PULSE = 0.5
"""Seconds between two looks at whether a run is still wanted."""
PATIENCE = 30
"""Seconds that a scheduler is waited for."""


class Pool:
    """Guards that wait for the next batch, all from one nursery."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: list[Worker] = []
        self._nursery: Any = None

    def take(self, task: Task) -> Worker:
        """Return a guard, a new one where none is idle."""
        from optlab.executors.nursery import Nursery
        from optlab.executors.worker import Worker

        with self._lock:
            if self._idle:
                return self._idle.pop()
            self._nursery = self._nursery or Nursery()
            nursery = self._nursery
        return Worker(nursery, task)

    def give_back(self, worker: Worker) -> None:
        """Keep a guard for the next batch."""
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        """End all that are idle, and what they come from."""
        with self._lock:
            idle, self._idle = self._idle, []
            nursery, self._nursery = self._nursery, None
        for worker in idle:
            worker.end()
        if nursery is not None:
            nursery.close()


POOL = Pool()
atexit.register(POOL.close)


def perform_there(parcel: Parcel, tasks: list[Task], wanted: str) -> tuple[float, list[tuple[Any, ...]]]:
    """Settle a batch on a worker: seconds, and (kind, finished, reason, attempts) for each of its tasks.

    Raises
    ------
    OptlabError
        Where this worker has another optlab than the client.
    """
    from optlab.executors.worker import Handed

    here = package().get_worker()
    if installed() != wanted:
        msg = f"the worker {here.address} has other sources of optlab, or other versions of Python or numpy, than here"
        raise OptlabError(msg)
    begin, plugins = monotonic(), parcel.unpack()
    settled: dict[str, Outcome] = {}
    waiting = deque(Handed(replace(task, plugins=plugins)) for task in tasks)
    worker = POOL.take(waiting[0].task)
    asked = _asked(here)
    try:
        while waiting or worker.tasks:
            while waiting:
                worker.give(waiting.popleft())
            select([worker.wire], [worker.wire] if worker.wire.waiting else [], [], PULSE)
            worker.wire.flush()
            if not asked():
                return 0.0, []
            outcomes, back = worker.collect()
            settled |= {outcome.task.key: outcome for outcome in outcomes}
            waiting += back
            if worker.dead and waiting:
                worker.end()
                worker = POOL.take(waiting[0].task)
        POOL.give_back(worker)
    finally:
        if worker.tasks or worker.dead:
            worker.end()
    return monotonic() - begin, [_answer(settled[task.key], parcel) for task in tasks]


def _asked(worker: Any) -> Callable[[], bool]:
    """Return what says whether the present task is still wanted."""
    key = worker.get_current_task()

    def asked() -> bool:
        state = worker.state.tasks.get(key)
        return state is not None and state.state not in {"cancelled", "released", "forgotten"}

    return asked


def _answer(outcome: Outcome, parcel: Parcel) -> tuple[Any, ...]:
    finished = outcome.finished
    if finished is not None:
        finished.row = {k: parcel.at_home(v) if isinstance(v, str) else v for k, v in finished.row.items()}
    return outcome.kind, finished, parcel.at_home(outcome.reason), outcome.attempts


async def serve(scheduler: str, workers: int, safe: Any, name: str | None, ready: Callable[[str], None]) -> None:
    """Be a worker of a scheduler until it is gone.

    Raises
    ------
    OptlabError
        When no scheduler answers.
    """
    distributed = package()
    installed()
    inside = scheduler.rsplit("://", maxsplit=1)[-1].startswith(("127.", "localhost", "[::1]"))
    try:
        worker = await distributed.Worker(
            scheduler, nthreads=workers, memory_limit=0, security=safe, name=name, dashboard=False,
            dashboard_address=PAGES, host="127.0.0.1" if inside else None, death_timeout=PATIENCE,
        )  # fmt: skip
    except (OSError, ValueError, TypeError, TimeoutError) as error:
        msg = f"no dask scheduler answers at {scheduler}: {error}"
        raise OptlabError(msg) from error
    ready(worker.address)
    try:
        await worker.finished()
    finally:
        POOL.close()
