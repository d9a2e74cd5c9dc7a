"""Checks of methods for constraints: where they evaluate, what they say of traps, other units, curved constraints."""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.checks.constrained_probes import Apart, Downhill, Pinned, ValleyInDisk, ValleyOnCircle, doubled
from optlab.checks.optimizer_case import LONG, PATIENT, OptimizerCase, residual
from optlab.checks.report import Skipped, require
from optlab.checks.spy import Spy
from optlab.checks.tags import law
from optlab.core.constraints import inequality
from optlab.core.problem import Array, ProblemBase
from optlab.core.status import Status
from optlab.sets.base import ULPS
from optlab.transforms.constraint_scaling import ConstraintScaling

UNITS = (1e-4, 1e4)
NEAR = 1e-5
TOLERANCE = 1e-6
EPS = float(np.finfo(float).eps)


def _watched(case: OptimizerCase, name: str, problem: ProblemBase, wrong: Any) -> int:
    """Run with a watch on f and ∇f; raise Failed at the first x for which `wrong(x)` says something."""
    found: list[str] = []
    calls = 0

    def watch(what: str, x: Array) -> None:
        nonlocal calls
        calls += 1
        why = wrong(x) if what in ("f", "gradient") and not found else ""
        if why:
            found.append(f"{name}: evaluation {calls}, of {what}: {why}")

    case.trace(Spy(problem, watch), LONG)
    require(not found, found[0] if found else "")
    return calls


@law("feasible")
def every_evaluation_is_feasible(case: OptimizerCase) -> str:
    """Check that f and ∇f are only ever asked for in the set: boxes exactly, other sets to 4 ulp of ‖x‖."""
    calls = 0
    for name, problem in case.probes.items():
        region = problem.projection_set
        if region is None:
            continue
        exact = region.form == ("bounds",)

        def outside(x: Array, region: Any = region, exact: bool = exact) -> str:
            slack = 0.0 if exact else ULPS * EPS * float(np.linalg.norm(x))
            return "" if region.contains(x, slack) else f"{x} is outside"

        calls += _watched(case, name, problem, outside)
    return f"{calls} evaluations"


@law("within_bounds")
def every_evaluation_is_within_the_bounds(case: OptimizerCase) -> str:
    """Check that f and ∇f are only ever asked for within the bounds, exactly."""
    return _bounds_kept(case, lambda x, lo, hi: bool(((x >= lo) & (x <= hi)).all()))


@law("inside_bounds")
def every_evaluation_is_strictly_inside_the_bounds(case: OptimizerCase) -> str:
    """Check that f and ∇f are only ever asked for strictly between the bounds."""
    return _bounds_kept(case, lambda x, lo, hi: bool(((x > lo) & (x < hi)).all()))


def _bounds_kept(case: OptimizerCase, kept: Any) -> str:
    calls = 0
    for name, problem in case.probes.items():
        if problem.all_bounds is not None:
            lo, hi = problem.all_bounds
            calls += _watched(case, name, problem, lambda x, lo=lo, hi=hi: "" if kept(x, lo, hi) else f"{x} is not")
    return f"{calls} evaluations"


@law("strictly_feasible")
def every_evaluation_is_strictly_feasible(case: OptimizerCase) -> str:
    """Check that f and ∇f are only ever asked for where every inequality is g(x) < 0, bounds too."""
    calls = 0
    for name, problem in {**case.probes, "valley in a disk": ValleyInDisk()}.items():
        if not {"bounds", "inequality"} & set(problem.constraint_forms) or not case.fits(problem):
            continue
        lo, hi = problem.all_bounds or (np.full(problem.n, -np.inf), np.full(problem.n, np.inf))

        def outside(x: Array, problem: ProblemBase = problem, lo: Array = lo, hi: Array = hi) -> str:
            inside = (x > lo).all() and (x < hi).all() and (inequality(problem, x) < 0).all()
            return "" if inside else f"{x} is not strictly inside"

        calls += _watched(case, name, problem, outside)
    return f"{calls} evaluations"


def curved_constraints_are_met(case: OptimizerCase) -> str:
    """Check Rosenbrock's valley in a disk and on a circle, given as functions: the solution, where it converges."""
    case.exact()
    ends = {}
    for problem in case.fitting(ValleyInDisk(), ValleyOnCircle()):
        trace = case.trace(problem, PATIENT)
        name = type(problem).__name__
        require(trace.status is not Status.ERROR, f"{name}: {trace.message}")
        if trace.status.success:
            away = float(np.linalg.norm(trace.points[-1] - np.asarray(problem.known.solution)))
            found = residual(problem, trace.points[-1])
            right = found <= TOLERANCE * residual(problem, problem.start())
            require(right, f"{name}: CONVERGED with a KKT residual of {found:.1e}")
            require(away <= NEAR or trace.scalars["f"][-1] > 1.0, f"{name}: CONVERGED {away:.1e} from the solution")
        require(trace.status.success or "foreign" in case.tags, f"{name}: {trace.status.name}: {trace.message}")
        ends[name] = f"{trace.status.name} at {len(trace) - 1}"
    return "; ".join(f"{name} {end}" for name, end in ends.items())


def traps_end_honestly(case: OptimizerCase) -> str:
    """Check what is infeasible, unbounded, without multipliers or given twice: no error, and no false success."""
    case.exact()
    traps: dict[str, ProblemBase] = {
        "inequalities apart": Apart(),
        "equalities apart": Apart(equal=True),
        "no multiplier": Pinned(),
        "unbounded": Downhill(),
        "equality given twice": doubled(),
    }
    ends = {}
    for name, problem in traps.items():
        if not case.fits(problem):
            continue
        trace = case.trace(problem, PATIENT)
        require(trace.status is not Status.ERROR, f"{name}: {trace.message}")
        if trace.status.success:
            solvable = problem.known.solution is not None
            require(solvable and problem.known.qualified, f"{name}: CONVERGED, though it has no KKT point")
            require(residual(problem, trace.points[-1]) <= TOLERANCE, f"{name}: CONVERGED at no KKT point")
        ends[name] = trace.status.name
    if not ends:
        msg = "no trap fits the method"
        raise Skipped(msg)
    return "; ".join(f"{name} {end}" for name, end in ends.items())


def constraints_in_other_units_are_the_same(case: OptimizerCase) -> str:
    """Check that with constraints × 10^±4 a method of ours has the same verdict, at the same point."""
    case.own_loop()
    case.exact()
    seen = []
    for name, problem in {
        **case.probes,
        "valley in a disk": ValleyInDisk(),
        "valley on a circle": ValleyOnCircle(),
    }.items():
        functional = {"equality", "inequality"} & set(problem.constrained)
        if not functional or not case.fits(problem):
            continue
        plain = case.trace(problem, PATIENT)
        for factor in UNITS:
            trace = case.trace(ConstraintScaling(factor).apply(problem), PATIENT)
            same = trace.status is plain.status
            require(same, f"{name} × {factor:g}: {trace.status.name} instead of {plain.status.name}: {trace.message}")
            apart = float(np.linalg.norm(trace.points[-1] - plain.points[-1]))
            size = max(1.0, float(np.linalg.norm(plain.points[-1])))
            require(
                not plain.status.success or apart <= NEAR * size, f"{name} × {factor:g}: {apart:.1e} from the other end"
            )
        seen.append(name)
    if not seen:
        msg = "no probe with functions or rows as constraints fits the method"
        raise Skipped(msg)
    return ", ".join(seen)


CONSTRAINT_CHECKS = (
    every_evaluation_is_feasible,
    every_evaluation_is_within_the_bounds,
    every_evaluation_is_strictly_inside_the_bounds,
    every_evaluation_is_strictly_feasible,
    curved_constraints_are_met,
    traps_end_honestly,
    constraints_in_other_units_are_the_same,
)
