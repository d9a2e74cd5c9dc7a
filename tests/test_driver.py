"""The loop: statuses, trace, resume, budgets, verified claims."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

import optlab
from optlab import Halt, InputError, Optimizer, Problem, State, Status, stop
from optlab.core.driver import Loop, run
from optlab.core.trace import Keep


@dataclass(frozen=True)
class Descend(Optimizer):
    step_size: float = 0.1

    def step(self, oracle, state):
        return state.moved(oracle, direction=-state.g, step_size=self.step_size)


def bowl(**more):
    return Problem(lambda x: float(x @ x), start=[1.0, 2.0], **{"gradient": lambda x: 2 * x, **more})


def go(problem=None, method=None, rule=None, **more):
    return run(Loop(problem or bowl(), method or Descend(), stop=rule, **more))


def test_a_run_leaves_a_row_per_iterate_with_counts():
    trace = go(rule=stop.Iterations(7))
    assert trace.status is Status.MAX_ITERATIONS
    assert trace.scalars["k"].tolist() == list(range(8))
    assert trace.scalars["n_gradient"].tolist() == list(range(1, 9))
    assert np.isnan(trace.scalars["step_size"][0])
    assert trace.scalars["step_size"][1:].tolist() == [0.1] * 7
    np.testing.assert_allclose(trace.points, np.outer(0.8 ** np.arange(8), [1.0, 2.0]))
    assert (np.diff(trace.scalars["seconds"]) >= 0).all()


def test_zero_iterations_and_a_start_at_the_solution():
    assert len(go(rule=stop.Iterations(0))) == 1
    trace = go(start=[0.0, 0.0])
    assert (trace.status, len(trace)) == (Status.CONVERGED, 1)


def test_scale_is_the_problems_not_the_starts():
    far = go(start=[1e6, 2e6], rule=stop.Stationary(rtol=1e-3) | stop.Iterations(1000))
    tolerance = 1e-3 * 4.0  # ‖∇f‖∞ at the standard start is 4
    assert far.status is Status.CONVERGED
    assert far.scalars["stationarity"][-1] <= tolerance < far.scalars["stationarity"][-2]


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (stop.Evaluations(gradient=5), Status.MAX_EVALUATIONS),
        (stop.Evaluations(f=5), Status.MAX_EVALUATIONS),
        (stop.Seconds(0.0), Status.TIMEOUT),
        (stop.Iterations(3) & stop.Seconds(0.0), Status.MAX_ITERATIONS),
    ],
)
def test_stop_rules_name_their_reason(rule, status):
    trace = go(rule=rule)
    assert trace.status is status
    assert trace.scalars["n_gradient"][-1] <= 5


def test_diverged_runs_keep_their_trajectory():
    trace = go(method=Descend(1.2), rule=stop.Iterations(500))
    assert trace.status is Status.DIVERGED
    assert len(trace) > 20
    assert np.isfinite(trace.points).all()
    assert trace.scalars["f"][-1] > 1e10


def test_overflow_is_divergence_and_nan_is_not():
    quartic = Problem(lambda x: float(np.sum(x**4)), start=[10.0], gradient=lambda x: 4 * x**3)
    assert go(quartic, Descend(1.0)).status is Status.DIVERGED
    wall = Problem(lambda x: x[0] - np.log(x[0]), start=[3.0], gradient=lambda x: 1 - 1 / x)
    trace = go(wall, Descend(10.0))
    assert trace.status is Status.NONFINITE
    assert np.isfinite(trace.points).all()


def test_a_start_that_cannot_be_evaluated_ends_nonfinite_with_an_empty_trace():
    trace = go(Problem(lambda x: float("nan"), start=[1.0], gradient=lambda x: x))
    assert (trace.status, len(trace)) == (Status.NONFINITE, 0)
    assert "start" in trace.message


def test_stalled_after_patience_without_an_event_even_in_a_cycle():
    cycle = Problem(lambda x: float(abs(x[0])), start=[0.5], gradient=np.sign)
    trace = go(cycle, Descend(1.0), stop.Stationary(1e-8) | stop.Iterations(5000))
    assert trace.status is Status.STALLED
    assert len(trace) == 201


def test_exceptions_end_the_run_and_keep_what_there_is():
    def f(x):
        if x[0] < 0.5:
            raise ZeroDivisionError("the sensor is off")
        return float(x @ x)

    trace = go(Problem(f, start=[1.0, 2.0], gradient=lambda x: 2 * x))
    assert trace.status is Status.ERROR
    assert "the sensor is off" in trace.message
    assert "ZeroDivisionError" in trace.traceback
    assert len(trace) == 4


def test_a_problem_that_raises_outside_of_the_method_ends_the_run_too():
    def f(x):
        if x[0] > 5:
            raise ZeroDivisionError("no such standard start")
        return float(x @ x)

    problem = Problem(f, start=[10.0, 2.0], gradient=lambda x: 2 * x if f(x) else x)
    result = optlab.minimize(problem, Descend(), start=[1.0, 1.0])
    assert result.status is Status.ERROR
    assert "no such standard start" in result.message
    assert len(result.trace) == 1

    class Broken(optlab.stop.Stop):
        def bind(self, first):
            def judge(now):
                if now.k == 3:
                    raise ValueError("the judge is ill")

            return judge

    trace = go(rule=Broken())
    assert trace.status is Status.ERROR
    assert "the judge is ill" in trace.message
    assert trace.scalars["k"].tolist() == [0, 1, 2, 3]


def test_changing_x_in_place_is_an_error_that_explains_itself():
    class InPlace(Descend):
        def step(self, oracle, state):
            x = state.x
            x -= 0.1 * state.g
            return state.moved(oracle, direction=-state.g, step_size=0.1)

    trace = go(method=InPlace())
    assert trace.status is Status.ERROR
    assert "never changed in place" in trace.message


def test_a_step_that_returns_nothing_is_an_error():
    class Forgets(Descend):
        def step(self, oracle, state):
            return None

    trace = go(method=Forgets())
    assert trace.status is Status.ERROR
    assert "must return a State, given NoneType" in trace.message


def test_halt_carries_its_status_and_note():
    class Gives(Descend):
        def step(self, oracle, state):
            raise Halt(Status.UNBOUNDED, "down and down")

    trace = go(method=Gives())
    assert (trace.status, trace.message) == (Status.UNBOUNDED, "down and down")


def test_a_lying_stationarity_is_not_believed():
    class Liar(Descend):
        def stationarity(self, oracle, state):
            return 0.0

    trace = go(method=Liar(), rule=stop.Stationary() | stop.Iterations(20))
    assert trace.status is Status.MAX_ITERATIONS
    assert trace.claimed is Status.CONVERGED
    assert "recomputed stationarity" in trace.message


def test_a_forged_gradient_is_not_believed():
    class Forger(Descend):
        def step(self, oracle, state):
            x = state.x - 0.01 * state.g
            return state.at(x, 0.0, np.zeros_like(x))

    trace = go(method=Forger(), rule=stop.Stationary() | stop.Iterations(20))
    assert trace.status is not Status.CONVERGED
    assert trace.claimed is Status.CONVERGED


def test_sampled_methods_are_never_converged():
    class Sampled(Descend):
        exact = False

    assert go(method=Sampled(), rule=stop.Stationary() | stop.Iterations(300)).status is Status.MAX_ITERATIONS


def test_unconstrained_methods_skip_constrained_problems():
    trace = go(bowl(bounds=(0.5, 3.0)))
    assert trace.status is Status.SKIPPED
    assert "does not handle" in trace.message
    with pytest.raises(InputError, match="does not handle"):
        optlab.minimize(bowl(bounds=(0.5, 3.0)), Descend())


def test_interleaved_runs_and_repeated_runs_are_the_same_bits():
    one = [r.x for r in optlab.iterate(bowl(), Descend(), stop=stop.Iterations(9))]
    both = zip(*(optlab.iterate(bowl(), Descend(), stop=stop.Iterations(9)) for _ in range(2)), strict=True)
    for expected, (a, b) in zip(one, both, strict=True):
        assert expected.tobytes() == a.x.tobytes() == b.x.tobytes()


RESUME = """
import pickle, sys
import optlab
record = pickle.load(open(sys.argv[1], "rb"))
rest = list(optlab.iterate(optlab.problem("rosenbrock"), sys.argv[2], resume=record, stop=optlab.stop.Iterations(20)))
pickle.dump([(r.k, r.x.tobytes(), r.f, r.counts, r.stationarity) for r in rest], open(sys.argv[3], "wb"))
"""


@pytest.mark.parametrize("method", ["bfgs", "lbfgs"])
def test_a_record_resumes_in_another_process_bit_for_bit(method, tmp_path):
    records = list(optlab.iterate("rosenbrock", method, stop=stop.Iterations(20)))
    (tmp_path / "record").write_bytes(pickle.dumps(records[7]))
    command = [sys.executable, "-c", RESUME, str(tmp_path / "record"), method, str(tmp_path / "rest")]
    subprocess.run(command, check=True, timeout=60)
    rest = pickle.loads((tmp_path / "rest").read_bytes())
    assert rest == [(r.k, r.x.tobytes(), r.f, r.counts, r.stationarity) for r in records[8:]]
    assert len(rest) == 13


def test_iterate_closes_with_a_status_and_refuses_what_cannot_begin():
    records = list(optlab.iterate(bowl(), Descend(), stop=stop.Iterations(3)))
    assert [r.status for r in records] == [None, None, None, Status.MAX_ITERATIONS]
    with pytest.raises(InputError, match="could not be evaluated"):
        list(optlab.iterate(Problem(lambda x: float("nan"), start=[1.0], gradient=lambda x: x), Descend()))


def test_a_callback_sees_every_record_and_may_stop():
    seen = []
    result = optlab.minimize(bowl(), Descend(), callback=lambda r: seen.append(r.k) or r.k == 4)
    assert seen == [0, 1, 2, 3, 4]
    assert result.status is Status.ACCEPTABLE
    assert result.iterations == 4


def test_result_has_best_and_last_points():
    class Wanders(Descend):
        def step(self, oracle, state):
            return state.moved(oracle, direction=np.ones(2), step_size=1.0)

    result = optlab.minimize(bowl(), Wanders(), stop=stop.Iterations(3))
    assert (result.f, result.best_f) == (41.0, 5.0)
    assert result.best_x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ([1.0, float("nan")], "must be finite, but component 1 is nan"),
        ([1.0, 2.0, 3.0], r"must have shape \(2,\), given \(3,\)"),
        ("abc", "must be numbers"),
        ([[1.0, 2.0]], "one-dimensional"),
    ],
)
def test_bad_starts_are_named(start, message):
    with pytest.raises(InputError, match=message):
        optlab.minimize(bowl(), Descend(), start=start)


def test_integer_list_and_read_only_starts_are_fine_and_untouched():
    x0 = np.array([1.0, 2.0])
    x0.setflags(write=False)
    for start in ([1, 2], (1, 2), x0):
        assert optlab.minimize(bowl(), Descend(), start=start).success
    mine = np.array([1.0, 2.0])
    optlab.minimize(bowl(), Descend(), start=mine)
    mine += 1  # still writable, still mine


def test_infeasible_starts_are_projected_and_said_so():
    result = optlab.minimize(bowl(bounds=(0.5, 3.0)), "projected_gradient", start=[-4.0, 9.0])
    assert result.success
    np.testing.assert_allclose(result.x, [0.5, 0.5])
    assert "projected" in result.message
    assert result.trajectory[0].tolist() == [0.5, 3.0]


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (Keep("all"), list(range(101))),
        (Keep("every", stride=30), [0, 30, 60, 90, 100]),
        (Keep("none"), [100]),
        (Keep("geometric", per_decade=2), [0, 1, 3, 9, 28, 89, 100]),
        (Keep("all", megabytes=(16 + 160) * 20e-6), [0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 100]),
    ],
)
def test_what_is_kept_of_the_trajectory(keep, expected):
    loop = Loop(bowl(), Descend(1e-3), stop=stop.Iterations(100))
    trace = run(loop, keep)
    assert trace.rows.tolist() == expected
    assert len(trace) == 101
    np.testing.assert_allclose(trace.points, np.outer(0.998**trace.rows, [1.0, 2.0]), rtol=1e-12)


def test_long_runs_flush_their_rows_in_order():
    trace = run(Loop(bowl(), Descend(1e-9), stop=stop.Stationary(0) | stop.Iterations(20_000)), Keep("none"))
    assert (trace.scalars["k"] == np.arange(20_001)).all()


def test_recorded_fields_of_a_state_reach_the_trace():
    @dataclass(frozen=True)
    class Radius(State):
        radius: float = 1.0
        recorded = ("radius",)

    class WithRadius(Descend):
        def init(self, oracle, x0):
            return Radius(x0, *oracle.value_and_gradient(x0))

        def step(self, oracle, state):
            return state.moved(oracle, direction=-state.g, step_size=0.1, radius=state.radius / 2)

    trace = go(method=WithRadius(), rule=stop.Iterations(3))
    assert trace.scalars["radius"].tolist() == [1.0, 0.5, 0.25, 0.125]
    with pytest.raises(TypeError, match="no field"):
        State(np.zeros(1), 0.0, np.zeros(1)).stayed(radius=1.0)


def test_settings_out_of_range_are_refused_by_the_driver():
    with pytest.raises(InputError, match="step_size must be > 0, given -1"):
        optlab.minimize(
            bowl(), optlab.optimizer.__globals__["catalogue"](()).find("optimizers", "gradient_descent")(step_size=-1)
        )


def test_warnings_never_escape_and_the_callers_errstate_is_his_own():
    with np.errstate(all="raise"):
        before = np.geterr()
        blows_up = Problem(lambda x: float(np.exp(x[0])), start=[1.0], gradient=lambda x: -np.exp(100 * x))
        statuses = []
        for record in optlab.iterate(blows_up, Descend(1e-40)):
            assert np.geterr() == before
            statuses.append(record.status)
        assert statuses[-1] in (Status.DIVERGED, Status.NONFINITE)


def test_falling_until_overflow_is_unbounded():
    trace = go(Problem(lambda x: float(-(x @ x)), start=[1.0], gradient=lambda x: -2 * x), Descend(10.0))
    assert trace.status is Status.UNBOUNDED
    assert np.isfinite(trace.points).all()


def test_a_callback_runs_under_the_callers_own_errstate():
    seen = []
    with np.errstate(divide="raise", over="warn"):
        optlab.minimize(bowl(), Descend(), callback=lambda r: seen.append(np.geterr()) or r.k == 2)
        assert seen == [np.geterr()] * 3


def test_a_step_that_does_not_count_up_is_an_error_and_not_an_endless_loop():
    class Stands(Descend):
        def step(self, oracle, state):
            return state

    trace = go(method=Stands(), rule=stop.Iterations(5))
    assert (trace.status, len(trace)) == (Status.ERROR, 1)
    assert "must return the next State (k = 1), given k = 0: return state.moved(…)" in trace.message


def test_a_methods_own_word_for_convergence_is_a_claim_and_no_verdict():
    class Boasts(Descend):
        def step(self, oracle, state):
            raise Halt(Status.CONVERGED, "I say so")

    trace = go(method=Boasts())
    assert (trace.status, trace.claimed) == (Status.STALLED, Status.CONVERGED)
    assert "claimed convergence at iteration 0" in trace.message
    with pytest.raises(TypeError, match="Halt needs a Status"):
        Halt("STALLED")


class Exits(Descend):
    def step(self, oracle, state):
        raise SystemExit(7)


class Vector(Descend):
    def step(self, oracle, state):
        return state.moved(oracle, direction=-state.g, step_size=np.array([0.1, 0.2]))


class Words(Descend):
    def stationarity(self, oracle, state):
        return "small"


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (Exits(), "SystemExit: 7 (test_driver.py:"),
        (Vector(), "step_size and restarts of a state must be numbers, given array([0.1, 0.2])"),
        (Words(), "could not convert string to float: 'small'"),
    ],
)
def test_what_a_method_may_not_do_ends_its_run_alone_and_says_where(method, message):
    trace = go(method=method)
    assert trace.status is Status.ERROR
    assert message in trace.message


@pytest.mark.parametrize("value", ["text", None, {}, [[1.0], [2.0]]])
def test_recorded_fields_must_be_numbers(value):
    @dataclass(frozen=True)
    class Marked(State):
        mark: object = None
        recorded = ("mark",)

    class Marks(Descend):
        def init(self, oracle, x0):
            f, g = oracle.value_and_gradient(x0)
            return Marked(x0, f, g, mark=value)

    trace = go(method=Marks(), rule=stop.Iterations(3))
    assert (trace.status, len(trace)) == (Status.ERROR, 4)
    assert trace.message.startswith("recorded: mark must be numbers")


def test_an_unknown_need_is_named_with_the_nearest():
    class Needy(Descend):
        needs = ("hessain",)

    with pytest.raises(InputError, match="unknown need 'hessain'; did you mean 'hessian'"):
        go(method=Needy())


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"gradient": lambda x: 2j * x}, "gradient must return real numbers of shape (2,), given ndarray"),
        ({"gradient": lambda x: None}, "gradient must return real numbers of shape (2,), given NoneType"),
    ],
)
def test_gradients_that_are_not_real_are_errors(more, message):
    trace = go(bowl(**more))
    assert trace.status is Status.ERROR
    assert message in trace.message


@pytest.mark.parametrize("value", ["3", np.complex128(1 + 1j)])
def test_values_that_are_not_real_are_errors(value):
    trace = go(Problem(lambda x: value, start=[1.0, 2.0], gradient=lambda x: 2 * x))
    assert trace.status is Status.ERROR
    assert "f must return one number" in trace.message


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (optlab.Facts(optimum="low"), "optimum must be a number, given 'low'"),
        (optlab.Facts(solution=(1.0, 2.0, 3.0)), "a solution must have shape (2,), given (3,)"),
        ({"optimum": 0.0}, "facts must return Facts, given dict"),
    ],
)
def test_facts_that_cannot_be_meant_are_refused(facts, message):
    class Bowl(optlab.ProblemBase):
        def value(self, x):
            return x @ x

        def start(self):
            return np.ones(2)

        def facts(self):
            return facts

    with pytest.raises(InputError, match=re.escape(message)):
        go(Bowl())


def test_a_catalogue_problems_bounds_are_checked():
    class Crossed(optlab.ProblemBase):
        bounds = (2.0, 1.0)

        def value(self, x):
            return x @ x

        def start(self):
            return np.ones(2)

    with pytest.raises(InputError, match="bounds need lo <= hi"):
        go(Crossed())


def test_a_budget_of_megabytes_counts_what_an_array_takes_beside_its_numbers():
    problem = bowl()
    keep = Keep("all", megabytes=0.5)
    trace = run(Loop(problem, Descend(1e-9), stop=stop.Stationary(0) | stop.Iterations(5000)), keep)
    assert len(trace.points) * (trace.points[0].nbytes + 112) <= 0.5e6
