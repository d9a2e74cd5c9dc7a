"""Worker processes on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from typing import Annotated

from annotated_types import Ge

from optlab.executors.base import Executor, Outcome, Task

ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
CHILD = """
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from optlab.executors.child import serve
serve(int(sys.argv[1]))
"""
"""A fresh interpreter that imports this package from where its parent does, and never the parent's __main__."""


@dataclass(frozen=True)
class Local(Executor):
    """Run tasks in worker processes, each of which serves one task after another.

    A worker that dies takes only its current task with it: that one is a crash with the exit code, the rest
    goes to a new worker. `workers` is the number of processes; None means one per processor.
    """

    workers: Annotated[int, Ge(1)] | None = None

    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Yield outcomes as they arrive."""
        todo = deque(tasks)
        size = min(self.workers or os.cpu_count() or 1, len(todo))
        crew = [Worker() for _ in range(size)]
        try:
            for worker in crew:
                worker.give(todo)
            while any(worker.task for worker in crew):
                busy = {worker.link: worker for worker in crew if worker.task}
                for link in wait(list(busy)):
                    worker = busy[link]  # type: ignore[index]
                    yield worker.collect()
                    if worker.dead and todo:
                        crew[crew.index(worker)] = worker = Worker()
                    worker.give(todo)
        finally:
            for worker in crew:
                worker.end()


@dataclass
class Worker:
    """One child process and what it is busy with."""

    task: Task | None = None
    dead: bool = False
    link: Connection = field(init=False)
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.link, far = Pipe()
        command = [sys.executable, "-c", CHILD, str(far.fileno()), json.dumps(sys.path)]
        self.process = subprocess.Popen(
            command, pass_fds=[far.fileno()], env={**os.environ, **ONE_THREAD}, stdin=subprocess.DEVNULL
        )
        far.close()

    def give(self, todo: deque[Task]) -> None:
        """Hand over the next task, if there is one."""
        self.task = None
        if todo and not self.dead:
            self.task = todo.popleft()
            with suppress(BrokenPipeError, ConnectionResetError):  # it died between two tasks: collect() says so
                self.link.send(self.task)

    def collect(self) -> Outcome:
        """Receive the outcome of the current task, or what became of the process."""
        assert self.task is not None
        try:
            kind, finished, reason = self.link.recv()
        except (EOFError, ConnectionResetError):
            self.dead = True
            code = self.process.wait()
            cause = f"signal {-code}" if code < 0 else f"exit code {code}"
            return Outcome(self.task, "crash", None, f"the worker process ended with {cause}")
        return Outcome(self.task, kind, finished, reason)

    def end(self) -> None:
        """Close the link and end the process."""
        self.link.close()
        self.process.kill()
        self.process.wait()
