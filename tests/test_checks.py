"""The battery for optimizers catches what breaks the contract; the report is a table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pytest

from optlab.checks.check_optimizer import check_optimizer
from optlab.checks.report import Check, Failed, Report, Skipped, carry_out, within
from optlab.core.optimizer import Optimizer
from optlab.optimizers.gradient.gradient_descent import GradientDescent


@dataclass(frozen=True)
class Momentum(Optimizer):
    """A heavy ball, written as it should be: what it remembers is in the state."""

    step_size: float = 0.05

    def step(self, oracle, state):
        velocity = np.zeros_like(state.x) if state.memory is None else state.memory
        velocity = 0.5 * velocity - self.step_size * state.g
        return state.moved(oracle, direction=velocity, step_size=1.0, memory=velocity)


def test_a_method_with_memory_passes():
    report = check_optimizer(Momentum())
    assert report.passed, str(report)
    skipped = {check.name for check in report.checks if check.skipped}
    assert skipped == set()


@dataclass(frozen=True)
class InPlace(Momentum):
    def step(self, oracle, state):
        x = state.x
        x -= self.step_size * state.g
        f, g = oracle.value_and_gradient(x)
        return state.at(x, f, g)


@dataclass(frozen=True)
class LyingStationarity(GradientDescent):
    def stationarity(self, oracle, state):
        return 0.0


@dataclass(frozen=True)
class MemoryOnSelf(Momentum):
    velocity: list = field(default_factory=lambda: [0.0])

    def step(self, oracle, state):
        self.velocity[0] = 0.5 * self.velocity[0] - self.step_size * state.g
        return state.moved(oracle, direction=self.velocity[0], step_size=1.0)


@dataclass(frozen=True)
class MemoryOnTheClass(Momentum):
    seen: ClassVar[list] = []

    def step(self, oracle, state):
        self.seen.append(state.k)
        return state.moved(oracle, direction=-state.g, step_size=self.step_size / len(self.seen))


@dataclass(frozen=True)
class SharedBuffer(Momentum):
    def step(self, oracle, state):
        velocity = np.zeros_like(state.x) if state.memory is None else state.memory
        velocity *= 0.5
        velocity -= self.step_size * state.g
        return state.moved(oracle, direction=velocity.copy(), step_size=1.0, memory=velocity)


@dataclass(frozen=True)
class UnpicklableMemory(Momentum):
    def step(self, oracle, state):
        return state.moved(oracle, direction=-state.g, step_size=self.step_size, memory=lambda: state)


@dataclass(frozen=True)
class Uphill(Momentum):
    def step(self, oracle, state):
        return state.moved(oracle, direction=state.g, step_size=self.step_size)


@dataclass(frozen=True)
class StaleGradient(Momentum):
    def step(self, oracle, state):
        x = state.x - self.step_size * state.g
        f, _ = oracle.value_and_gradient(x)
        return state.at(x, f, state.g)


@dataclass(frozen=True)
class InventedValue(Momentum):
    def step(self, oracle, state):
        x = state.x - self.step_size * state.g
        f, g = oracle.value_and_gradient(x)
        return state.at(x, f * (1 - 1e-15), g)


@dataclass(frozen=True)
class Uncounted(Momentum):
    def step(self, oracle, state):
        x = state.x - self.step_size * state.g
        oracle._problem.value(x)
        f, g = oracle.value_and_gradient(x)
        return state.at(x, f, g)


@dataclass(frozen=True)
class TwoStepsAtOnce(Momentum):
    def step(self, oracle, state):
        state = state.moved(oracle, direction=-state.g, step_size=self.step_size)
        return state.moved(oracle, direction=-state.g, step_size=self.step_size)


@dataclass(frozen=True)
class Swallows(Momentum):
    def step(self, oracle, state):
        try:
            return state.moved(oracle, direction=-state.g, step_size=self.step_size)
        except Exception:
            return state.stayed()


@dataclass(frozen=True)
class OwnDice(Momentum):
    def step(self, oracle, state):
        size = self.step_size * np.random.default_rng().uniform()
        return state.moved(oracle, direction=-state.g, step_size=size)


@dataclass(frozen=True)
class OwnLimit(Momentum):
    def init(self, oracle, x0):
        return self.step(oracle, super().init(oracle, x0))


@dataclass(frozen=True)
class NeedsTwo(Momentum):
    def step(self, oracle, state):
        return state.moved(
            oracle, direction=-state.g * [1.0, *[0.9] * (state.x.size - 2), 1.0], step_size=self.step_size
        )


@dataclass(frozen=True)
class IgnoresItsBounds(Momentum):
    handles: ClassVar = ("bounds",)

    def init(self, oracle, x0):
        f, g = oracle.value_and_gradient(x0)
        return replace(super().init(oracle, x0), x=x0, f=f, g=g)


WRONG = [
    (InPlace, "runs without an error"),
    (LyingStationarity, "success is true"),
    (MemoryOnSelf, "settings stay as they are"),
    (MemoryOnSelf, "same run twice is bit equal"),
    (MemoryOnSelf, "interleaved runs are bit equal"),
    (MemoryOnTheClass, "same run twice is bit equal"),
    (SharedBuffer, "resumes bit for bit"),
    (UnpicklableMemory, "resumes bit for bit"),
    (Uphill, "approaches the solution of a bowl"),
    (StaleGradient, "reported values are true"),
    (InventedValue, "reported values are true"),
    (Uncounted, "counts are true"),
    (TwoStepsAtOnce, "runs without an error"),
    (Swallows, "exceptions in f end the run with its trace"),
    (OwnDice, "same run twice is bit equal"),
    (OwnLimit, "records count up by one"),
    (NeedsTwo, "one variable is enough"),
    (IgnoresItsBounds, "converged where it starts at the solution"),
]


@pytest.mark.parametrize(("cls", "caught"), WRONG)
def test_what_is_wrong_is_caught_by_the_right_check(cls, caught):
    report = check_optimizer(cls())
    assert caught in {check.name for check in report.failures}, str(report)


def test_a_method_that_no_probe_fits_is_told_why():
    @dataclass(frozen=True)
    class Needy(Momentum):
        needs: ClassVar = ("gradient", "prox")

    report = check_optimizer(Needy())
    assert [check.name for check in report.failures] == ["fits a probe"]
    assert "needy needs prox" in report.failures[0].detail
    assert not report.passed


# --- the report -----------------------------------------------------------------------------------


def test_the_report_is_a_table():
    def holds(case):
        return within(1e-9, 1e-8, "difference")

    def does_not_hold(case):
        return within(float("nan"), 1e-8, "difference")

    def does_not_apply(case):
        raise Skipped("n is too large")

    def raises(case):
        raise KeyError("g")

    report = carry_out("problem bowl", [holds, does_not_hold, does_not_apply, raises], None)
    assert not report.passed
    assert str(report).splitlines() == [
        "problem bowl",
        "  ok    holds           difference: 1.0e-09",
        "  FAIL  does not hold   difference: nan, over 1.0e-08",
        "  skip  does not apply  n is too large",
        "  FAIL  raises          KeyError: 'g'",
        "1 of 3 checks passed, 1 did not apply",
    ]
    assert [check.name for check in report.failures] == ["does not hold", "raises"]


def test_a_report_of_nothing_has_not_passed():
    assert not Report("empty", ()).passed
    assert Report("one", (Check("a", True),)).passed
    with pytest.raises(Failed):
        within(2.0, 1.0, "x")
