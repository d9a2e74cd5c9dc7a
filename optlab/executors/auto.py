"""Serial while that is quick and safe, then worker processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from time import perf_counter
from typing import Annotated

from annotated_types import Ge, Gt

from optlab.executors.base import Executor, Outcome, Task
from optlab.executors.limits import Limits
from optlab.executors.local import Local
from optlab.executors.serial import Serial


@dataclass(frozen=True)
class Auto(Executor):
    """Begin here, and hand what is left to worker processes once `patience` seconds have passed.

    A small experiment never pays for starting processes; a large one uses every processor. Runs of plug-ins, whose
    code may crash or hang, and runs with a limit on seconds or memory go to worker processes at once.
    """

    workers: Annotated[int, Ge(1)] | None = None
    patience: Annotated[float, Gt(0)] = 2.0

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield outcomes as they arrive."""
        begin = perf_counter()
        source = iter(tasks)
        alone = (self.workers or os.cpu_count() or 1) == 1
        here = Serial()
        for task in source:
            if task.plugins or not Limits.of(task.spec).none or (not alone and perf_counter() - begin > self.patience):
                yield from Local(self.workers).run(chain([task], source))
                return
            yield from here.run([task])
