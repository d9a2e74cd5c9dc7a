"""Checks of what theory says about methods that know curvature: termination, secants, quadratic rates, saddles.

Source: Nocedal & Wright (2006), theorems 3.5, 4.1, 6.1 to 6.4, 10.1; Lee, Simchowitz, Jordan & Recht (2016), Gradient
descent only converges to minimizers.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from optlab.checks.hard_probes import Saddle
from optlab.checks.optimizer_case import LONG, OptimizerCase
from optlab.checks.optimizer_rates import ENDED, EQUAL, FLOOR, relative_gradient, setting, spectrum, with_exact_search
from optlab.checks.probes import Valley
from optlab.checks.report import Skipped, require, within
from optlab.checks.sum_probes import Fit
from optlab.checks.tags import law
from optlab.core.descent import LineSearchOptimizer
from optlab.core.oracle import Oracle
from optlab.core.stop import Iterations, Stationary

ARRIVED = 1e-7
"""At most this far from the minimum of the valley a run ends."""
NEAR = 0.1
"""Nearer than this to the minimum of the valley a quadratic rate shows."""
CURVED = 100.0
"""Most that ‖e₊‖/‖e‖² may be there; with linear convergence it is a power of ten greater."""


@law("quasi_newton")
def exact_steps_end_a_quadratic_of_n_variables(case: OptimizerCase) -> str:
    """Check that n = 5, κ = 10 takes n steps when the search is exact."""
    setting(case.optimizer, "search")
    (problem,) = case.fitting(spectrum(5, 10.0))
    return within(relative_gradient(case, problem, with_exact_search(case.optimizer), 5), ENDED, "‖g₅‖/‖g₀‖")


@law("quasi_newton")
def updates_fulfil_the_secant_equation(case: OptimizerCase) -> str:
    """Check H₊y = s after every step in the valley, and that −Hv is a direction of descent for any v."""
    method = case.optimizer
    if not isinstance(method, LineSearchOptimizer):
        msg = "the method shows no direction"
        raise Skipped(msg)
    worst, updates = 0.0, 0
    for problem in case.fitting(Valley(), Saddle(0.1, 0.0)):
        oracle = Oracle(problem)
        for old, new in pairwise(case.records(problem, LONG)):
            if new.k == old.k:
                continue
            s, y, g = new.x - old.x, new.state.g - old.state.g, new.state.g
            H = partial(_product, method, oracle, new.state)
            if not np.allclose(H(2.0 * g), 2.0 * H(g), rtol=1e-9):
                msg = "the direction comes with the update"
                raise Skipped(msg)
            if isinstance(problem, Valley) and s @ y > FLOOR * abs(old.state.g @ s):  # others are rightly left out
                worst = max(worst, float(np.linalg.norm(H(y) - s) / np.linalg.norm(s)))
            for v in np.random.default_rng(0).standard_normal((3, 2)):
                bend = float(H(v) @ v)
                require(bend > 0, f"{type(problem).__name__}: at iteration {new.k} vᵀHv = {bend:.3g} for v = {v}")
            updates += 1
    return within(worst, 1e-6, f"{updates} updates: ‖Hy − s‖/‖s‖")


def _product(method: LineSearchOptimizer, oracle: Oracle, state: Any, v: Any) -> Any:
    """Hv, which the method gives as its direction where the gradient is −v."""
    return method.direction(oracle, replace(state, g=-v))


@law("newton")
def one_step_solves_a_quadratic(case: OptimizerCase) -> str:
    """Check κ = 10⁶ in n = 8 variables."""
    exact_hessian(case)
    if "trust_region" in case.tags:
        msg = "the radius limits the first step"
        raise Skipped(msg)
    for name, bowl in case.bowls().items():
        trace = case.trace(bowl, Stationary() | Iterations(2))
        good = trace.status.success or not set(bowl.constrained) <= {"equality"}
        require(good, f"{name}: {trace.status.name} after {len(trace) - 1} steps: {trace.message}")
    (problem,) = case.fitting(spectrum(8, 1e6))
    return within(relative_gradient(case, problem, case.optimizer, 1), 1e-9, "‖g₁‖/‖g₀‖")


@law("newton")
def convergence_is_quadratic(case: OptimizerCase) -> str:
    """Check ‖e₊‖ ≤ C‖e‖² near the minimum of the valley, C from its third derivatives."""
    exact_hessian(case)
    (problem,) = case.fitting(Valley())
    e = np.linalg.norm(case.trace(problem, Stationary(rtol=1e-13) | Iterations(200)).points - 1.0, axis=1)
    require(e[-1] <= ARRIVED, f"{e[-1]:.1e} from the minimum after {e.size - 1} iterations")
    near = np.flatnonzero((e[:-1] < NEAR) & (e[:-1] > FLOOR))
    require(near.size > 0, "no iterate near the minimum")
    ratios = e[near + 1] / e[near] ** 2
    return within(float(ratios[-1]), CURVED, "last ‖e₊‖/‖e‖²") + f", last errors {e[-3:]}"


def exact_hessian(case: OptimizerCase) -> None:
    """Raise Skipped for a method that solves Newton's system by products alone, or not for plain minimization."""
    if not {"hessian", "lagrangian_hessian"}.intersection(case.optimizer.needs):
        msg = "Newton's system is solved by products with H, to a tolerance"
        raise Skipped(msg)


@law("truncated_newton", "line_search", "trust_region")
def products_with_the_hessian_are_put_to_use(case: OptimizerCase) -> str:
    """Check, where the system is solved by products, that κ = 100 and the valley take few steps."""
    truncated = "truncated_newton" in case.tags or any(field.name == "products" for field in fields(case.optimizer))
    if "hvp" not in case.optimizer.needs or not truncated:
        msg = "Newton's system is not solved by products with H"
        raise Skipped(msg)
    details = []
    for problem, most in ((spectrum(10, 100.0), 12), (Valley(), 100)):
        case.fitting(problem)
        trace = case.trace(problem)
        fast = trace.status.success and len(trace) - 1 <= most
        require(
            fast, f"{type(problem).__name__}: {trace.status.name} after {len(trace) - 1} iterations, {most} allowed"
        )
        details.append(str(len(trace) - 1))
    return " and ".join(details) + " iterations"


@law("gauss_newton")
def one_step_fits_a_linear_model(case: OptimizerCase) -> str:
    """Check one step on a linear least-squares problem with a residual that is not zero."""
    (problem,) = case.fitting(Fit(4))
    trace = case.trace(problem, Iterations(1))
    first, last = (float(np.linalg.norm(problem.gradient(x))) for x in (trace.points[0], trace.points[-1]))
    return within(last / first, 1e-12, "‖g₁‖/‖g₀‖")


@law("trust_region")
def radius_is_positive_and_a_rejected_step_stays(case: OptimizerCase) -> str:
    """Check the books of a trust region in the valley and on the bowls: radius, ρ, rejected steps."""
    steps = rejected = 0
    for name, problem in case.probes.items():
        records = case.records(problem, LONG)
        recorded = records[0].state.recorded
        require("radius" in recorded, f"the state records {recorded}, and no radius")
        for old, new in pairwise(records):
            if new.k == old.k:
                continue
            radius = float(new.state.radius)  # type: ignore[attr-defined]
            require(bool(0 < radius < np.inf), f"{name}: radius {radius} at iteration {new.k}")
            steps += 1
            limit, length = float(old.state.radius), float(np.linalg.norm(new.x - old.x))  # type: ignore[attr-defined]
            inside = not limit > 0 or length <= limit * (1.0 + EQUAL) or "rotation" not in case.tags
            require(inside, f"{name}: step {new.k} has length {length:.6g}, the radius was {limit:.6g}")
            if np.array_equal(new.x, old.x):
                rejected += 1
                before = float(old.state.radius)  # type: ignore[attr-defined]
                shrunk = radius < before or new.k == 1
                require(shrunk, f"{name}: after the rejected step {new.k} the radius is {radius:.3g}, was {before:.3g}")
            elif np.isfinite(rho := float(getattr(new.state, "rho", np.nan))):
                require(rho > 0, f"{name}: step {new.k} was accepted with ρ = {rho:.3g}")
    return f"{steps} steps, {rejected} rejected"


@law("line_search", "trust_region", "escapes_saddle")
def a_saddle_nearby_is_left(case: OptimizerCase) -> str:
    """Check that from 10⁻⁴ beside the stable manifold of a strict saddle the minimum is reached."""
    return saddle(case, 1e-4)


@law("escapes_saddle")
def an_exact_saddle_start_is_left(case: OptimizerCase) -> str:
    """Check that from the stable manifold itself, where the gradient does not know of the way down, it is reached."""
    return saddle(case, 0.0)


def saddle(case: OptimizerCase, b0: float) -> str:
    """Run from (1.7, b₀) and compare f with the minimum, −¼."""
    (problem,) = case.fitting(Saddle(b0))
    trace = case.trace(problem)
    f = float(trace.scalars["f"][-1])
    require(f <= -0.25 + 1e-8, f"{trace.status.name} at {trace.points[-1]}, f = {f:.6g}; the minima have -0.25")
    return f"{len(trace) - 1} iterations"


CURVATURE_CHECKS = (
    exact_steps_end_a_quadratic_of_n_variables,
    updates_fulfil_the_secant_equation,
    one_step_solves_a_quadratic,
    convergence_is_quadratic,
    products_with_the_hessian_are_put_to_use,
    one_step_fits_a_linear_model,
    radius_is_positive_and_a_rejected_step_stays,
    a_saddle_nearby_is_left,
    an_exact_saddle_start_is_left,
)
