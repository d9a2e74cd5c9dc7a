"""What a run may use: time and memory that are enforced from outside, when nothing inside can."""

from __future__ import annotations

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
PROC = Path("/proc")
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

    def overweight(self, pid: int, apart: int = 0) -> str:
        """Say that a process, with those below it, uses more memory than it may; an empty string while it does not.

        What is read from files does not count, nor do so many bytes `apart`.
        """
        if self.megabytes == inf:
            return ""
        pids = [pid, *below(pid)]
        used = (sum(held(one, "status", "RssAnon:", "RssShmem:") for one in pids) - apart) / MEGA
        if used > self.megabytes and len(pids) > 1:  # what they share is counted once; this takes longer
            used = (sum(held(one, "smaps_rollup", "Pss_Anon:", "Pss_Shmem:") for one in pids) - apart) / MEGA
        whose = "its process" if len(pids) == 1 else f"its {len(pids)} processes"
        return f"{whose} used {used:,.0f} MB, stop.megabytes = {self.megabytes:g}" if used > self.megabytes else ""


def started(pid: int) -> list[int]:
    """Return the processes that are a process's own children; none where the system does not tell."""
    found: list[int] = []
    with suppress(OSError, ValueError):
        for thread in (PROC / str(pid) / "task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


def below(pid: int) -> list[int]:
    """Return the processes that a process has started, however indirectly."""
    found = started(pid)
    return [*found, *(deeper for one in found for deeper in below(one))]


def held(pid: int, file: str, *kinds: str) -> int:
    """Return the bytes of memory of these kinds that a process holds, 0 where the system does not tell."""
    try:
        lines = (PROC / str(pid) / file).read_text().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(kinds))
