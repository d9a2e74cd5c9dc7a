"""The guard: one process beside each child that runs tasks.

It never runs one itself. So it is always there to watch the clock and the memory of the child, to see how it ends, and
to settle what becomes of its run.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import socket
from collections import deque
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from optlab.core.status import Status
from optlab.core.tape import COLUMNS, COUNT, PHASE, RUNNING, SINCE, Tape
from optlab.executors.child import PR_SET_CHILD_SUBREAPER, control, live, named, prepare
from optlab.executors.echo import Echo
from optlab.executors.limits import PATIENCE, Limits, started
from optlab.executors.wire import Wire
from optlab.work import stopped

if TYPE_CHECKING:
    from pathlib import Path

    from optlab.executors.base import Kind, Task

LIFE, IDLE = 1.0, 10.0
"""Seconds of work after which a child is replaced by a new one, between two tasks; so many times that by the clock."""
WORTH = 20.0
"""A child that spent longer on imports than this fraction of LIFE lives so many times longer than that."""
MOST_KILLS = 3
"""How often a run is begun again after its process was killed from outside."""
LOST_TOUCH = "the run closed, or wrote to, the connection of its process to its guard"
STATUS = {"timeout": Status.TIMEOUT, "killed": Status.KILLED, "crash": Status.KILLED}
GENERATIONS = 20
"""How often what a dead child has left is looked for: what is killed may just have started another."""
RECALL = b""
"""A message that asks for the tasks back that are not begun."""


@dataclass
class Job:
    """A task and what has happened to it so far."""

    task: Task
    attempts: int = 1
    kills: int = 0
    crashes: int = 0
    alone: bool = False
    """It is to have a child of its own."""
    verdict: tuple[Kind, str] | None = None
    """Set once its run has been stopped for good; then only its columns are left to compute."""
    limits: Limits = field(init=False)
    begun: float = 0.0

    def __post_init__(self) -> None:
        self.limits = Limits.of(self.task.spec)


@dataclass
class Child:
    """The process that runs tasks."""

    pid: int
    wire: Wire
    echo: Echo
    born: float
    served: int = 0
    setup: float = 0.0
    used: float = 0.0
    spent: bool = False
    """It has served a task that wanted it for itself."""
    cause: tuple[Kind, str] | None = None
    """Why the guard killed it."""
    lost: bool = False
    """It was killed because it could not be heard any more."""
    strangers: frozenset[Path] = frozenset()
    """The plug-ins whose code it runs: what that does to the process is for no other to see."""

    @property
    def old(self) -> bool:
        """Whether it is to be replaced before the next run."""
        life = max(LIFE, WORTH * self.setup)
        return self.used > life or monotonic() - self.born > IDLE * life

    def strike(self) -> None:
        """Kill it and its group."""
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)

    def bury(self, spared: Set[int]) -> None:
        """Once it is dead: kill what it started, which is the guard's now wherever it went, and close what it had."""
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        for _ in range(GENERATIONS):
            left = [pid for pid in started(os.getpid()) if pid not in spared]
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            for pid in left:
                with suppress(ChildProcessError):
                    os.waitpid(pid, 0)
            if not left:
                break
        self.echo.close()
        self.wire.close()


class Guard:
    """Serves the tasks that come over a link until the other side closes it.

    A task is a pickled (task, attempts, kills); RECALL asks for those not begun. Answers are pickled tuples:
    ("outcome", kind, reason, attempts, seconds, pickled Finished or nothing), ("back", how many).
    """

    def __init__(self, link: socket.socket) -> None:
        self.link = Wire(link)
        self.tape = Tape()
        self.jobs: deque[Job] = deque()
        self.job: Job | None = None
        self.child: Child | None = None
        self.resting: list[Child] = []

    def serve(self) -> None:
        """Serve until the link is closed."""
        control(PR_SET_CHILD_SUBREAPER, 1)
        try:
            while not self.link.closed:
                self._begin()
                wires: list[Wire] = [self.link] if self.child is None else [self.link, self.child.wire]
                heard: list[Wire | int] = [*wires, *(self.child.echo.ends if self.child else ())]
                # The pulse finds a child that died while something it had started keeps its connection open.
                pulse = None if self.job is None else PATIENCE if not self.job.limits.none else 10 * PATIENCE
                select.select(heard, [w for w in wires if w.waiting], [], pulse)
                for wire in wires:
                    wire.flush()
                for message in self.link.take():
                    self._accept(message)
                self._listen()
                self._watch()
                for child in [child for child in self.resting if child.old]:
                    self.resting.remove(child)
                    self._end(child)
        finally:
            for child in self.children:
                self._end(child)

    @property
    def children(self) -> list[Child]:
        """All of them: the one at work, and those that wait for a run of their own plug-ins."""
        return [*([self.child] if self.child else []), *self.resting]

    def _end(self, child: Child) -> int:
        """Kill a child with all that it started and return how it ended."""
        child.strike()
        how = os.waitpid(child.pid, 0)[1]
        self._bury(child)
        return how

    def _bury(self, child: Child) -> None:
        child.bury({other.pid for other in self.children} - {child.pid})

    def _accept(self, message: bytes) -> None:
        if message == RECALL:
            kept = [job for job in self.jobs if job.begun]
            self.link.put(pickle.dumps(("back", len(self.jobs) - len(kept))))
            self.jobs = deque(kept)
        else:
            self.jobs.append(Job(*pickle.loads(message)))

    def _begin(self) -> None:
        """Hand the next task to a child, a new one where this one is not fit for it."""
        if self.job is not None or not self.jobs:
            return
        job, child = self.jobs[0], self.child
        strangers = named(job.task.spec, job.task.plugins)
        if child is not None and child.strangers != strangers:
            self.resting.append(child)
            self.child = child = next((other for other in self.resting if other.strangers == strangers), None)
            self.resting = [other for other in self.resting if other is not child]
        if child is not None and (child.old or child.spent or (job.alone and child.served)):
            self._retire()
        if self.child is None:
            prepare(job.task.spec, job.task.plugins, own=False)
            self.child = self._give_birth()
        self.child.strangers = strangers
        self.child.echo.begin()
        self.jobs.popleft()
        self.job, job.begun = job, monotonic()
        if job.verdict is None:
            self.tape.begin()
            order = pickle.dumps((job.task, None))
        else:
            order = pickle.dumps((job.task, (STATUS[job.verdict[0]], job.verdict[1])))
        self.child.wire.put(order)

    def _give_birth(self) -> Child:
        mine, other = socket.socketpair()
        echo = Echo()
        gc.freeze()  # else a collection in the child would copy every page
        me, pid = os.getpid(), os.fork()
        if pid == 0:
            try:
                mine.close()
                self.link.link.close()
                echo.enter()
                live(other, self.tape, me)
            finally:
                os._exit(1)
        other.close()
        echo.stay()
        with suppress(OSError):
            os.setpgid(pid, pid)  # on both sides, whichever comes first
        return Child(pid, Wire(mine), echo, monotonic())

    def _retire(self) -> None:
        assert self.child is not None
        self._end(self.child)
        self.child = None

    def _listen(self) -> None:
        """Take what the child has finished, and notice when it is gone."""
        child = self.child
        if child is None:
            return
        messages = child.wire.take()
        child.echo.pass_on()
        for message in messages:
            try:
                ending, setup, used, blob = pickle.loads(message)
            except Exception:  # a run has written to what is not its own
                child.wire.close()
                break
            child.served += 1
            child.setup += setup
            child.used = used
            self._answered(ending, blob)
        gone, how = (0, 0) if child.wire.closed else os.waitpid(child.pid, os.WNOHANG)
        if gone:
            child.wire.take()
            self._bury(child)
        elif child.wire.closed:
            how = self._last_breath(child)
        if child.wire.closed:
            self.child = None
            if self.job is not None:
                self._died(how, child)

    def _last_breath(self, child: Child) -> int:
        """Return how a child ended whose connection is closed; it is killed where it goes on without one."""
        for _ in range(20):
            gone, how = os.waitpid(child.pid, os.WNOHANG)
            if gone:
                self._bury(child)
                return how
            select.select([], [], [], PATIENCE / 5)
        child.lost = child.cause is None
        return self._end(child)

    def _answered(self, ending: str, blob: bytes) -> None:
        job = self.job
        assert job is not None
        assert self.child is not None
        if job.verdict is not None:
            self._settle(*job.verdict, blob if ending == "ok" else self._without_columns(*job.verdict))
        elif ending == "ok":
            self._settle("ok", "", blob)
        elif ending == "error":
            self._settle("error", blob.decode())
        elif blob and self.child.served == 1:
            self._settle("killed", job.limits.asked_too_much, blob)
        else:
            self._stopped("killed", job.limits.asked_too_much, fresh=self.child.served == 1)
        self.child.spent = self.child.spent or job.alone

    def _died(self, how: int, child: Child) -> None:
        """Decide what becomes of the run whose process died."""
        job = self.job
        assert job is not None
        if job.verdict is not None:  # over the columns of what is left
            self._settle(*job.verdict, self._without_columns(*job.verdict))
        elif child.cause is not None:
            self._stopped(*child.cause, fresh=child.served == 0)
        elif os.WIFSIGNALED(how) and os.WTERMSIG(how) == signal.SIGKILL and not child.lost:
            job.kills += 1
            if job.kills <= MOST_KILLS:
                self._again(job)
            else:
                self._stopped("killed", killed_from_outside(job.kills), fresh=True)
        else:
            job.crashes += 1
            if job.crashes == 1:
                job.alone = True
                self._again(job)
            else:
                why = LOST_TOUCH if child.lost else f"the process ended twice with {in_words(how)}"
                self._stopped("crash", why, fresh=True)

    def _stopped(self, kind: Kind, reason: str, fresh: bool) -> None:
        """Settle a run that was stopped; memory that runs before it may have left is no reason."""
        job = self.job
        assert job is not None
        if kind == "killed" and not fresh:
            job.alone = True
            self._again(job)
        elif self.tape.head[PHASE] == COLUMNS:
            self._settle("ok", "", self._without_columns(kind, reason))
        elif self.tape.head[PHASE] == RUNNING and self.tape.head[COUNT] and job.task.spec["columns"]:
            job.verdict, job.alone, self.job = (kind, reason), True, None
            self.jobs.appendleft(job)
        else:
            self._settle(kind, reason, self._without_columns(kind, reason))

    def _without_columns(self, kind: Kind, reason: str) -> bytes:
        assert self.job is not None
        return pickle.dumps(stopped(self.job.task.spec, self.tape, STATUS[kind], reason)[0], protocol=5)

    def _again(self, job: Job) -> None:
        job.attempts += 1
        self.job = None
        self.jobs.appendleft(job)

    def _settle(self, kind: Kind, reason: str, blob: bytes = b"") -> None:
        job = self.job
        assert job is not None
        self.job = None
        self.link.put(pickle.dumps(("outcome", kind, reason, job.attempts, monotonic() - job.begun, blob)))

    def _watch(self) -> None:
        """Kill a child whose task is over its time or its memory."""
        job, child = self.job, self.child
        if job is None or child is None or job.limits.none:
            return
        phase = int(self.tape.head[PHASE]) if job.verdict is None else COLUMNS
        since = self.tape.head[SINCE] if job.verdict is None and phase else job.begun
        late = job.limits.exceeded(phase, monotonic() - since)
        heavy = "" if late else job.limits.overweight(child.pid, self.tape.written)
        if late or heavy:
            child.cause = ("timeout", late) if late else ("killed", heavy)
            child.strike()  # what it had finished just before still counts


def in_words(how: int) -> str:
    """Return how a process ended, in words."""
    if not os.WIFSIGNALED(how):
        return f"exit code {os.waitstatus_to_exitcode(how)}"
    number = os.WTERMSIG(how)
    try:
        return f"{signal.Signals(number).name} (signal {number})"
    except ValueError:
        return f"signal {number}"


def killed_from_outside(times: int) -> str:
    """Say that a process was killed again and again."""
    return f"its process was killed from outside (SIGKILL) {times} times; the system may be short of memory"
