"""Whatever ends an experiment, the next call finds what was computed, whole, and runs the rest."""

from __future__ import annotations

import errno
import multiprocessing
import os
import platform
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from processes import family

import optlab
import optlab.api
from optlab import fingerprint, runner, store, work
from optlab.core.status import OptlabError
from optlab.executors.serial import Serial
from optlab.experiment import from_dict, load
from optlab.snapshot import Snapshot
from optlab.store import Store
from optlab.work import Finished

PLUGIN = """
    from dataclasses import dataclass
    from pathlib import Path
    from time import sleep
    import optlab
    from local_folder import constants
    from local_module import factor

    LOG = Path(__file__).with_name("log")

    @dataclass(frozen=True)
    class Logged(optlab.Optimizer):
        "Gradient descent that notes every run that is begun."
        step_size: float = 0.1
        nap: float = 0.0

        def init(self, oracle, x0):
            with LOG.open("a") as file:
                file.write(f"{self.step_size}\\n")
            sleep(self.nap)
            return super().init(oracle, x0)

        def step(self, oracle, state):
            return state.moved(oracle, direction=-state.g, step_size=factor * constants.ONE * self.step_size)
"""
CLOCKS = ["seconds", "attempts"]


@pytest.fixture(autouse=True)
def _no_wait_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no test takes the power away


@pytest.fixture
def home(tmp_path):
    here = tmp_path / "home"
    (here / "local_folder").mkdir(parents=True)
    (here / "plugin.py").write_text(textwrap.dedent(PLUGIN))
    (here / "local_module.py").write_text(
        "from importlib import import_module\nfactor = import_module('deep').factor\n"
    )
    (here / "deep.py").write_text("factor = 1.0\n")
    (here / "local_folder" / "__init__.py").write_text("")
    (here / "local_folder" / "constants.py").write_text("ONE = 1.0\n")
    return here


def data(steps=(0.01, 0.02, 0.05), **more):
    optimizers = [{"name": "logged", "step_size": {"grid": list(steps)}}, "bfgs"]
    return {"name": "e", "plugins": ["plugin.py"], "problems": ["kappa5", {"name": "quadratic", "n": 3}],
            "optimizers": optimizers, "stop": {"iterations": 6}, "columns": ["gradient_norm"], **more}  # fmt: skip


def execute(home, given, to="r", **options):
    options = {"executor": "serial", "progress": False, **options}
    results = runner.execute(from_dict(given, home), folder=home.parent / to, **options)
    assert len(results.runs) == results.runs["run"].nunique()  # read now: the folder may hold others later
    return results


def begun(home):
    """How often each of the logged runs was begun."""
    log = home / "log"
    return Counter(log.read_text().split()) if log.exists() else Counter()


def tables(results):
    return [getattr(results, name).drop(columns=CLOCKS, errors="ignore") for name in ("runs", "iterations")]


def assert_same(one, other):
    for a, b in zip(tables(one), tables(other), strict=True):
        assert_frame_equal(a, b, check_exact=True)
    for key in one.runs["run"]:
        for a, b in zip(one.trajectory(key), other.trajectory(key), strict=True):
            assert np.array_equal(a, b)


# --- what a run depends on ----------------------------------------------------------------------


@pytest.mark.parametrize("edited", ["plugin.py", "local_module.py", "deep.py", "local_folder/constants.py"])
def test_an_edit_of_whatever_a_plugin_imports_runs_its_runs_again_and_no_others(home, edited):
    first = execute(home, data())
    path = home / edited
    path.write_text(path.read_text() + "\n# another\n")
    again = execute(home, data())
    assert (first.executed, again.executed, again.reused) == (8, 6, 2)
    path.write_text(path.read_text().replace("-state.g", "-0.5 * state.g") + "\nONE = factor = 0.5\n")
    changed = execute(home, data())
    assert changed.executed == 6
    assert not changed.runs["f"].equals(first.runs["f"])


BY_NAME = """
    import importlib, runpy
    from importlib import util
    one = importlib.import_module(name="named")
    for name in ("listed", "packed.inner"):
        importlib.import_module(name)
    spec = util.spec_from_file_location("any", Path(__file__).with_name("placed.py"))
    runpy.run_path(str(Path(__file__).parent / "sub/run.py"))
    exec((Path(__file__).parent / "executed.py").read_text())
    library = "compiled.so"
    text = "log"
"""


def test_code_counts_however_a_plugin_names_it_and_travels_with_it(home):
    from optlab.executors.parcel import Parcel

    names = {"named.py", "listed.py", "packed/inner.py", "placed.py", "sub/run.py", "executed.py", "compiled.so"}
    for name in names:
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_bytes(b"A = 1\n")
    (home / "log").write_text("data")
    path = home / "plugin.py"
    path.write_text(path.read_text() + textwrap.dedent(BY_NAME))
    before = fingerprint.source_digest(path)
    found = {file.relative_to(home).as_posix() for file in fingerprint.sources(path, with_own=False)}
    assert names <= found
    assert "log" not in found
    assert names <= set(Parcel.of((str(path),)).files)
    (home / "compiled.so").write_bytes(bytes(range(256)))
    assert fingerprint.source_digest(path) != before


def test_a_module_on_the_path_that_is_not_installed_counts_and_an_installed_one_does_not(home, tmp_path, monkeypatch):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "on_the_path.py").write_text("factor = 1.0\n")
    monkeypatch.syspath_prepend(tmp_path / "lib")
    (home / "deep.py").write_text("import pandas, pytest\nfrom on_the_path import factor\n")
    seen = fingerprint.sources(home / "plugin.py")
    names = {path.name for path in seen}
    assert {"on_the_path.py", "deep.py", "local_module.py", "constants.py"} <= names
    assert not any("site-packages" in path.parts for path in seen)


def test_plots_order_neighbors_labels_and_the_place_of_the_folder_do_not_count(home):
    first = execute(home, data())
    other = data(plots=["convergence"])
    other["problems"] = other["problems"][::-1]
    other["optimizers"] = ["newton", {"name": "bfgs", "label": "B"}, other["optimizers"][0]]
    edited = execute(home, other)
    assert edited.executed == 2
    assert edited.runs.set_index("run").loc[first.runs["run"], "f"].tolist() == first.runs["f"].tolist()
    assert [label.split()[0] for label in edited.runs["label"][:3]] == ["newton", "B", "logged"]
    moved = home.parent / "a" / "deeper" / "place"
    shutil.copytree(home, moved)
    shutil.rmtree(home)
    (home.parent / "r").rename(home.parent / "a" / "results")
    again = runner.execute(from_dict(other, moved), folder=home.parent / "a" / "results", progress=False)
    assert (again.executed, again.reused) == (0, 10)
    assert_same(again, edited.__class__(home.parent / "a" / "results"))


def test_settings_are_compared_as_the_values_they_are(home):
    given = data(steps=[1, 2])
    assert execute(home, given).executed == 6
    assert execute(home, data(steps=[1.0, 2.0])).executed == 0
    given["optimizers"][1] = {"name": "bfgs", "search": {"name": "strong_wolfe", "c2": 0.9}}  # as it is by default
    assert execute(home, given).executed == 0
    given["optimizers"][1]["search"]["c2"] = 0.8
    assert execute(home, given).executed == 2


def test_another_version_of_numpy_is_another_run(home, monkeypatch):
    from optlab import execution

    assert execute(home, data()).executed == 8
    real = execution.versions
    monkeypatch.setattr(execution, "versions", lambda *more: {**real(*more), "numpy": "99"})
    assert execute(home, data()).executed == 8


def test_adding_and_reordering_runs_changes_no_other_run(home):
    methods = [{"name": "sgd", "batch": 2}, "bfgs"]
    problems = [{"name": "logistic_regression", "n": 3, "m": 20}, "rosenbrock"]
    given = {"name": "s", "problems": problems, "optimizers": methods, "starts": {"random": 2, "standard": True},
             "seeds": [0, 1], "stop": {"iterations": 5}}  # fmt: skip
    first = execute(home, given, "one")
    more = {**given, "problems": ["kappa5", *problems[::-1]], "optimizers": ["newton", *methods[::-1]],
            "starts": {"random": 4, "standard": True}, "seeds": [2, 1, 0]}  # fmt: skip
    second = execute(home, more, "two")
    ours = second.runs.set_index("run").loc[first.runs["run"]]
    assert np.array_equal(ours["f"], first.runs["f"], equal_nan=True)
    for key in first.runs["run"]:
        assert np.array_equal(first.trajectory(key)[1], second.trajectory(key)[1])


def test_draws_go_by_repetition_and_start_alike_for_every_optimizer():
    problems = [{"name": "logistic_regression", "n": 3, "m": 20}]
    optimizers = [{"name": "sgd", "batch": 2}, {"name": "adam", "batch": 2}]
    given = {"problems": problems, "optimizers": optimizers, "starts": {"random": 2, "standard": True},
             "seeds": [0, 1], "stop": {"iterations": 5}}  # fmt: skip
    streams = {}
    for run in from_dict(given).runs():
        streams.setdefault((run.start_label, run.seed), set()).add(run.spec()["stream"])
    assert len(streams) == 6
    assert all(len(of_all_optimizers) == 1 for of_all_optimizers in streams.values())
    assert (streams["standard", 0], streams["standard", 1]) == ({0}, {1})
    assert len(set.union(*streams.values())) == 6
    run = from_dict(given).runs()[0]
    done = work.perform(run.spec())
    alone = optlab.minimize(optlab.problem(**run.problem), run.optimizer, start=done.points[0], seed=run.stream,
                            stop=optlab.stop.Stationary() | optlab.stop.Iterations(5))  # fmt: skip
    assert np.array_equal(alone.x, done.points[-1])
    other = work.perform({**run.spec(), "stream": 5})
    assert not np.array_equal(other.points[-1], done.points[-1])


# --- retry, fresh -------------------------------------------------------------------------------


def test_failures_are_kept_with_their_tracebacks_until_they_are_retried(home):
    path = home / "plugin.py"
    path.write_text(path.read_text() + textwrap.dedent("""
        @dataclass(frozen=True)
        class Flaky(Logged):
            def step(self, oracle, state):
                if not Path(__file__).with_name("mended").exists():
                    raise RuntimeError("out of order")
                return super().step(oracle, state)
    """))  # fmt: skip
    given = data()
    given["optimizers"].append({"name": "flaky", "step_size": 0.3})
    first = execute(home, given)
    again = execute(home, given)
    assert (first.executed, again.executed) == (10, 0)
    assert again.runs["status"].value_counts()["ERROR"] == 2
    assert again.runs["traceback"].str.contains("out of order").sum() == 2
    (home / "mended").touch()
    assert execute(home, given).executed == 0
    mended = execute(home, given, retry="failed")
    assert (mended.executed, mended.reused) == (2, 8)
    assert "ERROR" not in set(mended.runs["status"])
    assert execute(home, given, retry="all").executed == 10
    assert execute(home, given, fresh=True).executed == 10
    with pytest.raises(OptlabError, match="retry must be"):
        execute(home, given, retry="some")


def test_runs_that_are_executed_while_their_plugin_is_edited_are_of_neither_version(home):
    class Edits(Serial):
        def run(self, tasks):
            for i, outcome in enumerate(super().run(tasks)):
                if i == 2:
                    (home / "local_module.py").touch()
                if i == 3:
                    (home / "local_module.py").write_text("factor = 0.5\n")
                yield outcome

    before = (home / "local_module.py").read_text()
    first = execute(home, data(), executor=Edits())
    failed = first.runs[first.runs["status"] == "ERROR"]
    assert (len(failed), first.executed) == (3, 8)  # the others of these are no plug-in's
    assert failed["message"].str.contains("plugin.py was edited while the experiment was running").all()
    assert "bfgs" not in set(failed["optimizer"])
    again = execute(home, data())
    assert (again.executed, again.reused, "ERROR" in set(again.runs["status"])) == (6, 2, False)
    (home / "local_module.py").write_text(before)
    execute(home, data(), "other", executor=Edits())
    (home / "local_module.py").write_text(before)
    back = execute(home, data(), "other", retry="failed")
    assert (back.executed, back.reused, "ERROR" in set(back.runs["status"])) == (3, 5, False)
    assert_same(back, execute(home, data(), "quiet"))


def test_a_run_that_changes_the_working_folder_writes_nothing_elsewhere(home, monkeypatch, tmp_path):
    path = home / "plugin.py"
    path.write_text(path.read_text().replace("sleep(self.nap)", "__import__('os').chdir('/'); sleep(0.05)"))
    monkeypatch.setattr(store, "LINGER", 0.01)  # written while a run is elsewhere
    monkeypatch.chdir(home)
    results = runner.execute(from_dict(data()), executor="serial", progress=False)
    assert (Path.cwd(), str(results.folder), results.executed) == (home, "results/e", 8)
    assert "ERROR" not in set(results.runs["status"])


def test_a_function_of_a_plugin_may_import_what_lies_beside_it_when_it_is_called(home):
    path = home / "plugin.py"
    lines = "        from lazily_imported import half\n        return half(state.moved("
    text = path.read_text().replace("        return state.moved(", lines)
    path.write_text(text.replace("constants.ONE * self.step_size)", "constants.ONE * self.step_size))"))
    (home / "lazily_imported.py").write_text("half = lambda state: state\n")
    known = list(sys.path)
    for executor in ("serial", "local"):
        results = execute(home, data(), executor, executor=executor)
        assert "ERROR" not in set(results.runs["status"]), results.runs["message"].tolist()
    assert sys.path == known
    (home / "lazily_imported.py").write_text("from dataclasses import replace\nhalf = lambda s: replace(s, f=1.0)\n")
    changed = execute(home, data(), "serial")
    assert changed.executed == 6
    assert changed.runs.set_index("optimizer").loc["logged", "f"].eq(1.0).all()


# --- kill -9 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("executor", "times"), [("serial", 5), ("local", 4), ("dask", 1)])
def test_kill_9_of_the_parent_at_random_moments_loses_little_and_the_rest_runs_once(home, executor, times):
    if executor == "dask":
        pytest.importorskip("distributed", reason="the extra cluster")
    text = (home / "plugin.py").read_text()  # which travels on a cluster, while its log stays here
    text = text.replace('Path(__file__).with_name("log")', f"Path({str(home / 'log')!r})")
    (home / "plugin.py").write_text(text.replace("self.nap", f"float(Path({str(home / 'nap')!r}).read_text())"))
    (home / "nap").write_text("0")
    steps = [float(s) for s in np.linspace(0.01, 0.1, 60)]
    given = data(steps)
    given["problems"] = ["kappa5"]
    quiet = execute(home, {**given, "optimizers": [{**given["optimizers"][0]}, "bfgs"]}, "quiet")
    (home / "log").unlink()
    folder, total = home.parent / "r", len(quiet.runs)
    (home / "e.yaml").write_text(from_dict(given, home).to_yaml())
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["optlab.api", "optlab.runner", "optlab.executors.serial", "pyarrow.parquet", "pandas"]
    )
    rng = np.random.default_rng(7)
    (home / "log").unlink(missing_ok=True)
    (home / "nap").write_text("0.03" if executor == "serial" else "0.12")
    held, kills, orphans = 0, 0, 0
    while kills < times:
        options = {"folder": folder, "executor": executor, "progress": False}
        options |= {} if executor == "serial" else {"workers": 2}
        child = context.Process(target=optlab.api.run, args=(home / "e.yaml",), kwargs=options)
        child.start()
        begin, before = time.monotonic(), sum(begun(home).values())
        moment = rng.uniform(0.0, 1.6) + (executor == "dask")
        while child.is_alive() and (sum(begun(home).values()) == before or time.monotonic() - begin < moment):
            if sum(begun(home).values()) == before:
                begin = time.monotonic()
            time.sleep(0.005)
        below = family(child.pid)
        orphans += len(below)
        child.kill()
        child.join()
        kills += 1
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in below) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]
        there = Snapshot(folder)
        assert not there.damaged
        assert len(there.where) >= held
        held = len(there.where)
        if held:
            partly = optlab.load(folder)  # readable at any time
            assert len(partly.runs) == partly.runs["run"].nunique() == held
            assert set(partly.iterations["run"]) == set(partly.runs["run"])
    (home / "log").unlink(missing_ok=True)
    (home / "nap").write_text("0")
    last = runner.execute(load(home / "e.yaml"), folder=folder, executor=executor, progress=False)
    assert (last.executed, last.reused) == (total - held, held)
    assert all(times == 1 for times in begun(home).values())
    assert held > 10
    assert (orphans > times) is (executor != "serial")
    assert_same(last, quiet)
    assert not (folder / "parts").exists()


def left(seed, rows=5, n=2, **row):
    rng = np.random.default_rng(seed)
    iterations = {"k": np.arange(rows), "f": rng.standard_normal(rows), "kept": np.ones(rows, dtype=bool)}
    row = {"status": "CONVERGED", "label": str(seed), "start": "standard", "f": float(iterations["f"][-1]),
           "problem.n": n, **row}  # fmt: skip
    return Finished(row, iterations, np.arange(rows), rng.standard_normal((rows, n)))


def same(one, other):
    assert one.row == other.row
    assert list(one.iterations) == list(other.iterations)
    for name, values in one.iterations.items():
        assert np.array_equal(values, other.iterations[name])
        assert values.dtype == other.iterations[name].dtype
    assert np.array_equal(one.rows, other.rows)
    assert np.array_equal(one.points, other.points)


def words(label):
    return {"label": label, "start": "standard"}


def fill(folder, names, order=None, parts=2):
    """Write runs in some parts, then the tables in an order."""
    names = list(names)
    with Store(folder) as place:
        for i in range(parts):
            for name in names[i::parts]:
                place.add(name, left(int(name)), {"label": name})
            place.flush()
        place.finish(order or names, lambda i: words((order or names)[i]))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads, from Python 3.12 on
def test_a_process_that_ends_at_any_step_of_writing_leaves_every_run_whole(tmp_path):
    old, new = ["1", "2", "3"], ["2", "5", "1", "3", "4"]
    begin = tmp_path / "begin"
    begin.mkdir()
    fill(begin, old)
    expected = tmp_path / "expected"
    shutil.copytree(begin, expected)
    fill(expected, ["4", "5"], new)
    ends = 0
    for step in range(200):
        folder = tmp_path / str(step)
        shutil.copytree(begin, folder)
        if (child := os.fork()) == 0:
            count = 0

            def die(event, args, folder=str(folder), step=step):
                nonlocal count
                writes = event in ("os.rename", "os.mkdir", "os.rmdir", "os.remove", "shutil.rmtree", "open")
                removes = event in ("os.remove", "os.rmdir")  # inside rmtree the names are relative
                if writes and args and (removes or folder in str(args[0])):
                    count += 1
                    if count > step:
                        os._exit(9)

            sys.addaudithook(die)
            try:
                fill(folder, ["4", "5"], new)
            finally:
                os._exit(0)
        _, code = os.waitpid(child, 0)
        there = Snapshot(folder)
        assert not there.damaged
        assert set(old) <= set(there.where)
        for key, done in there.finished(list(there.where)):
            same(done, left(int(key)))
        with Store(folder) as place:
            for name in set(new) - set(place.snapshot.where):
                place.add(name, left(int(name)), {"label": name})
            place.flush()
            place.finish(new, lambda i: words(new[i]))
            assert not place.set_aside
        for name in store.tables.TABLES:
            a, b = (pd.read_parquet(f / f"{name}.parquet") for f in (folder, expected))
            assert_frame_equal(a, b)
        assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in expected.iterdir())
        shutil.rmtree(folder)
        if os.waitstatus_to_exitcode(code) == 0:
            break
        ends += 1
    assert 20 < ends < 199


def test_what_is_read_while_tables_are_replaced_is_whole_and_of_the_run_that_was_asked_for(tmp_path, monkeypatch):
    folder, old, new = tmp_path / "r", ["1", "2", "3"], ["5", "3", "1", "4", "2"]
    folder.mkdir()
    fill(folder, old)
    steps = []

    def whole(results):
        assert set(results.runs["run"]) == set(results.iterations["run"]) >= set(old)
        for key in old:
            assert np.array_equal(results.trajectory(key)[1], left(int(key)).points)
            assert np.array_equal(results.iterations_of(key)["f"], left(int(key)).iterations["f"])

    def between(real):
        def step(*args, **options):
            earlier = optlab.load(folder)
            assert not earlier.snapshot.damaged
            done = real(*args, **options)
            if folder in Path(str(args[0])).parents:
                steps.append(real.__name__)
                whole(earlier)
                whole(optlab.load(folder))
            return done

        return step

    before = optlab.load(folder)
    whole(before)
    for owner, name in ((Path, "rename"), (Path, "replace"), (Path, "rmdir"), (shutil, "rmtree")):
        monkeypatch.setattr(owner, name, between(getattr(owner, name)))
    with Store(folder) as place:
        for name in set(new) - set(old):
            place.add(name, left(int(name)), {"label": name})
            place.flush()
        place.finish(new, lambda i: words(new[i]))
    assert len(steps) >= 8
    for key in old:  # what was looked at before lies elsewhere now
        assert np.array_equal(before.trajectory(key)[1], left(int(key)).points)


def test_ctrl_c_ends_cleanly_with_what_was_computed(home):
    class Stops(Serial):
        def run(self, tasks):
            for i, outcome in enumerate(super().run(tasks)):
                if i == 5:
                    raise KeyboardInterrupt
                yield outcome

    with pytest.raises(runner.Interrupted, match=r"5 of 8 runs are in .*; the same command runs the rest"):
        execute(home, data(), executor=Stops())
    assert len(pd.read_parquet(home.parent / "r" / "runs.parquet")) == 5
    assert execute(home, data()).executed == 3


def test_an_experiment_that_ends_before_its_first_run_leaves_a_folder_that_says_so_and_is_run_into(home):
    class Stops(Serial):
        def run(self, tasks):
            raise self.error
            yield

    for error, expected in ((KeyboardInterrupt(), runner.Interrupted), (ValueError("no such luck"), ValueError)):
        stops = Stops()
        object.__setattr__(stops, "error", error)
        with pytest.raises(expected):
            execute(home, data(), executor=stops)
        with pytest.raises(OptlabError, match="no run of its experiment has finished"):
            optlab.load(home.parent / "r")
    assert execute(home, data()).set_aside == ()
    object.__setattr__(stops, "error", KeyboardInterrupt())
    with pytest.raises(runner.Interrupted):  # of others than those that are there
        execute(home, {**data([0.09]), "problems": ["rosenbrock"], "optimizers": ["newton"]}, executor=stops)
    assert len(optlab.load(home.parent / "r").runs) == 8
    assert execute(home, data()).reused == 8


def test_an_experiment_runs_where_nobody_listens(home):
    (home / "e.yaml").write_text(from_dict(data(), home).to_yaml())
    command = f"{sys.executable} -m optlab run {home / 'e.yaml'} --results {home / 'r'} --executor local --workers 1"
    done = subprocess.run(["sh", "-c", f"{command} <&- >&- 2>&-"], timeout=60, check=False)
    assert done.returncode == 0
    assert len(optlab.load(home / "r").runs) == 8


@pytest.mark.parametrize(("executor", "number"), [("serial", signal.SIGINT), ("local", signal.SIGTERM)])
def test_an_interrupted_command_exits_with_130_and_keeps_what_it_has(home, executor, number):
    given = data([float(s) for s in np.linspace(0.01, 0.1, 400)])
    given["optimizers"][0]["nap"] = 0.05
    (home / "e.yaml").write_text(from_dict(given, home).to_yaml())
    folder = home.parent / "r"
    command = [sys.executable, "-m", "optlab", "run", home / "e.yaml", "--results", folder, "--executor", executor]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell may have turned it off
    try:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 60
    while len(begun(home)) < 12 and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(number)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "Traceback" not in said
    held = len(pd.read_parquet(folder / "runs.parquet"))
    assert f"interrupted: {held} of 802 runs are in {folder}; the same command runs the rest" in said
    assert held >= 5
    assert not (folder / "parts").exists()


# --- damage -------------------------------------------------------------------------------------


def parts_only(folder, names):
    """A folder with a part per run and no tables, as after a kill."""
    folder.mkdir()
    with Store(folder) as place:
        for name in names:
            place.add(name, left(int(name)), {"label": name})
            place.flush()


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def flip(path, where=0.3):
    raw = bytearray(path.read_bytes())
    raw[int(where * len(raw))] ^= 0x10
    path.write_bytes(raw)


@pytest.mark.parametrize("table", store.tables.TABLES)
@pytest.mark.parametrize("harm", [cut, flip, Path.unlink])
def test_a_damaged_part_is_set_aside_and_only_its_runs_are_missing(tmp_path, table, harm):
    folder = tmp_path / "r"
    parts_only(folder, ["1", "2", "3"])
    harm(folder / "parts" / "000002" / f"{table}.parquet")
    assert set(optlab.load(folder).runs["run"]) == {"1", "3"}
    with Store(folder) as place:
        assert set(place.snapshot.where) == {"1", "3"}
        assert len(place.set_aside) == 1
        assert (folder / "damaged" / "000-000002").is_dir()
        place.add("2", left(2), {"label": "2"})
        place.flush()
        place.finish(["1", "2", "3"], lambda i: words(str(i + 1)))
    for key, done in Snapshot(folder).finished(["1", "2", "3"]):
        same(done, left(int(key)))


@pytest.mark.parametrize("table", store.tables.TABLES)
def test_of_a_damaged_table_only_the_runs_of_the_damaged_row_groups_are_missing(tmp_path, monkeypatch, table):
    monkeypatch.setattr(store.tables, "GROUP_ROWS", 10)
    monkeypatch.setattr("optlab.snapshot.BLOCK_RUNS", 4)
    folder = tmp_path / "r"
    folder.mkdir()
    names = [str(i) for i in range(12)]
    fill(folder, names)
    flip(folder / f"{table}.parquet")
    with Store(folder) as place:
        there = set(place.snapshot.where)
        assert 4 <= len(there) < 12
        for name in set(names) - there:
            place.add(name, left(int(name)), {"label": name})
        place.finish(names, lambda i: words(names[i]))
    for key, done in Snapshot(folder).finished(names):
        same(done, left(int(key)))
    assert not Snapshot(folder).damaged
    for where in (0.9999, 0.995):  # the footer
        flip(folder / f"{table}.parquet", where)
        with Store(folder) as place:
            assert not place.snapshot.where
            for name in names:
                place.add(name, left(int(name)), {"label": name})
            place.finish(names, lambda i: words(names[i]))


def test_an_experiment_with_a_damaged_part_runs_what_is_lost_and_says_so(home, monkeypatch):
    quiet = execute(home, data(), "quiet")

    def dies(*_):
        raise EOFError

    monkeypatch.setattr(store, "PART_BYTES", 0)
    with monkeypatch.context() as patched:
        patched.setattr(runner.Store, "finish", dies)
        with pytest.raises(EOFError):
            execute(home, data())
    parts = sorted((home.parent / "r" / "parts").iterdir())
    assert len(parts) == 8
    flip(parts[3] / "iterations.parquet")
    again = execute(home, data())
    assert (again.executed, again.reused) == (1, 7)
    assert "000004 is damaged" in again.set_aside[0]
    assert_same(again, quiet)


# --- a full disk, a folder that cannot be written, another writer ---------------------------------


def test_a_full_disk_is_a_clear_error_and_damages_nothing(home, monkeypatch):
    first = execute(home, data())
    real = store.tables.save
    room = [5]

    def full(path, table):
        room[0] -= 1
        if room[0] < 0:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, table)

    more = data(steps=(0.01, 0.02, 0.05, 0.07, 0.08))
    monkeypatch.setattr(store, "PART_BYTES", 0)
    with monkeypatch.context() as patched:
        patched.setattr(store.tables, "save", full)
        with pytest.raises(OptlabError, match="cannot be written: the disk is full; its tables are intact"):
            execute(home, more)
    there = Snapshot(home.parent / "r")
    assert not there.damaged
    assert len(there.where) == 9  # a part was written before the disk was full
    assert set(first.runs["run"]) < set(there.where)
    assert execute(home, more).executed == 3


def test_a_report_that_the_disk_does_not_take_is_a_clear_error_and_the_tables_are_there(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    given = {"problems": ["kappa5"], "optimizers": ["bfgs"], "plots": ["convergence"]}
    with pytest.raises(OptlabError, match="cannot be written: the disk is full; its tables are intact"):
        optlab.run(given, folder=tmp_path / "r", progress=False)
    assert optlab.load(tmp_path / "r").runs["status"].tolist() == ["CONVERGED"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_file_that_may_not_grow_is_a_clear_error_too(tmp_path):
    import resource

    folder = tmp_path / "r"
    folder.mkdir()
    fill(folder, ["1", "2"])
    if (child := os.fork()) == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            with Store(folder) as place:
                place.add("3", left(3, rows=10_000), {"label": "3"})
                try:
                    place.flush()
                except OptlabError as error:
                    code = 0 if "the disk is full" in str(error) else 2
        finally:
            os._exit(code)
    _, code = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(code) == 0
    there = Snapshot(folder)
    assert (set(there.where), there.damaged) == ({"1", "2"}, [])


def test_what_the_timer_cannot_write_is_said_by_the_next_run(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LINGER", 0.01)
    folder = tmp_path / "r"
    folder.mkdir()

    def full(*_):
        raise OSError(errno.ENOSPC, "no room")

    with Store(folder) as place:
        with monkeypatch.context() as patched:
            patched.setattr(store.tables, "save", full)
            place.add("1", left(1), {"label": "1"})
            deadline = time.monotonic() + 10
            while place._failure is None and time.monotonic() < deadline:
                time.sleep(0.01)
        with pytest.raises(OptlabError, match="disk is full"):
            place.add("2", left(2), {"label": "2"})
    assert set(Snapshot(folder).where) == {"1"}  # it was kept in memory, and written once there was room


def test_a_finished_run_is_on_the_disk_soon_though_no_other_follows(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LINGER", 0.05)
    folder = tmp_path / "r"
    folder.mkdir()
    with Store(folder) as place:
        place.add("1", left(1), {"label": "1"})
        deadline = time.monotonic() + 10
        while not Snapshot(folder).where and time.monotonic() < deadline:
            time.sleep(0.01)
        assert set(Snapshot(folder).where) == {"1"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_read_only_folder_is_read_and_not_run_into(home):
    execute(home, data())
    folder = home.parent / "r"
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        if os.geteuid() != 0:
            with pytest.raises(OptlabError, match="cannot be written: Permission denied"):
                execute(home, data())
        assert len(optlab.load(folder).runs) == 8
    finally:
        folder.chmod(0o755)
    with pytest.raises(OptlabError, match="cannot be written"):
        runner.execute(from_dict(data(), home), folder="/proc/results", executor="serial", progress=False)


def test_a_folder_that_another_process_writes_to_is_refused(home):
    execute(home, data())
    who = rf"another optlab \(process {os.getpid()} on {platform.node()}, since 20.*\) is writing to"
    with Store(home.parent / "r"), pytest.raises(OptlabError, match=who):
        execute(home, data())
    assert execute(home, data()).reused == 8


def test_a_folder_that_is_removed_meanwhile_is_said_to_be_gone(home):
    class Removes(Serial):
        def run(self, tasks):
            for i, outcome in enumerate(super().run(tasks)):
                if i == 5:
                    shutil.rmtree(home.parent / "r")
                yield outcome

    execute(home, data(steps=[0.03]))
    with pytest.raises(OptlabError, match="r is gone: somebody removed it"):
        execute(home, data(), executor=Removes())
    assert execute(home, data()).executed == 8


ODD = """
    from dataclasses import dataclass
    import numpy as np
    import optlab
    from optlab.core.optimizer import State

    VALUES = {"function": lambda: 1, "huge": 10**30, "vast": 10**400, "surrogate": chr(0xd800), "long": "x" * 10**6,
              "extended": np.longdouble(2.5), "array": np.arange(3), "nothing": None}

    @dataclass(frozen=True)
    class Odd(optlab.Column):
        "A summary that no table holds."
        what: str = "nothing"
        summaries = ("odd",)
        def compute(self, trace, problem):
            return {}
        def summarize(self, trace, problem):
            return {"odd": VALUES[self.what]}

    @dataclass(frozen=True)
    class Extended(State):
        extra: object = None
        recorded = ("extra",)

    @dataclass(frozen=True)
    class Says(optlab.Optimizer):
        "Raises what cannot be written, and records what cannot either."
        count: int = 10**25
        def init(self, oracle, x0):
            state = super().init(oracle, x0)
            return Extended(**vars(state), extra=np.longdouble(0.5))
        def step(self, oracle, state):
            if state.k == 2:
                raise RuntimeError(chr(0xdcff) + "y" * 10**6)
            return state.moved(oracle, direction=-state.g, step_size=0.01)
"""


def test_whatever_a_run_leaves_or_says_finds_a_place_in_the_tables(tmp_path):
    (tmp_path / "odd.py").write_text(textwrap.dedent(ODD))
    names = ["function", "huge", "vast", "surrogate", "long", "extended", "array", "nothing"]
    for executor, some in (("local", names[:1]), ("serial", names)):
        said = []
        for name in some:
            given = {"name": "e", "plugins": ["odd.py"], "problems": ["kappa5"], "optimizers": ["bfgs", "says"],
                     "columns": [{"name": "odd", "what": name}], "stop": {"iterations": 3}}  # fmt: skip
            folder = tmp_path / executor / name
            options = {"workers": 1} if executor == "local" else {}
            results = runner.execute(from_dict(given, tmp_path), folder=folder, executor=executor, progress=False,
                                     **options)  # fmt: skip
            runs = results.runs.set_index("optimizer")
            assert runs["status"].to_dict() == {"bfgs": "CONVERGED", "says": "ERROR"}, (name, runs["message"])
            assert runs.loc["says", "message"].startswith("RuntimeError: \\udcffyyy")
            assert len(runs.loc["says", "message"]) < 21_000
            assert runs.loc["says", "iterations"] == 2
            said.append(runs.loc["bfgs", "odd"])
        assert "function <lambda>" in said[0]
        extra = results.iterations[results.iterations["run"] == runs.loc["says", "run"]]["extra"]
        assert extra.tolist() == [0.5] * 3
    assert said[1] == 1e30
    assert said[2].startswith("1000")
    assert said[3] == "\\ud800"
    assert len(said[4]) < 21_000
    assert (said[5], said[6], pd.isna(said[7])) == (2.5, "[0 1 2]", True)


# --- claims -------------------------------------------------------------------------------------

LIARS = """
    from dataclasses import dataclass
    import numpy as np
    import optlab
    from optlab.core import kkt

    @dataclass(frozen=True)
    class WrongValue(optlab.Optimizer):
        "Goes to the minimizer and says that f is less there than it is."
        def step(self, oracle, state):
            from dataclasses import replace
            new = state.moved(oracle, direction=-state.x, step_size=1.0)
            return replace(new, f=new.f - 1.0)

    @dataclass(frozen=True)
    class Saboteur(optlab.Optimizer):
        "Switches the check of its own process off."
        def step(self, oracle, state):
            kkt.refutation = lambda *_: ""
            return state.stayed()
        def stationarity(self, oracle, state):
            return 0.0 if state.k else 1.0
"""


def test_a_claim_is_recomputed_where_the_optimizer_never_ran(tmp_path):
    (tmp_path / "liars.py").write_text(textwrap.dedent(LIARS))
    given = {"name": "e", "plugins": ["liars.py"], "problems": [{"name": "quadratic", "n": 2}],
             "optimizers": ["wrong_value", "saboteur", "bfgs"], "stop": {"iterations": 20}}  # fmt: skip
    folder = tmp_path / "r"
    results = runner.execute(from_dict(given, tmp_path), folder=folder, executor="local", workers=1, progress=False)
    runs = results.runs.set_index("optimizer")
    assert runs["status"].to_dict() == {"wrong_value": "STALLED", "saboteur": "STALLED", "bfgs": "CONVERGED"}
    assert set(runs["claimed_status"]) == {"CONVERGED"}
    assert "f is" in runs.loc["wrong_value", "message"]
    assert "the recomputed stationarity is" in runs.loc["saboteur", "message"]


def test_every_claim_of_the_catalogue_that_the_loop_accepts_is_accepted_again():
    from optlab.verification import Verifier
    from optlab.work import perform

    given = {"problems": ["kappa5", "rosenbrock", "circle", "hs21", "hs35"],
             "optimizers": ["bfgs", "kkt_newton", "projected_gradient", "augmented_lagrangian", "auto"],
             "starts": {"random": 1, "standard": True}}  # fmt: skip
    converged, verifier = 0, Verifier()
    for run in from_dict(given).runs():
        finished = perform(run.spec())
        before = finished.row["status"]
        verifier.check(finished, run.spec())
        assert finished.row["status"] == before, finished.row["message"]
        converged += before == "CONVERGED"
    assert converged >= 15


def test_claims_in_lower_precision_are_checked_with_f_of_that_precision():
    from optlab.verification import Verifier
    from optlab.work import perform

    given = {"problems": ["rosenbrock", {"name": "quadratic", "n": 10, "condition": 100}],
             "optimizers": ["gradient_descent_armijo"], "precision": {"grid": ["float16", "float32"]},
             "stop": {"stationarity": 1e-2}}  # fmt: skip
    for run in from_dict(given).runs():
        finished = perform(run.spec())
        Verifier().check(finished, run.spec())
        assert finished.row["status"] == "CONVERGED", finished.row["message"]
        in_double = replace(finished, row=dict(finished.row))
        Verifier().check(in_double, {**run.spec(), "precision": "float64"})
        if (run.problem_spec["name"], run.spec()["precision"]) == ("rosenbrock", "float16"):
            assert "f is" in in_double.row["message"]


def test_a_false_point_a_violated_constraint_and_a_problem_that_raises_are_no_success():
    from optlab.verification import Verifier
    from optlab.work import perform

    (run,) = from_dict({"problems": ["circle"], "optimizers": ["kkt_newton"]}).runs()
    finished, spec = perform(run.spec()), run.spec()
    for points, said in ((finished.points * 1.001, "f is"), (finished.points * np.nan, "no finite vector")):
        wrong = replace(finished, row=dict(finished.row), points=points)
        Verifier().check(wrong, spec)
        assert (wrong.row["status"], wrong.row["claimed_status"]) == ("STALLED", "CONVERGED")
        assert said in wrong.row["message"]
    wrong = replace(finished, row=dict(finished.row))
    Verifier().check(wrong, {**spec, "problem": {"name": "nowhere"}})
    assert "it cannot be checked" in wrong.row["message"]
