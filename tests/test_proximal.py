"""Methods for f + c: operators, closed forms, the lasso's conditions, the bounds of theory, ADMM by hand."""

from __future__ import annotations

import pickle
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from scipy.optimize import nnls

import optlab
from optlab.core.driver import Loop, iterate, run
from optlab.core.status import InputError, Status
from optlab.core.stop import Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.kernels.momentum import next_t
from optlab.kernels.proximal import (
    balanced,
    curvature_holds,
    held_variables,
    lifted,
    lifted_where_free,
    mean_curvature,
    minimize_model,
    newton_guess,
    sweep,
)
from optlab.optimizers.proximal.admm import ADMM
from optlab.optimizers.proximal.coordinate_descent import CoordinateDescent
from optlab.optimizers.proximal.fista import FISTA
from optlab.optimizers.proximal.ista import ISTA
from optlab.optimizers.proximal.proximal_newton import ProximalNewton
from optlab.proximal.elastic_net import ElasticNet
from optlab.proximal.group_lasso import GroupLasso
from optlab.sets.ball import Ball
from optlab.sets.l1_ball import L1Ball
from optlab.sets.simplex import Simplex
from optlab.transforms.value_scaling import ValueScaling

METHODS = (ISTA(), FISTA(), CoordinateDescent(), ProximalNewton(), ADMM())
GENERAL = (ISTA(), FISTA(), ProximalNewton(), ADMM())
"""Those that any term and any smooth f will do for."""
NEVER = Stationary(rtol=0)
TIGHT = Stationary(rtol=1e-11) | Iterations(20_000)
LASSOS = (
    {},
    {"data": "sparse", "n": 20},
    {"data": "synthetic", "n": 6, "condition": 1e2, "fraction": 0.01},
    {"n": 5, "m": 50, "fraction": 1.5},
)


def name(method):
    return type(method).__name__


def go(problem, optimizer, stop=None, **more):
    return run(Loop(problem, optimizer, stop=stop, **more))


def quadratic(H, b, composite=None, start=None, **more):
    """½xᵀHx − bᵀx + c(x)."""

    class Quadratic(optlab.ProblemBase):
        tags = ("quadratic", "convex")

        def value(self, x):
            return 0.5 * float(x @ (H @ x)) - float(b @ x)

        def gradient(self, x):
            return H @ x - b

        def hessian(self, x):
            return H.copy()

        def start(self):
            return np.zeros(b.size) if start is None else np.array(start, dtype=float)

    problem = Quadratic()
    problem.composite = composite
    for key, value in more.items():
        setattr(problem, key, value)
    return problem


def spectrum(values, seed=0):
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))[0]
    H = (Q * np.asarray(values)) @ Q.T
    return 0.5 * (H + H.T)


def logistic(composite, m=60, n=8, seed=3):
    """Σ log(1 + exp(−yᵢaᵢᵀx)) + c(x)."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((m, n))
    A *= np.where(A @ np.r_[2.0, -1.0, np.zeros(n - 2)] + rng.standard_normal(m) > 0, 1.0, -1.0)[:, None]

    def value(x):
        return float(np.logaddexp(0.0, -A @ x).sum())

    def weights(x):
        return 1.0 / (1.0 + np.exp(A @ x))

    return Problem(
        value,
        gradient=lambda x: -A.T @ weights(x),
        hessian=lambda x: (A.T * (weights(x) * (1.0 - weights(x)))) @ A,
        start=np.zeros(n),
        composite=composite,
    )


def soft(x, t):
    return np.sign(x) * np.maximum(np.abs(x) - t, 0.0)


# --- operators ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "term",
    [ElasticNet(0.7), ElasticNet(0.3, 2.0), ElasticNet(0.5, 0.1, np.arange(6.0)), GroupLasso((2, 1, 3), 0.6)],
    ids=str,
)
def test_prox_is_the_minimizer(term):
    rng = np.random.default_rng(0)
    for t in (0.01, 0.5, 3.0):
        x = rng.standard_normal(6)
        p = term.prox(x, t)
        least = t * term.value(p) + 0.5 * (p - x) @ (p - x)
        for size in (1e-6, 1e-3, 1.0):
            for _ in range(50):
                z = p + size * rng.standard_normal(6)
                assert t * term.value(z) + 0.5 * (z - x) @ (z - x) >= least - 1e-15


def test_a_length_for_each_variable_where_the_term_is_a_sum_over_them():
    term, x, t = ElasticNet(0.5, 0.2, np.array([1.0, 2.0, 0.0])), np.array([1.0, -2.0, 0.3]), np.array([0.1, 0.7, 3.0])
    each = [term.prox(x, float(length))[i] for i, length in enumerate(t)]
    assert term.prox(x, t).tolist() == each
    with pytest.raises(InputError, match="no sum over single variables"):
        GroupLasso((3,)).prox(x, t)
    with pytest.raises(InputError, match="4 variables together, but x has 3"):
        GroupLasso((2, 2)).value(x)


def test_groups_are_shrunk_as_a_whole():
    term = GroupLasso((2, 1), 1.0)
    assert term.value(np.array([3.0, 4.0, -2.0])) == pytest.approx(sqrt(2) * 5 + 2)
    assert term.prox(np.array([3.0, 4.0, -2.0]), 1.0) == pytest.approx(
        [3 * (1 - sqrt(2) / 5), 4 * (1 - sqrt(2) / 5), -1]
    )
    assert term.prox(np.array([0.6, 0.8, -0.5]), 1.0).tolist() == [0.0, 0.0, -0.0]


# --- solutions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS, ids=name)
def test_orthogonal_design_gives_soft_thresholding(method):
    b = np.array([3.0, -0.2, 0.4, -2.0, 0.0])
    trace = go(quadratic(2.0 * np.eye(5), 2.0 * b, ElasticNet(1.0, 0.5), np.ones(5)), method, TIGHT)
    assert trace.status is Status.CONVERGED
    assert trace.points[-1] == pytest.approx(soft(2.0 * b, 1.0) / 2.5, abs=1e-9)
    assert np.flatnonzero(trace.points[-1]).tolist() == [0, 3]


@pytest.mark.parametrize("settings", LASSOS, ids=str)
@pytest.mark.parametrize("method", METHODS, ids=name)
def test_the_lassos_conditions_hold_at_the_end(method, settings):
    problem = optlab.problem("lasso", **settings)
    trace = go(problem, method, TIGHT)
    assert trace.status is Status.CONVERGED
    x, alpha, g = trace.points[-1], problem.alpha, problem.gradient(trace.points[-1])
    there = x != 0
    assert (np.abs(g) <= alpha * (1 + 1e-8)).all()
    assert g[there] == pytest.approx(-alpha * np.sign(x[there]), rel=1e-6)
    solution = np.asarray(problem.known.solution)
    assert np.array_equal(there, np.abs(solution) > 1e-9 * max(np.abs(solution).max(), 1e-9))
    assert problem.objective(x) == pytest.approx(problem.known.optimum, rel=1e-12)


@pytest.mark.parametrize("method", METHODS, ids=name)
def test_scikit_learn_agrees(method):
    linear_model = pytest.importorskip("sklearn.linear_model")
    problem = optlab.problem("elastic_net", data="sparse", n=20, correlation=0.9, l2=0.5)
    x = go(problem, method, TIGHT).points[-1]
    m, (alpha, rho) = len(problem.y), (problem.alpha, problem.rho)
    theirs = linear_model.ElasticNet(alpha=(alpha + rho) / (2 * m), l1_ratio=alpha / (alpha + rho), fit_intercept=False,
                                     tol=1e-14, max_iter=100_000).fit(problem.X, problem.y)  # fmt: skip
    assert x == pytest.approx(theirs.coef_, abs=1e-7)
    assert np.array_equal(x != 0, theirs.coef_ != 0)


@pytest.mark.parametrize("method", GENERAL, ids=name)
def test_a_term_that_ties_variables_together(method):
    H, b = spectrum(np.geomspace(1, 30, 7)), np.linspace(-3, 4, 7)
    term = GroupLasso((3, 2, 2), 2.0)
    problem = quadratic(H, b, term)
    trace = go(problem, method, TIGHT)
    assert trace.status is Status.CONVERGED
    x, g = trace.points[-1], problem.gradient(trace.points[-1])
    for lo, hi in ((0, 3), (3, 5), (5, 7)):
        part, weight = x[lo:hi], 2.0 * sqrt(hi - lo)
        if part.any():
            assert g[lo:hi] == pytest.approx(-weight * part / np.linalg.norm(part), abs=1e-7)
        else:
            assert np.linalg.norm(g[lo:hi]) <= weight
    assert (x == 0).any()
    assert (x != 0).any()


@pytest.mark.parametrize("method", GENERAL, ids=name)
@pytest.mark.parametrize("term", [ElasticNet(3.0), GroupLasso((2, 3, 3), 4.0)], ids=str)
def test_smooth_functions_that_are_no_quadratics(method, term):
    problem = logistic(term)
    trace = go(problem, method, TIGHT)
    assert trace.status is Status.CONVERGED
    x, t = trace.points[-1], 0.01
    assert term.prox(x - t * problem.gradient(x), t) == pytest.approx(x, abs=1e-9)
    assert (x == 0).any()


@pytest.mark.parametrize("method", METHODS, ids=name)
def test_nonnegative_least_squares(method):
    rng = np.random.default_rng(5)
    A, b = rng.standard_normal((20, 8)), rng.standard_normal(20)
    problem = quadratic(A.T @ A, A.T @ b, bounds=(np.zeros(8), np.full(8, np.inf)))
    trace = go(problem, method, TIGHT)
    assert trace.status is Status.CONVERGED
    right = nnls(A, b)[0]
    assert trace.points[-1] == pytest.approx(right, abs=1e-8)
    assert np.array_equal(trace.points[-1] > 0, right > 0)
    assert (trace.points >= 0).all()


@pytest.mark.parametrize("method", GENERAL, ids=name)
@pytest.mark.parametrize("region", [Ball(1.0), Simplex(1.0)], ids=str)
def test_a_set_is_a_term_as_well(method, region):
    H, b = spectrum(np.geomspace(1, 20, 6), 1), np.arange(6.0)
    trace = go(quadratic(H, b, feasible=region), method, TIGHT)
    assert trace.status is Status.CONVERGED
    x = trace.points[-1]
    for t in (0.01, 0.1):
        assert region.project(x - t * (H @ x - b)) == pytest.approx(x, abs=1e-8)
    assert all(np.array_equal(region.project(point), point) for point in trace.points)


# --- records --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS, ids=name)
def test_f_of_a_record_is_the_sum_and_g_is_of_the_smooth_part(method):
    problem = optlab.problem("elastic_net", n=6)
    records = list(iterate(problem, method, stop=NEVER | Iterations(12)))
    assert len(records) > 2
    for record in records:
        assert record.f == problem.objective(record.x)
        assert record.state.smooth == problem.value(record.x)
        assert np.array_equal(record.state.g, problem.gradient(record.x))


@pytest.mark.parametrize("method", METHODS, ids=name)
def test_resumes_from_a_pickle_bit_for_bit(method):
    problem = optlab.problem("lasso", data="synthetic", n=6, condition=1e2, fraction=0.01)
    stop = Stationary(rtol=1e-14) | Iterations(14)
    records = list(iterate(problem, method, stop=stop))
    middle = pickle.loads(pickle.dumps(records[len(records) // 3]))
    rest = list(iterate(problem, method, stop=stop, resume=middle))
    right = records[len(records) // 3 + 1 :]
    assert [(r.x.tobytes(), r.f, r.counts) for r in rest] == [(r.x.tobytes(), r.f, r.counts) for r in right]


@pytest.mark.parametrize("method", METHODS, ids=name)
@pytest.mark.parametrize("power", [-60, 30])
def test_powers_of_two_in_f_change_no_bit(method, power):
    problem = optlab.problem("lasso", data="sparse", n=8, m=20)
    plain, scaled = (go(p, method, NEVER | Iterations(30)) for p in (problem, ValueScaling(2.0**power).apply(problem)))
    assert plain.points.tobytes() == scaled.points.tobytes()


@pytest.mark.parametrize("method", METHODS, ids=name)
@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_units_of_f_do_not_change_the_verdict(method, factor):
    problem = optlab.problem("lasso")
    plain, scaled = go(problem, method), go(ValueScaling(factor).apply(problem), method)
    assert plain.status is scaled.status is Status.CONVERGED
    assert abs(len(plain) - len(scaled)) <= 1
    assert np.array_equal(plain.points[-1] != 0, scaled.points[-1] != 0)


@pytest.mark.parametrize("method", METHODS, ids=name)
def test_a_term_beside_bounds_is_refused(method):
    problem = quadratic(np.eye(2), np.ones(2), ElasticNet(0.1), bounds=(np.zeros(2), np.ones(2)))
    trace = go(problem, method)
    assert trace.status is Status.SKIPPED
    assert "composite term beside other constraints" in trace.message


# --- proximal gradients ---------------------------------------------------------------------------


def test_ista_with_a_fixed_step_contracts_as_theory_says():
    """‖x − x*‖ falls by 1 − μ/L a step at least; F − F* ≤ L‖x₀ − x*‖²/2k."""
    values = np.geomspace(1.0, 50.0, 8)
    problem = quadratic(spectrum(values), np.linspace(-4, 5, 8), ElasticNet(0.8), 3.0 * np.ones(8))
    solution = go(problem, ProximalNewton(), TIGHT).points[-1]
    trace = go(problem, ISTA(step_size=1 / 50.0), NEVER | Iterations(150))
    x, t = trace.points[0], 1 / 50.0
    for point in trace.points[1:]:
        x = soft(x - t * problem.gradient(x), 0.8 * t)
        assert point == pytest.approx(x, abs=1e-12)
    error = np.linalg.norm(trace.points - solution, axis=1)
    assert (error[1:] <= (1 - 1 / 50.0) * error[:-1] + 1e-12).all()
    k = np.arange(1, len(trace))
    assert (trace.scalars["f"][1:] - problem.objective(solution) <= 50.0 * error[0] ** 2 / (2 * k) + 1e-12).all()
    assert trace.scalars["n_f"][-1] == 151


@pytest.mark.parametrize("optimizer", [FISTA(step_size=1e-4, restart="never"), FISTA(restart="never")], ids=str)
def test_fistas_bound_holds_and_istas_is_not_enough(optimizer):
    """F − F* ≤ 2L‖x₀ − x*‖²/(k + 1)², with L/shrink in place of L where it is found by backtracking."""
    values = np.geomspace(1.0, 1e4, 40)
    problem = quadratic(spectrum(values), 10.0 * np.cos(np.arange(40.0)), ElasticNet(0.1))
    solution = go(problem, ProximalNewton(forcing=1e-13, sweeps=1000), Stationary(rtol=1e-12) | Iterations(10))
    solution = solution.points[-1]
    best, square = problem.objective(solution), float(solution @ solution)
    trace = go(problem, optimizer, NEVER | Iterations(300))
    L = 1e4 if optimizer.step_size else 2e4
    k = np.arange(1, len(trace))
    error = trace.scalars["f"][1:] - best
    assert (error <= 2 * L * square / (k + 1) ** 2 + 1e-9).all()
    slow = go(problem, ISTA(step_size=1e-4), NEVER | Iterations(300)).scalars["f"][-1] - best
    assert error[-1] <= 0.2 * slow


def test_fistas_momentum_is_that_of_the_paper():
    problem = quadratic(spectrum(np.geomspace(1, 30, 6)), np.arange(6.0), ElasticNet(0.3))
    t = 1 / 30.0
    trace = go(problem, FISTA(step_size=t, restart="never"), NEVER | Iterations(25))
    x = y = trace.points[0]
    theta = 1.0
    for k in range(25):
        new = soft(y - t * problem.gradient(y), 0.3 * t)
        assert trace.points[k + 1] == pytest.approx(new, abs=1e-12)
        later = next_t(theta)
        beta = (theta - 1) / later
        y, x, theta = new + beta * (new - x), new, later
        if k < 24:
            assert trace.scalars["momentum"][k + 2] == pytest.approx(beta)


def test_restarts_save_iterations_and_are_counted():
    problem = quadratic(spectrum(np.geomspace(1, 1e3, 20)), np.linspace(-5, 5, 20), ElasticNet(0.2))
    stop = Stationary() | Iterations(20_000)
    counts = {}
    for restart in ("never", "function", "gradient"):
        last = list(iterate(problem, FISTA(step_size=1e-3, restart=restart), stop=stop))[-1]
        assert last.status is Status.CONVERGED or restart == "never"
        counts[restart] = last.k
        assert (last.state.restarts > 0) == (restart != "never")
    assert counts["gradient"] <= 0.5 * counts["never"], counts
    assert counts["function"] <= 0.8 * counts["never"], counts


@pytest.mark.parametrize("method", [ISTA(), FISTA(restart="never")], ids=str)
def test_backtracking_finds_steps_of_the_right_size(method):
    values = np.geomspace(1.0, 100.0, 8)
    problem = quadratic(spectrum(values), np.linspace(-4, 5, 8), ElasticNet(0.8), 3.0 * np.ones(8))
    trace = go(problem, method, NEVER | Iterations(40))
    steps = trace.scalars["step_size"][1:]
    assert trace.scalars["n_f"][-1] <= (1.35 if isinstance(method, ISTA) else 2.1) * 40
    assert (steps >= 0.5 / 100.0).all()
    assert (steps <= 1.0).all()
    if isinstance(method, FISTA):
        assert (np.diff(steps) <= 0).all()


def test_proximal_steps_survive_the_edge_of_the_domain():
    """Σ (x − log x) + ℓ₁, from beside the wall of NaN: xᵢ = 1/(1 + α)."""

    def value(x):
        return float(np.sum(x - np.log(x))) if (x > 0).all() else np.nan

    def gradient(x):
        return 1 - 1 / x if (x > 0).all() else np.full(2, np.nan)

    for start in ([0.05, 12.0], [15.0, 0.01]):
        for method in (ISTA(), FISTA(), ProximalNewton()):
            problem = Problem(value, gradient=gradient, hessian=lambda x: np.diag(x**-2.0), start=start,
                              composite=ElasticNet(0.25))  # fmt: skip
            trace = go(problem, method, Stationary() | Iterations(3000))
            assert trace.status is Status.CONVERGED
            assert trace.points[-1] == pytest.approx([0.8, 0.8], abs=1e-6)


@pytest.mark.parametrize("method", [ISTA(), ProximalNewton(), CoordinateDescent()], ids=name)
def test_monotone_methods_never_rise(method):
    problem = optlab.problem("lasso", data="sparse", n=20)
    f = go(problem, method, Stationary() | Iterations(300)).scalars["f"]
    assert (np.diff(f) <= 1e-14 * np.abs(f[1:])).all()


# --- coordinate descent and proximal Newton -------------------------------------------------------


def test_a_sweep_is_one_exact_minimization_after_the_other():
    problem = optlab.problem("lasso", n=4, l1=300.0)
    records = list(iterate(problem, CoordinateDescent(), stop=NEVER | Iterations(3), start=np.ones(4)))
    x, H = np.ones(4), problem.hessian(np.ones(4))
    for record in records[1:]:
        for i in range(4):
            h = H[i, i]
            x[i] = soft(x[i] - problem.gradient(x)[i] / h, 300.0 / h)
        assert record.x == pytest.approx(x, abs=1e-9)
    assert records[-1].evaluations["hessian"] == 1
    assert records[-1].evaluations["gradient"] == 4


def test_coordinate_descent_refuses_what_it_would_get_wrong():
    problem = quadratic(spectrum([1.0, 2.0, 9.0]), np.arange(3.0), GroupLasso((3,)))
    trace = go(problem, CoordinateDescent())
    assert trace.status is Status.SKIPPED
    assert "no sum over single variables" in trace.message
    trace = go(quadratic(np.eye(2), np.ones(2), feasible=Ball(1.0)), CoordinateDescent())
    assert trace.status is Status.SKIPPED


def test_both_ways_to_minimize_the_model_agree():
    H, g, x = spectrum(np.geomspace(1, 100, 6)), np.linspace(-3, 2, 6), np.ones(6)
    term = ElasticNet(0.7)
    found = [minimize_model(H, g, x, term.value, term.prox, single, 1e-13, 5000) for single in (True, False)]
    assert found[0] == pytest.approx(found[1], abs=1e-9)
    z = found[0]
    assert term.prox(z - 0.01 * (g + H @ (z - x)), 0.01) == pytest.approx(z, abs=1e-10)
    new, gradient, change = sweep(H, g + H @ (z - x), z, term.prox)
    assert new == pytest.approx(z, abs=1e-10)
    assert gradient == pytest.approx(g + H @ (new - x), abs=1e-9)
    assert change <= 1e-9


def test_a_newton_guess_solves_a_lasso_whose_signs_are_known():
    H, g, term = spectrum(np.geomspace(1, 1e3, 6)), np.array([9.0, -0.2, 4.0, -7.0, 0.1, 3.0]), ElasticNet(4.0, 0.5)
    x = minimize_model(H, g, np.zeros(6), term.value, term.prox, True, 1e-14, 1000)
    near = x * 1.001
    assert 0 < np.count_nonzero(x) < 6
    guess = newton_guess(H, g + H @ near, near, term.prox)
    assert guess == pytest.approx(x, abs=1e-6 * np.abs(x).max())
    assert np.array_equal(guess != 0, x != 0)
    support = np.flatnonzero(x)
    right = np.linalg.solve(H[np.ix_(support, support)] + 0.5 * np.eye(support.size), -(g + 4.0 * np.sign(x))[support])
    assert x[support] == pytest.approx(right, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_an_ill_conditioned_model_takes_few_sweeps(seed):
    H, g, term, calls = spectrum(np.geomspace(1.0, 1e6, 12), seed), np.linspace(-5, 4, 12), ElasticNet(0.3), []

    def prox(x, t):
        calls.append(1)
        return term.prox(x, t)

    z = minimize_model(H, g, np.zeros(12), term.value, prox, True, 1e-10, 1000)
    assert len(calls) <= 150 * 12
    assert z - term.prox(z - 1e-6 * (g + H @ z), 1e-6) == pytest.approx(0.0, abs=1e-15)


def test_proximal_newton_converges_quadratically():
    problem = logistic(ElasticNet(1.0))
    trace = go(problem, ProximalNewton(), Stationary(rtol=1e-14) | Iterations(30))
    solution = trace.points[-1]
    error = np.linalg.norm(trace.points - solution, axis=1)
    error = error[error > 1e-9]
    assert len(trace) <= 9
    late = [(a, b) for a, b in pairwise(error) if a < 0.1]
    assert late
    assert all(b <= 10 * a**2 for a, b in late)


def test_proximal_newton_shortens_steps_that_overshoot():
    """√(1 + x²): Newton's step from |x| > 1 leads to −x³, farther and farther."""
    problem = Problem(
        lambda x: float(np.sqrt(1 + x * x).sum()),
        gradient=lambda x: x / np.sqrt(1 + x * x),
        hessian=lambda x: np.diag((1 + x * x) ** -1.5),
        start=[3.0, -2.0],
        composite=ElasticNet(0.1),
    )
    records = list(iterate(problem, ProximalNewton(), stop=Stationary() | Iterations(40)))
    assert records[-1].status is Status.CONVERGED
    assert records[-1].x.tolist() == [0.0, 0.0]
    assert records[1].state.step_size < 1.0
    for old, new in pairwise(records):
        d = new.state.direction
        slope = old.state.g @ d + problem.composite.value(old.x + d) - problem.composite.value(old.x)
        assert new.f <= old.f + 1e-4 * new.state.step_size * slope + 1e-15


def test_proximal_newton_needs_one_step_for_a_quadratic_and_shifts_what_is_indefinite():
    problem = quadratic(spectrum(np.geomspace(1, 1e3, 10)), np.arange(10.0), ElasticNet(0.5))
    trace = go(problem, ProximalNewton())
    assert (trace.status, len(trace)) == (Status.CONVERGED, 2)
    for H in (np.diag([1.0, -2.0, 3.0]), np.diag([0.0, 1.0, 2.0]), np.ones((3, 3))):
        A, L = lifted(H)
        assert pytest.approx(A) == L @ L.T
        assert pytest.approx((A - H)[0, 0] * np.eye(3), abs=1e-15) == A - H
    assert lifted(np.eye(2))[0].tolist() == np.eye(2).tolist()
    assert lifted(np.zeros((2, 2))) is None
    assert lifted(np.full((2, 2), np.nan)) is None


# --- ADMM -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [1.0, 1.6])
def test_admm_by_hand(alpha):
    H, b, rho = spectrum(np.geomspace(1, 10, 5)), np.linspace(-2, 3, 5), 3.0
    trace = go(quadratic(H, b, ElasticNet(0.6)), ADMM(rho=rho, relaxation=alpha, interval=0), NEVER | Iterations(30))
    z, u = np.zeros(5), np.zeros(5)
    for k in range(1, len(trace)):
        x = np.linalg.solve(H + rho * np.eye(5), b + rho * (z - u))
        before, relaxed = z, alpha * x + (1 - alpha) * z
        z = soft(relaxed + u, 0.6 / rho)
        u = u + relaxed - z
        assert trace.points[k] == pytest.approx(z, abs=1e-10)
        assert trace.scalars["primal"][k] == pytest.approx(np.linalg.norm(x - z), abs=1e-9)
        assert trace.scalars["dual"][k] == pytest.approx(rho * np.linalg.norm(z - before), abs=1e-9)


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e4])
def test_rho_is_balanced_from_any_start_and_the_multiplier_stays(factor):
    problem = optlab.problem("lasso")
    rho = factor * mean_curvature(problem.hessian(problem.start()))
    records = list(iterate(problem, ADMM(rho=rho), stop=Stationary() | Iterations(400)))
    assert records[-1].status is Status.CONVERGED
    seen = [r.state.rho for r in records[1:]]
    changed = [k for k, (a, b) in enumerate(pairwise(seen), 1) if a != b]
    assert changed or factor == 1.0
    assert all(k in {5, 10, 20, 40, 80, 160, 320} for k in changed)
    last = records[-1].state
    y = last.memory.factor.rho * last.memory.u  # the multiplier of x = z is −∇f, in ∂c
    assert y == pytest.approx(-problem.gradient(last.x), abs=1e-5 * problem.alpha)
    assert last.primal <= 1e-5 * np.linalg.norm(last.x)
    for old, new in pairwise(records[1:]):  # u is rescaled where ρ changes: ρu after a step is ρ(u + x̂ − z) of it
        if new.state.memory.factor.rho != new.state.rho:
            relaxed = 1.6 * new.state.memory.x.x - 0.6 * old.x
            before = old.state.memory.factor.rho * (old.state.memory.u + relaxed - new.x)
            after = new.state.memory.factor.rho * new.state.memory.u
            assert after == pytest.approx(before, rel=1e-9)


def test_balance_moves_rho_the_right_way():
    assert balanced(1.0, 1.0, 1.0, 1.0, 2.0) == 1.0
    assert balanced(9.0, 1.0, 1.0, 1.0, 2.0) == 3.0
    assert balanced(1.0, 1.0, 9.0, 1.0, 2.0) == pytest.approx(1 / 3)
    assert balanced(1.0, 1.0, 3.0, 1.0, 2.0) == 1.0
    assert balanced(1.0, 1.0, 0.0, 1.0, 2.0) == 5.0
    assert balanced(0.0, 1.0, 1.0, 1.0, 2.0) == 0.2
    assert balanced(0.0, 0.0, 0.0, 0.0, 2.0) == 1.0
    assert balanced(2e-8, 1e-8, 3e8, 1e8, 1.0) == pytest.approx(sqrt(2 / 3))


def test_one_factorization_serves_a_quadratic_and_several_any_other_f():
    last = list(iterate(optlab.problem("lasso"), ADMM(), stop=Stationary() | Iterations(200)))[-1]
    assert last.evaluations["hessian"] == 1
    assert last.evaluations["f"] == 2 * last.k + 1
    last = list(iterate(logistic(ElasticNet(1.0)), ADMM(), stop=Stationary() | Iterations(200)))[-1]
    assert last.status is Status.CONVERGED
    assert last.evaluations["hessian"] <= 5
    assert last.evaluations["f"] <= 5 * last.k


def test_mean_curvature_is_the_geometric_mean_and_never_zero_for_a_matrix_that_is_not():
    assert mean_curvature(np.diag([1.0, 4.0, 9.0])) == pytest.approx(3.0)
    assert mean_curvature(np.diag([0.0, 4.0])) == pytest.approx(0.04)
    assert mean_curvature(np.diag([-1.0, 4.0])) == pytest.approx(2.0)
    assert mean_curvature(np.zeros((2, 2))) == 0.0


def test_the_descent_lemma_in_gradients():
    s, H = np.array([1.0, 2.0]), np.diag([1.0, 3.0])
    L = float(s @ H @ s / (s @ s))
    assert curvature_holds(s, H @ s, L * (1 + 1e-14), s)
    assert not curvature_holds(s, H @ s, 0.99 * L, s)
    assert not curvature_holds(s, np.full(2, np.nan), L, s)


def test_the_proximal_newton_method_scales_variables_one_by_one_only_where_the_set_allows_that():
    """The point of {|x₁| + |x₂| ≤ 1, 0 ≤ x ≤ 2} nearest to (3, 1) is (1, 0); a ball of the 1-norm is no box."""
    center, seen = np.array([3.0, 1.0]), []

    def f(x):
        seen.append(x)
        return (x - center) @ (x - center)

    problem = Problem(f, start=[0.1, 0.1], gradient=lambda x: 2 * (x - center), hessian=lambda x: np.diag([2.0, 20.0]),
                      feasible=L1Ball(1.0), bounds=(0, 2))  # fmt: skip
    result = optlab.minimize(problem, "proximal_newton")
    assert result.success, result.message
    np.testing.assert_allclose(result.x, [1.0, 0.0], atol=1e-7)
    assert max(np.abs(x).sum() for x in seen) <= 1 + 1e-12
    with pytest.raises(InputError):
        optlab.minimize(problem, "coordinate_descent")


def test_a_negative_curvature_at_an_active_bound_does_not_slow_down_the_free_variables():
    """2 log x₁ falls towards its bound, where its curvature is −2/x₁² = −2·10⁶; the others have the curvature of 10."""
    c = np.array([-2.0, 1.0, 3.0])
    problem = Problem(
        lambda x: -c @ np.log(x) + 3 * x @ x, start=[0.2, 0.2, 0.2], gradient=lambda x: -c / x + 6 * x,
        hessian=lambda x: np.diag(c / x**2 + 6), bounds=([1e-3, 1e-3, 1e-3], [0.5, 5.0, 5.0]),
    )  # fmt: skip
    result = optlab.minimize(problem, ProximalNewton())
    assert result.success, result.message
    assert result.iterations <= 20
    np.testing.assert_allclose(result.x, [1e-3, 6**-0.5, 2**-0.5], rtol=1e-7)


def test_held_variables_are_those_that_the_term_keeps():
    x, g = np.array([0.0, 0.0, 1.0, 0.0]), np.array([0.5, 2.0, 1e-9, 0.0])
    np.testing.assert_array_equal(held_variables(x, g, ElasticNet(l1=1.0).prox), [True, False, False, False])


def test_a_definite_matrix_is_left_alone_and_an_indefinite_one_is_lifted_among_the_free():
    H, held = np.array([[4.0, 1.0], [1.0, -9.0]]), np.array([False, True])
    np.testing.assert_array_equal(lifted_where_free(H, held), [[4.0, 0.0], [0.0, 9.0]])
    np.testing.assert_array_equal(lifted_where_free(H, ~held)[0], [4.0, 0.0])
    assert np.linalg.eigvalsh(lifted_where_free(H, ~held)).min() > 0
    np.testing.assert_array_equal(lifted_where_free(np.diag([4.0, 9.0]), held), np.diag([4.0, 9.0]))
    assert lifted_where_free(np.full((2, 2), np.nan), held) is None
