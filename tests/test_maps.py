"""Basin and step-size maps: their tables against runs one by one, and what the pictures say."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

import optlab
from optlab.core.stop import Iterations, Stationary
from optlab.plots.basin_map import BasinMap, grouped, kind_of, name_of_end
from optlab.plots.step_map import StepMap


@dataclass
class Given:
    """The methods and problems of some runs, which are all that a map asks for."""

    pairs: list = field(default_factory=list)

    def add(self, problem, method, label, name="p"):
        settings = {f"optimizer.{key}": value for key, value in vars(method).items() if isinstance(value, float)}
        row = {"run": f"r{len(self.pairs)}", "problem": name, "optimizer": "o", "label": label, **settings}
        self.pairs.append((row, problem, method))
        return self

    @property
    def runs(self):
        return pd.DataFrame([row for row, *_ in self.pairs])

    @property
    def iterations(self):
        return pd.DataFrame({"run": [row["run"] for row, *_ in self.pairs]})

    def problem(self, run):
        return self.pairs[int(run[1:])][1]

    def optimizer(self, run):
        return self.pairs[int(run[1:])][2]


def gd(step):
    return optlab.optimizer("gradient_descent", step_size=step)


def texts_of(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_a_basin_map_is_that_of_runs_one_by_one():
    task = optlab.problem("three_hump_camel")
    data = Given().add(task, gd(0.02), "GD").add(task, optlab.optimizer("newton"), "Newton")
    plot = BasinMap(resolution=6, iterations=300, window=(-2.0, 2.0, -1.0, 1.0))
    table = plot.table(data)
    assert len(table) == 2 * 36
    assert table["x1"].min() == pytest.approx(-2 + 4 / 12)  # middles of cells
    letters = {}
    for row in table.itertuples():
        method = data.optimizer("r0" if row.line == "GD" else "r1")
        alone = optlab.minimize(task, method, [row.x1, row.x2], Stationary() | Iterations(300))
        assert row.status == alone.status.name
        assert row.iterations == alone.iterations
        if alone.success:
            assert np.abs(np.array([row.end1, row.end2]) - alone.x).max() < 1e-6
            letters.setdefault(row.end, []).append(alone.x)
            minimum = np.linalg.eigvalsh(task.hessian(alone.x))[0] > 0
            assert (row.kind == "minimum") == minimum
        else:
            assert row.end == "none"
            assert np.isnan(row.end1)
    assert len(letters) >= 2
    assert all(np.ptp(ends, axis=0).max() < 1e-3 for ends in letters.values())


def test_a_basin_map_says_where_runs_end_and_which_failed():
    task = optlab.problem("himmelblau")
    data = Given().add(task, gd(0.01), "short").add(task, gd(0.03), "long")
    figure = BasinMap(resolution=12, iterations=400, window=(-6.0, 6.0, -6.0, 6.0)).draw(data)
    said = " ".join(texts_of(figure))
    assert "minimum at (3, 2), f = 0" in said
    assert "DIVERGED" in said
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["short", "long"]
    letters = {text.get_text() for text in figure.axes[0].texts}
    assert letters == {"A", "B", "C", "D"}
    shaded = BasinMap(resolution=12, iterations=400, window=(-6.0, 6.0, -6.0, 6.0), shade=True).draw(data)
    plain, paler = (f.axes[0].images[0].get_array() for f in (figure, shaded))
    assert (paler >= plain - 1e-12).all()
    assert (paler > plain + 0.05).any()


def test_colors_of_a_problem_are_the_same_in_all_its_panels():
    task = optlab.problem("three_hump_camel")
    data = Given().add(task, gd(0.02), "a").add(task, gd(0.021), "b")
    figure = BasinMap(resolution=8, iterations=500, window=(-2, 2, -2, 2)).draw(data)
    one, other = (axes.images[0].get_array() for axes in figure.axes)
    assert np.array_equal(one[:, 0], other[:, 0])
    assert not np.array_equal(one[:, 0], one[:, -1])


def test_maps_have_nothing_to_draw_without_two_variables_or_the_setting():
    long = Given().add(optlab.problem("rosenbrock", n=3), gd(1e-3), "GD")
    assert BasinMap(resolution=3).draw(long) is None
    assert StepMap(resolution=3).draw(Given().add(optlab.problem("kappa5"), optlab.optimizer("newton"), "N")) is None
    bounded = Given().add(optlab.problem("hs3"), gd(1e-3), "GD")  # not for problems with bounds
    assert BasinMap(resolution=3).draw(bounded) is None


def test_a_step_map_is_that_of_runs_one_by_one_and_2_over_L_is_its_edge():
    task = optlab.problem("quadratic", n=2, condition=5.0)
    L = task.known.curvature[1]
    data = Given().add(task, gd(0.1), "GD")
    table = StepMap(resolution=9, iterations=300).table(data)
    assert table["limit"].unique() == pytest.approx([2 / L])
    assert table["x"].min() == pytest.approx(0.01 * 2 / L)
    x0, solution = task.start(), np.asarray(task.known.solution)
    for row in table.itertuples():
        start = solution + row.y * (x0 - solution)
        alone = optlab.minimize(task, gd(row.x), start, Stationary() | Iterations(300))
        assert (row.status, row.iterations) == (alone.status.name, alone.iterations)
    moved = table[table["y"] != 0]
    assert (moved.loc[moved["x"] > 2 / L, "status"] != "CONVERGED").all()
    assert (moved.loc[moved["x"].between(0.1 * 2 / L, 0.99 * 2 / L), "status"] == "CONVERGED").all()


def test_starts_lie_on_the_line_through_the_solution_and_around_what_is_known():
    task = optlab.problem("rosenbrock")
    data = Given().add(task, gd(1e-3), "GD")
    plot = StepMap(resolution=5, iterations=3)
    table = plot.table(data)
    row = table.iloc[7]
    start = np.ones(2) + row["y"] * (task.start() - 1.0)
    alone = optlab.minimize(task, gd(row["x"]), start, Iterations(3))
    assert row["f"] == pytest.approx(alone.f, rel=1e-9)
    cells = BasinMap(resolution=4, iterations=2).table(data)
    lo, hi = (cells[["x1", "x2"]].agg(side).to_numpy() for side in ("min", "max"))
    middle, size = np.array([-0.1, 1.0]), 2.2  # of start (−1.2, 1) and solution (1, 1)
    half = np.array([size / 2, 0.6 * size / 2]) + 0.35 * size
    assert lo == pytest.approx(middle - 0.75 * half)
    assert hi == pytest.approx(middle + 0.75 * half)


def test_a_step_map_takes_a_second_setting():
    task = optlab.problem("kappa5")
    method = optlab.optimizer("heavy_ball", step_size=0.1, momentum=0.5)
    data = Given().add(task, method, "HB").add(task, gd(0.1), "GD")
    plot = StepMap(y="momentum", bottom=0.0, top=0.9, low=0.05, high=0.5, resolution=5, iterations=200)
    table = plot.table(data)
    assert set(table["line"]) == {"HB"}
    row = table.iloc[7]
    alone = optlab.minimize(task, {"name": "heavy_ball", "step_size": row["x"], "momentum": row["y"]}, None,
                            Stationary() | Iterations(200))  # fmt: skip
    assert (row["status"], row["iterations"]) == (alone.status.name, alone.iterations)
    figure = plot.draw(data)
    assert figure.axes[0].get_ylabel() == "momentum"


def test_methods_that_differ_in_the_step_alone_are_one_panel():
    task = optlab.problem("kappa5")
    data = Given().add(task, gd(0.1), "short").add(task, gd(0.2), "long")
    figure = StepMap(resolution=8).draw(data)
    assert [axes.get_title(loc="left") for axes in figure.axes[:-1]] == ["gradient_descent"]
    assert "theory: 2/L" in texts_of(figure)
    assert "iterations to converge" in figure.axes[-1].get_ylabel()


@pytest.mark.parametrize(
    ("plot", "said"),
    [
        (BasinMap(window=(1.0, 0.0, 0.0, 1.0), resolution=3), "window must be"),
        (StepMap(low=1.0, high=0.1, resolution=3), "low < high"),
        (StepMap(y="momentum", resolution=3), "from where to where"),
    ],
)
def test_bad_windows_are_said(plot, said):
    data = Given().add(optlab.problem("kappa5"), optlab.optimizer("heavy_ball"), "HB")
    with pytest.raises(optlab.InputError, match=said):
        plot.draw(data)


def test_ends_are_grouped_named_and_classified():
    assert grouped(np.array([[0, 0], [1, 1], [0, 0.05], [1.05, 1]]), 0.1).tolist() == [0, 1, 0, 1]
    assert [name_of_end(i) for i in (0, 25, 26)] == ["A", "Z", "A1"]
    task = optlab.problem("himmelblau")
    assert kind_of(task, np.array([3.0, 2.0])) == "minimum"
    assert kind_of(task, np.asarray(task.known.critical_points["saddle"][0])) == "saddle"
    assert kind_of(optlab.problem("quartic"), np.zeros(optlab.problem("quartic").n)) == "degenerate point"


def test_maps_from_a_results_folder(tmp_path):
    experiment = {
        "name": "maps", "problems": ["kappa5"], "optimizers": [{"name": "gradient_descent", "step_size": 0.1}, "auto"],
        "stop": {"iterations": 5},
        "plots": [{"name": "basin_map", "resolution": 4}, {"name": "step_map", "resolution": 4}],
    }  # fmt: skip
    results = optlab.run(experiment, folder=tmp_path / "maps", progress=False, executor="serial")
    for name in ("basin_map", "step_map"):
        first = (results.folder / "figures" / f"{name}.svg").read_bytes()
        assert len(first) > 2000
        from optlab.plots.save import save

        again = save(results._plot(name, {"resolution": 4}), results, tmp_path / "again", name)
        assert again[0].read_bytes() == first
    assert results.optimizer(results.runs["run"].iloc[0]).step_size == 0.1
    with pytest.raises(optlab.InputError, match="no run"):
        results.optimizer("nothing")
