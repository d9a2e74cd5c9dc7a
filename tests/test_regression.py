"""L2 regularization is a constraint: the ball-constrained regression, its closed form and its penalized twin."""

from __future__ import annotations

import numpy as np
import pytest

import optlab

TIGHT = optlab.stop.Stationary(rtol=1e-12) | optlab.stop.Iterations(20_000)


@pytest.mark.parametrize("fraction", [0.01, 0.25, 0.9])
def test_the_diabetes_regression_in_a_ball_equals_its_secular_equation(fraction):
    problem = optlab.problem("l2_regression", data="diabetes", fraction=fraction)
    exact = problem.known
    scale = np.abs(problem.gradient(exact.solution)).max()
    rule = optlab.stop.Stationary(rtol=0, atol=1e-10 * scale) | optlab.stop.Iterations(20_000)
    result = optlab.minimize(problem, "projected_gradient", stop=rule)
    assert result.success, result.message
    assert np.linalg.norm(result.x - exact.solution) <= 1e-8 * np.linalg.norm(exact.solution)
    found = optlab.kkt(problem, result.x)
    assert max(found.stationarity, found.complementarity) <= 1e-10 * scale
    assert found.primal <= 1e-10 * problem.feasible.radius**2
    # The penalized twin at the multiplier reported has the same solution.
    twin = optlab.problem("ridge", data="diabetes", penalty=float(found.lam[0]))
    penalized = optlab.minimize(twin, "newton", stop=TIGHT)
    assert np.linalg.norm(penalized.x - result.x) <= 1e-8 * np.linalg.norm(result.x)
    assert found.lam[0] == pytest.approx(exact.multipliers[0][0], rel=1e-8)


@pytest.mark.parametrize("condition", [10, 100, 1e3, 1e4])
def test_ill_conditioned_designs_likewise(condition):
    settings = {"data": "synthetic", "n": 12, "condition": condition}
    problem = optlab.problem("l2_regression", **settings)
    result = optlab.minimize(problem, "projected_gradient", stop=TIGHT)
    size = np.linalg.norm(problem.known.solution)
    assert np.linalg.norm(result.x - problem.known.solution) <= 1e-6 * size
    twin = optlab.problem("ridge", **settings, penalty=float(optlab.kkt(problem, result.x).lam[0]))
    assert np.linalg.norm(optlab.minimize(twin, "newton", stop=TIGHT).x - result.x) <= 1e-6 * size


def test_the_multiplier_falls_as_the_ball_grows_and_is_the_price_of_the_constraint():
    fractions = np.geomspace(0.01, 0.9, 6)
    problems = [optlab.problem("l2_regression", data="diabetes", fraction=float(f)) for f in fractions]
    lam = np.array([p.known.multipliers[0][0] for p in problems])
    assert (np.diff(lam) < 0).all()
    # df*/dC = −λ: the multiplier is the sensitivity of the optimum to the right-hand side.
    C = problems[3].feasible.radius ** 2
    up, down = (optlab.problem("l2_regression", data="diabetes", C=float(C * t)).known.optimum for t in (1.001, 0.999))
    assert (up - down) / (0.002 * C) == pytest.approx(-lam[3], rel=1e-4)
