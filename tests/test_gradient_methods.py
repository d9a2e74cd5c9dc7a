"""First-order methods, schedules and wrappers: rates, closed forms, equivariances, honest counts, resumption."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from itertools import pairwise
from math import cos, pi, sqrt

import numpy as np
import pytest

import optlab
from optlab.core.driver import Loop, iterate, run
from optlab.core.endings import lacking
from optlab.core.optimizer import Optimizer
from optlab.core.oracle import Oracle
from optlab.core.samples import Samples
from optlab.core.status import Halt, InputError, Status
from optlab.core.stop import Evaluations, Iterations, Stationary
from optlab.core.trace import Keep
from optlab.core.user_problem import Problem
from optlab.kernels.moments import quotient
from optlab.kernels.momentum import heavy_ball_constants, next_t, strongly_convex_momentum
from optlab.linesearch.nonmonotone_average import NonmonotoneAverage
from optlab.optimizers.gradient.barzilai_borwein import BarzilaiBorwein
from optlab.optimizers.gradient.gradient_descent import GradientDescent
from optlab.optimizers.gradient.gradient_descent_armijo import GradientDescentArmijo
from optlab.optimizers.gradient.gradient_descent_decay import GradientDescentDecay
from optlab.optimizers.gradient.gradient_descent_exact import GradientDescentExact
from optlab.optimizers.gradient.heavy_ball import HeavyBall
from optlab.optimizers.gradient.nesterov import Nesterov
from optlab.optimizers.gradient.polyak import Polyak
from optlab.optimizers.newton.newton import Newton
from optlab.optimizers.projected.projected_gradient import ProjectedGradient
from optlab.optimizers.quasi_newton.bfgs import BFGS
from optlab.optimizers.quasi_newton.lbfgs import LBFGS
from optlab.optimizers.stochastic.adagrad import Adagrad
from optlab.optimizers.stochastic.adam import Adam
from optlab.optimizers.stochastic.adamw import AdamW
from optlab.optimizers.stochastic.amsgrad import AMSGrad
from optlab.optimizers.stochastic.rmsprop import RMSProp
from optlab.optimizers.stochastic.sgd import SGD
from optlab.optimizers.wrappers.clip_gradient_norm import ClipGradientNorm
from optlab.optimizers.wrappers.clip_gradient_value import ClipGradientValue
from optlab.optimizers.wrappers.normalize_gradient import NormalizeGradient
from optlab.registry import Catalogue
from optlab.schedules.constant_schedule import ConstantSchedule
from optlab.schedules.cosine import Cosine
from optlab.schedules.exponential_decay import ExponentialDecay
from optlab.schedules.inverse import Inverse
from optlab.schedules.step_decay import StepDecay
from optlab.schedules.warm_up import WarmUp
from optlab.sets.ball import Ball

NEVER = Stationary(rtol=0)
KAPPA5 = np.array([[3.0, 2.0], [2.0, 3.0]])
START5 = np.array([1.0, -1.0]) / sqrt(2) + np.array([1.0, 1.0]) / sqrt(2) / 5


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop, **more)
    return loop, run(loop)


def bowl(h, start, center=0.0):
    """½ Σ hᵢ(xᵢ − c)², h a vector, or ½(x − c)ᵀh(x − c), h a matrix."""
    h = np.asarray(h, dtype=float)

    def product(e):
        return h * e if h.ndim == 1 else h @ e

    return Problem(
        lambda x: 0.5 * float((x - center) @ product(x - center)), gradient=lambda x: product(x - center), start=start
    )


def linear(c, n=3):
    """cᵀx: a gradient that does not change."""
    c = np.broadcast_to(np.asarray(c, dtype=float), (n,)).copy()
    return Problem(lambda x: float(c @ x), gradient=lambda x: c.copy(), start=np.zeros(n))


def rosenbrock(scale=1.0):
    def f(x):
        a, b = x.tolist()
        return scale * (100 * (b - a * a) ** 2 + (1 - a) ** 2)

    def g(x):
        a, b = x.tolist()
        return scale * np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])

    return Problem(f, gradient=g, start=[-1.2, 1.0])


def barrier(start=(0.05, 12.0)):
    return Problem(
        lambda x: float(np.sum(x - np.log(x))), gradient=lambda x: np.where(x > 0, 1 - 1 / x, np.nan), start=start
    )


def mean_of(terms, weights=1.0, start=(5.0,)):
    """The mean of ½wᵢ(x − aᵢ)², a of shape (N, n)."""
    a = np.asarray(terms, dtype=float).reshape(len(terms), -1)
    w = np.broadcast_to(np.asarray(weights, dtype=float), (len(a),))[:, None]

    def value(x, i):
        return 0.5 * float(np.sum(w[i] * (x - a[i]) ** 2)) / len(i)

    def gradient(x, i):
        return np.sum(w[i] * (x - a[i]), axis=0) / len(i)

    everything = np.arange(len(a))
    return Problem(lambda x: value(x, everything), gradient=lambda x: gradient(x, everything), start=list(start),
                   samples=Samples(len(a), value, gradient))  # fmt: skip


# --- schedules ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (ConstantSchedule(), {0: 1.0, 10**9: 1.0}),
        (StepDecay(0.5, 10), {0: 1.0, 9: 1.0, 10: 0.5, 29: 0.25}),
        (ExponentialDecay(0.9), {0: 1.0, 1: 0.9, 20: 0.9**20}),
        (Inverse(2.0, 3.0, 0.5), {0: 2 / sqrt(3), 6: 2 / 3}),
        (Inverse(), {0: 1.0, 1: 0.5, 9: 0.1}),
        (Cosine(100, 0.01), {0: 1.0, 50: 0.505, 100: 0.01, 500: 0.01, 25: 0.01 + 0.99 * 0.5 * (1 + cos(pi / 4))}),
        (Cosine(100, 0.01, restarts=True), {0: 1.0, 100: 1.0, 150: 0.505, 1000: 1.0}),
        (Cosine(10, 0.01, restarts=True, growth=2), {0: 1.0, 10: 1.0, 20: 0.505, 30: 1.0, 50: 0.505, 70: 1.0}),
        (WarmUp(ConstantSchedule(), 4), {0: 0.2, 1: 0.4, 3: 0.8, 4: 1.0, 400: 1.0}),
        (WarmUp(Inverse(6.0, 2.0, 1.0), 2), {0: 1.0, 1: 2.0, 2: 3.0, 3: 2.0}),
        (WarmUp(WarmUp(StepDecay(0.5, 3), 1), 1), {0: 0.25, 1: 0.5, 2: 1.0, 5: 0.5}),
    ],
    ids=repr,
)
def test_the_values_of_schedules(schedule, values):
    for k, value in values.items():
        assert schedule.factor(k) == pytest.approx(value, rel=1e-14)
    assert all(schedule.factor(k) > 0 for k in range(300))


def test_schedules_are_named_and_nested_in_settings():
    assert {"constant", "step_decay", "exponential_decay", "cosine", "inverse", "warm_up"} <= set(
        optlab.names("schedules")
    )
    inner = {"name": "warm_up", "steps": 5, "inner": {"name": "inverse", "p": 0.5}}
    for name in ("gradient_descent", "heavy_ball", "nesterov", "sgd", "adagrad", "rmsprop", "adam", "amsgrad", "adamw"):
        made = optlab.optimizer(name, step_size=0.1, schedule=inner)
        assert made.schedule == WarmUp(Inverse(p=0.5), 5)
        assert optlab.optimizer(name).schedule == ConstantSchedule()
    with pytest.raises(InputError, match="rate must be"):
        optlab.optimizer("adam", schedule={"name": "exponential_decay", "rate": 1.5})


def test_inverse_is_what_gradient_descent_decay_does():
    _, a = go(rosenbrock(), GradientDescent(1.0, Inverse(1e-3, 4.0, 0.5)), Iterations(30))
    _, b = go(rosenbrock(), GradientDescentDecay(1e-3, 4.0, 0.5), Iterations(30))
    np.testing.assert_array_equal(a.points, b.points)


@pytest.mark.parametrize(
    "make", [GradientDescent, HeavyBall, Nesterov, Adagrad, RMSProp, Adam, AMSGrad, AdamW], ids=lambda c: c.__name__
)
def test_the_step_size_recorded_follows_the_schedule(make):
    schedule = WarmUp(StepDecay(0.5, 3), 4)
    _, trace = go(bowl([1.0, 3.0], [1.0, 2.0]), make(step_size=1e-2, schedule=schedule), NEVER | Iterations(15))
    np.testing.assert_allclose(trace.scalars["step_size"][1:], [1e-2 * schedule.factor(k) for k in range(15)])


# --- heavy ball --------------------------------------------------------------------------------


def test_the_best_constants_for_condition_five():
    alpha, beta = heavy_ball_constants(1.0, 5.0)
    assert alpha == pytest.approx(0.381966, abs=1e-6)
    assert beta == pytest.approx(0.145898, abs=1e-6)
    assert alpha == pytest.approx(sqrt(beta), rel=1e-14)  # at κ = 5, 1/φ² both
    assert sqrt(beta) == pytest.approx(2 / (1 + sqrt(5)) ** 2 * 2, rel=1e-14)


@pytest.mark.parametrize("kappa", [5.0, 100.0])
def test_heavy_ball_contracts_by_root_beta_as_the_recurrence_says(kappa):
    """E₊ = (1 + β − αλ)e − βe₋ has the double root ±√β at both ends: |e_k| = (1 + ck)√βᵏ, neither faster nor slower."""
    alpha, beta = heavy_ball_constants(1.0, kappa)
    steps = int(20 / -np.log(sqrt(beta)))
    _, trace = go(bowl([1.0, kappa], [1.0, 1.0]), HeavyBall(alpha, beta), NEVER | Iterations(steps))
    k = np.arange(len(trace))
    for i, (lam, root) in enumerate([(1.0, sqrt(beta)), (kappa, -sqrt(beta))]):
        c = (1 - alpha * lam) / root - 1  # the first step has no momentum
        np.testing.assert_allclose(trace.points[:, i], (1 + c * k) * root**k, rtol=1e-6, atol=1e-9 * root**steps)
    slow = (kappa - 1) / (kappa + 1)
    assert np.abs(trace.points[-1]).max() <= 1e-2 * slow**steps


def test_heavy_ball_without_momentum_is_gradient_descent():
    _, a = go(rosenbrock(), HeavyBall(1e-3, momentum=0.0), Iterations(50))
    _, b = go(rosenbrock(), GradientDescent(1e-3), Iterations(50))
    np.testing.assert_array_equal(a.points, b.points)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_heavy_ball_converges_exactly_up_to_two_times_one_plus_beta_over_L(beta):
    limit = 2 * (1 + beta) / 5
    ends = [go(bowl(KAPPA5, START5), HeavyBall(c * limit, beta), Stationary() | Iterations(5000))[1].status
            for c in (0.99, 1.01)]  # fmt: skip
    assert ends == [Status.CONVERGED, Status.DIVERGED]


def test_a_restart_tames_too_much_momentum():
    problem = bowl(np.geomspace(1, 1e3, 10), np.ones(10))
    errors = {}
    for rule in ("never", "function"):
        loop, trace = go(problem, HeavyBall(1e-3, 0.99, restart=rule), NEVER | Iterations(1200))
        errors[rule] = trace.scalars["f"][-50:].max()
        assert (loop.state.restarts > 0) == (rule == "function")
    assert errors["function"] <= 1e-2 * errors["never"]
    assert np.all(np.diff(trace.scalars["f"]) <= 0)  # α = 1/L: only momentum could raise it
    assert loop.oracle.n_f == loop.k + 1


# --- Nesterov ----------------------------------------------------------------------------------

SPECTRA = [(np.array([1.0, 5.0]), np.array([1.0, 1.0])), (np.geomspace(1, 1e4, 20), np.ones(20)),
           (np.geomspace(1e-6, 1, 30), np.cos(np.arange(30.0)))]  # fmt: skip


def mains(problem, optimizer, steps):
    """f at the gradient steps x_k, k = 0, 1, …"""
    found = []
    for now in Loop(problem, optimizer, stop=NEVER | Iterations(steps)):
        memory = now.state.memory
        found.append(problem.value(now.state.x if memory is None else memory.x))
    return np.array(found)


@pytest.mark.parametrize(("h", "x0"), SPECTRA, ids=["5", "1e4", "1e6"])
@pytest.mark.parametrize("step", ["fixed", "searched"])
def test_nesterovs_bound_for_convex_f(h, x0, step):
    L = h[-1] if step == "fixed" else 2 * h[-1]  # a step that is halved is at least ½ · 1/L
    optimizer = Nesterov(1 / h[-1] if step == "fixed" else None, restart="never")
    f = mains(bowl(h, x0), optimizer, 300)
    k = np.arange(f.size)
    assert np.all(f <= 2 * L * (x0 @ x0) / (k + 1) ** 2)
    # gradient descent is not within a third of it: the bound says something
    plain = go(bowl(h, x0), GradientDescent(1 / h[-1]), NEVER | Iterations(300))[1].scalars["f"]
    assert h[0] * 300 > h[-1] or f[-1] < plain[-1] / 3


@pytest.mark.parametrize(("h", "x0"), SPECTRA[:2], ids=["5", "1e4"])
def test_nesterovs_bound_for_strongly_convex_f(h, x0):
    mu, L = h[0], h[-1]
    f = mains(bowl(h, x0), Nesterov(1 / L, mu=mu, restart="never"), 60 if L < 10 else 2000)
    bound = 0.5 * (L + mu) * (x0 @ x0) * (1 - sqrt(mu / L)) ** np.arange(f.size)
    assert np.all(f <= bound * (1 + 1e-12))
    assert f[-1] <= 1e-8 * f[0]


@pytest.mark.parametrize("mu", [0.0, 1.0])
def test_nesterov_is_the_textbooks_recursion_and_records_the_extrapolated_point(mu):
    h, L = np.array([1.0, 5.0]), 5.0
    x = y = np.array([1.0, 1.0])
    t, right = 1.0, [y]
    for _ in range(25):
        x_new = y - h * y / L
        t_new = 0.5 * (1 + sqrt(1 + 4 * t * t))
        beta = (t - 1) / t_new if mu == 0 else (sqrt(L) - sqrt(mu)) / (sqrt(L) + sqrt(mu))
        y, x, t = x_new + beta * (x_new - x), x_new, t_new
        right.append(y)
    loop, trace = go(bowl(h, [1.0, 1.0]), Nesterov(1 / L, mu=mu, restart="never"), NEVER | Iterations(25))
    np.testing.assert_allclose(trace.points, right, rtol=1e-9, atol=1e-13)
    assert loop.oracle.n_f == loop.oracle.n_gradient == 26
    assert loop.genuine
    assert trace.scalars["momentum"][0] == 0
    assert strongly_convex_momentum(1 / 5) == pytest.approx((sqrt(5) - 1) / (sqrt(5) + 1), rel=1e-15)
    assert next_t(1.0) == pytest.approx((1 + sqrt(5)) / 2)


@pytest.mark.parametrize("step", [1e-4, None], ids=["fixed", "searched"])
@pytest.mark.parametrize("restart", ["function", "gradient"])
def test_restarts_are_three_times_as_fast_at_condition_ten_thousand(step, restart):
    problem = bowl(np.geomspace(1, 1e4, 20), np.random.default_rng(0).normal(size=20))
    steps = {}
    for rule in ("never", restart):
        loop, trace = go(problem, Nesterov(step, restart=rule), Stationary() | Iterations(20_000))
        assert trace.status is Status.CONVERGED
        steps[rule] = loop.k
    assert loop.state.restarts >= 1
    assert 3 * steps[restart] <= steps["never"]
    known = go(problem, Nesterov(1e-4, mu=1.0, restart="never"), Stationary() | Iterations(20_000))[0].k
    assert steps[restart] <= 2 * known  # restarting gives the rate of a known μ


@pytest.mark.parametrize("restart", ["function", "gradient"])
def test_after_a_restart_momentum_grows_from_nothing(restart):
    _loop, trace = go(bowl([1.0, 500.0], [1.0, 1.0]), Nesterov(1 / 500, restart=restart), NEVER | Iterations(400))
    momentum, restarts = trace.scalars["momentum"], trace.scalars["restarts"]
    begins = np.flatnonzero(np.diff(restarts) > 0) + 1
    assert len(begins) >= 3
    t, right = 1.0, []
    for _ in range(8):
        right.append((t - 1) / next_t(t))
        t = next_t(t)
    for begin in (1, *begins[:-1]):
        np.testing.assert_allclose(momentum[begin : begin + 8], right, rtol=1e-14)


def test_the_searched_step_is_between_half_of_one_over_L_and_one_over_mu():
    h = np.geomspace(1, 1e3, 10)
    _, trace = go(bowl(h, np.ones(10)), Nesterov(restart="never"), Stationary() | Iterations(200))
    steps = trace.scalars["step_size"][1:]
    assert np.all(np.diff(steps) <= 0)  # only restarts lengthen it
    assert 0.5e-3 <= steps[-1] <= 1e-3 * (1 + 1e-9)
    loop, trace = go(bowl(h, np.ones(10)), Nesterov(), Stationary() | Iterations(2000))
    assert trace.status is Status.CONVERGED
    assert loop.oracle.n_gradient == loop.k + 1  # a step costs one gradient, the search values alone
    assert loop.oracle.n_f <= 2.2 * loop.k


def test_extrapolation_beyond_the_domain_is_taken_back():
    """From beside the wall momentum carries over it on the other side; the search alone would not notice."""
    crossed = 0
    for start in ((0.05, 12.0), (15.0, 0.01), (30.0, 30.0)):
        problem, outside = barrier(start), []
        value = problem.value
        problem.__dict__["value"] = lambda x, value=value, outside=outside: (outside.append(x.min() <= 0), value(x))[1]
        loop, trace = go(problem, Nesterov(), Stationary() | Iterations(2000))
        assert trace.status is Status.CONVERGED
        np.testing.assert_allclose(loop.state.x, 1.0, rtol=1e-6)
        crossed += sum(outside)
    assert crossed > 0
    assert go(linear([1.0, 2.0, 3.0]), Nesterov())[1].status is Status.UNBOUNDED


# --- Barzilai and Borwein ----------------------------------------------------------------------


@pytest.mark.parametrize("length", ["long", "short", "alternating", "adaptive"])
@pytest.mark.parametrize("kappa", [5.0, 100.0])
def test_barzilai_borwein_is_superlinear_in_two_variables(length, kappa):
    """Forty digits in twenty steps, most of them at the end (Barzilai & Borwein, 1988, section 2)."""
    optimizer = BarzilaiBorwein(length=length)
    _, trace = go(bowl([1.0, kappa], [1.0, 1.3]), optimizer, Stationary(rtol=1e-40) | Iterations(24))
    assert trace.status is Status.CONVERGED
    digits = -np.log10(np.maximum(trace.scalars["stationarity"], 1e-60))
    middle = len(digits) // 2
    assert digits[-1] - digits[middle] > 1.5 * (digits[middle] - digits[0])


def test_lengths_are_those_of_the_secant_equation():
    h = np.geomspace(1, 50, 6)
    found = {}
    for length in ("long", "short"):
        states = [now.state for now in Loop(bowl(h, np.ones(6)), BarzilaiBorwein(length=length), stop=Iterations(12))]
        for old, new in pairwise(states):
            s, y = new.x - old.x, new.g - old.g
            right = s @ s / (s @ y) if length == "long" else s @ y / (y @ y)
            assert new.memory.length == pytest.approx(right, rel=1e-14)
            assert 1 / 50 - 1e-12 <= new.memory.length <= 1 + 1e-12
        found[length] = [s.memory.length for s in states[1:]]
    alternating = [now.state for now in Loop(bowl(h, np.ones(6)), BarzilaiBorwein(length="alternating"),
                                             stop=Iterations(12))]  # fmt: skip
    assert alternating[1].memory.length == found["long"][0]
    old, new = alternating[1:3]
    s, y = new.x - old.x, new.g - old.g
    assert new.memory.length == pytest.approx(s @ y / (y @ y), rel=1e-14)


def test_barzilai_borwein_is_not_monotone_and_ten_times_as_fast_as_exact_steps():
    problem = bowl(np.geomspace(1, 1e4, 20), np.random.default_rng(0).normal(size=20))
    exact = go(problem, GradientDescentExact(), Stationary(rtol=1e-6) | Iterations(50_000))[0].k
    for optimizer in (BarzilaiBorwein(), BarzilaiBorwein(search=NonmonotoneAverage())):
        loop, trace = go(problem, optimizer, Stationary(rtol=1e-6) | Iterations(50_000))
        assert trace.status is Status.CONVERGED
        assert 10 * loop.k <= exact
        assert np.any(np.diff(trace.scalars["f"]) > 0)
        assert loop.state.restarts == 0
        assert loop.oracle.n_f <= 1.3 * loop.k


def test_curvature_that_is_not_positive_lengthens_the_step():
    hill = Problem(lambda x: float(-(x[0] ** 2)), gradient=lambda x: -2 * x, start=[1.0])
    states = [now.state for now in Loop(hill, BarzilaiBorwein(growth=7.0), stop=Iterations(3))]
    assert [s.memory.length / s.step_size for s in states[1:]] == pytest.approx([7.0, 7.0, 7.0])


# --- Polyak's step -----------------------------------------------------------------------------


def test_polyaks_step_halves_the_error_on_a_round_bowl_and_ends_a_norm_at_once():
    _, trace = go(bowl([4.0, 4.0], [3.0, -5.0]), Polyak(target=0.0), NEVER | Iterations(40))
    np.testing.assert_allclose(trace.points, np.outer(0.5 ** np.arange(41.0), [3.0, -5.0]), rtol=1e-13)
    np.testing.assert_allclose(trace.scalars["step_size"][1:], 1 / 8, rtol=1e-15)
    norm = Problem(lambda x: float(np.linalg.norm(x)), gradient=lambda x: x / (np.linalg.norm(x) or 1.0), start=[3, 4])
    loop, trace = go(norm, Polyak(target=0.0))
    assert loop.k == 1
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 0.0, atol=1e-15)
    _, twice = go(bowl([4.0, 4.0], [3.0, -5.0]), Polyak(target=0.0, relaxation=1.5), NEVER | Iterations(10))
    np.testing.assert_allclose(twice.points[:, 0], 3 * 0.25 ** np.arange(11.0), rtol=1e-12)


def test_polyaks_step_comes_nearer_to_the_minimizer_at_every_step():
    h, c = np.geomspace(1, 100, 8), np.arange(8.0)
    loop, trace = go(bowl(h, np.zeros(8), c), Polyak(target=0.0), Stationary() | Iterations(5000))
    assert trace.status is Status.CONVERGED
    distance = np.linalg.norm(trace.points - c, axis=1)
    assert np.all(np.diff(distance) < 0)
    assert loop.oracle.n_f == loop.oracle.n_gradient == loop.k + 1


def test_a_target_that_is_reached_ends_the_run_and_is_no_convergence():
    _loop, trace = go(bowl([1.0, 5.0], [1.0, 1.0]), Polyak(target=0.5))
    assert trace.status is Status.ACCEPTABLE
    assert trace.scalars["f"][-1] <= 0.5 * (1 + 1e-9)
    _, low = go(bowl([1.0, 5.0], [1.0, 1.0]), Polyak(target=-1.0), Stationary() | Iterations(500))
    assert low.status is not Status.CONVERGED


def test_the_target_is_estimated_and_never_read_from_the_problem():
    def f(x):
        return float(np.abs(x).sum()) + 3.0

    start = np.array([4.0, -2.5, 1.1])
    honest = Problem(f, gradient=np.sign, start=start, solution=np.zeros(3), optimum=3.0)
    lying = Problem(f, gradient=np.sign, start=start, solution=np.ones(3), optimum=-100.0)
    _, a = go(honest, Polyak(), NEVER | Iterations(600))
    _, b = go(lying, Polyak(), NEVER | Iterations(600))
    np.testing.assert_array_equal(a.points, b.points)
    assert a.scalars["f"].min() - 3.0 <= 1e-6  # where no fixed step comes nearer than its length
    _loop, trace = go(bowl(np.geomspace(1, 30, 5), np.ones(5)), Polyak(), Stationary() | Iterations(3000))
    assert trace.status is Status.CONVERGED
    assert lying.known.optimum == -100.0
    timid = Polyak(first=1e-6)  # a first estimate far too near: it has to grow by 2³⁰
    assert go(bowl([1.0, 3.0], [1e3, 1e3]), timid, Stationary() | Iterations(1000))[1].status is Status.CONVERGED


@pytest.mark.parametrize("start", [(0.05, 12.0), (15.0, 0.01)])
@pytest.mark.parametrize("target", [None, 2.0])
def test_a_polyak_step_that_meets_nan_is_not_taken(start, target):
    loop, trace = go(barrier(start), Polyak(target=target), Stationary(rtol=1e-6) | Iterations(3000))
    assert np.isfinite(trace.scalars["f"]).all()
    assert trace.status is Status.CONVERGED or (target is not None and trace.status is Status.ACCEPTABLE)
    np.testing.assert_allclose(loop.state.x, 1.0, atol=1e-4)


# --- units of f --------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [
    BarzilaiBorwein(), BarzilaiBorwein(length="alternating"), Polyak(), Nesterov(), Nesterov(restart="function"),
    Adam(1e-2, eps=0.0), AMSGrad(1e-2, eps=0.0), RMSProp(1e-2, eps=0.0), Adagrad(1e-1, eps=0.0), AdamW(1e-2, eps=0.0),
    NormalizeGradient(GradientDescent(1e-2)), NormalizeGradient(HeavyBall(1e-2, 0.5)),
], ids=repr)  # fmt: skip
@pytest.mark.parametrize("k", [-60, -31, 30, 60])
def test_a_power_of_two_in_f_leaves_the_iterates_bit_identical(optimizer, k):
    _, a = go(rosenbrock(), optimizer, Stationary() | Iterations(80))
    _, b = go(rosenbrock(2.0**k), optimizer, Stationary() | Iterations(80))
    assert a.status is b.status
    np.testing.assert_array_equal(a.points, b.points)
    np.testing.assert_array_equal(a.scalars["n_f"], b.scalars["n_f"])


def test_epsilon_has_the_units_of_the_gradient():
    _, a = go(rosenbrock(), Adam(1e-2), Iterations(20))
    _, b = go(rosenbrock(2.0**-60), Adam(1e-2), Iterations(20))
    assert not np.array_equal(a.points, b.points)


# --- adaptive steps ----------------------------------------------------------------------------

C = np.array([3.0, -1e-4, 700.0])


@pytest.mark.parametrize(
    ("optimizer", "first"),
    [(Adam(0.1, eps=0), 0.1), (AMSGrad(0.1, eps=0), 0.1), (AdamW(0.1, eps=0), 0.1), (Adagrad(0.1, eps=0), 0.1),
     (RMSProp(0.1, eps=0), 0.1 / sqrt(0.1)), (Adam(0.1), 0.1)], ids=repr,
)  # fmt: skip
def test_the_first_step_is_alpha_times_the_sign_of_the_gradient(optimizer, first):
    _, trace = go(linear(C), optimizer, Iterations(1))
    tolerance = 1e-3 if optimizer.eps else 1e-12
    np.testing.assert_allclose(trace.points[1], -first * np.sign(C), rtol=tolerance)


def test_steps_under_a_constant_gradient_are_closed_forms():
    """The bias correction is right at every k: a gradient that does not change makes steps that do not."""
    k = np.arange(201.0)[:, None]
    for optimizer in (Adam(0.1, eps=0), AMSGrad(0.1, eps=0), Adam(0.1, beta1=0.0, beta2=0.5, eps=0)):
        _, trace = go(linear(C), optimizer, Iterations(200))
        np.testing.assert_allclose(trace.points, -0.1 * k * np.sign(C), rtol=1e-10)
    _, trace = go(linear(C), Adagrad(0.1, eps=0), Iterations(200))
    roots = np.concatenate([[0.0], np.cumsum(1 / np.sqrt(np.arange(1.0, 201.0)))])
    np.testing.assert_allclose(trace.points, -0.1 * roots[:, None] * np.sign(C), rtol=1e-12)
    _, trace = go(linear(C), RMSProp(0.1, rho=0.9, eps=0), Iterations(200))
    sizes = 0.1 / np.sqrt(1 - 0.9 ** np.arange(1.0, 201.0))
    np.testing.assert_allclose(np.diff(trace.points, axis=0), -sizes[:, None] * np.sign(C), rtol=1e-9)


def test_a_component_without_a_gradient_rests():
    for optimizer in (Adam(0.1, eps=0), AMSGrad(0.1, eps=0), Adagrad(0.1, eps=0), RMSProp(0.1, eps=0)):
        _, trace = go(linear([1.0, 0.0, 2.0]), optimizer, Iterations(5))
        assert np.all(trace.points[:, 1] == 0)
        assert np.isfinite(trace.points).all()
    np.testing.assert_array_equal(quotient(np.array([0.0, 2.0]), np.array([0.0, 4.0]), 0.0), [0.0, 1.0])


def reddi(C=10.0):
    """The mean of Cx, −x, −x: f falls to the left, while two terms in three pull to the right."""
    slopes = np.array([C, -1.0, -1.0])
    return Problem(
        lambda x: float(slopes.mean() * x[0]), gradient=lambda x: np.array([slopes.mean()]), start=[0.0],
        samples=Samples(3, lambda x, i: float(slopes[i].mean() * x[0]), lambda x, i: np.array([slopes[i].mean()])),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_adam_goes_the_wrong_way_where_amsgrad_does_not(seed):
    """Reddi, Kale & Kumar (2018), theorem 3: β₁ = 0, and β₂ small enough to forget the rare large gradient."""
    settings = {"step_size": 0.01, "beta1": 0.0, "beta2": 0.01, "batch": 1, "replacement": True}
    ends = {}
    for method in (Adam, AMSGrad):
        loop, _ = go(reddi(), method(**settings), Iterations(3000), seed=seed)
        ends[method] = loop.state.x[0]
    assert ends[Adam] > 5.0
    assert ends[AMSGrad] < -0.5


def test_weight_decay_is_the_penalty_for_sgd_and_not_for_adam():
    """No data gradient, w = 1, λ = 0.1, α = 0.01, 100 steps: the ledger's E17."""
    zero = Oracle(Problem(lambda w: 0.0, gradient=np.zeros_like, start=[1.0]))
    penalty = bowl([0.1], [1.0])
    decayed = AdamW(0.01, weight_decay=0.1)
    state = decayed.init(zero, np.array([1.0]))
    for _ in range(100):
        state = decayed.step(zero, state)
    assert state.x[0] == pytest.approx((1 - 0.01 * 0.1) ** 100, rel=1e-12)

    def end(problem, optimizer):
        return go(problem, optimizer, NEVER | Iterations(100))[0].state.x[0]

    assert end(penalty, GradientDescent(0.01)) == pytest.approx(0.9048, abs=1e-4)
    assert end(penalty, Adam(0.01)) == pytest.approx(0.2244, abs=1e-4)
    _, a = go(rosenbrock(), AdamW(0.01, weight_decay=0.0), Iterations(50))
    _, b = go(rosenbrock(), Adam(0.01), Iterations(50))
    np.testing.assert_array_equal(a.points, b.points)


def turned(problem, Q):
    return Problem(lambda y: problem.value(Q.T @ y), gradient=lambda y: Q @ problem.gradient(Q.T @ y),
                   start=Q @ problem.start())  # fmt: skip


FIRST_ORDER = (HeavyBall(1e-3), Nesterov(), Nesterov(1e-3), BarzilaiBorwein(), Polyak(), Adagrad(0.1), RMSProp(0.1),
               Adam(0.1), AMSGrad(0.1), AdamW(0.1), ClipGradientNorm(HeavyBall(1e-2), 2.0),
               ClipGradientValue(HeavyBall(1e-2), 2.0), NormalizeGradient(GradientDescent(0.1)))  # fmt: skip
PER_COMPONENT = {
    type(o).__name__: "it divides every component by its own average, and the axes decide what a component is"
    for o in (Adagrad(), RMSProp(), Adam(), AMSGrad(), AdamW())
} | {"ClipGradientValue": "it cuts every component at the same value, and the axes decide what a component is"}
"""Methods that a rotation changes, and why."""


@pytest.mark.parametrize("optimizer", FIRST_ORDER, ids=repr)
@pytest.mark.parametrize("how", ["permuted", "rotated"])
def test_equivariance(optimizer, how):
    n = 5
    rng = np.random.default_rng(4)
    Q = np.eye(n)[rng.permutation(n)] if how == "permuted" else np.linalg.qr(rng.normal(size=(n, n)))[0]
    problem = bowl(np.geomspace(1, 50, n), np.arange(1.0, n + 1))
    _, a = go(problem, optimizer, NEVER | Iterations(10))
    _, b = go(turned(problem, Q), optimizer, NEVER | Iterations(10))
    off = np.abs(b.points @ Q - a.points).max()
    expected = how == "permuted" or type(optimizer).__name__ not in PER_COMPONENT
    assert (off <= 1e-11) == expected, f"{off:.1e}: {PER_COMPONENT.get(type(optimizer).__name__, 'no reason to fail')}"


# --- samples -----------------------------------------------------------------------------------

TERMS = np.array([1.0, 4.0, -2.0, 7.5, 0.25, 3.0, -6.0])
SAMPLED = (SGD(0.1, batch=2), SGD(0.1, batch=3, replacement=True), SGD(0.05, batch=2, momentum=0.9, nesterov=True),
           Adam(0.1, batch=2), AMSGrad(0.1, batch=2), AdamW(0.1, batch=2), RMSProp(0.1, batch=2), Adagrad(0.1, batch=2),
           ClipGradientNorm(SGD(0.1, batch=2), 0.5))  # fmt: skip
sampled = pytest.mark.parametrize("optimizer", SAMPLED, ids=repr)


def test_the_running_mean_is_sgd_with_steps_one_over_k():
    """Robbins & Monro's closed form: x is the mean of the terms drawn so far, and of all of them after an epoch."""
    loop = Loop(mean_of(TERMS), SGD(1.0, Inverse(), batch=1), stop=Iterations(21), seed=3)
    x = np.array([now.state.x[0] for now in loop])
    np.testing.assert_allclose(x[[7, 14, 21]], TERMS.mean(), rtol=1e-13)
    drawn = x[1:] * np.arange(1, 22) - np.concatenate([[0.0], x[1:-1] * np.arange(1, 21)])
    for epoch in range(3):
        np.testing.assert_allclose(np.sort(drawn[7 * epoch : 7 * epoch + 7]), np.sort(TERMS), atol=1e-11)
    assert not np.allclose(drawn[:7], drawn[7:14])  # a new order every epoch


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 50])
def test_sampled_gradients_are_unbiased(batch):
    """Over an epoch the batches, weighted by their sizes, are the whole sum; with replacement the mean tends to it."""
    problem = mean_of(TERMS, weights=np.arange(1.0, 8.0))
    oracle, x = Oracle(problem, 5), np.array([0.3])
    exact = problem.gradient(x)[0]
    optimizer, order, rows = SGD(batch=batch), None, []
    for k in range(-(-7 // batch)):
        drawn, order = optimizer._drawn(oracle, k, order)
        rows.append(drawn)
    assert sorted(np.concatenate(rows)) == list(range(7))
    weighted = sum(len(r) * oracle.sample_gradient(x, r)[0] for r in rows) / 7
    assert weighted == pytest.approx(exact, rel=1e-12)
    again = replace(optimizer, replacement=True)
    draws = np.array([oracle.sample_gradient(x, again._drawn(oracle, k, None)[0])[0] for k in range(4000)])
    assert abs(draws.mean() - exact) <= 4 * draws.std() / sqrt(4000)
    spread = np.std([oracle.sample_gradient(x, np.array([i]))[0] for i in range(7)])
    assert draws.std() == pytest.approx(spread / sqrt(batch), rel=0.1)
    firsts = np.bincount([SGD(batch=1)._drawn(oracle, 7 * e, None)[0][0] for e in range(2100)], minlength=7)
    assert np.abs(firsts - 300).max() <= 5 * sqrt(300)


@sampled
@pytest.mark.parametrize("at", [1, 5, 7, 8])
def test_a_sampled_run_goes_on_bit_for_bit_from_a_pickled_record(optimizer, at):
    problem, stop = mean_of(TERMS), Iterations(18)
    whole = list(iterate(problem, optimizer, stop=stop, seed=11))
    saved = pickle.loads(pickle.dumps(whole[at]))
    rest = list(iterate(mean_of(TERMS), optimizer, stop=stop, resume=saved))
    assert [r.x.tobytes() for r in rest] == [r.x.tobytes() for r in whole[at + 1 :]]
    assert [r.counts for r in rest] == [r.counts for r in whole[at + 1 :]]


@sampled
def test_equal_seeds_equal_runs(optimizer):
    runs = [go(mean_of(TERMS), optimizer, Iterations(20), seed=seed)[1].points for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_the_draws_of_a_step_do_not_depend_on_how_the_run_came_there():
    problem, optimizer = mean_of(TERMS), SGD(0.1, batch=2)
    states = [now.state for now in Loop(problem, optimizer, stop=Iterations(9), seed=2)]
    oracle = Oracle(problem, 2)
    for old, new in pairwise(states):
        again = optimizer.step(oracle, replace(old, order=None))
        assert again.x.tobytes() == new.x.tobytes()
        assert again.g.tobytes() == new.g.tobytes()


@sampled
def test_what_a_sampled_run_counts_and_records(optimizer):
    problem = mean_of(TERMS)
    loop, trace = go(problem, optimizer, Iterations(9), seed=1)
    assert not optimizer.exact
    assert optimizer.needs == ("samples",)
    inner = getattr(optimizer, "inner", optimizer)
    sizes = [inner.batch] * 10 if inner.replacement else [2, 2, 2, 1, 2, 2, 2, 1, 2, 2]
    assert trace.scalars["n_sample"].tolist() == np.cumsum(sizes).tolist()
    assert trace.scalars["n_f"][-1] == trace.scalars["n_gradient"][-1] == 0
    np.testing.assert_array_equal(trace.scalars["f"], [problem.value(x) for x in trace.points])  # after the run
    assert np.isnan(trace.scalars["stationarity"]).all()
    assert np.isnan(loop.state.f)  # on the way f is not evaluated, and says so


def test_f_is_evaluated_on_the_way_where_that_is_asked_for():
    problem = mean_of(TERMS)
    records = list(iterate(problem, SGD(0.1, batch=2, evaluate_every=4), stop=Iterations(10)))
    for record in records:
        assert np.isnan(record.f) if record.k % 4 else record.f == problem.value(record.x)
        assert record.evaluations["f"] == record.k // 4 + 1
    _, a = go(problem, SGD(0.1, batch=2, evaluate_every=4), Iterations(10))
    _, b = go(problem, SGD(0.1, batch=2), Iterations(10))
    np.testing.assert_array_equal(a.points, b.points)
    _, thinned = go(problem, SGD(0.1, batch=2), Iterations(10))
    loop = Loop(problem, SGD(0.1, batch=2), stop=Iterations(10))
    thinned = run(loop, Keep("every", stride=5))
    assert np.isfinite(thinned.scalars["f"]).tolist() == [k % 5 == 0 for k in range(11)]
    spent = go(problem, SGD(0.1, batch=2), Evaluations(sample=9) | Iterations(100))[1]
    assert spent.status is Status.MAX_EVALUATIONS
    assert spent.scalars["n_sample"][-1] <= 9


def test_a_sampled_method_never_claims_convergence():
    """All terms agree and the start is their minimizer: every sampled gradient is 0."""
    problem = mean_of([2.0, 2.0, 2.0], start=(2.0,))
    assert go(problem, SGD(0.1, batch=1), Stationary() | Iterations(300))[1].status is Status.MAX_ITERATIONS
    assert go(problem, Adam(0.1), Stationary() | Iterations(300))[1].status is Status.CONVERGED
    result = optlab.minimize(problem, SGD(0.1, batch=1), stop=Iterations(5), columns=["suboptimality", "gradient_norm"])
    assert result.f == result.best_f == 0.0
    np.testing.assert_array_equal(result.best_x, [2.0])
    assert result.notes == {}
    assert np.all(result.trace["gradient_norm"] == 0)


def test_a_sampled_gradient_does_not_set_the_scale_of_the_problem():
    problem = mean_of(TERMS)
    whole, sample = Loop(problem, Adam()), Loop(problem, Adam(batch=1))
    for loop in (whole, sample):
        next(iter(loop))
    assert sample.scale == whole.scale == abs(problem.gradient(problem.start())[0])
    assert sample.oracle.gradient(sample.state.x)[0] == problem.gradient(problem.start())[0]  # and is no answer


def test_a_sampled_run_that_overflows_has_diverged():
    _loop, trace = go(mean_of(TERMS), SGD(3.0, batch=2), Iterations(5000))
    assert trace.status is Status.DIVERGED
    assert np.isfinite(trace.points).all()
    assert np.isfinite(trace.scalars["f"]).all()


def test_an_f_that_is_nan_when_asked_for_is_no_f_that_was_left_out():
    terms = mean_of(TERMS)
    nan = Problem(lambda x: np.nan if x[0] < 2 else terms.value(x), gradient=terms.gradient, start=[5.0],
                  samples=terms.samples)  # fmt: skip
    _, trace = go(nan, SGD(0.3, batch=7, evaluate_every=1), Iterations(50))
    assert trace.status is Status.NONFINITE
    assert np.isfinite(trace.scalars["f"]).all()


def test_one_batch_of_everything_is_the_whole_gradient():
    problem = mean_of(np.arange(12.0).reshape(4, 3), start=(9.0, 1.0, -4.0))
    _, a = go(problem, SGD(0.3, batch=4, momentum=0.5), Iterations(20))
    _, b = go(problem, HeavyBall(0.3, 0.5), NEVER | Iterations(20))
    np.testing.assert_allclose(a.points, b.points, rtol=1e-12, atol=1e-14)
    _, a = go(problem, Adam(0.3, batch=4), Iterations(20))
    _, b = go(problem, Adam(0.3), NEVER | Iterations(20))
    np.testing.assert_allclose(a.points, b.points, rtol=1e-9)


def test_nesterovs_momentum_in_sgd_is_a_gradient_at_the_extrapolated_point():
    h, alpha, beta = np.array([1.0, 5.0]), 0.1, 0.8
    problem = mean_of(np.zeros((3, 2)), start=(1.0, 1.0))
    problem = Problem(
        lambda x: 0.5 * float(h @ (x * x)), gradient=lambda x: h * x, start=[1.0, 1.0],
        samples=Samples(3, lambda x, i: 0.5 * float(h @ (x * x)), lambda x, i: h * x),
    )  # fmt: skip
    theta, v = np.array([1.0, 1.0]), np.zeros(2)
    right = [theta + beta * v]
    for _ in range(30):
        v = beta * v - alpha * h * (theta + beta * v)  # Goodfellow, algorithm 8.3
        theta = theta + v
        right.append(theta + beta * v)
    _, trace = go(problem, SGD(alpha, batch=1, momentum=beta, nesterov=True), Iterations(30))
    np.testing.assert_allclose(trace.points, right, rtol=1e-9, atol=1e-13)


def test_a_fixed_step_ends_in_a_neighborhood_in_proportion_to_it():
    """E(x − x*)² tends to ασ²/(2 − α) on ½(x − a)², σ² the variance of a."""
    rng = np.random.default_rng(0)
    problem = mean_of(rng.normal(size=50), start=(0.0,))
    found = {}
    for alpha in (0.4, 0.1):
        _, trace = go(problem, SGD(alpha, batch=1, replacement=True), Iterations(8000))
        center = float(problem.start()[0] - problem.gradient(problem.start())[0])
        found[alpha] = np.mean((trace.points[500:, 0] - center) ** 2)
    sigma2 = problem.value(np.array([center])) * 2
    for alpha, seen in found.items():
        assert seen == pytest.approx(alpha * sigma2 / (2 - alpha), rel=0.2)


@pytest.mark.parametrize("name", ["sgd", "adam", "adagrad", "rmsprop", "amsgrad", "adamw"])
def test_mini_batches_bring_a_regression_of_the_catalogue_down(name):
    settings = {
        "batch": 16,
        "step_size": 0.5 if name == "sgd" else 0.1,
        "schedule": {"name": "inverse", "b": 20, "a": 20},
    }
    if name == "adagrad":
        settings["schedule"] = "constant"
    problem = optlab.problem("logistic_regression")
    result = optlab.minimize(problem, {"name": name, **settings}, stop=optlab.stop.Iterations(1500))
    best = problem.known.optimum
    assert result.f - best <= 0.05 * (problem.value(problem.start()) - best)
    assert result.evaluations["f"] == 0


def test_a_problem_without_terms_is_skipped_and_bad_batches_are_refused():
    assert go(rosenbrock(), SGD())[1].status is Status.SKIPPED
    assert go(rosenbrock(), Adam(batch=4))[1].status is Status.SKIPPED
    assert go(rosenbrock(), Adam(), Iterations(3))[1].status is Status.MAX_ITERATIONS
    for bad in ({"batch": 0}, {"batch": 1.5}, {"momentum": 1.0}):
        with pytest.raises(InputError):
            optlab.optimizer("sgd", **bad)


# --- wrappers ----------------------------------------------------------------------------------

INNER = (GradientDescent(1e-3), HeavyBall(1e-3), Nesterov(), BarzilaiBorwein(), Polyak(), Adam(1e-2), BFGS(), LBFGS(),
         GradientDescentArmijo(), GradientDescentExact())  # fmt: skip


def fields(record):
    return (record.k, record.x.tobytes(), record.f, record.state.g.tobytes(), repr(record.step_size), record.counts,
            record.stationarity, record.status, record.state.restarts)  # fmt: skip


@pytest.mark.parametrize("inner", INNER, ids=repr)
@pytest.mark.parametrize("wrap", [lambda o: ClipGradientNorm(o, 1e12), lambda o: ClipGradientValue(o, 1e12),
                                  lambda o: ClipGradientNorm(ClipGradientValue(o, 1e12), 1e12)],
                         ids=["norm", "value", "both"])  # fmt: skip
def test_a_run_in_which_nothing_is_clipped_is_the_same_bit_for_bit(inner, wrap):
    stop = Stationary() | Iterations(60)
    plain = [fields(r) for r in iterate(rosenbrock(), inner, stop=stop)]
    clipped = [fields(r) for r in iterate(rosenbrock(), wrap(inner), stop=stop)]
    assert plain == clipped


@pytest.mark.parametrize("name", [n for n, e in Catalogue().entries("optimizers").items()
                                  if e.family not in ("foreign", "wrappers")])  # fmt: skip
def test_every_registered_method_can_be_wrapped(name):
    plain = optlab.optimizer(name)
    wrapped = optlab.optimizer("clip_gradient_norm", max_norm=1e300, inner=name)
    fitting = [p for p in map(optlab.problem, ("rosenbrock", "least_squares_regression", "l2_regression", "hs28"))
               if not lacking(p, plain)]  # fmt: skip
    assert fitting
    stop = Stationary() | Iterations(8)
    a, b = ([repr(fields(r)) for r in iterate(fitting[0], o, stop=stop)] for o in (plain, wrapped))
    assert a == b


def test_the_same_for_sets_and_samples():
    ball = Problem(rosenbrock().value, gradient=rosenbrock().gradient, start=[-1.2, 1.0], feasible=Ball(1.0))
    for problem, inner in ((ball, ProjectedGradient()), (mean_of(TERMS), SGD(0.1, batch=2))):
        stop = Stationary() | Iterations(40)
        plain = [fields(r) for r in iterate(problem, inner, stop=stop)]
        clipped = [fields(r) for r in iterate(problem, ClipGradientNorm(inner, 1e12), stop=stop)]
        assert repr(plain) == repr(clipped)  # NaN is not equal to itself


@pytest.mark.parametrize("wrap", [ClipGradientNorm, ClipGradientValue])
def test_clipping_survives_the_cliff_that_throws_the_plain_method_out(wrap):
    problem, stop = optlab.problem("cliff"), Stationary() | Iterations(2000)
    loop, plain = go(problem, GradientDescent(1e-2), stop)
    assert np.abs(plain.points).max() > 1e7
    assert loop.state.f > 1e10
    loop, clipped = go(problem, wrap(GradientDescent(1e-2)), stop)
    assert np.abs(clipped.points).max() <= 2.0
    assert loop.state.f <= 0.25
    assert clipped.scalars["clip_ratio"][0] <= 1e-8
    loop, trace = go(problem, ClipGradientNorm(Nesterov()), Stationary() | Iterations(10_000))
    assert trace.status is Status.CONVERGED


def test_what_is_recorded_is_true_and_what_is_seen_is_clipped():
    problem = rosenbrock()
    for optimizer, seen in (
        (ClipGradientNorm(GradientDescent(1e-2), 3.0), lambda g: g * min(1.0, 3.0 / np.linalg.norm(g))),
        (ClipGradientValue(GradientDescent(1e-2), 3.0), lambda g: np.clip(g, -3.0, 3.0)),
        (NormalizeGradient(GradientDescent(1e-2)), lambda g: g / np.linalg.norm(g)),
    ):
        states = [now.state for now in Loop(problem, optimizer, stop=Iterations(50))]
        for old, new in pairwise(states):
            np.testing.assert_allclose(new.x, old.x - 1e-2 * seen(problem.gradient(old.x)), rtol=1e-13, atol=1e-15)
            np.testing.assert_array_equal(new.g, problem.gradient(new.x))
            assert new.f == problem.value(new.x)
            ratio = np.linalg.norm(seen(new.g)) / np.linalg.norm(new.g)
            assert new.clip_ratio == pytest.approx(ratio, rel=1e-12)
        assert len({s.clip_ratio for s in states}) > 1


def test_normalized_steps_have_the_length_of_the_step_size():
    _, trace = go(optlab.problem("plateau"), NormalizeGradient(GradientDescent(1e-3)), NEVER | Iterations(50))
    np.testing.assert_allclose(np.linalg.norm(np.diff(trace.points, axis=0), axis=1), 1e-3, rtol=1e-9)
    flat = Problem(lambda x: 1.0, gradient=np.zeros_like, start=[1.0, 2.0], optimum=1.0)
    assert go(flat, NormalizeGradient())[1].status is Status.CONVERGED
    steps = Inverse(1.0, 1.0, 1.0)
    _, trace = go(
        bowl([1.0, 9.0], [2.0, 1.0]), NormalizeGradient(GradientDescent(0.5, steps)), NEVER | Iterations(3000)
    )
    assert np.abs(trace.points[-1]).max() <= 1e-3


def test_nested_wrappers_are_the_composition():
    """The outer one changes what the inner one gets to see."""
    problem = rosenbrock()
    optimizer = ClipGradientValue(ClipGradientNorm(GradientDescent(1e-2), 2.0), 5.0)
    states = [now.state for now in Loop(problem, optimizer, stop=Iterations(20))]
    for old, new in pairwise(states):
        g = np.clip(problem.gradient(old.x), -5.0, 5.0)
        g *= min(1.0, 2.0 / np.linalg.norm(g))
        np.testing.assert_allclose(new.x, old.x - 1e-2 * g, rtol=1e-13, atol=1e-15)
        np.testing.assert_array_equal(new.g, problem.gradient(new.x))
    made = optlab.optimizer("clip_gradient_value", limit=5.0,
                            inner={"name": "clip_gradient_norm", "max_norm": 2.0,
                                   "inner": {"name": "gradient_descent", "step_size": 1e-2}})  # fmt: skip
    assert made == optimizer


@pytest.mark.parametrize("inner", [*INNER, SGD(0.1, batch=2)], ids=repr)
def test_a_clipped_run_goes_on_bit_for_bit_and_its_counts_are_the_inner_ones(inner):
    optimizer = ClipGradientNorm(ClipGradientValue(inner, 20.0), 5.0)
    problem = mean_of(TERMS) if isinstance(inner, SGD) else rosenbrock()
    stop = Stationary() | Iterations(24)
    _loop, trace = go(problem, optimizer, stop, seed=4)
    seen = {"f": [], "gradient": []}
    value, gradient = problem.value, problem.gradient
    problem.__dict__["value"] = lambda x: (seen["f"].append(x.tobytes()), value(x))[1]
    problem.__dict__["gradient"] = lambda x: (seen["gradient"].append(x.tobytes()), gradient(x))[1]
    whole = list(iterate(problem, optimizer, stop=stop, seed=4))
    if optimizer.exact:
        for what, points in seen.items():
            assert len(points) == whole[-1].evaluations[what]
            assert all(a != b for a, b in pairwise(points))
    assert trace.scalars["clip_ratio"].min() < 1
    at = min(7, len(whole) // 2)
    rest = list(iterate(problem, optimizer, stop=stop, resume=pickle.loads(pickle.dumps(whole[at]))))
    assert [repr(fields(r)) for r in rest] == [repr(fields(r)) for r in whole[at + 1 :]]


def test_facts_and_records_come_from_the_inner_optimizer():
    ball = Problem(lambda x: float(x @ x), gradient=lambda x: 2 * x, start=[3.0, 1.0], feasible=Ball(1.0))
    wrapped = ClipGradientNorm(ProjectedGradient(), 0.5)
    assert wrapped.needs == ("gradient", "projection")
    assert wrapped.handles == ("set", "bounds")
    assert not lacking(ball, wrapped)
    assert "does not handle" in lacking(ball, ClipGradientNorm(GradientDescent()))
    assert ClipGradientNorm(Newton()).needs == ("gradient", "hessian")
    assert not ClipGradientNorm(SGD()).exact
    assert ClipGradientNorm(Adam()).exact
    assert not ClipGradientNorm(ClipGradientValue(Adam(batch=2))).exact
    assert "f_homogeneous" not in ClipGradientNorm(BFGS()).properties
    assert "monotone" in ClipGradientNorm(BFGS()).properties
    assert "rotation" in ClipGradientNorm(HeavyBall()).properties
    assert "rotation" not in ClipGradientValue(HeavyBall()).properties
    loop, trace = go(ball, wrapped)
    assert trace.status is Status.CONVERGED
    assert np.linalg.norm(loop.state.x) <= 1e-8
    _, trace = go(rosenbrock(), ClipGradientNorm(Nesterov(), 10.0), Iterations(10))
    assert np.isfinite(trace.scalars["momentum"]).all()
    assert ClipGradientNorm.needs == Optimizer.needs


def test_convergence_under_clipping_is_genuine():
    """Far out the gradient seen is short everywhere: only the true one decides."""
    optimizer = ClipGradientNorm(GradientDescent(0.3), 1e-9)
    _, trace = go(bowl([1.0, 4.0], [3.0, 2.0]), optimizer, Stationary() | Iterations(50))
    assert trace.status is trace.claimed is Status.MAX_ITERATIONS
    np.testing.assert_allclose(trace.scalars["stationarity"], 8.0, rtol=1e-6)
    loop, trace = go(bowl([1.0, 4.0], [3.0, 2.0]), ClipGradientNorm(GradientDescent(0.3), 1.0))
    assert trace.status is Status.CONVERGED
    assert loop.genuine
    np.testing.assert_allclose(loop.state.x, 0.0, atol=1e-6)


@dataclass(frozen=True)
class Ends(Optimizer):
    """A method that gives up after a rejected step."""

    def step(self, oracle, state):
        if state.k == 1:
            raise Halt(Status.STALLED, "enough")
        return state.stayed(memory="kept")


def test_rejected_steps_and_verdicts_pass_through():
    loop, trace = go(rosenbrock(), ClipGradientNorm(Ends(), 1e-3))
    assert trace.status is Status.STALLED
    assert "enough" in trace.message
    assert loop.state.memory.memory == "kept"
    np.testing.assert_array_equal(loop.state.g, rosenbrock().gradient(rosenbrock().start()))
    with pytest.raises(AttributeError, match="nothing"):
        loop.state.nothing
