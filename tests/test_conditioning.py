"""Norms, condition numbers, perturbed systems and least squares against κ: rows B10, B11, B25–B27 and D06–D16."""

from fractions import Fraction
from math import inf, isnan, log10, nan, sqrt

import numpy as np
import pytest

import optlab
from optlab import numerics
from optlab.numerics import (
    accuracy_against_condition,
    amplifications,
    circle_image,
    condition_number,
    determinants,
    graded,
    lapack_lstsq,
    matrix_norm,
    nearest_singular,
    normal_equations_inverse,
    perturbed,
    power_iteration_norm,
    qr_inverse,
    qr_inverse_bracketed,
    qr_triangular,
    svd_pseudoinverse,
    worst_perturbation,
)

EPS = float(np.finfo(float).eps)
SONG = 0.5 * np.array([[1.0, 1.0], [1.0 + 1e-10, 1.0 - 1e-10]])
SONG_INVERSE = np.array([[1.0 - 1e10, 1e10], [1.0 + 1e10, -1e10]])
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
ORDERS = (1, 2, inf, "fro")


def random_matrix(seed, m=6, n=4):
    return np.random.default_rng(seed).standard_normal((m, n))


# --- norms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("power", [-1060, -300, 0, 300, 1000])
def test_D06_a_norm_scales_with_its_matrix_exactly_also_where_squares_overflow(order, power):
    A = random_matrix(0)
    scaled = np.ldexp(A, power)
    if power > -1000:
        assert matrix_norm(scaled, order) == np.ldexp(matrix_norm(A, order), power)  # powers of two: no rounding
    else:  # the entries themselves have lost digits: to 2⁻¹⁰⁷⁴ each
        assert matrix_norm(scaled, order) == pytest.approx(float(np.ldexp(matrix_norm(A, order), power)), rel=1e-3)


@pytest.mark.parametrize(("order", "p"), [(1, 1), (2, 2), (inf, inf)])
def test_D06_a_norm_is_the_greatest_stretch(order, p):
    """‖A‖ = max ‖Ax‖/‖x‖: no vector is stretched more, and some vector is stretched as much."""
    A = random_matrix(1)
    X = np.random.default_rng(2).standard_normal((4, 2000))
    stretches = np.linalg.norm(A @ X, p, axis=0) / np.linalg.norm(X, p, axis=0)
    norm = matrix_norm(A, order)
    assert stretches.max() <= norm * (1 + 10 * EPS)
    extremal = {
        1: np.eye(4)[np.abs(A).sum(axis=0).argmax()],
        2: np.linalg.svd(A)[2][0],
        inf: np.sign(A[np.abs(A).sum(axis=1).argmax()]),
    }[order]
    assert np.linalg.norm(A @ extremal, p) / np.linalg.norm(extremal, p) == pytest.approx(norm, rel=1e-14)


def test_D06_norms_of_known_matrices():
    A = [[1.0, -2.0], [3.0, 4.0]]
    assert matrix_norm(A, 1) == 6.0
    assert matrix_norm(A, inf) == 7.0
    assert matrix_norm(A, "fro") == pytest.approx(sqrt(30.0), rel=2 * EPS)
    assert matrix_norm([[3.0, 2.0], [2.0, 3.0]]) == pytest.approx(5.0, rel=4 * EPS)


def test_norms_of_what_is_not_finite():
    for order in ORDERS:
        assert matrix_norm([[inf, 0.0], [0.0, 1.0]], order) == inf
        assert isnan(matrix_norm([[inf, nan], [0.0, 1.0]], order))
        assert matrix_norm(np.zeros((2, 3)), order) == 0.0
    assert power_iteration_norm([[inf, 0.0], [0.0, 1.0]]) == inf
    assert power_iteration_norm(np.zeros((2, 3))) == 0.0


def test_what_is_no_matrix_is_refused():
    for A in ([1.0, 2.0], 3.0, np.zeros((0, 2))):
        with pytest.raises(optlab.core.status.InputError, match="two axes"):
            matrix_norm(A)
    with pytest.raises(optlab.core.status.InputError, match="square"):
        nearest_singular(np.ones((2, 3)))
    with pytest.raises(optlab.core.status.InputError, match="order"):
        matrix_norm(np.eye(2), 3)


@pytest.mark.parametrize("seed", range(5))
def test_D07_power_iteration_finds_the_greatest_singular_value(seed):
    """The error after convergence to rtol is rtol/(1 − (σ₂/σ₁)²) at most: 1e-12 times 50 here."""
    A = random_matrix(seed, 30, 20)
    assert power_iteration_norm(A) == pytest.approx(np.linalg.svd(A)[1][0], rel=5e-11)
    assert power_iteration_norm(A) <= np.linalg.svd(A)[1][0] * (1 + 4 * EPS)
    assert power_iteration_norm(A) == pytest.approx(sqrt(np.linalg.eigvalsh(A.T @ A)[-1]), rel=5e-11)  # √λ_max(AᵀA)


def test_D07_the_maximum_is_attained_at_the_first_right_singular_vector():
    A = random_matrix(3)
    _, s, Vt = np.linalg.svd(A)
    assert np.linalg.norm(A @ Vt[0]) == pytest.approx(s[0], rel=1e-14)
    assert power_iteration_norm(np.ldexp(A, 900)) == np.ldexp(power_iteration_norm(A), 900)


@pytest.mark.parametrize("seed", range(3))
def test_D08_orthogonal_matrices_preserve_norms(seed):
    Q = np.linalg.qr(random_matrix(seed, 7, 7))[0]
    x = random_matrix(seed + 10, 7, 1)[:, 0]
    assert np.linalg.norm(Q @ x) == pytest.approx(np.linalg.norm(x), rel=1e-14)
    assert condition_number(Q).value == pytest.approx(1.0, rel=1e-14)
    A = random_matrix(seed + 20, 7, 5)
    assert matrix_norm(Q @ A) == pytest.approx(matrix_norm(A), rel=1e-14)
    assert matrix_norm(Q @ A, "fro") == pytest.approx(matrix_norm(A, "fro"), rel=1e-14)


# --- condition numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("seed", range(4))
def test_D09_a_condition_number_is_norm_times_norm_of_the_inverse_and_at_least_one(order, seed):
    A = random_matrix(seed, 5, 5)
    kappa = condition_number(A, order)
    assert kappa.value == pytest.approx(matrix_norm(A, order) * matrix_norm(np.linalg.inv(A), order), rel=1e-10)
    assert kappa.value >= 1.0
    assert kappa.reliable
    assert condition_number(np.ldexp(A, 1000), order).value == kappa.value  # scaling does not change it, bit for bit
    assert kappa.value == pytest.approx(np.linalg.cond(A, order), rel=1e-12)


def test_D12_sigma_of_the_inverse():
    """σ_max(A⁻¹) = 1/σ_min(A), κ = σ_max/σ_min."""
    A = random_matrix(7, 5, 5)
    s = np.linalg.svd(A)[1]
    assert matrix_norm(np.linalg.inv(A)) == pytest.approx(1.0 / s[-1], rel=1e-12)
    assert condition_number(A).value == pytest.approx(s[0] / s[-1], rel=1e-14)
    assert condition_number(random_matrix(8, 6, 3)).value == pytest.approx(np.linalg.cond(random_matrix(8, 6, 3)))


def test_B11_a_singular_matrix_is_called_numerically_singular():
    """NumPy's κ₂ of [[1, 2], [2, 4]] is a number between 1e16 and 1e17 that depends on the processor; κ₁ is inf."""
    kappa = condition_number(SINGULAR)
    assert kappa.value > 1e15
    assert not kappa.reliable
    assert kappa.value * EPS >= 1.0
    assert kappa.digits == 0.0
    assert condition_number(SINGULAR, 1).value == inf
    assert not condition_number(SINGULAR, 1).reliable
    assert condition_number(SINGULAR, 1).lost == inf


def test_B11_zeros_infinities_and_nan():
    assert condition_number(np.zeros((3, 3))).value == inf
    assert condition_number([[inf, 0.0], [0.0, 1.0]]).value == inf
    nothing = condition_number([[nan, 0.0], [0.0, 1.0]])  # where numpy.linalg.cond raises a LinAlgError
    assert isnan(nothing.value)
    assert not nothing.reliable
    assert nothing.digits == 0.0
    with np.errstate(all="ignore"), pytest.raises(np.linalg.LinAlgError):
        np.linalg.cond([[nan, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize("exponent", range(1, 15))
def test_B11_reliable_is_kappa_below_the_spacing(exponent):
    kappa = condition_number(np.diag([1.0, 10.0**-exponent]))
    assert kappa.reliable
    assert kappa.lost == pytest.approx(exponent, rel=1e-12)
    assert kappa.digits == pytest.approx(-log10(EPS) - exponent, rel=1e-12)
    assert not condition_number(np.diag([1.0, EPS])).reliable
    assert condition_number(np.diag([1.0, 2 * EPS])).reliable


@pytest.mark.parametrize("seed", range(5))
def test_D10_the_nearest_singular_matrix(seed):
    """It is singular, at the relative distance 1/κ, and nothing nearer is: ‖E‖ < σ_n leaves σ_n(A + E) > 0."""
    A = random_matrix(seed, 5, 5)
    near = nearest_singular(A)
    assert np.linalg.norm(near.matrix @ near.null) <= 1e-14 * matrix_norm(A)
    assert matrix_norm(A - near.matrix) == pytest.approx(near.distance, rel=1e-12)
    assert matrix_norm(A - near.matrix, "fro") == pytest.approx(near.distance, rel=1e-12)
    assert near.relative == pytest.approx(1.0 / condition_number(A).value, rel=1e-12)
    for other in range(20):
        E = np.random.default_rng([seed, other]).standard_normal((5, 5))
        E *= 0.99 * near.distance / matrix_norm(E)
        assert np.linalg.svd(A + E)[1][-1] >= 0.0099 * near.distance


def test_D10_of_a_matrix_that_is_singular():
    assert nearest_singular(np.zeros((2, 2))).relative == 0.0
    assert nearest_singular(SINGULAR).distance <= 4 * EPS * matrix_norm(SINGULAR)


def test_D11_a_determinant_says_nothing_of_conditioning():
    """0.1·I: det 1e-100 at n = 100 (the product of 100 rounded tenths), log det −230.2585; it underflows at n = 400."""
    table = determinants().set_index("n")
    assert (table["condition"] == 1.0).all()
    assert table.loc[100, "det"] == pytest.approx(1.00000000000033e-100, rel=1e-13)
    assert table.loc[100, "log10_det"] * np.log(10.0) == pytest.approx(-230.2585, abs=5e-5)
    assert table.loc[400, "det"] == 0.0
    assert table.loc[400, "log10_det"] == pytest.approx(-400.0, rel=1e-13)
    assert table.loc[323, "det"] > 0.0


# --- a right-hand side that changes -----------------------------------------------------------------


def exact_inverse():
    """A⁻¹ of the matrix that the text means, in rationals."""
    gap = Fraction(1, 10**10)
    a = [[Fraction(1, 2), Fraction(1, 2)], [(1 + gap) / 2, (1 - gap) / 2]]
    det = a[0][0] * a[1][1] - a[0][1] * a[1][0]
    return [[a[1][1] / det, -a[0][1] / det], [-a[1][0] / det, a[0][0] / det]]


def test_D14_the_inverse_of_the_text_is_exact():
    assert exact_inverse() == [[1 - 10**10, 10**10], [1 + 10**10, -(10**10)]]
    product = SONG @ SONG_INVERSE
    assert np.abs(product[0] - [1.0, 0.0]).max() == 0.0
    assert product[1] == pytest.approx([-4.1e-8, 1.00000004], abs=5e-9)  # rounding of 1 ± 1e-10, times 1e10
    problem = optlab.problem("near_singular_pair")
    assert np.array_equal(problem.A, SONG)


def test_D13_D15_a_tiny_change_of_b_moves_x_by_two():
    """Δb = 1e-10(1, −1) takes x from (1, 1) to (−1 + 1e-10, 3 + 1e-10) exactly, to (−1, 3) computed."""
    inverse = exact_inverse()
    db = [Fraction(1, 10**10), -Fraction(1, 10**10)]
    exact = [1 + sum(row[j] * db[j] for j in range(2)) for row in inverse]
    assert exact == [-1 + Fraction(1, 10**10), 3 + Fraction(1, 10**10)]
    assert exact[0] - 1 == db[0] - 10**10 * (db[0] - db[1])  # the formula of the text, both signs
    assert exact[1] - 1 == db[0] + 10**10 * (db[0] - db[1])
    found = perturbed(SONG, [1.0, 1.0], [1e-10, -1e-10])
    assert found.x == pytest.approx([1.0, 1.0], rel=1e-5)  # the error bound of the solver, κε = 4e-6
    assert found.changed == pytest.approx([-1.0, 3.0], rel=2e-5)
    assert found.relative_input == pytest.approx(1e-10, rel=1e-12)
    assert found.relative_output == pytest.approx(2.0, rel=2e-5)
    assert found.amplification == pytest.approx(2e10, rel=2e-5)  # κ attained
    assert found.condition.reliable


def test_D16_the_condition_number_of_the_text_and_its_digits():
    """κ = 2e10 (2-norm), 2e10 + 1 (1 and ∞), 2e10 (Frobenius); computed ones agree to κε = 4.4e-6, not better."""
    inverse, gap = exact_inverse(), Fraction(1, 10**10)
    rows = [[Fraction(1, 2), Fraction(1, 2)], [(1 + gap) / 2, (1 - gap) / 2]]
    columns = [[r[j] for r in rows] for j in range(2)], [[r[j] for r in inverse] for j in range(2)]
    one = [max(sum(map(abs, v)) for v in vectors) for vectors in columns]
    most = [max(sum(map(abs, v)) for v in matrix) for matrix in (rows, inverse)]
    assert one[0] * one[1] == 2 * 10**10 + 1
    assert most[0] * most[1] == 2 * 10**10 + 1
    squares = [sum(v * v for row in matrix for v in row) for matrix in (rows, inverse)]
    assert float(squares[0] * squares[1]) ** 0.5 == pytest.approx(2e10, rel=1e-15)
    for order in ORDERS:
        kappa = condition_number(SONG, order)
        assert kappa.value == pytest.approx(2e10, rel=2e10 * EPS)
        assert 5.3 < kappa.digits < 5.4
    problem = optlab.problem("near_singular_pair")
    least, greatest = problem.extremes
    error = abs(condition_number(SONG).value / (greatest / least) - 1.0)
    assert 10 * EPS < error < 2e10 * EPS  # computing κ is itself ill-conditioned


@pytest.mark.parametrize("seed", range(5))
def test_D15_the_bound_is_attained_by_singular_vectors_and_by_nothing_else(seed):
    A = random_matrix(seed, 6, 6)
    kappa = condition_number(A).value
    b, db = worst_perturbation(A)
    assert perturbed(A, b, 1e-6 * db).amplification == pytest.approx(kappa, rel=1e-6)
    found = amplifications(A, np.ones(6), seed=seed)
    assert (found <= kappa * (1 + 1e-10)).all()
    assert np.median(amplifications(SONG, [1.0, 1.0])) > 1e9  # b = (1, 1) is the worst b: nearly every Δb hurts
    lucky = worst_perturbation(SONG)[1]
    assert np.median(amplifications(SONG, lucky)) < 1.0  # b along u₂: x is long already


def test_perturbed_systems_refuse_what_has_no_relative_change():
    for b, db in (([0.0, 0.0], [1.0, 0.0]), ([1.0, 1.0], [0.0, 0.0]), ([1.0], [1.0])):
        with pytest.raises(optlab.core.status.InputError, match="not 0"):
            perturbed(np.eye(2), b, db)


# --- the circle and its image -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_D06_the_image_of_the_circle_is_an_ellipse_with_the_singular_values_as_half_axes(seed):
    A = random_matrix(seed, 2, 2)
    circle, image = circle_image(A, 100_001)
    U, s, _ = np.linalg.svd(A)
    along = U.T @ image
    assert np.abs((along[0] / s[0]) ** 2 + (along[1] / s[1]) ** 2 - 1.0).max() < 1e-12
    lengths = np.linalg.norm(image, axis=0)
    assert lengths.max() == pytest.approx(matrix_norm(A), rel=1e-8)
    kappa = condition_number(A).value
    assert lengths.max() / lengths.min() == pytest.approx(kappa, rel=(kappa * np.pi / 100_000) ** 2 + 1e-12)
    assert np.abs(np.linalg.norm(circle, axis=0) - 1.0).max() < 1e-14
    with pytest.raises(optlab.core.status.InputError, match="2 × 2"):
        circle_image(np.eye(3))


# --- least squares ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def accuracy():
    return accuracy_against_condition().set_index(["way", "condition"])


def slope(table, way, column, low, high):
    rows = table.loc[way]
    rows = rows[(rows.index >= low) & (rows.index <= high)]
    return np.polyfit(np.log10(rows.index), np.log10(rows[column]), 1)[0]


def test_E15_inv_R_loses_the_residual_as_kappa_grows(accuracy):
    """3e-14, 3e-12, 2e-10, 3e-8, 2e-6, 3e-4 at κ = 1e4 … 1e14, the median of 30 seeds, each within a factor of 3."""
    found = [accuracy.loc[("inv(R) @ Qᵀ @ y", 10.0**k), "residual"] for k in (4, 6, 8, 10, 12, 14)]
    for value, stated in zip(found, (3e-14, 3e-12, 2e-10, 3e-8, 2e-6, 3e-4), strict=True):
        assert stated / 3 < value < stated * 3
    assert slope(accuracy, "inv(R) @ Qᵀ @ y", "residual", 1e4, 1e14) == pytest.approx(1.0, abs=0.1)


def test_E15_at_kappa_1e12_a_triangular_solve_is_a_billion_times_better(accuracy):
    """2.0e-6 against 2.9e-16."""
    right = accuracy.loc[("QR, Rβ = Qᵀy", 1e12), "residual"]
    wrong = accuracy.loc[("inv(R) @ Qᵀ @ y", 1e12), "residual"]
    assert right < 1e-15
    assert 1e-6 < wrong < 5e-6
    assert wrong / right > 1e9


def test_E15_the_bracketing_is_the_mistake(accuracy):
    """inv(R) @ (Qᵀy) has a residual of some 1e-15: same inverse, other brackets."""
    assert (accuracy.loc["inv(R) @ (Qᵀ @ y)"]["residual"] < 1e-14).all()


def test_E15_rank_deficient_and_no_warning():
    """The residual is of the size of y, where the others' is rounding; what exactly depends on the processor."""
    X = np.arange(1.0, 13.0).reshape(4, 3)
    y = X @ np.ones(3)
    assert np.linalg.norm(X @ qr_inverse(X, y) - y) > 1e-3
    for way in (qr_triangular, svd_pseudoinverse, lapack_lstsq):
        assert np.linalg.norm(X @ way(X, y) - y) < 1e-12


def test_B27_lstsq_finds_the_shortest_solution():
    X = np.arange(1.0, 13.0).reshape(4, 3)
    for way in (lapack_lstsq, svd_pseudoinverse):
        assert way(X, X @ np.ones(3)) == pytest.approx([1.0, 1.0, 1.0], abs=1e-12)


def test_B25_normal_equations_square_the_condition_number():
    X = random_matrix(0, 30, 5)
    assert condition_number(X.T @ X).value == pytest.approx(condition_number(X).value ** 2, rel=1e-7)


def test_B25_the_error_grows_like_kappa_squared(accuracy):
    assert slope(accuracy, "inv(XᵀX) @ Xᵀy", "error", 1e2, 1e6) == pytest.approx(2.0, abs=0.1)
    for way in ("QR, Rβ = Qᵀy", "SVD", "lstsq"):
        assert slope(accuracy, way, "error", 1e2, 1e12) == pytest.approx(1.0, abs=0.1)
    assert accuracy.loc[("inv(XᵀX) @ Xᵀy", 1e10), "error"] > 0.1  # no digit left


def test_B25_laeuchli():
    """ε = 1e-7: an error of about a hundredth; ε = 1e-8: 1 + ε² is 1, and XᵀX singular."""
    for eps, n in ((1e-7, 2), (1e-7, 3)):
        X = np.vstack([np.ones(n), eps * np.eye(n)])
        error = np.linalg.norm(normal_equations_inverse(X, X @ np.ones(n)) - 1.0) / sqrt(n)
        assert 1e-3 < error < 0.1
        assert np.linalg.norm(qr_triangular(X, X @ np.ones(n)) - 1.0) < 1e-7
    X = np.vstack([np.ones(3), 1e-8 * np.eye(3)])
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        normal_equations_inverse(X, X @ np.ones(3))


def test_B25_vandermonde():
    """50 points, 15 powers: κ = 2.3e10; normal equations off by hundreds, QR and lstsq right to 1e-6."""
    X = np.vander(np.linspace(0.0, 1.0, 50), 15)
    y = X @ np.ones(15)
    assert condition_number(X).value == pytest.approx(2.3e10, rel=0.02)
    assert np.abs(normal_equations_inverse(X, y) - 1.0).max() > 1.0
    assert np.abs(qr_triangular(X, y) - 1.0).max() < 2.3e10 * EPS
    assert np.abs(lapack_lstsq(X, y) - 1.0).max() < 2.3e10 * EPS


def test_B26_the_ways_agree_where_kappa_is_small():
    X, y, beta = graded(30, 6, 10.0, 0, residual=0.5)
    assert np.linalg.norm(y - X @ beta) == pytest.approx(0.5 * np.linalg.norm(X @ beta), rel=1e-12)
    assert X.T @ (y - X @ beta) == pytest.approx(np.zeros(6), abs=1e-13)
    for way in numerics.least_squares_ways.WAYS.values():
        assert way(X, y) == pytest.approx(beta, rel=1e-12)
    assert condition_number(X).value == pytest.approx(10.0, rel=1e-12)
    assert qr_inverse_bracketed(X, y) == pytest.approx(lapack_lstsq(X, y), rel=1e-12)


def test_with_a_residual_kappa_squared_counts_for_qr_too():
    table = accuracy_against_condition(conditions=(1e2, 1e4, 1e6), residual=1.0, seeds=10)
    table = table.set_index(["way", "condition"])
    assert slope(table, "QR, Rβ = Qᵀy", "error", 1e2, 1e6) == pytest.approx(2.0, abs=0.2)


def test_a_way_that_breaks_down_is_counted():
    def broken(X, y):
        raise np.linalg.LinAlgError

    table = accuracy_against_condition({"broken": broken}, conditions=(10.0,), seeds=3)
    assert table["failed"].tolist() == [3]
    assert table["error"].isna().all()
