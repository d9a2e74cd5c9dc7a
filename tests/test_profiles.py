"""Profiles and tables: hand-worked cases, brute force, and what must not change the picture."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from handmade import HandMade

import optlab
from optlab.core.problem import Facts
from optlab.core.status import InputError, OptlabError
from optlab.core.user_problem import Problem
from optlab.experiment import from_dict
from optlab.kernels.bootstrap import grouped_means
from optlab.kernels.effort import gradient_equivalents
from optlab.kernels.profiles import data_costs, digits, first_hits, performance_ratios, shares, steps, wins
from optlab.plots.accuracy_profile import AccuracyProfile
from optlab.plots.data_profile import DataProfile
from optlab.plots.ecdf import RuntimeDistribution
from optlab.plots.failures import Failures
from optlab.plots.medians import Medians
from optlab.plots.pairwise import Pairwise
from optlab.plots.performance_profile import PerformanceProfile
from optlab.plots.save import save
from optlab.plots.solved import Solved
from optlab.plots.summary import Summary, written
from optlab.results import load

WORKED = np.array([[1.0, 2.0, 4.0], [6.0, 3.0, 3.0], [inf, 10.0, 5.0]])
"""Three problems, three methods: a tie in the second row, a failure in the third."""


def problem(n=2, optimum=0.0, **more):
    made = Problem(lambda x: x @ x, start=np.ones(n), **more)
    made.__dict__["known"] = Facts(optimum=optimum)
    return made


class Tables(HandMade):
    """Results made by hand."""

    def add(self, f, line, name, *, status="CONVERGED", made=None, start="standard", **columns):
        run = f"r{len(self.rows)}"
        self.problems[run] = made or problem()
        said = {"run": run, "problem": name, "optimizer": line, "label": line, "start": start, "seed": 0}
        self.rows.append(said | {"status": status, "message": ""})
        k = np.arange(len(f))
        basic = {"run": run, "k": k, "f": np.asarray(f, dtype=float), "stationarity": np.abs(f), "n_f": k + 1,
                 "n_gradient": k, "n_hessian": 0, "seconds": 0.25 * k}  # fmt: skip
        if len(f):
            self.parts.append(pd.DataFrame(basic | columns))
        return self


def falling(cost, first=1.0, last=0.0):
    """A run that reaches its minimum with its `cost`-th evaluation of f, or never."""
    if cost == inf:
        return [first] * 20
    return [first] * (int(cost) - 1) + [last]


def worked(costs=WORKED, methods="ABC", **more):
    data = Tables()
    for p, row in enumerate(costs):
        for cost, line in zip(row, methods, strict=True):
            data.add(falling(cost, 2.0 if cost == 1 else 1.0), line, f"p{p}", **more)
            if cost == 1:  # solved where it starts: the others define the fall
                data.parts[-1]["f"] = 0.0
    return data


def curves(table, x):
    return {line: list(zip(of[x], of["share"], strict=True)) for line, of in table.groupby("line", sort=False)}


# --- the mathematics ------------------------------------------------------------------------------------------------


def test_the_ratios_of_the_worked_case():
    assert performance_ratios(WORKED).tolist() == [[1, 2, 4], [2, 1, 1], [inf, 2, 1]]
    with_failures = np.vstack([WORKED, [inf, inf, inf]])
    assert performance_ratios(with_failures)[3].tolist() == [inf, inf, inf]
    assert performance_ratios(WORKED[:, :2]).tolist() == [[1, 2], [2, 1], [inf, 1]]
    assert performance_ratios(np.empty((0, 3))).shape == (0, 3)


def test_steps_and_shares_count_what_is_never_reached():
    at, share = steps(np.array([2.0, inf, 1.0, 2.0]))
    assert (at.tolist(), share.tolist()) == ([1, 2], [0.25, 0.75])
    assert steps(np.array([inf, inf]))[0].size == 0
    assert shares(np.array([2.0, inf, 1.0, 2.0]), np.array([0.5, 1.0, 2.0, 1e9])).tolist() == [0, 0.25, 0.75, 0.75]


def test_first_hits_are_those_of_a_loop():
    rng = np.random.default_rng(3)
    gaps = np.exp(rng.normal(size=40).cumsum() - np.arange(40) / 3)
    gaps[[0, 7, 20]] = nan
    effort = np.cumsum(rng.integers(1, 5, size=40)).astype(float)
    targets = np.geomspace(10, 1e-8, 30)
    loop = [next((e for gap, e in zip(gaps, effort, strict=True) if gap <= target), inf) for target in targets]
    assert first_hits(gaps, effort, targets).tolist() == loop
    assert first_hits(np.array([0.5, 0.5]), np.array([1.0, 2.0]), np.array([0.5])).tolist() == [1]
    assert first_hits(np.empty(0), np.empty(0), targets).tolist() == [inf] * 30


def test_digits_of_gaps():
    assert digits(np.array([1.0, 1e-8, 0.0, 1e-30, nan, inf, 3.0])).tolist() == pytest.approx([0, 8, 16, 16, 0, 0, 0])


def test_wins_count_ties_half_and_failures_last():
    score, decided = wins(np.array([[1.0, 2.0, 2.0, inf, inf]]))
    assert score[0].tolist() == [
        [0.5, 1, 1, 1, 1], [0, 0.5, 0.5, 1, 1], [0, 0.5, 0.5, 1, 1], [0, 0, 0, 0.5, 0.5], [0, 0, 0, 0.5, 0.5],
    ]  # fmt: skip
    assert not decided[0, 3, 4]
    assert decided[0, 0, 3]


def test_the_bootstrap_interval_is_that_of_a_proportion():
    values = (np.arange(400) % 2).astype(float)[:, None]
    mean, low, high = grouped_means(values, np.ones_like(values), np.arange(400), 4000, 0.95, 0)
    half = 1.96 * np.sqrt(0.25 / 400)
    assert mean[0] == 0.5
    assert [low[0], high[0]] == pytest.approx([0.5 - half, 0.5 + half], abs=0.004)


def test_starts_of_one_problem_do_not_narrow_the_interval():
    values = (np.arange(30) % 3 > 0).astype(float)[:, None]
    once = grouped_means(values, np.ones_like(values), np.arange(30), 500, 0.9, 1)
    tenfold = np.repeat(values, 10, axis=0)
    again = grouped_means(tenfold, np.ones_like(tenfold), np.repeat(np.arange(30), 10), 500, 0.9, 1)
    for one, other in zip(once, again, strict=True):
        assert one.tolist() == pytest.approx(other.tolist())
    nothing = grouped_means(values, np.zeros_like(values), np.arange(30), 500, 0.9, 1)
    assert np.isnan(nothing).all()


def test_gradient_equivalents_charge_every_kind():
    counts = {"f": 8, "gradient": 3, "hvp": 2, "hessian": 1, "jacobian": 1, "constraint": 4, "sample": 10}
    counts = {kind: np.array([float(many)]) for kind, many in counts.items()}
    assert gradient_equivalents(counts, n=4, terms=5).tolist() == [2 + 3 + 5 + 10 + 2.5 + 1 + 2]
    assert gradient_equivalents({"f": np.array([4.0])}, n=9).tolist() == [1]


# --- performance and data profiles ----------------------------------------------------------------------------------


def test_the_performance_profile_of_the_worked_case():
    table = PerformanceProfile(merit="f").table(worked())
    third = pytest.approx(1 / 3)
    assert curves(table, "ratio") == {
        "A": [(1, third), (2, pytest.approx(2 / 3))],
        "B": [(1, third), (2, pytest.approx(1.0))],
        "C": [(1, pytest.approx(2 / 3)), (4, pytest.approx(1.0))],
    }
    assert dict(zip(table["line"], table["solved"], strict=True)) == {"A": 2, "B": 3, "C": 3}


def test_everything_is_computed_anew_without_a_method():
    table = PerformanceProfile(merit="f", without=("C",)).table(worked())
    assert curves(table, "ratio") == {
        "A": [(1, pytest.approx(1 / 3)), (2, pytest.approx(2 / 3))],
        "B": [(1, pytest.approx(2 / 3)), (2, pytest.approx(1.0))],
    }


def test_problems_that_nobody_solves_stay_in_the_total():
    data = worked(np.vstack([WORKED, [inf, inf, inf]]))
    table = PerformanceProfile(merit="f").table(data)
    assert table.groupby("line")["share"].max().to_dict() == {"A": 0.5, "B": 0.75, "C": 0.75}
    assert set(table["instances"]) == {4}


def test_a_profile_of_nothing_solved_is_not_drawn():
    data = worked(np.full((2, 3), inf))
    for plot in (PerformanceProfile(), DataProfile(), RuntimeDistribution()):
        assert plot.draw(data) is None
    assert Solved().draw(data) is not None


def test_equal_costs_tie_for_all():
    table = PerformanceProfile(merit="f").table(worked(np.array([[3.0, 3.0, 3.0], [2.0, 2.0, 2.0]])))
    assert table["ratio"].tolist() == [1, 1, 1]
    assert table["share"].tolist() == [1, 1, 1]


def test_the_corners_of_the_picture_are_those_of_the_table():
    figure = PerformanceProfile(merit="f").draw(worked())
    axes = figure.axes[0]
    drawn = {line.get_drawstyle() for line in axes.lines}
    assert drawn == {"steps-post"}
    assert axes.lines[0].get_xdata()[:2].tolist() == [1, 2]
    assert axes.lines[0].get_ydata().tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3])
    assert axes.get_xlim() == (1, 10)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["A (33 %, 67 %)", "B (33 %, 100 %)", "C (67 %, 100 %)"]


@pytest.mark.parametrize("merit", ["f", "gradient", "evaluations", "iterations", "seconds"])
def test_a_data_profile_is_that_of_a_loop(merit):
    rng = np.random.default_rng(7)
    costs = rng.integers(2, 30, size=(8, 3)).astype(float)
    costs[rng.random(costs.shape) < 0.2] = inf
    sizes = rng.integers(1, 9, size=8)
    data = Tables()
    for p, row in enumerate(costs):
        for cost, line in zip(row, "ABC", strict=True):
            data.add(falling(cost), line, f"p{p}", made=problem(int(sizes[p])))
    spent = {
        "f": costs, "gradient": costs - 1, "iterations": costs - 1, "seconds": 0.25 * (costs - 1),
        "evaluations": 2 * costs - 1,
    }[merit]  # fmt: skip
    units = sizes + 1 if merit == "f" else np.ones(8)
    table = DataProfile(merit=merit).table(data)
    for line, of in table.groupby("line"):
        j = "ABC".index(str(line))
        for budget, share in zip(of["budget"], of["share"], strict=True):
            loop = sum(spent[p, j] / units[p] <= budget * (1 + 1e-12) for p in range(8)) / 8
            assert share == pytest.approx(loop)
        finite = [spent[p, j] / units[p] for p in range(8) if np.isfinite(spent[p, j])]
        assert set(np.round(finite, 9)) <= set(np.round(of["budget"], 9))


def test_data_costs_are_in_simplex_gradients():
    assert data_costs(np.array([[6.0, inf], [8.0, 4.0]]), np.array([3, 4])).tolist() == [[2, inf], [2, 1]]


# --- when a run counts as a success ---------------------------------------------------------------------------------


def test_tau_is_relative_to_the_fall_from_the_start():
    path = [101.0, 11.0, 2.0, 1.0009, 1.0]
    data = Tables().add(path, "A", "p", made=problem(optimum=1.0))
    for tau, cost in ((0.5, 2), (0.1, 2), (0.099, 3), (1e-5, 4), (1e-6, 5)):
        assert PerformanceProfile(merit="f", tau=tau).costs(data).to_numpy().tolist() == [[cost]], tau


def test_the_fall_is_that_to_the_minimum_not_to_zero():
    data = Tables().add([200.0, 101.0, 100.0], "A", "p", made=problem(optimum=100.0))
    for tau, cost in ((0.0101, 2), (0.0099, 3)):
        assert PerformanceProfile(merit="f", tau=tau).costs(data).to_numpy().tolist() == [[cost]], tau


@pytest.mark.parametrize("factor", [1e8, 1e-8])
def test_scaling_f_changes_nothing(factor):
    rng = np.random.default_rng(0)
    paths = [1.0 + np.exp(-np.arange(30) * rng.random()) for _ in range(6)]
    costs = []
    for by in (1.0, factor):
        data = Tables()
        for i, path in enumerate(paths):
            data.add(by * path, "AB"[i % 2], f"p{i // 2}", made=problem(optimum=by))
        costs.append(PerformanceProfile(tau=1e-3).costs(data).to_numpy())
    assert costs[0].tolist() == costs[1].tolist()


def test_an_unknown_minimum_is_the_best_found_by_the_methods_shown():
    data = Tables()
    for line, path in (("A", [10.0, 1.0, 0.0]), ("B", [10.0, 5.0, 2.0]), ("C", [10.0, 9.0, 8.0])):
        data.add(path, line, "p", made=problem(optimum=None))
    assert PerformanceProfile(merit="f", tau=0.01).costs(data).to_numpy().tolist() == [[3, inf, inf]]
    assert PerformanceProfile(merit="f", tau=0.01, without=("A",)).costs(data).to_numpy().tolist() == [[3, inf]]
    known = Tables()
    for line, path in (("B", [10.0, 5.0, 2.0]), ("C", [10.0, 9.0, 8.0])):
        known.add(path, line, "p", made=problem(optimum=0.0))
    assert PerformanceProfile(merit="f", tau=0.01).costs(known).to_numpy().tolist() == [[inf, inf]]


def test_infeasible_points_do_not_count():
    bounded = problem(bounds=(0.0, 3.0))
    data = Tables().add([4.0, 0.0, 1.0, 0.0], "A", "p", made=bounded, violation=[0.0, 1.0, 0.0, 1e-7])
    assert PerformanceProfile(merit="f").costs(data).to_numpy().tolist() == [[4]]
    assert PerformanceProfile(merit="f", feasibility=1e-9).costs(data).to_numpy().tolist() == [[inf]]
    own = Tables().add([4.0, 0.0, 1.0, 0.0], "A", "p", made=bounded, kkt_primal=[0.0, 1.0, 0.0, 0.0])
    assert PerformanceProfile(merit="f").costs(own).to_numpy().tolist() == [[4]]


@pytest.mark.parametrize(("status", "cost"), [("CONVERGED", 4), ("MAX_ITERATIONS", inf)])
def test_without_a_logged_violation_only_the_end_of_a_converged_run_counts(status, cost):
    data = Tables().add([4.0, 0.0, 1.0, 0.0], "A", "p", made=problem(bounds=(0.0, 3.0)), status=status)
    assert PerformanceProfile(merit="f").costs(data).to_numpy().tolist() == [[cost]]


def test_success_can_be_verified_convergence_or_a_small_gradient():
    data = Tables().add([8.0, 4.0, 2.0, 1.0], "A", "p").add([8.0, 1.0], "B", "p", status="TIMEOUT")
    assert PerformanceProfile(merit="f", success="converged").costs(data).to_numpy().tolist() == [[4, inf]]
    rule = PerformanceProfile(merit="f", success="stationarity", tau=0.25)
    assert rule.costs(data).to_numpy().tolist() == [[3, 2]]


def test_an_infeasible_start_is_a_scale_all_the_same():
    """Its stationarity is that of the start; where f begins at f*, or below, the fall is |f*|."""
    bounded = problem(optimum=1.0, bounds=(0.0, 3.0))
    off = {"made": bounded, "violation": [3.0, 0.0, 0.0]}
    data = Tables().add([1.0, 1.1, 1.0 + 1e-6], "A", "p", **off, stationarity=[8.0, 4.0, 2.0])
    data.add([1.0, 1.1, 1.0 + 1e-4], "B", "p", **off, stationarity=[1.0, 1.0, 0.5])
    assert PerformanceProfile(merit="f").costs(data).to_numpy().tolist() == [[3, inf]]
    rule = PerformanceProfile(merit="f", success="stationarity", tau=0.25)
    assert rule.costs(data).to_numpy().tolist() == [[3, 2]]


def test_skipped_and_absent_runs_are_unsolved():
    data = Tables().add([1.0, 0.0], "A", "p").add([], "B", "p", status="SKIPPED").add([1.0, 0.0], "A", "q")
    costs = PerformanceProfile(merit="f").costs(data)
    assert costs.to_numpy().tolist() == [[2, inf], [2, inf]]


def test_starts_are_instances_of_their_own():
    data = Tables()
    for start, cost in (("random 0", 3), ("random 1", 5)):
        data.add(falling(cost), "A", "p", start=start)
    costs = PerformanceProfile(merit="f").costs(data)
    assert [key[1] for key in costs.index] == ["random 0", "random 1"]
    assert costs["A"].tolist() == [3, 5]


def test_who_is_left_out_must_be_there():
    with pytest.raises(InputError, match="did you mean 'A'"):
        PerformanceProfile(without=("a",)).table(worked())
    with pytest.raises(InputError, match="list of methods"):
        PerformanceProfile(without="A")


@pytest.mark.parametrize("plot", [PerformanceProfile(merit="gradient", tau=1e-3), DataProfile(merit="seconds"),
                                  Medians(merit="iterations"), Pairwise(merit="f", success="converged")])  # fmt: skip
def test_captions_state_merit_and_rule(plot):
    words = {"gradient": "evaluations of the gradient", "seconds": "seconds of", "iterations": "iterations",
             "f": "evaluations of f"}[plot.merit]  # fmt: skip
    assert f"Cost is counted in {words}" in plot.caption
    assert "CONVERGED" in plot.caption if plot.success == "converged" else f"τ = {plot.tau:g}" in plot.caption
    assert "unsolved" in plot.caption


# --- runtimes over targets, accuracy --------------------------------------------------------------------------------


def test_the_runtime_distribution_is_that_of_a_loop():
    rng = np.random.default_rng(11)
    data, paths = Tables(), {}
    for p in range(5):
        first = float(rng.random() + 1)
        for line in "AB":
            path = np.concatenate([[first], first * np.exp(-rng.random() * np.arange(1, 25)) + rng.random(24) * 1e-4])
            paths[line, p] = path
            data.add(path, line, f"p{p}")
    plot = RuntimeDistribution(merit="f", easiest=0.5, hardest=1e-6, targets=17)
    goals = [0.5 * (1e-6 / 0.5) ** (i / 16) for i in range(17)]
    loop = {"A": [], "B": []}
    for (line, _), path in paths.items():
        for goal in goals:
            loop[line].append(next((k + 1 for k, f in enumerate(path) if f <= goal * path[0]), inf))
    for line, of in plot.table(data).groupby("line"):
        for runtime, share in zip(of["runtime"], of["share"], strict=True):
            assert share == pytest.approx(np.mean([r <= runtime for r in loop[line]]))
        assert set(np.array(loop[line])[np.isfinite(loop[line])]) <= set(of["runtime"])


def test_targets_must_get_harder():
    with pytest.raises(InputError, match="below easiest"):
        RuntimeDistribution(easiest=1e-3, hardest=1e-2)


def test_an_accuracy_profile_counts_digits():
    data = Tables()
    for line, ends in (("A", (1e-4, 0.0)), ("B", (1e-2, 1e-8))):
        for p, end in enumerate(ends):
            data.add([1.0, end], line, f"p{p}")
    found = curves(AccuracyProfile().table(data), "digits")
    assert found["A"] == [(0, 1), (pytest.approx(4), 1), (16, 0.5)]
    assert found["B"] == [(0, 1), (pytest.approx(2), 1), (pytest.approx(8), 0.5), (16, 0)]
    cheap = curves(AccuracyProfile(merit="f", budget=1).table(data), "digits")
    assert cheap["A"] == [(0, 1), (16, 0)]


# --- comparisons and tables -----------------------------------------------------------------------------------------


def test_pairwise_shares_by_hand():
    table = Pairwise(merit="f").table(worked()).set_index(["line", "other"])
    assert table.loc[("A", "B"), "share"] == pytest.approx(1 / 3)
    assert table.loc[("B", "C"), "share"] == pytest.approx(0.5)  # one win, one tie, one loss
    assert table.loc[("C", "A"), "share"] == pytest.approx(2 / 3)
    assert table.loc[("A", "B"), "ratio"] == pytest.approx(1.25)  # of ½ and 2, where both succeed
    assert not table["sure"].any()
    assert (table["share"] + table["share"].swaplevel().reindex(table.index)).tolist() == pytest.approx([1.0] * 6)


def test_too_few_problems_make_nobody_sure():
    costs = np.tile([2.0, 3.0], (5, 1))
    assert not Pairwise(merit="f").table(worked(costs, "AB"))["sure"].any()
    assert Pairwise(merit="f").table(worked(np.tile([2.0, 3.0], (6, 1)), "AB"))["sure"].all()
    assert Pairwise(merit="f").summary(worked(np.tile([2.0, 3.0], (6, 1)), "AB")).frame["B"].tolist() == ["100*", ""]


def test_solved_counts_by_accuracy_and_by_status():
    data = Tables().add([1.0, 1e-2, 1e-4], "A", "p").add([1.0, 0.5], "B", "p", status="MAX_ITERATIONS")
    data.add([1.0, 0.0], "A", "q", status="STALLED").add([1.0, 1e-2], "B", "q")
    frame = Solved(taus=(0.1, 1e-3)).summary(data).frame
    assert frame.to_dict("list") == {"method": ["A", "B"], "τ = 10⁻¹": [2, 1], "τ = 10⁻³": [2, 0], "converged": [1, 1],
                                     "of": [2, 2]}  # fmt: skip
    for wrong in ((), (2.0,), "x"):
        with pytest.raises(InputError, match="between 0 and 1"):
            Solved(taus=wrong)


def test_medians_count_failures_as_infinite():
    table = Medians(merit="f").table(worked()).set_index("line")
    assert table["median"].to_dict() == {"A": 6, "B": 3, "C": 4}
    assert table.loc["A", "high"] == inf
    assert table["on_common"].to_dict() == {"A": 3.5, "B": 2.5, "C": 3.5}
    assert set(table["common"]) == {2}
    wide = Medians(merit="f", by="problem").summary(worked()).frame
    assert wide.set_index("problem").to_numpy().tolist() == WORKED.tolist()


def test_failures_by_status():
    data = Tables().add([1.0], "A", "p").add([1.0], "A", "q", status="TIMEOUT").add([], "B", "p", status="SKIPPED")
    frame = Failures().summary(data).frame
    assert frame.to_dict("list") == {"method": ["A", "B"], "CONVERGED": [1, 0], "TIMEOUT": [1, 0], "SKIPPED": [0, 1],
                                     "runs": [2, 1]}  # fmt: skip


@pytest.mark.parametrize("plot", [Pairwise(), Medians(), Solved(), Failures()], ids=lambda plot: type(plot).__name__)
@pytest.mark.parametrize("methods", ["AB", ["a long label that goes on and on and on", "b"]])
def test_nothing_of_a_grid_is_cut_off(plot, methods):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from optlab.plots import style

    figure = plot.draw(worked(WORKED[:, :2], methods))
    with style.applied():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        box = figure.get_tightbbox(canvas.get_renderer())
    width, height = figure.get_size_inches()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02


def test_a_summary_in_every_form():
    summary = Summary(pd.DataFrame({"method": ["a_b & $c", "d|e"], "τ": [1.23456, inf], "n": [3, 40]}), "What it is.")
    assert summary.text() == "method        τ   n\na_b & $c  1.235   3\nd|e           ∞  40\n"
    assert summary.markdown() == (
        "| method | τ | n |\n| --- | ---: | ---: |\n| a_b & $c | 1.235 | 3 |\n| d\\|e | ∞ | 40 |\n"
    )
    latex = summary.latex()
    assert r"a\_b \& \$c & 1.235 & 3 \\" in latex
    assert r"method & $\tau$ & n \\" in latex
    assert latex.startswith("\\begin{tabular}{lrr}\n\\toprule")
    assert summary.csv().splitlines() == ["method,τ,n", "a_b & $c,1.23456,3", "d|e,inf,40"]
    assert "<caption>What it is.</caption>" in summary._repr_html_()
    assert "a_b &amp; $c" in summary._repr_html_()
    assert [written(v) for v in (nan, None, -inf, 0.1, 12345.678, "x")] == ["—", "—", "−∞", "0.1", "1.235e+04", "x"]


def test_tables_are_written_beside_their_pictures(tmp_path):
    files = save(Solved(), worked(), tmp_path, "solved", ("pdf",))
    assert [path.name for path in files] == ["solved.pdf", "solved.csv", "solved.tex", "solved.md", "solved.txt"]
    assert (tmp_path / "solved.tex").read_text(encoding="utf-8") == Solved().summary(worked()).latex()


# --- from a results folder and from YAML ----------------------------------------------------------------------------

EXPERIMENT = {
    "name": "small",
    "problems": ["kappa5", "rosenbrock"],
    "optimizers": [{"name": "gradient_descent", "step_size": 0.3, "label": "GD"}, {"name": "bfgs", "label": "BFGS"}],
    "stop": {"iterations": 60},
    "plots": [{"name": "performance_profile", "merit": "gradient", "without": ["GD"]}, "solved"],
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profiles") / "small"
    optlab.run(EXPERIMENT, folder=folder, executor="serial", progress=False)
    return load(folder)


def test_results_plot_and_tabulate(results):
    figure = results.plot("performance_profile", merit="f", tau=1e-3)
    assert len(figure.axes[0].lines) == 2
    bundle = figure._repr_mimebundle_()
    assert "<svg" in bundle["image/svg+xml"]
    assert results.table("solved", taus=[1e-3]).frame["τ = 10⁻³"].tolist() == [1, 2]
    assert "line" in results.table("performance_profile").frame
    html = results._repr_html_()
    assert "4 runs on 2 problems" in html
    assert "CONVERGED" in html
    with pytest.raises(InputError, match="did you mean 'performance_profile'"):
        results.plot("performance_profil")
    with pytest.raises(InputError, match="did you mean 'gradient'"):
        results.plot("performance_profile", merit="gradiant")
    with pytest.raises(InputError, match="tau must be > 0 and < 1"):
        results.table("performance_profile", tau=2.0)


def test_the_experiment_draws_them(results):
    there = {path.name for path in (results.folder / "figures").iterdir()}
    assert {"performance_profile.svg", "performance_profile.csv", "solved.svg", "solved.tex", "solved.md"} <= there
    drawn = pd.read_csv(results.folder / "figures" / "performance_profile.csv")
    assert set(drawn["line"]) == {"BFGS"}


@pytest.mark.parametrize(
    ("plot", "said"),
    [
        ({"name": "performance_profile", "merit": "gradiant"}, "did you mean 'gradient'"),
        ({"name": "ecdf", "targets": 1}, "targets must be >= 2"),
        ({"name": "solved", "taus": [0.1, 2]}, "between 0 and 1"),
        ({"name": "pairwise", "confidence": 1.0}, "confidence must be"),
        ({"name": "data_profile", "units": "one"}, "did you mean 'unit'"),
    ],
)
def test_options_in_yaml_are_validated(plot, said):
    with pytest.raises(OptlabError, match=said):
        from_dict(EXPERIMENT | {"plots": [plot]})
