"""Where guards come from: one fresh interpreter that has imported what runs need, and forks.

It never imports the caller's `__main__`, has one thread, and runs no code but optlab's: forking it is safe and quick.
"""

from __future__ import annotations

import array
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import suppress
from select import select
from threading import Lock
from typing import TYPE_CHECKING

from optlab.executors.wire import receive, send

if TYPE_CHECKING:
    from optlab.executors.base import Task

ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
START = """
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from optlab.executors.nursery import breed
breed(int(sys.argv[1]))
"""
"""A fresh interpreter that imports this package from where its parent does, and never the parent's __main__."""
DEAF_TO = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that are for the parent to answer: it ends its guards. Of these a child ignores Ctrl-C alone."""
LAST_MOMENTS = 5.0
"""Seconds in which a process that has closed its connection has its exit code."""
APPLE = {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"} if sys.platform == "darwin" else {}


class Nursery:
    """The parent's side: starts the process, again where it has died, and asks it for guards."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._link: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def guard(self, task: Task) -> socket.socket:
        """Return the connection to a new guard; what a task names is read, and optlab's own imported, for it."""
        mine, other = socket.socketpair()
        with self._lock, other:
            for _ in range(2):
                if self._link is None:
                    self._start()
                assert self._link is not None
                try:
                    self._link.sendmsg(
                        [b"+"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [other.fileno()]))]
                    )
                    send(self._link, pickle.dumps(task))
                    break
                except OSError:  # it has died; once more with a new one
                    self._stop()
        return mine

    def failure(self) -> str:
        """Say that the process cannot live here, where it ended by itself with an exit code; else an empty string."""
        with self._lock:
            if self._link is not None and self._process is not None and select([self._link], [], [], 0.0)[0]:
                with suppress(subprocess.TimeoutExpired):  # it sends nothing: this is the end, a moment before its code
                    self._process.wait(LAST_MOMENTS)
            code = None if self._process is None else self._process.poll()
        return f"the process that starts workers ended with exit code {code}" if code is not None and code > 0 else ""

    def close(self) -> None:
        """End the process; guards go on until their connections are closed."""
        with self._lock:
            self._stop()

    def _start(self) -> None:
        self._link, far = socket.socketpair()
        with far:
            self._process = subprocess.Popen(
                [sys.executable, "-c", START, str(far.fileno()), json.dumps(sys.path)],
                pass_fds=[far.fileno()],
                env={**os.environ, **ONE_THREAD, **APPLE},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if sys.__stdout__ is None else None,  # closed: something else may lie there
                stderr=subprocess.DEVNULL if sys.__stderr__ is None else None,
            )

    def _stop(self) -> None:
        if self._link is not None and self._process is not None:
            self._link.close()
            self._process.kill()
            self._process.wait()
        self._link = self._process = None


def breed(descriptor: int) -> None:
    """Fork a guard for every connection that is asked for, until the parent is gone."""
    for number in DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    import numpy.random  # noqa: F401
    import scipy.linalg  # noqa: F401  what most methods import

    from optlab.executors import heap
    from optlab.executors.child import prepare
    from optlab.executors.guard import Guard

    heap.keep()
    control = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for guards
    while True:
        sign, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(4))
        if not sign:
            return
        wish = receive(control)
        if wish is None:
            return
        connection = array.array("i", ancillary[0][2])[0]
        task = pickle.loads(wish)
        prepare(task.spec, task.plugins, own=False)
        if os.fork() == 0:
            try:
                control.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                Guard(socket.socket(fileno=connection)).serve()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        os.close(connection)
