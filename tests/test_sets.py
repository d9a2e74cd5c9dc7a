"""Convex sets: closed forms, the laws of projections, rounding, and the battery that checks them."""

from __future__ import annotations

import importlib
import inspect
import pickle
import re
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

import optlab
from optlab.checks.check_set import check_set
from optlab.core.settings import build, snake_case
from optlab.core.status import InputError
from optlab.kernels.projections_simplex import onto_simplex
from optlab.registry import Catalogue
from optlab.sets.affine import Affine
from optlab.sets.ball import Ball
from optlab.sets.base import ConvexSet
from optlab.sets.box import Box
from optlab.sets.half_space import HalfSpace
from optlab.sets.hyperplane import Hyperplane
from optlab.sets.intersection import Intersection
from optlab.sets.l1_ball import L1Ball
from optlab.sets.product import Product
from optlab.sets.second_order_cone import SecondOrderCone
from optlab.sets.simplex import Simplex

EPS = float(np.finfo(float).eps)
NORMAL = [1.0, -2.0, 3.0, 0.5, 0.0]
ROWS = [[1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 1.0, 1.0, 1.0, 1.0]]

SETS: dict[str, ConvexSet] = {
    "ball": Ball(1.5),
    "ball about a list": Ball(0.5, [1, 2, 3, 4, 5]),
    "point": Ball(0.0, 2.0),
    "box": Box(-1.0, [1, 2, 0, np.inf, -0.5]),
    "all": Box(),
    "orthant": Box(0.0),
    "half-space": HalfSpace(NORMAL, 0.3),
    "half-space, one number": HalfSpace(),
    "half-space, steep": HalfSpace([1e8, 1e-8, 1, 1, 1], 3.0),
    "hyperplane": Hyperplane(NORMAL, -7.0),
    "hyperplane, far": Hyperplane([1e-8, 1e-4, 1, 1, 1], 1e8),
    "affine": Affine(ROWS, [1, 2]),
    "affine, dependent rows": Affine([*ROWS, [2, 3, 4, 5, 6], [0, 0, 0, 0, 0]], [1, 2, 3, 0]),
    "affine, a point": Affine(np.eye(5) + 0.1, 3.0),
    "simplex": Simplex(),
    "simplex, small": Simplex(1e-8),
    "origin": Simplex(0.0),
    "l1 ball": L1Ball(2.0),
    "l1 point": L1Ball(0.0),
    "cone": SecondOrderCone(),
    "product": Product((SecondOrderCone(), Ball(2.0), Simplex()), (3, 1, 4)),
    "product of sized sets": Product([Ball(1.0, [1.0, 2.0]), Box([0, 0, 0], 1)]),
    "cap": Intersection((Ball(1.0), HalfSpace(NORMAL, 0.3))),
    "slice of a box": Intersection((Box(-0.1, 1.0), Hyperplane(NORMAL, 0.3))),
    "capped simplex": Intersection((Simplex(), Box(-1.0, 0.25))),
    "lens": Intersection((Ball(1.0), Ball(1.0, [1, 0, 0, 0, 0]), L1Ball(0.9))),
    "boxes": Intersection([Box(0.0), Box(-1.0, 2.0), Box(1.0)]),
}


# --- the battery -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_the_battery_passes(name):
    report = check_set(SETS[name])
    assert report.passed, report


@pytest.mark.parametrize("name", [name for name in SETS if SETS[name].dimension is None and name != "capped simplex"])
@pytest.mark.parametrize("n", [1, 2, 37])
def test_the_battery_passes_in_other_dimensions(name, n):
    report = check_set(SETS[name], n)
    assert report.passed, report


def test_every_set_of_the_registry_is_among_them_and_passes_with_its_variants():
    catalogue = Catalogue()
    seen = {type(item) for item in SETS.values()}
    for name in catalogue.names("sets"):
        cls = catalogue.find("sets", name)
        assert cls in seen, name
        for variant in getattr(cls, "variants", ()):
            report = check_set(catalogue.make("sets", {"name": name, **variant}))
            assert report.passed, report


@dataclass(frozen=True)
class Shrunk(Ball):
    """Stops short of the ball: not the nearest point."""

    def project(self, x):
        p = super().project(x)
        return p if p is x else 0.9 * p


@dataclass(frozen=True)
class Sharp(Ball):
    """Does not look at rounding."""

    radius: float = 0.1

    def project(self, x):
        return x if self.contains(x) else x * (self.radius * (1 + 1e-15) / np.linalg.norm(x))


@dataclass(frozen=True)
class Oblique(HalfSpace):
    """Moves along the first axis."""

    def project(self, x):
        e = np.zeros_like(x)
        e[0] = 1.0
        return x - max(0.0, self.residual(x) + 1e-12 * np.abs(x).max()) * e if self.residual(x) > 0 else x


@dataclass(frozen=True)
class Wide(Simplex):
    """Says more than the maximum."""

    def support(self, g):
        return 1.5 * super().support(g) + 1.0


@dataclass(frozen=True)
class Flat(SecondOrderCone):
    """Has a wrong curvature."""

    def inequality_curvature(self, x, lam):
        return 2.0 * super().inequality_curvature(x, lam)


@dataclass(frozen=True)
class Copied(Box):
    """Returns a copy of a member."""

    def project(self, x):
        return super().project(x).copy()


@dataclass(frozen=True)
class Double(L1Ball):
    """Returns double precision."""

    def project(self, x):
        return super().project(x).astype(float, copy=False)


@dataclass(frozen=True)
class Loose(Box):
    """Its bounds are not all there is to it."""

    def bounds(self, n):
        return np.full(n, -np.inf), np.full(n, np.inf)


@pytest.mark.parametrize(
    ("item", "check"),
    [
        (Shrunk(), "projections are the nearest points"),
        (Sharp(), "projections are members"),
        (Oblique(), "projections are the nearest points"),
        (Wide(), "support is the maximum"),
        (Flat(), "derivatives are right"),
        (Copied(), "members stay"),
        (Double(), "single precision is kept"),
        (Loose(-1.0, 1.0), "functions describe the set"),
    ],
)
def test_the_battery_finds_a_mistake(item, check):
    assert check in [failure.name for failure in check_set(item).failures]


# --- closed forms ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "x", "expected"),
    [
        (Ball(5.0), [6.0, 8.0], [3.0, 4.0]),
        (Ball(1.0, [1.0, 1.0]), [1.0, 5.0], [1.0, 2.0]),
        (Box([0, -np.inf], [1, 2]), [3.0, 3.0], [1.0, 2.0]),
        (HalfSpace([1.0, 1.0], 1.0), [1.0, 1.0], [0.5, 0.5]),
        (Hyperplane([3.0, 4.0], 25.0), [0.0, 0.0], [3.0, 4.0]),
        (Affine([[1, 0, 0], [0, 1, 1]], [2, 2]), [0.0, 0.0, 0.0], [2.0, 1.0, 1.0]),
        (Simplex(), [2.0, 0.0, -5.0], [1.0, 0.0, 0.0]),
        (Simplex(3.0), [2.0, 1.0, 3.0], [1.0, 0.0, 2.0]),
        (L1Ball(), [1.0, -1.0], [0.5, -0.5]),
        (SecondOrderCone(), [3.0, 4.0, 0.0], [1.5, 2.0, 2.5]),
        (SecondOrderCone(), [3.0, 4.0, -5.0], [0.0, 0.0, 0.0]),
        (SecondOrderCone(), [-2.0], [0.0]),
        (Product((Ball(), Box(0.0)), (2, 1)), [0.0, 4.0, -3.0], [0.0, 1.0, 0.0]),
        (Intersection((HalfSpace([1.0, 1.0], 1.0), Box(0.0))), [2.0, -1.0], [1.0, 0.0]),
        (Intersection((Ball(1.0), HalfSpace([1.0, 0.0], 0.6))), [100.0, 1.0], [0.6, 0.8]),
    ],
)
def test_closed_forms(item, x, expected):
    np.testing.assert_allclose(item.project(np.array(x)), expected, rtol=4 * EPS, atol=1e-13)


def nearest(A, b, x):
    """The nearest point to x with Az ≤ b. Source: Lawson & Hanson (1974), chapter 23 (least distance programming)."""
    E = np.vstack([-np.asarray(A).T, (A @ x - b)[None]])
    f = np.append(np.zeros(x.size), 1.0)
    residual = E @ nnls(E, f)[0] - f
    return x - residual[:-1] / residual[-1]


SIGNS = np.array([[i, j, k] for i in (1.0, -1) for j in (1.0, -1) for k in (1.0, -1)])
THREE = np.eye(3)


@pytest.mark.parametrize(
    ("item", "A", "b"),
    [
        (L1Ball(0.7), SIGNS, np.full(8, 0.7)),
        (Simplex(0.7), np.vstack([-THREE, np.ones((1, 3)), -np.ones((1, 3))]), np.array([0, 0, 0, 0.7, -0.7])),
        (Box(-0.2, 0.5), np.vstack([THREE, -THREE]), np.array([0.5] * 3 + [0.2] * 3)),
        (HalfSpace([1, 2, -1], -0.5), np.array([[1.0, 2, -1]]), np.array([-0.5])),
        (Affine([[1, 2, -1]], [0.5]), np.array([[1.0, 2, -1], [-1, -2, 1]]), np.array([0.5, -0.5])),
        (
            Intersection((Box(-0.2, 0.5), HalfSpace([1, 2, -1], -0.1), HalfSpace([0, 1, 1], 0.2))),
            np.vstack([THREE, -THREE, [[1.0, 2, -1], [0, 1, 1]]]),
            np.array([0.5] * 3 + [0.2] * 3 + [-0.1, 0.2]),
        ),
    ],
)
def test_projections_agree_with_a_quadratic_program(item, A, b):
    random = np.random.default_rng(1)
    for x in random.standard_normal((30, 3)):
        np.testing.assert_allclose(item.project(x), nearest(A, b, x), atol=1e-11)


def test_multipliers_of_the_half_space_are_those_of_the_projection():
    x, item = np.array([3.0, -1.0]), HalfSpace([1.0, 1.0], 1.0)
    p = item.project(x)
    np.testing.assert_allclose(x - p, 0.5 * item.inequality_jacobian(p)[0], rtol=1e-15)
    assert item.inequality(p) == [0.0]


def test_moreau_decomposition_of_the_cone():
    random, cone = np.random.default_rng(2), SecondOrderCone()
    for n in (1, 2, 7):
        for x in random.standard_normal((50, n)) * 10.0 ** random.integers(-8, 9, (50, 1)):
            p, q = cone.project(x), cone.project(-x)
            np.testing.assert_allclose(p - q, x, atol=4 * EPS * np.abs(x).max())
            assert abs(p @ q) <= 4 * EPS * (x @ x)


# --- any x: hypothesis --------------------------------------------------------------------------

numbers = st.one_of(
    st.floats(-10, 10), st.floats(-1e8, 1e8), st.floats(-1e-8, 1e-8), st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.25, 1e8])
)
SIMPLE = [name for name in SETS if not isinstance(SETS[name], Intersection) and SETS[name].dimension in (None, 5)]


@pytest.mark.parametrize("name", SIMPLE)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(x=st.lists(numbers, min_size=5, max_size=5), y=st.lists(numbers, min_size=5, max_size=5))
def test_laws_of_projections(name, x, y):
    item, x, y = SETS[name], np.array(x), np.array(y)
    p, q = item.project(x), item.project(y)
    assert item.contains(p)
    assert item.contains(q)
    assert item.project(p) is p
    size = sum(map(np.linalg.norm, (x, y, p, q)))
    assert np.linalg.norm(p - q) <= np.linalg.norm(x - y) + 1e-14 * size
    assert (x - p) @ (q - p) <= 1e-14 * size**2
    assert item.variational_gap(x, [q]) <= 1e-14 * (size + item_size(item)) ** 2


def item_size(item):
    """How far from the origin a bounded set goes."""
    return abs(getattr(item, "radius", 0.0)) + float(np.linalg.norm(getattr(item, "center", 0.0)))


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(x=st.lists(numbers, min_size=1, max_size=60), radius=st.sampled_from([1e-8, 1.0, 3.0, 1e8]))
def test_the_simplex_is_met_to_rounding(x, radius):
    x = np.array(x)
    p = Simplex(radius).project(x)
    assert p.min() >= 0.0
    assert abs(float(p.sum()) - radius) <= 4 * EPS * radius
    assert np.abs(L1Ball(radius).project(x)).sum() <= radius
    above = p > 0  # one threshold for all: x − p is the same above it, and x is no greater elsewhere
    shift = (x - p)[above]
    allowed = 4 * EPS * (np.abs(x).max() + radius)
    assert np.ptp(shift) <= allowed
    assert np.all(x[~above] <= shift.max() + allowed)


# --- rounding, scales and strange points -----------------------------------------------------------


def test_a_projection_is_exactly_feasible():
    """Where comparisons can be met exactly, in any dimension and precision, they are."""
    random = np.random.default_rng(3)
    for n in (1, 2, 3, 10, 1000):
        for kind in (float, np.float32):
            for scale in (1e-8, 1.0, 1e8):
                x = (scale * random.standard_normal(n)).astype(kind)
                a, c = random.standard_normal(n), scale * random.standard_normal(n)
                assert Ball(0.1).contains(Ball(0.1).project(x))
                assert Ball(0.1, c).contains(Ball(0.1, c).project(x))
                p = HalfSpace(a, 0.1).project(x)
                assert float(a.astype(kind) @ p) <= 0.1
                p = L1Ball(0.1).project(x)
                assert float(np.abs(p).sum(dtype=float)) <= 0.1
                p = SecondOrderCone().project(x)
                assert np.linalg.norm(p[:-1]) <= p[-1]


def test_many_small_components_beside_a_great_one_sum_to_the_radius():
    """The rounding of one threshold, the same in 10⁵ components, would be 10⁵ times as great in their sum."""
    for kind in (float, np.float32):
        x = np.full(100_001, 1e-7, dtype=kind)
        x[0] = 0.993
        p = Simplex().project(x)
        assert np.count_nonzero(p) == x.size
        assert abs(p.sum(dtype=float) - 1.0) <= 4 * np.finfo(kind).eps


@pytest.mark.parametrize("name", ["ball", "half-space", "hyperplane", "affine", "simplex", "l1 ball", "cone", "box"])
def test_powers_of_two_change_no_bit(name):
    x, factor = 3.0 * np.random.default_rng(4).standard_normal(5), 2.0**20
    item = SETS[name]
    scaled = {
        field.name: getattr(item, field.name)
        if field.name in ("normal", "A")
        else factor * np.asarray(getattr(item, field.name))
        for field in fields(item)
    }
    scaled = {name: float(value) if np.ndim(value) == 0 else value for name, value in scaled.items()}
    assert np.array_equal(replace(item, **scaled).project(factor * x), factor * item.project(x))


def test_overflowing_squares_do_not_reach_the_centre():
    with np.errstate(over="ignore"):
        p = Ball(5.0).project(np.array([3e200, 4e200]))
    np.testing.assert_allclose(p, [3.0, 4.0], rtol=1e-15)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_point_that_is_not_finite_is_no_member(name, bad):
    x = np.zeros(SETS[name].dimension or 5)
    x[0] = bad
    with np.errstate(all="ignore"):
        assert not SETS[name].contains(x)


def test_linear_minimizers_of_bounded_sets():
    g = np.array([1.0, -3.0, 2.0, 0.0])
    np.testing.assert_array_equal(Simplex(2.0).linear_minimizer(g), [0, 2, 0, 0])
    np.testing.assert_array_equal(L1Ball(2.0).linear_minimizer(g), [0, 2, 0, 0])
    np.testing.assert_array_equal(Box(-1.0, 2.0).linear_minimizer(g), [-1, 2, -1, 0])
    assert Box(0.0).support(g) == np.inf
    assert Box(0.0).support(-np.abs(g)) == 0.0
    both = Product((Simplex(2.0), L1Ball(1.0)), (2, 2))
    np.testing.assert_array_equal(both.linear_minimizer(g), [0, 2, -1, 0])
    assert both.support(g) == 2.0 + 2.0
    assert not hasattr(Product((Ball(), SecondOrderCone()), (2, 2)), "linear_minimizer")
    assert not hasattr(SecondOrderCone(), "support")


# --- forms -----------------------------------------------------------------------------------------


def test_forms():
    forms = {name: SETS[name].form for name in SETS}
    assert forms["box"] == ("bounds",)
    assert forms["ball"] == forms["half-space"] == forms["cone"] == ("inequality",)
    assert forms["hyperplane"] == forms["affine"] == ("equality",)
    assert forms["simplex"] == ("bounds", "equality")
    assert forms["l1 ball"] == forms["lens"] == ()
    assert forms["product"] == ("bounds", "inequality", "equality")
    assert forms["slice of a box"] == ("bounds", "equality")
    assert Product((Ball(), L1Ball()), (2, 2)).form == ()


def test_rows_of_a_product_and_of_an_intersection():
    item = Product((Hyperplane([1.0, 2.0], 3.0), Box(0.0, 1.0), Ball(2.0)), (2, 1, 2))
    x = np.arange(1.0, 6.0)
    lo, hi = item.bounds(5)
    np.testing.assert_array_equal(lo, [-np.inf, -np.inf, 0, -np.inf, -np.inf])
    np.testing.assert_array_equal(hi, [np.inf, np.inf, 1, np.inf, np.inf])
    np.testing.assert_array_equal(item.equality(x), [2.0])
    np.testing.assert_array_equal(item.equality_jacobian(x), [[1, 2, 0, 0, 0]])
    np.testing.assert_array_equal(item.inequality(x), [37.0])
    np.testing.assert_array_equal(item.inequality_jacobian(x), [[0, 0, 0, 8, 10]])
    np.testing.assert_array_equal(item.inequality_curvature(x, np.array([3.0])), np.diag([0, 0, 0, 6.0, 6.0]))
    both = Intersection((Ball(1.0), Box(0.0), HalfSpace([1, 1], 1.0), Box(-1.0, 0.5)))
    x = np.array([2.0, 3.0])
    np.testing.assert_array_equal(both.inequality(x), [12.0, 4.0])
    np.testing.assert_array_equal(both.inequality_jacobian(x), [[4, 6], [1, 1]])
    np.testing.assert_array_equal(both.inequality_curvature(x, np.array([2.0, 7.0])), 4 * np.eye(2))
    np.testing.assert_array_equal(both.bounds(2), [[0, 0], [0.5, 0.5]])


# --- intersections ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1e2, 1e4, 1e8])
def test_intersections_from_near_and_far(scale):
    """A ball and a half-space that cuts it: the nearest point is on one of the two, or on the circle of both."""
    item, random = Intersection((Ball(1.0), HalfSpace([1.0, 0.0, 0.0], 0.6))), np.random.default_rng(5)
    for x in scale * random.standard_normal((10, 3)):
        p, onto_ball = item.project(x), x / max(1.0, float(np.linalg.norm(x)))
        onto_plane = np.array([min(x[0], 0.6), x[1], x[2]])
        circle = np.append(0.6, 0.8 * x[1:] / np.linalg.norm(x[1:]))
        expected = next(z for z in (onto_ball, onto_plane, circle) if item.contains(z, 1e-12))
        np.testing.assert_allclose(p, expected, atol=1e-12 * np.linalg.norm(x) + 1e-12)
        assert item.project(p) is p


@pytest.mark.parametrize("scale", [1.0, 1e4, 1e10])
@pytest.mark.parametrize("cls", [Hyperplane, HalfSpace])
def test_one_linear_condition_and_bounds_are_met_directly(cls, scale):
    """Its multiplier μ explains every free component; the bounds, some of them infinite, are met exactly."""
    random = np.random.default_rng(9)
    for n in (1, 2, 5, 1000):
        for _ in range(20):
            a = random.standard_normal(n)
            lo = np.where(random.random(n) < 0.2, -np.inf, -random.random(n))
            hi = np.where(random.random(n) < 0.2, np.inf, random.random(n))
            b = float(a @ np.clip(random.standard_normal(n), lo, hi))
            x = scale * random.standard_normal(n)
            item = Intersection((cls(a, b), Box(lo, hi)))
            p = item.project(x)
            assert item.contains(p)
            size = np.linalg.norm(x) + np.linalg.norm(p)
            free = (lo < p) & (p < hi)
            mu = a[free] @ (x - p)[free] / (a[free] @ a[free]) if free.any() else None
            if mu is not None:
                np.testing.assert_allclose(np.clip(x - mu * a, lo, hi), p, atol=1e-11 * size)
                assert cls is Hyperplane or mu >= -1e-12 * size
            assert cls is Hyperplane or abs(a @ p - b) <= 1e-12 * size or np.array_equal(p, np.clip(x, lo, hi))


def test_a_box_in_an_intersection_is_kept_exactly():
    lo = np.array([0.1, 0.2, 0.3, -0.7])
    item = Intersection((Box(lo, lo + 0.3), Ball(0.9), Hyperplane([1, 1, 1, 1], 0.3)))
    for x in np.random.default_rng(6).standard_normal((20, 4)):
        p = item.project(x)
        assert np.all(p >= lo)
        assert np.all(p <= lo + 0.3)
        assert abs(p.sum() - 0.3) <= 8 * EPS


def test_an_empty_intersection_is_an_error():
    with pytest.raises(InputError, match="no common point"):
        Intersection((Ball(1.0), Ball(1.0, 3.0)), max_cycles=200).project(np.zeros(2) + 1.0)
    with pytest.raises(InputError, match="no number is between"):
        Intersection((Box(0.0, 1.0), Box(2.0, 3.0))).project(np.zeros(2))


# --- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (Box([0, 3], [1, 2]), "no number is between lo = 3 and hi = 2"),
        (Box([0, 1], [1, 2, 3]), "same shape"),
        (Box(np.nan), "lo must hold numbers"),
        (Ball(1.0, [1, 2]), "center must be a number or have shape"),
        (Ball(1.0, "far"), "center must be numbers"),
        (HalfSpace([0, 0, 0]), "normal must not be 0"),
        (HalfSpace([np.inf, 0, 0]), "normal must hold finite numbers"),
        (Hyperplane([1, 2]), "normal must be a number or have shape"),
        (Affine([[1, 1, 1], [2, 2, 2]], [1, 3]), "no x meets Ax = b"),
        (Affine([[0, 0, 0]], [1]), "no x meets Ax = b"),
        (Affine([[1, 1, 1]], [1, 2]), "A must have shape"),
        (Affine([[1, 1]], [1]), "A has 2 columns"),
        (Product((Ball(), Ball()), (1,)), "sizes must hold"),
        (Product((Ball(), Ball())), "sizes must hold"),
        (Product((Ball(), Ball(1.0, [1, 2])), (1, 1)), "block 2 has length 1"),
        (Product((Ball(), Ball()), (1, 1)), "2 components together"),
        (Product((Ball(), 3.0), (1, 2)), "one or more convex sets"),
        (Intersection(()), "one or more convex sets"),
        (Intersection((Ball(-1.0),)), "radius must be >= 0"),
    ],
)
def test_wrong_settings_are_errors_that_say_so(item, message):
    with pytest.raises(InputError, match=message):
        item.project(np.ones(3))


def test_settings_out_of_range_are_refused():
    for cls in (Ball, Simplex, L1Ball):
        with pytest.raises(InputError, match="radius"):
            build(cls, {"radius": -1.0})
    with pytest.raises(InputError, match="tolerance"):
        build(Intersection, {"sets": (Ball(),), "tolerance": 0.0})


def test_factors_are_computed_once_and_not_pickled():
    item = Affine(ROWS, [1, 2])
    p = item.project(np.ones(5))
    factors = item._factors
    item.project(np.zeros(5))
    assert item._factors is factors
    copy = pickle.loads(pickle.dumps(item))
    assert vars(copy).keys() == {"A", "b"}
    assert np.array_equal(copy.project(np.ones(5)), p)


# --- size ------------------------------------------------------------------------------------------


def adversary(n):
    """Data of which Michelot's filter takes few components a round."""
    return np.cumsum(1.0 / np.arange(1, n + 1))[::-1].copy()


LONG = {
    "normal": lambda r, n: r.standard_normal(n),
    "heavy-tailed": lambda r, n: r.standard_cauchy(n),
    "nearly feasible": lambda r, n: r.dirichlet(np.ones(n)) * (1 + 1e-6 * r.standard_normal(n)),
    "equal": lambda r, n: np.ones(n),
    "adversary": lambda r, n: adversary(n),
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("radius", [1.0, 1e3])
def test_a_long_simplex_projection_agrees_with_sorting(name, radius):
    x = LONG[name](np.random.default_rng(7), 100_000)
    u = np.sort(x)[::-1]
    tau = (np.cumsum(u) - radius) / np.arange(1, x.size + 1)
    expected = np.maximum(x - tau[np.flatnonzero(u > tau)[-1]], 0.0)
    p = onto_simplex(x, radius)
    np.testing.assert_allclose(p, expected, atol=1e-12 * radius)
    assert abs(p.sum() - radius) <= 4 * EPS * radius


def test_a_long_simplex_projection_costs_no_more_than_a_few_sorts():
    x = np.random.default_rng(8).standard_normal(100_000)
    times: dict[str, list[float]] = {"sort": [], "project": []}
    for _ in range(9):
        for name, action in (("sort", lambda: np.sort(x)), ("project", lambda: Simplex().project(x))):
            since = perf_counter()
            action()
            times[name].append(perf_counter() - since)
    assert np.median(times["project"]) <= 3.0 * np.median(times["sort"])


# --- mutants ---------------------------------------------------------------------------------------


@contextmanager
def mutated(place, old, new):
    """Replace text in a function while the block runs."""
    module_name, path = place.split(":")
    module = importlib.import_module(module_name)
    function = module
    for part in path.split("."):
        function = getattr(function, part)
    source = textwrap.dedent(inspect.getsource(function))
    assert old in source, f"{old!r} is no longer in {place}"
    scope = dict(vars(module))
    exec(compile(source.replace(old, new), place, "exec"), scope)
    code, function.__code__ = function.__code__, scope[path.split(".")[-1]].__code__
    try:
        yield
    finally:
        function.__code__ = code


S, K = "optlab.sets", "optlab.kernels"
MUTANTS = [
    (f"{S}.half_space:HalfSpace.project", "while self.residual(point) > 0", "while False", "half-space"),
    (f"{S}.l1_ball:L1Ball.project", "while self._norm(point) > self.radius", "while False", "l1 ball"),
    (f"{S}.second_order_cone:SecondOrderCone.project", "max(height, ", "min(height, ", "cone"),
    (f"{S}.second_order_cone:SecondOrderCone.project", "length <= -t", "t <= 0", "cone"),
    (f"{S}._normal:WithNormal.moved", "excess / length /", "excess /", "half-space"),
    (f"{S}.affine:Affine.project", 'trans="T"', 'trans="N"', "affine"),
    (f"{K}.projections_simplex:_threshold", "- radius) / y.size", "- radius) / (y.size + 1)", "simplex"),
    (f"{K}.projections_dykstra:_cycle", "point + corrections[i]", "point", "cap"),
    (f"{K}.projections_knapsack:onto_bounded_hyperplane", "(x - hi) / a", "(x + hi) / a", "slice of a box"),
]


@pytest.mark.parametrize(("place", "old", "new", "name"), MUTANTS)
def test_mutants_are_found(place, old, new, name):
    with mutated(place, old, new), np.errstate(all="ignore"):
        assert not check_set(pickle.loads(pickle.dumps(SETS[name]))).passed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("simplex", "must be a convex set such as optlab.sets.Ball"),
        ({"name": "ball"}, "must be a convex set"),
        (Simplex, "given the class Simplex"),
        (Ball(-1.0), "radius must be >= 0, given -1.0"),
        (Ball(float("nan")), "radius must be >= 0, given nan"),
        (Ball("1"), "radius must be a number"),
        (Ball(1.0, [1, 2, 3]), "n = 3, but start has n = 2"),
        (Box([0, 0, 0], 1), "n = 3, but start has n = 2"),
        (Box([0, 2], [1, 1]), "no number is between lo = 2 and hi = 1"),
        (Simplex(-1), "radius must be >= 0"),
    ],
    ids=str,
)
def test_a_feasible_set_is_looked_at_where_it_is_given(wrong, words):
    with pytest.raises(optlab.InputError, match=re.escape(words)):
        optlab.Problem(lambda x: x @ x, start=[1.0, 2.0], feasible=wrong)


def test_sets_are_found_by_their_names():
    for name, where in (("Ball", Ball), ("Simplex", Simplex), ("Box", Box)):
        assert getattr(optlab.sets, name) is where
        assert name in dir(optlab.sets)
    listed = {snake_case(name) for name in dir(optlab.sets) if name[0].isupper() and name != "Any"}
    assert listed == set(optlab.names("sets"))
    with pytest.raises(AttributeError, match="did you mean 'Ball'"):
        _ = optlab.sets.Bal
