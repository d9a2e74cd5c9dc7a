"""Checks of what theory says about first-order methods: rates, equalities and termination on quadratics and beyond.

Source: Nocedal & Wright (2006), theorems 3.3 to 3.5, 5.1 to 5.4, 6.1 to 6.4; Nesterov (2004), theorem 2.1.14;
Polyak (1964).
"""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np

from optlab.checks.hard_probes import Spectrum
from optlab.checks.optimizer_case import LONG, OptimizerCase
from optlab.checks.probes import Valley
from optlab.checks.report import Skipped, require, within
from optlab.checks.tags import law
from optlab.core.optimizer import Optimizer
from optlab.core.problem import ProblemBase
from optlab.core.stop import Iterations, Stationary
from optlab.linesearch.exact import Exact

EQUAL = 1e-9
"""What an equality of rates may be off; further down rounding shows."""
FLOOR = 1e-6
"""Errors below this part of the first one are not compared."""
SEVERAL = 5
ENDED = 1e-10
"""‖g‖ relative to the first one where a method that terminates has terminated."""


def spectrum(n: int, kappa: float) -> Spectrum:
    """Return a quadratic with log-spaced eigenvalues from 1 to κ, from a start with equal components."""
    return Spectrum(tuple(np.geomspace(1.0, kappa, n).tolist()), (1.0,) * n)


def setting(optimizer: Optimizer, name: str) -> Any:
    """Return a setting, or raise Skipped where the method has none of that name, or None."""
    value = getattr(optimizer, name, None)
    if not any(field.name == name for field in fields(optimizer)) or value is None:
        msg = f"the method has no setting {name}"
        raise Skipped(msg)
    return value


def with_exact_search(optimizer: Optimizer) -> Optimizer:
    """Return the method with an exact search; the method itself where it has no search."""
    searches = any(field.name == "search" for field in fields(optimizer))
    return replace(optimizer, search=Exact()) if searches else optimizer  # type: ignore[call-arg]


def relative_gradient(case: OptimizerCase, problem: ProblemBase, optimizer: Optimizer, steps: int) -> float:
    """Return ‖g‖ after at most so many steps, relative to the first one."""
    trace = case.trace(problem, Stationary(rtol=1e-14) | Iterations(steps), optimizer=optimizer)
    first, last = (float(np.linalg.norm(problem.gradient(x))) for x in (trace.points[0], trace.points[-1]))
    return last / first


@law("fixed_step")
def fixed_steps_contract_as_theory_says(case: OptimizerCase) -> str:
    """Check ‖e₊‖/‖e‖ = (κ − 1)/(κ + 1) where ε = 2/(L + μ): from the two ends of the spectrum, both ways."""
    if "momentum" in case.tags:
        msg = "the method has momentum"
        raise Skipped(msg)
    step = setting(case.optimizer, "step_size")
    details = []
    for kappa in (3.0, 100.0):
        L = 2.0 * kappa / (step * (kappa + 1.0))
        (problem,) = case.fitting(Spectrum((L / kappa, L), (1.0, 1.0)))
        e = np.linalg.norm(case.trace(problem, Stationary(rtol=0) | Iterations(60)).points, axis=1)
        e = e[: np.argmax(e < FLOOR * e[0]) or None]
        rate = (kappa - 1.0) / (kappa + 1.0)
        worst = float(np.abs(e[1:] / e[:-1] / rate - 1.0).max(initial=0.0)) if e.size > 1 else np.inf
        details.append(within(worst, EQUAL, f"κ = {kappa:g}: the ratio of errors is {rate:.6f}, off"))
    return "; ".join(details)


@law("momentum", "heavy_ball")
def momentum_repeats_the_last_step(case: OptimizerCase) -> str:
    """Check x₊ = x − α∇f(x) + β(x − x₋) with the method's own α and β, on a quadratic."""
    if "nesterov" in case.tags or ("heavy_ball" not in case.tags and "fixed_step" not in case.tags):
        msg = "not a heavy ball"
        raise Skipped(msg)
    alpha, beta = setting(case.optimizer, "step_size"), setting(case.optimizer, "momentum")
    (problem,) = case.fitting(heavy_ball_quadratic(alpha, beta))
    x = case.trace(problem, Stationary(rtol=0) | Iterations(20)).points
    require(len(x) > 2, f"{len(x) - 1} steps")  # noqa: PLR2004
    g = x @ problem.hessian(x[0])
    right = x[1:-1] - alpha * g[1:-1] + beta * (x[1:-1] - x[:-2])
    error = np.abs(x[2:] - right).max() / np.abs(x).max()
    return within(float(error), 1e-12, f"x₊ = x − αg + β(x − x₋), α = {alpha:g}, β = {beta:g}; off")


@law("momentum", "heavy_ball")
def momentum_contracts_as_theory_says(case: OptimizerCase) -> str:
    """Check that the error falls like √β^k where α and β are Polyak's constants for the quadratic, both ways."""
    if "nesterov" in case.tags or ("heavy_ball" not in case.tags and "fixed_step" not in case.tags):
        msg = "not a heavy ball"
        raise Skipped(msg)
    alpha, beta = setting(case.optimizer, "step_size"), setting(case.optimizer, "momentum")
    if not beta > 0:
        msg = "no momentum"
        raise Skipped(msg)
    steps = int(min(2000, 30.0 / -np.log(sqrt(beta))))
    (problem,) = case.fitting(heavy_ball_quadratic(alpha, beta))
    e = np.linalg.norm(case.trace(problem, Stationary(rtol=0) | Iterations(steps)).points, axis=1)
    seen = (e[-1] / e[e.size // 2]) ** (1.0 / (e.size - 1 - e.size // 2))
    return within(
        abs(seen / sqrt(beta) - 1.0), 0.1 * (1.0 - sqrt(beta)) + 0.02, f"√β = {sqrt(beta):.3f}, seen {seen:.3f}; off"
    )


def heavy_ball_quadratic(alpha: float, beta: float) -> Spectrum:
    """Return the quadratic whose best constants are α = 4/(√L + √μ)² and √β = (√L − √μ)/(√L + √μ)."""
    root = sqrt(beta)
    mu, L = (1.0 - root) ** 2 / alpha, (1.0 + root) ** 2 / alpha
    return Spectrum((mu, L), (1.0, 1.0))


@law("momentum", "nesterov")
def momentum_accelerates(case: OptimizerCase) -> str:
    """Check that κ = 10⁴ takes a multiple of √κ iterations, where gradient descent takes one of κ."""
    if "fixed_step" in case.tags or "heavy_ball" in case.tags:
        msg = "the constants of a heavy ball are settings"
        raise Skipped(msg)
    kappa, most = 1e4, 3000
    (problem,) = case.fitting(spectrum(10, kappa))
    trace = case.trace(problem, Stationary(rtol=1e-6) | Iterations(most))
    require(
        trace.status.success, f"{trace.status.name} after {len(trace) - 1} iterations; gradient descent takes 70,000"
    )
    return f"{len(trace) - 1} iterations for six digits"


@law("nesterov")
def nesterovs_bound_holds(case: OptimizerCase) -> str:
    """Check f − f* ≤ 2L‖x₀ − x*‖²/(k + 1)² with the step 1/L."""
    kappa = 1e3
    (problem,) = case.fitting(spectrum(10, kappa))
    given = {"step_size": 1.0 / kappa, "restart": "never"}
    own = {field.name for field in fields(case.optimizer)}
    if "step_size" not in own:
        msg = "the step is no setting"
        raise Skipped(msg)
    method = replace(case.optimizer, **{name: value for name, value in given.items() if name in own})
    trace = case.trace(problem, Stationary(rtol=0) | Iterations(200), optimizer=method)
    k = np.arange(len(trace))
    ratio = trace.scalars["f"] * (k + 1.0) ** 2 / (2.0 * kappa * float(problem.start() @ problem.start()))
    return within(float(ratio.max()), 1.0, "(f − f*)(k + 1)²/2LR²")


@law("exact_search")
def slowest_start_is_as_slow_as_theory_says(case: OptimizerCase) -> str:
    """Check f₊/f = ((κ − 1)/(κ + 1))² from v₁/μ + vₙ/L, both ways; consecutive gradients are orthogonal."""
    kappa = 5.0
    (problem,) = case.fitting(Spectrum((1.0, kappa), (1.0, 1.0 / kappa)))
    trace = case.trace(problem, Iterations(25))
    f = trace.scalars["f"]
    f = f[f >= 1e-8 * f[0]]
    rate = ((kappa - 1.0) / (kappa + 1.0)) ** 2
    worst = float(np.abs(f[1:] / f[:-1] / rate - 1.0).max()) if f.size > 10 else np.inf  # noqa: PLR2004
    detail = within(worst, EQUAL, f"f₊/f = {rate:.6f}, off")
    (wide,) = case.fitting(spectrum(10, 1e3))
    G = case.trace(wide, Iterations(25)).points @ wide.hessian(wide.start())
    G /= np.linalg.norm(G, axis=1, keepdims=True)
    return detail + "; " + within(float(np.abs(np.sum(G[1:] * G[:-1], axis=1)).max()), EQUAL, "cosine of gradients")


@law("optimal_step")
def optimal_steps_lie_between_inverse_curvatures(case: OptimizerCase) -> str:
    """Check 1/L ≤ ε* ≤ 1/μ."""
    (problem,) = case.fitting(spectrum(10, 1e3))
    steps = case.trace(problem, Iterations(25)).scalars["step_size"][1:]
    inside = steps.min() >= 1e-3 * (1 - EQUAL) and steps.max() <= 1 + EQUAL
    require(bool(inside), f"steps from {steps.min():.3g} to {steps.max():.3g} where L = 1000 and μ = 1")
    return f"{steps.min():.3g} to {steps.max():.3g}"


@law("conjugate_gradient")
def exact_steps_end_a_quadratic(case: OptimizerCase) -> str:
    """Check n steps for n variables, d + 2 for d distinct eigenvalues, and Chebyshev's bound."""
    method = with_exact_search(case.optimizer)
    (problem,) = case.fitting(spectrum(5, 10.0))
    details = [within(relative_gradient(case, problem, method, 5), ENDED, "n = 5, κ = 10: ‖g₅‖/‖g₀‖")]
    clusters = Spectrum(tuple(np.repeat(np.geomspace(1.0, 100.0, 4), 5).tolist()), (1.0,) * 20)
    details.append(within(relative_gradient(case, clusters, method, 6), 1e-8, "4 distinct eigenvalues: ‖g₆‖/‖g₀‖"))
    kappa = 1e3
    wide = spectrum(40, kappa)
    f = case.trace(wide, Stationary(rtol=1e-12) | Iterations(60), optimizer=method).scalars["f"]
    rate = (sqrt(kappa) - 1.0) / (sqrt(kappa) + 1.0)
    bound = 2.0 * rate ** np.arange(f.size)
    details.append(
        within(float((np.sqrt(f / f[0]) / bound).max()), 1.0 + 1e-6, "κ = 1000: error over Chebyshev's bound")
    )
    return "; ".join(details)


@law("conjugate_gradient")
def betas_keep_their_bounds(case: OptimizerCase) -> str:
    """Check |β| ≤ ‖g₊‖²/‖g‖² for Gilbert and Nocedal's choice, −gᵀd ≥ ⅞‖g‖² for Hager and Zhang's, in the valley."""
    setting(case.optimizer, "beta")
    (problem,) = case.fitting(Valley())
    worst = 0.0
    for beta in ("gilbert_nocedal", "polak_ribiere", "hager_zhang"):
        given = {"beta": beta, "powell": None}  # a restart would hide what β is
        own = {field.name for field in fields(case.optimizer)}
        method = replace(case.optimizer, **{name: value for name, value in given.items() if name in own})
        records = OptimizerCase(method).records(problem, LONG)
        require(len(records) > SEVERAL, f"{beta}: {records[-1].message}")
        for old, new in pairwise(records):
            if new.k == old.k:
                continue
            g, g_new, b = old.state.g, new.state.g, float(new.state.beta)  # type: ignore[attr-defined]
            if beta == "gilbert_nocedal":
                worst = max(worst, abs(b) / (float(g_new @ g_new) / float(g @ g)))
            elif beta == "polak_ribiere":
                require(b >= 0, f"PR+ is {b:.3g} at iteration {new.k}")
            elif old.k > 0 and new.state.direction is not None:
                slope, squared = -float(g @ new.state.direction), float(g @ g)
                require(
                    slope >= 0.875 * squared * (1 - EQUAL), f"−gᵀd = {slope / squared:.4f}‖g‖² at iteration {new.k}"
                )
    return within(worst, 1.0 + EQUAL, "|β of Gilbert and Nocedal| over β of Fletcher and Reeves")


@law("adaptive")
def first_step_is_the_same_in_every_component(case: OptimizerCase) -> str:
    """Check that the first step is a multiple of −sign(∇f): what each component is divided by is its own size."""
    case.exact()
    (problem,) = case.fitting(Spectrum((1.0, 1e2, 1e4), (1.0, -1.0, 1.0), None))
    step = np.diff(case.trace(problem, Iterations(1)).points, axis=0)[0]
    signs = -np.sign(problem.gradient(problem.start()))
    require(bool((step * signs > 0).all()), f"the step {step} is not against the gradient in every component")
    sizes = np.abs(step)
    return within(float(sizes.max() / sizes.min() - 1.0), 0.05, f"components of size {sizes.mean():.3g}; spread")


RATE_CHECKS = (
    fixed_steps_contract_as_theory_says,
    momentum_repeats_the_last_step,
    momentum_contracts_as_theory_says,
    momentum_accelerates,
    nesterovs_bound_holds,
    slowest_start_is_as_slow_as_theory_says,
    optimal_steps_lie_between_inverse_curvatures,
    exact_steps_end_a_quadratic,
    betas_keep_their_bounds,
    first_step_is_the_same_in_every_component,
)
