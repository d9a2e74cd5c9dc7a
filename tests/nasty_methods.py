"""A method that does something bad at one iteration: a plug-in for the tests of what runs survive."""

from __future__ import annotations

import asyncio
import ctypes
import mmap
import os
import random
import signal
import subprocess
import sys
import time
import warnings
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
    subprocess.run(["sleep", os.environ["OPTLAB_TEST_SLEEP"]], check=False)


LEFT = []


def leak():
    LEFT.append(np.ones(10_000_000))


def daemon():
    """Start a process that leaves its group and its parent, and do not end."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execlp("sleep", "sleep", os.environ["OPTLAB_TEST_SLEEP"])
        os._exit(0)
    loop()


def shared_hog():
    memory = mmap.mmap(-1, 2 << 30)  # shared, so that it is neither this process's own nor counted as data
    for i in range(0, len(memory), mmap.PAGESIZE):
        memory[i] = 1


def hog_below():
    hold = "hold = [bytearray(b'1') * 10**7 for _ in range(200)]; import time; time.sleep(20)"
    subprocess.run([sys.executable, "-c", hold], check=False)


def many_below():
    """Start processes that share the memory of this one: together they use little more."""
    hold = np.ones(15_000_000)
    below = []
    for _ in range(6):
        below.append(os.fork())
        if below[-1] == 0:
            time.sleep(1.0)
            os._exit(int(hold[0] - 1))
    for pid in below:
        os.waitpid(pid, 0)


def mute():
    os.closerange(3, 1000)
    time.sleep(20)


def garble():
    for i in range(3, 50):
        try:
            os.write(i, b"this is no message")
        except OSError:
            continue
    time.sleep(20)


def flood():
    for _ in range(40):
        print("x" * 99_999)
        os.write(2, b"y" * 100_000)


class SpeechlessError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def raised(error):
    raise error


def spoil():
    """Do to this process what no other run may see."""
    np.vdot = np.dot = np.linalg.norm = lambda *_, **__: 0.0
    warnings.simplefilter("error")
    os.chdir("/")
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


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
    "daemon": daemon,
    "shared_hog": shared_hog,
    "hog_below": hog_below,
    "many_below": many_below,
    "mute": mute,
    "garble": garble,
    "flood": flood,
    "fork": os.fork,
    "speechless": lambda: raised(SpeechlessError()),
    "base_exception": lambda: raised(asyncio.CancelledError("beyond Exception")),
    "spoil": spoil,
    "end_guard": lambda: [os.kill(os.getppid(), number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)],
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
        length = np.linalg.norm([self.step_size])
        return state.moved(oracle, direction=-state.g, step_size=length)


@dataclass(frozen=True)
class Draws(optlab.Optimizer):
    """Random steps from the generators that everybody shares."""

    def step(self, oracle, state):
        step = np.random.standard_normal(state.x.size) + random.random()  # noqa: NPY002
        return state.moved(oracle, direction=step, step_size=0.01)


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
