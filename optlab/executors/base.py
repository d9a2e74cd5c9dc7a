"""The contract of an executor: tasks in, outcomes out, in any order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from optlab.work import Finished

Kind = Literal["ok", "error", "crash", "timeout", "killed"]


@dataclass(frozen=True)
class Task:
    """One run to execute: names and numbers only, it crosses process and machine boundaries."""

    key: str
    spec: dict[str, Any]
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes
    ----------
    task : Task
    kind : "ok", "error", "crash", "timeout" or "killed"
        The run ended by itself, whatever its status; the executor met an exception; the process died twice by a
        signal or an exit code of its own; the run was over its time; it was over its memory, or killed from outside
        again and again.
    finished : Finished or None
        What the run left. Of a run that was stopped: its iterations up to then, the status TIMEOUT or KILLED and
        the reason already in its row. None where there is nothing but the reason.
    reason : str
        For every kind but "ok", in words.
    attempts : int
        How often the run was begun.
    """

    task: Task
    kind: Kind
    finished: Finished | None = None
    reason: str = ""
    attempts: int = 1


@dataclass(frozen=True)
class Executor(ABC):
    """Runs every task at one BLAS thread and yields one outcome for each, as they arrive.

    Tasks are drawn when there is room for them, never all at once. Closing the iterator early ends whatever was
    started.
    """

    abstract: ClassVar[bool] = True

    @abstractmethod
    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield an Outcome per task, unordered."""
