"""The battery for an optimizer: the contract that the loop, the records and the tables rely on."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.checks.probes import Spy, Valley, Wall, bowls
from optlab.checks.report import Report, Skipped, carry_out, require
from optlab.core import kkt
from optlab.core.driver import Loop, Record, iterate, lacking, run
from optlab.core.optimizer import Optimizer
from optlab.core.problem import ProblemBase
from optlab.core.status import Status
from optlab.core.stop import Evaluations, Iterations, Stationary, Stop
from optlab.core.trace import Trace

SHORT = Stationary() | Iterations(12)
LONG = Stationary() | Iterations(500)
BUDGET = 5
LEAST_PROGRESS = 0.99
"""On a bowl, the best KKT residual must be below this part of the first one."""
TOLERANCE = 1e-7
"""Ten times the relative tolerance of the default stop rule."""
COUNTED = ("f", "gradient", "hessian", "hvp")


@dataclass
class OptimizerCase:
    """An optimizer and the probes that it can run on."""

    optimizer: Optimizer

    @cached_property
    def probes(self) -> dict[str, ProblemBase]:
        """The probes that fit; raises Skipped where none does."""
        fit = {name: p for name, p in {**bowls(3), "valley": Valley()}.items() if not lacking(p, self.optimizer)}
        if not fit:
            msg = "no probe fits the method"
            raise Skipped(msg)
        return fit

    def bowls(self, n: int = 3) -> dict[str, ProblemBase]:
        """The bowls among them, in n variables."""
        return {name: p for name, p in bowls(n).items() if not lacking(p, self.optimizer)}

    def records(self, problem: ProblemBase, stop: Stop = SHORT, **more: Any) -> list[Record]:
        """All records of a run."""
        return list(iterate(problem, self.optimizer, stop=stop, **more))

    def trace(self, problem: ProblemBase, stop: Stop = LONG, start: Any = None) -> Trace:
        """The trace of a run."""
        return run(Loop(problem, self.optimizer, start=start, stop=stop))

    def own_loop(self) -> None:
        """Raise Skipped for a method whose loop is not ours."""
        if "foreign" in self.optimizer.properties:
            msg = "a foreign solver owns its loop"
            raise Skipped(msg)

    def exact(self) -> None:
        """Raise Skipped for a method that sees sampled gradients."""
        if not self.optimizer.exact:
            msg = "the method sees only sampled gradients"
            raise Skipped(msg)


def check_optimizer(optimizer: Optimizer) -> Report:
    """Check that an optimizer keeps the contract; the report is a table of small checks.

    It runs on bowls, free and with one active constraint of each kind, and in Rosenbrock's valley: those of them
    that the method's `needs` and `handles` fit.
    """
    return carry_out(f"optimizer {optimizer}", CHECKS, OptimizerCase(optimizer))


def fits_a_probe(case: OptimizerCase) -> str:
    """Check that there is a probe the method can run on."""
    everything = {**bowls(3), "valley": Valley()}
    reasons = {name: lacking(problem, case.optimizer) for name, problem in everything.items()}
    fit = [name for name, why in reasons.items() if not why]
    require(bool(fit), "; ".join(f"{name}: {why}" for name, why in reasons.items()))
    return ", ".join(fit)


def runs_without_an_error(case: OptimizerCase) -> str:
    """Check that no run raises."""
    ends = {}
    for name, problem in case.probes.items():
        trace = case.trace(problem)
        require(trace.status is not Status.ERROR, f"{name}: {trace.message}")
        ends[name] = f"{trace.status.name} at {len(trace) - 1}"
    return "; ".join(f"{name} {end}" for name, end in ends.items())


def settings_stay_as_they_are(case: OptimizerCase) -> str:
    """Check that the class is a frozen dataclass, and that a run leaves every attribute of the instance alone."""
    optimizer = case.optimizer
    require(is_dataclass(optimizer), "the class must be decorated with @dataclass(frozen=True)")
    require(type(optimizer).__dataclass_params__.frozen, "the dataclass must be frozen")  # type: ignore[attr-defined]
    before = {name: repr(value) for name, value in vars(optimizer).items()}
    for problem in case.probes.values():
        case.records(problem)
    after = {name: repr(value) for name, value in vars(optimizer).items()}
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
                f"{name}: resumed from the record of iteration {records[middle].k}, saved {when}, it goes on differently",
            )
        resumed += 1
    require(resumed > 0, "no run took a step to resume from")
    return f"{resumed} runs"


def records_count_up_by_one(case: OptimizerCase) -> str:
    """Check that k is 0, 1, 2, …, each record once."""
    for name, problem in case.probes.items():
        ks = [record.k for record in case.records(problem) if record.status is None or record.status is not None]
        if len(ks) > 1 and ks[-1] == ks[-2]:
            ks.pop()  # a failed step closes the run with its last record
        require(ks == list(range(len(ks))), f"{name}: k runs {ks}")
    return ""


def reported_values_are_true(case: OptimizerCase) -> str:
    """Check that f and g of every record are those of the problem at its x, to the last bit."""
    for name, problem in case.probes.items():
        for record in case.records(problem):
            f, g = problem.value_and_gradient(record.x)
            require(record.f == f, f"{name}: at iteration {record.k} f = {record.f!r}, but f(x) = {f!r}")
            require(np.array_equal(record.state.g, g), f"{name}: at iteration {record.k} g is not the gradient at x")
    return ""


def counts_are_true(case: OptimizerCase) -> str:
    """Check the counters against a problem that counts for itself."""
    for name, problem in case.probes.items():
        calls: Counter[str] = Counter()
        records = case.records(Spy(problem, lambda what, calls=calls: calls.update([what])), stop=Iterations(12))  # type: ignore[misc]
        for what in COUNTED:
            counted = records[-1].evaluations[what]
            require(counted == calls[what], f"{name}: {counted} {what} evaluations counted, {calls[what]} made")
    return ""


def iteration_limits_are_kept(case: OptimizerCase) -> str:
    """Check that Iterations(0) evaluates the start and no more, and that Iterations(1) takes one step."""
    for name, problem in case.probes.items():
        for most in (0, 1):
            trace = case.trace(problem, Iterations(most))
            steps = len(trace) - 1
            require(steps <= most, f"{name}: {steps} steps with a limit of {most}")
            stopped = trace.status is Status.MAX_ITERATIONS
            require(stopped == (steps == most), f"{name}: {trace.status.name} after {steps} steps, limit {most}")
    return ""


def evaluation_budgets_are_kept(case: OptimizerCase) -> str:
    """Check that no evaluation is made over budget."""
    for name, problem in case.probes.items():
        for what in ("f", "gradient"):
            calls: Counter[str] = Counter()
            spy = Spy(problem, lambda kind, calls=calls: calls.update([kind]))  # type: ignore[misc]
            trace = case.trace(spy, Evaluations(**{what: BUDGET}) | Iterations(100))
            require(calls[what] <= BUDGET, f"{name}: {calls[what]} {what} evaluations with a budget of {BUDGET}")
            require(trace.status is not Status.ERROR, f"{name}: {trace.message}")
    return ""


def converged_where_it_starts_at_the_solution(case: OptimizerCase) -> str:
    """Check that a start at x* is CONVERGED without a step."""
    case.exact()
    for name, problem in case.probes.items():
        trace = case.trace(problem, start=problem.known.solution)
        at_once = trace.status is Status.CONVERGED and len(trace) == 1
        require(at_once, f"{name}: {trace.status.name} after {len(trace) - 1} steps from x*: {trace.message}")
    return ""


def one_variable_is_enough(case: OptimizerCase) -> str:
    """Check n = 1."""
    for name, problem in case.bowls(1).items():
        trace = case.trace(problem)
        require(trace.status is not Status.ERROR, f"{name}: {trace.message}")
        require(trace.points.shape[1] == 1, f"{name}: iterates of shape {trace.points.shape[1:]}")
    return ""


def approaches_the_solution_of_a_bowl(case: OptimizerCase) -> str:
    """Check that the KKT residual falls: the least one can ask of a method on a well-conditioned bowl."""
    case.exact()
    details = []
    for name, problem in case.bowls().items():
        residuals = [residual(problem, record.x) for record in case.records(problem, LONG)]
        best = min(residuals)
        fell = best <= LEAST_PROGRESS * residuals[0] or residuals[0] == 0
        require(fell, f"{name}: the KKT residual starts at {residuals[0]:.3g} and gets no lower than {best:.3g}")
        details.append(f"{name} {best / residuals[0]:.0e}")
    return "; ".join(details)


def success_is_true(case: OptimizerCase) -> str:
    """Check that whoever says CONVERGED has a small KKT residual, and that no claim had to be refuted."""
    case.exact()
    claims = 0
    for name, problem in case.probes.items():
        trace = case.trace(problem)
        refuted = trace.claimed is Status.CONVERGED and trace.status is not Status.CONVERGED
        require(not refuted, f"{name}: a false claim of convergence: {trace.message}")
        if trace.status is Status.CONVERGED:
            last, first = residual(problem, trace.points[-1]), residual(problem, problem.start())
            require(last <= TOLERANCE * first, f"{name}: CONVERGED with a KKT residual of {last:.1e}")
            claims += 1
    return f"{claims} of {len(case.probes)} runs converged"


def wrong_sign_of_the_gradient_is_no_success(case: OptimizerCase) -> str:
    """Check that with −∇f for ∇f no run converges."""
    case.exact()
    there = {
        name: p
        for name, p in case.bowls().items()
        if p.feasible is None and p.bounds is None and p.linear_inequality is None
    }
    if not there:
        msg = "on a bounded set the wrong gradient has a stationary point"
        raise Skipped(msg)
    ends = []
    for name, problem in there.items():
        trace = case.trace(Spy(problem, sign=-1.0))
        require(not trace.status.success, f"{name}: CONVERGED on a gradient of the wrong sign")
        ends.append(f"{name} {trace.status.name}")
    return "; ".join(ends)


def iterates_stay_finite_beside_a_wall(case: OptimizerCase) -> str:
    """Check that NaN outside the domain of f never gets into a record."""
    problem = Wall()
    why = lacking(problem, case.optimizer)
    if why:
        raise Skipped(why)
    trace = case.trace(problem)
    require(trace.status is not Status.ERROR, trace.message)
    finite = np.isfinite(trace.points).all() and np.isfinite(trace.scalars["f"]).all()
    require(bool(finite), "a record holds a value that is not finite")
    return f"{trace.status.name} at {len(trace) - 1}"


def exceptions_in_f_end_the_run_with_its_trace(case: OptimizerCase) -> str:
    """Check that an exception raised by f after the start is an ERROR that keeps the records so far."""
    for name, problem in case.probes.items():
        calls: Counter[str] = Counter()
        count = Spy(problem, lambda what, calls=calls: calls.update([what]))  # type: ignore[misc]
        case.trace(count, Iterations(0))
        allowed = sum(calls.values())
        calls.clear()

        def fail(what: str, calls: Counter[str] = calls, allowed: int = allowed) -> None:
            calls.update([what])
            if sum(calls.values()) > allowed:
                raise ZeroDivisionError(what)

        trace = case.trace(Spy(problem, fail), Iterations(12))
        kept = trace.status is Status.ERROR and "ZeroDivisionError" in trace.traceback and len(trace) >= 1
        require(kept, f"{name}: {trace.status.name} with {len(trace)} records: {trace.message}")
    return ""


def residual(problem: ProblemBase, x: Any) -> float:
    """Return the greatest of the KKT residuals at x."""
    found = kkt.kkt(problem, x)
    return max(found.stationarity, found.primal, found.complementarity)


def prints(records: list[Record]) -> list[tuple[Any, ...]]:
    """Return what must be equal bit for bit, one tuple per record."""
    return [
        (r.k, r.x.tobytes(), float(r.f).hex(), r.state.g.tobytes(), repr(float(r.step_size)), r.counts, r.status)
        for r in records
    ]


def first_difference(a: list[Any], b: list[Any]) -> int:
    """Return the index of the first difference."""
    return next((i for i, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), min(len(a), len(b)))


CHECKS: tuple[Callable[[OptimizerCase], str], ...] = (
    fits_a_probe,
    runs_without_an_error,
    settings_stay_as_they_are,
    start_may_be_anything_like_an_array,
    same_run_twice_is_bit_equal,
    interleaved_runs_are_bit_equal,
    resumes_bit_for_bit,
    records_count_up_by_one,
    reported_values_are_true,
    counts_are_true,
    iteration_limits_are_kept,
    evaluation_budgets_are_kept,
    converged_where_it_starts_at_the_solution,
    one_variable_is_enough,
    approaches_the_solution_of_a_bowl,
    success_is_true,
    wrong_sign_of_the_gradient_is_no_success,
    iterates_stay_finite_beside_a_wall,
    exceptions_in_f_end_the_run_with_its_trace,
)
