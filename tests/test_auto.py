"""The method that is chosen where none is named, what is said of it, and what is refused."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

import optlab
from optlab.choice import AUTO, METHODS, Auto, NothingFitsError, choose
from optlab.core.problem import Facts, ProblemBase
from optlab.core.samples import Samples
from optlab.core.status import InputError
from optlab.core.user_problem import Problem
from optlab.proximal.elastic_net import ElasticNet
from optlab.registry import Catalogue
from optlab.sets.ball import Ball
from optlab.sets.box import Box
from optlab.sets.l1_ball import L1Ball
from optlab.sets.simplex import Simplex


def bowl(n=2, **more):
    return Problem(lambda x: x @ x, start=np.arange(1.0, n + 1), **more)


class Wide(ProblemBase):
    """½ Σ hᵢxᵢ² in 1500 variables, by products alone."""

    tags = ("quadratic", "convex")
    n = 1500

    def value(self, x):
        return 0.5 * float(x @ self.hvp(x, x))

    def gradient(self, x):
        return self.hvp(x, x)

    def hvp(self, x, v):
        return np.linspace(1, 30, self.n) * v

    def start(self):
        return np.ones(self.n)

    def facts(self):
        return Facts(solution=np.zeros(self.n), optimum=0.0)


class Curved(Wide):
    tags = ("convex",)


BY_HAND = {"gradient": lambda x: 2 * x}
CASES = {
    "lbfgsb": (bowl(bounds=(0.5, 2)), "the only constraints are bounds"),
    "lbfgsb ": (bowl(1001, feasible=Box(0.5, 2.0)), "n = 1,001"),
    "projected_newton": (bowl(bounds=(0.5, 2), hessian=lambda x: 2 * np.eye(2), **BY_HAND), "a Hessian by hand"),
    "projected_gradient": (bowl(feasible=Simplex(1.0)), "a convex set"),
    "projected_gradient ": (bowl(feasible=Ball(1.0)), "a convex set"),
    "projected_gradient  ": (bowl(feasible=Ball(1.0), residuals=lambda x: x), "a convex set"),
    "secular_equation": (optlab.problem("l2_regression"), "a quadratic in a ball"),
    "fista": (optlab.problem("lasso"), "a composite term"),
    "active_set": (optlab.problem("convex_qp"), "a convex quadratic with linear constraints and n = 20"),
    "sqp": (bowl(inequality=lambda x: x - 1), "no second derivatives are by hand"),
    "sqp ": (bowl(bounds=(0, 2), equality=lambda x: x[0] - x[1]), "constraints are functions"),
    "sqp  ": (bowl(linear_inequality=([[1.0, 0.0]], [0.5]), feasible=Ball(1.0)), "constraints are functions"),
    "sqp_newton": (optlab.problem("hs71"), "second derivatives are by hand"),
    "kkt_newton": (bowl(linear_equality=([[1.0, 1.0]], [1.0])), "the only constraints are equalities"),
    "levenberg_marquardt": (bowl(residuals=lambda x: x), "sum of squares with residuals, not linear, and n = 2"),
    "lstsq": (optlab.problem("hilbert"), "residuals are linear"),
    "trust_region": (bowl(hessian=lambda x: 2 * np.eye(2), **BY_HAND), "a Hessian by hand and n = 2"),
    "trust_region ": (optlab.problem("kappa5"), "a Hessian by hand and n = 2"),
    "newton_cg": (bowl(hvp=lambda x, v: 2 * v, **BY_HAND), "products by hand"),
    "newton_cg ": (Curved(), "n = 1,500"),
    "linear_conjugate_gradient": (Wide(), "a convex quadratic with Hessian-vector products and n = 1,500"),
    "bfgs": (bowl(**BY_HAND), "a gradient by hand, no Hessian by hand, and n = 2"),
    "bfgs ": (bowl(), "a gradient by autograd"),
    "lbfgs": (bowl(1001, **BY_HAND), "n = 1,001, too large for a dense matrix"),
    "lbfgs ": (bowl(1001, residuals=lambda x: x), "too large"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_choice_follows_from_what_the_problem_offers(name):
    problem, why = CASES[name]
    choice = choose(problem)
    assert choice.name == name.strip()
    assert why in choice.why
    result = optlab.minimize(problem)
    assert result.success, result.message
    assert result.chosen == str(choice) == f"{choice.name} was chosen: {choice.why}"
    assert result.message.endswith(f"({result.chosen})")


def test_every_name_that_may_be_chosen_is_there():
    assert set(METHODS) <= set(optlab.names("optimizers"))
    assert {choose(problem).name for problem, _ in CASES.values()} == set(METHODS) - {"sgd"}


def test_a_sum_whose_terms_alone_have_gradients_is_sampled():
    A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]])
    terms = Samples(3, lambda x, i: float(np.mean((A[i] @ x) ** 2)), lambda x, i: 2 * (A[i] @ x) @ A[i] / len(i))
    offered = Problem(lambda x: float(np.mean((A @ x) ** 2)), start=[1.0, 1.0], samples=terms, autodiff=False)
    assert choose(offered).name == "sgd"
    assert choose(bowl(samples=terms)).name == "bfgs"


def test_auto_may_be_named_and_a_named_method_is_not_called_chosen():
    for spec in (None, AUTO, {"name": AUTO}):
        assert optlab.minimize("kappa5", spec).chosen.startswith("trust_region was chosen")
    result = optlab.minimize("kappa5", "bfgs")
    assert result.chosen == ""
    assert result.message == "The stationarity and feasibility tolerances are met."
    records = list(optlab.iterate("kappa5", AUTO))
    assert records[-1].status.success


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (bowl(composite=ElasticNet(0.1), equality=lambda x: x[0]), "equality constraints and a composite term"),
        (bowl(1001, equality=lambda x: x[0]), "n = 1,001: too large for a dense KKT matrix"),
        (bowl(feasible=L1Ball(1.0), inequality=lambda x: x - 1), "set constraints and inequality constraints"),
    ],
)  # fmt: skip
def test_what_nothing_handles_is_named(problem, message):
    with pytest.raises(NothingFitsError, match=message):
        optlab.minimize(problem)
    with pytest.raises(InputError, match="the problem has"):
        next(optlab.iterate(problem))


def test_a_problem_without_a_gradient_says_why():
    with pytest.raises(InputError, match=r"autograd cannot trace its value.*bfgs was chosen"):
        optlab.minimize(lambda x: math.exp(x[0]), start=[1.0])


def test_the_registry_knows_auto_but_does_not_list_it():
    assert AUTO not in optlab.names("optimizers")
    assert Catalogue().make("optimizers", AUTO) == Auto()
    with pytest.raises(InputError, match="no setting"):
        Catalogue().make("optimizers", {"name": AUTO, "tolerance": 1})


def test_an_experiment_shows_what_auto_stood_for(tmp_path):
    experiment = {
        "name": "auto", "problems": ["kappa5", "rosenbrock", "circle", "lasso", {"name": "quadratic", "n": 3}],
        "optimizers": [AUTO, "bfgs"],
        "expect": [
            {"runs": {"label": AUTO, "problem": "circle"}, "column": "optimizer.chosen", "all": "kkt_newton"},
        ],
    }  # fmt: skip
    options = {"folder": tmp_path / "auto", "progress": False, "executor": "serial"}
    results = optlab.run(experiment, **options)
    assert all(verdict.met for verdict in results.verdicts)
    runs = results.runs[results.runs["optimizer"] == AUTO].set_index("problem")
    chosen = {"kappa5": "trust_region", "rosenbrock": "levenberg_marquardt", "circle": "kkt_newton",
              "quadratic": "trust_region", "lasso": "fista"}  # fmt: skip
    for name, method in chosen.items():
        assert runs.loc[name, "optimizer.chosen"] == method
        assert runs.loc[name, "status"] == "CONVERGED"
        assert f"{method} was chosen: " in runs.loc[name, "message"]
    again = optlab.run(experiment, **options)
    assert again.runs["run"].tolist() == results.runs["run"].tolist()


def test_the_key_of_an_auto_run_follows_the_code_of_every_method_it_may_become(tmp_path, monkeypatch):
    from optlab import runner
    from optlab.experiment import from_dict

    (run,) = from_dict({"name": "auto", "problems": ["kappa5"], "optimizers": [AUTO]}).runs()
    before = runner.Keys(()).of(run)
    assert runner.Keys(()).of(run) == before
    home = sys.modules[runner.Keys.__module__]
    digest = home.source_digest
    monkeypatch.setattr(
        home, "source_digest", lambda path: "changed" if path.name == "within_radius.py" else digest(path)
    )
    assert runner.Keys(()).of(run) != before
