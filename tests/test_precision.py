"""Precision as an axis: data, evaluation and arithmetic in float16 or float32, judged in double precision."""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.linalg import blas

import optlab
from optlab.api import catalogue
from optlab.core import driver
from optlab.core.foreign import ForeignOptimizer
from optlab.core.optimizer import Optimizer, State
from optlab.core.precision import in_precision
from optlab.core.status import InputError, Status
from optlab.core.stop import Iterations, Stationary
from optlab.experiment import from_dict
from optlab.kernels.narrow import PRECISIONS, Narrow32, narrow, plain
from optlab.kernels.quasi_newton import bfgs_update, multiple_of_identity
from optlab.kernels.rounding_floor import fixed_step_floor
from optlab.kernels.routines import routines
from optlab.linesearch.base import Line
from optlab.plots.precision_floor import PrecisionFloor
from optlab.runner import execute

SINGLE, HALF = np.dtype(np.float32), np.dtype(np.float16)


def own_methods(precision: str) -> list[str]:
    names = catalogue(())
    own = [n for n in names.names("optimizers") if not issubclass(names.find("optimizers", n), ForeignOptimizer)]
    return [n for n in own if precision in optlab.optimizer(n).precisions]


# --- arrays that keep to their dtype --------------------------------------------------------------


@pytest.mark.parametrize(
    "work",
    [
        lambda x, A: A @ x,
        lambda x, A: x @ A,
        lambda x, A: np.dot(A, x),
        lambda x, A: x.dot(A),
        lambda x, A: x[0] ** 2 + A[0, 0],
        lambda x, A: np.float64(0.1) * x[1],
        lambda x, A: sum(a * np.float64(0.1) for a in x),
        lambda x, A: np.concatenate([x, np.zeros(2)]),
        lambda x, A: np.where(x > 0, x, A[0]),
        lambda x, A: np.linalg.solve(A + np.eye(3), x),
        lambda x, A: np.einsum("ij,j", A, x),
        lambda x, A: x * np.arange(3),
        lambda x, A: x.astype(float) + A[0],
        lambda x, A: np.stack(x.tolist()) / np.float64(3),
        lambda x, A: np.exp(np.outer(x, A[1])).sum(),
    ],
)
@pytest.mark.parametrize("kind", [HALF, SINGLE])
def test_what_a_narrow_array_meets_is_rounded_to_its_dtype(work: Any, kind: Any) -> None:
    A = np.random.default_rng(0).standard_normal((3, 3))
    x = narrow([0.3, -1.2, 2.5], kind)
    if kind is HALF and "solve" in work.__code__.co_names:
        with pytest.raises(TypeError):  # LAPACK has no float16, and nothing is done in another precision
            work(x, A)
        return
    found = work(x, A)
    double = work(np.asarray(x, dtype=float), A)
    assert found.dtype == kind
    np.testing.assert_allclose(np.asarray(plain(found), dtype=float), double, rtol=20 * float(np.finfo(kind).eps),
                               atol=20 * float(np.finfo(kind).eps))  # fmt: skip


@pytest.mark.parametrize("kind", [HALF, SINGLE])
def test_operands_are_rounded_before_and_not_after(kind: Any) -> None:
    rng = np.random.default_rng(3)
    A, x = rng.standard_normal((40, 40)), rng.standard_normal(40).astype(kind)
    for work in (lambda A, x: A @ x, lambda A, x: np.dot(x, A), lambda A, x: A[0] * x + A[1]):
        found = plain(work(A, narrow(x, kind)))
        assert found.tobytes() == work(A.astype(kind), x).tobytes()
        assert found.tobytes() != work(A, x.astype(float)).astype(kind).tobytes()


def test_in_place_operations_reach_the_array_they_are_about() -> None:
    x, g = narrow([1.1, 2.2], SINGLE), np.zeros(2)
    g += x
    assert g.tolist() == np.float32([1.1, 2.2]).tolist()
    np.add.at(g, [0, 0], x)
    assert g[0] == pytest.approx(1.1 + 1.1 + 2.2)
    H = np.zeros((2, 2))
    np.fill_diagonal(H, x)
    assert H[1, 1] == np.float32(2.2)


def test_routines_are_those_of_the_dtype() -> None:
    s = np.float32([1.1, 2.2])
    assert routines(s).dot is blas.sdot
    assert routines(s.astype(float)).dot is blas.ddot
    H = multiple_of_identity(0.5, 2, SINGLE)
    y = np.float32([0.3, 0.7])
    updated = bfgs_update(H, s, y, 1.0 / float(s @ y))
    assert updated.dtype == SINGLE
    double = bfgs_update(H.astype(float), s.astype(float), y.astype(float), 1.0 / float(s @ y))
    np.testing.assert_allclose(updated, double, rtol=1e-5)


# --- problems ---------------------------------------------------------------------------------------


def test_every_problem_of_the_catalogue_is_evaluated_in_float32_and_float16() -> None:
    """What is not would be SKIPPED with the reason; one start is beyond 65504."""
    for precision, allowed in (("float32", {}), ("float16", {"hs54": "the start of hs54 overflows in float16"})):
        told = {n: in_precision(optlab.problem(n), precision).departure() for n in optlab.names("problems")}
        assert {n: why for n, why in told.items() if why} == allowed


def test_evaluation_rounds_as_the_dtype_does() -> None:
    """Near double precision, but not at it; the result is a number of the dtype."""
    for name in ("rosenbrock", "wood", "logistic_regression", "dixmaan", "helical_valley", "branin"):
        p = optlab.problem(name)
        q = in_precision(p, "float32")
        x = (q.start() + np.float32(0.1) * np.cos(np.arange(q.n, dtype=SINGLE))).astype(SINGLE)
        f, g = q.value_and_gradient(x)
        F, G = p.value_and_gradient(x.astype(float))
        assert float(np.float32(f)) == f
        assert type(g) is np.ndarray
        assert g.dtype == SINGLE
        assert f != F
        assert 0 < np.abs(g - G).max() <= 1e-4 * np.abs(G).max()


def test_a_problem_that_computes_in_double_is_refused_with_the_reason() -> None:
    def f(x: Any) -> float:
        z = np.array(x, dtype=float)
        return float(np.sin(z) @ z)

    p = optlab.Problem(f, start=[0.3, 0.7], gradient=lambda x: np.sin(np.array(x, dtype=float)), autodiff=False)
    why = in_precision(p, "float32").departure()
    assert why == "f is not evaluated in float32: the value is that of float64"
    with pytest.raises(InputError, match="the value is that of float64"):
        optlab.minimize(p, "gradient_descent", precision="float32")
    assert in_precision(p, "float64") is p


def test_functions_of_a_user_are_traced_in_the_dtype() -> None:
    """Autograd included, with constants in float64."""
    A = np.random.default_rng(1).standard_normal((4, 2))
    p = optlab.Problem(lambda x: ((A @ x - 1.0) ** 2).sum() + x[0] ** 4, start=[0.3, 0.7])
    q = in_precision(p, "float32")
    assert q.departure() == ""
    x = q.start()
    assert 0 < np.abs(q.gradient(x) - p.gradient(x.astype(float))).max() < 1e-5
    np.testing.assert_allclose(q.hessian(x), p.hessian(x.astype(float)), rtol=1e-5, atol=1e-5)
    r = optlab.minimize(p, "trust_region", precision="float32")
    assert r.x.dtype == SINGLE
    np.testing.assert_allclose(r.x, optlab.minimize(p, "trust_region").x, atol=1e-3)


def test_a_transformed_problem_keeps_its_chain_and_its_exact_form() -> None:
    p = catalogue(()).make("problems", {"name": "rosenbrock", "transforms": [{"name": "rotation"}, {"name": "noise"}]})
    q = in_precision(p, "float32")
    assert [type(t).__name__ for t in q.chain] == ["Rotation", "Noise"]
    assert q.in_double is p
    assert "float32" not in repr(q.exact)
    assert q.exact.arithmetic == "float64"


# --- methods ----------------------------------------------------------------------------------------

WATCHED = (
    "optlab.kernels", "optlab.optimizers", "optlab.linesearch", "optlab.core.descent", "optlab.core.trust_region",
    "optlab.core.squares", "optlab.core.optimizer", "optlab.core.oracle", "optlab.core.program",
)  # fmt: skip
JUDGES = frozenset({"kkt_stationarity", "recover", "kkt", "multipliers", "square_factor"})
"""What is judged, or recovered for the record, in double precision: not part of a method's arithmetic."""
EXACT = ("optlab.kernels.narrow", "optlab.kernels.projections")
"""Projections onto a simplex sum in double precision, so that what they return is a member."""
PROBLEMS = ("rosenbrock", "quadratic", "hs4", "hs7", "box_quadratic", "nearest_on_simplex", "ball_half_space",
            "elastic_net", "random_singular_values", "trust_region_subproblem", "logistic_regression")  # fmt: skip


def wide(value: Any) -> bool:
    """Whether a value holds an array of float64, at any depth."""
    if isinstance(value, np.ndarray):
        return value.dtype == np.float64 and value.size > 0
    if isinstance(value, (tuple, list)):
        return any(wide(part) for part in value)
    if isinstance(value, dict):
        return any(wide(part) for part in value.values())
    return hasattr(value, "__dataclass_fields__") and wide(vars(value))


class Watch:
    """Looks at every local variable and result of the functions that a step consists of."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.inside = self.judging = 0

    def __call__(self, frame: Any, event: str, result: Any) -> None:
        if event not in ("call", "return"):
            return
        name, change = frame.f_code.co_name, 1 if event == "call" else -1
        back = frame.f_back
        if name in ("init", "step") and back is not None and back.f_code.co_name == "_attempt":
            self.inside += change
        if name in JUDGES:
            self.judging += change
            return
        module = frame.f_globals.get("__name__", "")
        if event == "call" or not self.inside or self.judging or not module.startswith(WATCHED):
            return
        if module.startswith(EXACT):
            return
        for variable, value in [*frame.f_locals.items(), ("the result", result)]:
            if variable != "self" and wide(value):
                self.found[f"{module}.{name}: {variable}"] += 1


def watched(name: str, problem: str, precision: str, steps: int) -> tuple[driver.Loop, list[State], dict[str, int]]:
    watch, states = Watch(), []
    task = in_precision(optlab.problem(problem), precision)
    loop = driver.Loop(task, optlab.optimizer(name), stop=Stationary() | Iterations(steps))
    with np.errstate(all="ignore"):
        sys.setprofile(watch)
        try:
            states.extend(now.state for now in loop)
        finally:
            sys.setprofile(None)
    return loop, states, dict(watch.found)


@pytest.mark.parametrize("name", own_methods("float32"))
def test_no_array_of_float64_is_met_on_the_way_in_float32(name: str) -> None:
    ran = 0
    for problem in PROBLEMS:
        loop, states, found = watched(name, problem, "float32", 8)
        if loop.status is Status.SKIPPED:
            continue
        ran += 1
        assert loop.status is not Status.ERROR, (problem, loop.message)
        assert not found, problem
        for state in states:
            assert state.x.dtype == state.g.dtype == SINGLE
            assert not wide(state)
            f = getattr(state, "smooth", state.f)  # that of F = f + c is a sum of two numbers of the dtype
            assert float(np.float32(f)) == f or np.isnan(f)
    assert ran


@pytest.mark.parametrize("name", own_methods("float16"))
def test_methods_of_first_order_run_in_float16(name: str) -> None:
    ran = 0
    for problem in ("quadratic", "hs4", "nearest_on_simplex", "logistic_regression"):
        loop, states, found = watched(name, problem, "float16", 8)
        if loop.status is Status.SKIPPED:
            continue
        ran += 1
        assert loop.status is not Status.ERROR, (problem, loop.message)
        assert not found, problem
        assert all(state.x.dtype == state.g.dtype == HALF and not wide(state) for state in states)
    assert ran


def test_the_gradient_family_and_stochastic_methods_have_float16_and_factorizations_have_not() -> None:
    half = set(own_methods("float16"))
    assert {"gradient_descent", "heavy_ball", "nesterov", "adam", "sgd", "conjugate_gradient", "ista"} <= half
    assert not half & {"bfgs", "lbfgs", "newton", "trust_region", "levenberg_marquardt", "projected_newton"}
    assert optlab.optimizer("scipy_bfgs").precisions == ("float64",)
    assert optlab.optimizer("clip_gradient_norm", inner={"name": "bfgs"}).precisions == ("float32", "float64")


def test_a_method_that_leaves_the_precision_is_told_so() -> None:
    @dataclass(frozen=True)
    class Careless(Optimizer):
        precisions: ClassVar[tuple[str, ...]] = PRECISIONS

        def step(self, oracle: Any, state: State) -> State:
            x = state.x - np.full(2, 0.1) * state.g
            f, g = oracle.value_and_gradient(x)
            return state.at(x, f, g)

    r = optlab.minimize("quadratic", Careless(), precision="float32")
    assert r.status is Status.ERROR
    assert "the method has left float32: it asks at points that are float64" in r.message


def test_a_method_or_a_problem_that_cannot_is_skipped_with_the_reason() -> None:
    for method, precision, why in (
        ("bfgs", "float16", "bfgs runs in float32 and float64 only, not in float16"),
        ("scipy_bfgs", "float32", "scipy_bfgs runs in float64 only, not in float32"),
    ):
        with pytest.raises(InputError, match=why):
            optlab.minimize("rosenbrock", method, precision=precision)
    with pytest.raises(InputError, match="unknown precision 'float23'; did you mean 'float32'"):
        optlab.minimize("rosenbrock", "bfgs", precision="float23")


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", ["lbfgs", "bfgs", "trust_region", "newton_modified"])
def test_a_run_goes_on_from_a_pickled_record_bit_for_bit(name: str, precision: str) -> None:
    """The dtype of an array that was pickled is equal to that of others, but not the same object."""
    whole = list(optlab.iterate("rosenbrock", name, precision=precision))
    there = pickle.loads(pickle.dumps(whole[10]))
    rest = list(optlab.iterate("rosenbrock", name, precision=precision, resume=there))
    assert [r.x.tobytes() for r in rest] == [r.x.tobytes() for r in whole[11:]]
    assert whole[-1].x.dtype == precision


def test_double_precision_is_what_it_was() -> None:
    a, b = (optlab.minimize("rosenbrock", "bfgs", **more) for more in ({}, {"precision": "float64"}))
    assert a.record.points.tobytes() == b.record.points.tobytes()
    assert a.record.precision == "float64"


# --- where progress stops -----------------------------------------------------------------------------


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("alpha", [0.01, 2 / 101, 0.015, 0.0199])
@pytest.mark.parametrize("begin", ["generic", "worst"])
def test_gradient_descent_ends_at_the_floor_of_theory(precision: str, alpha: float, begin: str) -> None:
    """κ = 100 bowl at (1, …): |e| ≤ ulp/(2 min(αλ, 2 − αλ)), at rest or in a cycle, and at least 0.4 of it if flat.

    1.1: the gradient and αg are rounded too, each by half an ulp of a number much smaller than x.
    """
    for n in (2, 6):
        p = optlab.problem("quadratic", n=n, condition=100.0, center=1.0, begin=begin)
        method = optlab.optimizer("gradient_descent", step_size=alpha)
        r = optlab.minimize(p, method, precision=precision, stop=Stationary(rtol=0.0) | Iterations(20_000))
        assert r.status is Status.STALLED
        bound = np.spacing(np.dtype(precision).type(1)).astype(float) / 2
        bound = bound / np.minimum(alpha * p.eigenvalues, 2 - alpha * p.eigenvalues)
        np.testing.assert_allclose(bound, fixed_step_floor(p.eigenvalues, np.eye(n), np.ones(n), alpha, precision))
        left = np.abs(r.record.points[-20:] - 1.0).max(axis=0)
        assert (left <= 1.1 * bound).all()
        assert left[0] >= 0.4 * bound[0]


def test_iterates_and_values_of_the_record_are_numbers_of_the_dtype() -> None:
    for precision in ("float16", "float32"):
        r = optlab.minimize("beale", "gradient_descent_armijo", precision=precision)
        for values in (r.record.points, r.record.scalars["f"], r.record.scalars["stationarity"]):
            assert values.dtype == np.float64
            assert (values.astype(precision).astype(float) == values).all()
        assert r.record.precision == precision


@pytest.mark.parametrize("precision", ["float16", "float32"])
def test_convergence_is_never_claimed_on_the_word_of_the_precision(precision: str) -> None:
    """∇f may vanish in the dtype and not in truth; whatever counts as converged is, in double precision."""
    stalled = 0
    methods = ("gradient_descent_armijo", "barzilai_borwein", "conjugate_gradient", "nesterov", "bfgs", "trust_region")
    for name in methods:
        if precision not in optlab.optimizer(name).precisions:
            continue
        for problem in ("rosenbrock", "quadratic", "beale", "wood", "logistic_regression", "kappa5"):
            p = optlab.problem(problem)
            r = optlab.minimize(p, name, precision=precision, stop=Stationary(rtol=1e-6) | Iterations(800))
            stalled += r.status is Status.STALLED
            too_large = precision == "float16" and r.status is Status.NONFINITE  # ‖∇f‖² is over 65504
            if r.status is Status.CONVERGED:
                assert np.abs(p.gradient(r.x.astype(float))).max() <= 1e-5 * np.abs(p.gradient(p.start())).max()
            else:
                assert r.status in (Status.STALLED, Status.MAX_ITERATIONS) or too_large, (name, problem, r.message)
    assert stalled


def test_a_gradient_that_vanishes_in_the_dtype_alone_is_no_convergence() -> None:
    """∇x⁴ at 0.002 is 3.2e-8, which float16 does not have."""
    p = optlab.Problem(lambda x: (x**4).sum(), start=[1.0], gradient=lambda x: 4.0 * x**3)
    stop = Stationary(rtol=1e-10) | Iterations(500)
    r = optlab.minimize(p, "gradient_descent", start=[0.0015], precision="float16", stop=stop)
    assert r.record.scalars["stationarity"][-1] == 0
    assert r.status is Status.STALLED
    assert r.record.claimed is Status.CONVERGED
    assert "but the recomputed stationarity is 1.35e-08" in r.message


def test_searches_know_the_rounding_of_the_precision() -> None:
    for problem in ("logistic_regression", "dixmaan", "beale"):
        r = optlab.minimize(problem, "gradient_descent_armijo", precision="float32", stop=Stationary(rtol=0.0))
        assert r.status is Status.STALLED
        assert r.message.startswith("no step along -g promises a decrease above the rounding of f")
        assert "in double precision" not in r.message


def test_a_search_that_fails_for_rounding_is_stalled_and_a_wrong_gradient_is_not() -> None:
    def step(_: Any, oracle: Any, state: State) -> State:
        from optlab.core.descent import failure

        raise failure(Line(oracle, state.x, state.f, state.g, -state.g))

    Failing = dataclass(frozen=True)(type("Failing", (Optimizer,), {"step": step, "__module__": __name__}))
    hidden = optlab.Problem(lambda x: (x[0] + 4096.0) ** 2 - 16777216.0 + 1e-9 * x[0], start=[1e-3])
    r = optlab.minimize(hidden, Failing(), precision="float32")
    assert r.status is Status.STALLED
    wrong = optlab.Problem(lambda x: (x**2).sum(), start=[1.0, 2.0], gradient=lambda x: -2.0 * x)
    assert optlab.minimize(wrong, "gradient_descent_armijo", precision="float32").status is Status.LINESEARCH_FAILED


def test_an_event_is_placed_in_the_line_of_the_problem() -> None:
    r = optlab.minimize("rosenbrock", "gradient_descent", precision="float16", columns=["events"])
    assert r.status is Status.DIVERGED
    assert "rosenbrock.py" in r.message
    assert "rosenbrock.py" in r.record.events["overflow"]


def test_adam_in_float16_divides_by_an_epsilon_that_is_zero_there() -> None:
    """1e-8 is 0 in float16 (ledger E08): where g² underflows the step is 0/0."""
    assert np.float16(1e-8) == 0
    p = optlab.Problem(lambda x: 0.5 * x[0] ** 2 + 1e-4 * x[1], start=[1.0, 1.0])
    assert optlab.minimize(p, "adam", precision="float16").status is Status.NONFINITE
    assert optlab.minimize(p, "adam", precision="float16", stop=Iterations(3)).iterations == 0
    relative = optlab.optimizer("adam", eps=1e-4)
    assert optlab.minimize(p, relative, precision="float16", stop=Iterations(3)).iterations == 3


# --- experiments --------------------------------------------------------------------------------------


def experiment(**more: Any) -> Any:
    return from_dict({
        "problems": [{"name": "quadratic", "condition": 100, "center": 1.0}],
        "optimizers": [{"name": "gradient_descent", "step_size": 0.0198}, {"name": "bfgs"}],
        "precision": {"grid": ["float16", "float32", "float64"]},
        "stop": {"stationarity": 0, "iterations": 5000},
        "columns": ["distance", "rounding_floor"],
        **more,
    })  # fmt: skip


def test_precision_is_an_axis_of_an_experiment(tmp_path: Any) -> None:
    results = execute(experiment(), folder=tmp_path / "r", executor="serial", progress=False)
    runs = results.runs.set_index(["optimizer", "precision"])
    assert len(runs) == 6
    assert runs["status"].loc[("bfgs", "float16")] == "SKIPPED"
    assert runs["message"].loc[("bfgs", "float16")] == "bfgs runs in float32 and float64 only, not in float16"
    descent = runs.loc["gradient_descent"]
    assert (descent["final_floor_ratio"].astype(float).between(0.4, 1.1)).all()
    f16, f32 = (descent["floor_distance"].loc[p] for p in ("float16", "float32"))
    assert f16 / f32 == pytest.approx(2.0**13)
    assert (results.runs["problem.transforms"] == "none").all()

    table = PrecisionFloor().table(results)
    assert set(table["precision"]) == set(PRECISIONS)
    ends = table[table["floor"].notna()].groupby("precision").last()
    assert (ends["y"] <= 1.1 * ends["floor"]).all()
    assert len(PrecisionFloor(against="eigenvalues").table(results)) == 6
    for against in ("iterations", "eigenvalues"):
        figure = PrecisionFloor(against=against).draw(results)
        assert figure is not None
        lines = [line for axes in figure.axes for line in axes.get_lines()]
        assert len(lines) == {"iterations": 8, "eigenvalues": 6}[against]
    assert PrecisionFloor(y="suboptimality").table(results)["y"].min() >= 0

    again = execute(experiment(), folder=tmp_path / "r", executor="serial", progress=False)
    assert list(again.runs["run"]) == list(results.runs["run"])
    assert results.runs["run"].is_unique


def test_a_single_precision_is_a_scalar_and_a_wrong_one_is_told() -> None:
    assert {run.precision for run in experiment(precision="float32").runs()} == {"float32"}
    assert {run.precision for run in experiment(precision=["float64"]).runs()} == {"float64"}
    with pytest.raises(optlab.core.status.OptlabError, match=r"float16.*float32.*float64"):
        experiment(precision="single")
    with pytest.raises(optlab.core.status.OptlabError, match="precision"):
        experiment(precision={"geomspace": [1, 2, 3]})
    data = {k: v for k, v in experiment().data.items() if k != "precision"}
    assert {run.precision for run in from_dict(data).runs()} == {"float64"}


def test_the_rounding_floor_is_of_quadratics_and_fixed_steps_alone() -> None:
    columns = ["rounding_floor"]
    r = optlab.minimize("quadratic", "bfgs", columns=columns)
    assert np.isnan(r.record.columns["floor_ratio"]).all()
    assert not r.notes
    r = optlab.minimize("rosenbrock", "gradient_descent", columns=columns)
    assert "quadratic" in r.notes["rounding_floor"]
    turned = optlab.problem("quadratic", n=4, condition=50.0, rotation=True, center=1.0)
    r = optlab.minimize(turned, optlab.optimizer("gradient_descent", step_size=0.02), precision="float32",
                        columns=columns, stop=Stationary(rtol=0.0) | Iterations(5000))  # fmt: skip
    assert r.record.columns["floor_ratio"][0] > 100
    assert r.status is Status.STALLED


def test_narrow_kinds_are_views_without_copies() -> None:
    x = np.float32([1.0, 2.0])
    assert np.shares_memory(narrow(x, SINGLE), x)
    assert type(narrow(x, SINGLE)) is Narrow32
    assert type(plain(narrow(x, SINGLE))) is np.ndarray
