"""Comparing results folders: which run is which, what changed, what is a step back; worked by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import optlab
from optlab import runner
from optlab.cli import main
from optlab.comparison.environments import differing
from optlab.comparison.matching import match
from optlab.experiment import from_dict
from optlab.results import Results
from optlab.snapshot import Snapshot
from optlab.store import Store

EXPERIMENT = {"name": "small", "problems": ["kappa5", "rosenbrock"], "optimizers": ["bfgs", "newton_damped"]}


def run(problem, effort, status="CONVERGED", f=0.0, label="m", start="standard", seconds=1.0, **settings):
    """A row of the runs table; settings are of the optimizer, those that begin with p_ of the problem."""
    own = {name: value for name, value in settings.items() if not name.startswith("p_")}
    of_problem = {name.removeprefix("p_"): value for name, value in settings.items() if name.startswith("p_")}
    spec = {"problem": {"name": problem, **of_problem}, "optimizer": {"name": "m", **own}, "stop": {"iterations": 9}}
    counts = dict.fromkeys(("n_gradient", "n_hessian", "n_hvp", "n_constraint", "n_jacobian", "n_sample"), 0)
    names = {"problem": problem, "label": label, "start": start, "seed": 0, "precision": "float64", "status": status}
    return {
        **names,
        "f": f,
        "iterations": effort,
        "n_f": effort,
        **counts,
        "seconds": seconds,
        "spec": json.dumps(spec),
    }


def folder(tmp_path, *rows, **environment):
    """Results with these runs, each of which began at f = 1."""
    results = Results(tmp_path)
    keys = [f"{i}" for i in range(len(rows))]
    runs = pd.DataFrame([{"run": key, **row} for key, row in zip(keys, rows, strict=True)])
    results.__dict__ |= {
        "runs": runs,
        "iterations": pd.DataFrame({"run": keys, "k": 0, "f": 1.0}),
        "environment": environment,
    }
    return results


def against(tmp_path, before, now, **limits):
    return optlab.compare(folder(tmp_path / "a", *before), folder(tmp_path / "b", *now), **limits).others[0]


def test_a_ratio_and_its_interval_are_those_worked_by_hand(tmp_path):
    before, now = [run("P", 10), run("Q", 20)], [run("P", 20), run("Q", 20)]
    found = against(tmp_path, before, now)
    # Logarithms ln 2 and 0; two problems drawn twice have means 0 (1 in 4), ln 2 / 2 (1 in 2), ln 2 (1 in 4).
    ratio = found.ratio("effort")
    assert (ratio.mean, ratio.low, ratio.high) == pytest.approx((np.sqrt(2), 1.0, 2.0))
    assert ratio.runs == 2
    assert list(found.changes["ratio"]) == [2.0, 1.0]
    assert list(found.changes["change"]) == ["dearer", ""]
    assert found.regressions == []  # the interval reaches 1, and no run needs over twice the effort
    assert against(tmp_path, before, now, worst=1.5).regressions == ["1 run needed over 1.5 times the effort"]


def test_effort_that_grew_everywhere_is_a_step_back_unless_allowed(tmp_path):
    before, now = [run("P", 10), run("Q", 20)], [run("P", 15), run("Q", 30)]
    assert against(tmp_path, before, now).regressions == ["mean effort grew by the factor 1.5"]
    assert against(tmp_path, before, now, tolerance=0.6).regressions == []
    assert against(tmp_path, now, before).regressions == []
    assert against(tmp_path, before[:1], now[:1]).regressions == ["mean effort grew by the factor 1.5"]
    assert np.isnan(against(tmp_path, before[:1], now[:1]).ratio("effort").low)  # one problem has no interval


def test_runs_lost_gained_and_worse(tmp_path):
    before = [run("P", 5), run("Q", 5, "MAX_ITERATIONS"), run("R", 5), run("S", 5), run("T", 5, "DIVERGED", f=1e9)]
    now = [run("P", 5, "STALLED"), run("Q", 5), run("R", 5, f=0.3), run("S", 5, f=1e-6), run("T", 5, "DIVERGED", f=1e3)]
    found = against(tmp_path, before, now)
    assert list(found.changes["change"]) == ["lost", "gained", "worse f", "", ""]
    assert found.regressions == ["1 run solved before and not now", "1 run ended at a worse f"]
    assert found.solved.mean == 0.0
    assert against(tmp_path, before, now, lost=1).regressions == ["1 run ended at a worse f"]
    assert against(tmp_path, now, before).count("better f") == 1


def test_seconds_count_when_asked_for_only(tmp_path):
    before, now = [run("P", 5), run("Q", 5)], [run("P", 5, seconds=2.0), run("Q", 5, seconds=2.0)]
    assert against(tmp_path, before, now).regressions == []
    assert against(tmp_path, before, now, seconds=0.5).regressions == ["mean seconds grew by the factor 2"]
    assert against(tmp_path, before, now, seconds=1.5).regressions == []


def test_effort_may_be_any_count(tmp_path):
    before, now = run("P", 10), run("P", 10) | {"n_gradient": 10}
    assert list(against(tmp_path, [before], [now]).changes["effort_now"]) == [20]
    assert list(against(tmp_path, [before], [now], effort="n_gradient").changes["effort_now"]) == [10]
    with pytest.raises(optlab.InputError, match="effort is one of evaluations, iterations"):
        against(tmp_path, [before], [now], effort="work")
    with pytest.raises(optlab.InputError, match="must not be negative"):
        against(tmp_path, [before], [now], tolerance=-1)
    with pytest.raises(optlab.InputError, match="at least 1"):
        against(tmp_path, [before], [now], worst=0.5)


def test_runs_are_matched_by_what_they_are():
    def pairs(before, now):
        found = match(pd.DataFrame(before), pd.DataFrame(now))
        told = [(json.loads(a.row["spec"]), json.loads(b.row["spec"])) for a, b in found.pairs]
        return told, len(found.only_before), len(found.only_now)

    # A changed setting of the optimizer, or one that is new, is the same run …
    told, *alone = pairs([run("P", 1, step=0.1)], [run("P", 1, step=0.2, momentum=0)])
    assert (len(told), alone) == (1, [0, 0])
    # … unless it is what tells the runs of one folder apart …
    told, *alone = pairs([run("P", 1, step=0.1), run("P", 1, step=0.2)], [run("P", 1, step=0.2), run("P", 1, step=0.3)])
    assert [a["optimizer"]["step"] for a, _ in told] == [0.2]
    assert all(a == b for a, b in told)
    assert alone == [1, 1]
    # … but another dimension, start or label is another run.
    assert pairs([run("P", 1, p_n=2)], [run("P", 1, p_n=3)]) == ([], 1, 1)
    assert pairs([run("P", 1)], [run("P", 1, start="random 0")]) == ([], 1, 1)
    assert pairs([run("P", 1)], [run("P", 1, label="w")]) == ([], 1, 1)
    # Runs that nothing tells apart are paired in their order.
    assert len(pairs([run("P", 1), run("P", 2)], [run("P", 1), run("P", 2)])[0]) == 2


def test_what_differs_in_settings_and_environments_is_named(tmp_path):
    found = against(tmp_path, [run("P", 1, step=0.1)], [run("P", 1, step=0.2)])
    assert list(found.changes["settings"]) == ["optimizer.step 0.1 → 0.2"]
    before = {
        "versions": {"numpy": "2.1", "scipy": "1"},
        "git": {"commit": "a"},
        "processor": "X",
        "source": "/home/me/e",
    }
    now = {
        "versions": {"numpy": "2.2", "scipy": "1"},
        "git": {"commit": "b"},
        "processor": "X",
        "source": "/home/you/e",
    }
    assert differing(before, now) == {"numpy": ("2.1", "2.2"), "git commit": ("a", "b")}


def test_a_folder_that_is_not_finished(tmp_path):
    before = [run("P", 5), run("Q", 5)]
    first, second = folder(tmp_path / "a", *before), folder(tmp_path / "b", before[0], runs=2)
    found = optlab.compare(first, second)
    text = str(found)
    assert not found.regressed
    assert "1 runs of 2, the others are not there yet, 1 matched" in text
    assert f"only in {tmp_path / 'a'}: 1: m on Q" in text
    assert "no step back among 1 matched runs; 1 of the baseline are missing" in text
    assert optlab.compare(first, second, complete=True).others[0].regressions == ["1 run of the baseline missing"]


def test_several_folders_are_compared_with_the_first(tmp_path):
    first = folder(tmp_path / "a", run("P", 5))
    worse, same = folder(tmp_path / "b", run("P", 50)), folder(tmp_path / "c", run("P", 5))
    assert optlab.compare(first, worse, same).regressed
    assert not optlab.compare(first, same, same).regressed
    assert list(optlab.compare(first, worse, same).changes["folder"]) == [str(tmp_path / "b"), str(tmp_path / "c")]
    assert "<td" in optlab.compare(first, worse)._repr_html_()
    with pytest.raises(optlab.InputError, match="at least two"):
        optlab.compare(first)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    here = tmp_path_factory.mktemp("compare")
    for name in ("a", "b"):
        runner.execute(from_dict(EXPERIMENT), folder=here / name, executor="serial", progress=False)
    return here


def ask(*words):
    return CliRunner().invoke(main, ["compare", *map(str, words)])


def test_two_executions_of_one_experiment_do_not_differ(real):
    said = ask(real / "a", real / "b")
    assert said.exit_code == 0, said.output
    assert "4 matched" in said.output
    assert "runs changed" not in said.output
    assert said.output.rstrip().endswith("no step back")


def test_a_step_back_is_exit_code_1_with_the_tables_asked_for(real, tmp_path):
    slower = {**EXPERIMENT, "stop": {"iterations": 20}}
    runner.execute(from_dict(slower), folder=tmp_path / "b", executor="serial", progress=False)
    said = ask(real / "a", tmp_path / "b", "--markdown", "--csv", tmp_path / "changes.csv")
    assert said.exit_code == 1
    assert "step back: 2 runs solved before and not now" in said.output
    assert "| lost | bfgs | rosenbrock | CONVERGED | MAX_ITERATIONS |" in said.output
    assert "stop.iterations 10000 → 20" in said.output
    table = pd.read_csv(tmp_path / "changes.csv")
    assert (table["change"] == "lost").sum() == 2
    assert len(table) == 4
    assert ask(real / "a", tmp_path / "b", "--lost", "2").exit_code == 0
    assert ask(tmp_path / "b", real / "a").exit_code == 0
    assert "2 solved now and not before" in ask(tmp_path / "b", real / "a").output


def test_a_folder_whose_runs_are_still_in_parts(real, tmp_path):
    snapshot = Snapshot(real / "a")
    key = next(iter(snapshot.where))
    (_, done), (_, spec) = next(iter(snapshot.finished([key]))), next(iter(snapshot.rows([key])))
    (tmp_path / "b").mkdir()
    with Store(tmp_path / "b") as store:
        store.add(key, done, json.loads(spec))
    said = ask(real / "a", tmp_path / "b")
    assert said.exit_code == 0, said.output
    assert "1 runs, 1 matched" in said.output
    assert "only in" in said.output


def test_what_cannot_be_compared_is_exit_code_2(real, tmp_path):
    other = {"problems": ["wood"], "optimizers": ["lbfgs"]}
    runner.execute(from_dict(other), folder=tmp_path / "other", executor="serial", progress=False)
    said = ask(real / "a", tmp_path / "other")
    assert said.exit_code == 2
    assert "no run is in both" in said.output
    assert ask(real / "a").exit_code == 2
    assert ask(real / "a", tmp_path / "nothing").exit_code == 2
    facts = json.loads((tmp_path / "other/environment.json").read_text())
    (tmp_path / "other/environment.json").write_text(json.dumps({**facts, "schema": 99}))
    said = ask(real / "a", tmp_path / "other")
    assert said.exit_code == 2
    assert "newer optlab (schema 99" in said.output
