"""Serial while that is quick, then worker processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Annotated

from annotated_types import Ge, Gt

from optlab.executors.base import Executor, Outcome, Task
from optlab.executors.local import Local
from optlab.executors.serial import Serial


@dataclass(frozen=True)
class Auto(Executor):
    """Begin here, and hand what is left to worker processes once `patience` seconds have passed.

    A small experiment never pays for starting processes; a large one uses every processor.
    """

    workers: Annotated[int, Ge(1)] | None = None
    patience: Annotated[float, Gt(0)] = 2.0

    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Yield outcomes as they arrive."""
        begin = perf_counter()
        done = 0
        alone = (self.workers or os.cpu_count() or 1) == 1
        for outcome in Serial().run(tasks):
            yield outcome
            done += 1
            if not alone and perf_counter() - begin > self.patience:
                break
        if done < len(tasks):
            yield from Local(self.workers).run(tasks[done:])
