"""How long until optlab answers: help, a list, the first iteration of an experiment?

In CPU of a fresh process and its children. Help and lists beside a bare interpreter; the first iteration of an
experiment in two dimensions, its YAML read and checked, beside importing the packages that optlab stands on; the limit
there is importing NumPy.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks._harness import Case, Measure, Peer, command_cpu

STACK = (
    "import numpy, scipy.optimize, scipy.linalg, pandas, matplotlib.pyplot, autograd.numpy, pyarrow.parquet, pydantic"
)
EXPERIMENT = """\
name: first
problems: [rosenbrock]
optimizers: [gradient_descent]
stop: {iterations: 1}
"""
FIRST = """
import sys
from optlab.experiment import load
from optlab.work import perform
run = load(sys.argv[1]).runs()[0]
assert perform(run.spec()).row["iterations"] == 1
"""


def python(*words: str) -> Measure:
    """Return a measurement of a fresh interpreter."""
    return lambda: command_cpu(sys.executable, *words)


def cases(quick: bool) -> Iterator[Case]:
    """Yield the cases."""
    bare = python("-c", "pass")
    yield Case("optlab --help", python("-m", "optlab", "--help"), {"bare interpreter": Peer(bare, 6.0)})
    if quick:
        return
    yield Case("optlab list optimizers", python("-m", "optlab", "list", "optimizers"), {"bare interpreter": Peer(bare)})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "first.yaml"
        file.write_text(EXPERIMENT, encoding="utf-8")
        peers = {
            "importing the whole stack": Peer(python("-c", STACK), 0.5),
            "importing NumPy": Peer(python("-c", "import numpy"), limit=True),
        }
        yield Case("first iteration of a 2-D experiment", python("-c", FIRST, str(file)), peers)
