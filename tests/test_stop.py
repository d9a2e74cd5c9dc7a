"""Stop rules alone and together, stalling, and what a record takes along."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import optlab
from optlab import InputError, Optimizer, Problem, State, Status
from optlab.core.driver import PATIENCE, Loop, run
from optlab.core.stop import Evaluations, Iterations, Seconds, Stationary


def now(**more):
    oracle = SimpleNamespace(n_f=0, n_gradient=0)
    given = {"k": 0, "stationarity": 1.0, "seconds": 0.0, "scale": 1.0, "oracle": oracle}
    return SimpleNamespace(**given | more, certified=lambda tolerance: True)


def bowl():
    return Problem(lambda x: float(x @ x), start=[1.0, 2.0], gradient=lambda x: 2 * x)


def test_both_tolerances_count():
    judge = Stationary(rtol=1e-3, atol=0.5).bind(now(scale=100.0))
    assert judge(now(stationarity=0.6)) is Status.CONVERGED
    assert judge(now(stationarity=0.601)) is None
    assert Stationary(rtol=0.0, atol=0.5).bind(now())(now(stationarity=0.5)) is Status.CONVERGED


def test_either_stops_at_the_first_and_both_at_the_last():
    either, both = Iterations(3) | Seconds(1.0), Iterations(3) & Seconds(1.0)
    for rule, early, late in ((either, Status.MAX_ITERATIONS, Status.MAX_ITERATIONS), (both, None, None)):
        judge = rule.bind(now())
        assert judge(now(k=2)) is None
        assert judge(now(k=3)) is early
        assert judge(now(k=4)) is late
    assert either.bind(now())(now(seconds=1.0)) is Status.TIMEOUT
    assert both.bind(now())(now(seconds=1.0)) is None
    assert both.bind(now())(now(k=3, seconds=1.0)) is Status.MAX_ITERATIONS


def test_budgets_of_either_are_the_tighter_and_of_both_none():
    rule = Evaluations(f=10, gradient=7) | Evaluations(f=5, hessian=3)
    assert rule.limits() == {"f": 5, "gradient": 7, "hessian": 3}
    assert (Evaluations(f=10) & Iterations(3)).limits() == {}
    with pytest.raises(InputError, match="at least one budget"):
        optlab.minimize(bowl(), "bfgs", stop=Evaluations())


@dataclass(frozen=True)
class Walk(Optimizer):
    """Go to the points whose f is listed, then stay on the last two in turn."""

    heights: tuple[float, ...] = ()

    def step(self, oracle, state):
        i = min(state.k, len(self.heights) - 2 + (state.k - len(self.heights)) % 2)
        x = np.array([self.heights[i]])
        return state.at(x, *oracle.value_and_gradient(x), step_size=1.0)


def walked(heights, most=5000):
    # The gradient is kept away from zero, so that f alone makes the events.
    problem = Problem(lambda x: float(x[0]), start=[100.0], gradient=lambda x: np.ones(1))
    return run(Loop(problem, Walk(tuple(heights)), stop=Iterations(most)))


def test_patience_counts_from_the_last_new_best():
    down = [100.0 - i for i in range(1, 51)]
    trace = walked(down)
    assert trace.status is Status.STALLED
    assert trace.scalars["k"][-1] == 50 + PATIENCE


def test_patience_grows_with_the_iterations_made_before_the_last_event():
    down = [100.0 - i / 10 for i in range(1, 401)]
    assert walked(down).scalars["k"][-1] == 2 * 400


def test_a_new_worst_value_is_an_event_too():
    up = [100.0 + i / 100 for i in range(1, 301)]
    trace = walked(up)
    assert trace.status is Status.STALLED
    assert trace.scalars["k"][-1] == 2 * 300


@dataclass(frozen=True)
class Drunkard(Optimizer):
    """Step at random."""

    exact = False

    def step(self, oracle, state):
        direction = oracle.random(state.k).standard_normal(state.x.size)
        return state.moved(oracle, direction=direction, step_size=0.1)


def test_a_record_takes_its_seed_along():
    whole = list(optlab.iterate(bowl(), Drunkard(), stop=Iterations(9), seed=7))
    rest = list(optlab.iterate(bowl(), Drunkard(), stop=Iterations(9), resume=whole[4]))
    assert [r.x.tolist() for r in rest] == [r.x.tolist() for r in whole[5:]]
    other = list(optlab.iterate(bowl(), Drunkard(), stop=Iterations(9), seed=8))
    assert other[-1].x.tolist() != whole[-1].x.tolist()


def test_a_record_is_not_changed_by_the_run_that_goes_on():
    records = list(optlab.iterate(bowl(), "gradient_descent", stop=Iterations(5)))
    assert [r.book.best_f for r in records] == [r.f for r in records]
    before = records[2].book.best_f
    list(optlab.iterate(bowl(), "gradient_descent", stop=Iterations(5), resume=records[2]))
    assert records[2].book.best_f == before


def test_a_rejected_step_counts_and_has_no_length():
    first = State(np.ones(2), 2.0, np.ones(2))
    moved: Any = first.at(np.zeros(2), 0.0, np.zeros(2), step_size=0.5)
    rejected = moved.stayed(restarts=3)
    assert rejected.x is moved.x
    assert (rejected.k, rejected.f, rejected.restarts) == (2, 0.0, 3)
    assert np.isnan(rejected.step_size)
    with pytest.raises(TypeError, match="no field"):
        moved.stayed(raduis=1.0)


@pytest.mark.parametrize("value", [True, "0.1", None, [0.1]])
def test_a_number_is_no_truth_value_and_no_text(value):
    with pytest.raises(InputError, match="step_size must be a number"):
        optlab.optimizer("gradient_descent", step_size=value)
