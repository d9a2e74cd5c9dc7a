"""Exact trust-region steps within bounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import optlab
from optlab.core.driver import Loop, run
from optlab.core.status import Status
from optlab.core.stop import Iterations, Stationary
from optlab.kernels.bounds_faces import faces_step
from optlab.kernels.limits import Radius
from optlab.kernels.secular import exact_step, factored
from optlab.optimizers.projected.trust_region_faces import TrustRegionFaces


def model(seed, n=6, least=1.0):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    H = (Q * np.linspace(least, 10, n)) @ Q.T
    return 0.5 * (H + H.T), rng.standard_normal(n), rng.random(n)


@pytest.mark.parametrize("least", [1.0, -3.0])
@pytest.mark.parametrize("radius", [0.1, 100.0])
def test_without_bounds_it_is_the_exact_step(least, radius):
    H, g, _ = model(0, least=least)
    wide = np.full(6, 1e6)
    step, exact = faces_step(H, g, -wide, wide, radius), exact_step(factored(H), g, Radius(radius))
    np.testing.assert_allclose(step.p, exact.p, rtol=1e-10)
    assert step.predicted == pytest.approx(exact.predicted)
    assert step.boundary == exact.boundary


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("least", [1.0, -3.0])
def test_every_step_is_in_the_box_and_the_radius_and_does_no_worse_than_cauchy(seed, least):
    H, g, room = model(seed, least=least)
    lo, hi = -0.3 * room * (room > 0.2), 0.3 * room[::-1] * (room[::-1] > 0.2)
    for radius in (0.05, 0.3, 5.0):
        step = faces_step(H, g, lo, hi, radius)
        assert (step.p >= lo).all()
        assert (step.p <= hi).all()
        assert np.linalg.norm(step.p) <= radius * (1 + 1e-9)
        assert step.predicted == pytest.approx(-g @ step.p - 0.5 * step.p @ H @ step.p)
        d = np.where(((g > 0) & (lo >= 0)) | ((g < 0) & (hi <= 0)), 0.0, -g)
        along = [np.clip(t * d, lo, hi) for t in np.geomspace(1e-4, 1, 60) * radius / np.linalg.norm(d)]
        assert step.predicted >= 0.05 * max(-g @ p - 0.5 * p @ H @ p for p in along)


@pytest.mark.parametrize("seed", range(5))
def test_a_convex_quadratic_in_a_box_takes_few_evaluations(seed):
    H, g, room = model(seed, n=12)
    problem = optlab.Problem(lambda x: 0.5 * x @ H @ x + g @ x, gradient=lambda x: H @ x + g, hessian=lambda x: H,
                             start=np.zeros(12), bounds=(-0.1 * room, 0.1 * room[::-1]))  # fmt: skip
    loop = Loop(problem, TrustRegionFaces(), stop=Stationary() | Iterations(100))
    assert run(loop).status is Status.CONVERGED
    assert loop.oracle.n_f <= 15
    right = minimize(problem.value, np.zeros(12), jac=problem.gradient, bounds=list(zip(*problem.bounds, strict=True)),
                     options={"ftol": 1e-15, "gtol": 1e-12})  # fmt: skip
    np.testing.assert_allclose(loop.state.x, right.x, atol=1e-6)


@pytest.mark.parametrize("name", ["hs1", "hs4", "hs5", "box_quadratic"])
def test_bound_constrained_problems_are_solved_within_the_bounds(name):
    problem = optlab.problem(name)
    loop = Loop(problem, TrustRegionFaces(), stop=Stationary() | Iterations(200))
    trace = run(loop)
    assert trace.status is Status.CONVERGED
    assert loop.state.f == pytest.approx(problem.known.optimum, abs=1e-8)
    lo, hi = loop.oracle.bounds
    assert (trace.points >= lo).all()
    assert (trace.points <= hi).all()


@pytest.mark.parametrize("seed", range(10))
def test_in_the_last_face_the_model_is_at_its_minimum(seed):
    H, g, room = model(seed, n=8)
    lo, hi = -0.2 * room, 0.2 * room[::-1]
    p = faces_step(H, g, lo, hi, 1e3).p
    inside = (p > lo) & (p < hi)
    np.testing.assert_allclose((g + H @ p)[inside], 0, atol=1e-12)
    assert not inside.all()
