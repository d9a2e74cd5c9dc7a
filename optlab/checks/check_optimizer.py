"""The battery for an optimizer: the contract that the loop, the records and the tables rely on."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from optlab.checks.optimizer_case import LONG, OptimizerCase, residual
from optlab.checks.optimizer_constraints import CONSTRAINT_CHECKS
from optlab.checks.optimizer_contract import CONTRACT_CHECKS
from optlab.checks.optimizer_curvature import CURVATURE_CHECKS
from optlab.checks.optimizer_invariance import INVARIANCE_CHECKS
from optlab.checks.optimizer_purity import PURITY_CHECKS
from optlab.checks.optimizer_rates import RATE_CHECKS
from optlab.checks.optimizer_robustness import ROBUSTNESS_CHECKS
from optlab.checks.probes import Valley, Wall, bowls
from optlab.checks.report import Report, Skipped, carry_out, require
from optlab.checks.spy import Spy, Watch, counting
from optlab.checks.sum_probes import sums
from optlab.checks.tags import chosen
from optlab.core.endings import lacking
from optlab.core.optimizer import Optimizer
from optlab.core.status import Status
from optlab.core.stop import Evaluations, Iterations, Stationary

BUDGET = 5
LEAST_PROGRESS = 0.99
"""On a bowl, the best KKT residual must be below this part of the first one."""
TOLERANCE = 1e-7
"""Ten times the relative tolerance of the default stop rule."""


def check_optimizer(optimizer: Optimizer, only: Collection[str] = ()) -> Report:
    """Check that an optimizer keeps the contract and what its tags claim; the report is a table of small checks.

    It runs on bowls, free and with one active constraint of each kind, in Rosenbrock's valley, and on problems that
    are hard in one way each: those of them that the method's `needs` and `handles` fit. A class attribute
    `expected_failures`, a mapping from the name of a check to a reason, names those that are known to fail; one of
    them that passes fails.

    Parameters
    ----------
    optimizer : Optimizer
        The method.
    only : names
        Of the checks to carry out; all that its tags choose by default.
    """
    case = OptimizerCase(optimizer)
    expected = dict(getattr(optimizer, "expected_failures", {}))
    checks = [c for c in chosen(CHECKS, case.tags) if optimizer.handles or c not in CONSTRAINT_CHECKS]
    if only:
        checks = [check for check in checks if check.__name__.replace("_", " ") in only]
        expected = {name: why for name, why in expected.items() if name in only}
    return carry_out(f"optimizer {optimizer}", checks, case, expected)


def fits_a_probe(case: OptimizerCase) -> str:
    """Check that there is a probe the method can run on."""
    missing = case.optimizer.lacks()
    if missing:
        raise Skipped(missing)
    everything = {**bowls(3), "valley": Valley(), **sums(3)}
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
        for what in ("f",) if "derivative_free" in case.tags else ("f", "gradient"):
            spy, calls = counting(problem)
            last = case.records(spy, Evaluations(**{what: BUDGET}) | Iterations(100))[-1]
            require(calls[what] <= BUDGET, f"{name}: {calls[what]} {what} evaluations with a budget of {BUDGET}")
            require(last.status is not Status.ERROR, f"{name}: {last.message}")
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
        for stop in (Stationary() | Iterations(2), LONG):  # a claim that comes true later was false all the same
            trace = case.trace(problem, stop)
            refuted = trace.claimed is Status.CONVERGED and trace.status is not Status.CONVERGED
            refuted = refuted and "foreign" not in case.tags  # what others claim is their business: the status is ours
            require(not refuted, f"{name}: a false claim of convergence: {trace.message}")
        if trace.status is Status.CONVERGED:
            last, first = residual(problem, trace.points[-1]), residual(problem, problem.start())
            require(last <= TOLERANCE * first, f"{name}: CONVERGED with a KKT residual of {last:.1e}")
            claims += 1
    return f"{claims} of {len(case.probes)} runs converged"


def wrong_sign_of_the_gradient_is_no_success(case: OptimizerCase) -> str:
    """Check that with −∇f for ∇f no run converges."""
    case.exact()
    if "derivative_free" in case.tags:
        msg = "the method does not ask for the gradient"
        raise Skipped(msg)
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
        spy, calls = counting(problem)
        case.trace(spy, Iterations(0))
        fail = failing_after(sum(calls.values()))
        trace = case.trace(Spy(problem, fail), Iterations(12))
        kept = trace.status is Status.ERROR and "ZeroDivisionError" in trace.traceback and len(trace) >= 1
        require(kept, f"{name}: {trace.status.name} with {len(trace)} records: {trace.message}")
    return ""


def failing_after(allowed: int) -> Watch:
    """Return a watch that raises at every evaluation after the first `allowed` ones."""
    left = iter(range(allowed))

    def watch(what: str, _: object) -> None:
        if next(left, None) is None:
            raise ZeroDivisionError(what)

    return watch


CHECKS: tuple[Callable[[OptimizerCase], str], ...] = (
    fits_a_probe,
    runs_without_an_error,
    *PURITY_CHECKS,
    iteration_limits_are_kept,
    evaluation_budgets_are_kept,
    converged_where_it_starts_at_the_solution,
    one_variable_is_enough,
    approaches_the_solution_of_a_bowl,
    success_is_true,
    wrong_sign_of_the_gradient_is_no_success,
    iterates_stay_finite_beside_a_wall,
    exceptions_in_f_end_the_run_with_its_trace,
    *CONTRACT_CHECKS,
    *ROBUSTNESS_CHECKS,
    *CONSTRAINT_CHECKS,
    *INVARIANCE_CHECKS,
    *RATE_CHECKS,
    *CURVATURE_CHECKS,
)
