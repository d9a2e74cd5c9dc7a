"""A results folder from outside: at a glance, merged, as CSV, by SQL."""

from __future__ import annotations

import json
import shutil
import textwrap

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal

import optlab
from optlab import runner, store
from optlab.cli import main
from optlab.core.status import InputError
from optlab.experiment import from_dict
from optlab.failures import causes, failure_lines, status_rows
from optlab.merge import export_csv, merge
from optlab.query import query
from optlab.results import Results

SPEC = {
    "name": "e",
    "problems": ["kappa5", {"name": "quadratic", "n": 3}],
    "optimizers": ["bfgs", {"name": "gradient_descent", "step_size": 0.05}],
    "starts": {"random": 2},
    "stop": {"iterations": 10},
    "columns": ["gradient_norm"],
}


def execute(folder, **more):
    given = from_dict({**SPEC, **more}, folder.parent)
    return runner.execute(given, folder=folder, executor="serial", progress=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return execute(tmp_path_factory.mktemp("query") / "r")


@pytest.fixture
def partial(tmp_path, monkeypatch):
    """An experiment that was killed before its tables were made."""
    monkeypatch.setattr(store, "PART_BYTES", 0)
    with monkeypatch.context() as patched:
        patched.setattr(store.Store, "finish", lambda *_: (_ for _ in ()).throw(EOFError))
        with pytest.raises(EOFError):
            execute(tmp_path / "p")
    return Results(tmp_path / "p")


def command(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


# --- SQL ----------------------------------------------------------------------------------------


def test_sql_over_whole_and_partial_results_agrees_with_pandas(whole, partial):
    pytest.importorskip("duckdb", reason="extra sql")
    for results in (whole, partial):
        answer = query(results, "select label, sum(n_f)::double as n from runs group by label order by label")
        expected = results.runs.groupby("label")["n_f"].sum()
        assert dict(zip(answer["label"], answer["n"], strict=True)) == expected.to_dict()
        both = "runs r join iterations i using (run) group by r.run"
        last = query(results, f"select r.run, max(i.k)::bigint k, any_value(r.iterations) n from {both}")
        assert (last["k"] == last["n"]).all()
        longest = query(results, "select max(len(x)) as n from trajectories")["n"][0]
        assert longest == 3


def test_sql_mistakes_and_files_are_not_the_folders(whole):
    pytest.importorskip("duckdb", reason="extra sql")
    before = {path.name: path.read_bytes() for path in whole.folder.glob("*.parquet")}
    with pytest.raises(InputError, match="the query cannot be answered"):
        query(whole, "select nothing from runs")
    with pytest.raises(InputError):
        query(whole, "drop table runs")
    with pytest.raises(InputError):
        query(whole, "delete from runs")
    assert before == {path.name: path.read_bytes() for path in whole.folder.glob("*.parquet")}


def test_optlab_query_prints_a_table_or_csv(whole):
    pytest.importorskip("duckdb", reason="extra sql")
    sql = "select label, count(*) as n from runs group by label order by label"
    printed = command("query", whole.folder, sql)
    assert printed.exit_code == 0, printed.output
    assert [line.split() for line in printed.stdout.splitlines()] == [
        ["label", "n"], ["bfgs", "4"], ["gradient_descent", "4"]]  # fmt: skip
    assert command("query", whole.folder, sql, "--csv").stdout == "label,n\nbfgs,4\ngradient_descent,4\n"
    wrong = command("query", whole.folder, "selekt")
    assert (wrong.exit_code, "cannot be answered" in wrong.stderr) == (2, True)


def test_without_duckdb_the_extra_is_named(whole, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(InputError, match=r"optlab\[sql\]"):
        query(whole, "select 1")


# --- at a glance, CSV -----------------------------------------------------------------------------


def test_optlab_results_counts_statuses_also_of_a_part(whole, partial):
    shown = command("results", whole.folder)
    assert shown.exit_code == 0, shown.output
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[0] == ["e:", "8", "runs"]
    head, rows = status_rows(whole.runs)
    assert lines[1] == head
    assert {row[0]: int(row[1]) for row in rows} == {"bfgs": 4, "gradient_descent": 4}
    counts = whole.runs["status"].value_counts()
    for i, status in enumerate(head[2:], 2):
        assert sum(int(row[i] or 0) for row in rows) == counts[status]
    shutil.rmtree(min((partial.folder / "parts").iterdir()))
    part = command("results", partial.folder)
    assert part.stdout.startswith("e: 7 runs of 8; the others are not there yet")
    path = min((partial.folder / "parts").iterdir()) / "iterations.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    hurt = command("results", partial.folder)
    assert hurt.stdout.startswith("e: 6 runs of 8")
    assert "is damaged" in hurt.stderr


def test_csv_holds_the_tables(whole, partial, tmp_path):
    for results in (whole, partial):
        export_csv(results, tmp_path / "csv")
        runs, iterations, points = (pd.read_csv(tmp_path / "csv" / f"{name}.csv") for name in store.tables.TABLES)
        assert runs["f"].tolist() == pytest.approx(results.runs["f"].tolist(), rel=1e-15)
        assert len(iterations) == len(results.iterations)
        assert iterations["f"].tolist() == results.iterations["f"].tolist()
        for key, rows in points.groupby("run", sort=False):
            k, x = results.trajectory(key)
            assert rows["k"].tolist() == k.tolist()
            there = rows[["x[0]", "x[1]", "x[2]"]].to_numpy()
            assert np.array_equal(there[:, : x.shape[1]], x)
            assert np.isnan(there[:, x.shape[1] :]).all()
    assert command("results", whole.folder, "--csv", tmp_path / "more").stdout.count("wrote") == 3


def test_one_run_is_read_without_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(store.tables, "GROUP_ROWS", 50)
    results = execute(tmp_path / "r", starts={"random": 30})
    fresh = Results(results.folder)
    key = results.runs["run"][77]
    expected = results.iterations[results.iterations["run"] == key].reset_index(drop=True)
    import pyarrow.parquet as pq

    read = []
    real = pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda self, i, **kw: read.append(i) or real(self, i, **kw))
    fresh.snapshot
    read.clear()
    one = fresh.iterations_of(key)
    assert_frame_equal(one, expected)
    assert 1 <= len(read) <= 2
    assert pq.ParquetFile(results.folder / "iterations.parquet").num_row_groups > 10
    read.clear()
    k, _ = fresh.trajectory(key)
    assert len(k) == len(expected)
    assert 1 <= len(read) <= 2


# --- merge ----------------------------------------------------------------------------------------


def test_merged_folders_hold_the_runs_of_both_and_are_reused(tmp_path):
    one = execute(tmp_path / "a", optimizers=["bfgs"])
    two = execute(tmp_path / "b", optimizers=["newton", "bfgs"], problems=["kappa5"])
    merged = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "m")
    assert len(merged.runs) == 4 + 2
    assert "machine" not in merged.runs
    assert merged.runs["run"].tolist()[:4] == one.runs["run"].tolist()
    for results in (one, two):
        for key in results.runs["run"]:
            assert np.array_equal(results.trajectory(key)[1], merged.trajectory(key)[1])
    again = execute(tmp_path / "m", optimizers=["newton", "bfgs"])
    assert (again.executed, again.reused) == (2, 6)
    shown = command("merge", tmp_path / "a", tmp_path / "b", "--into", tmp_path / "n")
    assert (shown.exit_code, shown.stdout) == (0, f"6 runs in {tmp_path / 'n'}\n")


def test_runs_of_different_machines_are_told_apart(tmp_path):
    execute(tmp_path / "a", optimizers=["bfgs"])
    execute(tmp_path / "b", optimizers=["newton"])
    path = tmp_path / "b" / "environment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "processor": "Another 9000"}))
    merged = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "m")
    machines = merged.runs.groupby("optimizer")["machine"].agg(set)
    assert machines["newton"] == {"Another 9000"}
    assert machines["bfgs"] != machines["newton"]
    assert [m["machine"] for m in merged.environment["merged"]][1] == "Another 9000"
    shown = command("merge", tmp_path / "a", tmp_path / "b", "--into", tmp_path / "n")
    assert "of Another 9000: their seconds do not compare" in shown.stdout


def test_what_cannot_be_merged_is_said_and_changes_nothing(whole, tmp_path):
    other = tmp_path / "c"
    shutil.copytree(whole.folder, other)
    raw = bytearray((other / "iterations.parquet").read_bytes())
    raw[len(raw) // 2] ^= 1
    (other / "iterations.parquet").write_bytes(raw)
    with pytest.raises(InputError, match="is damaged"):
        merge([whole.folder, other], tmp_path / "m")
    with pytest.raises(InputError, match="holds something already"):
        merge([whole.folder], other)
    with pytest.raises(InputError, match="holds no results"):
        merge([tmp_path / "nowhere"], tmp_path / "m2")
    assert not (tmp_path / "m2").exists()
    path = other / "environment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    for arguments in (("results", other), ("merge", other, "--into", tmp_path / "x"), ("query", other, "select 1"),
                      ("report", other)):  # fmt: skip
        shown = command(*arguments)
        assert (shown.exit_code, "newer optlab" in shown.stderr) == (2, True), arguments
    assert (other / "iterations.parquet").read_bytes() == bytes(raw)


# --- failures -------------------------------------------------------------------------------------

BROKEN = """
    from dataclasses import dataclass
    import optlab

    @dataclass(frozen=True)
    class Broken(optlab.Optimizer):
        kind: str = "a"
        def step(self, oracle, state):
            if self.kind == "a":
                raise RuntimeError(f"out of ideas at {state.x[0]}")
            raise ZeroDivisionError("another line")
"""


def test_failures_are_listed_by_cause_with_one_traceback_each(tmp_path):
    (tmp_path / "broken.py").write_text(textwrap.dedent(BROKEN))
    optimizers = [{"name": "broken", "kind": {"grid": ["a", "b"]}}, "bfgs"]
    results = execute(tmp_path / "r", plugins=["broken.py"], optimizers=optimizers)
    failed = results.runs[results.runs["status"] == "ERROR"]
    found = causes(failed)
    assert [len(cause.runs) for cause in found] == [4, 4]
    lines = failure_lines(found)
    assert sum("Traceback" in line for line in lines) == 2
    assert any(line.startswith("ERROR: 4 runs: broken kind=a on kappa5 from random 0, ") for line in lines)
    assert any("out of ideas" in line for line in lines)
    killed = pd.DataFrame({"status": ["KILLED"] * 3, "label": list("abc"), "problem": "p", "start": "standard",
                           "traceback": None, "message": ["over 512 MB", "over 640 MB", "signal 11"]})  # fmt: skip
    assert [cause.runs for cause in causes(killed)] == [["a on p", "b on p"], ["c on p"]]
    shown = command("results", tmp_path / "r").stdout
    assert shown.count("Traceback") == 2
    assert optlab.load(tmp_path / "r").runs["traceback"].str.contains("Traceback").sum() == 8
