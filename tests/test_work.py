"""One run from its specification: starts, stop rules, what is kept, the row it leaves."""

from __future__ import annotations

import numpy as np
import pytest

from optlab import InputError, Status
from optlab.core.kkt import infeasibility
from optlab.core.stop import Evaluations, Iterations, Seconds, Stationary
from optlab.core.user_problem import Problem
from optlab.executors.auto import Auto
from optlab.executors.base import Task
from optlab.experiment import from_dict
from optlab.work import make_keep, make_start, make_stop, perform


def specs(**more):
    data = {"problems": ["rosenbrock"], "optimizers": [{"name": "gradient_descent", "step_size": 1e-3}], **more}
    return [run.spec() for run in from_dict(data).runs()]


def test_starts_are_where_they_say():
    standard = np.array([-1.2, 1.0])
    assert make_start({"kind": "standard"}, standard, 0) is standard
    np.testing.assert_array_equal(make_start({"kind": "scaled", "factor": 10.0}, standard, 0), [-12.0, 10.0])
    np.testing.assert_array_equal(make_start({"kind": "point", "x": [3, 4]}, standard, 0), [3.0, 4.0])


@pytest.mark.parametrize("n", [1, 2, 5])
def test_random_starts_fill_the_ball_evenly(n):
    standard = np.full(n, 3.0)
    points = [make_start({"kind": "random", "index": i, "radius": 2.0}, standard, 1) for i in range(2000)]
    depths = (np.linalg.norm(np.array(points) - standard, axis=1) / 2.0) ** n
    assert depths.max() <= 1
    # r^n is uniform on [0, 1]: Kolmogorov's distance beyond 1.95/√N has a probability of 1e-3.
    distance = np.abs(np.sort(depths) - np.arange(0.5, 2000) / 2000).max()
    assert distance < 1.95 / np.sqrt(2000)


def test_every_stop_rule_of_a_file_is_there():
    def rules(stop):
        return rules(stop.left) + rules(stop.right) if hasattr(stop, "left") else [stop]

    given = {"stationarity": 1e-5, "atol": 1e-3, "iterations": 50, "evaluations": {"gradient": 20}, "seconds": 3}
    expected = [Stationary(1e-5, 1e-3), Iterations(50), Evaluations(gradient=20), Seconds(3.0)]
    assert rules(make_stop(given)) == expected
    assert rules(make_stop({})) == [Stationary()]
    (spec,) = specs(stop={"evaluations": {"gradient": 20}})
    done = perform(spec)
    assert done.row["status"] == "MAX_EVALUATIONS"
    assert done.row["n_gradient"] == 20


@pytest.mark.parametrize(
    ("trajectory", "mode", "stride", "per_decade"),
    [
        ("all", "all", 1, 20),
        ("none", "none", 1, 20),
        ({"every": 7}, "every", 7, 20),
        ({"geometric": 5}, "geometric", 1, 5),
    ],
)
def test_every_way_to_keep_is_there(trajectory, mode, stride, per_decade):
    keep = make_keep({"trajectory": trajectory})
    assert (keep.mode, keep.stride, keep.per_decade) == (mode, stride, per_decade)


def test_the_best_value_is_not_the_last():
    problem = {"name": "kappa5"}
    (spec,) = specs(problems=[problem], optimizers=[{"name": "gradient_descent", "step_size": 0.45}])
    done = perform(spec)
    assert done.row["status"] == "DIVERGED"
    assert done.row["best_f"] == done.iterations["f"].min() < done.row["f"]
    assert done.row["iterations"] == len(done.iterations["k"]) - 1


def test_auto_hands_over_only_what_is_left():
    all_specs = specs(seeds=[0, 1, 2, 3], stop={"iterations": 2})
    tasks = [Task(str(i), spec) for i, spec in enumerate(all_specs)]
    outcomes = list(Auto(workers=2, patience=1e-9).run(tasks))
    assert sorted(o.task.key for o in outcomes) == ["0", "1", "2", "3"]
    assert {o.finished.row["status"] for o in outcomes} == {Status.MAX_ITERATIONS.name}


def test_a_steep_constraint_excuses_no_violation_beyond_what_is_visible():
    def problem(factor):
        return Problem(lambda x: float(x @ x), start=[1.0, 1.0], equality=lambda x: factor * (x[0] - 1.0))

    steep, gentle = problem(1e4), problem(1.0)
    assert infeasibility(steep, np.array([1.0 + 5e-11, 0.0])) == ""
    assert "5.00e-06" in infeasibility(steep, np.array([1.0 + 5e-10, 0.0]))
    assert infeasibility(gentle, np.array([1.0 + 5e-9, 0.0])) == ""
    assert infeasibility(gentle, np.array([1.0 + 5e-8, 0.0])) != ""


def test_a_point_of_the_wrong_size_is_refused_before_anything_runs():
    with pytest.raises(Exception, match="3 components"):
        specs(starts={"points": [[1.0, 2.0, 3.0]]})
    with pytest.raises(InputError):
        Problem(lambda x: x @ x, start=[])
