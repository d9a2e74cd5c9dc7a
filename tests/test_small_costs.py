"""What is quick for a few numbers, for defaults and for LAPACK gives the same answers as what it stands for."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest
from annotated_types import Gt

import optlab
from optlab.core.optimizer import Optimizer
from optlab.core.settings import check_settings
from optlab.core.status import InputError
from optlab.kernels.limits import Radius
from optlab.kernels.modification import shifted
from optlab.kernels.norms import FEW, finite_max_abs, max_abs, same
from optlab.kernels.secular import exact_step, factored, newton_length

SIZES = (1, 2, FEW - 1, FEW, FEW + 1, 3 * FEW)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_norms_and_comparisons_of_a_few_numbers_are_those_of_many(n, dtype):
    rng = np.random.default_rng(n)
    v, other = rng.standard_normal(n).astype(dtype), rng.standard_normal(n).astype(dtype)
    assert max_abs(v) == finite_max_abs(v, other) == np.abs(v).max()
    assert same(v, v.copy())
    for place in {0, n - 1}:
        changed = v.copy()
        changed[place] = np.nextafter(changed[place], dtype(9))
        assert not same(v, changed)
        for bad in (np.nan, np.inf, -np.inf):
            changed[place] = bad
            assert np.isnan(finite_max_abs(changed, other))
            assert np.isnan(finite_max_abs(other, changed))
            assert max_abs(changed) == np.inf or np.isnan(bad)
            assert np.isnan(max_abs(changed)) == np.isnan(bad)
            assert same(changed, changed) is not np.isnan(bad)  # the very same array is no exception
    assert same(np.zeros(n), -np.zeros(n))


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_shifted_matrix_is_a_fresh_one(order):
    H = np.array(np.random.default_rng(0).standard_normal((5, 5)), order=order)
    before = H.copy()
    A = shifted(H, 0.25)
    assert np.array_equal(A, H + 0.25 * np.eye(5))
    assert np.array_equal(H, before)
    assert A.flags.f_contiguous


def test_a_radius_as_long_as_newtons_step_leaves_it_as_it_is():
    rng = np.random.default_rng(1)
    for n in (1, 2, 7):
        B = rng.standard_normal((n, n))
        H, g = B @ B.T + np.eye(n), rng.standard_normal(n)
        model = factored(H)
        step = exact_step(model, g, Radius(newton_length(model, g)))
        assert not step.boundary
        assert step.lam == 0
        assert np.allclose(H @ step.p, -g, rtol=1e-12, atol=1e-12)


@dataclass(frozen=True)
class Wrong(Optimizer):
    """A method whose default is out of its own range."""

    step_size: Annotated[float, Gt(0)] = -1.0

    def step(self, oracle, state):
        return state.stayed()


def test_a_default_out_of_its_range_is_refused_and_a_value_in_it_is_not():
    for _ in range(2):
        with pytest.raises(InputError, match="step_size must be > 0, given -1"):
            check_settings(Wrong())
    check_settings(Wrong(2.0))
    with pytest.raises(InputError, match="step_size must be > 0, given 0"):
        check_settings(Wrong(0.0))


def test_what_was_asked_of_the_package_once_is_there_and_listed_once():
    assert optlab.minimize is optlab.minimize
    assert "minimize" in vars(optlab)
    assert len(dir(optlab)) == len(set(dir(optlab)))


@pytest.mark.parametrize("n", [2, 1000, 1024, 2000])
def test_counts_are_whole_numbers_and_the_iterates_what_was_seen(n):
    seen = []
    start = np.linspace(1.0, 2.0, n)
    problem = optlab.Problem(lambda x: float(x @ x), start=start, gradient=lambda x: 2.0 * x)
    found = optlab.minimize(
        problem, "gradient_descent", stop=optlab.stop.Iterations(5), callback=lambda record: seen.append(record.x)
    )
    scalars = found.record.scalars
    assert {name for name, column in scalars.items() if column.dtype == np.int64} == {
        name for name in scalars if name in ("k", "restarts") or name.startswith("n_")
    }
    assert scalars["k"].tolist() == list(range(6))
    assert scalars["n_gradient"].tolist() == list(range(1, 7))
    assert np.array_equal(found.trajectory[:5], np.array(seen)[:5])
    assert found.record.rows.tolist() == list(range(6))
