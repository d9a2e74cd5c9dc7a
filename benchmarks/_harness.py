"""The measuring of benchmarks: contenders take turns, medians are compared, a gate is the most a ratio may be.

A benchmark is a file of this folder whose name does not begin with an underscore: the first line of its docstring is
the question, and `cases(quick)` returns what is measured. Nothing else has to be edited.
"""

from __future__ import annotations

import ast
import gc
import importlib
import importlib.util
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import thread_time
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".tools" / "peers"
"""Where `python3 dev.py bench --peers` puts the packages that optlab does not need."""
ROUNDS, QUICK_ROUNDS = 9, 1
LEAST_SECONDS = 2e-3
"""A measurement of short calls repeats them until it takes this long."""
Measure = Callable[[], float]


@dataclass(frozen=True)
class Peer:
    """What ours is compared with.

    Attributes
    ----------
    measure : callable or None
        Does the work once and returns its cost; None where the peer is absent.
    gate : float, optional
        The most that our cost may be of this one's; without a gate the peer is there for orientation.
    limit : bool
        It is no peer but what the machine or the language allows.
    """

    measure: Measure | None
    gate: float | None = None
    limit: bool = False


@dataclass(frozen=True)
class Case:
    """One line of a benchmark: ours and those it is compared with.

    Attributes
    ----------
    what : str
        What is measured, with its size.
    ours : callable
        Does the work once and returns its cost, in the unit: less is better.
    peers : mapping of str to Peer
    rounds : int
        How often every contender has its turn, after one that does not count.
    unit : str
        "s" for seconds, per whatever `what` says; else the name of the unit.
    """

    what: str
    ours: Measure
    peers: Mapping[str, Peer]
    rounds: int = ROUNDS
    unit: str = "s"


@dataclass(frozen=True)
class Row:
    """A line of the table: medians, their ratio, its quartiles over the rounds, and the gate.

    `theirs`, `ratio` and `spread` are None where the peer is absent; `failed` says why nothing was measured at all.
    """

    benchmark: str
    what: str
    peer: str
    unit: str = "s"
    ours: float | None = None
    theirs: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    gate: float | None = None
    limit: bool = False
    failed: str = ""

    @property
    def verdict(self) -> str:
        """The words "met", "MISSED", "absent" or "FAILED", or nothing where there is no gate; NaN misses."""
        if self.failed:
            return "FAILED"
        if self.ratio is None:
            return "absent"
        if self.gate is None:
            return ""
        return "met" if self.ratio <= self.gate else "MISSED"


def passed(rows: Sequence[Row]) -> bool:
    """Whether no gate is missed and nothing failed; what is absent neither passes nor fails."""
    return not any(row.verdict in {"MISSED", "FAILED"} for row in rows)


def names() -> list[str]:
    """Return the names of all benchmarks: the files of this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def question(name: str) -> str:
    """Return what a benchmark asks: the first line of its file, which is not executed."""
    text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").split("\n", maxsplit=1)[0]


def load(name: str) -> Callable[[bool], Iterable[Case]]:
    """Return a benchmark's function `cases`."""
    made: Callable[[bool], Iterable[Case]] = importlib.import_module(f"benchmarks.{name}").cases
    return made


def measured(name: str, case: Case, *, quick: bool = False) -> Iterator[Row]:
    """Measure a case and yield a row for each peer; one short round judges no gate."""
    contenders = {None: case.ours} | {peer: p.measure for peer, p in case.peers.items() if p.measure is not None}
    costs: dict[str | None, list[float]] = {who: [] for who in contenders}
    rounds = QUICK_ROUNDS if quick else case.rounds
    warm = not quick and rounds > 1
    for number in range(rounds + warm):
        for who, measure in contenders.items():
            gc.collect()
            cost = measure()
            if number >= warm:
                costs[who].append(cost)
    ours = median(costs[None])
    for peer, p in case.peers.items():
        gate = None if quick else p.gate
        if p.measure is None:
            yield Row(name, case.what, peer, case.unit, ours, gate=gate, limit=p.limit)
            continue
        theirs = median(costs[peer])
        ratios = [a / b for a, b in zip(costs[None], costs[peer], strict=True) if b]
        parts = quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3 if ratios else [float("nan")] * 3
        ratio = ours / theirs if theirs else float("nan")
        yield Row(name, case.what, peer, case.unit, ours, theirs, ratio, (parts[0], parts[2]), gate, p.limit)


# --- what benchmarks are made of ----------------------------------------------------------------


def cpu(call: Callable[[], Any], times: int | None = None) -> Measure:
    """Return a measurement: the CPU seconds of this thread per call, short calls repeated."""
    count = times

    def measure() -> float:
        nonlocal count
        if count is None:
            call()
            begin = thread_time()
            call()
            count = max(1, int(LEAST_SECONDS / max(thread_time() - begin, 1e-7)))
        begin = thread_time()
        for _ in range(count):
            call()
        return (thread_time() - begin) / count

    return measure


def peer(module: str, measure: Measure, gate: float | None = None) -> Peer:
    """Return a peer that needs a module, absent where it is not installed."""
    return Peer(measure if installed(module) else None, gate)


def installed(module: str) -> bool:
    """Whether a module can be imported, from .tools/peers too: what the project has itself comes first."""
    if str(PEERS) not in sys.path:
        sys.path.append(str(PEERS))
    return importlib.util.find_spec(module) is not None


def bandwidth(array: Any) -> float:
    """Return the bytes per second at which an array of doubles is read, by BLAS dot products with itself."""
    once = cpu(lambda: array @ array)
    return float(array.nbytes) / once()


def command_cpu(*words: str | Path, cwd: Path = ROOT, more: Mapping[str, str] | None = None) -> float:
    """Run a command and return the CPU seconds of it and its children.

    Raises
    ------
    CalledProcessError
        When it fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, **(more or {})}
    subprocess.run(words, cwd=cwd, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
