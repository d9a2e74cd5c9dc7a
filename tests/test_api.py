"""The public names: they all exist, the docstring examples run, importing costs next to nothing."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import optlab
import optlab_problems
from optlab.proximal.elastic_net import ElasticNet

PUBLIC = [
    "Problem", "problem", "optimizer", "names", "minimize", "iterate", "run", "load", "check_optimizer",
    "check_problem", "kkt", "Optimizer", "LineSearchOptimizer", "State", "Oracle", "ProblemBase", "Facts", "Column",
    "Plot", "ConvexSet",
    "Status", "Halt", "stop", "numerics",
]  # fmt: skip


def modules():
    for package in (optlab, optlab_problems):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            yield found.name


def test_every_public_name_survives_the_import_of_every_submodule():
    for name in modules():
        importlib.import_module(name)
    assert set(PUBLIC) <= set(optlab.__all__) <= set(dir(optlab))
    for name in PUBLIC:
        assert getattr(optlab, name) is not None
    for name in (
        "problem",
        "optimizer",
        "names",
        "minimize",
        "iterate",
        "run",
        "load",
        "kkt",
        "check_problem",
        "check_optimizer",
    ):
        assert callable(getattr(optlab, name)), name
    assert optlab.problem("kappa5").n == 2
    assert {"Stationary", "Iterations", "Evaluations", "Seconds"} <= set(dir(optlab.stop))
    with pytest.raises(AttributeError, match="no attribute 'minimise'"):
        optlab.minimise


@pytest.mark.parametrize("name", sorted(modules()))
def test_docstring_examples_run(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_import_costs_next_to_nothing():
    code = (
        "import sys; bare = set(sys.modules); import optlab; new = set(sys.modules) - bare; assert len(new) < 10, new"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_minimize_takes_functions_names_specs_and_instances():
    f = lambda x: (x[0] - 1) ** 2 + 10 * (x[1] + 2) ** 2  # noqa: E731
    for method in (None, "bfgs", {"name": "gradient_descent", "step_size": 0.05}, optlab.optimizer("newton")):
        result = optlab.minimize(f, method, start=[3.0, 1.0])
        assert result.success, result.message
        np.testing.assert_allclose(result.x, [1, -2], atol=1e-6)
    with pytest.raises(optlab.InputError, match="needs a start"):
        optlab.minimize(f)


def test_the_default_method_fits_the_problem():
    bowl = lambda **more: optlab.Problem(lambda x: x @ x, start=[1.0, 2.0], **more)  # noqa: E731
    assert optlab.minimize(bowl(bounds=(0.5, 2))).success
    constrained = optlab.minimize(bowl(linear_equality=([[1.0, 1.0]], [1.0])))
    assert constrained.success
    np.testing.assert_allclose(constrained.x, [0.5, 0.5])
    assert optlab.minimize(bowl(inequality=lambda x: x - 1)).success
    with pytest.raises(optlab.InputError, match="a composite term"):
        optlab.minimize(bowl(inequality=lambda x: x - 1, composite=ElasticNet(0.1)))


def test_the_trace_is_a_table_with_the_columns_asked_for():
    result = optlab.minimize("rosenbrock", "bfgs", columns=["condition_number", "optimal_step"])
    expected = {
        "k",
        "f",
        "stationarity",
        "step_size",
        "n_f",
        "n_gradient",
        "seconds",
        "kept",
        "condition_number",
        "optimal_step",
    }
    assert expected <= set(result.trace.columns)
    assert len(result.trace) == result.iterations + 1 == len(result.trajectory)
    assert result.evaluations["f"] == result.trace["n_f"].iloc[-1]
    assert result.trace["condition_number"].iloc[-1] == pytest.approx(2508.009, rel=1e-5)


@pytest.mark.parametrize("method", ["bfgs", "lbfgs", "newton", "gradient_descent_armijo"])
def test_columns_do_not_touch_the_run(method):
    names = optlab.names("columns")
    plain = optlab.minimize("rosenbrock", method, stop=optlab.stop.Iterations(30))
    observed = optlab.minimize("rosenbrock", method, stop=optlab.stop.Iterations(30), columns=names)
    assert plain.trajectory.tobytes() == observed.trajectory.tobytes()
    assert plain.evaluations == observed.evaluations
    assert len(observed.trace.columns) > len(plain.trace.columns) + 10


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"start": [1.0], "f": 3}, "f must be a function"),
        ({"start": [], "f": abs}, "not empty"),
        ({"start": [1.0], "f": abs, "gradient": 3}, "gradient must be a function"),
        ({"start": [1.0, 2.0], "f": abs, "bounds": (1, 0)}, "lo <= hi, but component 0 has 1.0 and 0.0"),
        ({"start": [1.0, 2.0], "f": abs, "bounds": ([1, 2, 3], 9)}, r"arrays of shape \(2,\)"),
        ({"start": [1.0, 2.0], "f": abs, "linear_equality": ([[1.0]], [1.0])}, r"A of shape \(m, 2\)"),
    ],
)
def test_bad_problems_are_named(given, message):
    given = dict(given)
    with pytest.raises(optlab.InputError, match=message):
        optlab.Problem(given.pop("f"), **given)


def test_a_problem_that_autograd_cannot_trace_says_so():
    import math

    p = optlab.Problem(lambda x: math.exp(x[0]), start=[1.0])
    with pytest.raises(optlab.InputError, match=r"bfgs needs gradient: .*autograd cannot trace its value \(TypeError"):
        optlab.minimize(p, "bfgs")
    q = optlab.Problem(lambda x: x @ x, start=[1.0], gradient=lambda x: 2 * x, autodiff=False)
    with pytest.raises(optlab.InputError, match="newton needs hessian: the problem has no hessian, and it rules out"):
        optlab.minimize(q, "newton")
