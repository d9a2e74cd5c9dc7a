"""The plots: numbers drawn, marks, names, files; on small tables made by hand."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from handmade import HandMade
from matplotlib.colors import to_hex

import optlab
from optlab.core.plot import Plot
from optlab.core.problem import Facts, ProblemBase
from optlab.core.user_problem import Problem
from optlab.plots import style
from optlab.plots._feasible import excess
from optlab.plots._paths import clipped
from optlab.plots.condition import ConditionAlongPath
from optlab.plots.convergence import Convergence
from optlab.plots.landscape import levels_of, window_of
from optlab.plots.panels import power, spread_marks
from optlab.plots.performance_profile import PerformanceProfile
from optlab.plots.save import draw_all, save
from optlab.plots.series import line_names, panel_names, thinned
from optlab.plots.steps import Steps
from optlab.plots.sweep import Sweep, promise
from optlab.plots.taylor import Taylor
from optlab.plots.trajectories import Trajectories
from optlab.sets.ball import Ball
from optlab.sets.box import Box

ALL = [Convergence(), Trajectories(), Steps(), ConditionAlongPath(), Sweep()]


def bowl(**more):
    return Problem(lambda x: x[0] ** 2 + 5 * x[1] ** 2, start=[1.0, 1.0], **more)


@dataclass(frozen=True)
class Valley(ProblemBase):
    def value(self, x):
        return float(100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2)

    def values(self, X):
        return 100 * (X[:, 1] - X[:, 0] ** 2) ** 2 + (1 - X[:, 0]) ** 2

    def start(self):
        return np.array([-1.2, 1.0])

    def facts(self):
        return Facts(solution=(1.0, 1.0), optimum=0.0)


@dataclass(frozen=True)
class Saddle(ProblemBase):
    def value(self, x):
        return float(x[0] ** 2 - x[1] ** 2)

    def start(self):
        return np.array([1.0, 0.1])

    def facts(self):
        return Facts(critical_points={"saddle": [(0.0, 0.0)]})


class Tables(HandMade):
    """Results made by hand: `add` a run, then read `runs` and `iterations`."""

    def add(self, f, *, status="CONVERGED", label="GD", name="bowl", problem=None, path=None, settings=None, **columns):
        run = f"r{len(self.rows)}"
        f = np.asarray(f, dtype=float)
        self.problems[run] = problem or bowl()
        self.paths[run] = np.zeros((len(f), 2)) if path is None else np.asarray(path, dtype=float)
        said = {"problem": name, "optimizer": "gd", "label": label, "start": "standard", "seed": 0, "status": status}
        ended = {"message": "as it is", "f": f[-1] if len(f) else np.nan, "iterations": max(len(f) - 1, 0)}
        self.rows.append({"run": run, **said, **ended, **(settings or {})})
        k = np.arange(len(f))
        basic = {
            "run": run,
            "k": k,
            "f": f,
            "stationarity": np.abs(f) + 1,
            "n_f": k + 1,
            "n_gradient": 2 * k,
            "seconds": k * 0.5,
        }
        if len(f):
            self.parts.append(pd.DataFrame({**basic, **columns}))
        return self


def halving(n, first=1.0):
    return first * 0.5 ** np.arange(n)


def lines_of(figure, axes=0):
    return [line for line in figure.axes[axes].lines if len(line.get_xdata()) > 1]


def marks_of(figure, marker, axes=0):
    return [line for line in figure.axes[axes].lines if line.get_marker() == marker and line.get_linestyle() == "None"]


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


# --- names ----------------------------------------------------------------------------------------------------------


def test_settings_are_named_only_where_they_tell_runs_apart():
    runs = pd.DataFrame({
        "problem": ["quadratic", "quadratic", "rosenbrock"], "label": ["GD", "GD", "GD"], "panel": ["a", "b", "c"],
        "problem.condition": [1.0, 10.0, np.nan], "problem.n": [2, 2, 3], "optimizer.step_size": [0.1, 0.2, 0.3],
    })  # fmt: skip
    assert panel_names(runs) == ["quadratic (condition = 1)", "quadratic (condition = 10)", "rosenbrock"]
    assert panel_names(runs, ["problem.condition"]) == ["quadratic", "quadratic", "rosenbrock"]
    assert line_names(runs) == ["GD", "GD", "GD"]  # one run per panel: nothing to tell apart
    assert line_names(runs.assign(panel="a")) == [f"GD (step_size = {s})" for s in ("0.1", "0.2", "0.3")]


def test_looks_differ_in_color_line_and_marker():
    with style.applied():
        looks = [style.look(i) for i in range(49)]
    assert len({str(look) for look in looks}) == 49
    for one, other in pairwise(looks[:7]):
        assert all(one[key] != other[key] for key in one)
    assert to_hex(looks[0]["color"]) == "#0072b2"


def test_powers_are_plain_text():
    assert [power(v) for v in (1e-12, 0.1, 1.0, 10.0, 1e5, 0.0, 3.0)] == ["10⁻¹²", "10⁻¹", "1", "10", "10⁵", "0", ""]


# --- thinning -------------------------------------------------------------------------------------------------------


def test_thinning_keeps_ends_extremes_and_the_beginning():
    y = np.sin(np.arange(100_000) / 700.0)
    y[54_321], y[77_777] = 9.0, -9.0
    kept = thinned(y)
    assert len(kept) < 2500
    assert {0, 99_999, 54_321, 77_777} <= set(kept)
    assert set(range(40)) <= set(kept)
    assert np.all(np.diff(kept) > 0)
    assert np.array_equal(thinned(y[:1000]), np.arange(1000))
    assert len(thinned(np.full(5000, np.nan))) >= 2


def test_marks_spread_evenly_over_a_logarithmic_axis():
    marks = spread_marks(np.arange(10_000.0), logarithmic=True)
    assert 5 <= len(marks) <= 9
    assert sum(i < 100 for i in marks) >= 3


# --- convergence ----------------------------------------------------------------------------------------------------


def test_convergence_draws_the_suboptimality():
    data = Tables().add(halving(5), suboptimality=halving(5, 3.0))
    table = Convergence().table(data)
    assert np.array_equal(table["y"], halving(5, 3.0))
    assert np.array_equal(table["x"], np.arange(5))
    assert set(table["measure"]) == {"f − f*"}
    figure = Convergence().draw(data)
    assert np.array_equal(lines_of(figure)[0].get_ydata(), halving(5, 3.0))
    assert figure.axes[0].get_ylabel() == "f − f*"
    assert figure.axes[0].get_yscale() == "log"


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ("evaluations", [1, 4, 7]),
        ("f_evaluations", [1, 2, 3]),
        ("gradient_evaluations", [0, 2, 4]),
        ("seconds", [0, 0.5, 1]),
    ],
)
def test_effort_can_be_counted_in_several_ways(x, expected):
    assert np.array_equal(Convergence(y="f", x=x).table(Tables().add([3, 2, 1]))["x"], expected)


def test_an_unknown_minimum_is_replaced_and_said_so():
    data = Tables().add([5, 3, 2], label="a").add([5, 4, 2.5], label="b")
    table = Convergence().table(data)
    assert set(table["measure"]) == {"f − best f found (not proven)"}
    assert table.loc[table["line"] == "a", "y"].tolist() == [3, 1]  # the point that sets the best is left out
    assert table.loc[table["line"] == "b", "y"].tolist() == [3, 2, 0.5]


def test_an_infeasible_value_is_no_record():
    ball = bowl(feasible=Ball(radius=1.0))
    data = (
        Tables().add([0.1, 3, 2], label="a", problem=ball).add([5, 1], label="b", problem=ball, status="MAX_ITERATIONS")
    )
    table = Convergence().table(data)
    assert table.loc[table["line"] == "a", "y"].tolist() == pytest.approx([-1.9, 1])


def test_without_a_bound_below_stationarity_is_drawn():
    data = Tables().add([1, -1e20, -1e40], status="MAX_ITERATIONS")
    assert set(Convergence().table(data)["measure"]) == {"stationarity"}


def test_zeros_and_rounding_lie_on_the_floor():
    gap = [1.0, 1e-3, 0.0, -1e-18, 1e-30]
    line = lines_of(Convergence().draw(Tables().add(halving(5), suboptimality=gap)))[0]
    assert line.get_ydata() == pytest.approx([1, 1e-3, 1e-16, 1e-16, 1e-16], rel=1e-12)


def test_a_failed_run_ends_in_an_x_and_is_named():
    data = (
        Tables()
        .add(halving(9), suboptimality=halving(9))
        .add([1, 8, 64], label="far", status="DIVERGED", suboptimality=[1, 8, 64])
    )
    figure = Convergence().draw(data)
    (mark,) = marks_of(figure, "X")
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (2, 64)
    assert legend_of(figure) == ["GD", "far (DIVERGED)", "failed"]


def test_a_run_out_of_budget_ends_in_a_ring():
    figure = Convergence().draw(Tables().add(halving(9), status="MAX_ITERATIONS", suboptimality=halving(9)))
    assert [float(m.get_xdata()[0]) for m in marks_of(figure, "o")] == [8]
    assert legend_of(figure) == ["GD (MAX_ITERATIONS)", "stopped before convergence"]


def test_many_starts_become_a_median_with_a_band():
    data = Tables()
    for length, scale in zip((4, 5, 6, 7, 8), (1, 2, 3, 4, 5), strict=True):
        data.add(halving(length), suboptimality=halving(length, scale))
    table = Convergence(band=0.25).table(data)
    assert set(table["run"]) == {"median of 5"}
    ends = np.array(
        [scale * 0.5 ** min(7, length - 1) for length, scale in zip((4, 5, 6, 7, 8), (1, 2, 3, 4, 5), strict=True)]
    )
    last = table.iloc[-1]
    assert last["x"] == 7
    assert [last["low"], last["y"], last["high"]] == pytest.approx(np.quantile(ends, [0.25, 0.5, 0.75]))
    assert Convergence().draw(data).axes[0].collections


def test_long_and_short_runs_share_a_logarithmic_axis():
    data = (
        Tables()
        .add(halving(4), suboptimality=halving(4))
        .add(halving(900), suboptimality=1 / np.arange(1.0, 901), label="slow")
    )
    assert Convergence().draw(data).axes[0].get_xscale() == "symlog"
    assert Convergence(scale="linear").draw(data).axes[0].get_xscale() == "linear"


# --- trajectories ---------------------------------------------------------------------------------------------------


def test_trajectories_take_problems_of_two_variables_only():
    flat = Tables().add(halving(3), path=[[1, 1], [0.5, 0.5], [0, 0]])
    flat.add(halving(3), name="long", problem=Problem(lambda x: x @ x, start=np.ones(3)), path=np.ones((3, 3)))
    table = Trajectories().table(flat)
    assert table["x1"].tolist() == [1, 0.5, 0]
    assert set(table["panel"]) == {"bowl"}
    assert len(Trajectories().draw(flat).axes) == 1
    only_long = Tables().add(halving(2), problem=Problem(lambda x: x @ x, start=np.ones(3)), path=np.ones((2, 3)))
    assert Trajectories().draw(only_long) is None


def test_a_diverged_path_does_not_set_the_window_and_ends_on_the_frame():
    far = [[1, 1], [-3, 3], [1e8, -1e8]]
    data = (
        Tables()
        .add(halving(3), path=[[1, 1], [0.5, 0.2], [0, 0]])
        .add([1, 9, 1e9], path=far, label="far", status="DIVERGED")
    )
    figure = Trajectories().draw(data)
    axes = figure.axes[0]
    assert np.abs([*axes.get_xlim(), *axes.get_ylim()]).max() < 3
    (mark,) = marks_of(figure, "X")
    x, y = float(mark.get_xdata()[0]), float(mark.get_ydata()[0])
    at_frame = [abs(x - v) for v in axes.get_xlim()] + [abs(y - v) for v in axes.get_ylim()]
    assert min(at_frame) < 1e-9
    assert "far (DIVERGED)" in legend_of(figure)


def test_a_path_is_cut_where_it_leaves_for_good():
    window = np.array([[0.0, 0.0], [1.0, 1.0]])
    cut, left = clipped(np.array([[0.5, 0.5], [2.0, 0.5], [0.5, 0.25], [4.5, 0.25], [9.0, 9.0]]), window)
    assert left
    assert cut.tolist() == [[0.5, 0.5], [2.0, 0.5], [0.5, 0.25], [1.0, 0.25]]
    inside = np.array([[0.1, 0.1], [0.2, 0.2]])
    assert clipped(inside, window) == (pytest.approx(inside), False)


def test_a_detour_is_shown_but_does_not_dwarf_the_rest():
    valley = Valley()
    path = np.array([[-1.2, 1.0], [0.7, -3.2], [1.0, 1.0]])
    window = window_of(valley, [path], ["CONVERGED"], 0.1)
    assert window[0, 1] < -3.2
    wild = np.array([[-1.2, 1.0], [1e6, -1e6], [-1e6, 1e6], [1.0, 1.0]])
    assert np.abs(window_of(valley, [wild], ["CONVERGED"], 0.1)).max() < 20
    escaped = np.array([[1.0, 0.1], [0.0, 1e80]])
    assert np.abs(window_of(Saddle(), [escaped], ["MAX_ITERATIONS"], 0.1)).max() < 20


def test_levels_show_a_narrow_valley_and_both_sides_of_a_saddle():
    x = np.stack(np.meshgrid(np.linspace(-2, 2, 101), np.linspace(-1, 3, 101)), axis=-1).reshape(-1, 2)
    levels = levels_of(Valley().values(x), Valley(), 16)
    assert np.all(np.diff(levels) > 0)
    assert levels[0] < 1e-4 * levels[-1]
    assert levels[-1] > 500
    sides = levels_of(x[:, 0] ** 2 - x[:, 1] ** 2, Saddle(), 16)
    assert np.all(np.diff(sides) > 0)
    assert sides.min() < -1
    assert sides.max() > 1
    assert sides + sides[::-1] == pytest.approx(0)
    assert levels_of(np.full(9, 3.0), Valley(), 16).size == 0


@pytest.mark.parametrize(
    ("constraint", "inside", "outside"),
    [
        ({"feasible": Ball(radius=2.0)}, [1.4, 1.4], [1.5, 1.5]),
        ({"feasible": Box(-1.0, 1.0)}, [0.9, -0.9], [0.9, -1.1]),
        ({"bounds": (0.0, [1.0, 2.0])}, [0.5, 1.9], [0.5, 2.1]),
        ({"linear_inequality": ([[1.0, 1.0]], [1.0])}, [0.4, 0.5], [0.6, 0.5]),
        ({"inequality": lambda x: x[0] ** 2 - x[1]}, [1.0, 1.1], [1.0, 0.9]),
    ],
)
def test_the_feasible_set_is_told_from_the_rest(constraint, inside, outside):
    problem = bowl(**constraint)
    assert excess(problem, np.array([inside]))[0] < 0 < excess(problem, np.array([outside]))[0]
    data = Tables().add(halving(2), problem=problem, path=[inside, outside])
    assert "infeasible" in legend_of(Trajectories().draw(data))


def test_an_equality_constraint_is_a_line():
    problem = bowl(linear_equality=([[1.0, 1.0]], [1.0]))
    assert excess(problem, np.zeros((1, 2))) is None
    data = Tables().add(halving(2), problem=problem, path=[[1, 1], [0.5, 0.5]])
    assert "equality constraint" in legend_of(Trajectories().draw(data))


# --- steps, condition -----------------------------------------------------------------------------------------------


def test_steps_draw_the_ratio_and_mark_negative_curvature():
    data = Tables().add(halving(4), step_ratio=[np.nan, 1.0, -0.5, 2.5])
    table = Steps().table(data)
    assert table["k"].tolist() == [1, 2, 3]
    assert table["y"].tolist() == [1.0, -0.5, 2.5]
    assert table["negative"].tolist() == [False, True, False]
    figure = Steps().draw(data)
    (mark,) = marks_of(figure, "v")
    assert (mark.get_xdata().tolist(), mark.get_ydata().tolist()) == ([2], [0.5])
    assert "negative curvature" in legend_of(figure)
    low, high = figure.axes[0].get_ylim()
    assert low < 0.5
    assert high > 2.5


def test_without_the_column_the_step_is_compared_with_the_row_before():
    data = Tables().add(halving(3), step_size=[np.nan, 0.2, 0.3], optimal_step=[0.4, 0.1, 9.0])
    assert Steps().table(data)["y"].tolist() == pytest.approx([0.5, 3.0])


def test_condition_marks_an_indefinite_hessian_and_says_lower_bound():
    data = Tables().add(halving(3), condition_number=[10.0, 20.0, np.inf], inertia_negative=[0, 1, 0])
    table = ConditionAlongPath().table(data)
    assert table["y"].tolist() == [10, 20]
    assert table["negative"].tolist() == [False, True]
    figure = ConditionAlongPath().draw(data)
    assert "indefinite Hessian" in legend_of(figure)
    assert figure.axes[0].get_ylabel() == "condition number κ(H)"
    bound = Tables().add(halving(2), condition_number=[10.0, 20.0], condition_residual=[0.1, 0.1])
    assert ConditionAlongPath().draw(bound).axes[0].get_ylabel() == "lower bound of κ(H)"


def test_a_diverged_run_does_not_set_the_scale_of_the_condition():
    data = Tables().add(halving(3), condition_number=[10.0, 20.0, 30.0])
    data.add([1, 9, 99], label="far", status="DIVERGED", condition_number=[10.0, 1e50, 1e90])
    assert ConditionAlongPath().draw(data).axes[0].get_ylim()[1] < 100


# --- sweep ----------------------------------------------------------------------------------------------------------


def swept(**options):
    data = Tables()
    for condition, n in ((1.0, 2), (10.0, 40), (100.0, 400)):
        curvature = Problem(lambda x: x @ x, start=np.ones(2))
        curvature.__dict__["known"] = Facts(curvature=(1.0, condition))
        data.add(halving(n), problem=curvature, name="quadratic", settings={"problem.condition": condition}, **options)
    return data


def test_a_sweep_finds_its_setting_and_draws_the_outcome():
    table = Sweep().table(swept())
    assert table["x"].tolist() == [1, 10, 100]
    assert table["y"].tolist() == [1, 39, 399]
    assert set(table["panel"]) == {"quadratic"}
    axes = Sweep().draw(swept()).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xscale(), axes.get_yscale()) == (
        "condition",
        "iterations",
        "log",
        "log",
    )


def test_a_sweep_can_show_the_last_value_of_a_column():
    data = Tables()
    for step in (0.1, 0.2):
        data.add(halving(3), distance=[3.0, step, np.nan], settings={"optimizer.step_size": step})
    assert Sweep(x="optimizer.step_size", y="distance").table(data)["y"].tolist() == [0.1, 0.2]


def test_a_problem_that_does_not_vary_the_setting_has_no_panel_beside_those_that_do():
    data = swept()
    data.add(halving(5), name="bystander", settings={"problem.condition": 3.0})
    assert set(Sweep(x="problem.condition").table(data)["panel"]) == {"quadratic"}
    alone = Tables()
    alone.add(halving(5), name="bystander", settings={"problem.condition": 3.0})
    assert set(Sweep(x="problem.condition").table(alone)["panel"]) == {"bystander"}


def test_theory_lines_are_the_formulas():
    table = Sweep(theory="kappa", tolerance=1e-6).table(swept())
    assert table["theory"].tolist() == pytest.approx([1, np.log(1e6) / np.log(11 / 9), np.log(1e6) / np.log(101 / 99)])
    assert promise("sqrt_kappa", (1.0, 100.0), 1e-6) == pytest.approx(np.log(2e6) / np.log(11 / 9))
    assert promise("stability", (1.0, 5.0), 1e-6) == 0.4
    assert np.isnan(promise("kappa", None, 1e-6))
    assert np.isnan(promise("kappa", (-1.0, 5.0), 1e-6))
    figure = Sweep(theory="kappa").draw(swept())
    assert any("theory" in text for text in legend_of(figure))


def test_failed_runs_of_a_sweep_are_crosses():
    data = swept()
    data.add([1, 2, 3], name="quadratic", status="DIVERGED", settings={"problem.condition": 1000.0})
    (mark,) = marks_of(Sweep().draw(data), "X")
    assert (list(mark.get_xdata()), list(mark.get_ydata())) == ([1000.0], [2])


def test_failed_runs_of_a_sweep_neither_vanish_nor_stretch_the_axis():
    data = swept()
    for condition, f in ((1000.0, [1.0, 1e250]), (2000.0, [])):
        data.add(f, name="quadratic", status="NONFINITE", settings={"problem.condition": condition})
    figure = Sweep(y="f").draw(data)
    (mark,) = marks_of(figure, "X")
    assert list(mark.get_xdata()) == [1000.0, 2000.0]
    top = 10 * 0.5  # f after one halving is the greatest of the sound ones
    assert list(mark.get_ydata()) == [top, top]
    assert figure.axes[0].get_ylim()[1] < 1e30


def test_legends_show_every_label_as_it_is():
    data = Tables().add(halving(3), suboptimality=1.0, label="_hidden").add(halving(3), suboptimality=2.0, label="$a^$")
    assert [text.replace("\\$", "$").strip() for text in legend_of(Convergence().draw(data))] == ["_hidden", "$a^$"]


def test_taylor_leaves_a_gap_where_f_raises():
    def partial(x):
        if x[0] < 0.5:
            raise RuntimeError("not below one half")
        return x[0] ** 2 + x[1] ** 2

    H = 2 * np.eye(2)
    task = Problem(partial, start=np.array([3.0, 1.0]), gradient=lambda x: 2 * x, hessian=lambda x: H)
    table = Taylor().table(Tables().add([10.0], problem=task, path=[[3.0, 1.0]]).add([10.0], name="other"))
    assert np.isnan(table["truth"]).any()
    assert np.isfinite(table["truth"]).any()
    assert np.isfinite(table["model"]).all()


LONG = "a label of a user who writes down every setting of the method, and then one more setting = "


def test_long_labels_are_folded_and_keep_what_tells_them_apart():
    data = Tables()
    for i in range(8):
        data.add(halving(3), suboptimality=halving(3), label=f"{LONG}{i}")
    figure = PerformanceProfile().draw(data)
    said = legend_of(figure)
    assert len(set(said)) == 8
    assert all(str(i) in text.replace("\n", "").rpartition("=")[2] for i, text in enumerate(said))
    assert max(len(line) for text in said for line in text.split("\n")) <= 44
    assert figure.get_size_inches()[0] < 11


def test_titles_of_panels_do_not_run_into_each_other():
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    data = Tables()
    for i in range(6):
        data.add(halving(3), suboptimality=halving(3), name=f"{LONG}{i}")
    figure = Convergence().draw(data)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert len(set(titles)) == 6
    for left, right in ((0, 1), (1, 2), (3, 4), (4, 5)):
        ends, begins = (figure.axes[i]._left_title.get_window_extent() for i in (left, right))
        assert ends.x1 < begins.x0


# --- all of them ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plot", ALL, ids=lambda plot: type(plot).__name__)
def test_plots_cope_with_missing_columns_and_odd_labels(plot):
    data = Tables().add(halving(3), label="$a^$", status="ERROR", settings={"problem.n": 2})
    data.add([], label="_hidden", status="SKIPPED", settings={"problem.n": 3})
    data.add([1.0, np.nan], label="x" * 300, status="NONFINITE", settings={"problem.n": 4})
    figure = plot.draw(data)
    if figure is not None:
        figure.draw_without_rendering()
    nothing = Tables().add(halving(1), suboptimality=[np.nan])
    plot.draw(nothing)
    assert plot.caption.endswith(".")


@pytest.mark.parametrize("plot", [Convergence(), Trajectories(), Steps(), ConditionAlongPath(), Sweep(x="problem.n")])
def test_files_have_the_same_bytes_twice_and_hold_the_table(plot, tmp_path):
    columns = {"suboptimality": halving(9), "step_ratio": 1.5, "condition_number": 5.0}
    ball = bowl(feasible=Ball(radius=1.0))
    data = Tables().add(halving(9), problem=ball, path=np.eye(9, 2), settings={"problem.n": 2}, **columns)
    before = dict(mpl.rcParams)
    one, two = (save(plot, data, tmp_path / folder, "figure") for folder in ("a", "b"))
    assert [path.name for path in one] == ["figure.svg", "figure.png", "figure.pdf", "figure.csv", "figure.txt"]
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert dict(mpl.rcParams) == before
    pd.testing.assert_frame_equal(pd.read_csv(one[3]), plot.table(data), check_dtype=False)
    assert plot.caption[:20] in one[0].read_text(encoding="utf-8")


class Broken(Plot):
    def draw(self, data):
        raise RuntimeError("no ink")


def test_a_plot_that_fails_does_not_stop_the_others(tmp_path):
    data = Tables().add(halving(3), suboptimality=halving(3))
    pictures = draw_all([Broken(), Convergence(), Steps(), Convergence(x="seconds")], data, tmp_path, ("svg",))
    assert [picture.name for picture in pictures] == ["broken", "convergence", "steps", "convergence-2"]
    assert pictures[0].problem == "RuntimeError: no ink"
    assert pictures[2].problem == "the tables hold nothing to draw"
    assert sorted(path.name for path in tmp_path.glob("*.svg")) == ["convergence-2.svg", "convergence.svg"]


def test_drawing_needs_no_pyplot_and_importing_no_matplotlib():
    modules = ("convergence", "trajectories", "steps", "condition", "sweep", "save")
    code = f"""
import io, sys, {", ".join(f"optlab.plots.{name}" for name in modules)}
assert not {{"matplotlib", "pandas"}} & set(sys.modules)
from optlab.plots.performance_profile import PerformanceProfile
from optlab.plots.panels import panels
panels(2)[0].savefig(io.BytesIO(), format="svg")
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_swept_setting_of_a_method_is_one_line_and_a_panel_without_values_is_left_out():
    tables = Tables()
    for step in (0.1, 0.2):
        said = {"optimizer.step_size": step, "optimizer.beta": 0.5}
        tables.add([2.0, 1.0], label=f"gd step_size={step}, beta=0.5", settings=said, length=[1.0, 2.0])
        tables.add([2.0, 1.0], label=f"gd step_size={step}, beta=0.5", name="other", settings=said)
    table = Sweep(x="optimizer.step_size", y="length").table(tables)
    assert table["line"].unique().tolist() == ["gd, beta=0.5"]
    assert table["panel"].unique().tolist() == ["bowl"]
    assert table["x"].tolist() == [0.1, 0.2]


def test_a_step_from_the_start_straight_to_zero_goes_down():
    for end in (0.0, -4e-10):
        axes = Convergence().draw(Tables().add([4e5, 1.0], suboptimality=[4e5, end])).axes[0]
        (line,) = [line for line in axes.get_lines() if len(line.get_ydata()) == 2]
        assert line.get_ydata()[1] <= 1e-10 < line.get_ydata()[0]


def test_equalities_and_boundaries_of_inequalities_differ_without_color():
    """HS14 has one of each in the plane: both are black, one is solid."""
    from matplotlib.contour import QuadContourSet
    from matplotlib.figure import Figure

    from optlab.plots.landscape import draw_landscape

    axes = Figure().subplots()
    legend = draw_landscape(axes, optlab.problem("hs14"), np.array([[0.0, 0.0], [2.5, 2.5]]), 5)
    lines = [c for c in axes.collections if isinstance(c, QuadContourSet) and list(c.levels) == [0.0] and not c.filled]
    boundary, equality = (line.get_linestyle()[0] for line in lines)
    assert boundary[1] is None
    assert equality[1] is not None
    assert legend["equality constraint"].get_linestyle() != "-"
