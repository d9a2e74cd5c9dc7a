"""Tables written, read and written again: what is reused is what was computed, whatever stood beside it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import optlab
from optlab import fingerprint, runner, store, work
from optlab.experiment import from_dict
from optlab.snapshot import Snapshot

PLUGIN = """
    from dataclasses import dataclass
    import optlab
    from optlab.linesearch.base import LineSearch
    from helper import factor

    @dataclass(frozen=True)
    class Mixed(optlab.Optimizer):
        step_size: float | str = 0.1
        again: bool | int = 3
        weights: tuple[float, ...] = (0.5, 1.0)
        wish: float | None = None

        def step(self, oracle, state):
            return state.moved(oracle, direction=-state.g, step_size=0.1)

    @dataclass(frozen=True)
    class Fixed(LineSearch):
        def search(self, phi, first):
            return phi(factor)
"""
ONE = {"name": "mixed", "step_size": 0.5, "label": "one"}
OTHER = {"name": "mixed", "step_size": "auto", "again": True, "label": "other"}


@pytest.fixture
def plugin(tmp_path):
    (tmp_path / "plugin.py").write_text(textwrap.dedent(PLUGIN))
    (tmp_path / "helper.py").write_text("factor = 0.1\n")
    return tmp_path


def execute(folder, optimizers, *, problems=("kappa5",), to="r", **more):
    data = {"name": "e", "plugins": ["plugin.py"], "problems": list(problems), "optimizers": optimizers}
    data |= {"stop": {"iterations": 5}, "columns": ["gradient_norm", "suboptimality"], **more}
    return runner.execute(from_dict(data, folder), folder=folder / to, executor="serial", progress=False)


def same_tables(a, b):
    for table in ("runs", "iterations"):
        left, right = (getattr(r, table).drop(columns="seconds") for r in (a, b))
        assert_frame_equal(left, right)


def test_what_is_left_of_an_experiment_is_as_if_it_had_always_been_alone(plugin):
    mixed = execute(plugin, [ONE, OTHER, "kkt_newton"], problems=["kappa5", "circle"])
    assert set(mixed.runs["optimizer.step_size"].dropna()) == {"0.5", "auto"}
    assert "nu[0]" in mixed.iterations
    left = execute(plugin, [ONE])
    assert left.executed == 0
    assert left.runs["optimizer.step_size"].tolist() == [0.5]
    same_tables(left, execute(plugin, [ONE], to="fresh"))


def test_a_column_that_some_runs_lack_keeps_its_type_in_the_others(plugin):
    execute(plugin, ["kkt_newton", ONE], problems=["kappa5", "circle"])
    again = execute(plugin, ["kkt_newton", ONE], problems=["kappa5", "circle"])
    assert again.executed == 0
    same_tables(again, execute(plugin, ["kkt_newton", ONE], problems=["kappa5", "circle"], to="fresh"))
    rows = again.iterations.merge(again.runs[["run", "label", "problem"]], on="run")
    there = (rows["label"] == "kkt_newton") & (rows["problem"] == "circle")
    assert rows.loc[there, "nu[0]"].notna().all()
    assert rows.loc[~there, "nu[0]"].isna().all()
    alone = optlab.minimize("circle", "kkt_newton", stop=optlab.stop.Iterations(5) | optlab.stop.Stationary())
    assert rows.loc[there, "nu[0]"].tolist() == alone.record.scalars["nu"][:, 0].tolist()


def test_tables_without_an_iteration_keep_their_columns(plugin):
    first = execute(plugin, ["bfgs"], problems=["circle"])
    assert first.runs["status"].tolist() == ["SKIPPED"]
    assert first.iterations.empty
    again = execute(plugin, ["bfgs"], problems=["circle"])
    assert again.executed == 0
    assert {"k", "f", "gradient_norm"} <= set(again.iterations)
    same_tables(again, first)
    assert again.trajectory(again.runs["run"][0])[1].shape == (0, 0)


@pytest.mark.parametrize("edited", ["plugin.py", "helper.py"])
def test_an_edit_of_an_inner_search_or_of_what_it_imports_runs_again(plugin, edited):
    method = [{"name": "bfgs", "search": "fixed"}, "newton"]
    before = execute(plugin, method)
    assert before.executed == 2
    value = before.runs["f"][0]
    assert execute(plugin, method).executed == 0
    path = plugin / edited
    path.write_text(path.read_text().replace("phi(factor)", "phi(2 * factor)").replace("factor = 0.1", "factor = 0.2"))
    after = execute(plugin, method)
    assert after.executed == 1
    assert after.runs["f"][0] != value


def test_a_class_added_to_a_plugin_is_found_in_the_same_process(plugin):
    execute(plugin, [ONE])
    path = plugin / "plugin.py"
    path.write_text(path.read_text() + "\n@dataclass(frozen=True)\nclass Added(Mixed):\n    pass\n")
    assert execute(plugin, [ONE, "added"]).runs["status"].tolist() == ["MAX_ITERATIONS"] * 2


def test_every_run_depends_on_the_loop_and_none_on_what_shows_results():
    keys = runner.Keys(())
    (run,) = from_dict({"problems": ["kappa5"], "optimizers": ["bfgs"]}).runs()
    key = keys.of(run)
    keys._loop = "another"
    assert keys.of(run) != key
    seen = fingerprint.sources(Path(work.__file__))
    names = {f"{path.parent.name}/{path.name}" for path in seen}
    assert {"core/driver.py", "core/stop.py", "core/trace.py", "optlab/work.py"} <= names
    assert not {"optlab/report/page.py", "optlab/api.py", "optlab/cli.py"} & names


def test_a_thousand_runs_are_written_and_read_in_no_time_to_speak_of(plugin):
    problems = [{"name": "quadratic", "condition": {"linspace": [1, 10, 100]}}]
    steps = {"name": "gradient_descent", "step_size": {"linspace": [0.01, 0.2, 10]}}
    results = execute(plugin, [steps], problems=problems, stop={"iterations": 1})
    assert execute(plugin, [steps], problems=problems, stop={"iterations": 1}).executed == 0
    assert len(results.runs) == results.runs["run"].nunique() == 1000
    k, x = results.trajectory(results.runs["run"][999])
    assert x.shape == (len(k), 2)
    assert np.isfinite(x).all()
    assert isinstance(pd.read_parquet(results.folder / "trajectories.parquet"), pd.DataFrame)


def test_a_table_that_is_as_it_shall_be_is_taken_as_it_is_and_else_written_anew(plugin, monkeypatch):
    monkeypatch.setattr(store, "LINGER", 60.0)
    gather, gathered = Snapshot.gather, []

    def counted(self, name, keys, schema=None):
        gathered.append(name)
        return gather(self, name, keys, schema)

    monkeypatch.setattr(Snapshot, "gather", counted)
    first = execute(plugin, [ONE, OTHER])
    assert "iterations" not in gathered
    assert "trajectories" not in gathered
    before = {run: (own, first.trajectory(run)[1]) for run, own in first.iterations.groupby("run")}
    turned = execute(plugin, [OTHER, ONE])
    assert {"iterations", "trajectories"} <= set(gathered)
    assert turned.executed == 0
    for run, (iterations, points) in before.items():
        now = turned.iterations[turned.iterations["run"] == run]
        assert_frame_equal(iterations.reset_index(drop=True), now.reset_index(drop=True))
        assert np.array_equal(points, turned.trajectory(run)[1])
    assert turned.iterations["run"].drop_duplicates().tolist() == turned.runs["run"].tolist()
