"""What a run may use: time and memory that are enforced from outside, when nothing inside can."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from optlab.core.tape import RUNNING

GRACE, SHARE = 0.5, 0.1
"""A run is killed so many seconds, and this share of its limit, after the limit: the stop rule had its chance."""
AROUND, TIMES = 60.0, 10.0
"""Building a problem, and computing the columns of a run, may take a minute each, or ten times what the run may."""
PATIENCE = 0.05
"""Seconds between two looks at the memory of a run."""
MEGA = 1e6
STATM = Path("/proc/self/statm")
"""Where Linux tells the memory of a process; without it, there is no limit on memory."""


@dataclass(frozen=True)
class Limits:
    """The limits of one run, from its stop rules: `seconds` of running and `megabytes` of its process."""

    seconds: float = inf
    megabytes: float = inf

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Limits:
        """Return the limits of a specification."""
        stop = spec["stop"]
        return cls(*(inf if stop.get(name) is None else float(stop[name]) for name in ("seconds", "megabytes")))

    @property
    def none(self) -> bool:
        """Whether nothing is limited."""
        return self.seconds == inf and self.megabytes == inf

    @property
    def asked_too_much(self) -> str:
        """Say that memory was refused to a run."""
        return f"it asked for more memory than stop.megabytes = {self.megabytes:g} allows"

    def allowance(self, phase: int) -> float:
        """Return how many seconds of wall clock a phase may take."""
        if phase == RUNNING:
            return self.seconds + max(GRACE, SHARE * self.seconds)
        return max(AROUND, TIMES * self.seconds)

    def exceeded(self, phase: int, elapsed: float) -> str:
        """Say that a phase has taken too long; an empty string while it has not."""
        most = self.allowance(phase)
        if elapsed <= most:
            return ""
        if phase == RUNNING:
            return f"a step went on beyond stop.seconds = {self.seconds:g} and was stopped after {elapsed:.1f} s"
        return f"stopped after {elapsed:.0f} s that were not spent in steps; {most:g} are allowed for that"

    def confine(self) -> None:
        """Let this process, from now on, ask for no memory far beyond the limit; a MemoryError where it does."""
        if sys.platform == "linux":
            import resource

            hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
            most = resource.RLIM_INFINITY if self.megabytes == inf else int((1.25 * self.megabytes + 256) * MEGA)
            with suppress(ValueError, OSError):  # the system has a lower limit of its own
                resource.setrlimit(resource.RLIMIT_DATA, (most, hard))

    def overweight(self, pid: int) -> str:
        """Say that a process uses more memory than it may; an empty string while it does not."""
        if self.megabytes == inf:
            return ""
        used = private(pid) / MEGA
        return f"its process used {used:,.0f} MB, stop.megabytes = {self.megabytes:g}" if used > self.megabytes else ""


def private(pid: int) -> int:
    """Return the bytes of memory that a process holds by itself, 0 where the system does not tell."""
    try:
        _, resident, shared, *_ = (STATM.parent.parent / str(pid) / "statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
