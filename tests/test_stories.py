"""Trajectories with what happened on the way, active constraints, small multiples, animations."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import optlab
from optlab.experiment import from_dict
from optlab.plots._feasible import ACTIVE_WORDS
from optlab.plots._paths import LEFT, SHORT_OF, events_of, kind_said
from optlab.plots.animation import moments, palette_of
from optlab.plots.basin_map import BasinMap
from optlab.plots.kkt_geometry import KktGeometry
from optlab.plots.landscape import UNKNOWN
from optlab.plots.trajectories import Trajectories
from optlab.runner import execute


@pytest.fixture(scope="module")
def run_of(tmp_path_factory):
    """Run methods on problems, all columns that a story uses."""

    def run(problems, optimizers, **more):
        experiment = {"name": "s", "problems": problems, "optimizers": optimizers, "columns": ["critical_point"],
                      "stop": {"stationarity": 1e-8, "iterations": 200}, **more}  # fmt: skip
        folder = tmp_path_factory.mktemp("s") / "s"
        return execute(from_dict(experiment), folder=folder, progress=False, executor="serial")

    return run


def texts_of(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_rejected_steps_and_restarts_are_found_where_they_happened():
    k = np.array([0, 1, 2, 3, 4])
    x = np.array([[0, 0], [1, 0], [1, 0], [2, 0], [3, 0]], dtype=float)
    step = np.array([np.nan, 1, np.nan, 1, 1])
    restarts = np.array([0, 0, 0, 1, 1], dtype=float)
    assert events_of(k, x, k, step, restarts).tolist() == ["step", "step", "rejected step", "restart", "step"]
    kept = [0, 2, 4]  # thinned: the restart between is not at a kept iterate
    assert events_of(k[kept], x[kept], k, step, restarts).tolist() == ["step", "step", "step"]


def test_a_trust_region_shows_its_rejected_steps(run_of):
    results = run_of(["rosenbrock"], ["trust_region"])
    table = Trajectories().table(results)
    rows = results.iterations
    stayed = rows["step_size"].isna() & (rows["k"] > 0)
    assert stayed.sum() > 0
    assert table.loc[table["event"] == "rejected step", "k"].tolist() == rows.loc[stayed, "k"].tolist()
    assert "rejected step" in texts_of(Trajectories().draw(results))


def test_ends_say_what_kind_of_point_they_are(run_of):
    results = run_of(["himmelblau"], ["newton", "bfgs", {"name": "gradient_descent", "step_size": 1e-6}])
    table = Trajectories().table(results).groupby("line", sort=False)["end"].first()
    assert table.to_dict() == {"newton": "maximum", "bfgs": "minimum", "gradient_descent": "none"}
    said = texts_of(Trajectories().draw(results))
    assert {"end: maximum", "end", SHORT_OF, "start"} <= set(said)
    assert LEFT not in said
    assert kind_said(None, "saddle") == "saddle"


def test_active_constraints_are_drawn_where_a_run_ends_on_them(run_of):
    results = run_of(["hs15", "hs12"], ["sqp"])
    figure = Trajectories().draw(results)
    assert ACTIVE_WORDS in texts_of(figure)
    vertical = [line for line in figure.axes[0].lines if list(line.get_xdata()) == [0.5, 0.5]]  # x₁ ≤ ½
    assert len(vertical) == 1
    inside = run_of(["hs3"], ["lbfgsb"], stop={"iterations": 0})
    assert ACTIVE_WORDS not in texts_of(Trajectories().draw(inside))


def test_many_methods_get_a_panel_each_with_one_window(run_of):
    methods = ["bfgs", "newton", "lbfgs", "dfp", "trust_region", "newton_damped", "sr1"]
    results = run_of(["kappa5"], methods)
    figure = Trajectories().draw(results)
    assert [axes.get_title(loc="left") for axes in figure.axes] == methods
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    assert not set(methods) & set(texts_of(figure))
    assert len(Trajectories(split="never").draw(results).axes) == 1
    few = run_of(["kappa5"], methods[:2])
    assert len(Trajectories().draw(few).axes) == 1
    assert len(Trajectories(split="always").draw(few).axes) == 2


def test_the_title_of_a_panel_counts_the_runs_of_that_panel(run_of):
    results = run_of(["rosenbrock", "himmelblau"], [{"name": "gradient_descent", "step_size": 0.01}])
    assert set(results.runs["status"]) == {"CONVERGED", "DIVERGED"}
    titles = [axes.get_title(loc="left") for axes in Trajectories(split="always").draw(results).axes]
    assert [" ".join(title.split()) for title in titles] == [
        "gradient_descent (DIVERGED) on rosenbrock",
        "gradient_descent on himmelblau",
    ]


def test_all_arrows_of_the_kkt_conditions_are_in_the_window_and_rounding_is_none(run_of):
    from matplotlib.patches import FancyArrowPatch

    results = run_of(["hs24", "hs6"], ["sqp"])  # ends near the edge of its path; ∇f = 0 at the solution
    figure = KktGeometry().draw(results)
    arrows = [[text for text in axes.texts if isinstance(text.arrow_patch, FancyArrowPatch)] for axes in figure.axes]
    assert [len(those) for those in arrows] == [3, 0]
    axes = figure.axes[0]
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for arrow in arrows[0]:
        x, y = arrow.xyann
        assert left < x < right
        assert low < y < high
    names = [text for text in axes.texts if text.get_text()]
    assert {text.get_ha() for text in names} == {"left", "right"}  # one points each way


RINGS = """
from dataclasses import dataclass
import numpy as np
from optlab import ProblemBase

@dataclass(frozen=True)
class Ring(ProblemBase):
    def value(self, x):
        if 1.0 < x[0] < 1.3:
            raise RuntimeError("not there")
        return x[0] ** 2 + 10 * x[1] ** 2
    def gradient(self, x):
        return np.array([2 * x[0], 20 * x[1]])
    def hessian(self, x):
        if abs(x[0]) < 1e-3:
            raise ValueError("no Hessian here")
        return np.diag([2.0, 20.0])
    def start(self):
        return np.array([3.0, -2.0])
"""


@pytest.mark.parametrize("plot", [Trajectories(), BasinMap(resolution=8, iterations=50)])
def test_a_problem_that_raises_here_and_there_is_drawn(plot, run_of, tmp_path):
    (tmp_path / "rings.py").write_text(RINGS)
    results = run_of(["ring"], ["newton"], plugins=[str(tmp_path / "rings.py")])
    assert results.runs["status"].tolist() == ["CONVERGED"]
    assert plot.draw(results) is not None
    ends = plot.table(results).query("status == 'CONVERGED'")
    assert set(ends["kind" if "kind" in ends else "end"]) == {UNKNOWN}


def test_an_animation_grows_and_has_the_same_bytes_twice(run_of, tmp_path):
    results = run_of(["rosenbrock"], ["bfgs", "trust_region"])
    path = results.animate(tmp_path / "a.gif", frames=6, per_second=5, levels=6)
    assert path.read_bytes() == results.animate(tmp_path / "b.gif", frames=6, per_second=5, levels=6).read_bytes()
    ink = []
    with Image.open(path) as movie:
        assert movie.n_frames == len(moments(int(results.runs["iterations"].max()), 6))
        assert movie.info["duration"] == 200
        for i in range(movie.n_frames):
            movie.seek(i)
            pixels = np.asarray(movie.convert("RGB"), dtype=int)
            ink.append(int((np.abs(pixels - [0, 0x72, 0xB2]).sum(axis=-1) < 30).sum()))
    assert ink[-1] > ink[1] >= ink[0] > 0  # the first line grows; its swatch in the legend is always there


def test_moments_and_palette():
    assert moments(100, 5).tolist() == [0, 1, 5, 22, 100]
    assert moments(0, 5).tolist() == [0]
    assert len(palette_of(["#0072B2"] * 3)) % 3 == 0
    assert [0, 0x72, 0xB2] in np.array(palette_of(["#0072B2"])).reshape(-1, 3).tolist()


@pytest.mark.parametrize(("name", "more"), [("a.mp4", {}), ("a.gif", {"frames": 1})])
def test_a_bad_animation_is_said(run_of, tmp_path, name, more):
    results = run_of(["kappa5"], ["bfgs"])
    with pytest.raises(optlab.InputError, match="gif file"):
        results.animate(tmp_path / name, **more)


def test_nothing_to_animate_is_said(run_of, tmp_path):
    results = run_of([{"name": "rosenbrock", "n": 3}], ["bfgs"])
    with pytest.raises(optlab.InputError, match="nothing to animate"):
        results.animate(tmp_path / "a.gif")
    with pytest.raises(optlab.InputError, match="levels"):
        results.animate(tmp_path / "a.gif", lewels=3)
