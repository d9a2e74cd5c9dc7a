"""Finite differences, the complex step, and the V-curve of their errors."""

from __future__ import annotations

import numpy as np
import pytest

import optlab
from optlab import derivatives
from optlab.core.status import EvaluationError
from optlab.plots.v_curve import draw_v_curve, v_curve


def smooth(x):
    return np.sum(np.exp(x) * np.cos(x)) + x[0] * x[1] ** 3


SMOOTH_AT = np.array([0.3, -0.7, 1.1])


def test_errors_of_differences_fall_as_theory_says_and_rise_with_rounding():
    table = derivatives.step_errors(smooth, lambda x: derivatives.gradient(smooth, x), SMOOTH_AT).set_index("h")
    assert list(table.columns) == ["forward", "central", "complex"]
    at = lambda column, h: table[column].iloc[np.argmin(np.abs(np.log(table.index / h)))]  # noqa: E731
    assert at("forward", 1e-2) / at("forward", 1e-4) == pytest.approx(1e2, rel=0.1)
    assert at("central", 1e-1) / at("central", 1e-3) == pytest.approx(1e4, rel=0.1)
    assert at("forward", 1e-14) > 1e2 * at("forward", 1e-8)
    best = {column: table[column].idxmin() for column in ("forward", "central")}
    assert 1e-10 < best["forward"] < 1e-6
    assert 1e-7 < best["central"] < 1e-3
    assert table["complex"][table.index < 1e-9].max() < 1e-14


def test_a_wrong_gradient_stays_on_its_level():
    table = derivatives.step_errors(smooth, lambda x: 1.01 * derivatives.gradient(smooth, x), SMOOTH_AT)
    level = table[(table["h"] > 1e-9) & (table["h"] < 1e-4)]
    for column in ("forward", "central", "complex"):
        assert level[column].to_numpy() == pytest.approx(0.01 / 1.01, rel=0.05)


def test_directions_and_steps_of_ones_own():
    slope = derivatives.gradient(smooth, SMOOTH_AT)
    table = derivatives.step_errors(smooth, slope, SMOOTH_AT, direction=[0.0, 2.0, 0.0], steps=[1e-6])
    assert len(table) == 1
    assert table["central"][0] < 1e-8
    with pytest.raises(optlab.InputError, match="not zero, given 0"):
        derivatives.step_errors(lambda x: x @ x, lambda x: 2 * x, np.zeros(2))


def test_a_complex_step_is_exact_for_analytic_functions_and_refuses_others():
    v = np.array([1.0, 2.0, -1.0])
    assert derivatives.complex_step(smooth, SMOOTH_AT, v) == pytest.approx(
        derivatives.gradient(smooth, SMOOTH_AT) @ v, rel=1e-15
    )
    for f in (np.linalg.norm, lambda x: np.sum(np.abs(x)), lambda x: float(x[0]), lambda x: x,
              lambda x: np.sum(np.asarray(x, dtype=float))):  # fmt: skip
        with pytest.raises(EvaluationError, match="a complex step needs f to be analytic"):
            derivatives.complex_step(f, SMOOTH_AT, v)
    table = derivatives.step_errors(np.linalg.norm, lambda x: x / np.linalg.norm(x), SMOOTH_AT)
    assert table["complex"].isna().all()
    assert table["central"].min() < 1e-9


def test_forward_and_central_with_a_step_of_ones_own():
    f, x, v = (lambda x: x[0] ** 3), np.array([2.0]), np.ones(1)
    assert derivatives.forward(f, x, v, 0.5) == pytest.approx((2.5**3 - 8) / 0.5, rel=1e-15)
    assert derivatives.central(f, x, v, 0.5) == pytest.approx((2.5**3 - 1.5**3) / 1.0, rel=1e-15)


def test_the_v_curve_is_drawn_with_its_theory(tmp_path):
    table = derivatives.step_errors(smooth, lambda x: derivatives.gradient(smooth, x), SMOOTH_AT)
    (axes,) = v_curve(table).axes
    lines = {line.get_label(): line for line in axes.lines}
    h = table["h"].to_numpy()
    for column, label in (
        ("forward", "forward difference"),
        ("central", "central difference"),
        ("complex", "complex step"),
    ):
        shown = lines[label].get_ydata()
        above = table[column].to_numpy() > 1e-15
        np.testing.assert_allclose(shown[above], table[column][above])
        assert (shown > 0).all()
    guides = [line for line in axes.lines if line.get_color() == "#6b6b6b"]
    slopes = sorted(
        round(float(np.polyfit(np.log(line.get_xdata()), np.log(line.get_ydata()), 1)[0])) for line in guides
    )
    assert slopes == [-1, 1, 2]
    words = {text.get_text() for text in axes.texts}
    assert {"h = √ε", "h = ∛ε", "∝ h", "∝ h²", "rounding ∝ 1/h"} <= words
    marks = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    assert marks == pytest.approx([2.0**-26, 2.0 ** (-52 / 3)])
    looks = {
        (line.get_color(), line.get_linestyle(), line.get_marker())
        for line in lines.values()
        if line.get_label()[0] != "_"
    }
    assert len({color for color, _, _ in looks}) == len({marker for _, _, marker in looks}) == 3
    assert h[0] == 1e-16
    for name in ("v.png", "v.svg"):
        first = draw_v_curve(table, tmp_path / "a" / name).read_bytes()
        assert draw_v_curve(table, tmp_path / "b" / name).read_bytes() == first
        assert len(first) > 5000
    draw_v_curve(table.assign(complex=np.nan), tmp_path / "two.svg")
