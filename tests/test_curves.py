"""Curves with bands and measured slopes, and the instruments along a path; files of every plot."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from handmade import HandMade
from matplotlib.transforms import Bbox

import optlab
from optlab.core.plot import Plot
from optlab.core.problem import Facts
from optlab.core.user_problem import Problem
from optlab.kernels.bands import common_grid, on_grid, quantiles
from optlab.kernels.convergence_orders import guide, kappa_rate, promised, speed
from optlab.plots._speeds import words
from optlab.plots.accuracy_profile import AccuracyProfile
from optlab.plots.condition import ConditionAlongPath
from optlab.plots.convergence import Convergence
from optlab.plots.cosine import CosineAlongPath
from optlab.plots.data_profile import DataProfile
from optlab.plots.ecdf import RuntimeDistribution
from optlab.plots.eigenvalues import Eigenvalues
from optlab.plots.failures import Failures
from optlab.plots.inertia import InertiaAlongPath
from optlab.plots.medians import Medians
from optlab.plots.multipliers import Multipliers
from optlab.plots.pairwise import Pairwise
from optlab.plots.performance_profile import PerformanceProfile
from optlab.plots.save import save
from optlab.plots.solved import Solved
from optlab.plots.step_sensitivity import StepSensitivity, stable_step
from optlab.plots.steps import Steps
from optlab.plots.sweep import Sweep

ALL = [
    AccuracyProfile(), ConditionAlongPath(), Convergence(), Convergence(theory="auto"), CosineAlongPath(),
    DataProfile(), Eigenvalues(), Failures(), InertiaAlongPath(), Medians(), Medians(by="problem"), Multipliers(),
    Pairwise(), PerformanceProfile(), RuntimeDistribution(), Solved(), StepSensitivity(), Steps(), Sweep(),
]  # fmt: skip


def bowl(optimum=0.0, curvature=None, certificate="", **more):
    made = Problem(lambda x: x[0] ** 2 + 5 * x[1] ** 2, start=[1.0, 1.0], **more)
    made.__dict__["known"] = Facts(optimum=optimum, curvature=curvature, certificate=certificate)
    return made


class Tables(HandMade):
    """Results made by hand."""

    def add(self, f, line="GD", name="bowl", *, status="CONVERGED", made=None, path=None, settings=None, **columns):
        run = f"r{len(self.rows)}"
        f = np.asarray(f, dtype=float)
        self.problems[run] = made or bowl()
        self.paths[run] = np.ones((len(f), 2)) if path is None else np.asarray(path, dtype=float)
        said = {"run": run, "problem": name, "optimizer": line, "label": line, "start": f"random {len(self.rows)}"}
        said |= {"seed": 0, "status": status, "message": "", "iterations": max(0, len(f) - 1)}
        self.rows.append(said | (settings or {}))
        k = np.arange(len(f))
        basic = {"run": run, "k": k, "f": f, "stationarity": np.abs(f), "n_f": 2 * k + 1, "n_gradient": k + 1,
                 "seconds": 0.5 * k}  # fmt: skip
        if len(f):
            self.parts.append(pd.DataFrame(basic | columns))
        return self


def geometric(rate, many, first=1.0):
    return first * rate ** np.arange(many)


def texts_of(figure, axes=0):
    return "\n".join(text.get_text() for text in figure.axes[axes].texts)


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def marks_of(figure, marker, axes=0):
    return [line for line in figure.axes[axes].lines if line.get_marker() == marker and line.get_linestyle() == "None"]


# --- how fast errors fall -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 4 / 9, 0.9, 0.9985])
def test_a_geometric_sequence_is_linear_with_its_rate(rate):
    found = speed(geometric(rate, 60))
    assert found.kind == "linear"
    assert found.rate == pytest.approx(rate)
    assert found.order == pytest.approx(1.0)


@pytest.mark.parametrize(("order", "kind"), [(2.0, "quadratic"), (1.9, "quadratic"), (1.6, "superlinear")])
def test_the_order_is_that_of_the_recursion(order, kind):
    e = [0.3]
    while e[-1] > 1e-60:
        e.append(0.7 * e[-1] ** order)
    found = speed(np.array(e))
    assert found.kind == kind
    assert found.order == pytest.approx(order)


def test_a_power_law_is_sublinear():
    found = speed(1 / np.arange(1.0, 300) ** 2)
    assert found.kind == "sublinear"
    assert found.power == pytest.approx(2.0, rel=0.02)


def test_what_stands_still_or_is_too_short_gets_no_rate():
    assert speed(np.full(50, 3.0)).kind == "none"
    assert speed(np.array([1.0, 10.0, 100.0, inf])).kind == "none"
    assert speed(np.array([1.0, 0.1])).kind == "short"
    assert speed(np.array([1.0, 0.1, 0.01, nan, 0.001])).kind == "short"
    assert speed(np.concatenate([geometric(0.5, 10), np.full(40, 2.0**-9)])).kind == "none"


def test_errors_of_rounding_size_are_left_out():
    e = np.concatenate([geometric(0.1, 12), 1e-16 * (1 + np.arange(40) % 3)])
    found = speed(e, floor=1e-13)
    assert (found.kind, found.end) == ("linear", 12)
    assert found.rate == pytest.approx(0.1)


def test_a_late_change_of_pace_is_measured_at_the_end():
    e = np.concatenate([geometric(0.999, 290), 0.999**290 * geometric(0.2, 40)])
    assert speed(e).rate == pytest.approx(0.2, rel=0.2)


def test_errors_that_swing_or_scatter_keep_their_rate():
    """Heavy ball's errors are a cosine under an envelope; what only scatters about a level makes no progress."""
    k = np.arange(200.0)
    swinging = speed(0.9**k * np.abs(np.cos(0.7 * k)))
    assert swinging.kind == "linear"
    assert swinging.rate == pytest.approx(0.9, rel=0.01)
    assert speed(0.9**k * np.where(k % 2, 1.0, 0.3)).rate == pytest.approx(0.9, rel=1e-3)
    scattered = np.exp(np.random.default_rng(0).standard_normal(200))
    assert speed(0.8 ** k[:60] * scattered[:60]).rate == pytest.approx(0.8, rel=0.1)
    assert speed(0.5**k + 1e-6 * scattered).kind == "none"


def test_guides_follow_their_recursion():
    e = geometric(0.3, 9, 5.0)
    assert guide(e, 1.0) == pytest.approx(e)
    quadratic = np.array([0.5 ** (2.0**k) for k in range(6)])
    assert guide(quadratic, 2.0) == pytest.approx(quadratic)
    assert promised(1.0, 0.5, 1.0, 4) == pytest.approx([1, 0.5, 0.25, 0.125], rel=1e-14)
    assert promised(1.0, 0.5, 2.0, 4) == pytest.approx([1, 0.5, 0.125, 0.5**7], rel=1e-14)  # falls by ρ, ρ², ρ⁴


def test_the_kappa_rate():
    assert kappa_rate((1.0, 5.0), squared=True) == pytest.approx(4 / 9)
    assert kappa_rate((1.0, 5.0), squared=False) == pytest.approx(2 / 3)
    assert np.isnan([kappa_rate(None, True), kappa_rate((0.0, 5.0), True), kappa_rate((-1.0, 5.0), True)]).all()


def test_verdicts_name_numbers():
    linear = speed(geometric(0.5, 30))
    assert words([linear], "auto", nan) == "linear, × 0.5 per iteration"
    assert words([linear], "auto", 0.5) == "linear, × 0.5 per iteration, within the κ bound 0.5"
    assert words([linear], "auto", 0.4) == "linear, × 0.5 per iteration, slower than the κ bound 0.4"
    assert words([linear], "quadratic", nan) == "linear, × 0.5 per iteration: not quadratic"
    assert words([linear, linear, speed(np.ones(9))], "auto", nan) == "linear, × 0.5 per iteration (2 of 3 runs)"
    quadratic = speed(np.array([0.5 ** (2.0**k) for k in range(7)]))
    assert words([quadratic], "linear", nan) == "quadratic, order 2.00: linear or faster"
    assert words([quadratic], "quadratic", nan) == "quadratic, order 2.00: quadratic"


# --- bands ----------------------------------------------------------------------------------------------------------


def test_runs_on_a_grid_are_carried_or_cut():
    x, y = np.array([1.0, 3.0]), np.array([5.0, 4.0])
    at = np.array([0.0, 1.0, 2.9, 3.0, 7.0])
    assert on_grid(x, y, at).tolist()[1:] == [5, 5, 4, 4]
    assert np.isnan(on_grid(x, y, at)[0])
    assert np.isnan(on_grid(x, y, at, carried=False)[[0, 4]]).all()


def test_quantiles_are_numpys_and_never_between_infinities():
    rng = np.random.default_rng(2)
    stack = rng.random((7, 20))
    assert quantiles(stack, [0.25, 0.5, 0.9]) == pytest.approx(np.quantile(stack, [0.25, 0.5, 0.9], axis=0))
    some = np.array([[1.0, nan, inf], [2.0, nan, inf], [3.0, 7.0, 1.0]])
    assert quantiles(some, [0.5])[0].tolist() == pytest.approx([2.0, nan, inf], nan_ok=True)
    assert quantiles(np.array([[1.0], [inf]]), [0.25, 1.0]).ravel().tolist() == [inf, inf]


def test_a_common_grid_begins_where_all_have_begun():
    several = [np.array([1.0, 2.0, 5.0]), np.array([2.0, 3.0])]
    assert common_grid(several, 9, False).tolist() == [2, 3, 5]
    long = common_grid([np.arange(1000.0), np.arange(5.0, 3000.0)], 50, True)
    assert (long[0], long[-1]) == (5, 2999)
    assert len(long) <= 52


def starts(ended="carried", lengths=(3, 4, 5, 6, 9), **more):
    data = Tables()
    for i, length in enumerate(lengths):
        data.add(geometric(0.5, length, 1.0 + i), **more)
    return Convergence(ended=ended).table(data)


def test_cut_runs_stop_counting_and_the_median_ends_with_half_of_them():
    table = starts("cut")
    assert table["x"].max() == 4  # three of five runs have an iteration 4
    at = table.set_index("x")["y"]
    assert at[3] == pytest.approx(np.median([s * 0.5**3 for s in (2, 3, 4, 5)]))
    assert starts("carried")["x"].max() == 8
    assert starts("carried").set_index("x")["y"][8] == pytest.approx(
        np.median([s * 0.5 ** (n - 1) for s, n in zip((1, 2, 3, 4, 5), (3, 4, 5, 6, 9), strict=True)])
    )


def test_every_run_of_a_band_that_did_not_converge_is_marked_and_named():
    data = Tables()
    for status in ("CONVERGED", "CONVERGED", "DIVERGED", "TIMEOUT", "MAX_ITERATIONS", "ERROR"):
        data.add(geometric(0.5, 6), status=status)
    figure = Convergence().draw(data)
    assert [len(marks_of(figure, m)) for m in "Xso"] == [2, 1, 1]
    legend = legend_of(figure)
    assert legend[0] == "GD (1 of 6 DIVERGED, 1 of 6 TIMEOUT, 1 of 6 MAX_ITERATIONS, 1 of 6 ERROR)"
    assert legend[1:] == ["failed", "out of time", "stopped before convergence"]


# --- curves with theory ---------------------------------------------------------------------------------------------


def test_runs_that_never_began_do_not_improve_a_median():
    data = Tables()
    for value in (1.0, 2.0, 3.0, 4.0, 5.0):
        data.add([8.0, value])
    sound = Convergence(y="f").table(data)
    for _ in range(2):
        data.add([], status="NONFINITE")
    table = Convergence(y="f").table(data)
    assert sound.loc[sound["run"] == "median of 5", "y"].tolist() == [8.0, 3.0]
    assert table.loc[table["run"] == "median of 7", "y"].tolist() == [8.0, 4.0]
    assert table.loc[table["run"] == "median of 7", "high"].tolist()[-1] == np.inf
    data.add([], status="SKIPPED")
    assert "median of 7" in set(Convergence(y="f").table(data)["run"])
    assert Convergence(y="f").draw(data) is not None


def test_f_star_and_how_it_is_known_are_said():
    for made, label in (
        (bowl(-3.0, certificate="closed form"), "f − f*, f* = −3 (known)"),
        (bowl(2.5, certificate="best known: published"), "f − f*, f* = 2.5 (best known)"),
        (bowl(None), "f − best f found (not proven)"),
        (bowl(0.0, bounds=(0.0, 1.0)), "|f − f*|, f* = 0 (known)"),
    ):
        figure = Convergence().draw(Tables().add([4.0, 3.0, 2.75], made=made))
        assert figure.axes[0].get_ylabel() == label


def test_an_infeasible_value_below_f_star_is_not_drawn_as_the_best():
    data = Tables().add([4.0, -1.0, 0.25], made=bowl(0.0, bounds=(0.0, 3.0)), suboptimality=[4.0, -1.0, 0.25])
    assert Convergence().table(data)["y"].tolist() == [4, 1, 0.25]


def test_the_slope_is_written_and_the_bound_drawn():
    made = bowl(0.0, (1.0, 5.0))
    data = Tables().add(geometric(4 / 9, 30), "steepest", made=made).add(geometric(0.6, 30), "slow", made=made)
    plot = Convergence(theory="auto")
    figure = plot.draw(data)
    said = " ".join(texts_of(figure).split())
    assert "steepest: linear, × 0.4444 per iteration, within the κ bound 0.4444" in said
    assert "slow: linear, × 0.6 per iteration, slower than the κ bound 0.4444" in said
    table = plot.table(data)
    bound = table[table["run"] == "κ bound"]
    assert np.asarray(bound["y"]) == pytest.approx((4 / 9) ** np.asarray(bound["x"]))
    over = table[(table["run"] == "theory") & (table["line"] == "slow")]
    assert np.asarray(over["y"]) == pytest.approx(0.6 ** np.asarray(over["x"]))
    assert legend_of(figure) == ["steepest", "slow", "theory: measured order", "theory: ((κ − 1)/(κ + 1))²ᵏ"]
    speeds = plot.speeds(data).set_index("line")
    assert speeds["rate"].tolist() == pytest.approx([4 / 9, 0.6])
    assert speeds["bound"].tolist() == pytest.approx([4 / 9, 4 / 9])


def test_the_bound_of_lengths_is_the_root_of_that_of_f():
    data = Tables().add(geometric(0.5, 30), made=bowl(0.0, (1.0, 5.0)), distance=geometric(0.5, 30))
    bound = Convergence(y="distance", theory="kappa").table(data)
    bound = bound[bound["run"] == "κ bound"]
    assert np.asarray(bound["y"]) == pytest.approx((2 / 3) ** np.asarray(bound["x"]))


def test_there_is_no_theory_against_anything_but_iterations():
    data = Tables().add(geometric(0.5, 30), made=bowl(0.0, (1.0, 5.0)))
    assert set(Convergence(theory="auto", x="seconds").table(data)["run"]) == {"r0"}
    assert "bound" not in Convergence(theory="auto", x="seconds").caption


def test_effort_in_gradient_equivalents():
    table = Convergence(x="gradient_equivalents").table(Tables().add([3.0, 2.0, 1.0]))
    assert table["x"].tolist() == [1.25, 2.75, 4.25]  # ¼(2k + 1) + (k + 1)


def test_on_the_bowl_steepest_descent_meets_the_bound_and_newton_needs_one_step(tmp_path):
    results = optlab.run(
        {
            "name": "bowl",
            "problems": ["kappa5", "rosenbrock"],
            "optimizers": [{"name": "gradient_descent_optimal_step", "label": "GD"}, "newton_damped"],
            "stop": {"stationarity": 1e-10, "iterations": 100},
            "columns": ["suboptimality", "cosine", "condition_number", "inertia"],
        },
        folder=tmp_path / "bowl", executor="serial", progress=False,
    )  # fmt: skip
    speeds = Convergence(theory="auto").speeds(results).set_index(["panel", "line"])
    assert speeds.loc[("kappa5", "GD"), "rate"] == pytest.approx(4 / 9)
    assert speeds.loc[("rosenbrock", "newton_damped"), "kind"] == "quadratic"
    eigenvalues = Eigenvalues().table(results)
    on_bowl = eigenvalues[eigenvalues["panel"] == "kappa5"]
    assert set(on_bowl["lowest"].round(9)) == {1.0}
    assert set(on_bowl["highest"].round(9)) == {5.0}
    steepest = CosineAlongPath().table(results)
    steepest = steepest[(steepest["line"] == "GD") & (steepest["panel"] == "kappa5") & (steepest["k"] < 20)]
    assert np.asarray(steepest["y"]) == pytest.approx(1.0)
    for name in ("convergence", "cosine", "eigenvalues", "inertia"):
        assert results.plot(name) is not None


# --- instruments ----------------------------------------------------------------------------------------------------


def test_uphill_steps_are_marked():
    data = Tables().add(geometric(0.5, 4), cosine=[nan, 1.0, -0.5, 0.2])
    figure = CosineAlongPath().draw(data)
    (mark,) = marks_of(figure, "v")
    assert (mark.get_xdata().tolist(), mark.get_ydata().tolist()) == ([2], [-0.5])
    assert figure.axes[0].get_yscale() == "linear"


def test_eigenvalues_of_both_signs_share_an_axis():
    data = Tables().add(geometric(0.5, 3), eigenvalue_min=[-2.0, -1e-3, 0.5], eigenvalue_max=[3.0, 30.0, 300.0],
                        inertia_negative=[1, 1, 0])  # fmt: skip
    table = Eigenvalues().table(data)
    assert table[["lowest", "highest", "negative"]].to_numpy().tolist() == [[-2, 3, 1], [-1e-3, 30, 1], [0.5, 300, 0]]
    figure = Eigenvalues().draw(data)
    assert figure.axes[0].get_yscale() == "symlog"
    (mark,) = marks_of(figure, "v")
    assert mark.get_ydata().tolist() == [-2, -1e-3]
    positive = Tables().add(geometric(0.5, 2), eigenvalue_min=[1.0, 2.0], eigenvalue_max=[3.0, 4.0])
    assert Eigenvalues().draw(positive).axes[0].get_yscale() == "log"


def test_inertia_leaves_out_what_is_convex_throughout():
    data = Tables().add(geometric(0.5, 3), inertia_negative=[2, 1, 0], name="saddle")
    data.add(geometric(0.5, 3), inertia_negative=[0, 0, 0], name="convex")
    assert InertiaAlongPath().table(data)["y"].tolist() == [2, 1, 0, 0, 0, 0]
    assert [axes.get_title(loc="left") for axes in InertiaAlongPath().draw(data).axes] == ["saddle"]


def swept(fixed=None, **more):
    data = Tables()
    for step in (0.05, 0.1, 0.5):
        good = step < 0.4
        data.add(geometric(1 - 2 * step, 10) if good else geometric(5.0, 4), made=fixed,
                 status="CONVERGED" if good else "DIVERGED",
                 settings={"optimizer.step_size": step}, **more)  # fmt: skip
    return data


def test_step_sensitivity_shows_both_outcomes_and_the_limit():
    table = StepSensitivity().table(swept(bowl(0.0, (1.0, 5.0))))
    assert table["step"].tolist() == [0.05, 0.1, 0.5]
    assert table["final"].tolist() == pytest.approx([0.9**9, 0.8**9, 125.0])
    assert table["iterations"].tolist() == [9, 9, 3]
    assert set(table["limit"]) == {0.4}
    figure = StepSensitivity().draw(swept(bowl(0.0, (1.0, 5.0))))
    assert len(figure.axes) == 2
    assert legend_of(figure) == ["GD (1 of 3 DIVERGED)", "theory: 2/L", "failed"]
    for axes in (0, 1):
        (mark,) = marks_of(figure, "X", axes)
        assert mark.get_xdata().tolist() == [0.5]
    assert StepSensitivity().draw(Tables().add([1.0, 0.5], settings={"optimizer.step_size": 0.1})) is None


def test_the_stable_step_is_that_of_the_solution_where_curvature_changes():
    quartic = Problem(lambda x: x[0] ** 2 + 5 * x[1] ** 2 + x[0] ** 4, start=[1.0, 1.0])
    quartic.__dict__["known"] = Facts(solution=(0.0, 0.0), optimum=0.0)
    assert stable_step(quartic) == pytest.approx(0.2)
    assert np.isnan(stable_step(bowl(None)))
    assert np.isnan(stable_step(bowl(0.0, (-3.0, -1.0))))


def half_plane(**more):
    """The least x₁² + x₂² with x₁ + x₂ ≥ 2: λ = 2 at (1, 1)."""
    made = Problem(lambda x: x @ x, start=[3.0, 0.0], linear_inequality=([[-1.0, -1.0]], [-2.0]), **more)
    made.__dict__["known"] = Facts(optimum=2.0, solution=(1.0, 1.0), multipliers=((2.0,), ()))
    return made


def test_multipliers_are_recovered_where_none_were_recorded():
    path = [[3.0, 3.0], [2.0, 0.0], [1.0, 1.0]]
    data = Tables().add([18.0, 4.0, 2.0], "m", made=half_plane(), path=path)
    table = Multipliers().table(data)
    assert set(table["source"]) == {"recovered from the problem"}
    assert table["active"].tolist() == [0, 1, 1]
    assert table["multiplier"].iloc[-1] == pytest.approx(2.0)
    assert set(table["known"]) == {2.0}
    recorded = Tables().add([18.0, 4.0, 2.0], "m", made=half_plane(), path=path, **{"lam[0]": [0.0, 1.0, 1.9]})
    assert Multipliers().table(recorded)["multiplier"].tolist() == [0, 1, 1.9]
    assert Multipliers(source="recovered").table(recorded)["multiplier"].iloc[-1] == pytest.approx(2.0)
    assert Multipliers(source="recorded").table(data).empty
    figure = Multipliers().draw(data)
    assert "active at the end: linear g 1, found at iteration 1" in texts_of(figure)
    assert Multipliers().draw(Tables().add([1.0, 0.5])) is None


# --- all of them ----------------------------------------------------------------------------------------------------


def everything(methods=8):
    """Two problems, several methods, failures, every column."""
    rng = np.random.default_rng(5)
    data = Tables()
    statuses = ["CONVERGED", "MAX_ITERATIONS", "TIMEOUT", "DIVERGED"]
    for name, made in (("bowl", bowl(0.0, (2.0, 10.0))), ("half plane", half_plane())):
        for i in range(methods):
            many = 24 + 12 * i
            base = made.known.optimum
            f = base + geometric(0.5 + 0.05 * i, many, 2.0)
            path = np.column_stack([1 + geometric(0.7, many), 1 + geometric(0.6, many)])
            columns = {
                "suboptimality": f - base, "cosine": rng.random(many), "step_ratio": 0.2 + rng.random(many) * 3,
                "condition_number": 1 + rng.random(many) * 9, "eigenvalue_min": rng.random(many) - 0.2,
                "eigenvalue_max": 5 + rng.random(many), "inertia_negative": rng.integers(0, 2, many),
                "violation": 0.0, "lam[0]": 2 - geometric(0.5, many),
            }  # fmt: skip
            data.add(f, f"method_number_{i % 8}", name, status=statuses[i % 4], made=made, path=path,
                     settings={"optimizer.step_size": 0.1 * (1 + i)}, **columns)  # fmt: skip
    for row in data.rows:
        row["start"] = "standard"
    return data


def swept_everything(methods):
    data = everything(methods)
    for row in data.rows:
        row["label"] = row["optimizer"] = "GD"
    return data


def drawn_from(plot, methods=8):
    return swept_everything(methods) if isinstance(plot, (StepSensitivity, Sweep)) else everything(methods)


def name_of_case(plot: Plot):
    return type(plot).__name__ + ("-theory" if getattr(plot, "theory", "none") == "auto" else "") + (
        "-problem" if getattr(plot, "by", "") == "problem" else "")  # fmt: skip


@pytest.mark.parametrize("plot", ALL, ids=name_of_case)
def test_files_have_the_same_bytes_twice(plot, tmp_path):
    data = drawn_from(plot, 4)
    one, two = (save(plot, data, tmp_path / folder, "figure", ("svg", "pdf")) for folder in ("a", "b"))
    assert one[0].stat().st_size > 2000
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name
    assert one[2].read_text() == plot.table(data).to_csv(index=False, lineterminator="\n")


@pytest.mark.parametrize("plot", ALL, ids=name_of_case)
def test_the_legend_and_the_panels_do_not_overlap(plot):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from optlab.plots import style

    figure = plot.draw(drawn_from(plot))
    assert figure is not None
    canvas = FigureCanvasAgg(figure)
    with style.applied():
        canvas.draw()
        renderer = canvas.get_renderer()
        boxes = [axes.get_tightbbox(renderer) for axes in figure.axes]
        boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
        page = Bbox([[-1, -1], [figure.bbox.width + 1, figure.bbox.height + 1]])
        for i, box in enumerate(boxes):
            assert page.containsx(box.x0)
            assert page.containsx(box.x1), (i, box, page)
            assert page.containsy(box.y0)
            assert page.containsy(box.y1)
            for other in boxes[i + 1 :]:
                shared = Bbox.intersection(box, other)
                assert shared is None or min(shared.width, shared.height) < 2, (i, box, other)


@pytest.mark.parametrize("plot", ALL, ids=name_of_case)
def test_plots_cope_with_missing_columns_and_odd_labels(plot):
    data = Tables().add(geometric(0.5, 3), "$a^$", status="ERROR", settings={"problem.n": 2})
    data.add([], "_hidden", status="SKIPPED", settings={"problem.n": 3})
    data.add([1.0, np.nan], "x" * 300, status="NONFINITE", settings={"problem.n": 4})
    figure = plot.draw(data)
    if figure is not None:
        figure.draw_without_rendering()
    plot.draw(Tables().add([1.0], suboptimality=[np.nan]))
    assert plot.caption.endswith(".")
