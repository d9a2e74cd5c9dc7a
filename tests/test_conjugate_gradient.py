"""Conjugate gradients: what theory says of them on quadratics, and of their formulas everywhere."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from optlab.core.driver import Loop, iterate, run
from optlab.core.problem import ProblemBase
from optlab.core.settings import type_of
from optlab.core.status import InputError, Status
from optlab.core.stop import Iterations, Stationary
from optlab.core.trace import Keep
from optlab.core.user_problem import Problem
from optlab.experiment import from_dict
from optlab.kernels import conjugate_gradient as kernel
from optlab.kernels.conjugate_gradient import BETAS
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.exact import Exact
from optlab.linesearch.hager_zhang import HagerZhang
from optlab.linesearch.more_thuente import MoreThuente
from optlab.linesearch.strong_wolfe import StrongWolfe
from optlab.optimizers.conjugate_gradient.conjugate_gradient import ConjugateGradient
from optlab.optimizers.conjugate_gradient.linear_conjugate_gradient import LinearConjugateGradient
from optlab.registry import Catalogue

CATALOGUE = Catalogue()
every_beta = pytest.mark.parametrize("beta", BETAS)


def spectrum(eigenvalues, seed=0):
    """A symmetric matrix with these eigenvalues and random eigenvectors."""
    n = len(eigenvalues)
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    H = Q * np.asarray(eigenvalues, dtype=float) @ Q.T
    return 0.5 * (H + H.T)


class Quadratic(ProblemBase):
    """½xᵀHx − bᵀx by products alone; `lie` is what Hv is multiplied by."""

    tags = ("quadratic",)

    def __init__(self, product, b, start, lie=1.0):
        self.product, self.b, self.x0, self.lie = product, b, np.asarray(start, dtype=float), lie

    def value(self, x):
        return 0.5 * float(x @ self.product(x)) - float(self.b @ x)

    def gradient(self, x):
        return self.product(x) - self.b

    def hvp(self, x, v):
        return self.lie * self.product(v)

    def start(self):
        return self.x0


class Bowl(Quadratic):
    """½(x − c)ᵀH(x − c)."""

    def __init__(self, H, start, center=0.0, scale=1.0):
        self.H, self.center = scale * np.asarray(H, dtype=float), center
        super().__init__(lambda v: self.H @ v, np.zeros(len(H)), start)

    def value(self, x):
        return 0.5 * float((x - self.center) @ self.H @ (x - self.center))

    def gradient(self, x):
        return self.H @ (x - self.center)


def rosenbrock(n=2, scale=1.0):
    """Chained Rosenbrock, Σ 100(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²."""

    def f(x):
        return scale * float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))

    def g(x):
        t, out = x[1:] - x[:-1] ** 2, np.zeros_like(x)
        out[:-1] = -400 * x[:-1] * t - 2 * (1 - x[:-1])
        out[1:] += 200 * t
        return scale * out

    return Problem(f, gradient=g, start=np.resize([-1.2, 1.0], n))


def go(problem, optimizer, stop=None, **more):
    loop = Loop(problem, optimizer, stop=stop, **more)
    return loop, run(loop)


def states_of(problem, optimizer, stop=None):
    return [now.state for now in Loop(problem, optimizer, stop=stop or Stationary() | Iterations(500))]


LINEAR = [LinearConjugateGradient(), *(ConjugateGradient(beta=b, search=Exact()) for b in ("fletcher_reeves",))]
LINEAR += [ConjugateGradient(search=Exact())]
linear = pytest.mark.parametrize("method", LINEAR, ids=lambda m: f"{type(m).__name__} {getattr(m, 'beta', '')}")

# --- quadratics ------------------------------------------------------------------------------------


@linear
@pytest.mark.parametrize("seed", range(5))
def test_n_variables_take_n_steps(method, seed):
    """With κ = 10: beyond tiny κ rounding delays the end, at n = 20 and κ = 10³ by so much that ‖g₂₀‖ is 10⁻³."""
    H = spectrum(np.geomspace(1, 10, 5), seed)
    x0 = np.random.default_rng(seed).normal(size=5)
    loop, _ = go(Bowl(H, x0, center=0.5), method, Stationary(rtol=0) | Iterations(5))
    assert loop.k == 5
    assert np.linalg.norm(loop.state.g) <= 1e-13 * np.linalg.norm(H @ (x0 - 0.5))
    assert loop.state.restarts == 0


@linear
@pytest.mark.parametrize("distinct", [1, 2, 4, 7])
def test_distinct_eigenvalues_count_and_not_the_dimension(method, distinct):
    H = spectrum(np.repeat(np.geomspace(1, 100, distinct), 40 // distinct))
    loop, trace = go(Bowl(H, np.ones(len(H)), center=-1.0), method)
    assert trace.status is Status.CONVERGED
    assert loop.k <= distinct + 2
    assert loop.k >= distinct


@linear
@pytest.mark.parametrize("kappa", [10.0, 1e3, 1e6])
def test_the_error_is_below_chebyshevs_bound(method, kappa):
    n, steps = 50, 150
    H = spectrum(np.geomspace(1, kappa, n))
    x0 = np.random.default_rng(1).normal(size=n)
    _, trace = go(Bowl(H, x0), method, Stationary(rtol=1e-11) | Iterations(steps))
    error = np.sqrt(trace.scalars["f"] / trace.scalars["f"][0])
    rate = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    assert np.all(error <= 2 * rate ** np.arange(error.size) * (1 + 1e-9))
    steepest = ((kappa - 1) / (kappa + 1)) ** np.arange(error.size)
    assert error[-1] < 0.5 * steepest[-1]  # and far below that of steepest descent


def test_on_quadratics_with_exact_steps_every_formula_is_the_same():
    H = spectrum(np.geomspace(1, 30, 8))
    problem = Bowl(H, np.random.default_rng(2).normal(size=8), center=0.5)
    stop = Stationary(rtol=0) | Iterations(6)
    base, trace = go(problem, LinearConjugateGradient(), stop)
    for beta in BETAS:
        loop, other = go(problem, ConjugateGradient(beta=beta, search=Exact(), powell=None), stop)
        scale = np.linalg.norm(trace.points[0] - 0.5)
        assert np.abs(other.points - trace.points).max() <= 1e-10 * scale
        G = (other.points - 0.5) @ H
        fletcher_reeves = np.sum(G[1:] ** 2, axis=1) / np.sum(G[:-1] ** 2, axis=1)
        np.testing.assert_allclose(other.scalars["beta"][1:6], fletcher_reeves[:5], rtol=1e-8)
        np.testing.assert_allclose(loop.state.x, base.state.x, atol=1e-10 * scale)


def test_directions_are_conjugate_and_residuals_orthogonal():
    H = spectrum(np.geomspace(1, 20, 6))
    for method in LINEAR:
        states = states_of(Bowl(H, np.arange(1.0, 7.0)), method, Stationary(rtol=0) | Iterations(6))
        D = np.array([s.direction / np.linalg.norm(s.direction) for s in states[1:]])
        G = np.array([s.g / np.linalg.norm(s.g) for s in states[:-1]])
        for M in (D @ H @ D.T, G @ G.T):
            assert np.abs(M - np.diag(np.diag(M))).max() <= 1e-9


def test_steps_lie_between_inverse_curvatures():
    H = spectrum(np.geomspace(0.5, 50, 10))
    _, trace = go(Bowl(H, np.ones(10)), LinearConjugateGradient(), Iterations(9))
    steps = trace.scalars["step_size"][1:]
    assert steps.min() >= 1 / 50 * (1 - 1e-9)
    assert steps.max() <= 1 / 0.5 * (1 + 1e-9)


def test_a_step_costs_one_product_and_one_evaluation():
    loop, _ = go(Bowl(spectrum(np.geomspace(1, 100, 20)), np.ones(20)), LinearConjugateGradient(), Iterations(12))
    assert loop.oracle.n_hvp == 12
    assert loop.oracle.n_f == loop.oracle.n_gradient == 13
    assert loop.oracle.n_hessian == 0


def test_where_the_residual_drifts_the_method_starts_again_from_the_gradient():
    """At κ = 10¹⁰ the recurrence falls below the gradient that rounding leaves; r alone would claim 10⁻¹⁶."""
    H = spectrum(np.geomspace(1, 1e10, 12))
    loop, trace = go(
        Bowl(H, np.ones(12), center=1e3), LinearConjugateGradient(), Stationary(rtol=1e-15) | Iterations(400)
    )
    drift = trace.scalars["drift"]
    assert drift[1] <= 1e-9
    assert loop.state.restarts >= 1
    assert np.isfinite(drift).all()
    assert trace.scalars["f"][-1] <= 1e-15 * trace.scalars["f"][0]


def test_what_is_remembered_of_a_residual_is_forgotten_at_a_restart():
    H = spectrum([1.0, 3.0, 9.0])
    lying = Quadratic(lambda v: H @ v, np.zeros(3), [1.0, 2.0, 3.0], lie=3.0)  # r drifts at once
    states = states_of(lying, LinearConjugateGradient(), Iterations(4))
    assert [s.restarts for s in states] == [0, 0, 1, 2, 3]
    for old, new in pairwise(states):
        np.testing.assert_array_equal(new.direction, -old.g)


def test_rounding_at_the_solution_is_no_restart():
    loop, trace = go(CATALOGUE.make("problems", "kappa5"), LinearConjugateGradient())
    assert trace.status is Status.CONVERGED
    assert loop.state.restarts == 0


@pytest.mark.parametrize("eigenvalues", [(1.0, 2.0, -1.0), (1.0, 2.0, 0.0), (-1.0, -2.0, -3.0)])
def test_a_quadratic_without_a_minimum_is_negative_curvature(eigenvalues):
    H = np.diag(eigenvalues)
    problem = Quadratic(lambda v: H @ v, np.ones(3), [1.0, 2.0, 3.0])
    _, trace = go(problem, LinearConjugateGradient(), Stationary() | Iterations(10))
    assert trace.status is Status.NEGATIVE_CURVATURE
    assert np.isfinite(trace.points).all()


def test_a_singular_quadratic_with_a_minimum_is_solved():
    A = np.random.default_rng(0).normal(size=(4, 9))
    b = A @ np.ones(9)
    problem = Quadratic(lambda v: A.T @ (A @ v), A.T @ b, np.zeros(9))
    loop, trace = go(problem, LinearConjugateGradient())
    assert trace.status is Status.CONVERGED
    assert loop.k <= 6
    np.testing.assert_allclose(loop.state.x, np.linalg.pinv(A) @ b, atol=1e-6)  # the one of least norm


def test_the_method_for_quadratics_is_skipped_elsewhere():
    _, trace = go(CATALOGUE.make("problems", "rosenbrock"), LinearConjugateGradient())
    assert trace.status is Status.SKIPPED
    assert "quadratic" in trace.message


def test_a_million_variables():
    n = 1_000_000
    h = np.linspace(1.0, 3.0, n)
    problem = Quadratic(lambda v: h * v, np.zeros(n), np.ones(n))
    for method in (LinearConjugateGradient(), ConjugateGradient()):
        trace = run(Loop(problem, method, stop=Stationary(rtol=1e-4) | Iterations(30)), Keep("none"))
        assert trace.status is Status.CONVERGED


# --- the formulas ----------------------------------------------------------------------------------


def test_the_names_of_the_setting_are_those_of_the_formulas():
    assert set(get_args(type_of(ConjugateGradient, "beta"))) == set(BETAS)


def test_formulas_give_their_closed_forms():
    d, g, new = np.array([-1.0, 2.0, 0.5]), np.array([2.0, -1.0, 1.0]), np.array([0.5, 1.5, -1.0])
    y = new - g
    fr, pr, hs, dy = new @ new / (g @ g), new @ y / (g @ g), new @ y / (d @ y), new @ new / (d @ y)
    assert pr > 0
    assert hs > 0
    floor = 0.4 * (g @ d) / (d @ d)
    right = {
        "fletcher_reeves": fr,
        "polak_ribiere": pr,
        "hestenes_stiefel": hs,
        "dai_yuan": dy,
        "gilbert_nocedal": min(pr, fr),
        "dai_yuan_hybrid": min(hs, dy),
        "hager_zhang": max((y - 2 * d * (y @ y) / (d @ y)) @ new / (d @ y), floor),
        "dai_kou": max((y - d * (y @ y) / (d @ y)) @ new / (d @ y), floor),
    }
    for beta, formula in BETAS.items():
        assert formula(d, g, new) == pytest.approx(right[beta], rel=1e-14)


@every_beta
def test_a_zero_denominator_is_a_restart_and_no_error(beta):
    g = np.array([1.0, -2.0])
    assert np.isnan(BETAS[beta](np.zeros(2), np.zeros(2), np.zeros(2)))
    value = BETAS[beta](-g, g, g.copy())  # y = 0
    assert np.isnan(value) or value == 0 or beta == "fletcher_reeves"
    loop = Loop(Bowl(np.eye(2), [1.0, 1.0]), ConjugateGradient(beta=beta))
    old = next(iter(loop)).state
    stuck = old.at(old.x, old.f, np.zeros(2), direction=np.zeros(2), step_size=1.0)
    assert ConjugateGradient(beta=beta).remember(old, stuck) is None


def check_bounds(beta, search=None, problem=None):
    """Assert what is known of β and of the direction on a run, after every step."""
    states = states_of(
        problem or rosenbrock(4), ConjugateGradient(beta=beta, powell=None, search=search or StrongWolfe(c2=0.1))
    )
    seen = 0
    for old, new in pairwise(states):
        squared, value = float(new.g @ new.g), float(new.beta)
        fletcher_reeves = squared / float(old.g @ old.g)
        if beta == "gilbert_nocedal":
            assert abs(value) <= fletcher_reeves * (1 + 1e-14)
            seen += value == pytest.approx(-fletcher_reeves) or value < 0
        if beta in ("polak_ribiere", "hestenes_stiefel", "dai_yuan_hybrid"):
            assert value >= 0
        if beta in ("hager_zhang", "dai_kou") and new.memory is not None:
            share = {"hager_zhang": 7 / 8, "dai_kou": 3 / 4}[beta]
            assert float(new.g @ new.memory.direction) <= -share * squared * (1 - 1e-12)
    return states


@pytest.mark.parametrize("search", [StrongWolfe(c2=0.1), StrongWolfe(c2=0.9), MoreThuente(c2=0.4), Armijo()], ids=repr)
@pytest.mark.parametrize(
    "beta", ["gilbert_nocedal", "polak_ribiere", "hestenes_stiefel", "dai_yuan_hybrid", "hager_zhang", "dai_kou"]
)
def test_what_is_known_of_a_formula_holds_off_quadratics(beta, search):
    check_bounds(beta, search)


MUTANTS = {
    # minFunc's own mistake: the formula of Polak and Ribière in the place of the bound
    "gilbert_nocedal": lambda d, g, new: float(new @ (new - g)) / float(g @ g),
    "polak_ribiere": lambda d, g, new: float(new @ (new - g)) / float(g @ g),
    "hestenes_stiefel": lambda d, g, new: float(new @ (new - g)) / float(d @ (new - g)),
    "hager_zhang": lambda d, g, new: float(new @ (new - g)) / float(d @ (new - g)),
    "dai_kou": lambda d, g, new: float(new @ (new - g)) / float(d @ (new - g)),
}


@pytest.mark.parametrize("beta", MUTANTS)
def test_a_wrong_formula_is_found_out(beta, monkeypatch):
    monkeypatch.setitem(kernel.BETAS, beta, MUTANTS[beta])
    with pytest.raises(AssertionError):
        check_bounds(beta, StrongWolfe(c2=0.9))


@every_beta
def test_the_next_direction_is_minus_g_plus_beta_d(beta):
    states = states_of(rosenbrock(4), ConjugateGradient(beta=beta), Iterations(40))
    np.testing.assert_array_equal(states[1].direction, -states[0].g)
    for oldest, old, new in zip(states[1:], states[2:], states[3:], strict=False):
        np.testing.assert_allclose(new.direction, old.beta * old.direction - old.g, rtol=1e-14)
        if old.memory is not None:
            assert old.beta == BETAS[beta](old.direction, oldest.g, old.g)


# --- restarts --------------------------------------------------------------------------------------


@every_beta
def test_powells_test_decides_on_restarts(beta):
    nu = 0.2
    states = states_of(rosenbrock(6), ConjugateGradient(beta=beta, powell=nu), Iterations(80))
    turned = kept = 0
    for old, new in pairwise(states):
        if abs(new.g @ old.g) >= nu * (new.g @ new.g):
            assert new.beta == 0
            assert new.memory is None
            turned += 1
        else:
            kept += new.memory is not None
    assert turned > 0
    assert kept > 0
    assert states[-1].restarts == 0  # those are no failures


def test_a_direction_that_does_not_descend_enough_is_given_up(monkeypatch):
    monkeypatch.setitem(kernel.BETAS, "fletcher_reeves", lambda d, g, new: 1e6)
    for old, new in pairwise(
        states_of(rosenbrock(4), ConjugateGradient(beta="fletcher_reeves", powell=None), Iterations(30))
    ):
        assert new.memory is None or new.g @ new.memory.direction < -0.01 * (new.g @ new.g)
        assert new.direction @ old.g < 0


def test_powells_test_saves_fletcher_and_reeves_from_creeping():
    with_it, without = (
        go(rosenbrock(10), ConjugateGradient(beta="fletcher_reeves", powell=nu), Stationary() | Iterations(2000))
        for nu in (0.2, None)
    )
    assert with_it[1].status is Status.CONVERGED
    assert 2 * with_it[0].oracle.n_f < without[0].oracle.n_f


# --- off quadratics --------------------------------------------------------------------------------


@every_beta
@pytest.mark.parametrize("n", [2, 10, 50])
def test_every_formula_solves_rosenbrock(beta, n):
    loop, trace = go(rosenbrock(n), ConjugateGradient(beta=beta), Stationary() | Iterations(2000))
    assert trace.status is Status.CONVERGED
    assert loop.state.restarts == 0
    assert np.linalg.norm(loop.state.g) <= 1e-4
    assert np.all(np.diff(trace.scalars["f"]) <= 0)


@pytest.mark.parametrize("search", [MoreThuente(c2=0.1), HagerZhang(c2=0.1), Exact()], ids=repr)
def test_other_searches_serve_as_well(search):
    _, trace = go(rosenbrock(10), ConjugateGradient(search=search), Stationary() | Iterations(1000))
    assert trace.status is Status.CONVERGED


@every_beta
@pytest.mark.parametrize("k", [-60, 60])
def test_the_units_of_f_change_no_bit(beta, k):
    stop = Stationary() | Iterations(60)
    _, a = go(rosenbrock(4), ConjugateGradient(beta=beta), stop)
    _, b = go(rosenbrock(4, 2.0**k), ConjugateGradient(beta=beta), stop)
    np.testing.assert_array_equal(a.points, b.points)
    np.testing.assert_array_equal(a.scalars["beta"], b.scalars["beta"])
    _, a = go(Bowl(spectrum([1.0, 3.0, 20.0]), np.ones(3)), LinearConjugateGradient(), stop)
    _, b = go(Bowl(spectrum([1.0, 3.0, 20.0]), np.ones(3), scale=2.0**k), LinearConjugateGradient(), stop)
    np.testing.assert_array_equal(a.points, b.points)


def test_few_evaluations_an_iteration():
    """The rule for the first step and the interpolation: two evaluations an iteration, as a search of c₂ = 0.1 can."""
    loop, trace = go(rosenbrock(10), ConjugateGradient(), Stationary() | Iterations(1000))
    assert trace.status is Status.CONVERGED
    assert loop.oracle.n_f <= 2.6 * loop.k


def test_rounding_greater_than_it_should_be_does_not_stall():
    """Goldstein and Price: at the local minimum 84 the products cancel, and f is rough to forty ulps."""
    for beta in BETAS:
        _, trace = go(CATALOGUE.make("problems", "goldstein_price"), ConjugateGradient(beta=beta))
        assert trace.status is Status.CONVERGED


def test_states_resume_bit_for_bit_with_every_formula():
    for beta in BETAS:
        stop = Stationary() | Iterations(20)
        whole = list(iterate(rosenbrock(4), ConjugateGradient(beta=beta), stop=stop))
        rest = list(iterate(rosenbrock(4), ConjugateGradient(beta=beta), stop=stop, resume=whole[7]))
        for a, b in zip(whole[8:], rest, strict=True):
            np.testing.assert_array_equal(a.x, b.x)


def test_settings_from_a_file_and_their_errors():
    made = from_dict({"problems": ["rosenbrock"], "optimizers": [
        {"name": "conjugate_gradient", "beta": {"grid": ["hager_zhang", "dai_yuan"]}, "powell": None},
        {"name": "conjugate_gradient", "search": {"name": "hager_zhang", "c2": 0.1}, "first": "hager_zhang_initial"},
    ]})  # fmt: skip
    for each in made.runs():
        assert go(rosenbrock(), CATALOGUE.make("optimizers", each.optimizer))[1].status is Status.CONVERGED
    for bad, what in (({"beta": "polak"}, "polak_ribiere"), ({"powell": 0.0}, "powell"), ({"descent": 1.0}, "descent")):
        with pytest.raises(InputError, match=what):
            CATALOGUE.make("optimizers", {"name": "conjugate_gradient", **bad})
