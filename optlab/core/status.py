"""How a run ended, and the exception by which a step ends one."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """How a run ended; the value is the sentence shown to a person, the name is what tables hold."""

    CONVERGED = "The stationarity and feasibility tolerances are met."
    ACCEPTABLE = "Stopped at a point its caller accepted, short of the tolerance."
    MAX_ITERATIONS = "The iteration limit was reached first."
    MAX_EVALUATIONS = "The evaluation budget was spent first."
    TIMEOUT = "The time limit was reached first."
    STALLED = "No further progress is possible in this arithmetic, or none was made for long."
    DIVERGED = "The objective grew without bound or overflowed."
    NONFINITE = "The next step met a value that is not finite; the last finite iterate is kept."
    LINESEARCH_FAILED = "No acceptable step was found, along steepest descent either."
    NEGATIVE_CURVATURE = "The curvature along the step is not positive and the method has no rule for that."
    UNBOUNDED = "The objective decreases without bound along the search direction."
    INFEASIBLE = "No feasible point was found."
    SINGULAR_KKT = "The linear system for the step (Hessian or KKT matrix) is singular."
    SKIPPED = "The method needs something that the problem does not offer."
    KILLED = "The process that ran it ended from outside, or crashed."
    ERROR = "The code raised an exception."

    @property
    def success(self) -> bool:
        """True for CONVERGED alone."""
        return self is Status.CONVERGED


class Halt(Exception):  # noqa: N818  a verdict, not a fault
    """Raised by a step that cannot go on; the driver ends the run at the last committed state.

    Parameters
    ----------
    status : Status
        The verdict, one of the names of `Status`.
    note : str
        What was seen, with numbers; shown beside the status.
    """

    def __init__(self, status: Status, note: str = "") -> None:
        if not isinstance(status, Status):
            msg = f"Halt needs a Status, for example Halt(Status.STALLED), given {status!r}"
            raise TypeError(msg)
        super().__init__(status, note)
        self.status = status
        self.note = note

    def __str__(self) -> str:
        return self.note or self.status.value


class OptlabError(Exception):
    """Base of the errors a person can act on: what was given, what is allowed, the nearest valid name."""


class InputError(OptlabError, ValueError):
    """Bad input: a wrong shape, a value out of range, an unknown name, a start that is not finite."""


class EmptySetError(InputError):
    """A set in which no point was found: a run on it ends as INFEASIBLE."""


class EvaluationError(OptlabError):
    """A problem's function returned what it must not return (a wrong shape or type)."""


LONGEST = 20_000
"""Characters of a text that is kept whole."""


def legible(value: object) -> str:
    """Return what a value says of itself, whatever a user's code has made of it; of a long text, begin and end."""
    try:
        text = str(value)
    except Exception:  # the words are a user's code
        return "(what it says cannot be read)"
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … ({len(text):,} characters) … {text[-LONGEST // 2 :]}"
    return text.encode(errors="backslashreplace").decode()


def worded(error: BaseException) -> str:
    """Return the type of an exception and what it says."""
    return f"{type(error).__name__}: {legible(error)}"


def nearest(name: str, allowed: object) -> str:
    """Say which of the `allowed` names is closest to `name`, as the tail of an error message.

    Upper and lower case count as the same.

    >>> nearest("gradient_desent", ["gradient_descent", "bfgs"])
    "; did you mean 'gradient_descent'?"
    """
    import difflib

    names = {str(a).casefold(): str(a) for a in allowed}  # type: ignore[attr-defined]
    match = difflib.get_close_matches(name.casefold(), names, n=1, cutoff=0.6)
    return f"; did you mean '{names[match[0]]}'?" if match else ""
