"""The contract of an executor: tasks in, outcomes out, in any order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from optlab.work import Finished


@dataclass(frozen=True)
class Task:
    """One run to execute: plain data only, it crosses process and machine boundaries."""

    key: str
    spec: dict[str, Any]
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a task ended: ok with what it finished, or why there is nothing (crash, timeout, killed, error)."""

    task: Task
    kind: Literal["ok", "error", "crash", "timeout", "killed"]
    finished: Finished | None = None
    reason: str = ""


@dataclass(frozen=True)
class Executor(ABC):
    """Runs every task at one BLAS thread and yields one outcome for each, as they arrive.

    Closing the iterator early ends whatever was started.
    """

    abstract: ClassVar[bool] = True

    @abstractmethod
    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Yield an Outcome per task, unordered."""
