"""What the innermost process does: perform tasks, one after another, until its guard has none for it."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
from contextlib import suppress
from math import inf
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Literal

from optlab.core.settings import type_of
from optlab.core.status import Status, worded
from optlab.executors import heap
from optlab.executors.limits import Limits, held
from optlab.executors.nursery import DEAF_TO
from optlab.executors.wire import receive, send
from optlab.registry import inner_kind
from optlab.work import Finished, catalogue, perform, salvage, stopped

if TYPE_CHECKING:
    from pathlib import Path

    from optlab.core.tape import Tape
    from optlab.executors.base import Task
    from optlab.registry import Catalogue

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
Ending = Literal["ok", "memory", "error"]


def live(link: socket.socket, tape: Tape, guard: int) -> None:
    """Perform what comes over a link; never returns. An order is (task, verdict), the verdict None for a new run.

    An answer is (how it ended, seconds spent on importing, processor seconds since its birth, the pickled Finished).
    """
    os.setpgid(0, 0)
    _die_with(guard)
    tape.keep_to_oneself()
    myself = os.getpid()
    while (order := receive(link)) is not None:
        task, verdict = pickle.loads(order)
        ending, setup, blob = _answer(task, verdict, tape)
        answer = pickle.dumps((ending, setup, process_time(), blob))
        if os.getpid() != myself:  # a copy that a run has made by a fork; the run is answered for by the first
            os._exit(0)
        with suppress(Exception):
            sys.stdout.flush()
        send(link, answer)
    os._exit(0)


def _answer(task: Task, verdict: tuple[Status, str] | None, tape: Tape) -> tuple[Ending, float, bytes]:
    limits, begin, setup = Limits.of(task.spec), perf_counter(), 0.0
    limits.confine()
    if limits.megabytes < inf and held(os.getpid(), "status", "RssAnon:") > heap.LIGHT:
        heap.give_back()
    try:
        if verdict is None:
            known = len(sys.modules)
            prepare(task.spec, task.plugins)
            setup = perf_counter() - begin if len(sys.modules) > known else 0.0
            finished = perform(task.spec, task.plugins, tape)
        else:
            there, trace = stopped(task.spec, tape, *verdict)
            finished = salvage(task.spec, task.plugins, there.row, trace)
        ending: Ending = "ok"
        if limits.megabytes < inf and _out_of_memory(finished):
            ending, killed = "memory", Status.KILLED.name
            finished.row |= {"status": killed, "claimed_status": killed, "message": limits.asked_too_much}
        return ending, setup, pickle.dumps(finished, protocol=5)
    except MemoryError:
        return "memory", setup, b""
    except Exception as error:  # not the run's: `perform` answers for that
        return "error", setup, worded(error).encode()


def _out_of_memory(finished: Finished) -> bool:
    row = finished.row
    return row["status"] == Status.ERROR.name and "MemoryError" in (row["traceback"] or " ").splitlines()[-1]


def named(spec: dict[str, Any], plugins: tuple[str, ...]) -> frozenset[Path]:
    """Return the plug-ins whose code a run executes, as far as they can be read."""
    with suppress(Exception):
        return catalogue(plugins).plugins_of(spec)
    return frozenset()


def prepare(spec: dict[str, Any], plugins: tuple[str, ...], own: bool = True) -> None:
    """Import the classes that a specification names; unless `own`, those of optlab and its catalogue alone.

    Plug-ins are read in either case, and what is wrong with any of them is for the run to say.
    """
    with suppress(Exception):
        names = catalogue(plugins)
        for kind, part in _named(spec):
            _import(names, kind, part, own)


def _import(names: Catalogue, kind: str, part: Any, own: bool) -> None:
    """Import what a part of a specification names, with what its settings name."""
    settings = {"name": part} if isinstance(part, str) else part
    with suppress(Exception, SystemExit):
        entry = names.entry(kind, settings["name"])
        if not own and (not entry.module or entry.attributes.get("package")):  # such a package may start threads
            return
        cls = names.find(kind, settings["name"])
        for transform in settings.get("transforms", ()):
            _import(names, "transforms", transform, own)
        for key, value in settings.items():
            inner = inner_kind(type_of(cls, key)) if isinstance(value, dict) else ""
            if inner:
                _import(names, inner, value, own)


def _named(spec: dict[str, Any]) -> list[tuple[str, Any]]:
    columns = [("columns", column) for column in spec["columns"]]
    return [("problems", spec["problem"]), ("optimizers", spec["optimizer"]), *columns]


def _die_with(guard: int) -> None:
    """Have the system end this process with its guard, where the system can."""
    for number in DEAF_TO:
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    control(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:
        os._exit(1)


def control(what: int, how: int) -> None:
    """Set a property of this process that only Linux knows."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(what, how)
