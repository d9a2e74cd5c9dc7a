"""Taylor models, curvature by direction, critical points, random Hessians: rows B12–B15 and D18–D30."""

from math import cos, inf, isnan, log, pi, sin, sqrt

import numpy as np
import pytest

import optlab
from optlab import derivatives
from optlab.core.status import InputError
from optlab.numerics import (
    asymmetry,
    classify_critical_point,
    directional_curvature,
    goe,
    index_counts,
    minimum_probability,
    negative_eigenvalues,
    optimal_step,
    saddles_against_dimension,
    taylor_along_gradient,
)

H5 = np.array([[3.0, 2.0], [2.0, 3.0]])
"""The text's example: κ = 5, eigenvectors (1, 1) and (1, −1)."""


def bowl(x):
    return 0.5 * x @ H5 @ x


# --- steps along −g ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("g", "best"), [((1.0, 1.0), 0.2), ((1.0, -1.0), 1.0), ((1.0, 0.0), 1.0 / 3.0)])
def test_D26_optimal_steps_on_the_bowl_of_kappa_5(g, best):
    assert optimal_step(g, H5) == pytest.approx(best, rel=1e-15)
    assert optimal_step(1e200 * np.array(g), H5) == pytest.approx(best, rel=1e-15)  # the length of g does not matter
    assert optimal_step(1e-200 * np.array(g), H5) == pytest.approx(best, rel=1e-15)
    assert optimal_step(g, 4.0 * H5) == pytest.approx(best / 4.0, rel=1e-15)


def test_D25_where_the_model_does_not_curve_up():
    """gᵀHg ≤ 0: the model falls forever; there is no ε*."""
    saddle = np.diag([2.0, -2.0])
    assert optimal_step([0.0, 1.0], saddle) == -0.5
    assert optimal_step([1.0, 1.0], saddle) == inf
    assert isnan(optimal_step([0.0, 0.0], saddle))
    table = taylor_along_gradient(lambda x: float(x @ saddle @ x) / 2, [0.0, 2.0], saddle, [0.0, -1.0])
    assert (np.diff(table["model"]) < 0).all()


@pytest.mark.parametrize("x", [(2.0, 1.0), (-1.0, 0.5), (0.3, -0.3)])
def test_D24_on_a_quadratic_the_model_is_the_truth(x):
    g = H5 @ np.array(x)
    table = taylor_along_gradient(bowl, g, H5, x)
    assert np.abs(table["error"]).max() <= 1e-14 * table["truth"].max()
    best = table.attrs["optimal_step"]
    assert best == optimal_step(g, H5)
    lowest = table.loc[table["step"] == best, "model"].iloc[0]
    assert lowest <= table["model"].min() + 1e-15 * table["truth"].max()


def test_D25_the_threshold_is_two_optimal_steps_exactly():
    """f(x − 2ε*g) − f(x) is 2e-16 or less, from a point where f is 0.4; beyond it goes up, before it down."""
    x = np.array([0.2, 0.2]) + np.array([0.3, -0.3])
    g = H5 @ x
    best = optimal_step(g, H5)
    assert abs(bowl(x - 2.0 * best * g) - bowl(x)) <= 2.3e-16
    assert bowl(x - 1.999 * best * g) < bowl(x) < bowl(x - 2.001 * best * g)
    table = taylor_along_gradient(bowl, g, H5, x).set_index("step")
    assert {best, 2.0 * best} <= set(table.index)
    assert table.loc[2.0 * best, "model"] == pytest.approx(bowl(x), abs=2.3e-16)
    assert table.loc[2.0 * best, "relative"] == 2.0


@pytest.mark.parametrize("name", ["rosenbrock", "beale", "himmelblau"])
def test_D24_the_error_of_the_model_is_of_third_order(name):
    problem = optlab.problem(name)
    x = problem.start()
    g, H = problem.gradient(x), problem.hessian(x)
    steps = abs(optimal_step(g, H)) * np.array([1e-3, 1e-2])
    small, large = np.abs(taylor_along_gradient(problem.value, g, H, x, steps)["error"])
    assert large / small == pytest.approx(1000.0, rel=0.05)


def test_D18_a_step_against_the_sign_of_the_slope_lowers_f_only_if_it_is_short():
    def f(x):
        return x * x

    assert f(1.0 - 3.0 * np.sign(2.0)) == 4.0 > f(1.0)
    assert f(1.0 - 1.99 * np.sign(2.0)) < f(1.0)  # the largest safe step from 1 is 2
    assert f(1.0 - 2.0 * np.sign(2.0)) == f(1.0)


def test_D20_the_directional_derivative_is_the_length_of_the_gradient_times_a_cosine():
    problem = optlab.problem("rosenbrock")
    x = problem.start()
    g = problem.gradient(x)
    angle = np.arctan2(-g[1], -g[0])
    slopes = []
    for theta in np.linspace(0.0, 2.0 * pi, 37):
        u = np.array([cos(angle + theta), sin(angle + theta)])
        slopes.append(u @ g)
        assert derivatives.central(problem.value, x, u) == pytest.approx(
            -np.linalg.norm(g) * cos(theta), abs=1e-7 * np.linalg.norm(g)
        )  # h² f‴/6 with h = 6e-6 and f‴ about 1e3 leaves 1e-8 · ‖g‖
    assert np.argmin(slopes) in (0, 36)  # −g itself
    assert min(slopes) == pytest.approx(-np.linalg.norm(g), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "settings", "reaches"),
    [
        ("gradient_descent", {"step_size": 0.2}, None),
        ("gradient_descent_optimal_step", {}, 1.0 / 3.0),
        ("gradient_descent_exact", {}, 1.0 / 3.0),
        ("gradient_descent_candidates", {}, None),
    ],
)
def test_B12_D21_the_ways_to_a_step_all_descend_on_f(name, settings, reaches):
    """x′ = x − εg with ε fixed, from a one-dimensional minimization of f, or the best of several."""
    problem = optlab.Problem(bowl, start=np.linalg.solve(H5, [1.0, 0.0]), gradient=lambda x: H5 @ x)  # g = (1, 0)
    result = optlab.minimize(problem, optlab.optimizer(name, **settings), stop=optlab.stop.Iterations(1))
    step = result.trace["step_size"].iloc[1]
    assert result.x == pytest.approx(problem.start() - step * np.array([1.0, 0.0]), rel=1e-14)
    assert result.f < problem.value(problem.start())
    assert reaches is None or step == pytest.approx(reaches, rel=1e-6)


def test_the_taylor_experiment_shows_both_marks():
    from optlab.plots.taylor import taylor

    table = taylor_along_gradient(bowl, [1.0, 0.0], H5, np.linalg.solve(H5, [1.0, 0.0]))
    figure = taylor({"kappa5": table})
    (axes,) = figure.axes
    words = [text.get_text() for text in axes.texts]
    assert words == ["ε* = 0.333", "2ε* = 0.667"]
    assert len(axes.lines) == 6


# --- curvature by direction -------------------------------------------------------------------------


def test_D30_D31_curvature_lies_between_the_extreme_eigenvalues():
    assert directional_curvature(H5, [1.0, 1.0]) == pytest.approx(5.0, rel=1e-15)  # the most
    assert directional_curvature(H5, [1.0, -1.0]) == pytest.approx(1.0, rel=1e-15)  # the least
    assert directional_curvature(H5, [7.0, 0.0]) == pytest.approx(3.0, rel=1e-15)  # of any length
    angles = np.linspace(0.0, 2.0 * pi, 721)
    bends = directional_curvature(H5, np.column_stack([np.cos(angles), np.sin(angles)]))
    assert bends == pytest.approx(3.0 + 2.0 * np.sin(2.0 * angles), rel=1e-14)
    assert np.isnan(directional_curvature(H5, [0.0, 0.0]))


@pytest.mark.parametrize("seed", range(3))
def test_D29_every_direction_is_a_mixture_of_eigenvectors(seed):
    """dᵀHd = Σ λᵢ cos²∠(d, vᵢ): eigenvectors of a symmetric matrix span all of Rⁿ."""
    H = goe(5, 1, seed)[0]
    values, V = np.linalg.eigh(H)
    D = np.random.default_rng(seed).standard_normal((50, 5))
    weights = (D @ V) ** 2 / np.sum(D**2, axis=1, keepdims=True)
    assert weights.sum(axis=1) == pytest.approx(np.ones(50), rel=1e-13)
    assert directional_curvature(H, D) == pytest.approx(weights @ values, abs=1e-13)
    assert directional_curvature(H, V.T) == pytest.approx(values, abs=1e-13)


def test_D30_second_differences_agree():
    problem = optlab.problem("beale")
    x, d = problem.start(), np.array([0.6, -0.8])
    h = 1e-4
    second = (problem.value(x + h * d) - 2.0 * problem.value(x) + problem.value(x - h * d)) / h**2
    assert directional_curvature(problem.hessian(x), d) == pytest.approx(second, rel=1e-6)


def test_E26_positive_eigenvalues_prove_nothing_without_symmetry():
    """[[1, 10], [0, 1]]: λ = 1, 1, and (1, −1)A(1, −1)ᵀ = −8."""
    A = np.array([[1.0, 10.0], [0.0, 1.0]])
    assert np.linalg.eigvals(A).tolist() == [1.0, 1.0]
    d = np.array([1.0, -1.0])
    assert d @ A @ d == -8.0
    assert directional_curvature(A, d) == pytest.approx(-4.0, rel=1e-15)
    assert asymmetry(A) == 1.0
    with pytest.raises(InputError, match="symmetric"):
        classify_critical_point(A)
    assert classify_critical_point(0.5 * (A + A.T)) == "saddle"


# --- critical points --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("H", "kind"),
    [
        (np.diag([1.0, 5.0]), "minimum"),
        (np.diag([-1.0, -5.0]), "maximum"),
        (np.diag([2.0, -2.0]), "saddle"),
        (np.diag([2.0, -2.0, 0.0]), "saddle"),
        (np.zeros((2, 2)), "inconclusive"),
        (np.diag([2.0, 0.0]), "inconclusive"),
        (np.diag([-2.0, 0.0]), "inconclusive"),
        ([[4.0]], "minimum"),
        ([[0.0]], "inconclusive"),
    ],
)
def test_B13_D28_critical_points_by_the_signs_of_eigenvalues(H, kind):
    assert classify_critical_point(H) == kind
    assert classify_critical_point(np.ldexp(H, 500)) == kind  # the scale of f decides nothing
    assert classify_critical_point(np.ldexp(H, -500)) == kind
    n = len(H)
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((n, n)))[0]
    turned = Q @ np.asarray(H) @ Q.T
    assert classify_critical_point(0.5 * (turned + turned.T)) == kind


@pytest.mark.parametrize(
    ("name", "at", "kind"),
    [
        ("kappa5", (0.0, 0.0), "minimum"),
        ("saddle", (0.0, 0.0), "saddle"),
        ("monkey_saddle", (0.0, 0.0), "inconclusive"),
        ("quartic", None, "inconclusive"),
        ("rosenbrock", (1.0, 1.0), "minimum"),
    ],
)
def test_D28_of_problems(name, at, kind):
    problem = optlab.problem(name)
    x = np.array(problem.known.solution if at is None else at)
    assert classify_critical_point(problem.hessian(x)) == kind


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_E14_E23_the_test_says_nothing_of_a_fourth_power(sign):
    """x⁴ has f″(0) = 0 and a strict global minimum there, −x⁴ a maximum, x³ neither: E14, E23 and D27."""
    H = derivatives.hessian(lambda x: sign * x[0] ** 4, np.zeros(1))
    assert H.tolist() == [[0.0]]
    assert classify_critical_point(H) == "inconclusive"
    assert sign * 1e-3**4 * sign > 0.0
    assert classify_critical_point(derivatives.hessian(lambda x: x[0] ** 3, np.zeros(1))) == "inconclusive"
    assert classify_critical_point(derivatives.hessian(lambda x: x[0] ** 2 + x[1] ** 4, np.zeros(2))) == "inconclusive"


@pytest.mark.parametrize(("f", "kind"), [(lambda x: x[0] ** 2, "minimum"), (lambda x: -(x[0] ** 2), "maximum")])
def test_D19_D27_the_second_derivative_test_in_one_dimension(f, kind):
    assert classify_critical_point(derivatives.hessian(f, np.zeros(1))) == kind


def test_a_hessian_that_is_not_finite_is_refused():
    with pytest.raises(InputError, match="finite"):
        classify_critical_point([[inf]])


# --- gradients, Jacobians, Hessians -----------------------------------------------------------------


def vector_field(x):
    return np.array([x[0] * x[1], x[1] ** 2, np.sin(x[0]), x[2] * x[0]])


def test_B15_D22_E25_shapes_of_gradient_and_jacobian():
    """f: R³ → R⁴ has a 4 × 3 Jacobian; ∇f is n × 1, so gᵀg is a number, and the Jacobian of f: Rⁿ → R is 1 × n."""
    x = np.array([0.3, -0.7, 1.1])
    J = derivatives.jacobian(lambda x: derivatives_stack([x[0] * x[1], x[1] ** 2, np.sin(x[0]), x[2] * x[0]]), x)
    assert J.shape == (4, 3)
    exact = np.array([[x[1], x[0], 0], [0, 2 * x[1], 0], [np.cos(x[0]), 0, 0], [x[2], 0, x[0]]])
    assert np.abs(J - exact).max() <= 1e-15
    for j, unit in enumerate(np.eye(3)):
        column = [derivatives.central(lambda x, i=i: vector_field(x)[i], x, unit) for i in range(4)]
        assert J[:, j] == pytest.approx(column, abs=1e-9)
    row = np.array([[1.0, 2.0]])  # a gradient of shape 1 × n, as the text has it
    assert (row.T @ row).shape == (2, 2)
    with pytest.raises(ValueError, match="mismatch"):
        row.T @ H5 @ row
    column = row.T
    assert (column.T @ column).shape == (1, 1)


def derivatives_stack(parts):
    import autograd.numpy as anp

    return anp.stack(parts)


def test_B15_D23_the_hessian_is_the_jacobian_of_the_gradient():
    problem = optlab.problem("beale")
    x = problem.start()
    H = problem.hessian(x)
    columns = [(problem.gradient(x + 1e-6 * e) - problem.gradient(x - 1e-6 * e)) / 2e-6 for e in np.eye(2)]
    assert np.abs(H - np.array(columns).T).max() <= 1e-6 * np.abs(H).max()
    assert asymmetry(H) == 0.0


def test_E24_a_hessian_need_not_be_symmetric():
    """xy(x² − y²)/(x² + y²) at 0: f_xy = −1, f_yx = +1."""
    problem = optlab.problem("peano_surface")
    h = 1e-6
    by_y = [(problem.gradient(np.array([0.0, h]))[0] - problem.gradient(np.array([0.0, -h]))[0]) / (2 * h)]
    by_x = [(problem.gradient(np.array([h, 0.0]))[1] - problem.gradient(np.array([-h, 0.0]))[1]) / (2 * h)]
    assert by_y == pytest.approx([-1.0])
    assert by_x == pytest.approx([1.0])
    H = problem.hessian(np.zeros(2))
    assert H.tolist() == [[0.0, -1.0], [1.0, 0.0]]
    assert asymmetry(H) == 2.0
    with pytest.raises(InputError, match="symmetric"):
        classify_critical_point(H)


# --- random Hessians --------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_signs_of_pivots_are_signs_of_eigenvalues(n, shift):
    H = goe(n, 2000, 5) + shift * np.eye(n)
    assert np.array_equal(negative_eigenvalues(H), (np.linalg.eigvalsh(H) < 0).sum(axis=1))


def test_the_ensemble_has_the_variances_it_says():
    """Standard errors of a variance are √(2/N) of it: 0.4 % for 10⁵ entries; four of them are allowed."""
    H = goe(3, 100_000, 1)
    assert np.array_equal(H, np.swapaxes(H, 1, 2))
    assert H[:, 0, 0].var() == pytest.approx(1.0, rel=4 * sqrt(2 / 1e5))
    assert H[:, 0, 1].var() == pytest.approx(0.5, rel=4 * sqrt(2 / 1e5))


def test_B14_exact_probabilities():
    """(2 − √2)/4 for n = 2, (π − 2√2)/(4π) for n = 3; log P falls like −n² (ln 3)/4 for large n."""
    assert minimum_probability(1) == pytest.approx(0.5, rel=1e-14)
    assert minimum_probability(2) == pytest.approx((2.0 - sqrt(2.0)) / 4.0, rel=1e-13)
    assert minimum_probability(3) == pytest.approx((pi - 2.0 * sqrt(2.0)) / (4.0 * pi), rel=1e-12)
    assert isnan(minimum_probability(0))
    assert isnan(minimum_probability(11))
    logs = np.log([minimum_probability(n) for n in range(1, 11)])
    assert np.diff(logs, 2)[-1] == pytest.approx(-log(3.0) / 2.0, rel=0.05)  # the second difference of −n² (ln 3)/4


def test_B14_measured_probabilities():
    """n = 2 … 5: .1471, .0248, .0026, 1.7e-4 measured; here within 4 standard errors of the exact, 4·10⁵ matrices."""
    table = saddles_against_dimension(range(1, 6), count=400_000).set_index("n")
    for n in range(1, 6):
        assert abs(table.loc[n, "minimum"] - table.loc[n, "exact"]) <= 4.0 * table.loc[n, "error"]
        assert abs(table.loc[n, "maximum"] - table.loc[n, "exact"]) <= 4.0 * table.loc[n, "error"]
    stated = {2: (0.1471, 5e-5), 3: (0.0248, 5e-5), 4: (0.0026, 5e-5), 5: (1.7e-4, 5e-6)}
    for n, (value, rounding) in stated.items():  # of some 10⁵ matrices: four standard errors of those, and rounding
        exact = table.loc[n, "exact"]
        assert abs(value - exact) <= 4.0 * sqrt(exact / 1e5) + rounding
    assert (table["exact"].loc[2:] < table["independent"].loc[2:]).all()  # faster than 2⁻ⁿ
    assert table.loc[5, "saddle"] > 0.999


def test_B14_counts_are_symmetric_and_shifts_make_minima():
    counts = index_counts(4, 50_000)
    assert counts.sum() == 50_000
    assert abs(counts[1] - counts[3]) <= 4.0 * sqrt(counts[1] + counts[3])
    assert counts.argmax() == 2  # most critical points are saddles of the middle index
    lifted = [index_counts(4, 20_000, shift)[0] for shift in (0.0, 1.0, 2.0, 4.0)]
    assert np.all(np.diff(lifted) > 0)
    assert lifted[-1] > 19_900  # beyond the edge of the spectrum, at 2
    assert np.array_equal(index_counts(4, 50_000), counts)


def test_pictures_of_curvature_and_saddles_are_drawn():
    from optlab.plots.directional_curvature import directional_curvature as dials
    from optlab.plots.numerics_figures import draw_saddles

    figure = dials({"kappa5": H5, "saddle": np.diag([2.0, -2.0]), "flat": np.diag([1.0, 0.0])})
    assert [axes.get_title(loc="left").partition("\n")[2] for axes in figure.axes] == [
        "κ = 5", "κ = 1, indefinite", "singular",
    ]  # fmt: skip
    assert draw_saddles(saddles_against_dimension((1, 2, 3), count=1000)).axes[0].get_yscale() == "log"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """One small experiment that every plot here can draw, each its own panels."""
    experiment = {
        "name": "instruments",
        "problems": ["kappa5", {"name": "near_singular_pair", "gap": 0.125}, {"name": "rosenbrock", "n": 3},
                     {"name": "random_hessian", "n": {"grid": [1, 2, 3]}, "seed": {"grid": [0, 1, 2, 3]}}],
        "optimizers": ["newton"],
        "stop": {"iterations": 5},
        "columns": ["critical_point"],
    }  # fmt: skip
    return optlab.run(experiment, folder=tmp_path_factory.mktemp("instruments"), executor="serial")


def test_the_taylor_plot_draws_every_problem_at_a_point_of_its_run(results):
    from optlab.plots.taylor import Taylor

    table = Taylor().table(results)
    first = table[table["panel"] == "kappa5"]
    problem = optlab.problem("kappa5")
    assert first["truth"].iloc[0] == problem.value(problem.start())
    assert len(Taylor().draw(results).axes) == 6  # the first six problems
    late = Taylor(at=1.0).table(results)
    assert late.loc[late["panel"] == "rosenbrock", "truth"].iloc[0] < 0.1 * optlab.problem("rosenbrock", n=3).value(
        optlab.problem("rosenbrock", n=3).start()
    )


def test_the_dial_draws_the_problems_in_the_plane(results):
    from optlab.plots.directional_curvature import DirectionalCurvature

    table = DirectionalCurvature().table(results)
    bends = table.groupby("panel")["curvature"].agg(["min", "max"])
    assert bends.loc["kappa5"].tolist() == pytest.approx([1.0, 5.0])
    assert not any("rosenbrock" in panel for panel in bends.index)  # it has three variables here
    assert len(DirectionalCurvature().draw(results).axes) == len(bends)


def test_the_ellipse_draws_square_residual_jacobians(results):
    from optlab.plots.ellipse import Ellipse

    table = Ellipse().table(results)
    assert len(set(table["panel"])) == 1
    A = optlab.problem("near_singular_pair", gap=0.125).A
    circle, image = (table[names].to_numpy().T for names in (["x1", "x2"], ["y1", "y2"]))
    assert np.abs(image - A @ circle).max() < 1e-14
    assert len(Ellipse().draw(results).axes) == 1


def test_critical_points_are_counted_by_dimension(results):
    from optlab.plots.critical_points import CriticalPoints

    table = CriticalPoints().table(results)
    random = table[table["panel"] == "random_hessian"]
    assert random.groupby("x")["share"].sum().tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert (random["runs"] == 4).all()
    share = random[(random["kind"] == "minimum") & (random["x"] == 1.0)]["share"].iloc[0]
    kinds = [optlab.problem("random_hessian", n=1, seed=s).H[0, 0] > 0 for s in range(4)]
    assert share == np.mean(kinds)
    exact = random.loc[random["kind"] == "minimum", "exact"]
    assert exact.tolist() == pytest.approx([minimum_probability(n) for n in (1, 2, 3)])
    assert CriticalPoints().draw(results) is not None
    assert CriticalPoints(x="problem.nothing").draw(results) is None


def test_a_random_hessian_says_what_zero_is():
    kinds = {classify_critical_point(optlab.problem("random_hessian", n=2, seed=s).H) for s in range(30)}
    assert kinds == {"minimum", "maximum", "saddle"}
    assert optlab.problem("random_hessian", n=5, shift=4.0).known.convex
