"""Derivatives from autograd: right, in one trace, shared between products, and explained where they fail."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import re
import subprocess
import sys

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import scipy.sparse

import optlab
from optlab import derivatives
from optlab.core.status import EvaluationError
from optlab.derivatives import linear, points
from optlab.derivatives.batched import Batched
from optlab.derivatives.forms import _known
from optlab.derivatives.tape import Tape
from optlab.derivatives.traps import UntraceableError

random = np.random.default_rng(0)
M = random.standard_normal((7, 5))
Q = M.T @ M
c = random.standard_normal(5)
X = random.standard_normal((12, 5))
x5 = random.standard_normal(5)

FUNCTIONS = {
    "rosenbrock": lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    "components": lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2 + x[4] * x[2] * x[3],
    "quadratic": lambda x: 0.5 * x @ Q @ x - c @ x,
    "linear": lambda x: c @ x,
    "dot": lambda x: 0.5 * anp.dot(x, anp.dot(Q, x)) ** 2,
    "logistic": lambda x: np.mean(np.logaddexp(0, M @ x)),
    "tanh": lambda x: np.sum(np.tanh(M @ x) ** 2),
    "norm": lambda x: np.linalg.norm(x) ** 3,
    "autograd's norm": lambda x: anp.linalg.norm(x) ** 3,
    "where": lambda x: anp.sum(anp.where(x > 0, x**3, x**2)),
    "maximum": lambda x: np.sum(np.maximum(x, 0.1 * x) ** 2),
    "clip": lambda x: anp.sum(anp.clip(x, -0.5, 0.5) ** 2),
    "prod": np.prod,
    "mean": lambda x: x.mean() ** 4,
    "std": np.std,
    "max": lambda x: np.max(x) ** 2,
    "cumsum": lambda x: np.sum(np.cumsum(x) ** 3),
    "diff": lambda x: anp.sum(anp.diff(x) ** 4),
    "roll": lambda x: anp.sum(anp.roll(x, 1) * x**2),
    "concatenate": lambda x: anp.sum(anp.concatenate([x[:2] ** 2, x[2:] ** 3]) ** 2),
    "stack": lambda x: anp.sum(anp.stack([x, x**2]) ** 2),
    "array": lambda x: anp.sum(anp.array([x[0] * x[1], x[2] ** 2, x[3] * x[4]]) ** 2),
    "array of numpy": lambda x: np.sum(np.array([x[0] * x[1], x[2] ** 2, x[3] * x[4]]) ** 2),
    "reshape": lambda x: np.sum((x[:4].reshape(2, 2) @ x[1:].reshape(2, 2)) ** 2),
    "matrices": lambda x: anp.sum(anp.dot(x[:4].reshape(2, 2), Q[:2, :2] @ x[1:].reshape(2, 2).T) ** 2),
    "vector times matrix": lambda x: np.sum((x @ (x[:, None] * Q)) ** 2),
    "solve": lambda x: anp.sum(anp.linalg.solve(Q + anp.diag(x**2), c) ** 2),
    "einsum": lambda x: anp.einsum("i,ij,j->", x, Q, x) * x[0],
    "einsum without arrow": lambda x: anp.sum(anp.einsum("ij,j", M, x) ** 3),
    "outer": lambda x: anp.sum(anp.outer(x, x) ** 2),
    "inner": lambda x: anp.inner(x, x) ** 2,
    "fancy": lambda x: np.sum(x[np.array([0, 0, 2])] ** 3 * x[np.array([1, 2, 3])]),
    "ellipsis": lambda x: np.sum(x[..., :3] ** 3),
    "sum of Python": lambda x: sum(t**3 for t in x) * x[0],
    "distances": lambda x: anp.sum(anp.sqrt((x[:, None] - c[None, :]) ** 2 + 1)),
    "trace": lambda x: anp.trace(anp.outer(x, x) @ Q) ** 2,
    "log-sum-exp": lambda x: anp.log(anp.sum(anp.exp(M @ x))),
}
ONE_BY_ONE = {
    "eigh": lambda x: anp.linalg.eigh(Q + anp.diag(x**2))[0][0],
    "slogdet": lambda x: anp.linalg.slogdet(Q + anp.diag(x**2))[1],
    "tensordot": lambda x: anp.sum(anp.tensordot(M, x, 1) ** 4),
    "mask": lambda x: np.sum(x[x > 0] ** 3),
    "if": lambda x: x[0] ** 3 if x[0] > 0 else x[1] ** 2 * x[0],
    "sort": lambda x: np.sum(anp.sort(x) ** 2 * np.arange(5)),
    "kron": lambda x: anp.sum(anp.kron(x, x) ** 2),
}
"""Right, but not for many points at once."""
ALL = FUNCTIONS | ONE_BY_ONE


def close(given, right, near=1e-12):
    np.testing.assert_allclose(given, right, rtol=0, atol=near * max(np.abs(right).max(), 1e-300))


@pytest.fixture
def batches_only(monkeypatch):
    def refuse(*_):
        raise AssertionError("computed one by one")

    monkeypatch.setattr(linear.Linear, "_one_by_one", refuse)


def autograds_hessian(f, x):
    with np.errstate(all="ignore"):
        return autograd.hessian(f)(x) if f is not FUNCTIONS["linear"] else np.zeros((x.size, x.size))


# --- one point ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_gradient_and_hessian_are_those_of_autograd(name):
    f = ALL[name]
    value, slope = derivatives.value_and_gradient(f, x5)
    assert value == pytest.approx(float(f(x5)), rel=1e-15)
    close(slope, autograd.grad(f)(x5), 1e-14)
    H = derivatives.hessian(f, x5)
    close(H, autograds_hessian(f, x5))
    np.testing.assert_array_equal(H, H.T)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_hessian_is_one_batch(name, batches_only):
    derivatives.hessian(FUNCTIONS[name], x5)


def test_a_hessian_evaluates_f_once():
    calls = []

    def f(x):
        calls.append(1)
        return FUNCTIONS["rosenbrock"](x)

    derivatives.hessian(f, np.linspace(0, 1, 50))
    assert len(calls) == 1


def test_large_hessians_come_in_several_batches(monkeypatch, batches_only):
    x = np.linspace(-1, 1, 23)
    widths, batch = [], linear.Linear._batch
    monkeypatch.setattr(linear, "BLOCK", 23 * 5)
    monkeypatch.setattr(linear.Linear, "_batch", lambda self, V: widths.append(V.shape[1]) or batch(self, V))
    close(derivatives.hessian(FUNCTIONS["rosenbrock"], x), autograd.hessian(FUNCTIONS["rosenbrock"])(x))
    assert widths == [5, 5, 5, 5, 3]


@pytest.mark.parametrize("name", ["logistic", "dot", "rosenbrock", "reshape", "outer", "fancy", "einsum", "norm"])
def test_no_operation_of_a_hessian_is_taken_vector_by_vector(name, monkeypatch, batches_only):
    def refuse(node, g):
        raise AssertionError(node)  # ends the batch, and what follows it refuses too

    monkeypatch.setattr(linear, "one_by_one", refuse)
    derivatives.hessian(FUNCTIONS[name], x5)


def test_a_tape_does_not_take_the_variable_of_another_for_its_own():
    inner = []

    def outer(z):
        inner.append(Tape(lambda y: z @ z, x5))
        return z @ z

    assert len(Tape(outer, x5).order) > 1
    assert inner[0].order == []


def test_unit_tangents_copy_the_columns_of_a_matrix_and_others_do_not():
    A = random.standard_normal((200, 60))
    x = random.standard_normal(60)
    close(derivatives.hessian(lambda x: np.sum((A @ x) ** 4), x), (A.T * (12 * (A @ x) ** 2)) @ A)
    V = 2.0 * np.eye(60)[:, ::-1]
    close((A @ Batched(V)).data, A @ V, 1e-15)
    V[3, 4] = 1.0
    close((A @ Batched(V)).data, A @ V, 1e-15)


def test_a_batch_that_differs_from_a_single_product_is_not_trusted():
    @autograd.extend.primitive
    def square(x):
        return x * x

    wrong = lambda g: 3.0 if type(g) is Batched else 2.0  # noqa: E731
    autograd.extend.defvjp(square, lambda ans, x: lambda g: wrong(g) * g * x)
    close(derivatives.hessian(lambda x: np.sum(square(x) ** 2), x5), np.diag(12 * x5**2))


def test_products_replay_one_evaluation():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x**4)

    product = derivatives.linearize(f, x5)
    for v in np.eye(5):
        close(product(v), 12 * x5**2 * v)
    assert len(calls) == 1
    close(derivatives.hvp(f, x5, c), 12 * x5**2 * c)


def test_a_product_is_a_fresh_array():
    v = np.ones(3)
    product = derivatives.linearize(lambda x: 0.5 * x @ x, np.arange(3.0))
    out = product(v)
    out += 1.0
    assert v.tolist() == product(v).tolist() == [1.0, 1.0, 1.0]


def test_what_does_not_depend_on_x_has_zero_derivatives():
    for f in (lambda x: 3.0, lambda x: np.sum(np.sign(x))):
        assert derivatives.gradient(f, x5).tolist() == [0.0] * 5
        assert not derivatives.hessian(f, x5).any()
        assert not derivatives.hvp(f, x5, c).any()


def test_integers_are_points():
    assert derivatives.gradient(lambda x: 0.25 * x @ x, [1, 2]).tolist() == [0.5, 1.0]
    assert derivatives.hessian(lambda x: x @ x, np.array([1, 2])).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert derivatives.gradient(lambda x: x @ x, np.array([1, 2], dtype=np.float32)).dtype == np.float32


@pytest.mark.parametrize("m", [4, 5, 9])
def test_jacobians_of_few_and_of_many_functions(m, batches_only):
    A = random.standard_normal((m, 5))
    close(derivatives.jacobian(lambda x: np.tanh(A @ x), x5), A * (1 - np.tanh(A @ x5) ** 2)[:, None])


@pytest.mark.parametrize(("m", "n"), [(6, 30), (30, 6)])
def test_a_jacobian_takes_the_fewer_of_rows_and_columns(m, n, monkeypatch):
    sizes, products = [], linear.Linear.products
    monkeypatch.setattr(linear.Linear, "products", lambda self, V: sizes.append(V.shape) or products(self, V))
    A = random.standard_normal((m, n))
    close(derivatives.jacobian(lambda x: A @ x**2, np.ones(n)), 2 * A)
    assert sizes == [(6, 6)]


def test_jacobians_of_lists_numbers_and_constants():
    close(
        derivatives.jacobian(lambda x: [x[0] * x[1], x[2] ** 2], x5), [[x5[1], x5[0], 0, 0, 0], [0, 0, 2 * x5[2], 0, 0]]
    )
    close(derivatives.jacobian(lambda x: np.array([x[0] ** 2, 3.0]), x5), [[2 * x5[0], 0, 0, 0, 0], [0] * 5])
    close(derivatives.jacobian(lambda x: x @ x, x5), 2 * x5[None, :])
    assert derivatives.jacobian(lambda x: np.ones(3), x5).tolist() == [[0.0] * 5] * 3


# --- what cannot be traced ----------------------------------------------------------------------


def filled(x):
    z = np.zeros(2)
    z[0] = x[0]
    return np.sum(z)


def added(x):
    z = np.zeros(x.size)
    z += x
    return np.sum(z**2)


TRAPS = {
    "item assignment": (filled, r"for z\[0\] = x\[0\] write np.array\(\[x\[0\], …\]\)"),
    "float": (lambda x: float(x[0]) ** 2, r"write .*x\[0\] for float\(x\[0\]\)"),
    "math": (lambda x: math.exp(x[0]), r"write np.exp\(x\[0\]\) for math.exp\(x\[0\]\)"),
    "in place": (added, r"write z = z \+ x for z \+= x"),
    "out": (lambda x: np.sum(np.exp(x, out=np.zeros(x.size))), r"z = np.exp\(x\) for out=z"),
    "reduce": (lambda x: 2 * np.add.reduce(x), r"write np.sum\(x\) for np.add.reduce\(x\)"),
    "no derivative": (lambda x: np.sum(np.cbrt(x)), "no derivative of cbrt"),
    "eigvalsh": (lambda x: anp.linalg.eigvalsh(anp.outer(x, x))[0], r"write np.linalg.eigh\(A\)\[0\]"),
    "linalg of numpy": (lambda x: np.linalg.eigvalsh(np.outer(x, x))[0], "import autograd.numpy as np"),
    "copy": (lambda x: np.sum(x.copy()), r"1.0 \* x"),
    "whole numbers": (lambda x: np.sum(x.astype(int)), r"leave out astype\(int\)"),
    "sparse": (lambda x: np.sum(scipy.sparse.eye_array(x.size, format="csr") @ x), r"write A.toarray\(\)"),
    "list": (lambda x: [x[0] ** 2], "returns a list"),
    "object array": (lambda x: np.array([x[0] ** 2]), "returns an array of objects"),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_named_with_what_to_write_instead(name):
    f, words = TRAPS[name]
    for derivative in (derivatives.gradient, derivatives.hessian, derivatives.linearize):
        with pytest.raises(UntraceableError, match=words):
            derivative(f, np.array([1.0, 2.0]))
    reason = derivatives.traceable(f, np.array([1.0, 2.0]))
    assert "\n" not in reason
    assert "object at 0x" not in reason
    if name not in ("list", "object array"):
        assert "(test_derivatives.py:" in reason


def test_an_error_of_tracing_is_shown_with_its_line_in_a_run():
    def f(x):
        return float(x[0]) ** 2 if x[0] < 0.5 else x[0] ** 2

    result = optlab.minimize(optlab.Problem(f, start=[1.0]), optlab.optimizer("gradient_descent", step_size=0.4))
    assert result.status.name == "ERROR"
    assert "write np.exp(x[0]) for math.exp(x[0])" in result.message
    assert "(test_derivatives.py:" in result.message


@pytest.mark.parametrize("shape", [(1,), (2,)])
def test_a_result_that_is_not_one_number_is_refused(shape):
    with pytest.raises(EvaluationError, match=rf"f must return one number, given an array of shape \({shape[0]},\)"):
        derivatives.gradient(lambda x: x[: shape[0]] ** 2, np.array([1.0, 2.0]))
    with pytest.raises(EvaluationError, match="given a complex number"):
        derivatives.gradient(lambda x: (x[0] + 1j) ** 2, np.array([1.0, 2.0]))
    with pytest.raises(EvaluationError, match="given NoneType"):
        derivatives.gradient(lambda x: None, np.array([1.0, 2.0]))


def test_errors_of_f_itself_go_through():
    def divides(x):
        return 1 / 0

    def refuses(x):
        msg = "my own"
        raise ValueError(msg)

    with pytest.raises(ZeroDivisionError):
        derivatives.gradient(divides, x5)
    with pytest.raises(ValueError, match=r"^my own$"):
        derivatives.gradient(refuses, x5)
    with pytest.raises(ValueError, match=r"^my own$"):
        derivatives.gradients(refuses, X)


PLAIN = {
    "dot": lambda x: np.sum(np.exp(np.dot(M, x))),
    "method": lambda x: x.dot(Q).dot(x) ** 2,
    "concatenate": lambda x: np.sum(np.concatenate([x[1:], x[:1]]) * x**2),
    "where": lambda x: np.sum(np.exp(np.where(x > 0, x, 2 * x))),
    "where with a number": lambda x: np.sum(np.exp(np.where(x > 0, x, x[0] ** 2))),
    "array": lambda x: np.sum(np.sin(np.array([x[0] * x[1], x[2]]))),
    "solve": lambda x: x @ np.linalg.solve(Q, x) * x[0],
    "solve an array": lambda x: np.sum(np.linalg.solve(Q + np.diag(x**2), c)),
    "det": lambda x: np.linalg.det(Q + np.outer(x, x)),
}


@pytest.mark.parametrize("name", PLAIN)
def test_functions_of_plain_numpy_have_a_second_chance(name):
    """autograd fails on these or differentiates entry by entry."""
    f = PLAIN[name]
    slope, H = derivatives.gradient(f, x5), derivatives.hessian(f, x5)
    for i, e in enumerate(np.eye(5)):
        assert slope[i] == pytest.approx(derivatives.central(f, x5, e), rel=1e-6, abs=1e-6 * np.abs(slope).max())
        row = (derivatives.gradient(f, x5 + 1e-5 * e) - derivatives.gradient(f, x5 - 1e-5 * e)) / 2e-5
        np.testing.assert_allclose(H[i], row, rtol=0, atol=1e-6 * np.abs(H).max())
    close(derivatives.gradients(f, X), np.array([derivatives.gradient(f, x) for x in X]))
    if name == "dot":  # np.exp refuses what np.dot made: found out once
        assert _known(f)


def test_a_function_that_plain_numpy_takes_apart_is_traced_whole_from_the_second_time_on():
    A = random.standard_normal((40, 60))
    f = lambda x: np.sum(np.dot(A, x) ** 2)  # noqa: E731
    x = random.standard_normal(60)
    assert len(Tape(f, x).order) > 2000
    close(derivatives.gradient(f, x), 2 * A.T @ (A @ x))
    assert _known(f)
    close(derivatives.gradient(f, x), 2 * A.T @ (A @ x))
    assert not _known(FUNCTIONS["rosenbrock"])


def test_a_second_chance_must_give_the_same_value():
    def cheats(x):
        return np.sum(np.exp(np.dot(M, x))) + (5.0 if isinstance(x, Batched) else 0.0)

    with pytest.raises(UntraceableError, match=r"import autograd\.numpy as np"):
        derivatives.gradient(cheats, x5)


@pytest.mark.parametrize(
    ("f", "x", "words"),
    [
        (np.linalg.norm, [0.0, 0.0], r"derivative of sqrt .*add a small constant under the root"),
        (anp.linalg.norm, [0.0, 0.0], r"derivative of norm .*add a small constant under the root"),
        (lambda x: np.sqrt(np.sum(x**2)), [0.0, 0.0], r"sqrt \(test_derivatives.py:\d+\) .*under the root"),
        (lambda x: anp.sum(anp.where(x > 0, anp.sqrt(x), 0 * x)), [-1.0, 1.0], "the branch that np.where leaves out"),
        (lambda x: np.sum(np.abs(x) ** 0.5), [0.0, 1.0], "derivative of power .*keep its argument away"),
    ],
)
def test_a_gradient_that_is_nan_at_a_kink_has_a_reason(f, x, words):
    x = np.array(x)
    with np.errstate(all="ignore"):
        assert not np.isfinite(derivatives.gradient(f, x)).all()
    assert np.isfinite(f(np.maximum(x, 0)))
    assert re.search(words, derivatives.nan_reason(f, x))
    assert derivatives.nan_reason(f, np.array([1.0, 2.0])) == ""
    for method in ("gradient_descent", "bfgs", "newton"):
        result = optlab.minimize(optlab.Problem(f, start=x), method)
        assert result.status.name == "NONFINITE"
        assert re.search(words, result.message)


def test_where_f_is_not_finite_there_is_nothing_to_explain():
    assert derivatives.nan_reason(lambda x: np.log(x[0]), np.zeros(1)) == ""
    by_hand = optlab.Problem(lambda x: x @ x, start=[0.0], gradient=lambda x: np.array([np.nan]))
    assert "autograd" not in optlab.minimize(by_hand, "gradient_descent").message


# --- many points --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_many_points_are_the_points_one_by_one(name):
    f = ALL[name]
    close(derivatives.gradients(f, X), np.array([autograd.grad(f)(x) for x in X]))
    close(derivatives.hessians(f, X), np.array([autograds_hessian(f, x) for x in X]))
    V = np.cos(X)
    close(derivatives.hvps(f, X, V), np.array([autograds_hessian(f, x) @ v for x, v in zip(X, V, strict=True)]))


def test_many_points_need_few_traces(monkeypatch):
    shapes = []

    def f(x):
        shapes.append(type(x))
        return FUNCTIONS["components"](x)

    problem = optlab.Problem(f, start=np.ones(5))
    many = random.standard_normal((300, 5))
    problem.gradients(many)
    problem.hessians(many)
    problem.hvps(many, many)
    assert len(shapes) <= 9
    shapes.clear()
    monkeypatch.setattr(points, "BLOCK", 5 * 40)
    close(problem.gradients(many), np.array([problem.gradient(x) for x in many]))
    assert shapes.count(Batched) == 8


def test_points_that_a_function_treats_differently_in_a_batch_are_computed_one_by_one():
    f = lambda x: (2.0 if isinstance(x, Batched) else 1.0) * np.sum(x**3)  # noqa: E731
    close(derivatives.gradients(f, X), 3 * X**2)
    close(derivatives.hessians(f, X), 6 * X[:, :, None] * np.eye(5))
    close(derivatives.hvps(f, X, X), 6 * X * X)
    assert derivatives.together(f, X[0]) == 0


def test_a_problem_says_whether_many_points_go_together():
    width = derivatives.together(lambda x: np.sum(x[1:] * x[:-1]), np.ones(5))
    assert width == 5
    wide = np.ones((40, 5))
    assert derivatives.together(lambda x: np.sum(np.cos(wide @ x)), np.ones(5)) == 40
    decides = lambda x: np.sum(x**2) if x[0] > 0 else 0.0 * x[0]  # noqa: E731
    assert derivatives.together(decides, np.ones(5)) == 0
    assert derivatives.together(np.sum, np.ones(30_000)) == 0, "so large that one at a time is as fast"
    f = optlab.Problem(lambda x: np.sum(x**4), start=np.ones(2))
    assert f.together(np.ones(2)) == 2
    assert optlab.problem("rosenbrock").together(np.ones(2)) == 0, "written by hand"


def test_no_points_and_few_points():
    for k in (0, 1, 2):
        assert derivatives.gradients(np.sum, X[:k]).tolist() == [[1.0] * 5] * k
        assert derivatives.hessians(np.sum, X[:k]).shape == (k, 5, 5)
        assert derivatives.hvps(np.sum, X[:k], X[:k]).tolist() == [[0.0] * 5] * k


# --- the linearization that a problem keeps ----------------------------------------------------


class Counting(optlab.ProblemBase):
    def __init__(self):
        self.calls = [0]

    def value(self, x):
        self.calls[0] += 1
        return np.sum(x**4)

    def start(self):
        return np.arange(1.0, 4.0)

    def hessian_pattern(self):
        return np.arange(3), np.arange(3)


def fixed(x):
    x = np.array(x, dtype=float)
    x.setflags(write=False)
    return x


def test_products_at_one_read_only_point_share_an_evaluation():
    problem, x, v = Counting(), fixed([1, 2, 3]), np.array([1.0, -1.0, 2.0])
    for _ in range(4):
        close(problem.hvp(x, v), 12 * x**2 * v)
    close(problem.sparse_hessian(x).toarray(), np.diag(12 * x**2))
    assert problem.calls == [1]
    y = fixed([1, 2, 3])
    close(problem.hvp(y, v), 12 * y**2 * v)
    assert problem.calls == [2]


def test_a_point_that_can_change_is_evaluated_each_time():
    problem, v = Counting(), np.ones(3)
    x = np.array([1.0, 2.0, 3.0])
    problem.hvp(x, v)
    assert problem._linearized._kept is None
    x[0] = 5.0
    close(problem.hvp(x, v), 12 * x**2)
    base = np.array([1.0, 2.0, 3.0, 4.0])
    view = base[:3]
    view.setflags(write=False)
    problem.hvp(view, v)
    assert problem._linearized._kept is None
    base[0] = 5.0
    close(problem.hvp(view, v), 12 * base[:3] ** 2)
    x = fixed([1, 2, 3])
    problem.hvp(x, v)
    x.setflags(write=True)
    x[0] = 7.0
    x.setflags(write=False)
    close(problem.hvp(x, v), 12 * x**2)


def test_the_evaluation_is_freed_with_its_point():
    problem, x = Counting(), fixed([1, 2, 3])
    problem.hvp(x, np.ones(3))
    assert problem._linearized._kept is not None
    del x
    gc.collect()
    assert problem._linearized._kept is None


def test_the_evaluation_is_not_copied_with_the_problem():
    problem, x = Counting(), fixed([1, 2, 3])
    problem.hvp(x, np.ones(3))
    problem.sparse_hessian(x)
    for other in (copy.copy(problem), copy.deepcopy(problem), pickle.loads(pickle.dumps(problem))):
        assert "_linearized" not in other.__dict__
        assert "_colored" not in other.__dict__
        close(other.hvp(x, np.ones(3)), 12 * x**2)


# --- what it costs ------------------------------------------------------------------------------


def test_autograd_is_imported_when_it_is_needed_and_not_before():
    code = """
import sys
import numpy as np
from optlab import Problem, derivatives
import optlab.core.driver
p = Problem(lambda x: float(x @ x), start=[1.0], gradient=lambda x: 2 * x)
p.value_and_gradient(p.start())
assert "autograd" not in sys.modules
derivatives.gradient(np.sum, p.start())
assert "autograd" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_name_of_the_package_is_there():
    for name in derivatives.__all__:
        assert getattr(derivatives, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'gradiant'"):
        derivatives.gradiant
