"""The oracle: counts, memo, budgets, read-only arrays, checks of what a user's function returns."""

from __future__ import annotations

import numpy as np
import pytest

from optlab import Problem
from optlab.core.oracle import BudgetSpentError, Oracle
from optlab.core.status import EvaluationError


def bowl(**more):
    return Problem(lambda x: float(x @ x), start=[1.0, 2.0], **{"gradient": lambda x: 2 * x, **more})


def test_a_repeated_question_about_the_same_array_costs_nothing():
    oracle = Oracle(bowl())
    x = np.array([1.0, 2.0])
    oracle.value(x)
    oracle.gradient(x)
    oracle.value_and_gradient(x)
    assert oracle.counts == (1, 1, 0, 0, 0, 0, 0)
    oracle.value(x.copy())
    assert oracle.n_f == 2


def test_residuals_and_constraints_are_remembered_like_f():
    problem = bowl(residuals=lambda x: x, equality=lambda x: x[0] * x[1] - 2, linear_equality=([[1.0, 1.0]], [3.0]))
    oracle = Oracle(problem)
    x = np.array([1.0, 2.0])
    for question in (oracle.residuals, oracle.jacobian, oracle.equality, oracle.equality_jacobian):
        answer = question(x)
        assert question(x) is answer
        assert not answer.flags.writeable
    assert oracle.counts == (1, 0, 0, 0, 1, 2, 0)
    assert not x.flags.writeable
    oracle.equality(x.copy())
    assert oracle.n_constraint == 2


def test_multipliers_of_linear_constraints_and_bounds_add_no_curvature():
    problem = bowl(
        hessian=lambda x: 2 * np.eye(2),
        inequality=lambda x: np.array([x[0] ** 2 - 1, x[1] - 5]),
        equality=lambda x: x[0] * x[1] - 2,
        linear_equality=([[1.0, 1.0]], [3.0]),
        linear_inequality=([[1.0, 0.0]], [9.0]),
        bounds=(0, 10),
    )
    lam, nu = np.array([3.0, 1.0, 7.0, 7.0, 7.0, 7.0, 7.0]), np.array([4.0, 7.0])
    oracle = Oracle(problem)
    H = oracle.lagrangian_hessian(np.array([1.0, 2.0]), lam, nu)
    np.testing.assert_allclose(H, [[2 + 2 * 3, 4], [4, 2]])
    assert oracle.n_hessian == 1


def test_counts_match_an_independent_wrapper():
    calls = {"f": 0, "g": 0, "H": 0}

    def f(x):
        calls["f"] += 1
        return x @ x

    def g(x):
        calls["g"] += 1
        return 2 * x

    def H(x):
        calls["H"] += 1
        return 2 * np.eye(2)

    oracle = Oracle(Problem(f, start=[1.0, 2.0], gradient=g, hessian=H))
    for i in range(5):
        x = np.array([1.0, float(i)])
        oracle.value_and_gradient(x)
        oracle.hessian(x)
        oracle.hessian(x)
    assert oracle.counts == (calls["f"], calls["g"], calls["H"], 0, 0, 0, 0) == (5, 5, 5, 0, 0, 0, 0)


def test_arrays_handed_over_and_returned_become_read_only():
    oracle = Oracle(bowl())
    x = np.array([1.0, 2.0])
    _, g = oracle.value_and_gradient(x)
    for array in (x, g):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_a_gradient_written_into_a_shared_buffer_does_not_corrupt_the_past():
    buffer = np.empty(2)

    def g(x):
        np.multiply(x, 2, out=buffer)
        return buffer

    oracle = Oracle(bowl(gradient=g))
    first = oracle.gradient(np.array([1.0, 2.0]))
    oracle.gradient(np.array([5.0, 6.0]))
    assert first.tolist() == [2.0, 4.0]
    fused = Oracle(bowl(gradient=None, value_and_gradient=lambda x: (x @ x, g(x))))
    _, first = fused.value_and_gradient(np.array([1.0, 2.0]))
    fused.value_and_gradient(np.array([5.0, 6.0]))
    assert first.tolist() == [2.0, 4.0]


def test_a_fresh_gradient_is_not_copied():
    made = []

    def g(x):
        out = 2 * x
        made.append(out.__array_interface__["data"][0])
        return out

    oracle = Oracle(bowl(gradient=g))
    x = np.array([1.0, 2.0])
    assert oracle.value_and_gradient(x)[1].__array_interface__["data"][0] == made[-1]


@pytest.mark.parametrize("what", ["f", "gradient", "hessian", "hvp"])
def test_a_budget_refuses_the_evaluation_that_would_exceed_it(what):
    oracle = Oracle(bowl(hessian=lambda x: 2 * np.eye(2)))
    oracle.limit(**{what: 3})
    ask = {
        "f": oracle.value,
        "gradient": oracle.gradient,
        "hessian": oracle.hessian,
        "hvp": lambda x: oracle.hvp(x, x),
    }[what]
    for i in range(3):
        ask(np.array([1.0, float(i)]))
    with pytest.raises(BudgetSpentError, match=f"3 {what}"):
        ask(np.array([1.0, 9.0]))
    assert getattr(oracle, "n_" + what) == 3


def test_wrong_shapes_and_types_are_named():
    with pytest.raises(EvaluationError, match=r"gradient must return shape \(2,\), given \(3,\)"):
        Oracle(bowl(gradient=lambda x: np.zeros(3))).gradient(np.zeros(2))
    with pytest.raises(EvaluationError, match="f must return one number, given ndarray"):
        Oracle(Problem(lambda x: x, start=[1.0, 2.0], gradient=lambda x: x)).value(np.zeros(2))
    with pytest.raises(EvaluationError, match="f must return one number, given NoneType"):
        Oracle(Problem(lambda x: None, start=[1.0], gradient=lambda x: x)).value(np.zeros(1))
    with pytest.raises(EvaluationError, match=r"hessian must return shape \(2, 2\), given \(2, 3\)"):
        Oracle(bowl(hessian=lambda x: np.zeros((2, 3)))).hessian(np.zeros(2))


def test_random_is_a_pure_function_of_seed_axis_and_step():
    draw = lambda seed, axis, k: Oracle(bowl(), seed).random(k, axis).random(4).tolist()  # noqa: E731
    assert draw(1, "batch", 7) == draw(1, "batch", 7)
    others = [draw(2, "batch", 7), draw(1, "noise", 7), draw(1, "batch", 8)]
    assert draw(1, "batch", 7) not in others
    # Consecutive steps draw from blocks that do not overlap.
    assert set(Oracle(bowl(), 1).random(0).random(1000)).isdisjoint(Oracle(bowl(), 1).random(1).random(1000))


def test_what_is_missing_comes_from_autograd():
    oracle = Oracle(Problem(lambda x: x[0] ** 2 * x[1] + x[1] ** 3, start=[1, 2]))
    x = np.array([1.0, 2.0])
    assert oracle.value_and_gradient(x)[0] == 10.0
    np.testing.assert_allclose(oracle.gradient(x), [4.0, 13.0])
    np.testing.assert_allclose(oracle.hessian(x), [[4.0, 2.0], [2.0, 12.0]])
    np.testing.assert_allclose(oracle.hvp(x, np.array([1.0, 1.0])), [6.0, 14.0])


def test_a_linear_function_has_a_zero_hessian_and_no_warning():
    oracle = Oracle(Problem(lambda x: 3.0 * x[0] - x[1], start=[1.0, 2.0]))
    x = np.array([1.0, 2.0])
    assert oracle.gradient(x).tolist() == [3.0, -1.0]
    assert oracle.hessian(x).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert oracle.hvp(x, np.ones(2)).tolist() == [0.0, 0.0]
