"""Checks that an optimizer is pure: its runs depend on nothing but their input, and its records are true."""

from __future__ import annotations

import pickle
from dataclasses import fields, is_dataclass
from functools import cached_property

import numpy as np

from optlab.checks.optimizer_case import SHORT, OptimizerCase, first_difference, prints
from optlab.checks.report import require
from optlab.checks.spy import counting
from optlab.core.driver import iterate
from optlab.core.optimizer import Optimizer
from optlab.core.problem import ProblemBase
from optlab.core.record import Record
from optlab.core.stop import Iterations

COUNTED = ("f", "gradient", "hessian", "hvp", "sample")


def settings_stay_as_they_are(case: OptimizerCase) -> str:
    """Check that the class is a frozen dataclass, and that a run leaves every attribute of the instance alone."""
    optimizer = case.optimizer
    require(is_dataclass(optimizer), "the class must be decorated with @dataclass(frozen=True)")
    require(type(optimizer).__dataclass_params__.frozen, "the dataclass must be frozen")  # type: ignore[attr-defined]
    before = attributes(optimizer)
    for problem in case.probes.values():
        case.records(problem)
    after = attributes(optimizer)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    require(
        not changed,
        f"a run changed {', '.join(changed)} of the instance; what a method remembers belongs into its State",
    )
    return f"{len(fields(optimizer))} settings"


def start_may_be_anything_like_an_array(case: OptimizerCase) -> str:
    """Check that lists, integers and read-only arrays are fine, and that the caller's array is left alone."""
    for name, problem in case.bowls().items():
        x0 = np.array([2.0, -1.0, 1.0])
        right = prints(case.records(problem, start=x0))
        require(x0.tolist() == [2.0, -1.0, 1.0] and x0.flags.writeable, f"{name}: the caller's start was changed")
        x0.setflags(write=False)
        for start in (x0, [2.0, -1.0, 1.0], [2, -1, 1], np.array([2, -1, 1])):
            require(prints(case.records(problem, start=start)) == right, f"{name}: another run from start = {start!r}")
    return ""


def same_run_twice_is_bit_equal(case: OptimizerCase) -> str:
    """Check that a second run gives the same records."""
    for name, problem in case.probes.items():
        first, second = prints(case.records(problem)), prints(case.records(problem))
        require(first == second, f"{name}: the second run differs at iteration {first_difference(first, second)}")
    return ""


def interleaved_runs_are_bit_equal(case: OptimizerCase) -> str:
    """Check that two runs of one instance do not see one another."""
    case.own_loop()
    for name, problem in case.probes.items():
        starts = (problem.start(), 0.5 * problem.start())
        alone = [prints(case.records(problem, start=start)) for start in starts]
        runs = [iterate(problem, case.optimizer, start=start, stop=SHORT) for start in starts]
        together: list[list[Record]] = [[], []]
        live = [0, 1]
        while live:
            for i in tuple(live):
                record = next(runs[i], None)
                if record is None:
                    live.remove(i)
                else:
                    together[i].append(record)
        for i in (0, 1):
            seen = prints(together[i])
            require(
                seen == alone[i], f"{name}: interleaved, a run differs at iteration {first_difference(alone[i], seen)}"
            )
    return ""


def resumes_bit_for_bit(case: OptimizerCase) -> str:
    """Check that a run goes on from a pickled record, taken on the way or looked up after the end."""
    case.own_loop()
    resumed = 0
    for name, problem in case.probes.items():
        saved, records = [], []
        for record in iterate(problem, case.optimizer, stop=SHORT):
            saved.append(pickle.dumps(record))
            records.append(record)
        going = [i for i, record in enumerate(records) if record.status is None]
        if not going:
            continue
        middle = going[len(going) // 2]
        right = prints(records[middle + 1 :])
        for when, data in (("on the way", saved[middle]), ("after the end", pickle.dumps(records[middle]))):
            rest = prints(case.records(problem, resume=pickle.loads(data)))
            require(
                rest == right,
                f"{name}: resumed from the record of iteration {records[middle].k}, saved {when}, it differs",
            )
        resumed += 1
    require(resumed > 0, "no run took a step to resume from")
    return f"{resumed} runs"


def records_count_up_by_one(case: OptimizerCase) -> str:
    """Check that k is 0, 1, 2, …, each record once."""
    for name, problem in case.probes.items():
        ks = [record.k for record in case.records(problem)]
        if len(ks) > 1 and ks[-1] == ks[-2]:
            ks.pop()  # a failed step closes the run with its last record
        require(ks == list(range(len(ks))), f"{name}: k runs {ks}")
    return ""


def reported_values_are_true(case: OptimizerCase) -> str:
    """Check that f and g of every record are those of the problem at its x, to the last bit.

    A method that sees samples may leave f out, as NaN, and its g is that of a batch.
    """
    exact = case.optimizer.exact
    for name, problem in case.probes.items():
        for record in case.records(problem):
            f, g = problem.objective(record.x), problem.gradient(record.x)
            left_out = not exact and np.isnan(record.f)
            require(left_out or record.f == f, f"{name}: at iteration {record.k} f = {record.f!r}, but f(x) = {f!r}")
            require(
                not exact or np.array_equal(record.state.g, g),
                f"{name}: at iteration {record.k} g is not the gradient at x",
            )
    return ""


def counts_are_true(case: OptimizerCase) -> str:
    """Check the counters against a problem that counts for itself."""
    for name, problem in case.probes.items():
        spy, calls = counting(problem)
        records = case.records(spy, stop=Iterations(12))
        for what in counted_kinds(case, problem):
            counted = records[-1].evaluations[what]
            require(counted == calls[what], f"{name}: {counted} {what} evaluations counted, {calls[what]} made")
    return ""


def counted_kinds(case: OptimizerCase, problem: ProblemBase) -> tuple[str, ...]:
    """Return what a run counts; the gradients that the records of derivative-free methods hold are not counted."""
    kinds = COUNTED + (("jacobian",) if problem.residuals is not None else ())
    return tuple(kind for kind in kinds if kind != "gradient" or "derivative_free" not in case.tags)


def attributes(optimizer: Optimizer) -> dict[str, str]:
    """Return what the instance holds, as text; values cached by `cached_property` are left out."""
    cached = {name for name in vars(optimizer) if isinstance(getattr(type(optimizer), name, None), cached_property)}
    return {name: repr(value) for name, value in vars(optimizer).items() if name not in cached}


PURITY_CHECKS = (
    settings_stay_as_they_are,
    start_may_be_anything_like_an_array,
    same_run_twice_is_bit_equal,
    interleaved_runs_are_bit_equal,
    resumes_bit_for_bit,
    records_count_up_by_one,
    reported_values_are_true,
    counts_are_true,
)
