"""What a worker process does: receive a task, perform it, send back what it finished."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection


def serve(descriptor: int) -> None:
    """Serve tasks over an inherited connection until the parent closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer; it ends its workers
    link = Connection(descriptor)
    from optlab.work import Finished, perform

    while True:
        try:
            task = link.recv()
        except EOFError:
            return
        answer: tuple[str, Finished | None, str]
        try:
            answer = ("ok", perform(task.spec, task.plugins), "")
        except Exception as error:
            answer = ("error", None, f"{type(error).__name__}: {error}")
        link.send(answer)
