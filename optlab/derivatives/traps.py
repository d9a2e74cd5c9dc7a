"""What goes wrong when a function is traced, in words, with what to write instead.

Measured on autograd 1.9 with NumPy 2.4: each line of TRAPS is an error that autograd or NumPy raises for a function
that is right as it stands but cannot be traced as it is written.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from optlab.core.status import EvaluationError, OptlabError

IMPORT = "write `import autograd.numpy as np`"
TRAPS = tuple((re.compile(pattern), advice) for pattern, advice in (
    (r"array element with a sequence|support item assignment|no attribute '__setitem__'",
     "an array that is filled entry by entry or made float cannot hold what is traced: for z[0] = x[0] write "
     f"np.array([x[0], …]), for np.asarray(x, float) write x, and {IMPORT}"),
    (r"must be real number|must be a string|interpreted as an integer|unsupported format string",
     "float(), int(), formats and the functions of math need a plain number: write np.exp(x[0]) for math.exp(x[0]), "
     "x[0] for float(x[0])"),
    (r"returned NotImplemented .*out=\(|Cannot cast array data from dtype\('O'\)",
     "a result cannot be written into an array that is there: write z = z + x for z += x, and z = np.exp(x) for out=z"),
    (r"returned NotImplemented .*'(?:reduce|accumulate|outer|at|reduceat)'",
     "methods of NumPy's functions cannot be traced: write np.sum(x) for np.add.reduce(x), np.outer(x, y) for "
     "np.multiply.outer(x, y)"),
    (r"VJP of (?P<name>eigvalsh) wrt", "autograd has no derivative of {name}: write np.linalg.eigh(A)[0]"),
    (r"returned NotImplemented .*<ufunc '(?P<name>\w+)'>|VJP of (?P<other>\w+) wrt",
     "autograd has no derivative of {name}: compose it of other functions, or give the gradient by hand"),
    (r"Cannot cast ufunc '(?P<name>[a-z]+)|unsupported in linalg",
     f"np.linalg of plain NumPy cannot be traced: {IMPORT}, which has {{name}} too"),
    (r"has no callable (?P<name>\w+) method",
     "np.array, np.dot, np.concatenate and np.where of plain NumPy make arrays of objects, which np.{name} does not "
     f"take: {IMPORT}"),
    (r"'ArrayBox' object has no attribute '(?P<name>\w+)'",
     "what is traced has no .{name}: use NumPy's function, or for x.dot(y), x.copy(), x.item(0) write x @ y, 1.0 * x, "
     "x[0]"),
    (r"no supported conversion for types",
     "a sparse matrix of SciPy cannot be multiplied with what is traced: write A.toarray(), or give the gradient by "
     "hand"),
    (r"w\.r\.t\. type",
     "what is rounded to whole numbers has no derivative: leave out astype(int)"),
))  # fmt: skip
ELSE = "autograd can trace arithmetic, indexing and NumPy's functions of arrays: give the gradient by hand beyond these"
TRACING = (TypeError, ValueError, AttributeError, NotImplementedError, IndexError)
"""What tracing raises by itself. Everything else comes from the function and goes through unchanged."""


class UntraceableError(EvaluationError):
    """A function that cannot be differentiated automatically as it is written; the message says what to write."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"f cannot be differentiated automatically: {reason}")
        self.reason = reason


def attempt(work: Callable[[], Any], f: Callable[[Any], Any], x: Any) -> Any:
    """Return work(), which traces f at x; where tracing is what fails, raise UntraceableError with the advice.

    An error that f itself raises at x goes through unchanged.
    """
    try:
        return work()
    except OptlabError:
        raise
    except TRACING as error:
        try:
            with np.errstate(all="ignore"):
                f(x)
        except Exception:  # it is the function's own
            raise error from None
        raise UntraceableError(advice(error)).with_traceback(error.__traceback__) from error


def advice(error: BaseException) -> str:
    """Return what an error of tracing means and what to write instead."""
    line = (str(error) or type(error).__name__).splitlines()[0].partition(". Valid types are")[0]
    text = f"{type(error).__name__}: {line}"
    for pattern, meaning in TRAPS:
        match = pattern.search(text)
        if match:
            names = [name for name in match.groupdict().values() if name]
            return f"{_short(text)}; {meaning.replace('{name}', names[0] if names else 'it')}"
    return f"{_short(text)}; {ELSE}"


def _short(text: str) -> str:
    """Return NumPy's message about a refused function without its arguments."""
    return re.sub(r"(from __array_ufunc__)\(<ufunc '(\w+)'>.*", r"\1 of \2", text)


def place(error: BaseException) -> str:
    """Return the last line of the user's own code that an exception passed through, as " (file.py:12)", or ""."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    return next((_named(*frame) for frame in reversed(frames) if _own(frame[0])), "")


def frame_place(frame: FrameType | None) -> str:
    """Return the innermost line of the user's own code that a frame was called from, as " (file.py:12)", or ""."""
    while frame is not None and not _own(frame.f_code.co_filename):
        frame = frame.f_back
    return "" if frame is None else _named(frame.f_code.co_filename, frame.f_lineno)


def _own(filename: str) -> bool:
    return not filename.startswith((*_others(), "<"))


def _named(filename: str, line: int | None) -> str:
    return f" ({Path(filename).name}:{line})"


@cache
def _others() -> tuple[str, ...]:
    """Where code lies that is not the user's: this package, the standard library, installed packages."""
    from sysconfig import get_paths

    return (str(Path(__file__).parents[1]), *(get_paths()[key] for key in ("stdlib", "purelib", "platlib")))
