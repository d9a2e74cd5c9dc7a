"""Floating-point events: overflow, underflow, invalid operations and divisions by zero, counted and traced home.

NumPy sets a flag where a result leaves the numbers; here each flag is counted, and the first of each kind is
remembered with the line, and the very operation, that raised it. An overflow that Python's own floats raise as an
exception is counted too. What else they do raises no flags, nor do BLAS and LAPACK.
Source: IEEE 754 (2019), section 7.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from pathlib import Path
from sys import _getframe
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.derivatives import Array

KINDS = ("divide", "overflow", "underflow", "invalid")
NAMES = {"divide by zero": "divide", "overflow": "overflow", "underflow": "underflow", "invalid value": "invalid"}
"""What NumPy calls them."""
WORDS = {"divide": "division by zero", "overflow": "overflow", "underflow": "underflow", "invalid": "invalid operation"}
BIRTHS = ("invalid", "divide", "overflow")
"""What makes a number that is none, the most telling first."""
LIBRARIES = frozenset({"numpy", "scipy", "autograd"})
"""Code that only does what it is told: an event is placed in the line that called it."""
NARROW = "optlab.kernels.narrow"
"""So does this module, NumPy's operations in another precision."""
DERIVATIVES = "optlab.derivatives"
SHORT = 60


@dataclass(frozen=True)
class Event:
    """Where an event happened: its kind, the operation as it is written, the file's name and the line."""

    kind: str
    code: str
    file: str
    line: int

    def __str__(self) -> str:
        what = f" in {self.code}" if self.code else ""
        return f"{WORDS[self.kind]}{what} ({self.file}:{self.line})"


class Watch:
    """Counts events while it is entered; the calculation goes on as if nobody looked.

    Attributes
    ----------
    counts : dict
        How often each kind was raised: once per operation, whatever number of its elements raised it.
    first : dict
        The first Event of each kind.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(KINDS, 0)
        self.first: dict[str, Event] = {}
        self._state: Any = None

    def __enter__(self) -> Self:
        self._state = np.errstate(all="call", call=self._raised)
        self._state.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state.__exit__(kind, error, trace)

    def _raised(self, name: str, _: int) -> None:
        self.note(NAMES[name], _getframe(1))

    def note(self, kind: str, frame: FrameType) -> None:
        """Count an event of a kind that was raised in a frame."""
        self.counts[kind] += 1
        if kind not in self.first:
            self.first[kind] = located(kind, frame)


def python_overflow(error: OverflowError) -> None:
    """Count an overflow of Python's own floats, which raise an exception, where somebody watches."""
    watch = getattr(np.geterrcall(), "__self__", None)
    trace = error.__traceback__
    if isinstance(watch, Watch) and trace is not None:
        while trace.tb_next is not None:
            trace = trace.tb_next
        watch.note("overflow", trace.tb_frame)


def located(kind: str, frame: FrameType) -> Event:
    """Return the event with the innermost line outside the libraries of numbers."""
    while frame.f_back is not None and _is_library(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    name, line = frame.f_code.co_filename, frame.f_lineno
    derived = frame.f_globals.get("__name__", "").startswith(DERIVATIVES)
    return Event(kind, "a derivative by autograd" if derived else _source(frame), Path(name).name, line)


def _is_library(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES or module == NARROW


def _source(frame: FrameType) -> str:
    """Return the text of the operation under way, as Python knows its place; the whole line where it does not."""
    positions = list(frame.f_code.co_positions())
    line, last, begin, end = positions[frame.f_lasti // 2] if frame.f_lasti >= 0 else (None, None, None, None)
    text = linecache.getline(frame.f_code.co_filename, line or frame.f_lineno)
    if line == last and begin is not None and end is not None:
        text = text.encode()[begin:end].decode(errors="replace")  # columns count bytes
    text = " ".join(text.split())
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def birth(problem: ProblemBase, x: Array) -> str:
    """Return where f or ∇f at x ceases to be a number, evaluated once more, uncounted; "" where no flag is raised."""
    watch = Watch()
    try:
        with watch:
            f = problem.value(x)
            if np.isfinite(f):
                problem.gradient(x)
    except Exception:  # a note is not worth an error
        return ""
    return next((str(watch.first[kind]) for kind in BIRTHS if kind in watch.first), "")
