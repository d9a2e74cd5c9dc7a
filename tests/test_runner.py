"""Runs from plain data to tables on disk: executors, reuse, failures, folders that are not ours."""

from __future__ import annotations

import json
import os
import textwrap
from itertools import islice

import numpy as np
import pandas as pd
import pytest

import optlab
import optlab.api
from optlab import OptlabError, runner
from optlab.executors.local import Local
from optlab.executors.serial import Serial
from optlab.experiment import from_dict, load
from optlab.results import load as load_results

STUDENT = """
    from dataclasses import dataclass
    import os
    import numpy as np
    import optlab

    @dataclass(frozen=True)
    class Sleepy(optlab.Optimizer):
        step_size: float = 0.1

        def step(self, oracle, state):
            return state.moved(oracle, direction=-state.g, step_size=self.step_size)

    @dataclass(frozen=True)
    class Suicidal(Sleepy):
        def step(self, oracle, state):
            os._exit(139)

    @dataclass(frozen=True)
    class Careless(Sleepy):
        def step(self, oracle, state):
            x = state.x
            x += 1.0
            return state.moved(oracle, direction=-state.g, step_size=0.1)

    class NoHessian(optlab.ProblemBase):
        "A bowl whose value autograd cannot trace."
        def value(self, x):
            return float(x[0]) ** 2 + float(x[1]) ** 2
        def gradient(self, x):
            return 2 * x
        def start(self):
            return np.array([1.0, 2.0])
"""
CLOCKS = ["seconds"]


@pytest.fixture
def student(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(textwrap.dedent(STUDENT))
    return path


def spec(**more):
    return {
        "name": "t",
        "problems": ["kappa5", {"name": "quadratic", "n": 3, "condition": {"grid": [10, 100]}}],
        "optimizers": [{"name": "gradient_descent", "step_size": {"grid": [0.01, 0.1]}}, "bfgs", "newton"],
        "starts": {"standard": True, "random": 2},
        "stop": {"iterations": 40},
        "columns": ["optimal_step", "condition_number", "suboptimality"],
        **more,
    }


def execute(data, folder, **options):
    return runner.execute(from_dict(data, folder.parent), folder=folder, progress=False, **options)


def tables(results):
    return results.runs.drop(columns=CLOCKS), results.iterations.drop(columns=CLOCKS)


def test_every_run_leaves_a_row_and_its_iterations(tmp_path):
    results = execute(spec(), tmp_path / "r")
    assert len(results.runs) == 3 * 4 * 3
    assert results.executed == 36
    assert set(results.iterations["run"]) == set(results.runs["run"])
    for row in results.runs.itertuples():
        own = results.iterations[results.iterations["run"] == row.run]
        assert own["k"].tolist() == list(range(row.iterations + 1))
        assert own["f"].iloc[-1] == row.f
        k, x = results.trajectory(row.run)
        assert len(k) == row.iterations + 1
        problem = results.problem(row.run)
        assert problem.value(x[-1]) == pytest.approx(row.f, rel=1e-12)
    assert {"optimizer.step_size", "problem.condition", "problem.n", "optimizer.search", "optimizer.search.c2"} <= set(
        results.runs.columns
    )


def test_tables_are_readable_with_pandas_alone(tmp_path):
    execute(spec(), tmp_path / "r")
    iterations = pd.read_parquet(tmp_path / "r" / "iterations.parquet")
    needed = {
        "run",
        "k",
        "f",
        "stationarity",
        "step_size",
        "optimal_step",
        "condition_number",
        "n_f",
        "n_gradient",
        "seconds",
        "kept",
    }
    assert needed <= set(iterations.columns)
    runs = pd.read_parquet(tmp_path / "r" / "runs.parquet")
    assert set(runs["status"]) <= {s.name for s in optlab.Status}
    assert len(pd.read_parquet(tmp_path / "r" / "trajectories.parquet")) == len(iterations)
    environment = json.loads((tmp_path / "r" / "environment.json").read_text())
    assert {"schema", "versions", "git", "processor", "blas", "seed"} <= set(environment)


def test_serial_and_worker_processes_give_the_same_bits(tmp_path):
    one = tables(execute(spec(), tmp_path / "a", executor="serial"))
    two = tables(execute(spec(), tmp_path / "b", executor="local", workers=2))
    for a, b in zip(one, two, strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)


def test_unchanged_runs_are_reused_and_edited_ones_are_not(tmp_path):
    first = execute(spec(), tmp_path / "r")
    again = execute(spec(), tmp_path / "r")
    assert (again.executed, again.reused) == (0, 36)
    for a, b in zip(tables(first), tables(again), strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert again.runs["seconds"].tolist() == first.runs["seconds"].tolist()
    edited = spec(optimizers=[{"name": "gradient_descent", "step_size": {"grid": [0.01, 0.2]}}, "newton", "bfgs"])
    changed = execute(edited, tmp_path / "r")
    assert (changed.executed, changed.reused) == (9, 27)
    for row in changed.runs.itertuples():  # reused trajectories still belong to their runs
        _, x = changed.trajectory(row.run)
        assert changed.problem(row.run).value(x[-1]) == pytest.approx(row.f, rel=1e-12)
    assert execute(edited, tmp_path / "r", fresh=True).executed == 36


def test_a_renamed_label_is_shown_without_a_new_run(tmp_path):
    data = spec(problems=["kappa5"], optimizers=["bfgs"], starts={"standard": True})
    execute(data, tmp_path / "r")
    renamed = execute({**data, "optimizers": [{"name": "bfgs", "label": "B"}]}, tmp_path / "r")
    assert (renamed.executed, renamed.runs["label"].tolist()) == (0, ["B"])


def test_an_edited_plugin_runs_again(tmp_path, student):
    data = spec(plugins=["student.py"], problems=["kappa5"], optimizers=["sleepy", "bfgs"], starts={"standard": True})
    assert execute(data, tmp_path / "r").executed == 2
    assert execute(data, tmp_path / "r").executed == 0
    student.write_text(student.read_text().replace("0.1", "0.2"))
    assert execute(data, tmp_path / "r").executed == 1


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_a_students_file_runs_and_its_mistakes_are_rows(tmp_path, student, executor):
    data = spec(
        plugins=["student.py"],
        problems=["kappa5", "no_hessian"],
        optimizers=["sleepy", "careless", "newton"],
        columns=["optimal_step"],
    )
    results = execute(data, tmp_path / "r", executor=executor)
    status = results.runs.groupby(["problem", "optimizer"])["status"].agg(set)
    assert status["kappa5", "sleepy"] == {"MAX_ITERATIONS"}
    assert status["kappa5", "careless"] == {"ERROR"}
    assert status["no_hessian", "newton"] == {"SKIPPED"}
    skipped = results.runs[results.runs["status"] == "SKIPPED"]["message"].iloc[0]
    assert "newton needs hessian" in skipped
    assert "autograd cannot trace" in skipped
    error = results.runs[results.runs["status"] == "ERROR"].iloc[0]
    assert "never changed in place" in error["message"]
    assert "x += 1.0" in error["traceback"]
    assert len(results.iterations[results.iterations["run"] == error["run"]]) == 1


def test_a_students_method_appears_in_every_plot(tmp_path, student):
    plots = ["convergence", "trajectories", "steps", "condition"]
    data = {"name": "e", "plugins": ["student.py"], "problems": ["kappa5"], "optimizers": ["sleepy", "bfgs"]}
    data |= {"stop": {"iterations": 20}, "columns": ["optimal_step", "condition_number"], "plots": plots}
    results = optlab.run(from_dict(data, tmp_path), folder=tmp_path / "r", executor=Local(workers=2), progress=False)
    for name in plots:
        (table,) = (tmp_path / "r" / "figures").glob(f"*{name}*.csv")
        assert {"sleepy", "bfgs"} <= set(pd.read_csv(table)["line"]), name
    assert "sleepy" in (results.folder / "report.html").read_text()


def test_a_worker_that_dies_takes_only_its_own_run_with_it(tmp_path, student):
    data = spec(plugins=["student.py"], optimizers=["sleepy", "suicidal", "bfgs"])
    results = execute(data, tmp_path / "r", executor=Local(workers=2))
    by = results.runs.groupby("optimizer")["status"].agg(set)
    assert by["suicidal"] == {"KILLED"}
    assert "KILLED" not in by["sleepy"] | by["bfgs"]
    assert results.runs[results.runs["optimizer"] == "suicidal"]["message"].str.contains("exit code 139").all()
    assert len(results.runs) == 27
    retried = execute(data, tmp_path / "r", executor=Local(workers=2), retry="failed")
    assert retried.executed == 9


def test_interrupted_runs_are_kept_and_the_rest_runs_next_time(tmp_path):
    class Stops(Serial):
        def run(self, tasks):
            for i, outcome in enumerate(super().run(tasks)):
                if i == 5:
                    raise KeyboardInterrupt
                yield outcome

    with pytest.raises(runner.Interrupted, match="5 of 36 runs"):
        execute(spec(), tmp_path / "r", executor=Stops())
    assert len(load_results(tmp_path / "r").runs) == 5
    assert execute(spec(), tmp_path / "r").executed == 31


def test_an_executor_that_fails_loses_nothing_that_was_computed(tmp_path):
    class Breaks(Serial):
        def run(self, tasks):
            yield from super().run(islice(tasks, 5))
            msg = "the cable is out"
            raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="the cable is out"):
        execute(spec(), tmp_path / "r", executor=Breaks())
    assert len(load_results(tmp_path / "r").runs) == 5


def test_a_folder_of_another_experiment_file_is_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("name: same\nproblems: [kappa5]\noptimizers: [bfgs]\n")
    runner.execute(load(tmp_path / "a.yaml"), folder=tmp_path / "same", progress=False)
    with pytest.raises(OptlabError, match=r"belongs to another experiment file, .*a\.yaml"):
        runner.execute(load(tmp_path / "b.yaml"), folder=tmp_path / "same", progress=False)
    with pytest.raises(OptlabError, match="change `name:` of this experiment"):
        execute(spec(), tmp_path / "same")
    (tmp_path / "a.yaml").rename(tmp_path / "c.yaml")
    assert runner.execute(load(tmp_path / "c.yaml"), folder=tmp_path / "same", progress=False).reused == 1


def test_a_folder_that_cannot_be_written_is_said_before_the_first_run(tmp_path):
    (tmp_path / "file").write_text("not a folder")

    class Never(Local):
        def run(self, tasks):
            raise AssertionError

    with pytest.raises(OptlabError, match="cannot be written"):
        execute(spec(), tmp_path / "file" / "r", executor=Never())


def test_a_folder_of_a_newer_schema_is_not_touched(tmp_path):
    folder = tmp_path / "r"
    execute(spec(), folder)
    facts = json.loads((folder / "environment.json").read_text())
    (folder / "environment.json").write_text(json.dumps({**facts, "schema": 99}))
    before = (folder / "runs.parquet").read_bytes()
    with pytest.raises(OptlabError, match="newer optlab"):
        execute(spec(), folder)
    assert (folder / "runs.parquet").read_bytes() == before


def test_damaged_tables_are_computed_again(tmp_path):
    execute(spec(), tmp_path / "r")
    path = tmp_path / "r" / "iterations.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    assert execute(spec(), tmp_path / "r").executed == 36


def test_random_starts_are_the_same_for_every_optimizer_and_differ_by_index(tmp_path):
    results = execute(spec(optimizers=["bfgs", "newton"], problems=["kappa5"]), tmp_path / "r")
    first = {}
    for row in results.runs.itertuples():
        first.setdefault(row.start, set()).add(results.trajectory(row.run)[1][0].tobytes())
    assert sorted(first) == ["random 0", "random 1", "standard"]
    assert all(len(points) == 1 for points in first.values())
    assert len(set.union(*first.values())) == 3
    standard, random = (np.frombuffer(next(iter(first[s]))) for s in ("standard", "random 0"))
    assert np.linalg.norm(random - standard) <= 1.0


def test_problems_of_different_size_share_the_tables(tmp_path):
    results = execute(
        spec(problems=["kappa5", {"name": "quadratic", "n": 3}], columns=["optimal_step"]), tmp_path / "r"
    )
    widths = {results.trajectory(r.run)[1].shape[1] for r in results.runs.itertuples()}
    assert widths == {2, 3}
    again = execute(spec(problems=[{"name": "quadratic", "n": 3}, "kappa5"], columns=["optimal_step"]), tmp_path / "r")
    assert again.executed == 0
    assert {again.trajectory(r.run)[1].shape[1] for r in again.runs.itertuples()} == {2, 3}


def test_the_callers_process_keeps_its_threads_and_environment(tmp_path):
    from threadpoolctl import threadpool_info

    before = [i["num_threads"] for i in threadpool_info()], dict(os.environ)
    execute(spec(), tmp_path / "r", executor="local", workers=1)
    execute(spec(), tmp_path / "q", executor="serial")
    assert ([i["num_threads"] for i in threadpool_info()], dict(os.environ)) == before


def test_columns_on_and_off_give_the_same_iterates_and_counts(tmp_path):
    every = optlab.names("columns")
    plain = execute(spec(columns=[]), tmp_path / "plain")
    watched = execute(spec(columns=every), tmp_path / "watched")
    assert len(watched.iterations.columns) > len(plain.iterations.columns) + 15
    for (_, a), (_, b) in zip(plain.runs.iterrows(), watched.runs.iterrows(), strict=True):
        assert (a["label"], a["status"], a["n_f"], a["n_gradient"]) == (
            b["label"],
            b["status"],
            b["n_f"],
            b["n_gradient"],
        )
        assert plain.trajectory(a["run"])[1].tobytes() == watched.trajectory(b["run"])[1].tobytes()
    shared = [c for c in plain.iterations.columns if c not in ("run", *CLOCKS)]
    pd.testing.assert_frame_equal(plain.iterations[shared], watched.iterations[shared], check_exact=True)


def test_results_are_read_back_and_plotted_from_their_folder(tmp_path):
    execute(spec(), tmp_path / "r")
    (tmp_path / "r").rename(tmp_path / "moved")
    results = optlab.load(tmp_path / "moved")
    assert results.name == "t"
    assert len(results.runs) == 36
    figure = results.plot("convergence")
    assert len(figure.axes) == 3
    with pytest.raises(optlab.InputError, match="did you mean 'convergence'"):
        results.plot("convergense")
    with pytest.raises(optlab.InputError, match="holds no results"):
        optlab.load(tmp_path / "nowhere")
    with pytest.raises(optlab.InputError, match="no run 'abc'"):
        results.trajectory("abc")


SPOILERS = """
    from dataclasses import dataclass
    from typing import ClassVar
    import optlab

    @dataclass(frozen=True)
    class Misspelt(optlab.Optimizer):
        needs: ClassVar = ("hessain",)
        def step(self, oracle, state):
            return state.moved(oracle, direction=-state.g, step_size=0.1)

    @dataclass(frozen=True)
    class Praise(optlab.Column):
        names: ClassVar = ()
        summaries: ClassVar = ("status",)
        def compute(self, trace, problem):
            return {}
        def summarize(self, trace, problem):
            return {"status": "CONVERGED"}
"""


def test_a_class_with_a_mistake_costs_its_own_runs_alone_and_no_column_writes_the_verdict(tmp_path):
    (tmp_path / "spoilers.py").write_text(textwrap.dedent(SPOILERS))
    optimizers = ["misspelt", {"name": "gradient_descent", "step_size": 0.001}]
    data = spec(plugins=["spoilers.py"], problems=["kappa5"], optimizers=optimizers, columns=["praise"], starts={})
    runs = execute(data, tmp_path / "r", executor="serial").runs.set_index("optimizer")
    assert runs["status"].to_dict() == {"misspelt": "ERROR", "gradient_descent": "MAX_ITERATIONS"}
    assert "unknown need 'hessain'; did you mean 'hessian'" in runs.loc["misspelt", "message"]
    assert "the names status belong to the record" in runs.loc["gradient_descent", "notes"]


@pytest.mark.parametrize(
    "name", ["runs.parquet", "iterations.parquet", "environment.json", "expectations.json", "experiment.yaml"]
)
def test_a_damaged_file_is_named_and_the_next_run_repairs_it(tmp_path, name):
    folder = tmp_path / "r"
    data = spec(problems=["kappa5"], optimizers=["bfgs"])
    execute(data, folder)
    (folder / name).write_text("[1")
    with pytest.raises(OptlabError, match=f"{name} is damaged; run the experiment again"):
        optlab.api.report(load_results(folder))
    execute(data, folder)
    assert optlab.api.report(load_results(folder)).is_file()


@pytest.mark.parametrize("facts", ["[]", '{"schema": "x"}'])
def test_an_odd_environment_file_does_not_stop_a_run(tmp_path, facts):
    execute(spec(), tmp_path / "r")
    (tmp_path / "r" / "environment.json").write_text(facts)
    assert execute(spec(), tmp_path / "r").reused == 36


def test_a_table_that_something_else_wrote_is_not_believed(tmp_path):
    folder = tmp_path / "r"
    execute(spec(), folder)
    table = pd.read_parquet(folder / "iterations.parquet")
    table.assign(f=0.0).to_parquet(folder / "iterations.parquet")
    again = execute(spec(), folder)
    assert again.executed == 36
    assert any("iterations.parquet is damaged" in words for words in again.set_aside)
    assert len(load_results(folder).iterations) == len(table)
    assert not (load_results(folder).iterations["f"] == 0.0).all()


def test_recorded_truth_values_are_reused_beside_runs_without_them(tmp_path, student):
    with student.open("a") as file:
        file.write(
            textwrap.dedent("""
            @dataclass(frozen=True)
            class Flagged(optlab.State):
                flag: bool = True
                recorded = ("flag",)

            @dataclass(frozen=True)
            class Flags(Sleepy):
                def init(self, oracle, x0):
                    return Flagged(x0, *oracle.value_and_gradient(x0))
        """)
        )
    data = spec(plugins=["student.py"], problems=["kappa5"], optimizers=["flags", "bfgs"], columns=[])
    execute(data, tmp_path / "r", executor="serial")
    assert execute(data, tmp_path / "r").executed == 0
