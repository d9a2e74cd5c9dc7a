"""One worker as its parent sees it: a guard, and the tasks that were handed to it."""

from __future__ import annotations

import pickle
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from select import select
from socket import SHUT_WR
from typing import Any

from optlab.core.status import OptlabError, worded
from optlab.executors.base import Outcome, Task
from optlab.executors.guard import MOST_KILLS, RECALL, killed_from_outside
from optlab.executors.nursery import Nursery
from optlab.executors.wire import Wire

AT_MOST = 5.0
"""Seconds that the end of a worker is waited for."""


@dataclass
class Handed:
    """A task on its way: how often it was begun, and how often its process was killed from outside."""

    task: Task
    attempts: int = 1
    kills: int = 0


class Worker:
    """A guard with its child; it works on one task at a time, in the order given.

    Attributes
    ----------
    tasks : deque of Handed
        What it still has to settle; it is busy with the first.
    dead : bool
        It was killed from outside; `tasks` are left.
    """

    def __init__(self, nursery: Nursery, task: Task) -> None:
        self.nursery = nursery
        self.wire = Wire(nursery.guard(task))
        self.tasks: deque[Handed] = deque()
        self.recalled = self.dead = False
        self.seconds: list[float] = []

    def give(self, handed: Handed) -> None:
        """Hand over a task."""
        self.tasks.append(handed)
        self.wire.put(pickle.dumps((handed.task, handed.attempts, handed.kills)))

    def recall(self) -> None:
        """Ask for the tasks back that are not begun."""
        self.recalled = True
        self.wire.put(RECALL)

    def collect(self) -> tuple[list[Outcome], list[Handed]]:
        """Return what has come: outcomes, and tasks that are to be given to a worker again.

        Raises
        ------
        OptlabError
            When no worker can live here.
        """
        outcomes, back = [], []
        for message in self.wire.take():
            what, *content = pickle.loads(message)
            if what == "back":
                self.recalled = False
                back += [self.tasks.pop() for _ in range(content[0])]
            else:
                outcomes.append(self._outcome(*content))
        if self.wire.closed:
            self.dead = True
            why = self.nursery.failure()
            if why:
                raise OptlabError(why)
            if self.tasks:
                first = self.tasks[0]
                first.attempts += 1
                first.kills += 1
                if first.kills > MOST_KILLS:
                    self.tasks.popleft()
                    outcomes.append(
                        Outcome(first.task, "killed", None, killed_from_outside(first.kills), first.attempts - 1)
                    )
            back += self.tasks
            self.tasks.clear()
        return outcomes, back

    def _outcome(self, kind: Any, reason: str, attempts: int, seconds: float, blob: bytes) -> Outcome:
        task = self.tasks.popleft().task
        self.seconds.append(seconds)
        try:
            return Outcome(task, kind, pickle.loads(blob) if blob else None, reason, attempts)
        except Exception as error:  # a column may have left an object that only its own module knows
            return Outcome(task, "error", None, f"its result cannot be read: {worded(error)}", attempts)

    def end(self) -> None:
        """End it and whatever it runs; returns once it is gone."""
        with suppress(OSError):
            self.wire.link.shutdown(SHUT_WR)
            while not self.wire.closed and select([self.wire], [], [], AT_MOST)[0]:
                self.wire.take()
        self.wire.close()
