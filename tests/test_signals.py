"""Signals in depth: passes, Jacobians, initializations, statistics against theory, and training: rows C01–C13."""

from functools import reduce
from itertools import pairwise
from math import log, pi, sqrt

import numpy as np
import pytest
from scipy.special import digamma

import optlab
from optlab.core.status import InputError
from optlab.numerics import (
    Layer,
    Stack,
    clip_by_norm,
    initial_weights,
    jacobian_between,
    layer_jacobians,
    layer_statistics,
    log_slopes,
    mean_field,
    random_layers,
    vanishing_depth,
    weight_variance,
)
from optlab.numerics.networks import ACTIVATIONS

KINDS = [
    Stack(activation, batch_norm, residual)
    for activation in ACTIVATIONS
    for batch_norm in (False, True)
    for residual in (False, True)
]


def name_of(stack):
    return stack.activation + "_norm" * stack.batch_norm + "_residual" * stack.residual


def network(seed, widths=(3, 4, 4, 2), lead=()):
    random = np.random.default_rng(seed)
    return [
        Layer(
            random.standard_normal((*lead, o, i)),
            random.standard_normal((*lead, 1, o)),
            random.uniform(0.5, 2.0, (*lead, 1, o)),
        )
        for i, o in pairwise(widths)
    ]


def moved(layers, change, t):
    return [Layer(*(a + t * b for a, b in zip(layer, d, strict=True))) for layer, d in zip(layers, change, strict=True)]


# --- passes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stack", KINDS, ids=name_of)
def test_the_pass_back_is_the_derivative_of_the_pass_forward(stack):
    """Central differences with h = 1e-5: an error of h² times a third derivative of order 10, and of 1e-16/h."""
    random = np.random.default_rng(1)
    layers, H = network(2), random.standard_normal((5, 3))
    D = random.standard_normal((5, 2))
    slopes, back = stack.backward(layers, stack.forward(layers, H), D)

    def loss(layers, H):
        return float((D * stack.forward(layers, H)[-1].out).sum())

    h = 1e-5
    change = network(3)
    along = (loss(moved(layers, change, h), H) - loss(moved(layers, change, -h), H)) / (2 * h)
    used = 3 if stack.batch_norm else 2  # without batch norm the scales are not used
    exact = sum(float((s[k] * c[k]).sum()) for s, c in zip(slopes, change, strict=True) for k in range(used))
    assert exact == pytest.approx(along, rel=1e-6, abs=1e-7)
    V = random.standard_normal(H.shape)
    along = (loss(layers, H + h * V) - loss(layers, H - h * V)) / (2 * h)
    assert float((back[0] * V).sum()) == pytest.approx(along, rel=1e-6, abs=1e-7)
    assert back[-1] is D
    assert len(back) == len(layers) + 1


@pytest.mark.parametrize("stack", KINDS, ids=name_of)
def test_the_traced_form_gives_the_same_output(stack):
    layers, H = network(4), np.random.default_rng(5).standard_normal((6, 3))
    traced = reduce(lambda H, layer: stack.output(layer, H), layers, H)
    assert traced == pytest.approx(stack.forward(layers, H)[-1].out, rel=1e-12, abs=1e-13)


def test_leading_axes_are_as_many_networks():
    stack = Stack("tanh", batch_norm=True, residual=True)
    layers, H = network(6, lead=(3,)), np.random.default_rng(7).standard_normal((3, 5, 3))
    D = np.random.default_rng(8).standard_normal((3, 5, 2))
    slopes, back = stack.backward(layers, stack.forward(layers, H), D)
    for k in range(3):
        one = [Layer(*(part[k] for part in layer)) for layer in layers]
        slopes_k, back_k = stack.backward(one, stack.forward(one, H[k]), D[k])
        assert back[0][k] == pytest.approx(back_k[0], abs=1e-13)
        assert slopes[0].W[k] == pytest.approx(slopes_k[0].W, abs=1e-13)


def test_an_activation_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="relu, tanh"):
        Stack("gelu")
    with pytest.raises(InputError, match="xavier_normal"):
        weight_variance("glorot", 2, 2)


# --- Jacobians between layers -----------------------------------------------------------------------


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a != "relu"])
@pytest.mark.parametrize("residual", [False, True])
def test_C02_layer_jacobians_multiply_to_the_derivative(activation, residual):
    """Agreement with central differences to 4e-11 (h = 6e-6) for entries of order 1."""
    stack, layers = Stack(activation, residual=residual), network(9, (3, 4, 4, 5, 2))
    x = np.array([0.2, -0.4, 0.9])
    J = layer_jacobians(stack, layers, x)
    for t in range(5):
        h_t = x[None, :] if t == 0 else stack.forward(layers[:t], x[None, :])[-1].out
        for d in range(t, 5):
            product = jacobian_between(J, t, d)
            assert product.shape == ((3, 4, 4, 5, 2)[d], (3, 4, 4, 5, 2)[t])
            for j in range(product.shape[1]):
                e = 6e-6 * np.eye(product.shape[1])[j]
                ends = [
                    stack.forward(layers[t:d], h_t + s * e)[-1].out[0] if d > t else (h_t + s * e)[0] for s in (1, -1)
                ]
                assert product[:, j] == pytest.approx((ends[0] - ends[1]) / 1.2e-5, abs=1e-8)


def test_E18_the_product_runs_over_t_plus_1_to_d_with_higher_layers_on_the_left():
    """Widths 3-4-5-2, t = 1, d = 3: ∂h³/∂h¹ is 2 × 4; the text's product over i = t … d − 1 is 5 × 3."""
    J = layer_jacobians(Stack("tanh"), network(10, (3, 4, 5, 2)), np.ones(3))
    assert jacobian_between(J, 1, 3).shape == (2, 4)
    assert np.array_equal(jacobian_between(J, 1, 3), J[2] @ J[1])
    seed = J[1] @ J[0]  # i = 1, 2
    assert seed.shape == (5, 3)
    with pytest.raises(ValueError, match="mismatch"):
        J[0] @ J[1]  # and in the order written it is not defined at all
    for t, d in ((-1, 2), (2, 1), (0, 4)):
        with pytest.raises(InputError, match="0 ≤ t ≤ d ≤ 3"):
            jacobian_between(J, t, d)


def test_E19_a_gradient_in_the_parameters_needs_a_further_factor():
    """∂hᵈ/∂hᵗ is 2 × 4, ∂ℓ/∂Wᵗ has the shape of Wᵗ: (∂ℓ/∂hᵗ ⊙ σ′) hᵗ⁻¹ᵀ."""
    stack, layers, x = Stack("tanh"), network(11, (3, 4, 5, 2)), np.array([[0.1, 0.2, 0.3]])
    passes = stack.forward(layers, x)
    v = np.array([[1.0, -2.0]])
    slopes, back = stack.backward(layers, passes, v)
    J = layer_jacobians(stack, layers, x)
    along = v @ jacobian_between(J, 1, 3)
    assert back[1] == pytest.approx(along, rel=1e-13)
    assert slopes[0].W.shape == (4, 3)
    found = slopes[0].W
    assert found == pytest.approx((along * passes[0].slope).T @ x, rel=1e-13)


@pytest.mark.parametrize(("factor", "size"), [(0.5, 7.9e-31), (1.0, 1.0), (1.5, 4.1e17)])
def test_E20_relu_products_vanish_or_explode_with_the_spectrum(factor, size):
    """100 layers of W = 0.5 I, I, 1.5 I on a positive input: 0.5¹⁰⁰, 1, 1.5¹⁰⁰."""
    layers = [Layer(factor * np.eye(4))] * 100
    J = jacobian_between(layer_jacobians(Stack("relu"), layers, np.ones(4)), 0, 100)
    assert np.linalg.norm(J, 2) == pytest.approx(factor**100, rel=1e-12)
    assert np.linalg.norm(J, 2) == pytest.approx(size, rel=0.02)  # as the ledger rounds it


def test_C03_a_product_of_random_matrices_grows_at_its_lyapunov_exponent():
    """100 N(0, 1) matrices, 4 × 4: ½(ln 2 + ψ(2)) per factor, e⁵⁶ = 1.7e24 in all; 7.2e23 is one such product.

    The logarithm has a standard deviation of ½√(ψ′(2)·100) = 4.0.
    """
    logs = []
    for seed in range(20):
        layers = random_layers([4] * 101, "normal", np.random.default_rng(seed))
        J = jacobian_between(layer_jacobians(Stack("linear"), layers, np.ones(4)), 0, 100)
        logs.append(np.log(np.linalg.norm(J, 2)))
    expected = 50.0 * (log(2.0) + digamma(2.0))
    assert np.mean(logs) == pytest.approx(expected, abs=4.0 * 4.0 / sqrt(20) + 2.0)
    assert min(logs) < log(7.2e23) < max(logs)


def test_C06_residual_layers_add_instead_of_multiply():
    """‖I + εW‖ products stay of order 1 where ‖εW‖ products are gone; no Jacobian is defined under batch norm."""
    random = np.random.default_rng(0)
    layers = [Layer(0.05 * random.standard_normal((8, 8))) for _ in range(50)]
    sizes = [
        np.linalg.norm(jacobian_between(layer_jacobians(Stack("tanh", residual=r), layers, np.ones(8)), 0, 50), 2)
        for r in (False, True)
    ]
    assert sizes[0] < 1e-30
    assert 0.1 < sizes[1] < 100.0
    with pytest.raises(InputError, match="batch norm"):
        layer_jacobians(Stack("relu", batch_norm=True), layers, np.ones(8))


# --- a sigmoid's slope ------------------------------------------------------------------------------


def test_E21_a_sigmoid_halves_twice_even_without_saturation():
    """σ′(±4) = .0177, max σ′ = .25 at 0; .25ⁿ is 0 from n = 13 (float16), 75 (float32), 538 (float64) on: C05."""
    slope = ACTIVATIONS["sigmoid"].slope
    assert slope(np.array([-4.0, 4.0])) == pytest.approx([0.0177, 0.0177], abs=5e-5)
    grid = slope(np.linspace(-40.0, 40.0, 8001))
    assert grid.max() == grid[4000] == 0.25
    assert [vanishing_depth(kind) for kind in (np.float16, np.float32, np.float64)] == [13, 75, 538]
    assert 0.25**537 > 0.0 == 0.25**538
    assert vanishing_depth(np.float32, 0.5) == 150  # the least subnormal is 2⁻¹⁴⁹


def test_C12_series_at_zero():
    """sigmoid ½ + x/4 − x³/48, tanh x − x³/3, 4·sigmoid − 2: x − x³/12; the next terms are ∝ x⁵."""
    x = np.array([0.02, 0.04])
    cubic = {
        "sigmoid": (0.5 + x / 4, -1 / 48),
        "tanh": (x, -1 / 3),
        "scaled_sigmoid": (x, -1 / 12),
    }
    for name, (start, coefficient) in cubic.items():
        assert (ACTIVATIONS[name].value(x) - start) / x**3 == pytest.approx([coefficient] * 2, rel=2e-3)
    assert ACTIVATIONS["relu"].value(np.array([-1.0, 0.0, 2.0])).tolist() == [0.0, 0.0, 2.0]


def test_C13_four_sigmoid_minus_two_is_two_tanh_of_half():
    """To 4.4e-16 (one rounding of numbers up to 2); the range is (−2, 2); it is not tanh."""
    x = np.linspace(-10.0, 10.0, 2001)
    scaled = ACTIVATIONS["scaled_sigmoid"].value(x)
    assert np.abs(scaled - (4.0 / (1.0 + np.exp(-x)) - 2.0)).max() <= 8.9e-16
    assert np.abs(scaled).max() < 2.0
    assert np.abs(scaled - np.tanh(x)).max() > 0.5
    assert ACTIVATIONS["scaled_sigmoid"].slope(np.zeros(1)) == [1.0]


@pytest.mark.parametrize("name", [a for a in ACTIVATIONS if a != "relu"])
def test_slopes_of_activations(name):
    x = np.linspace(-5.0, 5.0, 101)
    value, slope = ACTIVATIONS[name]
    assert slope(x) == pytest.approx((value(x + 1e-6) - value(x - 1e-6)) / 2e-6, abs=1e-9)


# --- initial weights --------------------------------------------------------------------------------


def test_C09_forward_and_backward_cannot_both_be_kept_between_unequal_widths():
    """n_in γ and n_out γ: 1 and 1 for 256/256; .4 and 1.6 for (100, 400)."""
    assert 256 * weight_variance("xavier", 256, 256) == 1.0
    gamma = weight_variance("xavier_normal", 100, 400)
    assert 100 * gamma == pytest.approx(0.4)
    assert 400 * gamma == pytest.approx(1.6)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize(("rule", "gamma"), [("xavier", 0.004), ("he", 0.02), ("lecun", 0.01)])
def test_C10_C11_weights_have_the_variance_of_their_rule(rule, gamma, kind):
    """(100, 400): γ = 2/500; four standard errors of 40,000 entries. N takes the deviation √γ, U the bound √(3γ)."""
    assert weight_variance(rule, 100, 400) == pytest.approx(gamma, rel=1e-15)
    W = initial_weights(f"{rule}_{kind}", 400, 100, np.random.default_rng(0))
    assert W.shape == (400, 100)
    error = gamma * sqrt((2.0 if kind == "normal" else 0.8) / W.size)  # kurtosis 3 and 9/5
    assert W.var() == pytest.approx(gamma, abs=4 * error)
    assert abs(W.mean()) < 4 * sqrt(gamma / W.size)
    if kind == "uniform":
        assert np.abs(W).max() <= sqrt(3 * gamma)
        assert sqrt(3 * gamma) ** 2 / 3 == pytest.approx(gamma)
    assert rule != "xavier" or sqrt(3 * gamma) == pytest.approx(sqrt(6 / 500))
    doubled = initial_weights(f"{rule}_{kind}", 400, 100, np.random.default_rng(0), gain=2.0)
    assert doubled == pytest.approx(2.0 * W, rel=1e-14)


# --- statistics against theory ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def tables():
    found = {}

    def statistics(activation, initialization, **settings):
        key = (activation, initialization, *sorted(settings.items()))
        if key not in found:
            found[key] = layer_statistics(activation, initialization, **settings)
        return found[key]

    return statistics


@pytest.mark.parametrize("rule", ["xavier_normal", "xavier_uniform", "lecun_normal"])
def test_C01_C08_relu_with_xavier_vanishes_by_half_a_ln_2_per_layer(tables, rule):
    """The slope is −½ ln 2 within 10 %, forward and backward: width 256, 10 networks, 50 layers."""
    slopes = log_slopes(tables("relu", rule))
    assert slopes.forward == pytest.approx(-0.5 * log(2.0), rel=0.1)
    assert slopes.backward == pytest.approx(-0.5 * log(2.0), rel=0.1)


@pytest.mark.parametrize("rule", ["he_normal", "he_uniform"])
def test_C08_relu_with_he_stays(tables, rule):
    slopes = log_slopes(tables("relu", rule))
    assert abs(slopes.forward) <= 0.02
    assert abs(slopes.backward) <= 0.02


def test_C08_tanh_with_xavier_fades_like_one_over_the_depth(tables):
    """E[h²] ≈ 1/(2i): slopes between −0.03 and 0."""
    slopes = log_slopes(tables("tanh", "xavier_normal"))
    assert -0.03 <= slopes.forward <= 0.0
    assert -0.03 <= slopes.backward <= 0.0


def test_C05_a_sigmoid_loses_at_least_a_factor_of_four_per_layer(tables):
    slopes = log_slopes(tables("sigmoid", "xavier_normal"))
    assert slopes.backward <= log(0.25)
    assert slopes.backward == pytest.approx(log(0.25), abs=0.1)
    assert abs(slopes.forward) < 0.001  # the activations show nothing of it


def test_gains_above_one_explode(tables):
    slopes = log_slopes(tables("relu", "he_normal", gain=1.5))
    assert slopes.forward == pytest.approx(log(1.5), abs=0.03)
    assert slopes.backward == pytest.approx(log(1.5), abs=0.03)


@pytest.mark.parametrize(
    ("activation", "rule", "settings"),
    [
        ("relu", "xavier_normal", {}),
        ("relu", "he_normal", {}),
        ("tanh", "xavier_normal", {}),
        ("tanh", "xavier_normal", {"gain": 1.5}),
        ("scaled_sigmoid", "xavier_normal", {}),
        ("sigmoid", "xavier_normal", {}),
        ("linear", "lecun_normal", {}),
        ("tanh", "xavier_normal", {"residual": True}),
        ("relu", "he_normal", {"batch_norm": True}),
        ("relu", "he_normal", {"residual": True}),
    ],
)
def test_networks_follow_the_theory_of_wide_layers(tables, activation, rule, settings):
    """The logarithm of a second moment wanders: by √(5/width) per relu layer, less for others; averaged over 10."""
    table, theory = tables(activation, rule, **settings), mean_field(activation, rule, **settings)
    wander = 4.0 * np.sqrt((1.0 + theory["layer"]) * 5.0 / 256 / 10)
    for column in ("activation_moment", "jacobian"):
        known = theory[column].notna()
        measured = np.log(table[column]).groupby(table["layer"]).mean()
        layers = wander if column == "activation_moment" else wander[::-1].to_numpy()
        assert (np.abs(measured - np.log(theory[column]))[known] <= layers[known] + 0.02).all()
    unknown = settings.get("batch_norm") or (settings.get("residual") and activation == "relu")
    assert theory["jacobian"].isna().all() == bool(unknown)


def test_mean_field_in_closed_form():
    """Relu: E[h²] halves exactly with Xavier; sigmoid: σ′ ≤ 1/4; tanh: q ↦ q − 2q² + … near 0."""
    relu = mean_field("relu", "xavier_normal", depth=20)
    assert relu["activation_moment"].iloc[-1] == pytest.approx(2.0**-20, rel=1e-9)
    assert relu["jacobian"].iloc[0] == pytest.approx(2.0**-10, rel=1e-9)
    linear = mean_field("linear", "he_normal", depth=3)
    assert linear["activation_moment"].tolist() == pytest.approx([1.0, 2.0, 4.0, 8.0], rel=1e-9)
    residual = mean_field("linear", "xavier_normal", depth=3, residual=True)
    assert residual["activation_moment"].tolist() == pytest.approx([1.0, 2.0, 4.0, 8.0], rel=1e-9)
    q = mean_field("tanh", "xavier_normal", depth=2000)["activation_moment"]
    assert 2 * 2000 * q.iloc[-1] == pytest.approx(1.0, rel=0.02)
    normed = mean_field("relu", "xavier_normal", depth=3, batch_norm=True)["activation_moment"]
    assert normed.tolist()[1:] == pytest.approx([0.5] * 3, rel=1e-9)


@pytest.mark.parametrize(
    ("activation", "rule", "moment"),
    [
        ("relu", "xavier_normal", 5.5e-7),
        ("relu", "he_normal", 0.58),
        ("linear", "xavier_normal", 1.03),
        ("scaled_sigmoid", "xavier_normal", 0.093),
        ("tanh", "xavier_normal", 0.025),
        ("sigmoid", "xavier_normal", 0.268),
    ],
)
def test_E22_C13_second_moments_after_20_layers(tables, activation, rule, moment):
    """One network each in the text's notes: within the range of twenty of ours, and theory within it too."""
    table = tables(activation, rule, depth=20, seeds=20)
    last = table.loc[table["layer"] == 20, "activation_moment"]
    assert last.min() <= moment <= last.max()
    assert last.min() <= mean_field(activation, rule, depth=20)["activation_moment"].iloc[-1] <= last.max()
    if activation == "sigmoid":
        mean = table.loc[table["layer"] == 20, "activation_mean"].mean()
        assert mean == pytest.approx(0.505, abs=0.01)  # of 20 · 256 units with deviation 0.12


def test_E22_relu_has_no_mean_of_zero():
    """E relu(N(0, 1)) = 1/√(2π) = .3989."""
    z = np.random.default_rng(0).standard_normal(200_000)
    relu = ACTIVATIONS["relu"].value(z)
    assert 1.0 / sqrt(2.0 * pi) == pytest.approx(0.3989, abs=5e-5)
    assert relu.mean() == pytest.approx(1.0 / sqrt(2.0 * pi), abs=4 * relu.std() / sqrt(200_000))
    assert (relu**2).mean() == pytest.approx(0.5, abs=0.01)


def test_batch_norm_keeps_activations_and_lets_gradients_explode(tables):
    """√(π/(π − 1)) per relu layer in the limit of a large batch: Yang et al. (2019), and not on the initialization."""
    for rule in ("he_normal", "xavier_normal"):
        slopes = log_slopes(tables("relu", rule, batch_norm=True))
        assert abs(slopes.forward) < 1e-3
        assert slopes.backward == pytest.approx(0.5 * log(pi / (pi - 1.0)), rel=0.1)
    plain = tables("relu", "xavier_normal")
    normed = tables("relu", "xavier_normal", batch_norm=True)
    assert plain.loc[plain["layer"] == 50, "activation_moment"].max() < 1e-10
    assert normed.loc[normed["layer"] == 50, "activation_moment"].min() > 0.4


def test_residual_connections_keep_the_gradient_of_a_sigmoid(tables):
    plain = tables("sigmoid", "xavier_normal")
    added = tables("sigmoid", "xavier_normal", residual=True)
    assert plain.loc[plain["layer"] == 0, "jacobian"].max() < 1e-25
    assert added.loc[added["layer"] == 0, "jacobian"].min() > 1.0


def test_C07_clipping_bounds_the_norm_and_keeps_the_direction(tables):
    table = tables("relu", "he_normal", gain=1.5, clip=1.0, depth=20, seeds=3)
    for _, rows in table.groupby("network"):
        before, after = (np.asarray(rows[c])[1:] for c in ("weight_gradient", "clipped_gradient"))
        assert np.linalg.norm(before) > 1e4
        assert np.linalg.norm(after) == pytest.approx(1.0, rel=1e-12)
        assert np.linalg.norm(after) <= 1.0
        assert after / before == pytest.approx(np.full(20, 1.0 / np.linalg.norm(before)), rel=1e-12)
    loose = tables("relu", "he_normal", depth=3, seeds=1)
    assert np.array_equal(loose["weight_gradient"], loose["clipped_gradient"], equal_nan=True)
    g = np.random.default_rng(0).standard_normal(1000)
    clipped = clip_by_norm(g, 0.5)
    assert np.linalg.norm(clipped) <= 0.5
    assert clipped / np.linalg.norm(clipped) == pytest.approx(g / np.linalg.norm(g), rel=1e-14)


def test_statistics_are_those_of_their_arrays():
    table = layer_statistics("tanh", depth=3, width=5, seeds=2, rows=7, seed=3)
    assert len(table) == 2 * 4
    random = np.random.default_rng([3, 1])
    layers = random_layers([5] * 4, "xavier_normal", random)
    X, D = random.standard_normal((7, 5)), random.standard_normal((7, 5))
    passes = Stack("tanh").forward(layers, X)
    rows = table[table["network"] == 1].set_index("layer")
    assert rows.loc[2, "activation_mean"] == pytest.approx(passes[1].out.mean(), rel=1e-14)
    assert rows.loc[2, "activation_variance"] == pytest.approx(passes[1].out.var(), rel=1e-14)
    assert rows.loc[0, "activation_moment"] == pytest.approx((X**2).mean(), rel=1e-14)
    _, back = Stack("tanh").backward(layers, passes, D)
    assert rows.loc[1, "gradient_moment"] == pytest.approx((back[1] ** 2).mean(), rel=1e-14)
    assert rows.loc[3, "jacobian"] == pytest.approx(1.0, rel=1e-14)
    shrinking = layer_statistics("tanh", width=(10, 5, 2), seeds=1)
    assert shrinking["layer"].tolist() == [0, 1, 2]


def test_probes_measure_the_frobenius_norm_of_the_jacobian():
    """E‖Jᵀv‖² = ‖J‖_F² for standard normal v; 20,000 probes leave 2 %."""
    random = np.random.default_rng(2)
    layers = random_layers([6] * 4, "xavier_normal", random)
    x = random.standard_normal(6)
    from optlab.numerics import statistics_of

    probes = random.standard_normal((20_000, 6))
    table = statistics_of(Stack("tanh"), layers, np.tile(x, (20_000, 1)), probes)
    J = layer_jacobians(Stack("tanh"), layers, x)
    for t in range(4):
        exact = np.linalg.norm(jacobian_between(J, t, 3)) / sqrt(6)
        assert table.loc[t, "jacobian"] == pytest.approx(exact, rel=0.04)


# --- training ---------------------------------------------------------------------------------------


def trained(optimizer="gradient_descent", settings=None, iterations=60, **network):
    problem = optlab.problem("deep_network", data="digits", m=200, width=32, penalty=0.0, **network)
    chosen = optlab.optimizer(optimizer, **({"step_size": 0.1} if settings is None else settings))
    result = optlab.minimize(problem, chosen, stop=optlab.stop.Iterations(iterations))
    return problem, result


def test_depth_and_initialization_decide_the_training_of_real_data():
    """Digits, 20 hidden layers of relu, 150 steps: He's weights learn; with Xavier's f stays at ln 10."""
    start = log(10.0)
    step = {"step_size": 0.03}
    _, he = trained(settings=step, iterations=150, depth=20, activation="relu", initialization="he_normal")
    assert he.trace["f"].iloc[-1] < 0.75 * start
    for size in (0.03, 0.1):
        _, xavier = trained(settings={"step_size": size}, iterations=150, depth=20, activation="relu")
        assert xavier.trace["f"].iloc[-1] > 0.98 * start
    _, shallow = trained(settings=step, iterations=150, depth=1, activation="relu")
    assert shallow.trace["f"].iloc[-1] < 0.5 * start  # it is the depth


def test_residual_connections_and_batch_norm_train_what_does_not_train():
    _, plain = trained(depth=20, activation="sigmoid")
    _, normed = trained(depth=20, activation="relu", batch_norm=True)
    _, added = trained(depth=20, activation="tanh", residual=True, gain=0.3)
    start = log(10.0)
    assert plain.trace["f"].iloc[-1] > 0.98 * start
    assert normed.trace["f"].iloc[-1] < 0.7 * start
    assert added.trace["f"].iloc[-1] < 0.7 * start


def test_clipping_saves_a_training_run_that_explodes():
    clip = {"inner": {"name": "gradient_descent", "step_size": 0.1}, "max_norm": 1.0}
    _, wild = trained(depth=10, activation="relu", initialization="he_normal", gain=1.5)
    _, tame = trained("clip_gradient_norm", clip, depth=10, activation="relu", initialization="he_normal", gain=1.5)
    first = tame.trace["f"].iloc[0]
    assert not wild.trace["f"].iloc[-1] < first
    assert tame.trace["f"].iloc[-1] < 0.5 * first


def test_signals_of_a_problem_are_those_of_its_gradient():
    problem = optlab.problem("deep_network", data="diabetes", depth=4, width=6, penalty=0.0)
    x = problem.start()
    table = problem.signals(x)
    assert table["layer"].tolist() == [0, 1, 2, 3, 4]
    layers = problem.layers(problem.gradient(x))
    rows = len(problem.table[1])
    for k in range(4):
        assert table["weight_gradient"][k + 1] == pytest.approx(rows * np.linalg.norm(layers[k].W), rel=1e-12)
    vanishing = optlab.problem("deep_network", depth=30, width=16, activation="sigmoid").signals
    gone = vanishing(optlab.problem("deep_network", depth=30, width=16, activation="sigmoid").start())
    assert gone["gradient_moment"].iloc[0] < 1e-30 * gone["gradient_moment"].iloc[-1]


def test_the_picture_holds_data_and_theory():
    from optlab.plots.signals import draw_signals

    name = "relu, he_normal"
    figure = draw_signals({name: layer_statistics("relu", "he_normal", depth=5, width=16, seeds=2)},
                          {name: mean_field("relu", "he_normal", depth=5)})  # fmt: skip
    assert [len(axes.lines) for axes in figure.axes] == [2, 2]
    assert all(axes.get_yscale() == "log" for axes in figure.axes)


def test_plots_of_deep_networks(tmp_path):
    """The deepest networks in `signals`, all of them in `depth`, named by what tells them apart."""
    from optlab.plots.depth import Depth
    from optlab.plots.signals import Signals

    experiment = {
        "name": "deep",
        "problems": [
            {"name": "deep_network", "m": 12, "depth": {"grid": [1, 3]}, "activation": {"grid": ["relu", "tanh"]}},
            {"name": "deep_network", "m": 12, "depth": {"grid": [1, 3]}, "batch_norm": True, "gain": 2.0},
        ],
        "optimizers": [{"name": "gradient_descent", "step_size": 0.1, "label": "GD"}],
        "stop": {"iterations": 3},
    }
    results = optlab.run(experiment, folder=tmp_path, executor="serial")
    table = Signals().table(results)
    names = ["relu", "tanh", "tanh, gain 2, batch_norm"]
    assert list(dict.fromkeys(table["panel"])) == names
    assert table["layer"].max() == 3
    assert len(Signals().draw(results).axes) == 2
    depth = Depth().table(results)
    assert set(depth["line"]) == set(names)
    assert sorted(depth["depth"]) == [1.0] * 3 + [3.0] * 3
    assert (depth["f"] < depth["first"]).all()
    assert len(Depth().draw(results).axes) == 1


def test_depth_marks_runs_that_fail_or_end_far_above(tmp_path):
    from optlab.plots.depth import Depth

    experiment = {
        "name": "wild",
        "problems": [{"name": "deep_network", "m": 12, "depth": {"grid": [2, 8]}, "activation": "relu",
                      "initialization": "he_normal", "gain": 3.0}],
        "optimizers": [{"name": "gradient_descent", "step_size": 1.0}],
        "stop": {"iterations": 20},
    }  # fmt: skip
    results = optlab.run(experiment, folder=tmp_path, executor="serial")
    (axes,) = Depth().draw(results).axes
    assert any(line.get_marker() == "X" and len(line.get_xdata()) for line in axes.lines)
