"""Settings chosen before the runs: equal trials and budgets, training starts apart, choices on record."""

from __future__ import annotations

import json

import numpy as np
import pytest

from optlab import runner
from optlab.config.text import ConfigError
from optlab.experiment import from_dict
from optlab.results import load
from optlab.work import make_start

BOWL = {"name": "quadratic", "n": 4, "condition": 10, "rotation": True}
STEPS = {"step_size": {"grid": [0.001, 0.02, 0.1, 0.18, 0.5]}}  # L = 10: the best fixed step is 2/(L + μ) = 0.18
BASE = {
    "problems": [BOWL],
    "optimizers": [{"name": "gradient_descent", "tune": STEPS}, "bfgs"],
    "tune": {"budget": {"gradient": 60}, "starts": 2},
    "starts": {"random": 2},
    "stop": {"iterations": 300},
}


def execute(folder, **changes):
    options = {k: changes.pop(k) for k in ("fresh", "retry") if k in changes}
    return runner.execute(from_dict({**BASE, **changes}), folder=folder, progress=False, executor="serial", **options)


def faults(**changes):
    with pytest.raises(ConfigError) as caught:
        from_dict({**BASE, **changes})
    return "\n".join(str(fault) for fault in caught.value.errors)


def test_the_best_fixed_step_is_found_and_recorded(tmp_path):
    results = execute(tmp_path / "r")
    tuned = results.runs[results.runs["label"] == "gradient_descent tuned"]
    assert len(results.runs) == 4
    assert set(tuned["optimizer.step_size"]) == {0.18}
    assert set(tuned["tuned"]) == {"step_size = 0.18; of 5 trials"}
    assert set(results.runs[results.runs["label"] == "bfgs"]["tuned"]) == {""}
    assert (tuned["status"] == "CONVERGED").all()
    trials = load(tmp_path / "r").tuning
    assert len(trials) == 5 * 2
    assert set(trials["start"]) == {"training 0", "training 1"}
    assert set(trials[trials["chosen"]]["step_size"]) == {0.18}
    assert trials.groupby("step_size")["rank"].first().idxmin() == 0.18
    assert not np.isfinite(trials[trials["step_size"] == 0.5]["evaluations"]).any()  # beyond 2/L


def test_no_trial_spends_more_than_its_budget(tmp_path):
    execute(tmp_path / "r")
    inner = load(tmp_path / "r" / "tuning").runs
    assert inner["n_gradient"].max() == 60
    assert len(inner) == 10


def test_trials_compute_no_columns(tmp_path):
    results = execute(tmp_path / "r", columns=["condition_number"])
    assert all(json.loads(spec)["columns"] for spec in results.runs["spec"])
    assert not any(json.loads(spec)["columns"] for spec in load(tmp_path / "r" / "tuning").runs["spec"])


def test_training_starts_are_no_test_starts():
    standard = np.zeros(4)
    spec = {"index": 0, "radius": 1.0}
    assert not np.allclose(make_start({"kind": "training", **spec}, standard, 0),
                           make_start({"kind": "random", **spec}, standard, 0))  # fmt: skip


def test_nothing_is_tuned_twice_and_a_wider_range_only_adds(tmp_path):
    first = execute(tmp_path / "r")
    before = (tmp_path / "r" / "tuning" / "runs.parquet").read_bytes()
    again = execute(tmp_path / "r")
    assert (again.executed, again.reused) == (0, 4)
    assert set(again.runs["tuned"]) == set(first.runs["tuned"])
    assert load(tmp_path / "r" / "tuning").runs["run"].tolist() == load(tmp_path / "r" / "tuning").runs["run"].tolist()
    assert (tmp_path / "r" / "tuning" / "runs.parquet").read_bytes() == before
    fewer = {"step_size": {"grid": [0.001, 0.02]}}
    edge = execute(tmp_path / "r", optimizers=[{"name": "gradient_descent", "tune": fewer}])
    assert set(edge.runs["tuned"]) == {"step_size = 0.02 (at the edge of its range: widen it); of 2 trials"}


def test_every_contender_gets_the_same_trials_drawn_from_its_ranges(tmp_path):
    ball = {"step_size": {"grid": [0.01, 0.1]}, "momentum": {"grid": [0.2, 0.5, 0.8]}}
    two = [{"name": "gradient_descent", "tune": {"step_size": {"geomspace": [1e-3, 0.18, 12]}}},
           {"name": "heavy_ball", "tune": ball}]  # fmt: skip
    protocol = {"budget": {"gradient": 40}, "starts": 1, "trials": 4}
    results = execute(tmp_path / "r", optimizers=two, tune=protocol)
    counts = results.tuning.groupby("label").size()
    assert counts.to_dict() == {"gradient_descent tuned": 4, "heavy_ball tuned": 4}
    repeated = execute(tmp_path / "s", optimizers=two, tune=protocol)
    assert repeated.tuning.equals(results.tuning)
    unequal = faults(optimizers=two)
    assert "the same number of trials" in unequal
    assert "gradient_descent tuned: 12, heavy_ball tuned: 6" in unequal
    assert "hold 6 values, fewer than the trials" in faults(optimizers=two, tune={**protocol, "trials": 7})


def test_one_choice_for_all_problems_or_one_each(tmp_path):
    problems = [BOWL, {**BOWL, "condition": 40}]  # L = 40: only steps below 0.05 converge
    each = execute(tmp_path / "r", problems=problems)
    assert sorted(set(each.tuning[each.tuning["chosen"]]["step_size"])) == [0.02, 0.18]
    every = execute(tmp_path / "s", problems=problems, tune={**BASE["tune"], "per": "all"})
    assert len(set(every.tuning[every.tuning["chosen"]]["step_size"])) == 1


def test_a_tuned_and_an_untuned_method_stand_side_by_side(tmp_path):
    results = execute(tmp_path / "r", optimizers=["gradient_descent", {"name": "gradient_descent", "tune": STEPS}])
    steps = {row["label"]: row["optimizer.step_size"] for row in results.runs.to_dict("records")}
    assert steps == {"gradient_descent": 0.01, "gradient_descent tuned": 0.18}
    specs = [json.loads(spec) for spec in results.runs["spec"]]
    assert all("candidates" not in spec for spec in specs)


def tuned(**ranges):
    return {"optimizers": [{"name": "gradient_descent", "tune": ranges}]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tune": None}, "needs a budget for every trial"),
        ({"optimizers": ["bfgs"]}, "no optimizer is tuned"),
        (tuned(stepsize={"grid": [1.0]}), "did you mean 'step_size'?"),
        (tuned(step_size=0.1), "step_size needs a range"),
        (tuned(step_size={"grid": [-1.0]}), "step_size must be > 0"),
        ({"optimizers": [{"name": "gradient_descent", "step_size": 0.1, "tune": STEPS}]}, "both given and tuned"),
        ({"optimizers": [{"name": "gradient_descent", "tune": []}]}, "tune maps settings to ranges"),
        ({"tune": {"budget": {}}}, "budget needs a number of evaluations"),
        ({"tune": {"budget": {"gradients": 5}}}, "did you mean 'gradient'?"),
    ],
)
def test_mistakes_are_explained(changes, message):
    assert message in faults(**changes)
