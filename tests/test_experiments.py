"""Every experiment of the repository runs, shrunk where it is long, and its expectations are met."""

from __future__ import annotations

from pathlib import Path

import pytest

from optlab import runner
from optlab.experiment import load

FOLDER = Path(__file__).parents[1] / "experiments"
FILES = sorted(FOLDER.glob("*.yaml"))
SHRUNK = {
    "conditioning": ["problems.0.condition={geomspace: [1, 1.0e+3, 4]}", "stop.iterations=5000"],
    "rosenbrock": ["stop.iterations=500"],
    "mgh": ["starts.scaled=[]", "stop.iterations=300", "columns=[]"],
    "peers_constrained": [
        "problems.0.select.suite=hs",
        "problems.0.select.n.max=2",
        "stop.iterations=200",
        "stop.seconds=5",
    ],
    "peers_unconstrained": ["problems.0.select.n.max=2", "problems.0.select.suite=mgh"],
    "precision": ["problems.0.n={grid: [2]}"],
    "robustness": ["stop.iterations=300"],
}
"""Overrides that keep the idea and shorten the run."""


def test_there_are_enough_of_them():
    assert len(FILES) >= 7


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_expectations_are_met(path, tmp_path):
    experiment = load(path, SHRUNK.get(path.stem, []))
    assert experiment.description
    assert experiment.expect
    results = runner.execute(experiment, folder=tmp_path / path.stem, progress=False, executor="serial")
    unmet = [f"{v.claim}: {v.seen}" for v in results.verdicts if not v.met]
    assert not unmet, "\n".join(unmet)
    assert not results.runs["status"].isin(runner.FAILURES).any()
    assert not [note for note in results.runs["notes"] if note]
