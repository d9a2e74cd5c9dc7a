"""How much do sending out and recording 10,000 short runs add to the work itself?

Tasks that keep a processor busy for 5 ms, on 2 worker processes, their rows written to a results folder. The work is
what the tasks burn by the clock of their thread; the overhead is all CPU beyond it, of this process and of every
process below it, interpreters started and files written included. Beside it the same tasks through the standard
library's process pool, recording nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from time import process_time, sleep, thread_time
from typing import Any

from benchmarks._harness import Case, Peer

TASKS, SECONDS, WORKERS = 10_000, 5e-3, 2
LOOK = 0.2
"""Seconds between two looks at the processes."""
PLUGIN = '''
from dataclasses import dataclass
from time import thread_time
import numpy as np
from optlab import ProblemBase, Optimizer

@dataclass(frozen=True)
class Busy(ProblemBase):
    """Keeps a processor busy."""

    seconds: float = 5e-3
    number: int = 0

    def value(self, x):
        end = thread_time() + self.seconds
        while thread_time() < end:
            pass
        return float(x[0])

    def gradient(self, x):
        return np.ones(1)

    def start(self):
        return np.zeros(1)
'''


def busy(seconds: float) -> float:
    """Keep a processor busy."""
    end = thread_time() + seconds
    while thread_time() < end:
        pass
    return seconds


class Family(Thread):
    """Adds up the CPU seconds of all processes below this one, those included that ended and were waited for.

    It looks every so often: what a process does between the last look and its end is missed. Linux only.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seconds = self.looking = 0.0
        self.over, self.tick = Event(), os.sysconf("SC_CLK_TCK")

    def run(self) -> None:
        while not self.over.wait(LOOK):
            self.seconds = max(self.seconds, self.below())
        self.looking = thread_time()

    def below(self) -> float:
        """Return the seconds of those alive, with those that they waited for."""
        parents: dict[int, int] = {}
        seconds: dict[int, float] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = path.read_text().rpartition(")")[2].split()
                pid = int(path.parent.name)
                parents[pid], seconds[pid] = int(fields[1]), sum(map(int, fields[11:15])) / self.tick
        family = {os.getpid()}
        while young := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= young
        return sum(seconds[pid] for pid in family - {os.getpid()})

    def total(self, work: Callable[[], Any]) -> float:
        """Do the work and return its CPU seconds, this process's own included."""
        self.start()
        begin = process_time()
        work()
        own = process_time() - begin
        self.over.set()
        self.join()
        return own - self.looking + self.seconds


def cases(quick: bool) -> Iterator[Case]:
    """Yield the case."""
    tasks = 40 if quick else TASKS

    def pool() -> float:
        def work() -> None:
            with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as executor:
                done = sum(executor.map(busy, [SECONDS] * tasks))
                assert done > 0
                sleep(2 * LOOK)

        return Family().total(work) / tasks - SECONDS

    if Path("/proc/self/stat").exists():
        peers = {"the work itself": Peer(lambda: SECONDS, 0.1), "ProcessPoolExecutor, recording nothing": Peer(pool)}
        yield Case(f"overhead of a task, {tasks:,} of them", lambda: ours(tasks), peers, rounds=1)


def ours(tasks: int) -> float:
    """Run an experiment of so many tasks and return the CPU seconds per task beyond the work."""
    from optlab.experiment import from_dict
    from optlab.runner import execute

    with tempfile.TemporaryDirectory() as name:
        plugin = Path(name) / "busy.py"
        plugin.write_text(PLUGIN, encoding="utf-8")
        spec: dict[str, Any] = {
            "name": "busy",
            "plugins": [str(plugin)],
            "problems": [{"name": "busy", "number": {"grid": list(range(tasks))}}],
            "optimizers": ["gradient_descent"],
            "stop": {"iterations": 0},
            "executor": {"name": "local", "workers": WORKERS},
        }

        def work() -> None:
            results = execute(from_dict(spec), folder=Path(name) / "results", progress=False)
            assert results.executed == tasks

        return Family().total(work) / tasks - SECONDS
