"""Floating-point events: counted per iteration, traced to the operation, and where NaN is born."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
import pytest

import optlab
from optlab.core.events import KINDS, Watch, birth
from optlab.core.status import Status
from optlab.core.user_problem import Problem


def naive_loss(x):
    p = anp.exp(x) / anp.sum(anp.exp(x))
    return -anp.log(p[1])


def test_each_kind_is_counted_once_per_operation_and_the_first_is_placed():
    x = np.array([1000.0, -800.0, 0.0])
    with Watch() as watch:
        y = np.exp(x)  # overflow, underflow
        z = y - y + 1.0 / x  # invalid, divide
        np.exp(x)
    assert watch.counts == {"divide": 1, "overflow": 2, "underflow": 2, "invalid": 1}
    assert watch.first["overflow"].code == "np.exp(x)"
    assert watch.first["divide"].code == "1.0 / x"
    assert watch.first["invalid"].code == "y - y"
    assert {event.file for event in watch.first.values()} == {"test_events.py"}
    assert watch.first["invalid"].line == watch.first["overflow"].line + 1
    assert np.isnan(z[0])


def test_a_watch_leaves_the_callers_settings_as_they_were():
    before = np.geterr()
    with Watch():
        np.log(np.zeros(1))
    assert np.geterr() == before


def test_birth_names_the_operation_that_made_no_number():
    problem = Problem(naive_loss, start=[0.0, 0.0])
    assert birth(problem, np.array([0.0, 1.0])) == ""
    said = birth(problem, np.array([1000.0, 0.0]))
    assert said.startswith("invalid operation in anp.exp(x) / anp.sum(anp.exp(x)) (test_events.py:")
    gradient_only = Problem(lambda x: float(x @ x), gradient=lambda x: x / np.zeros(2), start=[1.0, 1.0])
    assert "x / np.zeros(2)" in birth(gradient_only, np.ones(2))
    raising = Problem(lambda x: 1 / 0, gradient=lambda x: x, start=[1.0])
    assert birth(raising, np.ones(1)) == ""


def test_a_run_that_meets_nan_says_where_it_was_born():
    problem = Problem(naive_loss, start=[3.0, 0.0])
    result = optlab.minimize(problem, {"name": "gradient_descent", "step_size": 400.0}, columns=["events"])
    assert result.status is Status.NONFINITE
    assert "it was born in an invalid operation in anp.exp(x) / anp.sum(anp.exp(x)) (test_events.py:" in result.message
    assert result.record.events["invalid"].startswith("invalid operation in anp.exp(x)")
    assert result.trace["overflow"].iloc[0] == 0
    assert result.trace["overflow"].sum() >= 1


def test_watching_changes_no_iterate_and_no_count():
    problem = Problem(lambda x: anp.sum(x - anp.log(x)), start=[12.0, 0.01])
    plain = optlab.minimize(problem, "bfgs", columns=[])
    watched = optlab.minimize(problem, "bfgs", columns=["events"])
    assert watched.trajectory.tobytes() == plain.trajectory.tobytes()
    assert watched.evaluations == plain.evaluations
    assert not set(KINDS) & set(plain.trace.columns)


def test_events_are_columns_and_facts_of_an_experiment(tmp_path):
    given = {
        "name": "events", "problems": ["analytic_center"], "columns": ["events"], "stop": {"iterations": 60},
        "optimizers": [{"name": "gradient_descent", "step_size": 1e3}, "bfgs"],
    }  # fmt: skip
    results = optlab.run(given, folder=tmp_path / "events", progress=False, executor="serial")
    runs = results.runs.set_index("optimizer")
    assert runs.loc["gradient_descent", "first_invalid"] != ""
    assert "the step that ended the run" in runs.loc["gradient_descent", "first_invalid"]
    assert runs.loc["bfgs", "status"] == "CONVERGED"
    assert {"overflow", "underflow", "invalid", "divide"} <= set(results.iterations.columns)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words(kind):
    from optlab.core.events import WORDS

    assert WORDS[kind]
