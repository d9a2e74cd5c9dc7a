"""Checks that an optimizer is honest where arithmetic or the problem is against it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from optlab.checks.hard_probes import Cliff, Crease, Flat, Slope, Spectrum
from optlab.checks.optimizer_case import LONG, PATIENT, OptimizerCase, residual
from optlab.checks.probes import Bowl, Valley, Wall
from optlab.checks.report import Skipped, require
from optlab.checks.spy import Spy
from optlab.checks.tags import law
from optlab.core import kkt
from optlab.core.status import Status
from optlab.core.trace import Trace
from optlab.sets.ball import Ball
from optlab.transforms.value_scaling import ValueScaling

TOLERANCE = 1e-7
"""Ten times the relative tolerance of the default stop rule."""
UNITS = (1e-8, 1e8)
OFFSET = 1e8
MULTIPLIER = 1e-5
FAR = 1e8
FOUND_OUT = 200
"""Most evaluations before a wrong gradient is found out."""
NEVER = (Status.ERROR, Status.SKIPPED)


def no_error(trace: Trace, what: str) -> None:
    """Raise Failed unless the run ended with a verdict and finite records."""
    require(trace.status not in NEVER, f"{what}: {trace.status.name}: {trace.message}")
    finite = np.isfinite(trace.points).all() and np.isfinite(trace.scalars["f"]).all()
    require(bool(finite), f"{what}: a record holds a value that is not finite")


def searches(case: OptimizerCase) -> bool:
    """Whether the method finds its own step lengths, by exact gradients."""
    return bool(case.tags & {"line_search", "trust_region"}) and case.optimizer.exact


def claims_hold_in_any_units_of_f(case: OptimizerCase) -> str:
    """Check that with f × 10^±8 whoever says CONVERGED has a stationarity as small, relative to f."""
    case.exact()
    claims = 0
    for name, problem in case.probes.items():
        for factor in UNITS:
            scaled = ValueScaling(factor).apply(problem)
            trace = case.trace(scaled)
            no_error(trace, f"{name} × {factor:g}")
            if trace.status.success:
                first, last = kkt.scale_of(scaled), kkt.stationarity(scaled, trace.points[-1])
                require(
                    last <= TOLERANCE * first, f"{name} × {factor:g}: CONVERGED, stationarity {last:.1e} of {first:.1e}"
                )
                claims += 1
    return f"{claims} claims"


def a_flat_f_is_converged_at_once(case: OptimizerCase) -> str:
    """Check that a constant needs no step."""
    case.exact()
    (flat,) = case.fitting(Flat())
    trace = case.trace(flat)
    require(
        trace.status.success and len(trace) == 1, f"{trace.status.name} after {len(trace) - 1} steps: {trace.message}"
    )
    return ""


def a_slope_without_end_is_no_success(case: OptimizerCase) -> str:
    """Check that a linear f is never CONVERGED."""
    (slope,) = case.fitting(Slope())
    trace = case.trace(slope)
    no_error(trace, "slope")
    require(not trace.status.success, f"CONVERGED at f = {trace.scalars['f'][-1]:.3g} on a linear function")
    return trace.status.name


def a_large_offset_ends_honestly(case: OptimizerCase) -> str:
    """Check f + 10⁸: what it says of the end is true, and no error."""
    case.exact()
    ends = {}
    for name, problem in case.probes.items():
        moved = ValueScaling(1.0, OFFSET).apply(problem)
        if moved.residuals is None and case.sums and problem.residuals is not None:
            continue
        trace = case.trace(moved)
        no_error(trace, f"{name} + 1e8")
        if trace.status.success:
            last, first = residual(moved, trace.points[-1]), residual(moved, problem.start())
            require(last <= TOLERANCE * first, f"{name} + 1e8: CONVERGED with a KKT residual of {last:.1e}")
        ends[name] = trace.status.name
    return "; ".join(f"{name} {end}" for name, end in ends.items())


@law("line_search", "trust_region")
def a_large_offset_is_converged_or_stalled(case: OptimizerCase) -> str:
    """Check f + 10⁸ for methods that know about rounding: CONVERGED, STALLED, or as without the offset."""
    case.exact()
    for name, problem in case.probes.items():
        moved = ValueScaling(1.0, OFFSET).apply(problem)
        if moved.residuals is None and case.sums and problem.residuals is not None:
            continue
        allowed = {Status.CONVERGED, Status.STALLED, case.trace(problem).status}
        trace = case.trace(moved)
        require(trace.status in allowed, f"{name} + 1e8: {trace.status.name}: {trace.message}")
    return ""


def a_singular_hessian_is_no_error(case: OptimizerCase) -> str:
    """Check a convex quadratic whose minima are a line; methods that find their own step lengths converge."""
    (crease,) = case.fitting(Crease())
    trace = case.trace(crease)
    no_error(trace, "crease")
    require(trace.status.success or not searches(case), f"{trace.status.name}: {trace.message}")
    return trace.status.name


def a_far_start_is_no_error(case: OptimizerCase) -> str:
    """Check |x₀| = 10⁸ on the bowls; methods that find their own step lengths converge from there."""
    ends = {}
    for name, problem in case.bowls().items():
        trace = case.trace(problem, PATIENT, start=np.full(3, FAR))
        no_error(trace, name)
        good = trace.status.success or not searches(case)
        require(good, f"{name} from 1e8: {trace.status.name}: {trace.message}")
        ends[name] = trace.status.name
    return "; ".join(f"{name} {end}" for name, end in ends.items())


def a_gradient_that_turns_nan_is_no_error(case: OptimizerCase) -> str:
    """Check that a gradient that is NaN near the minimum ends the run with what there is."""
    (cliff,) = case.fitting(Cliff())
    trace = case.trace(cliff)
    no_error(trace, "cliff")
    require(not trace.status.success, "CONVERGED where the gradient is not small anywhere")
    return trace.status.name


@law("safeguarded")
def a_wall_of_nan_is_no_obstacle(case: OptimizerCase) -> str:
    """Check that Σ (x − log x) is solved from beside the wall, with NaN and with ∞ beyond it."""
    case.exact()
    inside = {"feasible": Ball(20.0)}, {"bounds": (-1.0, 20.0)}
    done = []
    for x0 in ((0.05, 12.0), (15.0, 0.01)):
        for outside in (np.nan, np.inf):
            for wall in case.fitting(Wall(x0, outside), *(Wall(x0, outside, **kind) for kind in inside)):
                if wall.constrained and not case.optimizer.handles:
                    continue
                trace = case.trace(wall, PATIENT)
                no_error(trace, "wall")
                require(trace.status.success, f"from {x0}, {outside} outside: {trace.status.name}: {trace.message}")
                done.append(len(trace) - 1)
    return f"{done} iterations"


@law("line_search")
def a_wrong_gradient_is_found_out(case: OptimizerCase) -> str:
    """Check that with −∇f for ∇f the search fails, says so, and does not take long."""
    case.exact()
    for problem in case.fitting(Bowl(3), Valley()):
        for offset in (0.0, 1.0):
            trace = case.trace(Spy(ValueScaling(1.0, offset).apply(problem), sign=-1.0))
            evaluations = int(trace.scalars["n_f"][-1])
            found = trace.status is Status.LINESEARCH_FAILED
            require(found, f"{trace.status.name} after {evaluations} evaluations: {trace.message}")
            require(evaluations <= FOUND_OUT, f"{evaluations} evaluations until it was found out")
    return ""


@law("quasi_newton", "newton")
def no_restart_is_needed(case: OptimizerCase) -> str:
    """Check that steepest descent never had to help in the valley or on a quadratic with κ = 10⁴: it hides mistakes."""
    case.exact()
    quadratic = Spectrum(tuple(np.geomspace(1, 1e4, 20).tolist()), (1.0,) * 20)
    for problem in case.fitting(Valley(), quadratic):
        records = case.records(problem, LONG)
        restarts = records[-1].state.restarts
        require(restarts == 0, f"{type(problem).__name__}: {restarts} restarts in {records[-1].k} iterations")
        good = records[-1].status is Status.CONVERGED
        require(good, f"{type(problem).__name__}: {records[-1].status} after {records[-1].k} iterations")
    return ""


@law("monotone")
def f_never_rises(case: OptimizerCase) -> str:
    """Check f(x₊) ≤ f(x) at every step."""
    for name, problem in case.probes.items():
        f = case.trace(problem).scalars["f"]
        worst = int(np.argmax(np.diff(f))) if f.size > 1 else 0
        rises = f.size > 1 and f[worst + 1] > f[worst]
        require(
            not rises, f"{name}: f rises from {f[worst]:.17g} to {f[worst + 1 if rises else worst]:.17g} at {worst + 1}"
        )
    return ""


@law("feasible")
def every_iterate_is_feasible(case: OptimizerCase) -> str:
    """Check that each x is in the set and within the bounds, exactly."""
    from optlab.core.constraints import project

    for name, problem in case.probes.items():
        if problem.feasible is None and problem.bounds is None:
            continue
        for k, x in enumerate(case.trace(problem).points):
            require(np.array_equal(project(problem, x), x), f"{name}: iterate {k} is outside: {x}")
    return ""


@law("line_search")
def every_step_decreases_f_sufficiently(case: OptimizerCase) -> str:
    """Check f(x + αd) ≤ f(x) + c₁αgᵀd, to rounding, for monotone methods whose search has a c₁."""
    c1 = getattr(getattr(case.optimizer, "search", None), "c1", None)
    if c1 is None or "monotone" not in case.tags:
        msg = "the search has no c1, or the method is not monotone"
        raise Skipped(msg)
    for name, problem in case.probes.items():
        records = case.records(problem, LONG)
        for old, new in pairwise(records):
            d, alpha = new.state.direction, new.state.step_size
            if new.k == old.k or d is None or not np.isfinite(alpha):
                continue
            bound = old.f + c1 * alpha * float(old.state.g @ d) + 1e-14 * abs(old.f)
            require(new.f <= bound, f"{name}: at iteration {new.k} f = {new.f:.17g}, allowed {bound:.17g}")
    return ""


def recorded_multipliers_are_right(case: OptimizerCase) -> str:
    """Check λ and ν where the states record them: the active constraint of every bowl has the multiplier 1."""
    case.exact()
    seen = []
    for name, problem in case.bowls().items():
        last = case.records(problem, LONG)[-1]
        recorded = [np.ravel(getattr(last.state, key)) for key in ("lam", "nu") if key in last.state.recorded]
        if not recorded or not problem.constrained or last.status is not Status.CONVERGED:
            continue
        lam = np.concatenate(recorded)
        right = (
            int(np.sum(np.abs(lam - 1.0) <= MULTIPLIER)) == 1 and int(np.sum(np.abs(lam) <= MULTIPLIER)) == lam.size - 1
        )
        require(right, f"{name}: multipliers {lam}, of the active constraint 1")
        seen.append(name)
    return ", ".join(seen) or "none are recorded"


ROBUSTNESS_CHECKS = (
    claims_hold_in_any_units_of_f,
    a_flat_f_is_converged_at_once,
    a_slope_without_end_is_no_success,
    a_large_offset_ends_honestly,
    a_large_offset_is_converged_or_stalled,
    a_singular_hessian_is_no_error,
    a_far_start_is_no_error,
    a_gradient_that_turns_nan_is_no_error,
    a_wall_of_nan_is_no_obstacle,
    a_wrong_gradient_is_found_out,
    no_restart_is_needed,
    f_never_rises,
    every_iterate_is_feasible,
    every_step_decreases_f_sufficiently,
    recorded_multipliers_are_right,
)
