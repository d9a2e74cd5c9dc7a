"""Floating point: ranges, thresholds, casts, cancellation, summation; A, B, D and E are rows of the ledger."""

import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optlab import numerics
from optlab.core.status import InputError
from optlab.numerics import naive
from optlab.numerics.summation import BOUNDS

inf, nan = np.inf, np.nan
TYPES = ("float16", "float32", "float64")
LAW = {"float16": (11, 15), "float32": (24, 127), "float64": (53, 1023)}
"""Type → (p, largest exponent): all else follows from these two."""


@pytest.mark.parametrize("name", TYPES)
def test_b03_the_facts_follow_from_the_two_numbers_of_the_format(name):
    p, emax = LAW[name]
    facts = numerics.float_facts(name)
    assert facts.bits == {11: 16, 24: 32, 53: 64}[p]
    assert (facts.digits, facts.eps, facts.unit_roundoff) == (p, 2.0 ** (1 - p), 2.0**-p)
    assert Fraction(facts.max) == (2 - Fraction(1, 2 ** (p - 1))) * 2**emax
    assert (facts.tiny, facts.smallest) == (2.0 ** (1 - emax), 2.0 ** (2 - emax - p))
    assert facts.consecutive == 2**p
    kind = np.dtype(name).type
    assert kind(facts.consecutive) == kind(facts.consecutive + 1)
    assert facts.overflow_from == Fraction(facts.max) + Fraction(2**emax, 2**p)


def test_a02_where_the_exponential_overflows_and_vanishes():
    """To the digits given; both ends are numbers of the type, and the next ones are over the edge."""
    right = {
        "float16": (-17.328, 11.0859, 1e-3, 1e-4),
        "float32": (-103.97208, 88.72283, 5e-6, 5e-6),
        "float64": (-745.133219, 709.782713, 5e-7, 5e-7),
    }
    for name, (low, high, near_low, near_high) in right.items():
        lowest, highest = numerics.exp_range(name)
        assert lowest == pytest.approx(low, abs=near_low)
        assert highest == pytest.approx(high, abs=near_high)
        kind = np.dtype(name).type
        with np.errstate(all="ignore"):
            assert np.exp(kind(lowest)) > 0 == np.exp(np.nextafter(kind(lowest), kind(-inf)))
            assert np.exp(kind(highest)) < inf == np.exp(np.nextafter(kind(highest), kind(inf)))
        info = np.finfo(name)  # theory: within a spacing of ln of half the smallest number and of the largest
        least = mp.log(mp.mpf(float(info.smallest_subnormal)) / 2)
        assert abs(lowest - float(least)) <= float(np.spacing(kind(-lowest)))
        assert abs(highest - float(mp.log(mp.mpf(float(info.max))))) <= float(np.spacing(kind(highest)))


def test_a01_a02_b04_b05_the_exponential_and_its_true_values():
    assert numerics.flags(np.exp, np.float64(1000.0)) == (inf, ("overflow",))
    assert numerics.flags(np.exp, np.float64(-1000.0)) == (0.0, ("underflow",))
    assert numerics.flags(np.exp, np.float64(-1e-9)).flags == ()
    assert mp.nstr(mp.exp(1000), 8) == "1.9700711e+434"
    assert mp.nstr(mp.exp(-1000), 8) == "5.0759589e-435"


def test_e03_e04_a07_the_four_flags_are_told_apart():
    """A number over 0 is infinite, only 0/0 and its kin are NaN; ln 0 divides by zero, it does not overflow."""
    table = numerics.special_values_table()
    for name in TYPES:
        rows = table[table["dtype"] == name].set_index("operation")
        for word, value, flag in (
            ("1 / 0", inf, "divide by zero"), ("-1 / 0", -inf, "divide by zero"), ("log(0)", -inf, "divide by zero"),
            ("0 / 0", nan, "invalid"), ("inf / inf", nan, "invalid"), ("inf - inf", nan, "invalid"),
            ("0 * inf", nan, "invalid"), ("log(-1)", nan, "invalid"), ("sqrt(-1)", nan, "invalid"),
            ("exp(1000)", inf, "overflow"), ("exp(-1000)", 0.0, "underflow"),
        ):  # fmt: skip
            assert rows.loc[word, "value"] == pytest.approx(value, nan_ok=True), (name, word)
            assert rows.loc[word, "flags"] == flag, (name, word)


def test_d01_d02_d03_a_cast_overflows():
    assert 65504.0 * 2 == 131008.0
    for name, right in (("float16", inf), ("float32", 131008.0), ("float64", 131008.0)):
        value, raised = numerics.cast(131008.0, name)
        assert value == right
        assert value.dtype == name
        assert raised == (("overflow",) if right == inf else ())
    assert [float(numerics.cast(131009.0, name).value) for name in TYPES] == [inf, 131009.0, 131009.0]  # as printed
    assert numerics.cast(65519.99, "float16").value == 65504.0
    assert numerics.cast(65520.0, "float16").value == inf
    assert numerics.float_facts("float16").overflow_from == 65520
    assert [float(numerics.cast(3.4e39, name).value) for name in TYPES] == [inf, inf, 3.4e39]
    assert numerics.float_facts("float32").max == pytest.approx(3.4028235e38, rel=1e-8)
    table = numerics.overflow_table([131008.0, 3.4e39])
    assert table["cast"].tolist() == [inf, inf, 131008.0, inf, 131008.0, 3.4e39]
    assert table["flags"].tolist() == ["overflow", "overflow", "", "overflow", "", ""]


def test_e27_d04_a_literal_overflows_before_any_cast():
    literal = float("1.8e308")
    assert math.isinf(literal)
    assert numerics.cast(literal, "float64") == (inf, ())  # no flag: it was infinite already
    assert numerics.flags(lambda x: x * 2, np.float64(1.7e308)) == (inf, ("overflow",))


@pytest.mark.parametrize("name", TYPES)
def test_the_spacing_is_that_of_the_neighbors(name):
    kind, info = np.dtype(name).type, np.finfo(name)
    x = np.array([0.0, info.smallest_subnormal, info.tiny, 1.0, -1.0, 1.5, 3.0, float(info.max) / 2], kind)
    found = numerics.ulp(x)
    assert found.dtype == kind
    assert np.array_equal(found, np.nextafter(np.abs(x), kind(inf)) - np.abs(x))
    assert numerics.ulp(info.max) == float(info.max) * float(info.eps) / (2 - float(info.eps))
    assert np.isnan(numerics.ulp(kind(inf)))
    assert numerics.ulp(1) == 2.0**-52


def test_e09_b08_cancellation_shows_earlier_rounding():
    """The subtraction is exact; the literal was rounded: 2⁻⁵³ = 1.11e−16 instead of 1e−16."""
    assert 1.0 - 0.9999999999999999 == 2.0**-53 == 1.1102230246251565e-16
    found = numerics.cancellation("1", "0.9999999999999999")
    assert found.computed == 2.0**-53
    assert found.exact == Fraction(1, 10**16)
    assert found.subtraction_error == 0.0
    assert found.relative_error == pytest.approx(0.11, abs=5e-3)
    assert numerics.cancellation("1", "0.9999999999999999", "float32").computed == 0.0
    with pytest.raises(InputError, match="finite in float16"):
        numerics.cancellation("1e5", "1", "float16")
    with pytest.raises(InputError, match="decimal numbers"):
        numerics.cancellation("one", "1")


@given(st.floats(1e-300, 1e300), st.floats(0.5, 2.0))
def test_sterbenz_the_difference_of_neighbors_is_exact(x, ratio):
    y = x * ratio
    if x / 2 <= y <= 2 * x:
        assert Fraction(x - y) == Fraction(x) - Fraction(y)


def test_e08_a15_an_epsilon_in_the_wrong_type():
    assert numerics.effective_epsilon(1e-8, "float16") == 0.0
    assert numerics.loss_cap(1e-8, "float16") == inf
    assert numerics.flags(np.divide, np.float16(0), np.float16(1e-8)).flags == ("invalid",)  # Adam: 0/(0 + ε) = NaN
    assert numerics.effective_epsilon(1e-8, "float32", beside=1.0) == 0.0
    assert np.float32(1) + np.float32(1e-8) == 1
    assert numerics.effective_epsilon(1e-8, "float32") > 0
    assert numerics.loss_cap(1e-8) == pytest.approx(18.42, abs=5e-3)
    p = naive.softmax_shifted([0.0, -1000.0])[1]  # a true loss of 1000
    assert -np.log(p + 1e-8) == pytest.approx(18.42, abs=5e-3)
    assert p * (1 - p) / (p + 1e-8) == 0.0


def test_b29_eps_is_the_spacing_at_one_and_caps_a_loss():
    table = numerics.dtypes_table().set_index("dtype")
    assert list(table.index) == list(TYPES)
    assert table.loc["float32", "eps"] == pytest.approx(1.19e-7, rel=5e-3, abs=0)
    assert table.loc["float32", "eps"] == numerics.ulp(np.float32(1))
    assert table.loc["float32", "loss_cap"] == pytest.approx(15.94, abs=5e-3)
    assert table.loc["float16", "spacing_at_max"] == 32.0
    assert table.loc["float64", "spacing_at_max"] == 2.0**971


def test_a_type_that_is_none_is_refused():
    for dtype in ("float8", "int32", complex, None.__class__):
        with pytest.raises(InputError, match="must be one of float16, float32, float64"):
            numerics.float_facts(dtype)


def test_b09_addition_is_not_associative():
    assert numerics.naive_sum([0.1, 0.2, 0.3]) == (0.1 + 0.2) + 0.3 == 0.6000000000000001
    assert numerics.naive_sum([0.3, 0.2, 0.1]) == 0.1 + (0.2 + 0.3) == 0.6
    assert numerics.neumaier_sum([0.1, 0.2, 0.3]) == 0.6


SUMS = tuple(BOUNDS)
NUMBERS = st.lists(st.floats(-1e6, 1e6, width=32), max_size=60)


@pytest.mark.parametrize("method", SUMS)
@given(x=NUMBERS)
def test_every_sum_keeps_its_bound(method, x):
    """The bounds are of first order in u; 1 + n u is more than what they leave out, and a subnormal is exact."""
    for name in ("float32", "float64"):
        a = np.array(x, name)
        exact = sum((Fraction(float(v)) for v in a), Fraction(0))
        value = method(a)
        assert value.dtype == name
        slack = 1 + len(x) * float(np.finfo(name).eps)
        assert abs(Fraction(float(value)) - exact) <= Fraction(numerics.sum_bound(method, a) * slack)


def test_the_orders_of_summation_are_told_apart():
    """One tenth, 4,096 times, in float32: the error of the plain sum grows with n, of pairs with ln n, of Kahan not."""
    x = np.full(4096, 0.1, np.float32)
    table = numerics.sums_table(x, ["float32"]).set_index("sum")
    assert (table["error"] <= table["bound"]).all()
    half = float(np.spacing(np.float32(409.6))) / 2
    assert table.loc["kahan_sum", "error"] <= half  # correctly rounded
    assert table.loc["neumaier_sum", "error"] <= half
    assert table.loc["pairwise_sum", "error"] <= half  # equal terms in pairs: doubling is exact
    assert table.loc["naive_sum", "error"] > 100 * half
    stagnant = numerics.naive_sum(np.ones(5000, np.float16))
    assert stagnant == 2048.0  # 2048 + 1 = 2048
    assert numerics.pairwise_sum(np.ones(5000, np.float16)) == 5000.0
    assert abs(numerics.kahan_sum(np.ones(5000, np.float16)) - 5000.0) <= numerics.ulp(5000, "float16")


def test_neumaier_survives_what_kahan_does_not():
    x = [1.0, 1e100, 1.0, -1e100]
    assert [float(f(x)) for f in SUMS] == [0.0, 0.0, 0.0, 2.0]


def test_sums_take_batches_empty_rows_and_infinities():
    x = np.random.default_rng(0).normal(size=(3, 4, 7))
    for f in SUMS:
        assert f(x).shape == (3, 4)
        assert np.array_equal(f(x)[1, 2], f(x[1, 2]))
        assert f([]) == 0.0
        assert f([1, 2, 3]) == 6.0
        assert f(np.ones((2, 0))).tolist() == [0.0, 0.0]
        with pytest.raises(InputError, match="must be an array"):
            f(1.0)
    assert (
        numerics.naive_sum([inf, 1.0]) == numerics.pairwise_sum([inf, 1.0]) == numerics.neumaier_sum([inf, 1.0]) == inf
    )
    assert numerics.naive_sum([1e308, 1e308]) == inf
    with pytest.raises(InputError, match="there is a bound for naive_sum"):
        numerics.sum_bound(sum, [1.0])
    with pytest.raises(InputError, match="finite in float16"):
        numerics.sums_table([1e5])
    assert numerics.sum_bound(numerics.naive_sum, []) == 0.0
