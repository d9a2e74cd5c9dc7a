"""Limits of a run: what is over its time or memory is stopped, and what it had recorded before is kept."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import optlab
from optlab.core import tape as module
from optlab.core.driver import Loop, run
from optlab.core.optimizer import State
from optlab.core.status import Status
from optlab.core.stop import Iterations
from optlab.core.tape import COLUMNS, ROWS, RUNNING, Tape
from optlab.core.trace import Keep, Recorder, read
from optlab.executors import limits, nursery
from optlab.executors.base import Task
from optlab.executors.limits import Limits
from optlab.executors.local import Local
from optlab.executors.serial import Serial
from optlab.experiment import from_dict
from optlab.optimizers.gradient.gradient_descent import GradientDescent

PLUGIN = str(Path(__file__).with_name("nasty_methods.py"))
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="child processes need fork")
needs_proc = pytest.mark.skipif(not limits.PROC.exists(), reason="memory is limited where /proc tells of it")


def task(what="nothing", *, name="", columns=("suboptimality",), stop=None, **settings):
    spec = {
        "problem": {"name": "kappa5"},
        "optimizer": {"name": "nasty", "what": what, **settings},
        "columns": list(columns),
        "label": what,
        "start": {"kind": "standard"},
        "start_label": "standard",
        "seed": 0,
        "stop": {"stationarity": 0.0, "iterations": 20, **(stop or {})},
        "record": {},
    }
    return Task(name or what, spec, (PLUGIN,))


def outcomes(executor, *tasks):
    return {outcome.task.key: outcome for outcome in executor.run(tasks)}


def begins_like(part, whole):
    """Whether a run that was stopped left the beginning of one that was not, bit for bit."""
    K = len(part.iterations["k"])
    assert set(part.iterations) == set(whole.iterations)
    for column in set(part.iterations) - {"seconds"}:
        assert part.iterations[column].tobytes() == whole.iterations[column][:K].tobytes(), column
    assert part.rows.tolist() == whole.rows[:K].tolist()
    assert part.points.tobytes() == whole.points[:K].tobytes()
    return K


@needs_fork
def test_a_step_that_does_not_end_is_a_timeout_soon_after_the_limit_with_the_iterates_before():
    quiet = outcomes(Serial(), task())["nothing"].finished
    endless = ("sleep", "lapack", "loop", "loop_in_c")
    begin = time.monotonic()
    others = (task(name=f"{i}", step_size=0.02) for i in range(8))  # in whose children these follow
    found = outcomes(Local(4), *others, *(task(what, stop={"seconds": 2.0}) for what in endless))
    assert time.monotonic() - begin < 19  # each of them takes twenty seconds or for ever
    for what in endless:
        finished = found[what].finished
        assert (found[what].kind, finished.row["status"], found[what].attempts) == ("timeout", "TIMEOUT", 1)
        assert "beyond stop.seconds = 2" in finished.row["message"]
        assert begins_like(finished, quiet) == 6
        assert (finished.row["iterations"], finished.row["f"]) == (5, finished.iterations["f"][-1])


@needs_fork
def test_a_crash_keeps_the_rows_before_it():
    quiet = outcomes(Serial(), task(stop={"iterations": 510}))["nothing"].finished
    before = task(pause=0.0001, name="before")  # whose child and whose tape the crash has in its first attempt
    crash = outcomes(Local(1), before, task("segfault", at=500, stop={"iterations": 510}))["segfault"]
    assert crash.finished.row["status"] == "KILLED"
    assert "SIGSEGV" in crash.finished.row["message"]
    assert begins_like(crash.finished, quiet) == 501


@needs_fork
def test_the_drivers_own_clock_ends_a_run_of_short_steps_first():
    found = outcomes(Local(1), task(pause=0.02, stop={"seconds": 0.2, "iterations": 1000}))["nothing"]
    assert (found.kind, found.finished.row["status"], found.reason) == ("ok", "TIMEOUT", "")


@needs_fork
@needs_proc
def test_a_run_over_its_memory_is_killed_with_the_reason():
    quiet = outcomes(Serial(), task())["nothing"].finished
    whats = ("nothing", "hog", "ask")
    found = outcomes(Local(1), *(task(what, stop={"megabytes": 300.0}) for what in whats))
    for what, words in (("hog", "its process used"), ("ask", "it asked for more memory")):
        assert (found[what].kind, found[what].finished.row["status"]) == ("killed", "KILLED")
        assert words in found[what].finished.row["message"]
        assert "stop.megabytes = 300" in found[what].finished.row["message"]
        assert begins_like(found[what].finished, quiet) == 6
    assert found["nothing"].kind == "ok"


@needs_fork
@needs_proc
def test_memory_that_earlier_runs_left_behind_is_no_fault_of_a_run():
    leaks = [task("leak", name=f"{i}", stop={"megabytes": 400.0}) for i in range(6)]  # 80 MB each, in one process
    found = outcomes(Local(1), *leaks)
    assert [found[f"{i}"].kind for i in range(6)] == ["ok"] * 6


@needs_fork
@needs_proc
def test_memory_counts_wherever_a_run_takes_it_and_what_processes_share_counts_once():
    found = outcomes(Local(2), *(task(w, stop={"megabytes": 400.0}) for w in ("shared_hog", "hog_below", "many_below")))
    for what, words in (("shared_hog", "its process used"), ("hog_below", "its 2 processes used")):
        assert (found[what].kind, found[what].attempts) == ("killed", 1)
        assert words in found[what].finished.row["message"]
    assert found["many_below"].kind == "ok", found["many_below"]


@needs_fork
@pytest.mark.parametrize("what", ["child_process", "daemon"])
def test_what_a_run_has_started_is_killed_with_it(monkeypatch, what):
    length = f"3000.{os.getpid()}"  # of this process alone: others may run the same test
    monkeypatch.setenv("OPTLAB_TEST_SLEEP", length)

    def there():
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        return listed.count(f"sleep {length}")

    assert outcomes(Local(1), task(what, stop={"seconds": 0.3}))[what].kind == "timeout"
    deadline = time.monotonic() + 10
    while there() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert there() == 0


@needs_fork
def test_a_run_keeps_its_verdict_when_its_columns_crash_or_never_end(monkeypatch):
    short = "import optlab.executors.limits as limits; limits.AROUND = 0.5; limits.TIMES = 1.0\nbreed"
    monkeypatch.setattr(nursery, "START", nursery.START.replace("breed(int", short + "(int"))
    quiet = outcomes(Serial(), task(columns=()))["nothing"].finished
    crash, endless = (
        task(name="crash", columns=["crashing"]),
        task(name="endless", columns=["endless"], stop={"seconds": 0.5}),
    )
    found = outcomes(Local(2), crash, endless)
    for name, words in (("crash", "ended twice with SIGSEGV"), ("endless", "not spent in steps")):
        finished = found[name].finished
        assert (found[name].kind, finished.row["status"]) == ("ok", "MAX_ITERATIONS")
        assert finished.row["notes"].startswith("columns: ")
        assert words in finished.row["notes"]
        assert begins_like(finished, quiet) == 21


@needs_fork
def test_columns_that_crash_do_not_cost_a_stopped_run_its_iterates():
    found = outcomes(Local(1), task("abort", columns=["crashing"]))["abort"]
    assert (found.kind, found.finished.row["status"]) == ("crash", "KILLED")
    assert "SIGABRT" in found.finished.row["message"]
    assert found.finished.iterations["k"].tolist() == list(range(6))


@needs_fork
def test_a_problem_that_cannot_be_built_in_time_is_a_timeout(monkeypatch):
    short = "import optlab.executors.limits as limits; limits.AROUND = 0.5; limits.TIMES = 1.0\nbreed"
    monkeypatch.setattr(nursery, "START", nursery.START.replace("breed(int", short + "(int"))
    slow = task(stop={"seconds": 0.5})
    slow.spec["problem"] = {"name": "unbuildable"}
    found = outcomes(Local(1), slow)["nothing"]
    assert (found.kind, found.finished.row["status"]) == ("timeout", "TIMEOUT")
    assert (found.finished.row["problem"], found.finished.row["iterations"]) == ("unbuildable", 0)
    assert "not spent in steps" in found.finished.row["message"]


def test_limits_are_those_of_the_stop_rules_and_leave_them_the_first_word():
    given = Limits.of({"stop": {"iterations": 5, "seconds": 10, "megabytes": 500}})
    assert (given.seconds, given.megabytes, given.none) == (10, 500, False)
    assert Limits.of({"stop": {"iterations": 5, "seconds": None}}).none
    assert 10 < given.allowance(RUNNING) <= 12
    assert given.allowance(COLUMNS) > 60
    assert given.exceeded(RUNNING, 10.1) == ""
    assert "stop.seconds = 10" in given.exceeded(RUNNING, 12)
    assert Limits().exceeded(RUNNING, 1e9) == ""


@pytest.mark.parametrize("value", [100, -1, "lots"])
def test_a_limit_that_no_process_could_keep_is_refused(value):
    with pytest.raises(optlab.OptlabError, match="megabytes"):
        from_dict({"problems": ["kappa5"], "optimizers": ["bfgs"], "stop": {"megabytes": value}})


@needs_fork
def test_a_stopped_run_is_in_the_tables_beside_the_others(tmp_path):
    data = {
        "name": "t",
        "plugins": [PLUGIN],
        "problems": ["kappa5"],
        "optimizers": ["bfgs", {"name": "nasty", "what": {"grid": ["nothing", "loop", "exit"]}}],
        "stop": {"seconds": 0.5, "megabytes": 1000, "iterations": 30},
        "columns": ["suboptimality"],
    }
    results = optlab.run(from_dict(data, tmp_path), folder=tmp_path / "r", progress=False)
    status = results.runs.set_index("optimizer.what")["status"]
    assert (status["nothing"], status["loop"], status["exit"]) == ("MAX_ITERATIONS", "TIMEOUT", "KILLED")
    for row in results.runs[results.runs["optimizer.what"].isin(["loop", "exit"])].itertuples():
        own = results.iterations[results.iterations["run"] == row.run]
        assert own["k"].tolist() == list(range(6))
        assert own["suboptimality"].notna().all()
        k, x = results.trajectory(row.run)
        assert (k.tolist(), x.shape) == (list(range(6)), (6, 2))


# The tape.


KEEPS = [
    Keep(megabytes=64),
    Keep(megabytes=0.005),
    Keep("every", stride=3, megabytes=64),
    Keep("every", stride=3, megabytes=0.002),
    Keep("geometric", per_decade=5, megabytes=64),
    Keep("none"),
]


@pytest.mark.parametrize("keep", KEEPS, ids=str)
def test_a_recorder_on_a_tape_returns_the_same_trace(keep):
    def trace(tape):
        loop = Loop(optlab.problem("kappa5"), GradientDescent(step_size=0.01), stop=Iterations(700))
        return run(loop, keep, tape=tape)

    tape = Tape()
    tape.begin()
    plain, taped = trace(None), trace(tape)
    for name in plain.scalars.keys() - {"seconds"}:
        assert plain.scalars[name].tobytes() == taped.scalars[name].tobytes()
    assert plain.rows.tolist() == taped.rows.tolist()
    assert plain.points.tobytes() == taped.points.tobytes()


@pytest.mark.parametrize("keep", KEEPS, ids=str)
def test_what_is_on_a_tape_is_valid_at_every_moment(keep, monkeypatch):
    class Counters:
        n_f = n_gradient = n_hessian = n_hvp = n_constraint = n_jacobian = n_sample = 0

    tape = Tape()
    monkeypatch.setattr(module, "LARGE", 100_000)
    for n in (3, 40):  # used again, by a run of another size
        tape.begin()
        recorder = Recorder(keep, n, (), tape)
        for k in range(400):
            x = np.full(n, float(k))
            recorder.append(State(x=x, f=float(k), g=x, k=k), 0.0, Counters, 0.0)
            there = read(tape, Status.TIMEOUT, "")
            assert there.scalars["k"].tolist() == list(range(k + 1))
            assert (there.points == there.rows[:, None]).all()
            assert (np.diff(there.rows) > 0).all()
            assert len(there.rows) == 0 if keep.mode == "none" else there.rows[0] == 0
            if keep == KEEPS[0]:
                assert len(there.rows) == k + 1


def test_a_tape_that_is_full_keeps_its_beginning_and_the_run_goes_on(monkeypatch):
    monkeypatch.setattr(module, "ROWS", 256 * 104)
    tape = Tape()
    monkeypatch.setattr(module, "ROWS", ROWS)
    tape.begin()
    loop = Loop(optlab.problem("kappa5"), GradientDescent(step_size=0.01), stop=Iterations(700))
    trace = run(loop, Keep(), tape=tape)
    assert len(trace) == len(trace.points) == 701
    left = read(tape, Status.KILLED, "")
    assert len(left) == len(left.points) == 256
    assert left.scalars["f"].tolist() == trace.scalars["f"][:256].tolist()


def test_a_tape_holds_what_was_last_said_of_a_run():
    tape = Tape()
    tape.begin()
    assert tape.row() is None
    tape.enter(RUNNING, {"a": 1}, 0.0)
    tape.enter(COLUMNS, {"a": 2, "traceback": "x" * 10**6}, 0.0)
    assert tape.row()["a"] == 2
    assert tape.row()["traceback"].startswith("xxx")
    tape.begin()
    assert tape.row() is None
