"""Checks of a problem's derivatives: against autograd, against differences, against one another."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from optlab import derivatives
from optlab.checks.differences import NEARER, directional
from optlab.checks.problem_case import AUTOGRAD, DIFFERENCES, ProblemCase, compare, largest
from optlab.checks.report import Failed, Skipped, require, within
from optlab.core import constraints as rows
from optlab.core.problem import Array

SAFETY = 10.0
"""How far the differences' own error estimate is trusted."""
NEAR_KINK = 1e-7
"""How inexact differences from close by may call themselves, relative to the largest entry."""
RESOLVED = 1e-4
"""At one random point at least, differences must be this exact: else the comparison means nothing."""
SYMMETRY = 1e-13
BATCH = 1e-12
DENSE = 500


def value_against_formula(case: ProblemCase) -> str:
    """Compare f with the separate formula."""
    if case.formula is None:
        msg = "no separate formula was given"
        raise Skipped(msg)
    worst = 0.0
    for place in case.places:
        f = case.problem.value(place.x)
        allowed = 1e-12 * (abs(f) + abs(case.problem.value(case.start)))
        worst = max(worst, compare(place.label, f, case.formula(place.x.copy()), allowed, "formula"))
    return f"greatest difference {worst:.1e}"


def gradient_against_autograd(case: ProblemCase) -> str:
    """Compare ∇f with autograd."""
    f = case.traced()
    if case.formula is None and not (case.problem.by_hand("gradient") or case.problem.by_hand("value_and_gradient")):
        msg = "it comes from autograd"
        raise Skipped(msg)
    return _exact(case, case.problem.gradient, lambda x: derivatives.gradient(f, x))


def hessian_against_autograd(case: ProblemCase) -> str:
    """Compare ∇²f with autograd."""
    case.small()
    case.offer("hessian")
    f = case.traced()
    if case.formula is None and not case.problem.by_hand("hessian"):
        msg = "it comes from autograd"
        raise Skipped(msg)
    return _exact(case, case.problem.hessian, lambda x: derivatives.hessian(f, x))


def constraint_jacobians_against_autograd(case: ProblemCase) -> str:
    """Compare the Jacobians of constraints and residuals with autograd."""
    problem = case.problem
    details = []
    for name in ("equality", "inequality", "residuals"):
        c = getattr(problem, name)
        by = getattr(problem, "jacobian" if name == "residuals" else name + "_jacobian")
        if c is not None and not derivatives.traceable(partial(_squared, c), case.start.copy()):
            details.append(f"{name}: " + _exact(case, by, partial(derivatives.jacobian, c)))
    if not details:
        msg = "there is no constraint function or residual that autograd can trace"
        raise Skipped(msg)
    return "; ".join(details)


def _squared(c: Callable[[Any], Any], x: Any) -> Any:
    return c(x) @ c(x)


def _exact(case: ProblemCase, given: Callable[[Array], Array], right: Callable[[Array], Array]) -> str:
    at_start = largest(given(case.start))
    worst = 0.0
    for place in case.places:
        with warnings.catch_warnings():  # autograd warns where a derivative is constant
            warnings.filterwarnings("ignore", "Output seems independent of input")
            other = right(place.x.copy())
        allowed = AUTOGRAD[0] * largest(other) + AUTOGRAD[1] * at_start
        worst = max(worst, compare(place.label, given(place.x), other, allowed, "autograd"))
    return f"{len(case.places)} points, greatest difference {worst:.1e}"


def gradient_against_differences(case: ProblemCase) -> str:
    """Compare ∇f with differences of f."""
    return _differences(case, case.problem.value, lambda x, v: case.problem.gradient(x) @ v, case.problem.gradient)


def hessian_against_differences(case: ProblemCase) -> str:
    """Compare ∇²f with differences of ∇f."""
    case.offer("hessian")
    if case.problem.n > DENSE:
        msg = f"n = {case.problem.n} is over {DENSE}"
        raise Skipped(msg)
    return _differences(case, case.problem.gradient, lambda x, v: case.problem.hessian(x) @ v, case.problem.hessian)


def hvp_against_differences(case: ProblemCase) -> str:
    """Compare Hessian-vector products with differences of ∇f."""
    case.offer("hvp")
    return _differences(case, case.problem.gradient, case.problem.hvp)


def constraint_jacobians_against_differences(case: ProblemCase) -> str:
    """Compare the Jacobians of constraints, those of the set included, and residuals with differences."""
    problem = case.problem
    if not problem.constrained and problem.residuals is None:
        msg = "there are no constraints or residuals"
        raise Skipped(msg)
    details = []
    if problem.constrained:
        there = rows.constraints(problem, case.start)
        if there.g.size:
            details.append("g: " + _differences(case, lambda x: rows.constraints(problem, x).g,
                                                lambda x, v: rows.constraints(problem, x).Jg @ v))  # fmt: skip
        if there.h.size:
            details.append("h: " + _differences(case, lambda x: rows.equality(problem, x),
                                                lambda x, v: rows.equality_jacobian(problem, x) @ v))  # fmt: skip
    if problem.residuals is not None:
        details.append("residuals: " + _differences(case, problem.residuals, lambda x, v: problem.jacobian(x) @ v))
    return "; ".join(details)


def lagrangian_hessian_against_differences(case: ProblemCase) -> str:
    """Compare ∇²L with differences of ∇L at random multipliers."""
    problem = case.problem
    if problem.equality is None and problem.inequality is None:
        msg = "there is no constraint function"
        raise Skipped(msg)
    case.offer("lagrangian_hessian")
    m, p = (0 if c is None else np.size(c(case.start)) for c in (problem.inequality, problem.equality))
    lam, nu = case.random.uniform(1.0, 2.0, m), case.random.standard_normal(p)

    def slope(x: Array) -> Array:
        g = problem.gradient(x)
        if m:
            g = g + problem.inequality_jacobian(x).T @ lam
        return g + problem.equality_jacobian(x).T @ nu if p else g

    return _differences(case, slope, lambda x, v: problem.lagrangian_hessian(x, lam, nu) @ v)


def _differences(
    case: ProblemCase,
    F: Callable[[Array], Any],
    given: Callable[[Array, Array], Any],
    size: Callable[[Array], Any] | None = None,
) -> str:
    """Compare a directional derivative of F with differences of F; `size` gives the scale of what is compared."""

    def scale(x: Array) -> float:
        return largest(size(x)) if size is not None else max(largest(given(x, v)) for _, v in case.directions)

    at_start = scale(case.start)
    worst, resolved = 0.0, False
    for place in case.places:
        here, greatest = scale(place.x), 0.0
        for name, v in case.directions:
            claimed, label = given(place.x, v), f"{place.label}, {name}"
            right, error = directional(F, place.x, v)
            allowed = DIFFERENCES[0] * here + DIFFERENCES[1] * at_start + SAFETY * error
            try:
                worst = max(worst, compare(label, claimed, right, allowed, "differences"))
            except Failed:  # perhaps a kink of F is near: a second look from close by, which no mistake survives
                right, error = directional(F, place.x, v, NEARER)
                allowed = DIFFERENCES[0] * here + DIFFERENCES[1] * at_start + min(SAFETY * error, NEAR_KINK * here)
                worst = max(worst, compare(label, claimed, right, allowed, "differences"))
            greatest = max(greatest, error)
        resolved = resolved or greatest <= RESOLVED * here
    require(resolved, "differences are too inexact here to check anything")
    return f"{len(case.places)} points, greatest difference {worst:.1e}"


def hessian_is_symmetric(case: ProblemCase) -> str:
    """Compare ∇²f with its transpose."""
    case.offer("hessian")
    if case.problem.n > DENSE:
        msg = f"n = {case.problem.n} is over {DENSE}"
        raise Skipped(msg)
    worst = 0.0
    for place in case.places:
        H = case.problem.hessian(place.x)
        worst = max(worst, compare(place.label, H, H.T, SYMMETRY * largest(H), "transpose"))
    return f"greatest difference {worst:.1e}"


def hvp_equals_hessian_times_v(case: ProblemCase) -> str:
    """Compare Hessian-vector products with the Hessian."""
    case.offer("hvp")
    case.offer("hessian")
    if case.problem.n > DENSE:
        msg = f"n = {case.problem.n} is over {DENSE}"
        raise Skipped(msg)
    worst = 0.0
    for place in case.places:
        v = case.random.standard_normal(case.problem.n)
        H = case.problem.hessian(place.x)
        allowed = AUTOGRAD[0] * largest(np.abs(H) @ np.abs(v))
        worst = max(worst, compare(place.label, case.problem.hvp(place.x, v), H @ v, allowed, "Hessian"))
    return f"greatest difference {worst:.1e}"


def sparse_hessian_equals_hvp(case: ProblemCase) -> str:
    """Compare the sparse Hessian times v with Hessian-vector products: an entry missing from the pattern shows."""
    problem = case.problem
    if problem.hessian_pattern() is None and not problem.by_hand("sparse_hessian"):
        msg = "it declares no pattern"
        raise Skipped(msg)
    case.offer("hvp")
    worst = 0.0
    for place in case.places:
        v = case.random.standard_normal(problem.n)
        S = problem.sparse_hessian(place.x)
        require(S.shape == (problem.n, problem.n), f"the sparse Hessian has shape {S.shape}")
        right = problem.hvp(place.x, v)
        allowed = AUTOGRAD[0] * max(largest(abs(S) @ np.abs(v)), largest(right))
        worst = max(worst, compare(f"{place.label}, the sparse Hessian times v", S @ v, right, allowed, "hvp"))
    return f"{S.nnz} entries, greatest difference {worst:.1e}"


def fused_equals_separate(case: ProblemCase) -> str:
    """Compare value_and_gradient with value and gradient."""
    for place in case.places:
        f, g = case.problem.value_and_gradient(place.x)
        near = BATCH * (abs(f) + abs(case.problem.value(case.start)))
        compare(place.label, f, case.problem.value(place.x), near, "value")
        near = BATCH * (largest(g) + largest(case.problem.gradient(case.start)))
        compare(place.label, g, case.problem.gradient(place.x), near, "gradient")
    return ""


def batch_equals_one_point(case: ProblemCase) -> str:
    """Compare values, gradients, Hessians and products of many points with one point at a time."""
    problem = case.problem
    X = np.array([place.x for place in case.places])
    pairs: list[tuple[str, Callable[[Array], Array], Callable[[Array], Any]]] = [
        ("values", problem.values, problem.value), ("gradients", problem.gradients, problem.gradient)]  # fmt: skip
    if not problem.lacks("hessian") and problem.n <= DENSE:
        pairs.append(("hessians", problem.hessians, problem.hessian))
    for name, batch, single in pairs:
        right = np.array([single(x) for x in X])
        compare(f"{name} of all points", batch(X), right, BATCH * largest(right), "one point at a time")
        empty = batch(X[:0])
        require(np.shape(empty) == (0, *right.shape[1:]), f"{name} of no points: shape {np.shape(empty)}")
    if not problem.lacks("hvp"):
        V = case.random.standard_normal(X.shape)
        right = np.array([problem.hvp(x, v) for x, v in zip(X, V, strict=True)])
        compare("hvps of all points", problem.hvps(X, V), right, BATCH * largest(right), "one point at a time")
        require(np.shape(problem.hvps(X[:0], V[:0])) == X[:0].shape, "hvps of no points: not of shape (0, n)")
    return f"{len(X)} points"


def residuals_give_f(case: ProblemCase) -> str:
    """Check that f is the sum of the squared residuals, or half of it."""
    if case.problem.residuals is None:
        msg = "there are no residuals"
        raise Skipped(msg)
    ratios = []
    for place in case.places:
        r = np.asarray(case.problem.residuals(place.x))
        ratios.append((case.problem.value(place.x), float(r @ r)))
    f, squares = np.array(ratios).T
    for factor in (1.0, 0.5):
        worst = largest(f - factor * squares)
        if worst <= AUTOGRAD[0] * largest(f):
            return within(worst, AUTOGRAD[0] * largest(f), f"f − {factor:g} Σr²")
    msg = f"f is neither Σr² nor ½Σr²: at the start {f[0]:.10g} and {squares[0]:.10g}"
    raise Failed(msg)


DERIVATIVE_CHECKS = (
    value_against_formula,
    gradient_against_autograd,
    gradient_against_differences,
    fused_equals_separate,
    hessian_is_symmetric,
    hessian_against_autograd,
    hessian_against_differences,
    hvp_equals_hessian_times_v,
    hvp_against_differences,
    sparse_hessian_equals_hvp,
    constraint_jacobians_against_autograd,
    constraint_jacobians_against_differences,
    lagrangian_hessian_against_differences,
    residuals_give_f,
    batch_equals_one_point,
)
