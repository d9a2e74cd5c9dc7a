"""Least squares: closed forms, rates and limits; honest counts; the four ways to a linear problem."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

import optlab
from optlab.core.driver import Loop, iterate, run
from optlab.core.oracle import Oracle
from optlab.core.squares import SumOfSquares
from optlab.core.status import Status
from optlab.core.stop import Evaluations, Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.kernels.damped_least_squares import (
    cauchy,
    damped,
    dogleg_step,
    gauss_newton,
    model,
    more_step,
    norm,
    scales,
    step_to,
)
from optlab.kernels.least_squares import by_lstsq, by_normal_equations, by_qr, by_svd, shortest_step, square_factor
from optlab.linesearch.strong_wolfe import StrongWolfe
from optlab.optimizers.least_squares.gauss_newton import GaussNewton
from optlab.optimizers.least_squares.linear import QR, SVD, Lstsq, NormalEquations
from optlab.optimizers.least_squares.within_radius import GaussNewtonDogleg, LevenbergMarquardt
from optlab.transforms.value_scaling import ValueScaling

NONLINEAR = (GaussNewton(), GaussNewton(search=StrongWolfe()), LevenbergMarquardt(), GaussNewtonDogleg())
LINEAR = (NormalEquations(), QR(), SVD(), Lstsq())
nonlinear = pytest.mark.parametrize("optimizer", NONLINEAR, ids=["gauss_newton", "wolfe", "marquardt", "dogleg"])
linear = pytest.mark.parametrize("optimizer", LINEAR, ids=["normal_equations", "qr", "svd", "lstsq"])


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop, **more)
    return loop, run(loop)


def fit(r, J, start, c=1.0, **more):
    """The problem c rᵀr."""
    return Problem(
        lambda x: c * float(r(x) @ r(x)), gradient=lambda x: 2 * c * (r(x) @ J(x)), residuals=r, jacobian=J,
        start=start, **more,
    )  # fmt: skip


def valley(c=1.0, start=(-1.2, 1.0), **more):
    return fit(
        lambda x: np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]]), lambda x: np.array([[-20 * x[0], 10.0], [-1.0, 0.0]]),
        start, c, **more,
    )  # fmt: skip


def decay(noise=0.0, start=(1.0, -1.0)):
    """a·exp(bt) through ten points on 3·exp(−2t), moved by ± noise."""
    t = np.linspace(0, 1, 10)
    y = 3 * np.exp(-2 * t) + noise * np.cos(7 * np.arange(10))
    return fit(
        lambda x: x[0] * np.exp(x[1] * t) - y,
        lambda x: np.stack([np.exp(x[1] * t), x[0] * t * np.exp(x[1] * t)], axis=1), start,
    )  # fmt: skip


def matrix(m, n, kappa, seed=0):
    rng = np.random.default_rng(seed)
    U, V = np.linalg.qr(rng.normal(size=(m, n)))[0], np.linalg.qr(rng.normal(size=(n, n)))[0]
    return U * np.geomspace(1, 1 / kappa, n) @ V.T, rng.normal(size=m)


# --- kernels -----------------------------------------------------------------------------------


@pytest.mark.parametrize("c", [1.0, 0.5, 1 / 7, 0.5 / 7, 2.0**60])
def test_the_factor_of_a_sum_of_squares_is_found_without_its_rounding(c):
    for seed in range(20):
        r = np.tile(np.random.default_rng(seed).normal(size=7), 49)  # 7³ residuals
        f = c * float(np.cumsum(r * r)[-1])
        assert square_factor(f / 49 if c < 1 / 6 else f, r) == (c / 49 if c < 1 / 6 else c)


def test_another_factor_is_what_it_is():
    r = np.array([1.0, 2.0, 3.0])
    assert square_factor(3.7 * 14, r) == pytest.approx(3.7, rel=1e-15)
    assert np.isnan(square_factor(0.0, np.zeros(3)))
    assert np.isnan(square_factor(np.inf, r))
    assert square_factor(1.0, np.zeros(3)) == np.inf


@pytest.mark.parametrize("shape", [(12, 5), (5, 5), (3, 5)])
def test_the_model_promises_what_the_linear_residuals_do(shape):
    J, r = matrix(*shape, 100.0) if shape[0] >= shape[1] else (matrix(5, 3, 100.0)[0].T, np.arange(3.0) + 1)
    here = model(r, J, scales(J))
    for z in (gauss_newton(here), cauchy(here), damped(here, 0.1)):
        step = step_to(here, z)
        e = r + J @ step.p
        assert step.promised == pytest.approx(r @ r - e @ e, rel=1e-12)
        assert step.length == pytest.approx(np.linalg.norm(scales(J) * step.p), rel=1e-12)


def test_a_damped_step_goes_to_gauss_newton_and_to_the_scaled_gradient():
    J, r = matrix(12, 5, 100.0)
    J = J * [1e-3, 1.0, 1e3, 7.0, 0.1]
    D = scales(J)
    here = model(r, J, D)
    full = np.linalg.lstsq(J, -r)[0]
    np.testing.assert_allclose(step_to(here, gauss_newton(here)).p, full, rtol=1e-9)
    np.testing.assert_allclose(step_to(here, damped(here, 1e-15)).p, full, rtol=1e-8)
    lam = 1e12
    np.testing.assert_allclose(lam * step_to(here, damped(here, lam)).p, -(J.T @ r) / D**2, rtol=1e-10)
    for lam in (1e-4, 1.0, 1e4):
        np.testing.assert_allclose(
            step_to(here, damped(here, lam)).p, np.linalg.solve(J.T @ J + lam * np.diag(D**2), -J.T @ r), rtol=1e-9
        )


@pytest.mark.parametrize("part", [1e-6, 1e-2, 0.5, 0.89])
@pytest.mark.parametrize("rank", [4, 5])
def test_the_damping_makes_the_step_as_long_as_the_radius(part, rank):
    J, r = matrix(12, 5, 1e4)
    J[:, 4] = J[:, 3] if rank == 4 else J[:, 4]
    D = scales(J)
    here = model(r, J, D)
    radius = part * norm(gauss_newton(here))
    step = more_step(here, radius)
    assert step.lam > 0
    assert not step.inside
    assert abs(np.linalg.norm(D * step.p) - radius) <= 0.1 * radius * (1 + 1e-9)
    residual = J.T @ (J @ step.p + r) + step.lam * D**2 * step.p
    assert np.linalg.norm(residual / D) <= 1e-12 * np.linalg.norm((J.T @ r) / D)
    step = more_step(here, norm(gauss_newton(here)))
    assert step.inside
    assert step.lam == 0


def test_a_few_iterations_find_the_damping(monkeypatch):
    calls = Counter()

    def counted(*given):
        calls["damped"] += 1
        return damped(*given)

    monkeypatch.setattr("optlab.kernels.damped_least_squares.damped", counted)
    for kappa in (10.0, 1e3, 1e6):
        J, r = matrix(12, 5, kappa)
        here = model(r, J, scales(J))
        for part in (1e-8, 1e-3, 0.1, 0.5):
            calls.clear()
            more_step(here, part * norm(gauss_newton(here)))
            assert calls["damped"] <= 5


def test_the_dogleg_bends_at_cauchys_point_and_ends_at_gauss_newtons():
    J, r = matrix(12, 5, 100.0)
    D = scales(J)
    here = model(r, J, D)
    first, end = norm(cauchy(here)), norm(gauss_newton(here))
    g = J.T @ r / D
    best = (g @ g) / np.sum((J / D @ g) ** 2)
    np.testing.assert_allclose(dogleg_step(here, first).p, -best * g / D, rtol=1e-10)
    steps = [dogleg_step(here, radius) for radius in np.linspace(0.1 * first, 1.5 * end, 40)]
    for radius, step in zip(np.linspace(0.1 * first, 1.5 * end, 40), steps, strict=True):
        assert step.length == pytest.approx(min(radius, end), rel=1e-12)
        assert step.inside == (radius >= end)
        assert step.promised <= more_step(here, step.length).promised * 1.2
    assert np.all(np.diff([step.promised for step in steps]) >= -1e-14)
    np.testing.assert_allclose(steps[-1].p, np.linalg.lstsq(J, -r)[0], rtol=1e-9)


def test_a_rank_deficient_jacobian_gives_the_shortest_step():
    J, r = matrix(8, 4, 10.0)
    J[:, 3] = J[:, 0] - 2 * J[:, 1]
    np.testing.assert_allclose(shortest_step(J, r), -np.linalg.pinv(J) @ r, rtol=1e-10)
    assert shortest_step(np.full((2, 2), np.nan), np.ones(2)) is None


# --- nonlinear methods -------------------------------------------------------------------------


@pytest.mark.parametrize("kappa", [10.0, 1e6])
def test_gauss_newton_solves_a_linear_problem_in_one_step(kappa):
    A, b = matrix(20, 6, kappa)
    problem = fit(lambda x: A @ x - b, lambda x: A.copy(), np.ones(6))
    for start in (None, np.full(6, 100.0)):
        loop, trace = go(problem, GaussNewton(), start=start)
        assert trace.status is Status.CONVERGED
        assert loop.k == 1
        np.testing.assert_allclose(loop.state.x, np.linalg.lstsq(A, b)[0], rtol=1e-14 * kappa**2 + 1e-12)


@nonlinear
def test_the_rate_is_quadratic_where_the_residuals_vanish(optimizer):
    _, trace = go(decay(), optimizer, Stationary(rtol=1e-15) | Iterations(60))
    e = np.linalg.norm(trace.points - [3.0, -2.0], axis=1)
    e = e[np.flatnonzero(np.append(True, np.diff(trace.scalars["f"]) != 0))]  # rejected steps stay
    late = e[(e < 3e-2) & (e > 1e-9)]
    assert late.size >= 2
    assert np.all(late[1:] <= 4 * late[:-1] ** 2 + 1e-15)


@nonlinear
def test_a_residual_that_is_left_makes_it_linear(optimizer):
    loop, trace = go(decay(noise=0.3), optimizer, Stationary(rtol=1e-10) | Iterations(200))
    assert trace.status is Status.CONVERGED
    assert np.abs(loop.problem.gradient(loop.state.x)).max() <= 1e-9 * np.abs(trace.scalars["stationarity"][0])


@nonlinear
def test_counts_are_those_of_residuals_and_jacobians(optimizer):
    calls, points = Counter(), []
    problem = valley()
    for name in ("value", "gradient", "residuals", "jacobian"):
        inner = problem.__dict__[name]

        def watched(x, name=name, inner=inner):
            calls[name] += 1
            points.append((name, x.tobytes()))
            return inner(x)

        problem.__dict__[name] = watched
    problem._rows, problem.square_factor, problem.known  # facts of the problem, not of a run
    calls.clear()
    points.clear()
    loop, trace = go(problem, optimizer, Iterations(50))
    assert calls.pop("gradient") == 1  # the driver asks the problem itself for the scale of "small", uncounted
    assert calls == {"residuals": loop.oracle.n_f, "jacobian": loop.oracle.n_jacobian}
    assert len(set(points)) == len(points)
    assert loop.oracle.n_gradient == 0
    loop, trace = go(problem, optimizer)
    assert trace.status is Status.CONVERGED
    assert calls["gradient"] == 2  # and whether a claim is true
    budget = Evaluations(f=5) | Iterations(100)
    assert go(problem, optimizer, budget)[0].oracle.n_f == 5


@nonlinear
@pytest.mark.parametrize("c", [0.5, 2.0**60, 2.0**-60, 2.0**-59])
def test_the_factor_of_f_changes_no_bit_of_the_iterates(optimizer, c):
    stop = Stationary() | Iterations(60)
    loop, a = go(valley(), optimizer, stop)
    scaled, b = go(valley(c), optimizer, stop)
    assert a.status is b.status is Status.CONVERGED
    np.testing.assert_array_equal(a.points, b.points)
    assert scaled.oracle.counts == loop.oracle.counts
    np.testing.assert_array_equal(b.scalars["f"], c * a.scalars["f"])


@nonlinear
@pytest.mark.parametrize("k", [-60, 60])
def test_units_of_the_residuals_change_no_bit_of_the_iterates(optimizer, k):
    stop = Iterations(60)
    _, a = go(optlab.problem("bard"), optimizer, stop)
    _, b = go(ValueScaling(factor=2.0**k).apply(optlab.problem("bard")), optimizer, stop)
    np.testing.assert_array_equal(a.points, b.points)


@nonlinear
def test_units_of_the_variables_do_not_matter(optimizer):
    s = np.array([2.0**-20, 2.0**30, 8.0])
    inner = optlab.problem("bard")
    scaled = fit(lambda y: inner.residuals(y * s), lambda y: inner.jacobian(y * s) * s, inner.start() / s)
    _, a = go(inner, optimizer, Iterations(20))
    _, b = go(scaled, optimizer, Iterations(20))
    np.testing.assert_allclose(b.points[-1] * s, a.points[-1], rtol=1e-8)


def test_scales_never_decrease_and_rejected_steps_stay():
    for optimizer in (LevenbergMarquardt(), GaussNewtonDogleg()):
        states = [now.state for now in Loop(optlab.problem("penalty_2"), optimizer, stop=Iterations(25))]
        rejected = 0
        for old, new in pairwise(states):
            D = new.memory.D
            assert np.all(D >= old.memory.D)
            assert np.all(scales(new.memory.squares.J) <= D)
            assert 0 < new.radius < np.inf
            assert new.lam >= 0
            if new.x is old.x:
                rejected += 1
                assert new.f == old.f
                assert np.isnan(new.step_size)
                assert new.ratio < 1e-4 or np.isnan(new.ratio)
                if old.k > 0:
                    assert new.radius < old.radius
            else:
                assert new.f < old.f
                assert new.ratio >= 1e-4
                np.testing.assert_array_equal(old.x + new.direction, new.x)
        assert rejected > 0


def test_the_damping_is_zero_exactly_where_the_radius_does_not_bind():
    states = [now.state for now in Loop(valley(), LevenbergMarquardt(), stop=Iterations(30))]
    bound = free = 0
    for old, new in pairwise(states):
        if new.x is old.x or np.isnan(old.radius):
            continue
        length = np.linalg.norm(old.memory.D * new.direction)
        if new.lam > 0:
            bound += 1
            assert abs(length - old.radius) <= 0.1 * old.radius * (1 + 1e-9)
        else:
            free += 1
            assert length <= 1.1 * old.radius
            p = shortest_step(old.memory.squares.J, old.memory.squares.r)
            np.testing.assert_allclose(new.direction, p, rtol=1e-9, atol=1e-14)
    assert bound > 0
    assert free > 0


def test_the_ratio_and_the_radius_follow_more_rules():
    method = LevenbergMarquardt()
    states = [now.state for now in Loop(optlab.problem("penalty_2"), method, stop=Iterations(25))]
    seen = set()
    for old, new in pairwise(states):
        if np.isnan(old.radius):
            continue
        length = np.linalg.norm(old.memory.D * new.direction) if new.x is not old.x else np.nan
        if new.ratio > method.bad and (new.lam == 0 or new.ratio >= method.good):
            assert new.radius == pytest.approx(2 * length, rel=1e-12)
            seen.add("grows")
        elif new.ratio > method.bad:
            assert new.radius == old.radius
            seen.add("stays")
        elif new.x is old.x:
            c, r, J = old.memory.squares
            step = method.within(model(r, J, old.memory.D), old.radius)
            trial = Loop(optlab.problem("penalty_2"), method).problem.value(old.x + step.p)
            slope, decrease = float(old.g @ step.p), old.f - trial
            part = np.clip(0.5 * slope / (slope + decrease), 0.1, 0.5) if trial < 100 * old.f else 0.1
            assert c * float(r @ r) == old.f
            assert new.radius == pytest.approx(part * min(old.radius, 10 * step.length), rel=1e-9)
            seen.add("shrinks")
        else:
            assert new.radius <= 0.5 * old.radius
            seen.add("taken, and shrinks")
    assert "grows" in seen
    assert "shrinks" in seen


def test_a_shortened_step_is_followed_by_a_shifted_direction():
    states = [now.state for now in Loop(optlab.problem("penalty_2"), GaussNewton(), stop=Iterations(40))]
    assert any(s.lam > 0 for s in states)
    for old, new in pairwise(states):
        if new.step_size < 1:
            assert new.lam == max(10 * old.lam, 1e-3)
        else:
            assert new.lam in (old.lam, old.lam / 4, 0.0)
        _, r, J = old.memory
        if old.lam > 0 and new.restarts == old.restarts:
            shifted = np.vstack([J, np.sqrt(old.lam) * np.diag(scales(J))])
            p = np.linalg.lstsq(shifted, -np.append(r, np.zeros(r.size // 2)))[0]
            np.testing.assert_allclose(new.direction, p, rtol=1e-6, atol=1e-12)
    pure = [now.state for now in Loop(optlab.problem("penalty_2"), GaussNewton(shift=0.0), stop=Iterations(40))]
    assert all(s.lam == 0 for s in pure)


@nonlinear
def test_resumed_from_any_state_it_goes_on_bit_for_bit(optimizer):
    problem = optlab.problem("kowalik_osborne")
    whole = list(iterate(problem, optimizer, stop=Iterations(25)))
    for record in whole[:-1:4]:
        rest = list(iterate(problem, optimizer, stop=Iterations(25), resume=record))
        assert [(r.k, r.f, r.counts) for r in rest] == [(r.k, r.f, r.counts) for r in whole[record.k + 1 :]]


@nonlinear
def test_a_variable_without_influence_stays_where_it_is(optimizer):
    problem = fit(
        lambda x: np.array([x[0] ** 2 - 2, x[0] - 1.4]), lambda x: np.array([[2 * x[0], 0.0], [1.0, 0.0]]), [3.0, 5.0]
    )
    loop, trace = go(problem, optimizer)
    assert trace.status is Status.CONVERGED
    assert loop.state.x[1] == 5.0


@nonlinear
def test_fewer_residuals_than_variables(optimizer):
    problem = fit(lambda x: np.array([x @ x - 4.0]), lambda x: 2 * x[None, :], [1.0, 2.0, 3.0])
    loop, trace = go(problem, optimizer)
    assert trace.status is Status.CONVERGED
    assert loop.state.x @ loop.state.x == pytest.approx(4.0, rel=1e-7)


@nonlinear
def test_residuals_that_overflow_or_leave_their_domain_are_no_obstacle(optimizer):
    t = np.linspace(0, 1, 5)
    far = fit(lambda x: np.exp(x[0] * t) - 2.0, lambda x: (t * np.exp(x[0] * t))[:, None], [-3.0])
    assert go(far, optimizer)[1].status is Status.CONVERGED
    wall = fit(lambda x: np.log(np.where(x > 0, x, np.nan)), lambda x: np.diag(1 / x), [0.05, 12.0])
    loop, trace = go(wall, optimizer)
    assert trace.status is Status.CONVERGED
    np.testing.assert_allclose(loop.state.x, 1.0, rtol=1e-6)
    assert np.isfinite(trace.points).all()
    python = fit(
        lambda x: np.array([math.exp(x[0]) - 2.0]), lambda x: np.array([[math.exp(x[0])]]), [-20.0]
    )  # Python's exponential raises where NumPy's is infinite
    loop, trace = go(python, optimizer)
    assert trace.status is Status.CONVERGED
    assert loop.state.x[0] == pytest.approx(np.log(2), rel=1e-6)


@nonlinear
def test_a_jacobian_that_turns_nan_half_way_ends_with_what_there_is(optimizer):
    problem = fit(lambda x: x**2 - 0.01, lambda x: np.array([[2 * x[0] if x[0] > 0.3 else np.nan]]), [3.0])
    loop, trace = go(problem, optimizer)
    assert trace.status in (Status.STALLED, Status.NONFINITE, Status.LINESEARCH_FAILED)
    assert loop.k < 500
    assert 0.3 < loop.state.x[0] < 0.31
    assert np.isfinite(trace.scalars["stationarity"]).all()


def test_a_step_that_rounding_forbids_shrinks_the_radius_too():
    problem = optlab.problem("matrix_factorization")
    for optimizer in NONLINEAR[2:]:
        loop, trace = go(problem, optimizer, start=100 * problem.start())
        assert trace.status in (Status.STALLED, Status.CONVERGED)
        assert loop.k < 100


def test_a_point_asked_before_costs_nothing_though_others_were_asked_since():
    oracle = Oracle(valley())
    view = SumOfSquares(oracle, 1.0)
    x, y = np.array([1.0, 2.0]), np.array([0.0, 1.0])
    first = view.value_and_gradient(x)
    view.value_and_gradient(y)
    again = view.value_and_gradient(x)
    assert again[0] == first[0]
    np.testing.assert_array_equal(again[1], first[1])
    assert (oracle.n_f, oracle.n_gradient, oracle.n_jacobian) == (2, 0, 2)
    assert not first[1].flags.writeable


@nonlinear
def test_a_wrong_jacobian_is_no_success(optimizer):
    good = valley()
    wrong = fit(good.residuals, lambda x: -good.jacobian(x), good.start())
    _, trace = go(wrong, optimizer)
    assert trace.status in (Status.LINESEARCH_FAILED, Status.STALLED)


@nonlinear
def test_residuals_that_are_not_those_of_f_are_no_success(optimizer):
    inner = valley()
    other = Problem(
        lambda x: inner.value(x) + 3 * float(x @ x), gradient=lambda x: inner.gradient(x) + 6 * x, start=[-1.2, 1.0],
        residuals=inner.residuals, jacobian=inner.jacobian,
    )  # fmt: skip
    _, trace = go(other, optimizer)
    assert trace.status is not Status.CONVERGED
    offset = Problem(
        lambda x: inner.value(x) + 3.0, gradient=inner.gradient, start=[1.0, 1.0], residuals=inner.residuals,
        jacobian=inner.jacobian,
    )  # fmt: skip
    _, trace = go(offset, optimizer)
    assert trace.status is Status.ERROR
    assert "the residuals do not give f: f = 3 where the sum of their squares is 0" in trace.message


@nonlinear
def test_a_solution_as_the_standard_start_leaves_the_factor_to_the_run(optimizer):
    loop, trace = go(valley(0.5, start=(1.0, 1.0)), optimizer, Stationary(atol=1e-8) | Iterations(100), start=[-1.2, 1])
    assert trace.status is Status.CONVERGED
    assert trace.scalars["f"][0] == pytest.approx(12.1)
    assert loop.oracle.n_f >= 2


@nonlinear
def test_a_large_residual_hides_the_decrease_and_the_gradient_shows_it(optimizer):
    inner = decay(noise=0.1)
    hidden = fit(
        lambda x: np.append(inner.residuals(x), 1e5), lambda x: np.vstack([inner.jacobian(x), np.zeros(2)]), [1.0, -1.0]
    )
    loop, trace = go(hidden, optimizer)
    assert trace.status is Status.CONVERGED
    reference = go(inner, optimizer, Stationary(rtol=1e-12) | Iterations(100))[0].state.x
    np.testing.assert_allclose(loop.state.x, reference, rtol=1e-6)


MGH = ("bard", "beale", "box_three_dimensional", "gaussian", "helical_valley", "osborne1", "powell_singular",
       "rosenbrock", "watson", "wood")  # fmt: skip


def effort_of_scipy(problem, method, target):
    from scipy.optimize import least_squares

    calls, reached = [0], [np.inf]

    def r(x):
        calls[0] += 1
        residuals = problem.residuals(x)
        if residuals @ residuals <= target:
            reached[0] = min(reached[0], calls[0])
        return residuals

    def J(x):
        calls[0] += 1
        return problem.jacobian(x)

    least_squares(r, problem.start(), J, method=method, ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=300)
    return reached[0]


@pytest.mark.parametrize("tau", [1e-5, 1e-8])
def test_levenberg_marquardt_needs_no_more_calls_than_scipy(tau):
    ratios = {"lm": [], "trf": []}
    for name in MGH:
        problem = optlab.problem(name)
        f0, best = problem.value(problem.start()), problem.known.optimum
        target = best + tau * (f0 - best)
        _, trace = go(problem, LevenbergMarquardt())
        assert trace.status is Status.CONVERGED
        s = trace.scalars
        ours = (s["n_f"] + s["n_jacobian"])[np.flatnonzero(s["f"] <= target)[0]] - 1  # r is known before J there
        for method, found in ratios.items():
            found.append(ours / effort_of_scipy(problem, method, target))
    assert all(np.median(found) <= 1 for found in ratios.values()), ratios


@pytest.mark.parametrize("name", ["bard", "brown_dennis", "freudenstein_roth", "kowalik_osborne", "osborne2"])
@pytest.mark.parametrize("factor", [1, 10, 100])
def test_success_is_true_from_far_starts(name, factor):
    problem = optlab.problem(name)
    scale = np.abs(problem.gradient(problem.start())).max()
    for optimizer in NONLINEAR[::2]:
        loop, trace = go(problem, optimizer, Stationary() | Iterations(300), start=factor * problem.start())
        assert trace.status is not Status.ERROR
        if trace.status is Status.CONVERGED:
            assert np.abs(problem.gradient(loop.state.x)).max() <= 1e-8 * scale * (1 + 1e-6)


# --- the four ways -----------------------------------------------------------------------------


def test_the_four_ways_agree_on_a_good_matrix():
    A, b = matrix(30, 8, 10.0)
    x = np.linalg.lstsq(A, b)[0]
    for way in (by_normal_equations, by_qr, by_svd, by_lstsq):
        np.testing.assert_allclose(way(A, b), x, rtol=1e-12, atol=1e-12)


@linear
def test_each_way_is_one_step_from_any_start(optimizer):
    problem = optlab.problem("random_singular_values", n=6, m=12, condition=10.0, residual=1.0)
    for start in (None, np.full(6, 50.0)):
        loop, trace = go(problem, optimizer, start=start)
        assert trace.status is Status.CONVERGED
        assert loop.k == 1
        assert (loop.oracle.n_f, loop.oracle.n_gradient, loop.oracle.n_jacobian) == (2, 0, 1)
        np.testing.assert_allclose(loop.state.x, problem.known.solution, rtol=1e-12, atol=1e-12)


def test_the_ways_order_as_theory_says():
    errors = {}
    for kappa in (1e2, 1e4, 1e6):
        for optimizer in LINEAR:
            problem = optlab.problem("random_singular_values", n=8, m=16, condition=kappa)
            loop, _ = go(problem, optimizer)
            errors[type(optimizer).__name__, kappa] = np.linalg.norm(loop.state.x - problem.known.solution)
    for name in ("QR", "SVD", "Lstsq"):
        assert errors[name, 1e6] <= 1e-15 * 1e6 * 100
        assert errors["NormalEquations", 1e6] >= 1e3 * errors[name, 1e6]
    growth = errors["NormalEquations", 1e6] / errors["NormalEquations", 1e2]
    assert 1e6 <= growth <= 1e10  # κ² would be 1e8


def test_lauchlis_matrix_breaks_the_normal_equations_with_a_status():
    problem = optlab.problem("lauchli", eps=1e-8, residual=0.0)
    loop, trace = go(problem, NormalEquations())
    assert trace.status is Status.SINGULAR_KKT
    assert "4 × 3 matrix is singular to the precision of this way" in trace.message
    assert loop.k == 0
    for optimizer in (QR(), SVD(), Lstsq(), GaussNewton()):
        loop, trace = go(problem, optimizer)
        assert trace.status is Status.CONVERGED
        np.testing.assert_allclose(loop.state.x, 1.0, rtol=1e-7)


def test_dependent_columns_stop_qr_and_not_the_svd():
    problem = optlab.problem("rank_deficient")
    for optimizer in (NormalEquations(), QR()):
        assert go(problem, optimizer)[1].status is Status.SINGULAR_KKT
    x = np.linalg.pinv(problem.jacobian(problem.start())) @ problem.b
    for optimizer in (SVD(), Lstsq()):
        loop, trace = go(problem, optimizer)
        assert trace.status is Status.CONVERGED
        np.testing.assert_allclose(loop.state.x, x, rtol=1e-12, atol=1e-13)
    assert by_qr(np.ones((2, 3)), np.ones(2)) is None


def test_scaled_columns_are_not_dependent_ones():
    A, b = matrix(9, 3, 10.0)
    s = np.array([1e-12, 1.0, 1e12])
    np.testing.assert_allclose(by_qr(A * s, b) * s, np.linalg.lstsq(A, b)[0], rtol=1e-10)


def test_rcond_cuts_small_singular_values_off():
    A, b = matrix(10, 4, 1e6)
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    cut = Vt[:2].T @ ((U[:, :2].T @ b) / s[:2])
    for way in (by_svd, by_lstsq):
        np.testing.assert_allclose(way(A, b, 1e-3), cut, rtol=1e-9)
    problem = optlab.problem("random_singular_values", condition=1e6)
    sharp, blunt = (go(problem, SVD(rcond=rcond))[0].state.x for rcond in (None, 1e-3))
    assert np.linalg.norm(blunt) < 0.9 * np.linalg.norm(sharp)


def test_refinement_repairs_the_normal_equations_while_kappa_squared_is_below_1e16():
    problem = optlab.problem("random_singular_values", n=8, m=16, condition=1e5)
    stop = Stationary(rtol=0) | Iterations(50)
    errors = []
    for refinements in (0, 1, 2):
        loop, trace = go(problem, NormalEquations(refinements=refinements), stop)
        assert trace.status is Status.STALLED
        assert loop.k == refinements + 1
        errors.append(np.linalg.norm(loop.state.x - problem.known.solution))
    assert errors[0] > 100 * errors[1]
    assert errors[2] < 1e-9


@linear
def test_what_is_not_linear_is_refused_with_the_reason(optimizer):
    _, trace = go(optlab.problem("rosenbrock"), optimizer)
    assert trace.status is Status.SKIPPED
    assert "needs quadratic: the problem is not a quadratic" in trace.message
    _, trace = go(optlab.problem("kappa5"), optimizer)
    assert trace.status is Status.SKIPPED
    assert "residuals" in trace.message


@linear
@pytest.mark.parametrize("k", [-60, 60])
def test_units_of_f_change_no_bit_of_a_solve(optimizer, k):
    problem = optlab.problem("vandermonde", n=4)
    _, a = go(problem, optimizer)
    _, b = go(ValueScaling(factor=2.0**k).apply(problem), optimizer)
    assert a.status is b.status is Status.CONVERGED
    np.testing.assert_array_equal(a.points, b.points)
