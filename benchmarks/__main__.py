"""Run benchmarks: ``python -m benchmarks [NAME …] [--gate] [--quick] [--load N]``; see README.md."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks import _history
from benchmarks._harness import ROOT, Row, names, passed, question

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "MPLBACKEND": "Agg",
    "PYTHONPYCACHEPREFIX": str(ROOT / ".tools" / "pycache"),
}
"""All contenders start from compiled modules, as from the second start on; they are not put beside the sources."""
WIDTHS = (58, 34)
SCALES = ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (float("inf"), 1.0, "s"))


def rows_of(name: str, *, quick: bool) -> list[Row]:
    """Measure a benchmark in a process of its own, so that none changes the caches and the memory of the next."""
    with tempfile.TemporaryDirectory() as folder:
        goal = Path(folder) / "rows"
        command = [sys.executable, "-m", "benchmarks._one", name, str(goal), *(["quick"] if quick else [])]
        code = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode
        lines = goal.read_text(encoding="utf-8").splitlines() if goal.exists() else []
    rows = [Row(**json.loads(line)) for line in lines]
    return [*rows, Row(name, "", "", failed=f"exit code {code}")] if code else rows


def cost(value: float | None, unit: str) -> str:
    """Return a cost with its unit."""
    if value is None:
        return "-"
    if unit != "s":
        return f"{value:.3g} {unit}"
    factor, word = next((factor, word) for most, factor, word in SCALES if not value >= most)
    return f"{factor * value:.3g} {word}"


def shown(row: Row, earlier: Mapping[tuple[str, str, str], float]) -> str:
    """Return a row as a line of the table."""
    if row.failed:
        return f"  {row.what:{WIDTHS[0]}} FAILED: {row.failed}"
    peer = f"{row.peer} (limit)" if row.limit else row.peer
    ratio = "-" if row.ratio is None else f"{row.ratio:.3g}"
    spread = "" if row.spread is None else f"{row.spread[0]:.3g}-{row.spread[1]:.3g}"
    gate = "" if row.gate is None else f"{row.gate:.3g}"
    then = earlier.get((row.benchmark, row.what, row.peer))
    was = "" if then is None else f"{then:.3g}"
    return (f"  {row.what:{WIDTHS[0]}} {peer:{WIDTHS[1]}} {cost(row.ours, row.unit):>10} "
            f"{cost(row.theirs, row.unit):>10} {ratio:>8} {spread:>15} {was:>8} {gate:>7}  {row.verdict}")  # fmt: skip


HEAD = (f"  {'what':{WIDTHS[0]}} {'beside':{WIDTHS[1]}} {'ours':>10} {'theirs':>10} {'ratio':>8} {'quartiles':>15} "
        f"{'before':>8} {'gate':>7}")  # fmt: skip


@contextmanager
def beside(number: int) -> Iterator[None]:
    """Keep that many processes busy meanwhile."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: sum(range(10**5))"]) for _ in range(number)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def chosen(wanted: list[str]) -> list[str]:
    """Return the benchmarks to run, all where none is named.

    Raises
    ------
    SystemExit
        For an unknown name, with the nearest one.
    """
    known = names()
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            sys.exit(f"bench: there is no benchmark {name!r}; {hint}known: {', '.join(known)}")
    return wanted or known


def main(words: list[str]) -> int:
    """Measure, print the table, append to the history; 1 with --gate where a gate is missed."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file of benchmarks/; all by default")
    parser.add_argument("--gate", action="store_true", help="exit 1 when a gate is missed or a benchmark fails")
    parser.add_argument("--quick", action="store_true", help="one short round: whether it runs, not how fast")
    parser.add_argument("--load", type=int, default=0, metavar="N", help="keep N processes busy meanwhile")
    wish = parser.parse_args(words)
    earlier, around, rows = _history.before(_history.HISTORY), _history.circumstances(wish.load), []
    print(HEAD)
    with beside(wish.load):
        for name in chosen(wish.names):
            print(f"{name}: {question(name)}", flush=True)
            those = rows_of(name, quick=wish.quick)
            rows += those
            print("\n".join(shown(row, earlier) for row in those), flush=True)
            if not wish.quick:
                _history.append(those, around, _history.HISTORY)
    verdicts = [row.verdict for row in rows]
    said = ", ".join(f"{verdicts.count(word)} {word}" for word in ("met", "MISSED", "FAILED", "absent"))
    print(f"\ngates: {said}" + ("" if wish.quick else f"; appended to {_history.HISTORY.relative_to(ROOT)}"))
    return 1 if wish.gate and not passed(rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
