"""Checks of what a problem claims about itself: solution, multipliers, curvature, convexity."""

from __future__ import annotations

from typing import Any

import numpy as np

from optlab.checks.problem_case import ProblemCase, compare, largest, read_only
from optlab.checks.report import Failed, Skipped, require, within
from optlab.core import constraints as rows
from optlab.core import kkt
from optlab.core.problem import Array, ProblemBase

VALUE = 1e-12
"""Tolerance of f(x*) = f*, relative to f* and to f at the start."""
MULTIPLIERS = 1e-6
CURVATURE = 1e-9
FLAT = 1e-8
"""Eigenvalues below this, relative to the largest at the point or at the start, count as zero."""


def optimum_is_f_at_the_solution(case: ProblemCase) -> str:
    """Check f(x*) = f* at every solution."""
    known, x = case.problem.known, case.solution
    if known.optimum is None:
        msg = "no optimum is claimed"
        raise Skipped(msg)
    allowed = VALUE * (abs(known.optimum) + abs(case.problem.objective(case.start)))
    worst = 0.0
    for other in (x, *(read_only(s) for s in known.solutions)):
        worst = max(worst, compare("a solution", case.problem.objective(other), known.optimum, allowed, "facts"))
    return f"f(x*) − f* = {worst:.1e}"


def nothing_is_below_the_optimum(case: ProblemCase) -> str:
    """Check that no feasible point looked at is below f*."""
    problem, known = case.problem, case.problem.known
    if known.optimum is None:
        msg = "no optimum is claimed"
        raise Skipped(msg)
    if {"equality", "inequality"} & set(problem.constrained):
        msg = "random points are not feasible"
        raise Skipped(msg)
    allowed = VALUE * (abs(known.optimum) + abs(problem.objective(case.start)))
    for place in case.places:
        f = problem.objective(read_only(rows.project(problem, place.x)))
        require(f >= known.optimum - allowed, f"f = {f:.10g} at {place.label} is below f* = {known.optimum:.10g}")
    return f"{len(case.places)} points"


def solution_is_stationary(case: ProblemCase) -> str:
    """Check the KKT conditions at every solution, to rounding; without a constraint qualification, feasibility."""
    qualified = case.problem.known.qualified
    points = [case.solution, *(read_only(s) for s in case.problem.known.solutions)]
    worst = max(_kkt_residual(case, x, "x*", qualified) for x in points)
    return f"greatest residual {worst:.1e}" + ("" if qualified else ", as claimed without a constraint qualification")


def _kkt_residual(case: ProblemCase, x: Array, where: str, qualified: bool = True) -> float:
    found = kkt.kkt(case.problem, x)
    allowed = _rounding(case, x, found.lam, found.nu)
    if qualified:
        within(found.stationarity, allowed, f"KKT stationarity at {where}")
    else:
        require(found.stationarity > allowed, f"no constraint qualification is claimed, but KKT holds at {where}")
    if case.problem.constrained:
        c = rows.constraints(case.problem, x)
        size = largest(c.Jg) + largest(c.Jh)
        near = 1e3 * float(np.finfo(float).eps) * (1.0 + size * float(np.linalg.norm(x)) * np.sqrt(x.size))
        within(found.primal, near, f"a constraint is violated at {where}")
        if qualified:
            slack = near * (1.0 + largest(found.lam)) + allowed * largest(c.g)  # λ is known to rounding of ∇f
            within(found.complementarity, slack, f"complementarity at {where}")
    return found.stationarity


def _rounding(case: ProblemCase, x: Array, lam: Array, nu: Array) -> float:
    """What rounding of x may leave of ∇L: that of ∇f, and of λᵀ∇g + νᵀ∇h where the constraints are curved."""
    problem = case.problem
    allowed = case.rounding(x)
    if (problem.equality is None and problem.inequality is None) or problem.lacks("lagrangian_hessian"):
        return allowed
    m, p = (0 if own is None else np.size(own(x)) for own in (problem.inequality, problem.equality))
    size = float(np.linalg.norm(problem.lagrangian_hessian(x, lam[:m], nu[:p])))
    return allowed + 1e3 * float(np.finfo(float).eps) * size * float(np.linalg.norm(x))


def multipliers_are_right(case: ProblemCase) -> str:
    """Check that the claimed multipliers satisfy the KKT conditions and are those recovered at x*."""
    known, x = case.problem.known, case.solution
    if known.multipliers is None:
        msg = "no multipliers are claimed"
        raise Skipped(msg)
    lam, nu = (np.asarray(part, dtype=float) for part in known.multipliers)
    require(bool(np.all(lam >= 0)), f"λ must not be negative, given {lam}")
    found = kkt.kkt(case.problem, x)
    scale = 1.0 + max(largest(found.lam), largest(found.nu))
    compare("λ", lam, found.lam, MULTIPLIERS * scale, "recovery")
    compare("ν", nu, found.nu, MULTIPLIERS * scale, "recovery")
    c = rows.constraints(case.problem, x)
    residual = case.problem.gradient(x) + c.Jg.T @ lam + c.Jh.T @ nu
    return within(largest(residual), _rounding(case, x, lam, nu), "∇f + Jgᵀλ + Jhᵀν")


def critical_points_are_what_they_are_called(case: ProblemCase) -> str:
    """Check that the KKT conditions hold at each critical point and that the curvature gives it its class."""
    points = [(kind, read_only(x)) for kind, those in case.problem.known.critical_points.items() for x in those]
    if not points:
        msg = "no critical points are claimed"
        raise Skipped(msg)
    reference = largest(case.problem.hessian(case.start))
    for kind, x in points:
        _kkt_residual(case, x, f"the {kind} {x}")
        seen = kind_of(np.linalg.eigvalsh(_reduced_hessian(case.problem, x)), reference)
        require(seen == kind, f"{x} is called a {kind}, its Hessian says {seen}")
    return f"{len(points)} points"


def _reduced_hessian(problem: ProblemBase, x: Array) -> Array:
    """Return the Hessian of the Lagrangian on the tangent space of the constraints with a multiplier."""
    if not problem.constrained:
        return problem.hessian(x)
    found, c = kkt.kkt(problem, x), rows.constraints(problem, x)
    m, p = (0 if own is None else np.size(own(x)) for own in (problem.inequality, problem.equality))
    H = problem.lagrangian_hessian(x, found.lam[:m], found.nu[:p])
    own_form = 0 if problem.feasible is None else problem.feasible.inequality(x).size
    if problem.feasible is not None and own_form:
        H = H + problem.feasible.inequality_curvature(x, found.lam[-own_form:])
    pulling = max(largest(found.lam), largest(problem.gradient(problem.start())))
    active = np.vstack([c.Jg[found.lam > MULTIPLIERS * pulling], c.Jh])
    _, sizes, Vt = np.linalg.svd(active)
    Z = Vt[int(np.sum(sizes > MULTIPLIERS * largest(sizes))) :].T
    return np.asarray(Z.T @ H @ Z)


def kind_of(eigenvalues: Any, reference: float) -> str:
    """Classify a critical point by the eigenvalues of its Hessian."""
    if not eigenvalues.size:
        return "minimum"  # a vertex
    flat = FLAT * max(largest(eigenvalues), reference)
    if eigenvalues.min() < -flat and eigenvalues.max() > flat:
        return "saddle"
    if np.abs(eigenvalues).min() <= flat:
        return "degenerate"
    return "minimum" if eigenvalues.min() > 0 else "maximum"


def curvature_is_constant_as_claimed(case: ProblemCase) -> str:
    """Check that the extreme eigenvalues of the Hessian are the claimed ones everywhere."""
    claimed = case.problem.known.curvature
    if claimed is None:
        msg = "no constant curvature is claimed"
        raise Skipped(msg)
    case.small()
    allowed = CURVATURE * largest(claimed)
    for place in case.places:
        eigenvalues = np.linalg.eigvalsh(case.problem.hessian(place.x))
        compare(place.label, claimed, eigenvalues[[0, -1]], allowed, "eigenvalues")
    return f"μ = {claimed[0]:.6g}, L = {claimed[1]:.6g}"


def convexity_is_as_claimed(case: ProblemCase) -> str:
    """Check that no Hessian of a function called convex has a negative eigenvalue."""
    problem = case.problem
    if problem.known.convex is not True:
        msg = "convexity is not claimed"
        raise Skipped(msg)
    case.small()
    case.offer("hessian")
    for place in case.places:
        x = read_only(rows.project(problem, place.x))
        eigenvalues = np.linalg.eigvalsh(problem.hessian(x))
        if not eigenvalues[0] >= -CURVATURE * largest(eigenvalues):
            msg = f"called convex, but the least eigenvalue at {place.label} is {eigenvalues[0]:.3g}"
            raise Failed(msg)
    return f"{len(case.places)} points"


FACT_CHECKS = (
    optimum_is_f_at_the_solution,
    nothing_is_below_the_optimum,
    solution_is_stationary,
    multipliers_are_right,
    critical_points_are_what_they_are_called,
    curvature_is_constant_as_claimed,
    convexity_is_as_claimed,
)
