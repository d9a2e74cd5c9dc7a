"""The battery catches what is wrong with a problem and names it: copies of problems, each with one mistake."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from optlab.checks.check_problem import check_problem
from optlab.core.settings import settings_of
from optlab.registry import Catalogue

CATALOGUE = Catalogue()
MANY = 12
"""Problems per kind of mistake; at least ten."""
SMALL = 12
UNFIT = {"degenerate", "badly_scaled", "ill_conditioned", "nonsmooth", "multimodal"}
"""Problems whose facts a small error cannot refute in double precision, or whose entries are all 0."""


def candidates(fits):
    """The first MANY small problems that a mistake applies to, in an order that has nothing to do with them."""
    names = sorted(CATALOGUE.names("problems"), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    found = []
    for name in names:
        if len(found) < MANY and CATALOGUE.entry("problems", name).module:
            problem = CATALOGUE.make("problems", name)
            if problem.n <= SMALL and fits(problem):
                found.append(name)
    return found


def copy_of(name, **changed):
    """A copy of a problem with some of its methods replaced; `changed` maps a name to original → replacement."""
    original = CATALOGUE.make("problems", name)
    cls = type(original)
    body = {key: change(getattr(cls, key)) for key, change in changed.items()}
    wrong = type("Wrong" + cls.__name__, (cls,), body)
    return wrong(**{key: getattr(original, key) for key in settings_of(cls)})


def failures(problem):
    return {check.name: check.detail for check in check_problem(problem).failures}


def entry_of(vector):
    """The entry that is largest at the start: a mistake there is a mistake that shows."""
    return int(np.argmax(np.abs(vector)))


def smooth(problem):
    return "nonsmooth" not in problem.tags and problem.by_hand("gradient")


@pytest.mark.parametrize("name", candidates(smooth))
def test_a_wrong_gradient_entry(name):
    problem = CATALOGUE.make("problems", name)
    j = entry_of(problem.gradient(problem.start()))

    def wrong(g):
        g = np.array(g)
        g[j] *= 1.0 + 1e-3
        return g

    def change(original):
        return lambda self, x: wrong(original(self, x))

    def fused(original):
        def value_and_gradient(self, x):
            f, g = original(self, x)
            return f, g if type(self).gradient is original else wrong(g)

        return value_and_gradient

    found = failures(copy_of(name, gradient=change, value_and_gradient=fused))
    assert "gradient against differences" in found
    assert f"entry {j}" in found["gradient against differences"]


@pytest.mark.parametrize(
    "name", candidates(lambda p: smooth(p) and p.by_hand("hessian") and p.hessian(p.start()).any())
)
def test_a_wrong_hessian_entry(name):
    problem = CATALOGUE.make("problems", name)
    H = problem.hessian(problem.start())
    i, j = np.unravel_index(np.argmax(np.abs(H)), H.shape)

    def change(original):
        def hessian(self, x):
            H = np.array(original(self, x))
            H[i, j] *= 1.0 + 1e-3
            H[j, i] = H[i, j]
            return H

        return hessian

    found = failures(copy_of(name, hessian=change))
    assert "hessian against differences" in found
    assert any(f"entry {k}" in found["hessian against differences"] for k in (i, j))


@pytest.mark.parametrize("name", candidates(lambda p: smooth(p) and p.by_hand("hvp") and p.hessian(p.start()).any()))
def test_a_wrong_hessian_vector_product(name):
    problem = CATALOGUE.make("problems", name)
    j = entry_of(np.abs(problem.hessian(problem.start())).sum(axis=0))

    def change(original):
        def hvp(self, x, v):
            product = np.array(original(self, x, v))
            product[j] *= 1.0 - 1e-3
            return product

        return hvp

    found = failures(copy_of(name, hvp=change))
    assert {"hvp against differences", "hvp equals hessian times v"} <= set(found)


@pytest.mark.parametrize("name", candidates(lambda p: p.residuals is not None and smooth(p)))
def test_a_wrong_sign_in_the_jacobian_of_the_residuals(name):
    problem = CATALOGUE.make("problems", name)
    j = entry_of(np.abs(problem.jacobian(problem.start())).sum(axis=0))

    def change(original):
        def jacobian(self, x):
            J = np.array(original(self, x))
            J[:, j] *= -1.0
            return J

        return jacobian

    found = failures(copy_of(name, jacobian=change))
    assert "constraint jacobians against differences" in found
    assert f"entry {j}" in found["constraint jacobians against differences"]


@pytest.mark.parametrize("name", candidates(lambda p: p.equality is not None or p.inequality is not None))
def test_a_wrong_sign_in_the_jacobian_of_a_constraint(name):
    problem = CATALOGUE.make("problems", name)
    key = "equality_jacobian" if problem.equality is not None else "inequality_jacobian"

    def change(original):
        def jacobian(self, x):
            J = np.array(original(self, x))
            J[0] *= -1.0
            return J

        return jacobian

    found = failures(copy_of(name, **{key: change}))
    assert "constraint jacobians against differences" in found
    assert ("h: " if key == "equality_jacobian" else "g: ") or found


def with_active_inequality(problem):
    """Problems with a nonlinear inequality that has a multiplier at x*."""
    if problem.inequality is None or problem.known.solution is None or problem.known.multipliers is None:
        return False
    m = np.size(problem.inequality(problem.start()))
    return problem.known.qualified and bool(np.any(np.asarray(problem.known.multipliers[0])[:m] > 1e-3))


@pytest.mark.parametrize("name", candidates(with_active_inequality))
def test_a_constraint_with_the_wrong_sign(name):
    """All derivatives agree with one another; only the facts can tell."""
    problem = CATALOGUE.make("problems", name)
    original = problem.inequality
    wrong = copy_of(
        name,
        inequality=lambda _: property(lambda self: lambda x: -original(x)),
        inequality_jacobian=lambda old: lambda self, x: -old(self, x),
        lagrangian_hessian=lambda old: lambda self, x, lam, nu: old(self, x, -lam, nu),
    )
    found = failures(wrong)
    assert "constraint jacobians against differences" not in found
    assert "lagrangian hessian against differences" not in found
    assert "solution is stationary" in found


def firm(problem):
    """Problems whose x* is a strict minimizer in double precision."""
    known = problem.known
    if known.solution is None or UNFIT & set(problem.tags) or not known.qualified:
        return False
    if problem.constrained:
        return True
    x = np.array(known.solution, dtype=float)
    eigenvalues = np.linalg.eigvalsh(problem.hessian(x))
    return eigenvalues[0] > 1e-4 * eigenvalues[-1]


@pytest.mark.parametrize("name", candidates(firm))
def test_a_wrong_solution(name):
    known = CATALOGUE.make("problems", name).known
    x = np.array(known.solution, dtype=float)
    x[-1] += 1e-4 * max(1.0, abs(x[-1]))
    found = failures(copy_of(name, facts=lambda old: lambda self: replace(old(self), solution=x)))
    assert "solution is stationary" in found or "multipliers are right" in found


@pytest.mark.parametrize("name", candidates(lambda p: p.known.optimum is not None and p.known.solution is not None))
def test_a_wrong_optimum(name):
    problem = CATALOGUE.make("problems", name)
    size = abs(problem.known.optimum) + abs(problem.objective(problem.start()))
    for wrong in (problem.known.optimum + 1e-8 * size, problem.known.optimum - 1e-8 * size):
        found = failures(copy_of(name, facts=lambda old, wrong=wrong: lambda self: replace(old(self), optimum=wrong)))
        assert "optimum is f at the solution" in found


@pytest.mark.parametrize("name", candidates(lambda p: p.known.critical_points))
def test_a_critical_point_of_the_wrong_class(name):
    points = CATALOGUE.make("problems", name).known.critical_points
    kind, those = next((kind, those) for kind, those in points.items() if those)
    other = "maximum" if kind != "maximum" else "minimum"
    found = failures(copy_of(name, facts=lambda old: lambda self: replace(old(self), critical_points={other: those})))
    assert kind in found["critical points are what they are called"]


@pytest.mark.parametrize(
    "name", candidates(lambda p: p.known.multipliers is not None and np.concatenate(
        [np.atleast_1d(np.asarray(part, dtype=float)) for part in p.known.multipliers]).any())
)  # fmt: skip
def test_wrong_multipliers(name):
    lam, nu = (np.array(part, dtype=float) for part in CATALOGUE.make("problems", name).known.multipliers)
    wrong = (1.001 * lam, 1.001 * nu)
    found = failures(copy_of(name, facts=lambda old: lambda self: replace(old(self), multipliers=wrong)))
    assert "multipliers are right" in found


def test_every_kind_of_mistake_is_tried_on_ten_problems():
    kinds = [mark for name, test in globals().items() if name.startswith("test_")
             for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]  # fmt: skip
    assert len(kinds) == 10
    assert all(len(mark.args[1]) >= 10 for mark in kinds), [len(mark.args[1]) for mark in kinds]
