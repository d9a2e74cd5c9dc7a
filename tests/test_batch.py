"""Many runs in step end as they end one by one; what cannot be taken in step is taken one by one."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

import optlab
from optlab.core.batch_front import AGREE
from optlab.core.driver import Loop
from optlab.core.stop import Evaluations, Iterations, Seconds, Stationary, Stop
from optlab.derivatives.batched import Batched, NotBatchableError

STOP = Stationary() | Iterations(150)


@dataclass(frozen=True)
class SixLines(optlab.Optimizer):
    """What a student writes: momentum, kept in a tuple."""

    step_size: float = 1e-2
    momentum: float = 0.5

    def step(self, oracle, state):
        v = -self.step_size * state.g
        if state.memory is not None:
            v += self.momentum * state.memory[0]
        x = state.x + v
        return state.at(x, *oracle.value_and_gradient(x), step_size=self.step_size, direction=v, memory=(v,))


def around(problem, K, radius=1.5, seed=0):
    return problem.start() + radius * np.random.default_rng(seed).uniform(-1, 1, (K, problem.n))


def assert_same(runs, problem, method, stop=STOP):
    """Every run ended as the loop ends it."""
    for i in range(len(runs)):
        alone = replace(method, **{name: float(values[i]) for name, values in runs.settings.items()})
        loop = Loop(problem, alone, start=runs.starts[i], stop=stop)
        with np.errstate(all="ignore"):
            f = [now.state.f for now in loop]
        assert runs.status[i] == loop.status.name
        assert runs.iterations[i] == loop.k
        assert tuple(counts[i] for counts in runs.evaluations.values()) == loop.oracle.counts
        x = loop.x0 if loop.state is None else loop.state.x
        assert np.abs(runs.x[i] - x).max() <= AGREE * max(1.0, np.abs(x).max())
        if f:
            assert abs(runs.f[i] - loop.state.f) <= AGREE * max(abs(f[0]), abs(f[-1]))
            assert runs.stationarity[i] == pytest.approx(loop.stationarity, rel=1e-6, abs=1e-9)
        else:
            assert np.isnan(runs.f[i])


METHODS = {
    "gradient_descent": {"step_size": (1e-4, 1.0)},
    "gradient_descent_decay": {"a": (1e-3, 0.1)},
    "heavy_ball": {"step_size": (1e-4, 0.3), "momentum": (0.1, 0.9)},
    "adam": {"step_size": (1e-3, 1.0)},
    "adagrad": {"step_size": (1e-3, 1.0)},
}


@pytest.mark.parametrize("problem", ["rosenbrock", "himmelblau", "kappa5", "monkey_saddle", "beale", "ackley"])
@pytest.mark.parametrize("method", METHODS)
def test_all_runs_are_those_of_the_loop(problem, method):
    task, how, K = optlab.problem(problem), optlab.optimizer(method), 40
    settings = {name: np.geomspace(*ends, K) for name, ends in METHODS[method].items()}
    runs = optlab.map_runs(task, how, around(task, K), settings, STOP)
    assert runs.together, runs.note
    assert_same(runs, task, how)


def test_every_way_to_end_is_met():
    """On one path each: converging, going round for ever, and out of the finite numbers in three ways."""
    task = optlab.problem("quadratic", n=2, condition=4.0)
    steps = np.array([0.4, 2.0 / task.known.curvature[1], 0.55, 0.7, 1e3, 1e-4])
    stop = Stationary() | Iterations(1000)
    runs = optlab.map_runs(task, "gradient_descent", None, {"step_size": steps}, stop)
    assert runs.together
    assert_same(runs, task, optlab.optimizer("gradient_descent"), stop)
    assert {"CONVERGED", "STALLED", "DIVERGED", "MAX_ITERATIONS"} <= set(runs.status)
    fall, method = optlab.problem("monkey_saddle"), optlab.optimizer("gradient_descent")
    runs = optlab.map_runs(fall, method, around(fall, 40), {"step_size": np.geomspace(1e-3, 1, 40)}, stop)
    assert runs.together
    assert set(runs.status) == {"UNBOUNDED"}
    assert_same(runs, fall, method, stop)


def test_a_run_that_went_on_long_may_rest_as_long():
    """Without a tolerance every run stalls, after as many iterations without an event as it took to the last one."""
    task, steps = optlab.problem("himmelblau"), {"step_size": np.geomspace(1e-3, 1e-2, 5)}
    runs = optlab.map_runs(task, "gradient_descent", [1.0, 1.0], steps, Iterations(5000))
    assert runs.together
    assert set(runs.status) == {"STALLED"}
    assert runs.iterations.max() > 800
    assert_same(runs, task, optlab.optimizer("gradient_descent"), Iterations(5000))


@pytest.mark.parametrize("f", [lambda x: 0.5 * x @ x, lambda x: 1e6 + 0.5 * x @ x])
def test_a_worse_f_or_a_smaller_gradient_is_news(f):
    """Slow growth just beyond 2/L, and a gradient that still falls where f is at its last digit, are no standstill."""
    task, stop = optlab.Problem(f, start=[1e-6, 0.0], gradient=lambda x: 1.0 * x), Iterations(600)
    runs = optlab.map_runs(task, "gradient_descent", None, {"step_size": np.array([2.0 + 1e-4, 1e-3, 2.0])}, stop)
    assert runs.together
    assert_same(runs, task, optlab.optimizer("gradient_descent"), stop)
    assert runs.status[1:].tolist() == ["MAX_ITERATIONS", "STALLED"]


def test_what_a_user_writes_is_batched():
    def f(x):
        return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2

    def gradient(x):
        return np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)])

    steps = {"step_size": np.geomspace(1e-4, 1e-2, 50)}
    for slopes in ({}, {"gradient": gradient}, {"value_and_gradient": lambda x: (f(x), gradient(x))}):
        task = optlab.Problem(f, start=[-1.2, 1.0], **slopes)
        runs = optlab.map_runs(task, SixLines(), around(task, 50), steps, STOP)
        assert runs.together, runs.note
        assert {"DIVERGED", "MAX_ITERATIONS"} <= set(runs.status)
        assert_same(runs, task, SixLines())


def with_a_branch(x):
    return x @ x if x[0] > 0 else 2 * (x @ x)


def with_float(x):
    return float(x[0]) ** 2 + float(x[1]) ** 2


def with_assignment(x):
    y = np.zeros(2)
    y[0] = x[0] * x[1]
    y[1] = x[1]
    return y @ y


@pytest.mark.parametrize("f", [with_a_branch, with_float, with_assignment])
def test_code_for_one_point_falls_back(f):
    task = optlab.Problem(f, start=[1.0, 0.5], gradient=lambda x: 2 * x)
    runs = optlab.map_runs(task, "gradient_descent", around(task, 12), {"step_size": np.geomspace(0.1, 3, 12)}, STOP)
    assert not runs.together
    assert runs.note
    assert_same(runs, task, optlab.optimizer("gradient_descent"))


@pytest.mark.parametrize("method", ["gradient_descent_armijo", "bfgs", "newton", "trust_region"])
def test_methods_that_decide_fall_back(method):
    task = optlab.problem("himmelblau")
    runs = optlab.map_runs(task, method, around(task, 6), None, STOP)
    assert not runs.together
    assert "NotBatchableError" in runs.note
    assert_same(runs, task, optlab.optimizer(method))


def test_constraints_and_samples_fall_back():
    runs = optlab.map_runs("hs3", "projected_gradient", np.array([[10.0, 1.0], [2.0, 3.0]]), None, STOP)
    assert "constraints (bounds)" in runs.note
    assert set(runs.status) == {"CONVERGED"}


def test_a_batch_that_is_wrong_is_found_out():
    @dataclass(frozen=True)
    class Wrong(optlab.ProblemBase):
        def value(self, x):
            return float(x @ x)

        def gradient(self, x):
            return 2.0 * x

        def start(self):
            return np.ones(2)

        def values(self, X):
            return (X * X).sum(axis=1)

        def gradients(self, X):
            return 2.0 * X * (1 + 1e-9)

    few = Iterations(5)
    runs = optlab.map_runs(Wrong(), "gradient_descent", around(Wrong(), 20), {"step_size": 0.1}, few)
    assert not runs.together
    assert "ended otherwise" in runs.note
    assert_same(runs, Wrong(), optlab.optimizer("gradient_descent", step_size=0.1), few)


@dataclass(frozen=True)
class Often(Stop):
    """A rule of a user, for one run at a time."""

    def bind(self, first):
        return lambda now: optlab.Status.ACCEPTABLE if now.k > 3 else None


@pytest.mark.parametrize(
    ("stop", "together"),
    [
        (Stationary(1e-3) | Evaluations(gradient=30), True),
        (Evaluations(f=17) | Iterations(40), True),
        ((Stationary(1e-2) & Iterations(20)) | Iterations(60), True),
        (Iterations(0), True),
        (Stationary() | Seconds(60) | Iterations(30), False),
        (Often(), False),
    ],
)
def test_stop_rules_are_those_of_one_run(stop, together):
    task, method = optlab.problem("kappa5"), optlab.optimizer("gradient_descent")
    runs = optlab.map_runs(task, method, around(task, 20), {"step_size": np.geomspace(1e-2, 0.6, 20)}, stop)
    assert runs.together == together
    assert_same(runs, task, method, stop)


def test_a_start_that_cannot_be_evaluated_is_a_status():
    task = optlab.Problem(lambda x: np.log(x[0]) ** 2 + x[1] ** 2, start=[2.0, 1.0])
    starts = np.array([[2.0, 1.0], [-1.0, 1.0], [0.5, 3.0]])
    runs = optlab.map_runs(task, "gradient_descent", starts, {"step_size": 0.1}, STOP)
    assert runs.together
    assert runs.status[1] == "NONFINITE"
    assert np.isnan(runs.f[1])
    assert_same(runs, task, optlab.optimizer("gradient_descent", step_size=0.1))


def test_runs_that_have_ended_leave_the_others_as_they_are():
    """Half of the runs converge early, one after the other; what is remembered of the rest moves with them."""
    task = optlab.problem("kappa5")
    starts = task.known.solution + np.geomspace(1e-9, 1.0, 60)[:, None]
    runs = optlab.map_runs(task, SixLines(step_size=0.1), starts, {"momentum": np.linspace(0.1, 0.9, 60)}, STOP)
    assert runs.together
    assert len(set(runs.iterations)) > 20
    assert_same(runs, task, SixLines(step_size=0.1))


@dataclass(frozen=True)
class Slow(optlab.Optimizer):
    """A hundredth of a second per step; with `decides` for one run at a time."""

    decides: bool = False

    def step(self, oracle, state):
        time.sleep(0.01)
        rate = 1e-6 if self.decides and float(state.f) > 0 else 1e-7
        return state.moved(oracle, direction=-state.g, step_size=rate)


@pytest.mark.parametrize("decides", [False, True])
def test_runs_that_time_does_not_reach_are_timeouts(decides):
    task = optlab.problem("kappa5")
    begin = time.perf_counter()
    runs = optlab.map_runs(task, Slow(decides), around(task, 50), None, Iterations(10_000), seconds=0.2)
    assert time.perf_counter() - begin < 5
    assert runs.together is not decides
    assert set(runs.status) == {"TIMEOUT"}
    assert runs.iterations[0] > 2
    if decides:
        assert runs.iterations[-1] == 0
        assert np.isnan(runs.f[-1])
        np.testing.assert_array_equal(runs.x[-1], runs.starts[-1])


def test_a_step_that_exits_ends_its_runs_alone():
    @dataclass(frozen=True)
    class Exits(optlab.Optimizer):
        def step(self, oracle, state):
            raise SystemExit(3)

    runs = optlab.map_runs("kappa5", Exits(), [[1.0, 2.0], [2.0, 1.0]], None, STOP)
    assert list(runs.status) == ["ERROR", "ERROR"]


def test_the_table_has_a_row_per_run():
    runs = optlab.map_runs("kappa5", "gradient_descent", [1.0, 2.0], {"step_size": np.array([0.1, 0.2])}, STOP)
    assert len(runs) == len(runs.table) == 2
    assert list(runs.table.columns[:4]) == ["step_size", "start1", "start2", "status"]
    assert runs.table["n_gradient"].tolist() == runs.evaluations["gradient"].tolist()


@pytest.mark.parametrize(
    ("starts", "settings", "said"),
    [
        (None, {"step_sise": [0.1]}, "did you mean 'step_size'"),
        (None, {"step_size": [0.1, -1.0]}, "must be > 0"),
        (None, {"step_size": [[0.1]]}, "one number per run"),
        (None, {"step_size": ["a"]}, "one number per run"),
        (np.ones((3, 2)), {"step_size": [0.1, 0.2]}, "starts 3, step_size 2"),
        (np.ones((3, 3)), None, "shape"),
        ([[1.0, np.nan]], None, "finite"),
    ],
)
def test_bad_input_is_said(starts, settings, said):
    with pytest.raises(optlab.InputError, match=said):
        optlab.map_runs("kappa5", "gradient_descent", starts, settings)


def test_a_method_that_does_not_fit_is_an_error():
    with pytest.raises(optlab.InputError, match="does not handle"):
        optlab.map_runs("hs3", "gradient_descent")


def test_batches_change_in_place_as_arrays_do():
    a = Batched(np.arange(6.0).reshape(2, 3))
    same, number = a, a[0]
    a += 1.0
    number += 1.0
    assert same is a
    assert a.data.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert number.data.tolist() == [2, 3, 4]  # as for numbers, a new one
    a.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        a += 1.0
    with pytest.raises(NotBatchableError):
        np.multiply(a, a, out=a, where=True)
