"""Worker processes on many machines, by dask."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Annotated, Any

from annotated_types import Ge, Gt

from optlab.core.status import OptlabError, worded
from optlab.executors.base import Executor, Outcome, Task
from optlab.executors.cluster import PAGES, installed, package, security
from optlab.executors.parcel import Parcel
from optlab.executors.there import POOL, perform_there

CHUNK, MOST, RECENT = 0.2, 256, 0.5
"""Tasks travel in batches of so many seconds, so many tasks at most; weight of the last batch in the estimate."""
DEPTH = 2
"""Batches on their way for every run that can go on at the same time."""
TRIES = 3
"""How often a batch that was lost, though no worker was killed with it, is sent again."""
PULSE = 0.5
"""Seconds between two looks at how many workers there are."""


@dataclass(frozen=True)
class Dask(Executor):
    """Run tasks on the workers of a dask scheduler, each in a child process there, watched as `local` does it.

    Start workers with ``optlab worker --scheduler ADDRESS``; without a `scheduler`, one within this process is used,
    whose pages about itself are on 127.0.0.1 alone. Plug-ins travel with the tasks: their sources and those of the
    local modules they import. Whoever reaches a scheduler can run code on its workers: keep it on 127.0.0.1, or use
    TLS.

    Parameters
    ----------
    scheduler : str, optional
        Its address, for example tcp://127.0.0.1:8786 or tls://….
    workers : int, optional
        How many runs at the same time, where there is no scheduler; one per processor by default.
    tls_ca, tls_cert, tls_key : str, optional
        Files of the certificate authority, of a certificate and of its key; dask's own configuration otherwise.
    patience : float
        Seconds that a scheduler is waited for.
    """

    scheduler: str | None = None
    workers: Annotated[int, Ge(1)] | None = None
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    patience: Annotated[float, Gt(0)] = 10.0

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield outcomes as they arrive."""
        with self._client() as client:
            dispatch = Dispatch(client, iter(tasks))
            try:
                yield from dispatch.work()
            finally:
                dispatch.cancel()

    @contextmanager
    def _client(self) -> Iterator[Any]:
        distributed = package()
        safe = security(self.tls_ca, self.tls_cert, self.tls_key)
        if self.scheduler is None:
            import logging
            import os

            threads = self.workers or os.cpu_count() or 1
            with distributed.LocalCluster(
                n_workers=1, threads_per_worker=threads, processes=False, memory_limit=0, silence_logs=logging.CRITICAL,
                worker_dashboard_address=PAGES, dashboard_address=PAGES, scheduler_kwargs={"dashboard": False},
            ) as cluster, distributed.Client(cluster, set_as_default=False) as client:  # fmt: skip
                try:
                    yield client
                finally:
                    POOL.close()
            return
        try:
            client = distributed.Client(self.scheduler, security=safe, set_as_default=False, timeout=self.patience)
        except (OSError, ValueError, TypeError) as error:
            msg = f"no dask scheduler answers at {self.scheduler}: {error}"
            raise OptlabError(msg) from error
        with client:
            yield client


@dataclass
class Batch:
    """Tasks that travel together."""

    tasks: list[Task]
    tries: int = 0


class Dispatch:
    """The client's side: batches on their way, and what has come back."""

    def __init__(self, client: Any, source: Iterator[Task]) -> None:
        self.client = client
        self.source = source
        self.again: deque[Batch] = deque()
        self.sent: dict[Any, Batch] = {}
        self.parcels: dict[tuple[str, ...], Parcel] = {}
        self.mean = CHUNK
        self.number = 0
        self.room, self.counted = DEPTH, -PULSE

    def work(self) -> Iterator[Outcome]:
        """Yield the outcome of every task."""
        distributed = package()
        arriving = distributed.as_completed(loop=self.client.loop, with_results=True, raise_errors=False)
        while True:
            self._count()
            while len(self.sent) < self.room and (batch := self._next()):
                future = self._send(batch)
                self.sent[future] = batch
                arriving.add(future)
            if not self.sent:
                return
            future, result = next(arriving)
            batch = self.sent.pop(future)
            if future.status == "finished":
                seconds, answers = result
                self.mean += RECENT * (seconds / len(batch.tasks) - self.mean)
                future.release()
                for task, answer in zip(batch.tasks, answers, strict=True):
                    yield Outcome(task, *answer)
            else:
                yield from self._lost(batch, future)

    def cancel(self) -> None:
        """Give up whatever is on its way."""
        if self.sent and self.client.status == "running":
            self.client.cancel(list(self.sent), force=True)

    def _count(self) -> None:
        """Make room for as many batches as the workers there are can do with."""
        if monotonic() - self.counted > PULSE:
            self.counted = monotonic()
            self.room = max(DEPTH, DEPTH * sum(self.client.nthreads().values()))

    def _next(self) -> Batch | None:
        if self.again:
            return self.again.popleft()
        size = max(1, min(MOST, int(CHUNK / max(self.mean, CHUNK / MOST))))
        tasks = list(islice(self.source, size))
        return Batch(tasks) if tasks else None

    def _send(self, batch: Batch) -> Any:
        plugins = batch.tasks[0].plugins
        if plugins not in self.parcels:
            self.parcels[plugins] = Parcel.of(plugins)
        self.number += 1
        key = f"optlab-{batch.tasks[0].key}-{self.number}-{id(self)}"
        return self.client.submit(perform_there, self.parcels[plugins], batch.tasks, installed(), key=key, pure=False)

    def _lost(self, batch: Batch, future: Any) -> Iterator[Outcome]:
        """Decide on a batch that did not come back: one by one, which may be the cause, or no more."""
        error = future.exception() if future.status == "error" else None
        if isinstance(error, OptlabError):
            raise error
        if self.client.status != "running":
            msg = f"the scheduler at {self.client.scheduler.address} is gone"
            raise OptlabError(msg)
        killed = isinstance(error, package().KilledWorker)
        if len(batch.tasks) > 1:
            self.again += [Batch([task]) for task in batch.tasks]
        elif killed:
            times = TRIES + 1
            reason = f"{times} workers were killed from outside while they ran it"
            yield Outcome(batch.tasks[0], "killed", None, reason, times)
        elif batch.tries < TRIES:
            self.again.append(Batch(batch.tasks, batch.tries + 1))
        else:
            yield Outcome(batch.tasks[0], "error", None, worded(error or RuntimeError(future.status)), batch.tries + 1)
