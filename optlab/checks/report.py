"""What a battery reports: a list of small checks, readable as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Case = TypeVar("Case")


@dataclass(frozen=True)
class Check:
    """One check: its name, whether it passed, and what was seen, with numbers.

    A check that does not apply counts as passed, is marked `skipped`, and `detail` gives the reason.
    """

    name: str
    passed: bool
    detail: str = ""
    skipped: bool = False


@dataclass(frozen=True)
class Report:
    """The checks of one battery; `str(report)` is a table."""

    title: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether there is a check, and none failed."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def last_line(self) -> str:
        """How many checks passed, and how many did not apply."""
        skipped = sum(check.skipped for check in self.checks)
        ran = len(self.checks) - skipped
        end = f"{ran - len(self.failures)} of {ran} checks passed"
        return end + (f", {skipped} did not apply" if skipped else "")

    def __str__(self) -> str:
        width = max((len(check.name) for check in self.checks), default=0)
        rows = [f"  {word(check):4}  {check.name:{width}}  {check.detail}".rstrip() for check in self.checks]
        return "\n".join([self.title, *rows, self.last_line])


def word(check: Check) -> str:
    """Return "ok", "skip" or "FAIL"."""
    return "FAIL" if not check.passed else "skip" if check.skipped else "ok"


class Failed(Exception):  # noqa: N818  a verdict, not a fault
    """Raised by a check that does not hold; the message says what was seen."""


class Skipped(Exception):  # noqa: N818
    """Raised by a check that does not apply; the message gives the reason."""


def carry_out(title: str, checks: Iterable[Callable[[Case], str]], case: Case) -> Report:
    """Run every check on the case and collect the report; an exception fails its check and no other.

    A check is a function whose name, in words, is the check's name; it returns the detail, or raises
    `Failed` or `Skipped`.
    """
    done = []
    for check in checks:
        name = check.__name__.replace("_", " ")
        try:
            with np.errstate(all="ignore"):
                done.append(Check(name, True, check(case)))
        except Skipped as reason:
            done.append(Check(name, True, str(reason), skipped=True))
        except Failed as reason:
            done.append(Check(name, False, str(reason)))
        except Exception as error:
            done.append(Check(name, False, f"{type(error).__name__}: {error}"))
    return Report(title, tuple(done))


def require(holds: bool, message: str) -> None:
    """Raise `Failed` with the message unless it holds."""
    if not holds:
        raise Failed(message)


def within(worst: float, allowed: float, what: str) -> str:
    """Return the figures as a detail, or raise `Failed` where `worst` is over (or NaN)."""
    require(bool(worst <= allowed), f"{what}: {worst:.1e}, over {allowed:.1e}")
    return f"{what}: {worst:.1e}"
