"""Line searches: what they promise on lines that are easy, hard, noisy, kinked, cut off or without end."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from optlab.core.descent import DescentState
from optlab.core.driver import Loop, run
from optlab.core.oracle import Oracle
from optlab.core.status import Halt, InputError, Status
from optlab.core.stop import Evaluations, Iterations, Stationary
from optlab.core.user_problem import Problem
from optlab.experiment import from_dict
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import EPS, Arc, Line, cubic_minimizer, quadratic_minimizer, secant
from optlab.linesearch.conditions import ROUGH
from optlab.linesearch.constant import Constant
from optlab.linesearch.exact import Exact
from optlab.linesearch.goldstein import Goldstein
from optlab.linesearch.hager_zhang import HagerZhang
from optlab.linesearch.initial import (
    FARTHER,
    Full,
    HagerZhangInitial,
    SameChange,
    SameDecrease,
    SameLength,
    UnitNorm,
)
from optlab.linesearch.more_thuente import MoreThuente
from optlab.linesearch.nonmonotone_average import NonmonotoneAverage
from optlab.linesearch.nonmonotone_max import NonmonotoneMax
from optlab.linesearch.strong_wolfe import StrongWolfe
from optlab.linesearch.weak_wolfe import WeakWolfe
from optlab.optimizers.gradient.gradient_descent_armijo import GradientDescentArmijo
from optlab.optimizers.quasi_newton.bfgs import BFGS
from optlab.registry import Catalogue
from optlab.sets.ball import Ball

SEARCHES = (Armijo(), StrongWolfe(), StrongWolfe(c2=0.1), Exact(), MoreThuente(), MoreThuente(c2=0.1))
NEWER = (HagerZhang(), HagerZhang(c2=0.2), WeakWolfe(), WeakWolfe(c2=0.1), Goldstein(), NonmonotoneMax(),
         NonmonotoneAverage())  # fmt: skip
EVERY = SEARCHES + NEWER


def line(f, slope, x=0.0, d=1.0, **more):
    """φ(α) = f(x + αd) of a function of one variable, and the oracle that counts."""
    problem = Problem(lambda z: f(z[0]), gradient=lambda z: np.array([slope(z[0])]), start=[x], **more)
    oracle = Oracle(problem)
    x0 = np.array([float(x)])
    with np.errstate(all="ignore"):
        value, g = oracle.value_and_gradient(x0)
    return Line(oracle, x0, value, g, np.array([float(d)])), oracle


def quartic(rng):
    """A random quartic that is bounded below and falls at 0, with a window of NaN in some cases."""
    a, b, c = rng.uniform(0.1, 2), rng.normal(), rng.normal()
    slope0 = -(10.0 ** rng.uniform(-3, 3))
    lo = rng.uniform(0.1, 2.0)
    hi = lo + (rng.uniform(0.0, 1.0) if rng.random() < 0.5 else 0.0)

    def f(t):
        return np.nan if lo < t < hi else a * t**4 + b * t**3 + c * t**2 + slope0 * t + 3.0

    def df(t):
        return np.nan if lo < t < hi else 4 * a * t**3 + 3 * b * t**2 + 2 * c * t + slope0

    return f, df, hi > lo


@pytest.mark.parametrize("search", SEARCHES, ids=repr)
def test_accepted_points_fulfil_their_conditions_on_random_lines(search):
    rng = np.random.default_rng(1)
    met = 0
    for _ in range(100):
        f, df, windowed = quartic(rng)
        phi, _ = line(f, df)
        first = 10.0 ** rng.uniform(-3, 3)
        trial = search.search(phi, first)
        assert trial is not None
        assert trial.finite
        assert trial.f == f(trial.alpha)
        assert trial.g[0] == df(trial.alpha)
        assert trial.f <= phi.f0 + 1e-4 * trial.alpha * phi.slope
        bound = {Armijo(): np.inf, Exact(): 1e-9}.get(search) or search.c2
        flat = abs(trial.slope) <= bound * abs(phi.slope)
        assert flat or windowed  # a window of NaN may hide the minimum: then the best point comes back
        met += flat
    assert met >= 75


@pytest.mark.parametrize("search", [StrongWolfe(), StrongWolfe(c2=1e-3), Exact(), MoreThuente(c2=1e-3)], ids=repr)
def test_without_a_window_curvature_always_holds(search):
    rng = np.random.default_rng(2)
    for _ in range(50):
        a, far = rng.uniform(0.1, 3), 10.0 ** rng.uniform(-6, 6)
        phi, oracle = line(
            lambda t, a=a, s=far: np.cosh(min(a * (t / s - 1), 700.0)),
            lambda t, a=a, s=far: a / s * np.sinh(a * (t / s - 1)),
        )
        trial = search.search(phi, far * 10.0 ** rng.uniform(-4, 2))
        assert abs(trial.slope) <= getattr(search, "c2", 1e-9) * abs(phi.slope)
        assert oracle.n_f <= 80


def test_the_accepted_point_is_evaluated_once():
    for search in (*EVERY, Constant()):
        phi, oracle = line(lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1))
        trial = search.search(phi, 0.5)
        before = oracle.counts
        oracle.prime(trial.x, trial.f, trial.g)
        oracle.value_and_gradient(trial.x)
        assert oracle.counts == before


def test_strong_wolfe_keeps_the_best_point_where_curvature_cannot_be_met():
    phi, _ = line(lambda t: abs(t - 1), lambda t: -1.0 if t < 1 else 1.0)
    trial = StrongWolfe(c2=0.5).search(phi, 0.3)
    assert trial is not None
    assert trial.f <= 0.2
    assert trial.f < phi.f0 + 1e-4 * trial.alpha * phi.slope


@pytest.mark.parametrize("search", EVERY, ids=repr)
def test_a_barrier_is_the_upper_end_of_the_bracket(search):
    def f(t):
        return t - np.log(1 - 4 * t) / 8 - 3 * t if t < 0.25 else np.nan

    phi, oracle = line(f, lambda t: -2.0 + 0.5 / (1 - 4 * t) if t < 0.25 else np.nan)
    trial = search.search(phi, 1e3)
    assert trial.finite
    assert 0 < trial.alpha < 0.25
    assert trial.f < phi.f0
    assert oracle.n_f <= 60


@pytest.mark.parametrize("search", [StrongWolfe(), Exact(), MoreThuente()], ids=repr)
def test_a_line_without_end_is_unbounded_and_a_far_minimum_is_not(search):
    phi, oracle = line(lambda t: -t, lambda t: -1.0)
    with pytest.raises(Halt) as halt:
        search.search(phi, 1.0)
    assert halt.value.status is Status.UNBOUNDED
    assert oracle.n_f <= 32
    phi, _ = line(lambda t: (t - 1e9) ** 2, lambda t: 2 * (t - 1e9))
    assert search.search(phi, 1.0).f < phi.f0 / 2


@pytest.mark.parametrize("search", EVERY, ids=repr)
def test_f_that_falls_to_minus_infinity_is_unbounded(search):
    phi, _ = line(lambda t: -np.inf if t > 5 else -t, lambda t: -1.0)
    with pytest.raises(Halt) as halt:
        search.search(phi, 10.0)
    assert halt.value.status is Status.UNBOUNDED


@pytest.mark.parametrize("search", EVERY, ids=repr)
def test_a_slope_with_the_wrong_sign_is_refused(search):
    for offset in (0.0, 1.0, 1e8):
        phi, oracle = line(lambda t, c=offset: c + (t + 1) ** 2, lambda t: -2 * (t + 1))
        assert search.search(phi, 1.0) is None
        assert oracle.n_f <= 110


@pytest.mark.parametrize("search", EVERY, ids=repr)
def test_a_flat_f_is_never_accepted_on_a_promise(search):
    phi, _ = line(lambda t: 1.0, lambda t: -1.0)
    assert search.search(phi, 1.0) is None


@pytest.mark.parametrize("search", SEARCHES, ids=repr)
def test_where_f_is_only_rounding_the_slopes_decide(search):
    phi, _ = line(lambda t: 1e8 + (t - 1e-6) ** 2, lambda t: 2 * (t - 1e-6))
    assert abs(phi.promised(1e-6)) < phi.noise
    for first in (1e-7, 1e-6, 3e-6):
        trial = search.search(phi, first)
        assert abs(trial.slope) <= 0.9 * abs(phi.slope) if not isinstance(search, Armijo) else trial.alpha < 2e-6
    slope, promise = phi.slope, StrongWolfe(c2=0.1)
    for trial in (promise.search(phi, 1e-7), promise.search(phi, 3e-6)):
        assert (2e-4 - 1) * slope >= trial.slope >= 0.1 * slope


def test_a_chance_ulp_neither_blocks_a_good_point_nor_makes_one():
    ulp = np.spacing(1e8)
    phi, _ = line(lambda t: 1e8 + (t - 1e-6) ** 2 + (ulp if t else 0.0), lambda t: 2 * (t - 1e-6))
    for first in (1e-7, 1e-6, 3e-6):
        assert StrongWolfe(c2=0.1).search(phi, first).alpha == pytest.approx(1e-6, rel=0.1)
    phi, _ = line(lambda t: 1e8 - (ulp if t else 0.0), lambda t: -1.0)
    for search in (Armijo(), StrongWolfe(), Exact()):
        assert search.search(phi, 1.0) is None


@pytest.mark.parametrize("search", EVERY, ids=repr)
def test_a_gradient_that_is_not_finite_rules_a_point_out_however_low_f_is(search):
    phi, _ = line(lambda t: (t - 1) ** 2 if t < 1.5 else -t, lambda t: 2 * (t - 1) if t < 1.5 else np.nan)
    trial = search.search(phi, 1.9)
    assert trial.finite
    assert trial.alpha < 1.5


def test_armijo_halves_what_is_not_finite_and_clamps_interpolation():
    seen = []

    def f(t):
        seen.append(t)
        return np.nan if t > 0.9 else (1e6 * t * t - t if t > 1e-3 else -t)

    phi, _ = line(f, lambda t: -1.0)
    seen.clear()
    assert Armijo().search(phi, 3.0).alpha <= 1e-3
    assert seen[:3] == [3.0, 1.5, 0.75]
    ratios = np.array(seen[3:]) / np.array(seen[2:-1])
    assert np.all((ratios >= 0.1 - 1e-15) & (ratios <= 0.5))


def test_armijo_evaluates_one_gradient_only():
    phi, oracle = line(lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1))
    Armijo().search(phi, 16.0)
    assert oracle.n_gradient == 2
    assert oracle.n_f > 2


def test_exact_hits_a_quadratic_at_the_first_secant():
    rng = np.random.default_rng(3)
    for n, kappa in ((2, 5.0), (20, 1e6)):
        Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
        H = Q * np.geomspace(1, kappa, n) @ Q.T
        problem = Problem(lambda x, H=H: 0.5 * x @ H @ x, gradient=lambda x, H=H: H @ x, start=np.ones(n))
        oracle, x = Oracle(problem), rng.normal(size=n)
        f, g = oracle.value_and_gradient(x)
        trial = Exact().search(Line(oracle, x, f, g, -g), 1.0 / np.linalg.norm(g))
        assert trial.alpha == pytest.approx(g @ g / (g @ H @ g), rel=1e-12)
        assert abs(trial.g @ g) <= 1e-12 * np.linalg.norm(g) * np.linalg.norm(trial.g)
        assert oracle.n_f <= 4


def test_exact_finds_the_minimum_of_a_curved_line():
    phi, oracle = line(lambda t: np.exp(min(t, 700.0)) - 3 * t, lambda t: np.exp(min(t, 700.0)) - 3)
    for first in (1e-6, 1.0, 400.0):
        assert Exact().search(phi, first).alpha == pytest.approx(np.log(3), rel=1e-11)
    assert oracle.n_f <= 120


def test_constant_takes_its_step_whatever_comes():
    phi, _ = line(lambda t: np.nan if t else 1.0, lambda t: np.nan if t else 1.0)
    trial = Constant(0.5).search(phi, 7.0)
    assert trial.alpha == 0.5
    assert not trial.finite


def test_an_arc_stays_in_its_set_and_promises_what_it_can_keep():
    problem = Problem(
        lambda x: x @ x - 4 * x[0], gradient=lambda x: 2 * x - [4.0, 0.0], start=[0.0, 1.0], feasible=Ball(1.0)
    )
    oracle, x = Oracle(problem), np.array([0.0, 1.0])
    f, g = oracle.value_and_gradient(x)
    arc = Arc(oracle, x, f, g)
    trial = Armijo().search(arc, 10.0)
    assert np.linalg.norm(trial.x) <= 1.0
    assert trial.f <= f + 1e-4 * arc.promised(trial.alpha)
    assert arc.promised(trial.alpha) == pytest.approx(g @ (trial.x - x))
    assert trial.slope == pytest.approx(trial.g @ (trial.x - x) / trial.alpha)


def test_interpolation_is_exact_where_it_should_be():
    phi, _ = line(lambda t: t**3 - 3 * t + 1, lambda t: 3 * t**2 - 3)
    a, b = phi(0.25), phi(3.0)
    assert cubic_minimizer(a, b) == pytest.approx(1.0, rel=1e-14)
    assert cubic_minimizer(b, a) == pytest.approx(1.0, rel=1e-14)
    phi, _ = line(lambda t: 2 * (t - 0.7) ** 2, lambda t: 4 * (t - 0.7))
    a, b = phi(0.0), phi(5.0)
    assert quadratic_minimizer(a, b) == pytest.approx(0.7, rel=1e-14)
    assert secant(a, b) == pytest.approx(0.7, rel=1e-14)
    phi, _ = line(lambda t: -t, lambda t: -1.0)
    for guess in (cubic_minimizer, quadratic_minimizer, secant):
        assert not np.isfinite(guess(phi(0.0), phi(1.0)))


# --- every search on many lines: what comes back fulfils the search's own condition ---------------


def quadratics(rng):
    """Steep and flat ones, from 10⁻⁸ to 10⁸ away."""
    far, size = 10.0 ** rng.uniform(-8, 8), 10.0 ** rng.uniform(-8, 8)
    return lambda t: size * (t / far - 1) ** 2, lambda t: 2 * size * (t / far - 1) / far, {}


def windows(rng):
    """A quartic with an interval of NaN or ∞ in front of, around or behind a minimum."""
    f, df, _ = quartic(rng)
    lo = rng.uniform(0.05, 2.0)
    hi, hole = lo + rng.uniform(0.01, 3.0), rng.choice([np.nan, np.inf])
    return lambda t: hole if lo < t < hi else f(t), lambda t: np.nan if lo < t < hi else df(t), {"hard": True}


def oscillations(rng):
    """t²/20 − t with waves that give it many minima."""
    a, w = rng.uniform(0.1, 1.0), rng.uniform(1.0, 30.0)
    b = min(a, 0.9 / w)  # it falls at 0
    return lambda t: t * t / 20 - t + b * np.sin(w * t), lambda t: t / 10 - 1 + b * w * np.cos(w * t), {"hard": True}


def kinks(rng):
    """A convex function with pieces that are straight."""
    slopes = np.sort(rng.normal(size=6)) * 10.0 ** rng.uniform(-2, 2)
    slopes[0] = -abs(slopes[0]) - 0.1
    slopes[-1] = abs(slopes[-1]) + 0.1
    slopes.sort()
    ends = np.concatenate([[0.0], np.cumsum(rng.uniform(0.1, 1.0, 5))])
    values = np.concatenate([[1.0], 1.0 + np.cumsum(slopes[:-1] * np.diff(ends))])

    def piece(t):
        return max(int(np.searchsorted(ends, t, side="right")) - 1, 0)

    return lambda t: values[piece(t)] + slopes[piece(t)] * (t - ends[piece(t)]), lambda t: slopes[piece(t)], {
        "hard": True}  # fmt: skip


def walls(rng):
    """−log(1 − t/b) − ct, NaN from b on."""
    b, c = 10.0 ** rng.uniform(-3, 3), rng.uniform(1.5, 50.0)
    return (lambda t: -np.log(1 - t / b) - c * t / b if t < b else np.nan,
            lambda t: (1 / (1 - t / b) - c) / b if t < b else np.nan, {})  # fmt: skip


def asymptotes(rng):
    """Exp(−t/s), which falls for ever and never below 0."""
    s = 10.0 ** rng.uniform(-3, 3)
    return lambda t: np.exp(-t / s), lambda t: -np.exp(-t / s) / s, {"hard": True}


def plateaus(rng):
    """A quadratic on a pedestal that hides it: slopes alone tell."""
    far = 10.0 ** rng.uniform(-3, 3)
    return lambda t: 1e8 + 1e-9 * (t / far - 1) ** 2, lambda t: 2e-9 * (t / far - 1) / far, {"far": far}


FAMILIES = (quadratics, windows, oscillations, kinks, walls, asymptotes, plateaus)
LINES_EACH = 20


def approximate(phi, trial, c1, c2):
    return (2 * c1 - 1) * phi.slope >= trial.slope >= c2 * phi.slope


def enough(phi, trial, c1):
    return trial.f <= phi.f0 + c1 * trial.alpha * phi.slope and trial.f < phi.f0


def crosses_zero(phi, trial):
    """Whether the slope is zero, or changes its sign within a few roundings of α."""
    near = [phi(trial.alpha * (1 + side * 1e-12)).slope for side in (-1, 1)]
    return abs(trial.slope) <= 1e-9 * abs(phi.slope) or near[0] <= 0 <= near[1]


def fulfils(search, phi, trial):  # noqa: PLR0911
    """The condition of a search, written down anew."""
    hidden = abs(trial.f - phi.f0) <= 10 * EPS * abs(phi.f0)
    if isinstance(search, (StrongWolfe, MoreThuente)):
        if hidden:
            return approximate(phi, trial, search.c1, search.c2)
        return enough(phi, trial, search.c1) and abs(trial.slope) <= -search.c2 * phi.slope
    if isinstance(search, (WeakWolfe, HagerZhang)):
        if hidden:
            return approximate(phi, trial, search.c1, search.c2)
        return enough(phi, trial, search.c1) and trial.slope >= search.c2 * phi.slope
    if isinstance(search, Goldstein):
        gained = 0.5 * (1 + trial.slope / phi.slope) if hidden else (trial.f - phi.f0) / (trial.alpha * phi.slope)
        return search.c <= gained <= 1 - search.c
    if isinstance(search, Exact):
        return crosses_zero(phi, trial)
    return enough(phi, trial, search.c1) or (hidden and 0.5 * (phi.slope + trial.slope) <= 1e-3 * abs(phi.slope))


def falls_back(search, phi, trial):
    """What a search may return where its condition cannot be met: a decrease, of c₁ where it has one."""
    return enough(phi, trial, getattr(search, "c1", getattr(search, "c", 0.0)))


def most_trials(search):
    bounds = ("trials", "extrapolations", "zooms", "bisections")
    return 1 + sum(getattr(search, name, 0) for name in bounds)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("search", EVERY, ids=repr)
def test_what_a_search_returns_fulfils_its_own_condition(search, family):
    """On 140 random lines each, for 13 searches; the lines do not depend on the search."""
    rng = np.random.default_rng(FAMILIES.index(family))
    met = 0
    for _ in range(LINES_EACH):
        f, df, kind = family(rng)
        phi, oracle = line(f, df)
        first = kind["far"] * 10.0 ** rng.uniform(-3, 2) if "far" in kind else 10.0 ** rng.uniform(-4, 4)
        with np.errstate(all="ignore"):
            trial = search.search(phi, first)
        assert oracle.n_f - 1 <= most_trials(search)
        assert trial is not None
        assert np.isfinite([trial.f, trial.slope, trial.g[0]]).all()
        assert trial.f == f(trial.alpha)
        assert trial.g[0] == df(trial.alpha)
        good = fulfils(search, phi, trial)
        assert good or (kind.get("hard") and falls_back(search, phi, trial))
        met += good
    assert met >= LINES_EACH * (0.5 if family in (windows, kinks) else 0.8)


@pytest.mark.parametrize("search", [s for s in EVERY if not isinstance(s, Armijo)], ids=repr)
def test_random_lines_without_end_are_unbounded(search):
    """−at − bt², −aˢinh t and lines that overflow to −∞."""
    rng = np.random.default_rng(8)
    for _ in range(20):
        a, b = 10.0 ** rng.uniform(-3, 3, 2)
        for f, df in (
            (lambda t, a=a: 1.0 - a * t, lambda t, a=a: -a),
            (lambda t, a=a, b=b: 1.0 - a * t - b * t * t, lambda t, a=a, b=b: -a - 2 * b * t),
            (lambda t, a=a: -a * np.sinh(t), lambda t, a=a: -a * np.cosh(t)),
        ):
            phi, oracle = line(f, df)
            with np.errstate(all="ignore"), pytest.raises(Halt) as halt:
                search.search(phi, 10.0 ** rng.uniform(-4, 2))
            assert halt.value.status is Status.UNBOUNDED
            assert oracle.n_f - 1 <= most_trials(search)


@pytest.mark.parametrize("search", [s for s in EVERY if not isinstance(s, Armijo)], ids=repr)
def test_an_asymptote_is_no_line_without_end(search):
    """F falls from 1 to 0 for ever: whatever comes back, it is not that f has no bound."""
    for first in (1e-3, 1.0, 30.0, 1e4):
        phi, _ = line(lambda t: np.exp(-t), lambda t: -np.exp(-t))
        trial = search.search(phi, first)
        assert trial is not None
        assert trial.f < 1.0


@pytest.mark.parametrize("search", [s for s in EVERY if not isinstance(s, Armijo)], ids=repr)
def test_a_slope_close_to_zero_is_no_line_without_end(search):
    """F falls to the last extrapolation, but there by no more than a tenth of |f|."""
    factor = search.growth + isinstance(search, (StrongWolfe, MoreThuente))
    slope = -1.0 / factor ** (search.extrapolations - 1)
    phi, _ = line(lambda t: 10.0 + slope * t, lambda t: slope)
    trial = search.search(phi, 1.0)
    assert trial.f < 10.0 - 0.001
    assert trial.f > 0.0


@pytest.mark.parametrize("search", EVERY, ids=repr)
def test_minus_infinity_is_never_accepted_whatever_the_slope(search):
    phi, _ = line(lambda t: -np.inf if t > 5 else -t, lambda t: 0.0 if t > 5 else -1.0)
    with pytest.raises(Halt) as halt:
        search.search(phi, 10.0)
    assert halt.value.status is Status.UNBOUNDED


# --- one by one ------------------------------------------------------------------------------------

YANAI = ((1e-3, 1e-3), (1e-2, 1e-3), (1e-3, 1e-2))
MORE_THUENTE = {
    "1": ((6, 1.4), (3, 1.4), (1, 10), (4, 37)),
    "2": ((12, 1.6), (8, 1.6), (8, 1.6), (11, 1.6)),
    "3": ((12, 1.0), (12, 1.0), (10, 1.0), (13, 1.0)),
    "4": ((4, 0.085), (1, 0.10), (3, 0.35), (4, 0.83)),
    "5": ((6, 0.075), (3, 0.078), (7, 0.073), (8, 0.076)),
    "6": ((13, 0.93), (11, 0.93), (8, 0.92), (11, 0.92)),
}
"""Function → evaluations and α from 10⁻³, 10⁻¹, 10 and 10³: tables I to VI of Moré & Thuente (1994)."""


def function_of_more_and_thuente(name):
    """Return φ, φ′ and the c₁ and c₂ of a table."""
    if name == "1":
        return lambda a: -a / (a * a + 2), lambda a: (a * a - 2) / (a * a + 2) ** 2, 1e-3, 0.1
    if name == "2":
        b = 0.004
        return lambda a: (a + b) ** 5 - 2 * (a + b) ** 4, lambda a: 5 * (a + b) ** 4 - 8 * (a + b) ** 3, 0.1, 0.1
    if name == "3":
        b, w = 0.01, 39 * np.pi / 2

        def bend(a):
            return abs(a - 1) if abs(a - 1) >= b else (a - 1) ** 2 / (2 * b) + b / 2

        return (lambda a: bend(a) + (1 - b) / w * np.sin(w * a),
                lambda a: float(np.clip((a - 1) / b, -1, 1)) + (1 - b) * np.cos(w * a), 0.1, 0.1)  # fmt: skip
    p, q = YANAI[int(name) - 4]
    u, v = (np.sqrt(1 + b * b) - b for b in (p, q))
    return (lambda a: u * np.hypot(1 - a, q) + v * np.hypot(a, p),
            lambda a: u * (a - 1) / np.hypot(1 - a, q) + v * a / np.hypot(a, p), 1e-3, 1e-3)  # fmt: skip


@pytest.mark.parametrize("name", MORE_THUENTE)
def test_more_thuente_takes_the_evaluations_of_its_paper(name):
    f, df, c1, c2 = function_of_more_and_thuente(name)
    for first, (evaluations, alpha) in zip((1e-3, 1e-1, 1e1, 1e3), MORE_THUENTE[name], strict=True):
        phi, oracle = line(f, df)
        trial = MoreThuente(c1=c1, c2=c2).search(phi, first)
        assert oracle.n_f - 1 == evaluations
        assert float(f"{trial.alpha:.2g}") == alpha


def test_more_thuente_keeps_the_best_point_where_rounding_prevents_progress():
    """No slope in the kink is small: the interval shrinks to nothing, and the point found is no failure."""
    phi, oracle = line(lambda t: abs(t - 1), lambda t: -1.0 if t < 1 else 1.0)
    trial = MoreThuente(c2=0.5).search(phi, 0.3)
    assert trial is not None
    assert trial.f <= 1e-9
    assert oracle.n_f <= 72


@pytest.mark.parametrize("c2", [0.1, 0.5, 0.9])
def test_weak_wolfe_meets_both_conditions_at_kinks(c2):
    rng = np.random.default_rng(3)
    for _ in range(100):
        f, df, _ = kinks(rng)
        phi, oracle = line(f, df)
        trial = WeakWolfe(c2=c2).search(phi, 10.0 ** rng.uniform(-4, 4))
        assert enough(phi, trial, 1e-4)
        assert trial.slope >= c2 * phi.slope
        assert oracle.n_f <= 40


def test_weak_wolfe_doubles_and_bisects():
    seen = []

    def f(t):
        seen.append(t)
        return (t - 10) ** 2

    phi, _ = line(f, lambda t: 2 * (t - 10))
    seen.clear()
    WeakWolfe(c1=0.91, c2=0.95).search(phi, 0.125)
    assert seen[:3] == [0.125, 0.25, 0.5]
    seen.clear()
    WeakWolfe(c1=0.91, c2=0.95).search(phi, 8.0)
    assert seen == [8.0, 4.0, 2.0, 1.0]


def test_bfgs_with_weak_wolfe_minimizes_a_function_with_kinks():
    """w|x| + (1 − x)², from Lewis and Overton; strong conditions end at the kink long before."""
    problem = Problem(
        lambda x: 8 * abs(x[0] ** 2 - x[1]) + (1 - x[0]) ** 2, start=[-1.0, 2.0],
        gradient=lambda x: 8 * np.sign(x[0] ** 2 - x[1]) * np.array([2 * x[0], -1.0]) + [2 * (x[0] - 1), 0.0],
    )  # fmt: skip
    loop = Loop(problem, BFGS(search=WeakWolfe()), stop=Iterations(500) | Evaluations(f=4000))
    run(loop)
    assert loop.state.f <= 1e-10


def test_hager_zhang_hits_a_quadratic_at_the_first_secant():
    phi, oracle = line(lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1))
    assert HagerZhang(c2=1e-6).search(phi, 7.0).alpha == pytest.approx(1.0, rel=1e-14)
    assert oracle.n_f == 3


def test_hager_zhang_comes_back_from_behind_a_hump():
    """Beyond it f falls more steeply than at 0, but is too high: slopes alone would look for the minimum there."""

    def f(t):
        return (t - 1) ** 2 if t < 3 else 30 + 10 * abs(t - 6)

    phi, oracle = line(f, lambda t: 2 * (t - 1) if t < 3 else 10 * np.sign(t - 6))
    trial = HagerZhang().search(phi, 4.0)
    assert fulfils(HagerZhang(), phi, trial)
    assert oracle.n_f <= 5


def test_hager_zhang_lets_f_rise_once_it_has_settled():
    """f is rough to 10⁻⁹: the ordinary test fails at every point, the approximate one does not."""

    def f(t):
        return 1.0 + 1e-12 * (t - 1) ** 2 + (1e-9 if t else 0.0)

    rule = HagerZhang()
    phi, _ = line(f, lambda t: 2e-12 * (t - 1))
    assert rule.search(phi, 0.9) is None
    settled = rule.watch(rule.watch(None, 1.0, 1.0), 1.0, 1.0)
    phi.reference = rule.reference(settled, phi.f0)
    assert phi.f0 < phi.reference <= phi.f0 + 1.0001e-6
    trial = rule.search(phi, 0.9)
    assert trial.f > phi.f0
    assert approximate(phi, trial, rule.c1, rule.c2)


def test_hager_zhang_averages_the_size_of_f_and_knows_when_it_settles():
    rule, watched = HagerZhang(memory=0.5, settle=1e-3, epsilon=1e-6), None
    values = [8.0, -4.0, 2.0, 2.0, 2.0]
    C, Q, seen = 0.0, 0.0, []
    for before, after in pairwise(values):
        Q = 1 + 0.5 * Q
        C += (abs(after) - C) / Q
        watched = rule.watch(watched, before, after)
        assert watched[:2] == pytest.approx((C, Q))
        seen.append(watched.settled)
    assert seen == [False, False, True, True]
    assert rule.reference(watched, 2.0) == pytest.approx(2.0 + 1e-6 * C)
    assert rule.watch(watched, 2.0, -9.0).settled  # once and for all
    assert rule.reference(rule.watch(None, 8.0, -4.0), -4.0) == -4.0


def test_hager_zhang_turns_back_on_the_way_to_an_asymptote():
    phi, oracle = line(lambda t: np.exp(-t), lambda t: -np.exp(-t))
    trial = HagerZhang().search(phi, 1e3)
    assert fulfils(HagerZhang(), phi, trial)
    assert oracle.n_f <= 12


def test_goldstein_spends_gradients_on_accepted_points_only():
    phi, oracle = line(lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1))
    trial = Goldstein().search(phi, 64.0)
    assert fulfils(Goldstein(), phi, trial)
    assert oracle.n_gradient == 2
    assert oracle.n_f > 3


@pytest.mark.parametrize("search", [StrongWolfe(c2=0.1), MoreThuente(c2=0.1), WeakWolfe(c2=0.1)], ids=repr)
def test_slopes_lead_where_f_is_rougher_than_its_size_tells(search):
    """Forty ulps of rounding: f is never seen to fall, though the slopes know of the minimum at 1."""
    rng = np.random.default_rng(5)
    for _ in range(30):
        noise = rng.uniform(20, 80) * EPS
        phi, oracle = line(
            lambda t, e=noise: 84.0 * (1 + (e if t else 0.0)) + 1e-13 * (t - 1) ** 2, lambda t: 2e-13 * (t - 1)
        )
        assert abs(phi.promised(1.0)) < 84.0 * noise < ROUGH * 84.0
        trial = search.search(phi, 10.0 ** rng.uniform(-2, 2))
        assert approximate(phi, trial, search.c1, search.c2)
        assert oracle.n_f <= 80


# --- searches that are not monotone ----------------------------------------------------------------


def zigzag(optimizer, steps=60):
    """The values of f along a run in Rosenbrock's valley."""
    problem = Problem(
        lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, start=[-1.2, 1.0],
        gradient=lambda x: np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]),
    )  # fmt: skip
    trace = run(Loop(problem, optimizer, stop=Iterations(steps)))
    return trace, trace.scalars["f"]


@pytest.mark.parametrize("search", [NonmonotoneMax(history=1), NonmonotoneAverage(eta=0.0)], ids=repr)
def test_a_memory_of_one_value_is_armijo(search):
    monotone, _ = zigzag(GradientDescentArmijo())
    same, _ = zigzag(GradientDescentArmijo(search=search))
    np.testing.assert_array_equal(same.points, monotone.points)


@pytest.mark.parametrize("history", [2, 5, 10])
def test_the_greatest_of_the_last_values_bounds_the_next(history):
    first = SameLength(growth=4.0)  # steps so long that f has to rise
    trace, f = zigzag(GradientDescentArmijo(search=NonmonotoneMax(history=history), first=first))
    assert (np.diff(f) > 0).any()
    for k in range(1, f.size):
        assert f[k] < f[max(0, k - history) : k].max()
    assert trace.status is Status.MAX_ITERATIONS


def test_the_average_of_the_last_values_bounds_the_next():
    eta = 0.85
    _, f = zigzag(GradientDescentArmijo(search=NonmonotoneAverage(eta=eta), first=SameLength(growth=4.0)))
    assert (np.diff(f) > 0).any()
    C, Q = f[0], 1.0
    for value in f[1:]:
        assert value < max(C, f[0] if Q == 1.0 else C)
        C, Q = (eta * Q * C + value) / (eta * Q + 1), eta * Q + 1


def test_the_average_forgets():
    """C = (ηQC + f)/Q₊ and Q₊ = ηQ + 1: with η = 1 the mean of all values."""
    values = [8.0, 4.0, 6.0, 2.0]
    for eta in (0.5, 1.0):
        rule, watched = NonmonotoneAverage(eta=eta), None
        for before, after in pairwise(values):
            watched = rule.watch(watched, before, after)
        weights = eta ** np.arange(4)[::-1]
        assert watched == pytest.approx((weights @ values / weights.sum(), weights.sum()))
        assert rule.reference(watched, 2.0) == watched[0]
        assert rule.reference(watched, 9.0) == 9.0


@pytest.mark.parametrize("search", [NonmonotoneMax(), NonmonotoneAverage()], ids=repr)
def test_a_wrong_gradient_cannot_hide_behind_higher_values(search):
    bowl = Problem(lambda x: float(x @ x), gradient=lambda x: -2 * x, start=[1.0, 2.0])
    loop = Loop(bowl, GradientDescentArmijo(search=search), stop=Stationary() | Iterations(100))
    assert run(loop).status is Status.LINESEARCH_FAILED
    assert loop.oracle.n_f <= 200


# --- where to begin --------------------------------------------------------------------------------


def state(**fields):
    """A state at x with a last step of α = 0.5 along (−3, 4), φ′(0) = −10, that lowered f by 2."""
    start = DescentState(
        np.array([0.5, -2.0]), 3.0, np.array([6.0, -8.0]), k=4, step_size=0.5, direction=np.array([-3.0, 4.0]),
        decrease=2.0, slope=-10.0,
    )  # fmt: skip
    return replace(start, **fields)


FIRST = {"k": 0, "step_size": np.nan, "direction": None, "decrease": 0.0, "slope": 0.0}
STEEPEST = np.array([-6.0, 8.0])


def test_initial_steps_follow_their_formulas():
    slope = -100.0
    assert Full().length(state(), STEEPEST) == 1.0
    assert Full(alpha=0.25).length(state(), STEEPEST) == 0.25
    assert UnitNorm().length(state(), STEEPEST) == pytest.approx(1 / 10)
    assert UnitNorm(norm=5.0).length(state(), STEEPEST) == pytest.approx(5 / 10)
    assert SameDecrease().length(state(), STEEPEST) == pytest.approx(2 * 2.0 / -slope)
    assert SameChange().length(state(), STEEPEST) == pytest.approx(0.5 * -10.0 / slope)
    assert SameLength(growth=3.0).length(state(), STEEPEST) == pytest.approx(1.5)
    assert HagerZhangInitial().length(state(), STEEPEST) == pytest.approx(1.0)
    assert HagerZhangInitial().length(state(**FIRST), STEEPEST) == pytest.approx(0.01 * 2.0 / 8.0)
    assert HagerZhangInitial().length(state(**FIRST, x=np.zeros(2)), STEEPEST) == pytest.approx(0.01 * 3.0 / 100)


@pytest.mark.parametrize("rule", [SameDecrease(), SameChange(), SameLength()], ids=repr)
def test_at_the_start_a_step_has_length_one(rule):
    assert rule.length(state(**FIRST), STEEPEST) == pytest.approx(0.1)


@pytest.mark.parametrize("rule", [SameChange(), SameLength(), HagerZhangInitial()], ids=repr)
def test_after_a_rejected_step_a_rule_begins_anew(rule):
    length = rule.length(state().stayed(), STEEPEST)
    assert 0 < length < np.inf


@pytest.mark.parametrize("rule", [SameDecrease(), SameChange()], ids=repr)
def test_a_repeated_change_is_no_absurd_length(rule):
    """The last step fell by 10⁸⁰; the next direction has length 10, the last step had 2.5."""
    fallen = state(decrease=1e80, slope=-1e80)
    assert rule.length(fallen, STEEPEST) == pytest.approx(FARTHER * 2.5 / 10)


@pytest.mark.parametrize(
    "rule", [Full(), UnitNorm(), SameDecrease(), SameChange(), SameLength(), HagerZhangInitial()], ids=repr
)
def test_initial_steps_are_positive_and_finite_whatever_comes(rule):
    for size in (0.0, 1e-320, 1e-200, 1e200):
        for where in (FIRST, {}, {"decrease": 0.0, "slope": 0.0}, {"x": np.zeros(2), "f": 0.0, **FIRST}):
            with np.errstate(all="ignore"):
                length = rule.length(state(**where, g=size * np.array([6.0, -8.0])), size * STEEPEST)
            assert 0 < length < np.inf


def test_the_slope_that_same_change_needs_is_that_of_the_last_step():
    problem = Problem(lambda x: float(x @ x) ** 2, gradient=lambda x: 4 * (x @ x) * x, start=[1.0, 2.0])
    states = [now.state for now in Loop(problem, GradientDescentArmijo(first=SameChange()), stop=Iterations(5))]
    for old, new in pairwise(states):
        assert new.slope == pytest.approx(old.g @ new.direction)


def test_an_optimizer_takes_its_first_step_from_a_spec():
    catalogue = Catalogue()
    bfgs = catalogue.make("optimizers", {"name": "bfgs", "first": {"name": "unit_norm"}})
    assert bfgs.first == UnitNorm()
    half = catalogue.make("optimizers", {"name": "bfgs", "first": {"name": "unit_norm", "norm": 0.5}})
    assert half.first == UnitNorm(norm=0.5)
    bowl = Problem(lambda x: float(x @ x), gradient=lambda x: 2 * x, start=[30.0, 40.0])
    loop = Loop(bowl, half, stop=Iterations(0))
    run(loop)
    state = loop.state
    assert half.first.length(state, -state.g) * np.linalg.norm(state.g) == pytest.approx(0.5)
    made = from_dict({"problems": ["rosenbrock"], "optimizers": [
        {"name": "bfgs", "first": {"name": "unit_norm", "norm": {"grid": [0.5, 2]}}},
        {"name": "lbfgs", "first": "same_change", "search": {"name": "more_thuente", "c2": 0.5}},
    ]})  # fmt: skip
    specs = [each.optimizer for each in made.runs()]
    assert [spec["first"] for spec in specs] == [
        {"name": "unit_norm", "norm": 0.5}, {"name": "unit_norm", "norm": 2.0}, {"name": "same_change"},
    ]  # fmt: skip
    for spec in specs:
        assert run(Loop(catalogue.make("problems", "rosenbrock"), catalogue.make("optimizers", spec))).status.success
    with pytest.raises(InputError, match="unit_norm"):
        catalogue.make("optimizers", {"name": "bfgs", "first": "unit_nrm"})
