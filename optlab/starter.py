"""The files of `optlab init`: an experiment, an optimizer of one's own, a schema, a note; they run as they are."""

from __future__ import annotations

from pathlib import Path

from optlab.core.status import OptlabError
from optlab.registry import Catalogue

EXPERIMENT = """\
# yaml-language-server: $schema=schema.json
name: first-steps
description: Two optimizers of the catalogue beside one of our own, on a bowl and in a curved valley.
plugins: [my_optimizer.py]

problems:
  - {name: quadratic, n: 2, condition: {grid: [5, 50]}}   # a sweep: one problem for each value
  - rosenbrock

optimizers:
  - {name: gradient_descent, step_size: 1.0e-3}
  - {name: my_optimizer, step_size: 1.0e-3, momentum: 0.9}
  - {name: bfgs, label: BFGS}

starts: {standard: true, random: 2, radius: 0.5}
seed: 0
stop: {stationarity: 1.0e-6, iterations: 500}

columns: [gradient_norm, condition_number]
plots: [convergence]

expect:   # claims that are checked after the run; with --strict an unmet one ends in exit code 1
  - says: BFGS solves everything here.
    runs: {label: BFGS}
    column: status
    all: CONVERGED
"""

OPTIMIZER = '''\
"""A method of one's own: gradient descent with a memory of the last step."""

from __future__ import annotations

from dataclasses import dataclass

import optlab


@dataclass(frozen=True)
class MyOptimizer(optlab.Optimizer):
    """Go on in the last direction, corrected by the gradient (Polyak, 1964)."""

    step_size: float = 1e-3
    momentum: float = 0.9

    def step(self, oracle: optlab.Oracle, state: optlab.State) -> optlab.State:
        d = -state.g if state.direction is None else self.momentum * state.direction - state.g
        return state.moved(oracle, direction=d, step_size=self.step_size)
'''

NOTE = """\
# First steps

    optlab run experiment.yaml                      # tables, figures and a report in results/first-steps
    optlab run experiment.yaml stop.iterations=50   # the same, changed for once
    optlab run experiment.yaml --dry-run            # only list the runs
    optlab check my_optimizer.py                    # does the method keep its contract?
    optlab list optimizers                          # also problems, columns, plots, searches, sets
    optlab show bfgs                                # its settings, their defaults and ranges

`schema.json` gives completion and hints in editors that know YAML schemas; after a new plug-in make it again:
`optlab schema --plugin my_optimizer.py > schema.json`.

A second run reuses what has not changed. The tables are parquet files:

    import pandas
    pandas.read_parquet("results/first-steps/iterations.parquet")
"""

FILES = {"experiment.yaml": EXPERIMENT, "my_optimizer.py": OPTIMIZER, "README.md": NOTE}
SCHEMA = "schema.json"


def write(folder: Path) -> list[Path]:
    """Write the files into a folder, which is made; return their paths.

    Raises
    ------
    OptlabError
        When one of them is there already (nothing is written then), or the folder cannot be written.
    """
    from optlab.config.schema import schema_text

    there = [name for name in (*FILES, SCHEMA) if (folder / name).exists()]
    if there:
        msg = f"{folder} already holds {', '.join(there)}; choose another folder"
        raise OptlabError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / SCHEMA).write_text(schema_text(Catalogue([folder / "my_optimizer.py"])), encoding="utf-8")
    except OSError as error:
        msg = f"{folder} cannot be written: {error.strerror or error}"
        raise OptlabError(msg) from error
    return [folder / name for name in (*FILES, SCHEMA)]
