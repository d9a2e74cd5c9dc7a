"""What a battery reports: a list of small checks, readable as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from optlab.core.status import nearest, worded

Case = TypeVar("Case")


@dataclass(frozen=True)
class Check:
    """One check: its name, whether it passed, and what was seen, with numbers.

    A check that does not apply counts as passed, is marked `skipped`, and `detail` gives the reason. One that was
    expected to fail and did counts as passed too, is marked `expected`, and `detail` begins with the reason.
    `reproduce` is code that repeats the run on which a check failed.
    """

    name: str
    passed: bool
    detail: str = ""
    skipped: bool = False
    expected: bool = False
    reproduce: str = ""


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
        """How many checks passed, how many did not apply, and how many failed as expected."""
        skipped, expected = (sum(getattr(check, kind) for check in self.checks) for kind in ("skipped", "expected"))
        ran = len(self.checks) - skipped - expected
        end = f"{ran - len(self.failures)} of {ran} checks passed"
        end += f", {skipped} did not apply" if skipped else ""
        return end + (f", {expected} failed as expected" if expected else "")

    def __str__(self) -> str:
        width = max((len(check.name) for check in self.checks), default=0)
        lines = [self.title]
        for check in self.checks:
            lines.append(f"  {word(check):4}  {check.name:{width}}  {check.detail}".rstrip())
            lines += [f"        {line}" for line in check.reproduce.splitlines()]
        return "\n".join([*lines, self.last_line])


def word(check: Check) -> str:
    """Return "ok", "skip", "xfail" or "FAIL"."""
    if not check.passed:
        return "FAIL"
    return "skip" if check.skipped else "xfail" if check.expected else "ok"


class Failed(Exception):  # noqa: N818  a verdict, not a fault
    """Raised by a check that does not hold; the message says what was seen."""


class Skipped(Exception):  # noqa: N818
    """Raised by a check that does not apply; the message gives the reason."""


def carry_out(
    title: str,
    checks: Iterable[Callable[[Case], str]],
    case: Case,
    expected: Mapping[str, str] = MappingProxyType({}),
) -> Report:
    """Run every check on the case and collect the report; an exception fails its check and no other.

    A check is a function whose name, in words, is the check's name; it returns the detail, or raises
    `Failed` or `Skipped`. `expected` maps the names of those that are expected to fail to the reason; one of them
    that passes fails, and so does a name that is none of the checks'. A case with a method `reproduce` is asked how
    to repeat the run that a check failed on.
    """
    reproduce: Any = getattr(case, "reproduce", lambda: "")
    done = []
    for check in checks:
        name = check.__name__.replace("_", " ")
        code = ""
        try:
            with np.errstate(all="ignore"):
                outcome = Check(name, True, check(case))
        except Skipped as reason:
            outcome = Check(name, True, str(reason), skipped=True)
        except Failed as reason:
            outcome, code = Check(name, False, str(reason)), reproduce()
        except Exception as error:
            outcome, code = Check(name, False, worded(error)), reproduce()
        if name in expected:
            done.append(_turned(outcome, expected[name]))
        else:
            done.append(Check(name, outcome.passed, outcome.detail, outcome.skipped, reproduce=code))
    done += [_unknown(name, [check.name for check in done]) for name in expected.keys() - {c.name for c in done}]
    return Report(title, tuple(done))


def _turned(outcome: Check, why: str) -> Check:
    """Return the outcome of a check that was expected to fail."""
    if outcome.passed:
        what = f"did not apply ({outcome.detail})" if outcome.skipped else "passes"
        return Check(outcome.name, False, f"expected to fail ({why}), but it {what}: take it out of expected_failures")
    return Check(outcome.name, True, f"{why} ({outcome.detail})", expected=True)


def _unknown(name: str, names: list[str]) -> Check:
    return Check(name, False, f"expected_failures names a check that is not among this method's{nearest(name, names)}")


def require(holds: bool, message: str) -> None:
    """Raise `Failed` with the message unless it holds."""
    if not holds:
        raise Failed(message)


def within(worst: float, allowed: float, what: str) -> str:
    """Return the figures as a detail, or raise `Failed` where `worst` is over (or NaN)."""
    require(bool(worst <= allowed), f"{what}: {worst:.1e}, over {allowed:.1e}")
    return f"{what}: {worst:.1e}"
