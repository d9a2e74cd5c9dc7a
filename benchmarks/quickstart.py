"""What does a whole experiment cost beside the same work written by hand, and a re-run beside benchopt's?

experiments/quickstart.yaml in CPU of the process and its children: cold beside `_quickstart_by_hand.py`, which runs the
same methods on the same problems with the same diagnostics, tables and figures; and, with every run in the results
already and no plots, beside benchopt with every run in its cache and no plots (`_benchopt/`, 10 of the 13 runs).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks._harness import PEERS, ROOT, Case, Measure, Peer, command_cpu, installed

YAML = ROOT / "experiments" / "quickstart.yaml"
HERE = Path(__file__).parent
BENCHOPT = "import sys; sys.path.append({peers!r}); from benchopt.cli import benchopt; benchopt()"
WORDS = ("run", ".", "--no-plot", "--no-html", "--no-display", "-n", "2000", "-r", "1")


def optlab(file: Path, folder: Path, *, fresh: bool) -> Measure:
    """Return a measurement of an experiment."""

    def measure() -> float:
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        return command_cpu(sys.executable, "-m", "optlab", "run", file, "--results", folder)

    return measure


def without_plots(folder: Path) -> Path:
    """Write the experiment without its plots."""
    lines = YAML.read_text(encoding="utf-8").splitlines(keepends=True)
    first, last = lines.index("plots:\n"), lines.index("expect:\n")
    file = folder / "without_plots.yaml"
    file.write_text("".join(lines[:first] + lines[last:]), encoding="utf-8")
    return file


def cases(quick: bool) -> Iterator[Case]:
    """Yield the cases."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not quick:
            by_hand = Peer(
                lambda: command_cpu(sys.executable, HERE / "_quickstart_by_hand.py", folder / "by_hand"), 1.4
            )
            yield Case("quickstart, cold", optlab(YAML, folder / "cold", fresh=True), {"written by hand": by_hand}, 5)
        again = optlab(
            without_plots(folder), folder / "again", fresh=False
        )  # there since the round that does not count
        there = installed("benchopt")
        code = BENCHOPT.format(peers=str(PEERS))

        def benchopt() -> float:
            return command_cpu(sys.executable, "-c", code, *WORDS, cwd=folder / "benchopt")

        if there and not quick:
            shutil.copytree(HERE / "_benchopt", folder / "benchopt")
        theirs = Peer(benchopt if there and not quick else None, 0.6)
        yield Case("quickstart without plots, cached", again, {"benchopt, cached": theirs}, rounds=7)
