"""The battery for optimizers is tested by mutants: methods with one mistake each, and the check that kills it.

A mutant is a function of the package with some of its text replaced; its code is swapped in place while the check
runs, so that every reference sees it. To add one, add a line to MUTANTS. A line whose text is no longer there fails
and wants to be brought up to date; so does a mutant that survives.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from optlab.checks.check_optimizer import check_optimizer
from optlab.registry import Catalogue

CATALOGUE = Catalogue()

APPROACHES = "approaches the solution of a bowl"
BITS = "powers of two in f change no bit"
COUNTS = "counts are true"
FEASIBLE = "every iterate is feasible"
BETAS = "betas keep their bounds"
FIRST = "first step is the same in every component"
FIT = "one step fits a linear model"
FIXED = "fixed steps contract as theory says"
FOUND = "a wrong gradient is found out"
MONOTONE = "f never rises"
ONE_STEP = "one step solves a quadratic"
QUADRATIC = "convergence is quadratic"
PRODUCTS = "products with the hessian are put to use"
RADIUS = "radius is positive and a rejected step stays"
RESTARTS = "no restart is needed"
SADDLE = "an exact saddle start is left"
SECANT = "updates fulfil the secant equation"
SUCCESS = "success is true"
TRUE = "reported values are true"
TWICE = "same run twice is bit equal"
WALL = "a wall of nan is no obstacle"


class Mutant(NamedTuple):
    """One mistake: in `function`, `old` text becomes `new`; `check` kills it in `optimizer`."""

    mistake: str
    function: str
    old: str | tuple[str, ...]
    new: str | tuple[str, ...]
    optimizer: object
    check: str


KERNELS = "optlab.kernels"
METHODS = "optlab.optimizers"
QN = f"{KERNELS}.quasi_newton"
ARMIJO = "optlab.linesearch.armijo:Armijo"
WOLFE = "optlab.linesearch.strong_wolfe:StrongWolfe"
REGION = "optlab.core.trust_region"

MUTANTS = [
    # quasi-Newton
    Mutant("two-loop recursion with α in the wrong order", f"{METHODS}.quasi_newton.lbfgs:two_loop", "alphas.pop()",
           "alphas.pop(0)", "lbfgs", SECANT),
    Mutant("two-loop recursion with the wrong sign", f"{METHODS}.quasi_newton.lbfgs:two_loop", "q, n = -g, g.size",
           "q, n = g.copy(), g.size", "lbfgs", RESTARTS),
    Mutant("the oldest pair scales", f"{METHODS}.quasi_newton.lbfgs:two_loop", "- rho * dot(y, q)",
           "+ rho * dot(y, q)", "lbfgs", SECANT),
    Mutant("scaling upside down", f"{METHODS}.quasi_newton.lbfgs:two_loop", "scal(scaling(y, rho), q)",
           "scal(1.0 / scaling(y, rho), q)", "lbfgs", BITS),
    Mutant("an absolute curvature test", f"{METHODS}.quasi_newton.lbfgs:reciprocal_curvature",
           "least * abs(promised)", "1e-10", "lbfgs", BITS),
    Mutant("no curvature test under Armijo", f"{METHODS}.quasi_newton.lbfgs:reciprocal_curvature",
           "tiny <= curvature < inf and curvature > least * abs(promised)", "curvature != 0",
           {"name": "bfgs", "search": "armijo", "first": {"name": "unit_norm", "norm": 0.1}}, SECANT),
    Mutant("BFGS with a sign error", f"{METHODS}.quasi_newton.bfgs:bfgs_update", "1.0 - dot(y, u)", "1.0 + dot(y, u)",
           "bfgs", SECANT),
    Mutant("BFGS with half the update", f"{METHODS}.quasi_newton.bfgs:bfgs_update", "0.5 * rho", "rho", "bfgs", SECANT),
    Mutant("BFGS with a negative product", f"{METHODS}.quasi_newton.bfgs:bfgs_update", "spmv(n, -rho, H, y)",
           "spmv(n, rho, H, y)", "bfgs", RESTARTS),
    # line searches
    Mutant("Armijo accepts NaN", f"{ARMIJO}.search",
           ("trial.finite and (self._balances(phi, trial) if by_gradient else self._decreases(phi, trial))",
            "if trial.finite:"), ("not trial.f > phi.f0", "if True:"), "newton_damped", WALL),
    Mutant("Armijo accepts equality", f"{ARMIJO}._decreases", "and phi.reference - trial.f > phi.noise", "",
           "gradient_descent_armijo", FOUND),
    Mutant("Armijo takes whatever is finite", f"{ARMIJO}._decreases", "return trial.f <=", "return True or trial.f <=",
           "gradient_descent_armijo", MONOTONE),
    Mutant("an absolute first step", "optlab.linesearch.initial:UnitNorm.length", "return self.norm / size if",
           "return self.norm if", "bfgs", BITS),
    Mutant("Wolfe without a decrease", f"{WOLFE}.search", "strong_wolfe(phi, trial, self.c1, self.c2)", "trial.finite",
           "gradient_descent_wolfe", MONOTONE),
    # gradient methods
    Mutant("uphill", f"{METHODS}.gradient.gradient_descent:GradientDescent.step", "-state.g", "state.g",
           "gradient_descent", APPROACHES),
    Mutant("half the step", f"{METHODS}.gradient.gradient_descent:GradientDescent.step", "self.step_size *",
           "0.5 * self.step_size *", "gradient_descent", FIXED),
    Mutant("the step grows", f"{METHODS}.gradient.gradient_descent:GradientDescent.step", "self.step_size *",
           "(1 + 1e-3 * state.k) * self.step_size *", "gradient_descent", FIXED),
    Mutant("ε* without the square", f"{METHODS}.gradient.gradient_descent_optimal_step:GradientDescentOptimalStep.step",
           "float(g.dot(g)), float(g.dot(oracle.hvp(state.x, g)))",
           "float(g.dot(g)), 1.01 * float(g.dot(oracle.hvp(state.x, g)))", "gradient_descent_optimal_step",
           "slowest start is as slow as theory says"),
    Mutant("momentum of the gradient", f"{METHODS}.gradient.heavy_ball:HeavyBall.step", "self.momentum * v",
           "self.momentum * (v - alpha * state.g)", "heavy_ball", "momentum repeats the last step"),
    Mutant("momentum that shrinks", f"{METHODS}.gradient.heavy_ball:HeavyBall.step", "self.momentum * v",
           "self.momentum**2 * v", "heavy_ball", "momentum contracts as theory says"),
    Mutant("Nesterov's t stays", f"{KERNELS}.momentum:next_t", "4.0 * t * t", "0.04 * t * t", "nesterov",
           "momentum accelerates"),
    Mutant("Barzilai–Borwein upside down", f"{KERNELS}.spectral:barzilai_borwein",
           "float(s.dot(s)) / curvature, curvature", "curvature / float(s.dot(s)), curvature", "barzilai_borwein",
           BITS),
    # adaptive methods
    Mutant("no square in the second moment", f"{KERNELS}.moments:updated", "g * g", "abs(g)", "adam", FIRST),
    Mutant("components mixed up", f"{KERNELS}.moments:quotient", "np.sqrt(v)", "np.sqrt(v[::-1])", "adam", FIRST),
    Mutant("the first component alone", f"{KERNELS}.moments:quotient", "np.sqrt(v)", "np.sqrt(v[0])", "rmsprop",
           "order of the variables does not matter"),
    # Newton
    Mutant("Newton uphill", f"{METHODS}.newton.newton:Newton.step", "-state.g", "state.g", "newton", ONE_STEP),
    Mutant("Newton with half a step", f"{METHODS}.newton.newton:Newton.step", "direction=d, step_size=1.0",
           "direction=d, step_size=0.5", "newton", ONE_STEP),
    Mutant("damped Newton uphill", f"{METHODS}.newton.newton_damped:NewtonDamped.direction", "-state.g)", "state.g)",
           "newton_damped", RESTARTS),
    Mutant("a Hessian with a tenth too much", f"{METHODS}.newton.newton_damped:NewtonDamped.direction",
           "oracle.hessian(state.x)", "1.1 * oracle.hessian(state.x)", "newton_damped", QUADRATIC),
    Mutant("saddle-free without the nudge", f"{METHODS}.newton.newton_saddle_free:NewtonSaddleFree._reflected",
           "self.nudge *", "0.0 *", "newton_saddle_free", SADDLE),
    Mutant("forcing that depends on units", f"{KERNELS}.truncated_cg:forcing",
           "sqrt(norm / first)) if norm < first else most", "sqrt(norm))", "newton_cg", BITS),
    Mutant("a residual with the wrong sign", f"{KERNELS}.truncated_cg:truncated_cg", "r += alpha * Hd",
           "r -= alpha * Hd", "newton_cg", PRODUCTS),
    # trust regions
    Mutant("no hard case", f"{KERNELS}.secular:_indefinite", "if shift > 0:", "if shift > 1e300:", "trust_region",
           SADDLE),
    Mutant("NaN shrinks nothing", f"{REGION}:TrustRegionOptimizer._next_radius", "if not rho >= self.bad:",
           "if rho < self.bad:", "trust_region", WALL),
    Mutant("whatever the outcome", f"{REGION}:attempt", "if rho >= accept:", "if isfinite(f):", "trust_region",
           MONOTONE),
    Mutant("the radius never shrinks", f"{REGION}:TrustRegionOptimizer._next_radius", "self.shrink *",
           "1.0 *", "trust_region", RADIUS),
    Mutant("the wrong root at the boundary", f"{KERNELS}.trust_region:reach",
           "c / (b + root) if b > 0 else (root - b) / a", "(root + abs(b)) / a", "trust_region_steihaug", RADIUS),
    Mutant("a prediction with the wrong sign", f"{KERNELS}.trust_region:cauchy_step", "squared - 0.5 * alpha",
           "-squared + 0.5 * alpha", "trust_region_cauchy", APPROACHES),
    # conjugate gradients
    Mutant("β without its second part", f"{KERNELS}.conjugate_gradient:_truncated", "- weight *", "+ weight *",
           "conjugate_gradient", BETAS),
    Mutant("Gilbert and Nocedal's clamp is no clamp", f"{KERNELS}.conjugate_gradient:gilbert_nocedal",
           "most = fletcher_reeves(d, g, g_new)", "most = 1e300", "conjugate_gradient", BETAS),
    # constraints
    Mutant("an arc without projection", "optlab.linesearch.base:Arc.point",
           "self.oracle.project(self.x + alpha * self.d)", "self.x + alpha * self.d", "projected_gradient", FEASIBLE),
    Mutant("multipliers with the wrong sign", f"{METHODS}.constrained.kkt_newton:_point", "lstsq(J.T, -g",
           "lstsq(J.T, g", "kkt_newton", ONE_STEP),
    Mutant("a normal step away from the constraints", f"{KERNELS}.null_space:normal_step", "-(U.T @ h)", "(U.T @ h)",
           "kkt_newton", ONE_STEP),
    Mutant("doubled multipliers", "optlab.optimizers._sqp:LineSearchSQP.step", "program.join(plan.lam,",
           "program.join(2.0 * plan.lam,", "sqp", "curved constraints are met"),
    Mutant("an absolute first matrix", "optlab.optimizers._sqp_plan:first_curvature",
           "norm(state.g) / max(1.0, norm(state.x))", "1.0", "sqp", BITS),
    Mutant("the constraints' sign", "optlab.optimizers._sqp_plan:linearized", "-values.g,", "values.g,", "sqp",
           APPROACHES),
    Mutant("no ratio test", f"{KERNELS}.qp_primal:advance", "if not endless and first >= 1:", "if not endless:",
           "active_set", "step and direction lead to the next iterate"),
    Mutant("doubled working multipliers", f"{KERNELS}.qp_primal:_multipliers",
           "np.maximum(solved[len(rows.F) :], 0.0)", "2.0 * np.maximum(solved[len(rows.F) :], 0.0)", "active_set",
           "converged where it starts at the solution"),
    Mutant("an interior point with λ in its own units", f"{METHODS}._interior_problem:Memory.multipliers",
           "self.duals.upper[:k] / lay.of_f", "self.duals.upper[:k]", "interior_point", "a far start is no error"),
    Mutant("an interior point with ν in its own units", f"{METHODS}._interior_problem:Memory.multipliers",
           "self.y[m:] * lay.of_c[m:]", "self.y[m:]", "interior_point", "curved constraints are met"),
    Mutant("an interior point with f as it is given", f"{KERNELS}.interior_layout:unit_of", "UNIT / size if", "1.0 if",
           "interior_point", BITS),
    Mutant("a primal-dual step without Z/slack", f"{KERNELS}.kkt_factorization:corrected", "diagonal[:N] += sigma",
           "diagonal[k:N] += sigma[k:]", "interior_point", "a far start is no error"),
    Mutant("a filter that takes much promised for rounding", f"{METHODS}._interior_point:InteriorPointBase._judged",
           "0.0 if plan.promising else ", "", "interior_point", FOUND),
    Mutant("a learned Hessian of the Lagrangian with a sign error",
           f"{METHODS}.constrained.interior_point_bfgs:updated", "B - np.outer", "B + np.outer", "interior_point_bfgs",
           "a far start is no error"),
    Mutant("a first penalty in no units", f"{METHODS}._penalty:PenaltyOptimizer.begin",
           "self.rho * steep / length(point)", "self.rho", "penalty", BITS),
    Mutant("an honest face", f"{METHODS}.projected.projected_gradient:ProjectedGradient.stationarity",
           "return oracle.kkt_stationarity(state.x, state.g)", "return 0.0", "projected_gradient", SUCCESS),
    # least squares
    Mutant("Gauss–Newton uphill", f"{KERNELS}.least_squares:shortest_step", "-r)", "r)",
           "gauss_newton", FIT),
    Mutant("QR without its last row", f"{KERNELS}.least_squares:by_qr", ".trtrs(R[:n, :n], R[:n, n])",
           ".trtrs(R[:n, :n], R[:n, n] * (R[:n, n] != R[n - 1, n]))", "qr", FIT),
    # wrappers
    Mutant("the clipped gradient is recorded", f"{METHODS}._wrapper:GradientWrapper._around",
           "view.true[id(inner.g)][1]", "inner.g", "clip_gradient_norm", TRUE),
    # the frame
    Mutant("f is not counted", "optlab.core.oracle:Oracle.value", "self.n_f += 1", "self.n_f += 0",
           "gradient_descent_armijo", COUNTS),
    Mutant("Hessians are not counted", "optlab.core.oracle:Oracle._asked", "self._spend(counter)", "pass", "newton",
           COUNTS),
    Mutant("a step that is not the one recorded", "optlab.core.optimizer:State.moved", "self.x + step_size * direction",
           "self.x + 0.9 * step_size * direction", "gradient_descent", "step and direction lead to the next iterate"),
    Mutant("a stale f", "optlab.core.descent:LineSearchOptimizer.step", "= trial.x, trial.f, trial.g,",
           "= trial.x, state.f, trial.g,", "bfgs", TRUE),
    Mutant("dice of its own", "optlab.core.oracle:Oracle.random", "return np.random.Generator(",
           "return np.random.default_rng() if True else np.random.Generator(", "sgd", TWICE),
]  # fmt: skip


@contextmanager
def mutated(target, old, new):
    """Swap the code of a function, or of a method, for the one with the mistake."""
    module_name, path = target.split(":")
    module = importlib.import_module(module_name)
    old, new = ((part,) if isinstance(part, str) else part for part in (old, new))
    function = module
    for part in path.split("."):
        function = getattr(function, part)
    source = textwrap.dedent(inspect.getsource(function))
    for text, other in zip(old, new, strict=True):
        assert text in source, f"{target} has no {text!r} any more: bring the mutant up to date"
        source = source.replace(text, other)
    space = {}
    code = compile("from __future__ import annotations\n" + source, f"<mutant of {target}>", "exec")
    exec(code, dict(function.__globals__), space)
    wrong, right = space[function.__name__].__code__, function.__code__
    assert wrong.co_code != right.co_code or wrong.co_consts != right.co_consts, "the mutant is no other code"
    function.__code__ = wrong
    try:
        yield
    finally:
        function.__code__ = right


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.mistake)
def test_a_mutant_is_killed_by_its_check(mutant):
    optimizer = CATALOGUE.make("optimizers", mutant.optimizer)
    sound = check_optimizer(optimizer, only=[mutant.check])
    assert len(sound.checks) == 1, f"{optimizer} has no check {mutant.check!r}: its tags do not choose it"
    assert not sound.checks[0].skipped, str(sound)
    assert sound.passed, str(sound)
    with mutated(mutant.function, mutant.old, mutant.new):
        report = check_optimizer(optimizer, only=[mutant.check])
    assert not report.passed, f"survived: {report}"
    detail = report.failures[0].detail
    assert not detail.startswith(("NameError", "TypeError", "AttributeError", "SyntaxError")), detail
    assert check_optimizer(optimizer, only=[mutant.check]).passed, "the mistake was not taken back"


def test_there_are_many_mutants_in_every_family():
    assert len(MUTANTS) >= 30
    assert len({mutant.mistake for mutant in MUTANTS}) == len(MUTANTS)
    assert len({mutant.check for mutant in MUTANTS}) >= 15
    families = "quasi_newton linesearch gradient newton trust_region conjugate_gradient projected constrained"
    for family in families.split():
        assert any(family in mutant.function for mutant in MUTANTS), family
