"""Quadratic programs against closed forms, brute force, and other solvers."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog, lsq_linear

from optlab.kernels import qp_dual, qp_primal
from optlab.kernels.convexify import convexified, spaces
from optlab.kernels.qp import Outcome, program, scaled, units


def objective(qp, x):
    return 0.5 * x @ qp.H @ x + qp.q @ x


def residuals(qp, found):
    """Return ‖∇L‖∞ over its terms, the violation, complementarity over the terms, and the most negative multiplier."""
    x = found.x
    gradient = qp.H @ x + qp.q + found.lam @ qp.A + found.nu @ qp.E - found.lower + found.upper
    terms = np.abs(qp.q).max() + np.abs(qp.H @ x).max() + np.abs(qp.H).max()
    low, high = np.where(np.isfinite(qp.lo), x - qp.lo, 0.0), np.where(np.isfinite(qp.hi), qp.hi - x, 0.0)
    products = [found.lam * (qp.A @ x - qp.b), found.lower * low, found.upper * high]
    over = max((qp.A @ x - qp.b).max(initial=0.0), np.abs(qp.E @ x - qp.e).max(initial=0.0))
    return (
        np.abs(gradient).max() / terms,
        over / (1.0 + np.abs(x).max()),
        max(np.abs(part).max(initial=0.0) for part in products) / terms,
        -min(part.min(initial=0.0) for part in (found.lam, found.lower, found.upper)),
    )


def drawn(seed, *, rank=None, condition=1e3, boxed=False):
    """Return a random program with a feasible point, parallel and repeated rows, and corners with too many rows."""
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 9))
    m, p = int(random.integers(0, 13)), int(random.integers(0, (n + 1) // 2))
    eigenvalues = np.geomspace(1.0, condition, n)
    if rank is not None:
        eigenvalues[min(rank, n) :] = 0.0
    Q = np.linalg.qr(random.standard_normal((n, n)))[0]
    H = (Q * eigenvalues) @ Q.T
    x, A, E = random.standard_normal(n), random.standard_normal((m, n)), random.standard_normal((p, n))
    if m > 3:
        A[1], A[2] = 2.0 * A[0], -A[0]
    if p > 1:
        E[1] = 3.0 * E[0]
    slack = np.maximum(0.0, random.standard_normal((3, max(n, m))))  # half of it is zero: rows meet in one point
    there = random.random((2, n)) < (1.0 if boxed else 0.5)
    lo, hi = np.where(there[0], x - slack[0, :n], -np.inf), np.where(there[1], x + slack[1, :n], np.inf)
    q = 3.0 * random.standard_normal(n)
    return program(0.5 * (H + H.T), q, A, A @ x + slack[2, :m], E, E @ x, lo, hi), random.standard_normal(n)


def by_enumeration(qp):
    """Return the least value over all points that a subset of rows determines and that meet all others."""
    n = qp.q.size
    unit = np.eye(n)
    C = np.concatenate([qp.A, -unit[np.isfinite(qp.lo)], unit[np.isfinite(qp.hi)]])
    c = np.concatenate([qp.b, -qp.lo[np.isfinite(qp.lo)], qp.hi[np.isfinite(qp.hi)]])
    best = np.inf
    for size in range(n + 1):
        for chosen in combinations(range(len(c)), size):
            N = np.concatenate([C[list(chosen)], qp.E])
            K = np.block([[qp.H, N.T], [N, np.zeros((len(N), len(N)))]])
            right = np.concatenate([-qp.q, c[list(chosen)], qp.e])
            x = np.linalg.lstsq(K, right, rcond=1e-11)[0][:n]
            if (C @ x <= c + 1e-8).all() and np.abs(qp.E @ x - qp.e).max(initial=0.0) <= 1e-8:
                best = min(best, objective(qp, x))
    return best


@pytest.mark.parametrize("seed", range(60))
def test_dual_and_primal_agree_and_meet_the_kkt_conditions(seed):
    qp, start = drawn(seed)
    dual, primal = qp_dual.solve(qp), qp_primal.solve(qp, start)
    for found in (dual, primal):
        assert found.outcome is Outcome.OPTIMAL
        assert max(residuals(qp, found)) <= 1e-9
        assert (qp.lo <= found.x).all()
        assert (found.x <= qp.hi).all()
    assert dual.x == pytest.approx(primal.x, abs=1e-8)


@pytest.mark.parametrize("seed", range(12))
def test_no_subset_of_rows_gives_less(seed):
    qp, _ = drawn(1000 + seed)
    n = min(qp.q.size, 4)
    cut = program(qp.H[:n, :n], qp.q[:n], qp.A[:5, :n], qp.b[:5] + 5.0, None, None, qp.lo[:n], qp.hi[:n])
    assert objective(cut, qp_dual.solve(cut).x) == pytest.approx(by_enumeration(cut), abs=1e-9)


def test_bounded_least_squares_as_scipy_solves_them():
    random = np.random.default_rng(3)
    A, b = random.standard_normal((30, 12)), random.standard_normal(30)
    lo, hi = np.full(12, -0.05), np.full(12, 0.1)
    qp = program(A.T @ A, -A.T @ b, lo=lo, hi=hi)
    theirs = lsq_linear(A, b, (lo, hi), tol=1e-14).x
    for found in (qp_dual.solve(qp), qp_primal.solve(qp, np.zeros(12))):
        assert found.x == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_linear_and_semidefinite_programs(seed):
    qp, start = drawn(seed, rank=seed % 3, boxed=seed % 2 == 0)
    found = qp_primal.solve(qp, start)
    if found.outcome is Outcome.UNBOUNDED:
        d = found.x / np.abs(found.x).max()
        assert qp.q @ d < 0
        assert np.abs(qp.H @ d).max() <= 1e-8
        assert max((qp.A @ d).max(initial=0.0), np.abs(qp.E @ d).max(initial=0.0)) <= 1e-9
        assert (d[np.isfinite(qp.lo)] >= -1e-12).all()
        assert (d[np.isfinite(qp.hi)] <= 1e-12).all()
    else:
        assert found.outcome is Outcome.OPTIMAL
        assert max(residuals(qp, found)) <= 1e-9
    if not qp.H.any():
        pairs = [None if not size else (M, v) for M, v, size in ((qp.A, qp.b, qp.b.size), (qp.E, qp.e, qp.e.size))]
        theirs = linprog(
            qp.q, *(pairs[0] or (None, None)), *(pairs[1] or (None, None)), list(zip(qp.lo, qp.hi, strict=True))
        )
        assert (theirs.status == 0) == (found.outcome is Outcome.OPTIMAL)
        if theirs.status == 0:
            assert qp.q @ found.x == pytest.approx(theirs.fun, abs=1e-8)


def beale():
    A = np.array([[0.25, -60.0, -0.04, 9.0], [0.5, -90.0, -0.02, 3.0], [0.0, 0.0, 1.0, 0.0]])
    costs = np.array([-0.75, 150.0, -0.02, 6.0])
    return program(np.zeros((4, 4)), costs, A, np.array([0.0, 0.0, 1.0]), lo=np.zeros(4))


def test_a_vertex_where_the_simplex_method_cycles_is_left():
    found = qp_primal.solve(beale(), np.zeros(4))
    assert found.outcome is Outcome.OPTIMAL
    assert found.x == pytest.approx([0.04, 0.0, 1.0, 0.0], abs=1e-14)
    assert found.lam == pytest.approx([0.0, 1.5, 0.05], abs=1e-12)


def test_every_position_is_feasible_and_f_never_rises():
    qp, start = drawn(7, condition=1e4, boxed=True)
    at = qp_primal.begin(qp, start)
    rows = qp_primal.Rows.of(qp)
    before = np.inf
    while at.outcome is None:
        assert rows.met(at.x)
        assert (qp.lo <= at.x).all()
        assert (at.x <= qp.hi).all()
        assert objective(qp, at.x) <= before
        before = objective(qp, at.x) + 1e-14 * abs(objective(qp, at.x))
        at = qp_primal.advance(qp, at)
    assert at.outcome is Outcome.OPTIMAL


def test_one_variable_and_no_constraints():
    qp = program(np.array([[4.0]]), np.array([-2.0]))
    assert qp_dual.solve(qp).x == pytest.approx([0.5])
    assert qp_primal.solve(qp, np.array([9.0])).x == pytest.approx([0.5])
    bounded = qp._replace(hi=np.array([0.25]))
    found = qp_dual.solve(bounded)
    assert found.x == 0.25
    assert found.upper == pytest.approx([1.0])


def test_dependent_equalities_are_dropped_where_they_agree_and_infeasible_where_not():
    E = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])
    qp = program(np.diag([1.0, 2.0, 3.0]), np.zeros(3), E=E, e=np.array([11.0, 22.0]))
    for found in (qp_dual.solve(qp), qp_primal.solve(qp, np.array([1.0, -1.0, 2.0]))):
        assert found.x == pytest.approx([6.0, 3.0, 2.0])
        assert found.nu @ E == pytest.approx([-6.0, -6.0, -6.0])
    apart = qp._replace(e=np.array([11.0, 22.1]))
    assert qp_dual.solve(apart).outcome is Outcome.INFEASIBLE
    assert qp_primal.solve(apart, np.zeros(3)).outcome is Outcome.INFEASIBLE


def test_rows_that_contradict_one_another_are_infeasible():
    rows, right = np.array([[1.0, 1.0], [-1.0, -1.0]]), np.array([-1.0, -1.0])
    qp = program(np.eye(2), np.zeros(2), rows, right)
    assert qp_dual.solve(qp).outcome is Outcome.INFEASIBLE
    assert qp_primal.solve(qp, np.zeros(2)).outcome is Outcome.INFEASIBLE
    crossed = program(np.eye(2), np.zeros(2), lo=np.array([0.0, 1.0]), hi=np.array([1.0, 0.5]))
    assert qp_dual.solve(crossed).outcome is Outcome.INFEASIBLE


def test_fixed_variables_have_multipliers_too():
    qp = program(np.eye(2), np.array([1.0, -3.0]), lo=np.array([2.0, -np.inf]), hi=np.array([2.0, 1.0]))
    for found in (qp_dual.solve(qp), qp_primal.solve(qp, np.zeros(2))):
        assert found.x.tolist() == [2.0, 1.0]
        assert found.lower == pytest.approx([3.0, 0.0])
        assert found.upper == pytest.approx([0.0, 2.0])


def test_numbers_that_are_not_finite_are_no_solution():
    qp = program(np.eye(2), np.array([np.nan, 0.0]), np.array([[1.0, 1.0]]), np.array([1.0]))
    assert qp_dual.solve(qp).outcome is Outcome.UNFINISHED


def test_an_indefinite_matrix_is_told_unless_the_equalities_cure_it():
    H = np.diag([1.0, -1.0])
    assert qp_dual.solve(program(H, np.zeros(2))).outcome is Outcome.INDEFINITE
    held = program(H, np.zeros(2), E=np.array([[0.0, 1.0]]), e=np.array([2.0]))
    assert qp_dual.solve(held).x == pytest.approx([0.0, 2.0])
    assert qp_primal.solve(program(H, np.zeros(2)), np.ones(2)).outcome is Outcome.UNBOUNDED
    boxed = program(H, np.zeros(2), lo=-np.ones(2), hi=np.array([1.0, 2.0]))
    assert objective(boxed, qp_primal.solve(boxed, np.zeros(2)).x) <= -0.5  # 0 is a saddle, where no slope leads down


@pytest.mark.parametrize("seed", range(10))
def test_a_condition_of_1e8_costs_eight_digits_at_most(seed):
    qp, start = drawn(seed, condition=1e8)
    assert max(residuals(qp, qp_dual.solve(qp))) <= 1e-9
    assert max(residuals(qp, qp_primal.solve(qp, start))) <= 1e-9


@pytest.mark.parametrize("seed", [1487, 5304, 8187, 14910])
def test_rows_that_say_the_same_but_for_rounding_are_no_contradiction(seed):
    qp, _ = drawn(seed, condition=1e8)
    found = qp_dual.solve(qp._replace(q=300.0 * qp.q))
    assert found.outcome is Outcome.OPTIMAL
    assert (qp.A @ found.x - qp.b).max(initial=0.0) <= 1e-7


def test_a_row_that_depends_on_the_others_still_counts():
    qp, _ = spread(15)
    found = qp_dual.solve(qp)
    assert (qp.A @ found.x - qp.b).max() <= 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_one_refinement_gives_all_the_digits(seed):
    qp, _ = spread(seed)
    assert max(residuals(qp, qp_dual.solve(qp))) <= 1e-14


def spread(seed):
    """Return a program with curvatures from 1e-8 to 1 and a vertex where many rows meet."""
    random = np.random.default_rng(seed)
    Q = np.linalg.qr(random.standard_normal((6, 6)))[0]
    H = (Q * np.geomspace(1e-8, 1.0, 6)) @ Q.T
    x, A = random.standard_normal(6), random.standard_normal((4, 6))
    return program(0.5 * (H + H.T), random.standard_normal(6), A, A @ x, lo=x - 1.0, hi=x + 1.0), x


@pytest.mark.parametrize("k", [-40, -7, 3, 60])
def test_powers_of_two_in_the_objective_change_no_bit(k):
    qp, _ = drawn(11)
    c = 2.0**k
    one, other = qp_dual.solve(qp), qp_dual.solve(qp._replace(H=c * qp.H, q=c * qp.q))
    assert (one.x == other.x).all()
    assert (c * one.lam == other.lam).all()
    assert (c * one.upper == other.upper).all()


@pytest.mark.parametrize("c", [1e-8, 1e-4, 1e4, 1e8])
def test_the_units_of_the_rows_do_not_matter(c):
    for seed in range(8):
        qp, start = drawn(seed)
        scaled = qp._replace(A=c * qp.A, b=c * qp.b, E=c * qp.E, e=c * qp.e)
        for one, other in (
            (qp_dual.solve(qp), qp_dual.solve(scaled)),
            (qp_primal.solve(qp, start), qp_primal.solve(scaled, start)),
        ):
            assert other.outcome is one.outcome
            assert other.x == pytest.approx(one.x, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_a_solution_begins_where_a_similar_one_ended(seed):
    qp, _ = drawn(seed)
    cold = qp_dual.solve(qp)
    warm = qp_dual.solve(qp, cold.active)
    assert warm.changes <= 1
    assert warm.x == pytest.approx(cold.x, abs=1e-9)
    near = qp._replace(q=qp.q * (1 + 1e-6))
    wrong = tuple(range(qp.b.size + 2 * qp.q.size))  # any rows at all are a possible beginning
    assert qp_dual.solve(near, wrong).x == pytest.approx(qp_dual.solve(near).x, abs=1e-8)


def test_a_price_on_violation_is_exact_above_the_multiplier_and_the_multiplier_below():
    qp = program(np.eye(1), np.zeros(1), np.array([[-2.0]]), np.array([-2.0]))  # x ≥ 1, λ = 1/2
    assert qp_dual.solve(qp).lam == pytest.approx([0.5])
    above, below = qp_dual.solve(qp, price=np.array([0.6])), qp_dual.solve(qp, price=np.array([0.3]))
    assert above.x == pytest.approx([1.0])
    assert below.x == pytest.approx([0.6])  # argmin ½x² + 0.3·2(1 − x)
    assert below.lam == pytest.approx([0.3])


def test_contradicting_rows_with_prices_are_met_by_the_dearer_one():
    rows = {"A": np.array([[1.0]]), "b": np.array([0.0]), "E": np.array([[1.0]]), "e": np.array([1.0])}
    qp = program(1e-6 * np.eye(1), np.zeros(1), **rows)
    assert qp_dual.solve(qp).outcome is Outcome.INFEASIBLE
    assert qp_dual.solve(qp, price=np.array([1.0, 2.0])).x == pytest.approx([1.0])
    assert qp_dual.solve(qp, price=np.array([2.0, 1.0])).x == pytest.approx([0.0], abs=1e-9)


@pytest.mark.parametrize("seed", range(15))
def test_high_prices_give_the_solution_of_the_constrained_program(seed):
    qp, _ = drawn(seed)
    found = qp_dual.solve(qp)
    price = 2.0 * np.abs(np.concatenate([found.lam, found.nu])) + 1.0
    assert qp_dual.solve(qp, price=price).x == pytest.approx(found.x, abs=1e-7)


def test_a_convexified_matrix_is_definite_and_the_same_within_the_rows():
    random = np.random.default_rng(5)
    for n, k in ((2, 1), (5, 2), (8, 3), (8, 8)):
        rows = random.standard_normal((k, n))
        Y, Z = spaces(rows)
        inner = random.standard_normal((n - k, n - k))
        cross, across = random.standard_normal((n - k, k)), random.standard_normal((k, k))
        H = Z @ (inner @ inner.T + np.eye(n - k)) @ Z.T + Z @ cross @ Y.T + Y @ cross.T @ Z.T
        H = H - Y @ (across @ across.T + np.eye(k)) @ Y.T
        assert np.linalg.eigvalsh(H)[0] < 0
        convex = convexified(H, rows, 1e-6)
        assert np.linalg.eigvalsh(convex)[0] > 0
        assert Z.T @ convex @ Z == pytest.approx(Z.T @ H @ Z, abs=1e-10)
        assert Z.T @ convex @ Y == pytest.approx(Z.T @ H @ Y, abs=1e-10)


def test_negative_curvature_within_the_rows_changes_its_sign():
    assert convexified(np.diag([2.0, -3.0]), np.empty((0, 2)), 1e-6) == pytest.approx(np.diag([2.0, 3.0]))
    assert convexified(np.zeros((2, 2)), np.empty((0, 2)), 0.5) == pytest.approx(0.5 * np.eye(2))


@pytest.mark.parametrize("seed", range(20))
def test_the_units_of_the_variables_do_not_matter_to_the_primal_method(seed):
    """In y = x/D the program is the same one: curvatures that differ by 2⁶⁰ are no sign of a direction without any."""
    random = np.random.default_rng(seed)
    n, m = 4, 3
    Q = random.standard_normal((n, n))
    A, inside = random.standard_normal((m, n)), random.standard_normal(n)
    qp = program(Q @ Q.T + np.eye(n), 3 * random.standard_normal(n), A, A @ inside + random.random(m))
    D = np.exp2(random.integers(-15, 16, n).astype(float))
    found, other = qp_primal.solve(qp, inside), qp_primal.solve(scaled(qp, D), inside / D)
    assert found.outcome is other.outcome is Outcome.OPTIMAL
    np.testing.assert_allclose(D * other.x, found.x, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(other.lam, found.lam, rtol=1e-8, atol=1e-8)


def test_units_make_the_curvatures_alike_and_leave_alone_what_has_none():
    H = np.diag([4.0, 2.0**-40, 0.0, 2.0**30])
    D = units(H)
    np.testing.assert_array_equal(np.log2(D) % 1, 0)
    sizes = (D * np.diag(H) * D)[[0, 1, 3]]
    assert sizes.max() <= 4 * sizes.min()
    assert D[2] == 1.0
    np.testing.assert_array_equal(units(np.zeros((2, 2))), 1.0)
    np.testing.assert_array_equal(units(1e-9 * H), units(1e9 * H))
