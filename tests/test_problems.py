"""The battery catches what is wrong with a problem; what single problems of the catalogue are made to show."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from optlab.checks.check_problem import check_problem
from optlab.checks.differences import directional
from optlab.core.kkt import kkt
from optlab.core.problem import Facts, ProblemBase
from optlab.core.settings import build
from optlab.core.status import InputError
from optlab.core.user_problem import Problem
from optlab_problems.constrained.equality import Circle, EqualityQuadratic
from optlab_problems.linear_algebra.lauchli import Lauchli
from optlab_problems.linear_algebra.near_singular_pair import NearSingularPair
from optlab_problems.linear_algebra.random_singular_values import RandomSingularValues
from optlab_problems.linear_algebra.rank_deficient import RankDeficient
from optlab_problems.linear_algebra.scaled_identity import ScaledIdentity
from optlab_problems.linear_algebra.vandermonde import Vandermonde
from optlab_problems.ml import designs
from optlab_problems.ml.regression import L2Regression, Ridge
from optlab_problems.textbook.double_well import DoubleWell
from optlab_problems.textbook.holder_gradient import HolderGradient
from optlab_problems.textbook.kappa5 import Kappa5
from optlab_problems.textbook.log_barrier_sum import LogBarrierSum
from optlab_problems.textbook.newton_cycle import NewtonCycle
from optlab_problems.textbook.peano_parabolas import PeanoParabolas
from optlab_problems.textbook.peano_surface import PeanoSurface
from optlab_problems.textbook.quadratic import Quadratic
from optlab_problems.textbook.quartic import Quartic
from optlab_problems.textbook.rosenbrock import Rosenbrock
from optlab_problems.textbook.sqrt_one_plus_square import SqrtOnePlusSquare
from optlab_problems.textbook.strict_saddle import StrictSaddle
from optlab_problems.textbook.wolfe_zigzag import WolfeZigzag

H5 = np.array([[3.0, 2.0], [2.0, 3.0]])


def test_the_catalogue_imports_itself_under_its_installed_name():
    folder = Path(sys.modules["optlab_problems.ml.designs"].__file__).parent.parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", "") or ""]
            )
            assert not any(name.split(".")[0] == "problems" for name in names), path


# --- the battery catches a mistake ----------------------------------------------------------------


def failures(problem):
    """The failed checks of a class defined in a test, which cannot be pickled anyway."""
    return {check.name for check in check_problem(problem).failures} - {"pickles"}


def test_a_wrong_gradient_entry_is_caught():
    class Wrong(Quadratic):
        def gradient(self, x):
            g = super().gradient(x)
            g[1] *= 1 + 1e-5
            return g

    assert {"gradient against differences", "gradient against autograd", "fused equals separate"} <= failures(
        Wrong(n=4)
    )


def test_a_wrong_hessian_entry_is_caught():
    class Wrong(Rosenbrock):
        def hessian(self, x):
            H = super().hessian(x)
            H[0, 0] -= 2.0
            return H

    found = failures(Wrong(n=3))
    assert {"hessian against differences", "hessian against autograd", "hvp equals hessian times v"} <= found
    assert "gradient against differences" not in found


def test_an_asymmetric_hessian_is_caught():
    class Wrong(Rosenbrock):
        def hessian(self, x):
            H = super().hessian(x)
            H[0, 1] += 1e-3
            return H

    assert "hessian is symmetric" in failures(Wrong())


def test_a_wrong_product_is_caught():
    class Wrong(Rosenbrock):
        def hvp(self, x, v):
            return super().hvp(x, v) + np.array([0.0, 1e-3, 0.0]) * v

    assert {"hvp against differences", "hvp equals hessian times v"} <= failures(Wrong(n=3))


@pytest.mark.parametrize(
    ("change", "caught"),
    [
        ({"solution": (1.0, 1.0 + 1e-6)}, {"solution is stationary"}),
        ({"optimum": 1e-6}, {"optimum is f at the solution", "nothing is below the optimum"}),
        ({"optimum": -1e-6}, {"optimum is f at the solution"}),
        ({"convex": True}, {"convexity is as claimed"}),
        ({"curvature": (0.0, 1000.0)}, {"curvature is constant as claimed"}),
        ({"critical_points": {"saddle": [(1.0, 1.0)]}}, {"critical points are what they are called"}),
        ({"critical_points": {"minimum": [(0.0, 0.0)]}}, {"critical points are what they are called"}),
        ({"solution": (1.0, 1.0, 1.0)}, {"solution is stationary"}),
    ],
)
def test_wrong_facts_are_caught(change, caught):
    class Wrong(Rosenbrock):
        def facts(self):
            return replace(super().facts(), **change)

    assert caught <= failures(Wrong())


@pytest.mark.parametrize("multipliers", [((0.4,), ()), ((-0.32335263252308216,), ())])
def test_wrong_multipliers_are_caught(multipliers):
    class Wrong(L2Regression):
        def facts(self):
            return replace(super().facts(), multipliers=multipliers)

    assert failures(Wrong()) == {"multipliers are right"}


def test_a_solution_off_the_constraint_is_caught():
    class Wrong(Circle):
        def facts(self):
            return Facts(solution=(-1.1, -1.1), optimum=-2.2)

    assert failures(Wrong()) == {"solution is stationary"}


def test_a_wrong_constraint_jacobian_is_caught():
    class Wrong(Circle):
        def equality_jacobian(self, x):
            return x[None, :] * (2.0, 2.0 + 1e-4)

        def lagrangian_hessian(self, x, lam, nu):
            return np.eye(2)

    found = failures(Wrong())
    assert {"constraint jacobians against differences", "constraint jacobians against autograd"} <= found
    assert "lagrangian hessian against differences" in found


def test_wrong_batches_are_caught():
    class Wrong(Rosenbrock):
        def values(self, X):
            return super().values(X)[::-1]

    assert failures(Wrong()) == {"batch equals one point"}


def test_shared_buffers_are_caught():
    @dataclass(frozen=True)
    class Wrong(Quadratic):
        def start(self):
            return self._begin

        def hessian(self, x):
            return self._H

        def __getattr__(self, name):
            made = {"_begin": lambda: Quadratic.start(self), "_H": lambda: Quadratic.hessian(self, None)}
            if name not in made:
                raise AttributeError(name)
            self.__dict__[name] = made[name]()
            return self.__dict__[name]

    assert {"start is a point", "results are not shared"} <= failures(Wrong(n=3))


def test_a_class_that_is_no_frozen_dataclass_is_caught():
    class Thawed(ProblemBase):
        def value(self, x):
            return x @ x

        def start(self):
            return np.ones(2)

    assert failures(Thawed()) == {"settings are frozen"}


def test_a_users_problem_can_be_checked():
    good = Problem(lambda x: (x[0] - 1) ** 2 + x[1] ** 4, start=[3.0, 1.0], solution=[1.0, 0.0], optimum=0.0)
    assert check_problem(good).passed, str(check_problem(good))
    bad = Problem(lambda x: x @ x, start=[3.0, 1.0], gradient=lambda x: x)
    assert "gradient against differences" in failures(bad)
    assert "FAIL  gradient against differences" in str(check_problem(bad))


def test_a_function_that_raises_fails_its_checks_and_no_more():
    def hessian(x):
        raise KeyError("H")

    report = check_problem(Problem(lambda x: x @ x, start=[3.0, 1.0], hessian=hessian))
    assert any("KeyError" in check.detail for check in report.failures)
    assert next(check for check in report.checks if check.name == "gradient against differences").passed


def test_differences_estimate_their_error():
    x = np.array([0.05, 12.0])
    for f, slope in ((np.exp, np.exp(0.05)), (np.log, 20.0), (np.cbrt, 0.05 ** (-2 / 3) / 3)):
        with np.errstate(all="ignore"):
            found, error = directional(lambda z, f=f: f(z[0]), x, np.array([1.0, 0.0]))
        assert abs(found - slope) <= 10 * error + 1e-12
        assert error <= 1e-7 * slope


# --- single problems ------------------------------------------------------------------------------


def test_optimal_step_on_kappa5():
    problem = Kappa5()
    for x, step in (([1.0, 1.0], 0.2), ([1.0, -1.0], 1.0), (np.linalg.solve(H5, [1.0, 0.0]), 1 / 3)):
        g = problem.gradient(np.array(x))
        assert g @ g / (g @ problem.hvp(np.array(x), g)) == pytest.approx(step, rel=1e-14)


def test_worst_starts_attain_the_bound():
    for problem in (
        Kappa5(),
        Quadratic(n=6, condition=30.0, rotation=True, center=2.0, begin="worst"),
        Quadratic(begin="worst"),
    ):
        mu, L = problem.known.curvature
        bound = ((L - mu) / (L + mu)) ** 2
        x = problem.start()
        for _ in range(10):
            f, g = problem.value_and_gradient(x)
            x = x - (g @ g) / (g @ problem.hvp(x, g)) * g
            assert problem.value(x) / f == pytest.approx(bound, rel=1e-9)


def test_the_start_of_kappa5_is_v1_plus_a_fifth_of_v5():
    problem = Kappa5()
    v1, v5 = np.array([1.0, -1.0]) / np.sqrt(2), np.array([1.0, 1.0]) / np.sqrt(2)
    assert problem.start() == pytest.approx(v1 + v5 / 5, rel=1e-15)
    x = problem.start()
    for _ in range(50):
        x = x - 0.4 * problem.gradient(x)
    assert problem.value(x) == pytest.approx(0.1, rel=1e-9)  # at 2/L the steep component keeps its size


@pytest.mark.parametrize("spectrum", ["log", "linear", "two", "uniform"])
@pytest.mark.parametrize("rotation", [False, True])
def test_eigenvalues_of_the_quadratic(spectrum, rotation):
    problem = Quadratic(n=8, condition=1e3, smallest=0.25, spectrum=spectrum, rotation=rotation, seed=4)
    values = np.linalg.eigvalsh(problem.hessian(problem.start()))
    assert (problem.eigenvalues[0], problem.eigenvalues[-1]) == (0.25, 250.0) == problem.known.curvature
    assert values == pytest.approx(problem.eigenvalues, rel=1e-10)
    assert len(np.unique(problem.eigenvalues)) == (2 if spectrum == "two" else 8)


def test_a_million_variables_need_no_matrix():
    problem = Quadratic(n=1_000_000, condition=1e4, center=1.0)
    x = problem.start()
    f, g = problem.value_and_gradient(x)
    assert f > 0
    assert np.allclose(problem.hvp(x, x - 1.0), g)
    tall = Rosenbrock(n=200_000)
    assert tall.hvp(tall.start(), np.ones(tall.n)).shape == (tall.n,)


def test_seeds_matter_and_repeat():
    a, b, c = (Quadratic(n=4, rotation=True, seed=s) for s in (1, 1, 2))
    assert np.array_equal(a.hessian(a.start()), b.hessian(b.start()))
    assert not np.allclose(a.hessian(a.start()), c.hessian(c.start()))
    assert not np.allclose(a.start(), c.start())


def test_newton_stumbles_as_told():
    problem, x = SqrtOnePlusSquare(), np.array([2.0])
    for there in (-8.0, 512.0):
        x = x - problem.gradient(x) / problem.hessian(x)[0]
        assert x[0] == pytest.approx(there, rel=1e-12)
    well, x = DoubleWell(), np.array([0.3])
    for _ in range(8):
        x = x - well.gradient(x) / well.hessian(x)[0]
    assert abs(x[0]) <= 1e-15
    quartic, x = Quartic(), np.array([1.0, 2.0])
    assert np.linalg.solve(quartic.hessian(x), quartic.gradient(x)) == pytest.approx(x / 3)


def test_the_default_strict_saddle_starts_on_the_stable_manifold():
    problem = StrictSaddle()
    x = problem.start()
    assert x.tolist() == [1.7, 0.0]
    assert problem.gradient(x)[1] == 0.0
    assert StrictSaddle(offset=1e-12).start()[1] == 1e-12


def test_the_wall_is_nan_without_a_warning():
    for problem in (LogBarrierSum(), LogBarrierSum(n=12)):
        x = problem.start()
        x[1] = -1.0
        assert np.isnan(problem.value(x))
        assert np.isnan(problem.gradient(x)[1])
        x[1] = 0.0
        assert np.isnan(problem.value(x))
    assert LogBarrierSum().start().tolist() == [0.05, 12.0]


def test_rosenbrock_figures():
    problem = Rosenbrock()
    assert problem.value(problem.start()) == pytest.approx(24.2)  # Moré, Garbow & Hillstrom (1981), problem 1
    eigenvalues = np.linalg.eigvalsh(problem.hessian(np.ones(2)))
    assert eigenvalues[1] / eigenvalues[0] == pytest.approx(2508.0096)
    assert Rosenbrock(n=4).start().tolist() == [-1.2, 1.0, -1.2, 1.0]


def test_equality_quadratic_solves_its_kkt_system():
    problem = EqualityQuadratic(n=7, p=3, condition=50.0, seed=5)
    (A, b), x = problem.linear_equality, problem.start()
    H, q = problem.hessian(x), problem.gradient(np.zeros(7))
    both = np.linalg.solve(np.block([[H, A.T], [A, np.zeros((3, 3))]]), np.concatenate([-q, b]))
    assert both[:7] == pytest.approx(problem.known.solution, rel=1e-11)
    assert both[7:] == pytest.approx(problem.known.multipliers[1], rel=1e-11)
    assert np.abs(A @ x - b).max() > 0.1
    with pytest.raises(InputError, match="p must be at most n = 2, given 3"):
        EqualityQuadratic(n=2).start()


def test_the_hessian_of_peanos_surface_is_not_symmetric_at_zero_and_nowhere_else():
    problem, zero, h = PeanoSurface(), np.zeros(2), 1e-3
    assert problem.value(zero) == 0.0
    assert problem.gradient(zero).tolist() == [0.0, 0.0]
    for j, e in enumerate(np.eye(2)):  # the gradient is linear on the axes, so that differences are exact
        slope = (problem.gradient(h * e) - problem.gradient(-h * e)) / (2 * h)
        assert slope == pytest.approx(problem.hessian(zero)[:, j], abs=1e-12)
    assert problem.hessian(zero).tolist() == [[0.0, -1.0], [1.0, 0.0]]
    assert problem.hvp(zero, np.array([1.0, 1.0])).tolist() == [-1.0, 1.0]
    X = np.array([[0.0, 0.0], [1e-200, 0.0], [3.0, -0.5], [-1e-9, 2e-9]])
    H = problem.hessians(X)
    assert H[0].tolist() == [[0.0, -1.0], [1.0, 0.0]]
    assert np.array_equal(H[1:], H[1:].transpose(0, 2, 1))
    assert np.isfinite(problem.values(X)).all()
    assert np.isfinite(problem.gradients(X)).all()


def test_on_every_line_a_minimum_and_yet_none():
    problem = PeanoParabolas()
    for angle in np.linspace(0.0, np.pi, 50):
        t = 1e-3 * min(1.0, abs(np.sin(angle)) if abs(np.sin(angle)) > 1e-9 else 1.0)
        assert problem.value(t * np.array([np.cos(angle), np.sin(angle)])) > 0
    assert problem.value(np.array([0.1, 0.02])) < 0


def test_exact_steps_on_wolfes_function_zigzag_to_a_point_that_is_not_stationary():
    problem, x = WolfeZigzag(), WolfeZigzag().start()
    for _ in range(20):
        g = problem.gradient(x)
        D = np.array([9.0, 16.0])
        x = x - (D * x) @ g / ((D * g) @ g) * g  # the minimum of 9a² + 16b², and so of f, along −g
    assert x == pytest.approx(problem.start() * (7 / 25) ** 20, rel=1e-9)
    assert problem.value(x) > 0 > problem.value(np.array([-0.1, 0.0]))


def test_newton_goes_to_and_fro_and_fixed_steps_end_in_their_cycle():
    cycle, x, seen = NewtonCycle(), np.zeros(1), []
    for _ in range(4):
        x = x - cycle.gradient(x) / cycle.hessian(x)[0]
        seen.append(float(x[0]))
    assert seen == [1.0, 0.0, 1.0, 0.0]
    holder, x = HolderGradient(), np.ones(2)
    for _ in range(2000):
        x = x - 0.1 * holder.gradient(x)
    assert np.abs(x) == pytest.approx((0.5 * 1.5 * 0.1) ** 2, rel=1e-9)


# --- linear algebra -------------------------------------------------------------------------------


def test_a_right_hand_side_that_is_all_luck():
    problem = NearSingularPair()
    A, b = problem.A, problem.b
    assert b.tolist() == [1.0, 1.0]
    assert problem.residuals(np.ones(2)).tolist() == [0.0, 0.0]
    assert problem.extremes[1] / problem.extremes[0] == pytest.approx(2e10, rel=1e-7)
    moved = np.linalg.solve(A, b + 1e-10 * np.array([1.0, -1.0]))
    assert moved == pytest.approx([-1.0, 3.0], rel=1e-5)
    assert "b is exact" in problem.known.note


def test_a_determinant_says_nothing():
    problem = ScaledIdentity()
    assert np.linalg.det(problem.A) == pytest.approx(1e-100)
    assert np.linalg.det(ScaledIdentity(n=400).A) == 0.0
    assert np.linalg.cond(problem.A) == 1.0
    tall = ScaledIdentity(n=1_000_000)
    assert tall.hvp(tall.start(), tall.gradient(tall.start())).shape == (tall.n,)
    assert "A" not in vars(tall)


def test_normal_equations_do_not_see_what_a_solver_on_the_matrix_does():
    problem = Lauchli()
    assert np.linalg.matrix_rank(problem.A) == 3
    assert np.array_equal(problem.hessian(np.ones(3)), np.full((3, 3), 2.0))
    assert np.linalg.lstsq(problem.A, problem.b, rcond=None)[0] == pytest.approx(np.ones(3), abs=1e-6)


@pytest.mark.parametrize("decay", ["log", "linear", "one_small", "one_large"])
def test_singular_values_are_the_ones_asked_for(decay):
    problem = RandomSingularValues(n=7, m=11, condition=1e4, decay=decay, residual=0.25, seed=5)
    assert problem.singular_values == pytest.approx(problem.prescribed, rel=1e-9)
    assert problem.known.optimum == pytest.approx(0.25**2)


def test_gradient_descent_finds_the_shortest_of_many_solutions():
    problem = RankDeficient()
    assert np.abs(problem.A @ problem.shortest - problem.b).max() <= 1e-12
    assert problem.shortest == pytest.approx(np.linalg.pinv(problem.A) @ problem.b, rel=1e-10)
    assert all(np.array_equal(problem.A @ np.asarray(x), problem.b) for x in problem.known.solutions[1:])


# --- regression -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "tolerance"),
    [
        ({}, 1e-8),
        ({"fraction": 0.9}, 1e-8),
        ({"C": 1.0}, 1e-8),
        ({"C": 1e-6}, 1e-8),
        ({"data": "synthetic", "condition": 1e2}, 1e-8),
        ({"data": "synthetic", "condition": 1e4}, 1e-6),
        ({"data": "synthetic", "condition": 1e4, "fraction": 0.5, "seed": 3}, 1e-6),
    ],
)
def test_the_constrained_and_the_penalized_twin_agree(settings, tolerance):
    bounded = L2Regression(**settings)
    (lam,), _ = bounded.known.multipliers
    w, size = bounded.known.solution, np.linalg.norm(bounded.known.solution)
    assert w @ w == pytest.approx(bounded.bound, rel=1e-14)
    matching = Ridge(**settings)
    assert matching.lam == pytest.approx(lam, rel=1e-12)
    given = Ridge(**{k: v for k, v in settings.items() if k not in ("C", "fraction")}, penalty=lam)
    for twin in (matching, given):
        assert np.linalg.norm(twin.known.solution - w) <= tolerance * size
    direct = np.linalg.solve(bounded.X.T @ bounded.X + lam * np.eye(10), bounded.X.T @ bounded.y)
    assert np.linalg.norm(direct - w) <= tolerance * size
    found = kkt(bounded, w)
    assert found.stationarity <= 0.01 * tolerance * np.abs(bounded.gradient(w)).max()
    assert found.lam[0] == pytest.approx(lam, rel=1e-8)


def test_where_the_bound_is_slack_the_multiplier_is_zero():
    bounded = L2Regression(fraction=1.5)
    least_squares = np.linalg.lstsq(bounded.X, bounded.y, rcond=None)[0]
    assert bounded.known.multipliers == ((0.0,), ())
    assert bounded.known.solution == pytest.approx(least_squares, rel=1e-10)
    assert Ridge(fraction=1.5).lam == 0.0


def test_the_diabetes_data_are_those_of_scikit_learn():
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True)
    problem = L2Regression()
    assert np.abs(problem.X - X).max() <= 1e-15
    assert np.abs(problem.y - (y - y.mean())).max() <= 1e-12
    assert (problem.feasible.radius**2, problem.n) == (pytest.approx(problem.bound), 10)


def test_the_diabetes_data_come_through_the_import_where_the_files_have_moved(monkeypatch):
    expected = designs._diabetes()
    designs._diabetes.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(designs, "find_spec", lambda _: SimpleNamespace(submodule_search_locations=["moved"]))
        found = designs._diabetes()
    designs._diabetes.cache_clear()
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    designs._diabetes.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(designs, "find_spec", lambda _: None)
        with pytest.raises(InputError, match=r'pip install "optlab\[data\]"'):
            L2Regression().start() + L2Regression().X
    designs._diabetes.cache_clear()


def test_synthetic_designs_have_their_condition_number():
    for condition in (1.0, 1e2, 1e4):
        problem = L2Regression(data="synthetic", condition=condition, seed=2)
        assert np.linalg.cond(problem.X) == pytest.approx(condition, rel=1e-9)
    exact = Ridge(data="synthetic", noise=0.0, penalty=0.0)
    assert exact.known.optimum <= 1e-24 * (exact.y @ exact.y)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ridge(penalty=1.0, C=1.0).lam, "give penalty or C, not both"),
        (lambda: L2Regression(n=11).X, "10 columns"),
        (lambda: L2Regression(m=443).X, "2 to 442 rows"),
        (lambda: L2Regression(data="synthetic", n=5, m=5).X, "more rows than columns"),
        (lambda: Quadratic(n=3, center=[1.0, 2.0]).start(), "center must be a number or 3 numbers"),
        (lambda: Quadratic(center=float("nan")).start(), "center must be finite"),
        (lambda: build(Quadratic, {"condition": 0.5}), "condition must be >= 1, given 0.5"),
        (lambda: build(Quadratic, {"conditon": 5}), "did you mean 'condition'"),
        (lambda: build(Quadratic, {"spectrum": "lin"}), "spectrum must be one of"),
        (lambda: build(Rosenbrock, {"n": 1}), "n must be >= 2"),
        (lambda: Vandermonde(n=5, m=4), "m must be at least n = 5, given 4"),
        (lambda: RankDeficient(n=4, m=3, rank=4), "rank must be at most 3"),
        (lambda: ScaledIdentity(factor=0.0), "factor must be a number other than 0"),
        (lambda: RandomSingularValues(n=3, m=2), "m must be at least n = 3, given 2"),
        (lambda: RandomSingularValues(n=3, residual=0.1), "needs m of at least n [+] 1 = 4"),
        (lambda: build(L2Regression, {"C": -1.0}), "C must be > 0"),
        (lambda: build(Ridge, {"penalty": -1.0}), "penalty must be >= 0"),
    ],
)
def test_bad_settings_get_a_clear_error(make, message):
    with pytest.raises(InputError, match=message):
        make()
