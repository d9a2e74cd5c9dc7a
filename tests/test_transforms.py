"""Transforms: derivatives, constraints and facts of the transformed problem, randomness, composition, YAML."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import optlab
from optlab.checks.check_problem import check_problem
from optlab.core.kkt import kkt
from optlab.core.status import InputError
from optlab.experiment import from_dict
from optlab.registry import Catalogue, suites

CATALOGUE = Catalogue()
SMOOTH = [
    "rotation",
    {"name": "rotation", "reflections": 2, "seed": 3},
    "permutation",
    {"name": "shift", "by": -2.5},
    {"name": "variable_scaling", "condition": 50.0},
    {"name": "variable_scaling", "condition": 30.0, "dense": True, "seed": 2},
    {"name": "value_scaling", "factor": 3.5},
    {"name": "value_scaling", "factor": 0.25, "offset": -7.0},
    "perturbed_start",
    "random_start",
    {"name": "scaled_start", "factor": 3.0},
    {"name": "constraint_scaling", "factor": 1e3},
]
FALSE = [
    {"name": "noise", "f": 1e-3, "gradient": 1e-2},
    {"name": "noise", "f": 1e-3, "relative": False, "distribution": "uniform"},
    {"name": "truncated_digits", "digits": 4, "gradient": True},
    {"name": "nan_values", "rate": 0.3},
]
BASES = [
    {"name": "rosenbrock", "n": 4},
    {"name": "himmelblau"},
    {"name": "freudenstein_roth"},
    {"name": "quadratic", "n": 5, "condition": 40.0, "rotation": True, "center": 2.0},
    {"name": "l2_regression", "data": "synthetic", "n": 4},
    {"name": "equality_quadratic", "n": 5, "p": 2},
    {"name": "circle"},
    {"name": "hs7"},
]
ELSEWHERE = {"relaxation"}
"""Tested in test_conditions.py: another problem, about which nothing is known."""
ALL_NAMES = {spec if isinstance(spec, str) else spec["name"] for spec in SMOOTH + FALSE} | ELSEWHERE


def made(base, *chain):
    return CATALOGUE.make("problems", {**base, "transforms": list(chain)})


def words(spec):
    return (
        spec
        if isinstance(spec, str)
        else " ".join([spec["name"], *(f"{k}={v}" for k, v in spec.items() if k != "name")])
    )


def test_every_transform_is_tested_here():
    assert set(CATALOGUE.names("transforms")) == ALL_NAMES


@pytest.mark.parametrize("transform", SMOOTH, ids=words)
@pytest.mark.parametrize("base", BASES, ids=words)
def test_derivatives_and_facts_of_transformed_problems(base, transform):
    """The whole battery: against autograd and differences, f(x*) = f*, KKT at x*, multipliers, critical points."""
    report = check_problem(made(base, transform))
    assert report.passed, str(report)
    ran = {check.name for check in report.checks if not check.skipped}
    assert ran >= {
        "gradient against autograd", "hessian against autograd", "hvp against differences", "pickles",
        "batch equals one point", "solution is stationary", "optimum is f at the solution",
    }  # fmt: skip


@pytest.mark.parametrize("transform", SMOOTH, ids=words)
def test_bounds_and_linear_rows_are_carried_along(transform):
    base = optlab.Problem(
        lambda x: (x[0] - 3.0) ** 2 + (x[1] + 1.0) ** 2 + x[2] ** 2,
        start=[0.5, 0.5, 0.5], bounds=([0.0, 0.0, -np.inf], [1.0, 1.0, 5.0]),
        linear_inequality=([[1.0, 1.0, 1.0]], [1.2]), solution=[1.0, 0.0, 0.0], optimum=5.0,
    )  # fmt: skip
    problem = CATALOGUE.make("transforms", transform).apply(base)
    report = check_problem(problem)
    assert {check.name for check in report.failures} <= {"pickles"}, str(report)  # a lambda cannot be pickled
    before, after = kkt(base, np.array([1.0, 0.0, 0.0])), kkt(problem, problem.known.solution)
    factor = (
        transform.get("factor", 1.0) if isinstance(transform, dict) and transform["name"] == "value_scaling" else 1.0
    )
    if "set" not in problem.constrained and getattr(getattr(problem, "A", None), "componentwise", True):
        assert "bounds" in problem.constrained
    scaled = isinstance(transform, dict) and transform["name"] == "variable_scaling" and not transform.get("dense")
    if not scaled:  # multipliers of bounds on scaled variables are in the new units
        assert after.lam == pytest.approx(factor * before.lam, abs=1e-9)


@pytest.mark.parametrize(
    "base",
    [{"name": "svm_dual", "n": 11}, {"name": "convex_qp", "n": 8, "p": 2}, {"name": "water_filling", "n": 6},
     {"name": "ball_half_space"}, {"name": "trust_region_subproblem"}],
    ids=words,
)  # fmt: skip
@pytest.mark.parametrize(
    "chain",
    [["permutation"], [{"name": "variable_scaling", "condition": 50.0}, "permutation", SMOOTH[6]],
     ["rotation", "permutation", SMOOTH[5]], ["random_start", {"name": "permutation", "seed": 3}, "shift"]],
)  # fmt: skip
def test_claimed_multipliers_follow_their_constraints(base, chain):
    report = check_problem(made(base, *chain))
    assert report.passed, str(report)
    if "ball" not in base["name"]:  # whose own facts name none
        assert "multipliers are right" in {check.name for check in report.checks if not check.skipped}


def test_a_permutation_takes_the_pattern_of_the_hessian_along():
    problem = made({"name": "broyden_tridiagonal", "n": 9}, "permutation", "shift")
    x = problem.start() + 0.1 * np.arange(9.0)
    assert problem.sparse_hessian(x).toarray() == pytest.approx(problem.hessian(x), abs=1e-12)
    rows, cols = problem.hessian_pattern()
    assert len(rows) < 45
    assert np.all(rows <= cols)


def test_a_start_that_was_moved_into_the_bounds_is_not_called_infeasible():
    assert "infeasible_start" in made({"name": "hs21"}).tags
    for transform in ("random_start", "perturbed_start", "scaled_start"):
        problem = made({"name": "hs21"}, transform, "shift")
        assert "infeasible_start" not in problem.tags
        assert check_problem(problem).passed


def test_bounds_of_many_variables_are_not_rotated_into_a_dense_matrix():
    with pytest.raises(InputError, match="would become a dense matrix of 80 GB"):
        made({"name": "obstacle", "n": 100_000}, {"name": "rotation", "reflections": 2})


def test_finite_sums_and_residuals_are_carried_along():
    for transform in (
        "rotation",
        {"name": "variable_scaling", "condition": 10.0},
        {"name": "value_scaling", "factor": 4.0},
    ):
        problem = made({"name": "ridge", "data": "synthetic", "n": 4}, transform)
        x = problem.start() + 0.3
        assert problem.residuals(x) @ problem.residuals(x) == pytest.approx(problem.value(x), rel=1e-12)
        assert 2 * problem.residuals(x) @ problem.jacobian(x) == pytest.approx(problem.gradient(x), rel=1e-9)
        if problem.samples is not None:
            everything = np.arange(problem.samples.size)
            assert problem.samples.gradient(x, everything) == pytest.approx(problem.gradient(x), rel=1e-9)
    with_offset = made({"name": "ridge", "data": "synthetic"}, {"name": "value_scaling", "offset": 1.0})
    assert with_offset.residuals is None
    assert with_offset.lacks("jacobian") == "the problem has no residuals"


# --- theory ---------------------------------------------------------------------------------------


def test_rotation_keeps_the_spectrum_and_scaling_has_its_condition_number():
    base = {"name": "quadratic", "n": 6, "condition": 100.0}
    plain = made(base)
    rotated = made(base, {"name": "rotation", "seed": 5})
    assert np.linalg.eigvalsh(rotated.hessian(rotated.start())) == pytest.approx(plain.eigenvalues, rel=1e-10)
    assert np.abs(rotated.hessian(rotated.start()) - np.diag(np.diag(rotated.hessian(rotated.start())))).max() > 1.0
    assert rotated.known.curvature == plain.known.curvature
    bowl = {"name": "quadratic", "n": 6, "condition": 1.0}
    for dense in (False, True):
        scaled = made(bowl, {"name": "variable_scaling", "condition": 100.0, "dense": dense})
        assert np.linalg.cond(scaled.hessian(scaled.start())) == pytest.approx(1e4, rel=1e-8)
        assert scaled.known.curvature == pytest.approx((0.01, 100.0), rel=1e-8)


def test_the_scale_of_small_is_that_of_the_standard_start():
    base = made({"name": "rosenbrock"})
    scale = np.abs(base.gradient(base.start())).max()
    for transform in ("perturbed_start", {"name": "scaled_start", "factor": 100.0}, "noise", {"name": "nan_values"}):
        assert made({"name": "rosenbrock"}, transform).known.scale == pytest.approx(scale, rel=1e-14)
    both = made({"name": "rosenbrock"}, {"name": "scaled_start"}, {"name": "value_scaling", "factor": 8.0})
    assert both.known.scale == pytest.approx(8 * scale, rel=1e-14)


@pytest.mark.parametrize("name", ["jennrich_sampson", "hs71", "water_filling", "osborne1"])
@pytest.mark.parametrize("first", [{"name": "scaled_start", "factor": 100.0}, {"name": "nan_values", "rate": 0.9}])
def test_the_scale_outlives_starts_and_answers_that_are_not_finite(name, first):
    base, before = made({"name": name}), made({"name": name}, first).known.scale
    x = base.start()
    g = base.gradient(x)
    assert before == pytest.approx(max(kkt(base, x).stationarity, 0.0), rel=1e-9) or before == np.abs(g).max()
    assert before > 1e-9 * np.abs(g).max(), "that of a start where constraints balance ∇f is no rounding error"
    assert made({"name": name}, first, "permutation").known.scale == pytest.approx(before, rel=1e-12)
    for transform in ("rotation", {"name": "variable_scaling", "condition": 16.0}):
        after = made({"name": name}, first, transform).known.scale
        assert 0.25 * before / np.sqrt(x.size) <= after <= 4.0 * before * np.sqrt(x.size)


def test_gradient_descent_and_newton_do_not_see_a_rotation():
    plain, rotated = (made({"name": "rosenbrock"}, *chain) for chain in ((), ("rotation",)))
    for method in ("newton_damped", {"name": "gradient_descent", "step_size": 1e-3}):
        a, b = (optlab.minimize(p, method, stop=optlab.stop.Iterations(8)) for p in (plain, rotated))
        assert a.trace["f"].to_numpy() == pytest.approx(b.trace["f"].to_numpy(), rel=1e-8)


def test_transforms_are_applied_in_order():
    a = made({"name": "quadratic"}, {"name": "shift", "by": 1.0}, {"name": "variable_scaling", "condition": 100.0})
    b = made({"name": "quadratic"}, {"name": "variable_scaling", "condition": 100.0}, {"name": "shift", "by": 1.0})
    assert b.known.solution == pytest.approx([1.0, 1.0])
    assert sorted(a.known.solution) == pytest.approx([0.1, 10.0]) or sorted(a.known.solution) == pytest.approx(
        [0.1, 10.0]
    )
    assert [type(t).__name__ for t in a.chain] == ["Shift", "VariableScaling"]
    assert a.name == "quadratic"
    assert "Shift" in repr(a)


# --- noise ----------------------------------------------------------------------------------------


def test_noise_is_of_the_stated_size_and_depends_on_the_point_alone():
    problem, plain = made({"name": "rosenbrock"}, FALSE[0]), made({"name": "rosenbrock"})
    X = plain.start() + 0.5 * np.random.default_rng(0).standard_normal((4000, 2))
    noise = problem.values(X) / plain.values(X) - 1.0
    assert np.std(noise) == pytest.approx(1e-3, rel=0.05)
    assert abs(np.mean(noise)) <= 5e-5
    assert np.array_equal(problem.values(X[::-1]), problem.values(X)[::-1])
    G = (problem.gradients(X) - plain.gradients(X)) / np.abs(plain.gradients(X)).max(axis=1, keepdims=True)
    assert np.std(G) == pytest.approx(1e-2, rel=0.05)
    f, g = problem.value_and_gradient(X[0])
    assert (f, *g) == (problem.value(X[0]), *problem.gradient(X[0]))
    absolute = made({"name": "rosenbrock"}, FALSE[1])
    assert np.abs(absolute.values(X) - plain.values(X)).max() == pytest.approx(1e-3, rel=0.01)
    other = made({"name": "rosenbrock"}, {**FALSE[0], "seed": 1})
    assert not np.any(other.values(X) == problem.values(X))


def test_what_is_false_still_knows_the_truth():
    for transform in FALSE:
        problem = made({"name": "rosenbrock", "n": 3}, "rotation", transform, "permutation")
        truth = made({"name": "rosenbrock", "n": 3}, "rotation", "permutation")
        x = truth.start() + 0.1
        assert problem.exact.value(x) == truth.value(x)
        assert np.array_equal(problem.exact.gradient(x), truth.gradient(x))
        assert np.array_equal(problem.known.solution, truth.known.solution)
        assert np.array_equal(problem.hessian(x), truth.hessian(x))
        assert problem.residuals is None
        assert truth.exact is truth


def test_digits_are_cut_and_points_fail():
    cut = made({"name": "rosenbrock"}, FALSE[2])
    x = np.array([0.123456, 0.654321])
    assert cut.value(x) == float(f"{made({'name': 'rosenbrock'}).value(x):.3e}")
    assert all(g == float(f"{g:.3e}") for g in cut.gradient(x))
    failing = made({"name": "rosenbrock"}, FALSE[3])
    X = np.random.default_rng(1).standard_normal((2000, 2))
    part = np.isnan(failing.values(X))
    assert np.mean(part) == pytest.approx(0.3, abs=0.04)
    assert np.array_equal(np.isnan(failing.gradients(X)).all(axis=1), part)
    assert np.isfinite(made({"name": "rosenbrock"}, {"name": "nan_values", "rate": 1.0}).value(np.array([-1.2, 1.0])))


def test_suboptimality_is_judged_without_the_noise():
    noisy = made({"name": "quadratic"}, {"name": "noise", "f": 0.5})
    result = optlab.minimize(noisy, {"name": "gradient_descent", "step_size": 0.1}, columns=["suboptimality"],
                             stop=optlab.stop.Iterations(20))  # fmt: skip
    true = noisy.exact.values(result.trajectory)
    assert result.trace["suboptimality"].to_numpy() == pytest.approx(true, rel=1e-12)
    assert not np.allclose(result.trace["f"], true)


SCRIPT = """
import hashlib, json, sys, numpy as np
from optlab.registry import Catalogue, suites
specs, found = json.loads(sys.argv[1]), []
for spec in specs:
    p = Catalogue().make("problems", spec)
    x = p.start() + 0.25
    found.append(hashlib.sha256(np.array([p.value(x), *p.gradient(x), *p.start()]).tobytes()).hexdigest())
print(json.dumps(found))
"""


def test_the_same_seed_gives_the_same_problem_in_another_process():
    specs = [{"name": "rosenbrock", "n": 4, "transforms": [t]} for t in SMOOTH + FALSE]
    command = [sys.executable, "-c", SCRIPT, json.dumps(specs)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2)]
    first, second = (json.loads(run.stdout) for run in runs)
    assert first == second
    assert len(set(first)) == len(specs)


# --- what cannot be transformed, and bad input ----------------------------------------------------


def test_a_million_variables_are_rotated_by_reflections_alone():
    base = {"name": "quadratic", "n": 1_000_000, "condition": 10.0}
    with pytest.raises(InputError, match="give reflections: 3"):
        made(base, "rotation")
    problem = made(base, {"name": "rotation", "reflections": 2})
    x = problem.start()
    f, g = problem.value_and_gradient(x)
    inner = made(base)
    assert f == pytest.approx(inner.value(inner.start()), rel=1e-10)
    assert np.linalg.norm(g) == pytest.approx(np.linalg.norm(inner.gradient(inner.start())), rel=1e-10)


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        ("rotatoin", "did you mean 'rotation'"),
        ({"name": "noise", "f": -1.0}, "f must be >= 0"),
        ({"name": "noise", "sigma": 1.0}, "no setting 'sigma'"),
        ({"name": "shift", "by": [1.0, 2.0, 3.0]}, "must be a number or 2 numbers, given 3 numbers"),
        ({"name": "shift", "by": float("nan")}, "must be finite"),
        ({"name": "value_scaling", "factor": 0.0}, "factor must be > 0"),
        ({"name": "variable_scaling", "condition": 0.5}, "condition must be >= 1"),
        ({"name": "random_start", "low": 2.0, "high": 1.0}, "low must be below high"),
        ({"name": "nan_values", "rate": 1.5}, "rate must be >= 0 and <= 1"),
        ({"name": "value_scaling", "factor": float("inf")}, "factor must be finite"),
        ({"name": "value_scaling", "offset": float("nan")}, "offset must be finite"),
        ({"name": "variable_scaling", "condition": float("inf")}, "condition must be finite"),
        ({"name": "scaled_start", "factor": float("nan")}, "factor must be finite"),
        ({"name": "perturbed_start", "radius": float("inf")}, "radius must be finite"),
        ({"name": "noise", "f": float("inf")}, "f must be finite"),
    ],
)
def test_bad_transforms_get_a_clear_error(transform, message):
    with pytest.raises(InputError, match=message):
        made({"name": "rosenbrock"}, transform)


# --- YAML -----------------------------------------------------------------------------------------


def test_six_lines_of_yaml_give_a_row_per_pair(tmp_path):
    file = tmp_path / "robust.yaml"
    file.write_text(
        "name: robust\n"
        "problems:\n"
        "  - {suite: mgh, transforms: {grid: [rotation, variable_scaling, {name: noise, f: 1.0e-3}]}}\n"
        "optimizers: [bfgs]\n"
        "stop: {iterations: 30}\n"
    )
    results = optlab.run(file, folder=tmp_path / "results", executor="serial", progress=False)
    members = suites(CATALOGUE)["mgh"]
    assert len(results.runs) == 3 * len(members)
    pairs = set(zip(results.runs["problem"], results.runs["problem.transforms"], strict=True))
    assert pairs == {(name, t) for name in members for t in ("rotation", "variable_scaling", "noise")}
    assert set(results.runs["status"]) <= {"CONVERGED", "MAX_ITERATIONS", "LINESEARCH_FAILED", "STALLED"}
    again = optlab.run(file, folder=tmp_path / "results", executor="serial", progress=False)
    assert again.executed == 0


def test_transforms_multiply_and_nest_like_other_settings():
    item = {
        "name": "rosenbrock",
        "n": {"grid": [2, 4]},
        "transforms": [{"name": "rotation", "seed": {"grid": [0, 1, 2]}}],
    }
    runs = from_dict({"problems": [item, "rosenbrock"], "optimizers": ["bfgs"]}).runs()
    assert len(runs) == 2 * 3 + 1
    assert sorted({run.problem["transforms"][0]["seed"] for run in runs if "transforms" in run.problem}) == [0, 1, 2]
    none = from_dict({"problems": [{"name": "rosenbrock", "transforms": {"grid": ["none", "rotation"]}}],
                      "optimizers": ["bfgs"]}).runs()  # fmt: skip
    assert [run.problem["transforms"] for run in none] == [[], [{"name": "rotation"}]]
