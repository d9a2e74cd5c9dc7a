"""Stable functions against 60 digits, at infinities, under masks, and their derivatives; A, B and E are ledger rows."""

import pickle
import subprocess
import sys

import autograd
import autograd.numpy as anp
import mpmath as mp
import numpy as np
import pytest
from autograd.test_util import check_grads
from scipy import special

import optlab
from optlab import derivatives, numerics
from optlab.core.status import InputError
from optlab.numerics import batch_normalization, naive, quantities
from optlab.numerics.quantities import QUANTITIES
from optlab.plots.precision_of_formulas import precision_of_formulas

inf, nan = np.inf, np.nan
SINGLE, DOUBLE = np.float32, np.float64
NORMAL = {SINGLE: 87.0, DOUBLE: 708.0}
"""Beyond ±this, e^x leaves the normal range."""


@pytest.fixture(autouse=True)
def no_flag():
    """Every floating-point flag that escapes is an error here, underflow included."""
    with np.errstate(all="raise"):
        yield


def sweep(dtype, seed=0):
    """x of either sign and every magnitude."""
    random = np.random.default_rng(seed)
    size = np.concatenate([
        random.uniform(0, NORMAL[dtype], 300), random.uniform(0, 40, 300), 10.0 ** random.uniform(-30, 0, 150),
    ])  # fmt: skip
    return np.concatenate([size, -size, [0.0]]).astype(dtype)


def rows(dtype, seed=1):
    """Rows of 1 to 50 logits, at scales from 1e-3 to 30, around offsets up to 1e4; with one entry far above, too."""
    random = np.random.default_rng(seed)
    found = [
        random.normal(scale=scale, size=n) + offset
        for n in (1, 2, 3, 10, 50) for scale in (1e-3, 1.0, 30.0) for offset in (0.0, -700.0, 1e4)
    ]  # fmt: skip
    found += [np.array([0.0, -gap]) for gap in (1.0, 16.0, 17.0, 36.0, 37.0, 40.0, 80.0)]
    return [row.astype(dtype) for row in found]


def spacing(x, dtype):
    """An ulp of `dtype` at the number x of mpmath."""
    info = np.finfo(dtype)
    e = mp.frexp(x)[1] - 1 if x else info.minexp
    return mp.mpf(2) ** (max(int(e), int(info.minexp)) - int(info.nmant))


def exact(x):
    return [mp.mpf(float(v)) for v in x]


def tail(x):
    """(max, ln Σ e^(x − max)) to 60 digits, the second without cancellation."""
    top = max(x)
    rest = list(x)
    rest.remove(top)
    return top, mp.log1p(mp.fsum(mp.exp(v - top) for v in rest))


ELEMENTWISE = {
    "sigmoid": (numerics.sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "log_sigmoid": (numerics.log_sigmoid, lambda x: -mp.log1p(mp.exp(-x))),
    "softplus": (numerics.softplus, lambda x: mp.log1p(mp.exp(x))),
    "bce, y = 0": (lambda x: numerics.binary_cross_entropy(x, 0.0), lambda x: mp.log1p(mp.exp(x))),
    "bce, y = 1": (lambda x: numerics.binary_cross_entropy(x, 1.0), lambda x: mp.log1p(mp.exp(-x))),
}


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_functions_are_within_4_ulp(name, dtype):
    function, right = ELEMENTWISE[name]
    x = sweep(dtype)
    y = function(x)
    assert y.dtype == dtype
    with mp.workdps(60):
        for given, value in zip(exact(x), exact(y), strict=True):
            r = right(given)
            if abs(r) >= float(np.finfo(dtype).tiny):
                assert abs(value - r) <= 4 * spacing(r, dtype), float(given)


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE])
def test_softmax_and_its_kin_are_as_right_as_their_conditioning_allows(dtype):
    with mp.workdps(60):
        for row in rows(dtype):
            p, logarithm, total = numerics.softmax(row), numerics.log_softmax(row), numerics.logsumexp(row)
            assert p.dtype == logarithm.dtype == total.dtype == dtype
            x = exact(row)
            top, excess = tail(x)
            for v, pi, li in zip(x, exact(p), exact(logarithm), strict=True):
                r = mp.exp(v - top - excess)
                if r >= float(np.finfo(dtype).tiny):
                    assert abs(pi - r) <= (4 + 2 * abs(v - top)) * spacing(r, dtype)
                r = v - top - excess
                assert abs(li - r) <= 4 * spacing(max(abs(v - top), abs(r)), dtype)
            assert abs(mp.mpf(float(total)) - (top + excess)) <= 4 * spacing(max(abs(top), mp.mpf(1)), dtype)
            if top == 0:  # the tail alone counts
                assert abs(mp.mpf(float(total)) - excess) <= 4 * spacing(excess, dtype)
                assert abs(mp.mpf(float(logarithm[np.argmax(row)])) + excess) <= 4 * spacing(excess, dtype)


def test_a_half_is_rounded_once():
    """float16 results are those of float32, rounded: no sum or square overflows at 65504 on the way."""
    x = np.linspace(-12, 12, 97, dtype=np.float16)
    for f in (numerics.sigmoid, numerics.softplus, numerics.log_softmax, numerics.logsumexp):
        with np.errstate(under="ignore"):
            assert np.array_equal(f(x), np.asarray(f(x.astype(SINGLE))).astype(np.float16))
        assert f(x).dtype == np.float16
    many = np.zeros(70_000, np.float16)
    assert float(numerics.logsumexp(many)) == pytest.approx(np.log(70_000), rel=1e-3)


def test_what_scipy_loses():
    """A11, E13: where a library is not right everywhere, ours is."""
    with np.errstate(all="ignore"):
        assert special.expit(-720.0) == 0.0
        assert special.log_softmax([0.0, -40.0])[0] == 0.0
    assert numerics.sigmoid(-720.0) == pytest.approx(
        2.032230802424e-313, rel=1e-11, abs=0
    )  # subnormal: 11 digits are left
    assert numerics.log_softmax([0.0, -40.0])[0] == pytest.approx(-4.248354255291589e-18, rel=1e-15, abs=0)


def test_e01_a03_a04_d05_a_shift_changes_nothing():
    x = np.array([1.0, 2.0, 3.0])
    assert np.allclose(numerics.softmax(x - 3), [0.0900, 0.2447, 0.6652], atol=5e-5)
    assert numerics.softmax([3.0]).tolist() == [1.0]
    for c in (3.0, -1000.0, 1e6):
        assert np.allclose(numerics.softmax(x + c), numerics.softmax(x), rtol=1e-10)  # ulp(1e6) = 1.2e-10


def test_e02_a06_a08_cross_entropy_is_positive():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0])
    assert np.sum(y * numerics.log_softmax(x)) == pytest.approx(-1.40761, abs=5e-6)  # as printed: no minus
    assert numerics.cross_entropy(x, y) == pytest.approx(1.40761, abs=5e-6)
    t = np.array([0.2, 0.5, 0.7])  # not normalized: Σt · LSE − Σtx
    assert numerics.cross_entropy(x, t) == pytest.approx(t.sum() * numerics.logsumexp(x) - t @ x, rel=1e-14, abs=0)


def test_e05_the_sigmoid_forms_fail_where_they_fail():
    """Form 1 is right at −1000, its slope is not; form 2 is NaN at 1000; `where` spoils the gradient."""
    assert naive.sigmoid_1(-1000.0) == 0.0
    assert numerics.flags(lambda x: np.exp(-x), np.float64(-1000.0)).flags == ("overflow",)
    assert numerics.flags(lambda x: np.exp(-x), np.float64(-1e-9)).flags == ()
    assert np.isnan(naive.sigmoid_2(np.float64(1000.0)))
    assert np.isnan(naive.sigmoid_slope(np.float64(-1000.0)))
    assert naive.sigmoid_slope(np.float64(-400.0)) == 0.0
    assert naive.sigmoid_1(np.float64(-720.0)) == 0.0
    slope = autograd.grad(numerics.sigmoid)
    assert slope(-720.0) == pytest.approx(2.03e-313, rel=2e-3, abs=0)
    for x in (-700.0, 700.0):  # σ(x) (1 − σ(x)) would be 0 on the right
        assert slope(x) == pytest.approx(float(mp.exp(-700)), rel=1e-14, abs=0)
    with np.errstate(under="ignore"):
        assert slope(-1000.0) == 0.0
        assert slope(1000.0) == 0.0


def test_a12_both_branches_of_where_are_evaluated():
    with np.errstate(all="ignore"):
        assert naive.sigmoid_where(np.float64(1000.0)) == 1.0
        assert np.isnan(autograd.grad(naive.sigmoid_where)(1000.0))
    raised = numerics.flags(lambda x: np.where(x > 0, 1 / (1 + np.exp(-x)), np.exp(x) / (np.exp(x) + 1)),
                            np.array([-1000.0, 1000.0]))  # fmt: skip
    assert raised.flags == ("overflow", "underflow", "invalid")
    assert numerics.sigmoid([-1000.0, 1000.0]).tolist() == [0.0, 1.0]


def test_e06_e07_a13_a14_binary_cross_entropy():
    """The algebra of the expanded and shifted forms is right; their digits are not."""
    x = np.linspace(-2, 2, 9)
    for form in (naive.binary_cross_entropy, naive.binary_cross_entropy_expanded, naive.binary_cross_entropy_shifted):
        assert np.allclose(form(x, 0.3), numerics.binary_cross_entropy(x, 0.3), rtol=1e-14)
    right = numerics.binary_cross_entropy
    expanded, shifted = naive.binary_cross_entropy_expanded, naive.binary_cross_entropy_shifted
    assert expanded(np.float64(40.0), 1.0) == 0.0
    assert right(40.0, 1.0) == pytest.approx(4.248e-18, rel=1e-4, abs=0)
    assert abs(expanded(np.float64(20.0), 1.0) / right(20.0, 1.0) - 1) == pytest.approx(3.4e-8, rel=0.02, abs=0)
    assert shifted(np.float64(-40.0), 0.0) == 0.0
    assert right(-40.0, 0.0) == pytest.approx(4.25e-18, rel=1e-3, abs=0)
    assert abs(shifted(np.float64(-20.0), 0.0) / right(-20.0, 0.0) - 1) == pytest.approx(2.9e-7, rel=0.02, abs=0)
    for at, true in ((-17.0, 4.14e-8), (-20.0, 2.06e-9)):
        assert shifted(SINGLE(at), SINGLE(0)) == 0.0
        assert right(SINGLE(at), SINGLE(0)) == pytest.approx(true, rel=1e-3, abs=0)  # to the digits given
    assert shifted(SINGLE(-10), SINGLE(0)) == pytest.approx(4.5776e-5, rel=1e-5, abs=0)
    assert right(SINGLE(-10), SINGLE(0)) == pytest.approx(4.5399e-5, rel=1e-5, abs=0)
    for at, y in ((40.0, 1.0), (-40.0, 0.0), (-20.0, 0.0), (-10.0, 0.0)):
        r = mp.log1p(mp.exp(-abs(mp.mpf(at))))
        assert abs(mp.mpf(float(right(at, y))) / r - 1) <= 4.5e-16  # 2 units in the last place


def test_binary_cross_entropy_between_the_classes_loses_nothing():
    """No term is negative for y in [0, 1]: 8 ulp, at targets next to 0 and to 1 too."""
    x = sweep(DOUBLE)
    with mp.workdps(60):
        for y in (1e-12, 0.3, 0.5, 1 - 1e-9):
            for v, value in zip(exact(x), exact(numerics.binary_cross_entropy(x, y)), strict=True):
                r = y * mp.log1p(mp.exp(-v)) + (1 - mp.mpf(y)) * mp.log1p(mp.exp(v))
                assert abs(value - r) <= 8 * spacing(r, DOUBLE)


def test_e08_a15_an_epsilon_caps_the_loss_and_its_gradient():
    x, y = np.array([0.0, -1000.0]), np.array([0.0, 1.0])
    assert numerics.cross_entropy(x, y) == 1000.0
    with np.errstate(all="ignore"):
        assert naive.cross_entropy_with_epsilon(x, y) == pytest.approx(18.42, abs=5e-3)
        assert np.abs(autograd.grad(lambda z: naive.cross_entropy_with_epsilon(z, y))(x)).max() == 0.0
    assert autograd.grad(lambda z: numerics.cross_entropy(z, y))(x).tolist() == [1.0, -1.0]


def test_e10_b21_b23_a_batch_is_reduced_by_rows():
    batch = np.array([[1.0, 2.0, 3.0], [1000.0, 1001.0, 1002.0]])
    assert naive.softmax_of_all(batch).sum(axis=-1) == pytest.approx([0.0, 1.0], abs=1e-15)
    assert numerics.softmax(batch).sum(axis=-1) == pytest.approx([1.0, 1.0], abs=1e-15)
    logits, Y = np.array([[2.0, 1.0], [1.0, 3.0]]), np.eye(2)
    assert naive.cross_entropy_of_all(logits, Y) == pytest.approx(1.988, abs=5e-4)
    assert numerics.cross_entropy(logits, Y).sum() == pytest.approx(0.440, abs=5e-4)
    assert np.array_equal(numerics.cross_entropy(logits, Y), numerics.cross_entropy(logits, [0, 1]))


def test_e11_e12_b24_an_impossible_class_costs_nothing():
    assert np.isnan(naive.cross_entropy_shifted([0.0, -inf], [1.0, 0.0]))
    assert numerics.cross_entropy([0.0, -inf], [1.0, 0.0]) == 0.0
    assert numerics.cross_entropy([0.0, -inf], [0.0, 1.0]) == inf
    assert np.isnan(naive.cross_entropy_of_probabilities([1.0, 0.0], [1.0, 0.0]))
    assert naive.cross_entropy_of_probabilities([0.0, 1.0], [1.0, 1e-300]) == inf
    for y, loss in ((0.0, inf), (1.0, 0.0)):
        assert numerics.binary_cross_entropy(inf, y) == loss
        assert numerics.binary_cross_entropy(-inf, 1 - y) == loss


def test_e13_a09_b22_log_sum_exp_at_its_corners():
    assert np.isnan(naive.logsumexp_shifted([-inf, -inf]))
    assert np.isnan(naive.logsumexp_shifted([inf, 0.0]))
    assert naive.logsumexp_shifted([0.0, -40.0]) == 0.0
    with pytest.raises(ValueError, match="zero-size"):
        naive.logsumexp_shifted([])
    for x, right in (([-inf, -inf], -inf), ([inf, 0], inf), ([inf, inf], inf), ([inf, -inf], inf), ([], -inf)):
        assert numerics.logsumexp(x) == right, x
    assert numerics.logsumexp([0, -40]) == pytest.approx(4.248354255291589e-18, rel=1e-15, abs=0)
    assert numerics.logsumexp([1000.0, 1000.0]) == pytest.approx(1000.693147, abs=5e-7)
    assert numerics.logsumexp([-1000.0, -1000.0]) == pytest.approx(-999.306853, abs=5e-7)
    assert np.isnan(numerics.logsumexp([inf, nan]))
    assert numerics.logsumexp(np.zeros((2, 0, 3)), axis=1).tolist() == [[-inf] * 3] * 2


def test_a05_softmax_at_infinity():
    assert numerics.softmax([inf, 0.0, -inf]).tolist() == [1.0, 0.0, 0.0]
    assert numerics.log_softmax([inf, 0.0]).tolist() == [0.0, -inf]
    assert numerics.softmax([0.0, -inf]).tolist() == [1.0, 0.0]
    for nothing in ([-inf, -inf], [inf, inf, 0.0], [nan, 0.0]):
        assert np.isnan(numerics.softmax(nothing)).all()
        assert np.isnan(numerics.log_softmax(nothing)).all()
    mixed = numerics.softmax([[nan, 0.0], [0.0, 0.0], [inf, 1.0]])  # each row by itself
    assert np.isnan(mixed[0]).all()
    assert mixed[1:].tolist() == [[0.5, 0.5], [1.0, 0.0]]
    assert numerics.softmax([]).shape == numerics.softmax(np.zeros((0, 3))).shape[:1] == (0,)


def test_b06_b07_a07_the_textbook_softmax_overflows_and_divides_zero_by_zero():
    for x in (1000.0, -1000.0):
        assert np.isnan(naive.softmax([x, x, x])).all()
        assert numerics.softmax([x, x, x]) == pytest.approx([1 / 3] * 3)
    assert naive.log_softmax([0.0, -800.0])[1] == -inf
    assert numerics.log_softmax([0.0, -800.0])[1] == -800.0


def test_a10_the_posterior_of_a_far_point():
    """Two unit Gaussians at 0 and 1, a point at 60: both densities underflow; the odds are e^(60 − ½)."""
    log_densities = -0.5 * (60.0 - np.array([0.0, 1.0])) ** 2
    assert np.isnan(naive.softmax(log_densities)).all()
    posterior = numerics.softmax(log_densities)
    assert posterior[1] == 1.0
    assert posterior[0] == pytest.approx(float(mp.exp(-59.5)), rel=1e-14, abs=0)


@pytest.mark.parametrize("f", [numerics.softmax, numerics.log_softmax, numerics.logsumexp])
def test_a_mask_takes_entries_out(f):
    random = np.random.default_rng(3)
    x, there = random.normal(size=(4, 5)), random.random((4, 5)) < 0.6
    there[0], there[1] = True, False
    dirty = np.where(there, x, nan)
    found = f(dirty, where=there)
    for i in range(4):
        short = np.asarray(f(x[i, there[i]]))
        kept = found[i] if f is numerics.logsumexp else found[i, there[i]]
        assert np.allclose(kept, short, rtol=1e-14)
    if f is not numerics.logsumexp:
        assert np.all(found[~there] == (0.0 if f is numerics.softmax else -inf))
    assert np.array_equal(f(x, where=there[0]), f(x))  # a mask broadcasts


def test_axes_agree_with_scipy():
    x = np.random.default_rng(4).normal(size=(2, 3, 4))
    for axis in (0, 1, -1, (0, 2), (2, 0), None):
        assert np.allclose(numerics.softmax(x, axis=axis), special.softmax(x, axis=axis), rtol=1e-14)
        assert np.allclose(numerics.log_softmax(x, axis=axis), special.log_softmax(x, axis=axis), rtol=1e-13)
        for keep in (False, True):
            a, b = (f(x, axis=axis, keepdims=keep) for f in (numerics.logsumexp, special.logsumexp))
            assert np.shape(a) == np.shape(b)
            assert np.allclose(a, b, rtol=1e-14)
    assert numerics.cross_entropy(x, np.full(3, 1 / 3)[:, None], axis=1).shape == (2, 4)
    assert numerics.cross_entropy(x, np.ones((2, 4), int), axis=1) == pytest.approx(
        -numerics.log_softmax(x, axis=1)[:, 1]
    )


def test_targets_that_do_not_fit_are_refused():
    for targets in ([0, 3], [-1, 0], [1.0, 2.0], np.ones((3, 2))):
        with pytest.raises(InputError, match="targets must be"):
            numerics.cross_entropy(np.zeros((2, 3)), targets)
    with pytest.raises(TypeError, match="real numbers"):
        numerics.softmax(np.array([1j, 2.0]))


RANDOM = np.random.default_rng(5)
X, T, MASK = RANDOM.normal(size=(3, 4)), RANDOM.dirichlet(np.ones(4), 3), RANDOM.random((3, 4)) < 0.7
MASK[:, 0] = True
DIFFERENTIABLE = {
    "sigmoid": numerics.sigmoid,
    "log_sigmoid": numerics.log_sigmoid,
    "softplus": numerics.softplus,
    "binary_cross_entropy": lambda x: numerics.binary_cross_entropy(x, T[0]),
    "targets of it": lambda t: numerics.binary_cross_entropy(X[0], t),
    "softmax": lambda x: numerics.softmax(x, axis=0),
    "masked softmax": lambda x: numerics.softmax(x, where=MASK),
    "log_softmax": lambda x: numerics.log_softmax(x, axis=(0, 1)),
    "masked log_softmax": lambda x: anp.where(MASK, numerics.log_softmax(x, where=MASK), 0.0),
    "logsumexp": lambda x: numerics.logsumexp(x, axis=0, keepdims=True),
    "masked logsumexp": lambda x: numerics.logsumexp(x, axis=None, where=MASK),
    "cross_entropy": lambda x: numerics.cross_entropy(x, T),
    "masked cross_entropy": lambda x: numerics.cross_entropy(x, T[0], where=MASK),
    "cross_entropy of classes": lambda x: numerics.cross_entropy(x, [0, 1, 2, 0], axis=0),
    "targets of cross_entropy": lambda t: numerics.cross_entropy(X, t),
    "batch_norm": lambda x: numerics.batch_norm(x, T[0], T[1]),
    "batch_norm of all": lambda x: numerics.batch_norm(x, axis=(0, 1), eps=0.1),
    "scale of it": lambda g: numerics.batch_norm(X, g[0], g[1]),
    "inverse_deviation": batch_normalization.inverse_deviation,
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_first_and_second_derivatives_both_ways(name):
    with np.errstate(under="ignore"):
        check_grads(DIFFERENTIABLE[name], modes=["fwd", "rev"], order=2)(X if name != "targets of it" else T)


def test_gradients_are_p_minus_y():
    for scale in (1.0, 100.0, 1e4):
        x = RANDOM.normal(scale=scale, size=(5, 6))
        y = np.eye(6)[RANDOM.integers(0, 6, 5)]
        with np.errstate(under="ignore"):
            g = autograd.grad(lambda z: anp.sum(numerics.cross_entropy(z, y)))(x)  # noqa: B023
            b = autograd.grad(lambda z: anp.sum(numerics.binary_cross_entropy(z, y)))(x)  # noqa: B023
        assert np.abs(g - (numerics.softmax(x) - y)).max() <= 1e-12
        assert np.abs(b - (numerics.sigmoid(x) - y)).max() <= 1e-12
    with mp.workdps(60):  # relative accuracy where σ(x) − 1 would round to 0
        g = autograd.grad(numerics.binary_cross_entropy)(50.0, 1.0)
        assert abs(g + 1 / (1 + mp.exp(50))) <= 4 * spacing(mp.exp(-50), DOUBLE)


@pytest.mark.parametrize("dtype", [np.float16, SINGLE])
def test_gradients_keep_the_type(dtype):
    x, y = np.array([1, 2, 3], dtype), np.array([0.0, 1.0, 0.0])
    for f in (lambda z: numerics.cross_entropy(z, y), lambda z: anp.sum(numerics.binary_cross_entropy(z, y)),
              numerics.logsumexp, lambda z: numerics.softmax(z)[0]):  # fmt: skip
        assert autograd.grad(f)(x).dtype == dtype


A = np.random.default_rng(6).normal(size=(12, 5))
FUNCTIONS = {
    "logsumexp": lambda w: numerics.logsumexp(A @ w) + 0.5 * w @ w,
    "list": lambda w: numerics.logsumexp([w[0], 2 * w[1], 0.0]) + 0.5 * w @ w,
    "losses": lambda w: np.sum(numerics.binary_cross_entropy(A @ w, np.arange(12) % 2)) + 0.5 * w @ w,
    "classes": lambda w: np.sum(numerics.cross_entropy(np.reshape(A @ w, (4, 3)), [0, 1, 2, 0])) + 0.5 * w @ w,
    "entries": lambda w: numerics.softplus(w[0]) - numerics.log_sigmoid(w[1] * w[2]) + 0.5 * w @ w,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_problem_made_of_them_is_differentiated(name):
    f = FUNCTIONS[name]
    with np.errstate(all="ignore"):
        w, h = np.linspace(-1, 1, 5), 1e-5
        g, H = derivatives.gradient(f, w), derivatives.hessian(f, w)
        steps = h * np.eye(5)
        assert np.allclose(g, [(f(w + e) - f(w - e)) / (2 * h) for e in steps], atol=1e-8)
        slopes = [(derivatives.gradient(f, w + e) - derivatives.gradient(f, w - e)) / (2 * h) for e in steps]
        assert np.allclose(H, slopes, atol=1e-8)
        several = np.stack([w, 2 * w, -w, 0.5 * w, w + 1])
        assert np.allclose(derivatives.gradients(f, several)[0], g, rtol=1e-12)
        assert np.allclose(derivatives.hessians(f, several)[0], H, rtol=1e-12, atol=1e-15)
        result = optlab.minimize(optlab.Problem(f, start=w), "newton")
    assert result.status is optlab.Status.CONVERGED


def test_b28_batch_norm():
    assert numerics.batch_norm(np.array([[1.0], [3.0]])).ravel() == pytest.approx([-0.999995, 0.999995], abs=1e-9)
    assert numerics.batch_norm([[5.0, 1e30]], 7.0, [3.0, -1.0]).tolist() == [[3.0, -1.0]]  # a batch of one: β exactly
    x = 1e-4 * np.tile([[1.0], [-1.0]], (4, 1))
    assert np.var(x) == pytest.approx(1e-8, abs=0)
    assert numerics.batch_norm(x).std() == pytest.approx(0.0316, abs=5e-5)
    half = np.array([[200], [-200]], np.float16)
    assert naive.batch_norm(half).ravel().tolist() == [0.0, 0.0]  # its variance is infinite
    assert numerics.batch_norm(half).ravel().tolist() == [1.0, -1.0]
    two = np.array([[1.0], [3.0]])
    assert two.var(axis=0) == 1.0  # biased, as it is used
    assert two.var(axis=0, ddof=1) == 2.0
    y = np.random.default_rng(7).normal(size=(6, 3))
    assert np.allclose(numerics.batch_norm(y, 2.0, 1.0), naive.batch_norm(y, 2.0, 1.0), rtol=1e-13)


def test_batch_norm_at_its_corners():
    assert numerics.batch_norm([[1e300], [-1e300]]).ravel().tolist() == [1.0, -1.0]
    assert numerics.batch_norm([[1e-200], [-1e-200]], eps=0).ravel().tolist() == [1.0, -1.0]
    assert numerics.batch_norm(np.full((3, 2), 0.1), eps=0).tolist() == [[0.0] * 2] * 3
    assert numerics.batch_norm(np.zeros((0, 2))).shape == (0, 2)
    assert np.isnan(numerics.batch_norm([[inf, 1.0], [0.0, 1.0]])[:, 0]).all()
    far = 1e8 + np.arange(4.0)[:, None]  # exact in float64, so that the offset must not matter
    assert np.array_equal(numerics.batch_norm(far), numerics.batch_norm(np.arange(4.0)[:, None]))
    image = np.random.default_rng(8).normal(size=(3, 2, 4, 5))
    assert numerics.batch_norm(image, [2.0, 3.0], axis=(0, 2, 3)).std(axis=(0, 2, 3)) == pytest.approx([2, 3], rel=1e-4)


def test_batch_norm_backward_is_the_gradient():
    g = np.random.default_rng(9).normal(size=X.shape)
    found = numerics.batch_norm_backward(g, X, T[0])
    for i, right in enumerate((
        autograd.grad(lambda x: anp.sum(g * numerics.batch_norm(x, T[0], T[1])))(X),
        autograd.grad(lambda c: anp.sum(g * numerics.batch_norm(X, c, T[1])))(T[0]),
        autograd.grad(lambda c: anp.sum(g * numerics.batch_norm(X, T[0], c)))(T[1]),
    )):  # fmt: skip
        assert np.allclose(found[i], right, rtol=1e-12, atol=1e-14)
    assert np.abs(found[0].sum(axis=0)).max() <= 1e-13  # a shift of the batch changes nothing


def test_clipping_keeps_the_direction_and_bounds_the_norm():
    for size in (1e-200, 1.0, 1e200):
        for x in np.random.default_rng(10).normal(size=(20, 50)) * size:
            y = numerics.clip_by_norm(x, 2.5 * size)
            assert np.sqrt(np.sum((y / size) ** 2)) <= 2.5 * (1 if size == 1.0 else 1 + 1e-15)
            assert np.linalg.norm(y / size) >= 2.5 * (1 - 1e-14)
            assert np.abs(y / np.linalg.norm(y / size) - x / np.linalg.norm(x / size)).max() <= 1e-15 * size
            assert np.array_equal(numerics.clip_by_norm(x, 100 * size), x)
    assert numerics.clip_by_norm([0.0, 0.0], 0.0).tolist() == [0.0, 0.0]
    assert numerics.clip_by_norm([3.0, 4.0], 0.0).tolist() == [0.0, 0.0]
    short = numerics.clip_by_norm([[3.0, 4.0], [0.3, 0.4]], 1.0, axis=-1)
    assert short == pytest.approx(np.array([[0.6, 0.8], [0.3, 0.4]]))
    assert np.isnan(numerics.clip_by_norm([inf, 1.0], 1.0)).all()
    assert numerics.clip_by_value([inf, -3.0, 0.5], 1.0).tolist() == [1.0, -1.0, 0.5]
    for clip in (numerics.clip_by_norm, numerics.clip_by_value):
        assert clip(np.float16([3, 4]), 1.0).dtype == np.float16
        with pytest.raises(InputError, match="must be ≥ 0"):
            clip([1.0], nan)


def test_the_flagship_comparison_and_its_picture(tmp_path):
    table = numerics.compare("binary_cross_entropy")
    table = table[table["normal"]]
    worst = table.groupby(["dtype", "formula"])["ulps"].max()
    for dtype in ("float16", "float32", "float64"):
        names = list(QUANTITIES["binary_cross_entropy"].formulas)
        assert worst[dtype, names[-1]] <= 4
        for name in names[:-1]:
            assert worst[dtype, name] >= 1e3  # all digits of float16 are 2¹¹ ulps
    figure = precision_of_formulas(table)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["float16", "float32", "float64"]
    assert all(len(axes.lines) == 1 + 2 * 4 for axes in figure.axes)
    figure.savefig(tmp_path / "picture.png")


def test_every_quantity_has_one_right_formula_and_its_reference_agrees():
    for name, there in numerics.formulas().items():
        table = numerics.compare(name, dtypes=["float64"], points=np.linspace(-30, 30, 25))
        assert set(table["formula"]) == set(there)
        right = table[table["formula"] == there[-1]]
        assert right["ulps"].max() <= 4
        assert np.allclose(right["value"], right["reference"], rtol=1e-14)


def test_own_formulas_and_settings_are_compared():
    pairs = [("log1p", lambda x: np.log1p(np.exp(x))), "softplus"]
    table = numerics.compare(pairs, ["float64"], [-40.0, 1.0, 800.0], quantity="softplus")
    assert table[table["x"] == -40.0]["ulps"].max() <= 1
    assert table[(table["x"] == 800.0) & (table["formula"] == "log1p")]["relative_error"].item() == inf
    cube = quantities.Quantity("cube", lambda _mp, x, c: c * x**3, {"powers": lambda x, c: c * x * x * x}, {"c": 2.0})
    table = numerics.compare(["powers"], ["float32"], [0.1, 3.0], quantity=cube, c=4.0)
    assert table["value"].iloc[1] == 108.0
    assert table["relative_error"].max() <= 2e-7
    assert abs(numerics.reference("softplus", [0.0])[0] - mp.log(2)) <= 1e-15
    with pytest.raises(InputError, match="did you mean 'softmax'"):
        numerics.compare("sofmax")
    with pytest.raises(InputError, match="unknown formula"):
        numerics.compare(["safe"], quantity="softmax")
    with pytest.raises(InputError, match="unknown setting 'z'"):
        numerics.compare("binary_cross_entropy", z=1.0)


def test_mpmath_missing_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpmath", None)
    with pytest.raises(optlab.OptlabError, match="pip install mpmath"):
        numerics.compare("softmax")


def test_plain_arrays_never_load_autograd():
    code = """if True:
        import sys
        from optlab import numerics
        numerics.softmax([1.0, 2.0]), numerics.batch_norm([[1.0], [2.0]]), numerics.binary_cross_entropy(1.0, 0.0)
        sys.exit("autograd" in sys.modules or "pandas" in sys.modules)"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_public_names_load_and_pickle():
    for name in numerics.__all__:
        assert getattr(numerics, name) is not None
    assert pickle.loads(pickle.dumps(numerics.softmax)) is numerics.softmax
