"""A method that does something bad at one iteration: a plug-in for the tests of what runs survive."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import optlab


def loop():
    while True:
        pass


def loop_in_c():
    ctypes.PyDLL(None).pause()  # keeps the interpreter's lock: no thread and no handler of this process runs again


def lapack():
    matrix = np.random.default_rng(0).standard_normal((6_000, 6_000))
    np.linalg.eigh(matrix + matrix.T)


def hog():
    hold = []
    while True:
        hold.append(np.ones(4_000_000))


def child_process():
    import os
    import subprocess

    subprocess.run(["sleep", os.environ["OPTLAB_TEST_SLEEP"]], check=False)


LEFT = []


def leak():
    LEFT.append(np.ones(10_000_000))


BAD = {
    "nothing": lambda: None,
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "exit": lambda: os._exit(139),
    "leave": lambda: os._exit(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "loop": loop,
    "loop_in_c": loop_in_c,
    "sleep": lambda: time.sleep(20),
    "lapack": lapack,
    "hog": hog,
    "ask": lambda: np.ones(10**11),
    "leak": leak,
    "child_process": child_process,
}


@dataclass(frozen=True)
class Nasty(optlab.Optimizer):
    """Gradient descent that does `what` at iteration `at`, only the first time where a file `once` is named."""

    what: str = "nothing"
    at: int = 5
    pause: float = 0.0
    once: str = ""
    step_size: float = 0.01

    def step(self, oracle, state):
        if self.pause:
            time.sleep(self.pause)
        if state.k == self.at and not (self.once and Path(self.once).exists()):
            if self.once:
                Path(self.once).touch()
            BAD[self.what]()
        return state.moved(oracle, direction=-state.g, step_size=self.step_size)


@dataclass(frozen=True)
class Crashing(optlab.Column):
    """A column that takes its process with it."""

    names = ("crashing",)

    def compute(self, trace, problem):
        ctypes.string_at(0)


@dataclass(frozen=True)
class Endless(optlab.Column):
    """A column that never ends."""

    names = ("endless",)

    def compute(self, trace, problem):
        loop()


class Unbuildable(optlab.ProblemBase):
    """A problem that never comes to be."""

    def __init__(self):
        loop()

    def value(self, x):
        return 0.0

    def start(self):
        return np.zeros(2)
