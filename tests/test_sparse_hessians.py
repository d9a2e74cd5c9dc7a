"""Sparse Hessians: coloring, recovery, and the check of a declared pattern."""

from __future__ import annotations

from dataclasses import dataclass

import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optlab
from optlab import derivatives
from optlab.checks.check_problem import check_problem


def close(given, right, near=1e-12):
    np.testing.assert_allclose(given, right, rtol=0, atol=near * np.abs(right).max())


def fixed(x):
    x = np.array(x, dtype=float)
    x.setflags(write=False)
    return x


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def tridiagonal(n):
    i = np.arange(n)
    return np.concatenate([i, i[:-1]]), np.concatenate([i, i[1:]])


def arrowhead(n):
    i = np.arange(n)
    return np.concatenate([i, 0 * i[1:]]), np.concatenate([i, i[1:]])


def grid(m):
    i = np.arange(m * m).reshape(m, m)
    return (np.concatenate([i.ravel(), i[:, :-1].ravel(), i[:-1].ravel()]),
            np.concatenate([i.ravel(), i[:, 1:].ravel(), i[1:].ravel()]))  # fmt: skip


def recovered(n, rows, cols):
    """Check that a random matrix of a pattern comes back from its sums of columns; return their number."""
    colored = derivatives.color(n, rows, cols)
    values = np.random.default_rng(1).standard_normal(colored.rows.size)
    H = np.zeros((n, n))
    H[colored.rows, colored.cols] = H[colored.cols, colored.rows] = values
    S = colored.from_sums(H @ v for v in colored.seeds())
    np.testing.assert_array_equal(S.toarray(), H)
    np.testing.assert_array_equal(colored.from_values(values).toarray(), H)
    assert sum(colored.seeds()).tolist() == [1.0] * n
    assert S.has_canonical_format
    return colored.groups


def test_few_products_give_a_sparse_matrix():
    assert recovered(7, np.arange(7), np.arange(7)) == 1
    assert recovered(30, *tridiagonal(30)) == 3
    assert recovered(30, *arrowhead(30)) == 2
    band = [np.concatenate([np.arange(k, 60) - k * s for k in range(4)]) for s in (1, 0)]
    assert recovered(60, *band) == 7
    i, j = tridiagonal(400)
    hubs = (np.concatenate([i, np.zeros(398, int), np.ones(397, int)]),
            np.concatenate([j, np.arange(2, 400), np.arange(3, 400)]))  # fmt: skip
    assert recovered(400, *hubs) == 5
    assert recovered(900, *grid(30)) <= 12
    assert recovered(100, *np.triu_indices(100)) == 100
    assert recovered(3, [], []) == 1
    assert recovered(4, [0, 0, 1], [3, 3, 1]) <= 2


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 200), st.integers(0, 10**6))
def test_every_pattern_comes_back(n, e, seed):
    pairs = np.sort(np.random.default_rng(seed).integers(0, n, (e, 2)), axis=1)
    recovered(n, pairs[:, 0], pairs[:, 1])


def test_more_colors_than_bits_in_a_word():
    pairs = np.sort(np.random.default_rng(0).integers(0, 600, (9000, 2)), axis=1)
    assert recovered(600, pairs[:, 0], pairs[:, 1]) > 64


def test_a_million_columns_take_seconds_at_most():
    n = 10**6
    for rows, cols, most in ((*tridiagonal(n), 3), (*arrowhead(n), 2), (*grid(1000), 14)):
        assert derivatives.color(n, rows, cols).groups <= most


def test_a_sparse_hessian_of_many_variables_needs_no_dense_matrix():
    class Chain(optlab.ProblemBase):
        n = 200_000

        def value(self, x):
            return rosenbrock(x)

        def start(self):
            return np.zeros(self.n)

        def hessian_pattern(self):
            return tridiagonal(self.n)

    problem = Chain()
    x = fixed(np.cos(np.arange(problem.n)))
    S = problem.sparse_hessian(x)
    assert S.nnz == 3 * problem.n - 2
    v = np.sin(np.arange(problem.n))
    close(S @ v, problem.hvp(x, v))
    close(S.diagonal()[1:-1], 200 + 1200 * x[1:-1] ** 2 - 400 * x[2:] + 2)


@pytest.mark.parametrize("given", [{}, {"hvp": True}, {"hessian": True}])
def test_a_sparse_hessian_comes_from_what_is_by_hand(given):
    H = lambda x: np.diag(12 * x**2) + np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1)  # noqa: E731
    by_hand = {"hvp": lambda x, v: H(x) @ v, "hessian": H}
    traced = lambda x: np.sum(x**4) + x[1:] @ x[:-1]  # noqa: E731
    f = (lambda x: float(traced(x))) if given else traced
    problem = optlab.Problem(f, start=np.ones(4), **{name: by_hand[name] for name in given})
    x = fixed([1.0, 2.0, 3.0, 4.0])
    if "hvp" not in given:
        close(problem.sparse_hessian(x).toarray(), H(x))  # no pattern: all entries
        del problem.__dict__["_colored"]
    problem.__dict__["hessian_pattern"] = lambda: tridiagonal(4)
    S = problem.sparse_hessian(x)
    assert S.nnz == 10
    close(S.toarray(), H(x))


@pytest.mark.parametrize(
    ("rows", "cols", "words"),
    [
        ([0, 2], [1, 1], r"0 <= row <= col < 3, given \(2, 1\)"),
        ([0], [3], r"given \(0, 3\)"),
        ([-1], [1], r"given \(-1, 1\)"),
        ([0, 1], [1], r"one shape \(e,\)"),
        ([0.0], [1.0], "two int arrays"),
    ],
)
def test_a_pattern_that_cannot_be_one_is_named(rows, cols, words):
    with pytest.raises(optlab.InputError, match=words):
        derivatives.color(3, rows, cols)


def test_a_pattern_that_misses_an_entry_is_caught_by_the_battery():
    @dataclass(frozen=True)
    class Ring(optlab.ProblemBase):
        complete: bool = True

        def value(self, x):
            return np.sum((x - anp.roll(x, 1)) ** 4)

        def start(self):
            return np.arange(6.0) ** 2

        def hessian_pattern(self):
            rows, cols = tridiagonal(6)
            return (np.append(rows, 0), np.append(cols, 5)) if self.complete else (rows, cols)

    name = "sparse hessian equals hvp"
    outcomes = {check.name: check for check in check_problem(Ring()).checks}
    assert outcomes[name].passed
    assert not outcomes[name].skipped
    assert not {check.name: check for check in check_problem(Ring(complete=False)).checks}[name].passed
    assert {check.name: check for check in check_problem(optlab.problem("kappa5")).checks}[name].skipped
