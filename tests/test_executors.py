"""Executors: every task settles, each with its own cause, whatever is done to the processes."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from processes import family, same

from optlab.core.status import OptlabError
from optlab.executors import local
from optlab.executors.auto import Auto
from optlab.executors.base import Task
from optlab.executors.local import Local
from optlab.executors.serial import Serial

PLUGIN = str(Path(__file__).with_name("nasty_methods.py"))
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="child processes need fork")


def task(name="", what="nothing", *, index=0, method="nasty", stop=None, plugins=(PLUGIN,), **settings):
    optimizer = {"name": method, "what": what, **settings} if method == "nasty" else {"name": method, **settings}
    spec = {
        "problem": {"name": "kappa5"},
        "optimizer": optimizer,
        "columns": ["suboptimality"],
        "label": name or what,
        "start": {"kind": "random", "index": index, "radius": 1.0},
        "start_label": f"random {index}",
        "seed": 0,
        "stop": {"iterations": 20, **(stop or {})},
        "record": {},
    }
    return Task(name or what, spec, plugins)


def outcomes(executor, tasks):
    return {outcome.task.key: outcome for outcome in executor.run(tasks)}


BETWEEN = 4
"""Runs that settle between two kills, so that on a machine that crawls no run is killed again and again by chance."""


def workers():
    """Return the processes of workers below this one: guards and children, not what they are forked from."""
    processes = family()
    return [pid for pid, parent in processes.items() if parent != os.getpid()]


def test_every_executor_gives_the_same_bits_in_any_order():
    def tasks():
        for index, method in itertools.product(range(6), ("bfgs", "gradient_descent", "newton")):
            yield task(f"{method}{index}", method=method, index=index, plugins=())

    serial = outcomes(Serial(), tasks())
    assert len(serial) == 18
    for executor in (Local(1), Local(2), Auto(2, patience=1e-9)):
        other = outcomes(executor, tasks())
        assert other.keys() == serial.keys()
        for key, outcome in serial.items():
            assert (other[key].kind, other[key].attempts) == ("ok", 1)
            same(outcome.finished, other[key].finished)


def test_two_hundred_runs_settle_though_some_crash_hang_and_hoard_and_workers_are_killed_at_random():
    rng = random.Random(0)
    bad = ["segfault"] * 10 + ["loop"] * 3 + ["loop_in_c"] * 3 + ["hog"] * 8
    kinds = bad + ["nothing"] * (200 - len(bad))
    rng.shuffle(kinds)
    limit = {"loop": {"seconds": 0.3}, "loop_in_c": {"seconds": 0.3}, "hog": {"megabytes": 250}}
    both = {"seconds": 60.0, "megabytes": 1000}
    tasks = [task(f"{i}", what, index=i, stop=limit.get(what, both), pause=0.001) for i, what in enumerate(kinds)]
    over = threading.Event()
    killed, settled = [], []

    def reaper():
        progress = 0
        while not over.wait(0.4):
            there = workers()
            if there and len(settled) >= progress + BETWEEN:
                progress = len(settled)
                killed.append(rng.choice(there))
                os.kill(killed[-1], signal.SIGKILL)

    thread = threading.Thread(target=reaper)
    thread.start()
    try:
        for outcome in Local(2).run(tasks):
            settled.append(outcome)  # noqa: PERF402  the reaper looks at it
    finally:
        over.set()
        thread.join()
    assert sorted(int(o.task.key) for o in settled) == list(range(200))
    assert len(killed) > 5
    assert any(o.attempts > 1 and o.kind == "ok" for o in settled)
    right = {
        "segfault": "KILLED",
        "loop": "TIMEOUT",
        "loop_in_c": "TIMEOUT",
        "hog": "KILLED",
        "nothing": "MAX_ITERATIONS",
    }
    why = {"segfault": "SIGSEGV", "loop": "stop.seconds", "loop_in_c": "stop.seconds", "hog": "stop.megabytes"}
    for o in settled:
        what = kinds[int(o.task.key)]
        if what in limit and "killed from outside" in o.reason:  # four times before its own cause could show
            assert (o.kind, o.attempts >= 4) == ("killed", True)
            continue
        assert o.finished.row["status"] == right[what], (what, o)
        assert why.get(what, "limit") in o.finished.row["message"], (what, o)
        if what != "nothing":
            assert o.finished.iterations["k"].tolist() == list(range(6))
    quiet = outcomes(Local(2), [task(f"{i}", index=i, stop=both, pause=0.001) for i in range(200)])
    for o in settled:
        undisturbed = quiet[o.task.key].finished
        if kinds[int(o.task.key)] == "nothing":
            o.finished.row["label"] = undisturbed.row["label"]
            same(o.finished, undisturbed)
        elif o.finished is not None:  # of a run whose guard was killed too, nothing is left
            assert o.finished.iterations["f"].tolist() == undisturbed.iterations["f"][:6].tolist()


@pytest.mark.parametrize(("what", "cause"), [("abort", "SIGABRT"), ("exit", "exit code 139"), ("leave", "exit code 0")])
def test_a_crash_is_tried_once_more_and_then_killed_with_its_cause(what, cause):
    outcome = outcomes(Local(1), [task(what=what)])[what]
    assert (outcome.kind, outcome.attempts) == ("crash", 2)
    assert outcome.finished.row["status"] == "KILLED"
    assert cause in outcome.finished.row["message"]
    assert len(outcome.finished.iterations["suboptimality"]) == 6


def test_a_crash_that_happens_once_is_forgiven(tmp_path):
    found = outcomes(Local(1), [task("fine"), task("once", "segfault", once=str(tmp_path / "there")), task("after")])
    assert [(found[name].kind, found[name].attempts) for name in ("fine", "once", "after")] == [
        ("ok", 1),
        ("ok", 2),
        ("ok", 1),
    ]


def test_a_run_whose_process_is_killed_from_outside_is_begun_again_three_times(tmp_path):
    found = outcomes(
        Local(1), [task("once", "kill", once=str(tmp_path / "there")), task("always", "kill"), task("fine")]
    )
    assert (found["once"].kind, found["once"].attempts) == ("ok", 2)
    assert (found["always"].kind, found["always"].attempts) == ("killed", 4)
    assert found["always"].finished.row["status"] == "KILLED"
    assert "killed from outside (SIGKILL) 4 times" in found["always"].finished.row["message"]
    assert found["fine"].attempts == 1


def forking():
    for i, name in enumerate(("fork 0", "a", "fork 1", "b", "c")):
        yield task(name, name.split()[0] if "fork" in name else "nothing", index=i)


def test_a_copy_that_a_run_makes_of_its_process_answers_for_nothing():
    found = list(Local(1).run(forking()))
    assert [o.task.key for o in found] == [made.key for made in forking()]
    assert {(o.kind, o.attempts) for o in found} == {("ok", 1)}
    for i, outcome in enumerate(found):
        (undisturbed,) = Serial().run([task(outcome.task.key, index=i)])
        undisturbed.finished.row["optimizer.what"] = outcome.finished.row["optimizer.what"]
        same(outcome.finished, undisturbed.finished)


def test_a_copy_of_the_only_process_executes_nothing_more(tmp_path):
    code = CALLER.format(folder=str(Path(__file__).parent)).split("for outcome")[0]
    code += "from optlab.executors.serial import Serial\nfrom test_executors import forking\n"
    code += "for o in Serial().run(forking()): print(o.task.key, flush=True)\n"
    code += "while True:\n    try: os.wait()\n    except ChildProcessError: break\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [made.key for made in forking()]


@pytest.mark.parametrize("what", ["mute", "garble"])
def test_a_run_that_spoils_the_connection_of_its_process_is_killed_and_the_reason_said(what):
    found = outcomes(Local(1), [task("fine"), task(what=what), task("after", index=1)])
    assert (found[what].kind, found[what].attempts) == ("crash", 2)
    assert found[what].finished.row["status"] == "KILLED"
    assert "connection of its process to its guard" in found[what].finished.row["message"]
    assert len(found[what].finished.iterations["suboptimality"]) == 6
    assert [(found[name].kind, found[name].attempts) for name in ("fine", "after")] == [("ok", 1)] * 2


@pytest.mark.parametrize(("what", "words"), [("speechless", "what it says cannot"), ("base_exception", "beyond Exc")])
def test_whatever_a_step_raises_is_an_error_with_its_place_and_its_iterates(what, words):
    for executor in (Serial(), Local(1)):
        found = outcomes(executor, [task(what=what), task("after")])
        row = found[what].finished.row
        assert (found[what].kind, row["status"], row["iterations"]) == ("ok", "ERROR", 5)
        assert words in row["message"]
        assert "nasty_methods.py" in row["message"]
        assert "raise error" in row["traceback"]
        assert found["after"].finished.row["status"] == "MAX_ITERATIONS"


def test_signals_that_end_a_program_do_not_end_a_guard():
    found = outcomes(Local(1), [task(what="end_guard")])["end_guard"]
    assert (found.kind, found.attempts, found.finished.row["status"]) == ("ok", 1, "MAX_ITERATIONS")


def test_what_a_plugin_does_to_its_process_is_seen_by_no_run_of_another(tmp_path):
    text = Path(PLUGIN).read_text().partition("@dataclass(frozen=True)\nclass Draws")[0]
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(text.replace("class Nasty(", f"class {name.title()}("))
    plugins = (str(tmp_path / "one.py"), str(tmp_path / "two.py"))

    def tasks(what):
        for i in range(12):
            made = task(f"{i}", what if i % 3 == 0 else "nothing", index=i, plugins=plugins)
            name = ("one", "two", "bfgs")[i % 3]
            made.spec["optimizer"] = {"name": "bfgs"} if name == "bfgs" else {**made.spec["optimizer"], "name": name}
            yield made

    spoiled, clean = outcomes(Local(1), tasks("spoil")), outcomes(Local(1), tasks("nothing"))
    assert {o.finished.row["status"] for o in clean.values()} <= {"MAX_ITERATIONS", "CONVERGED"}
    assert spoiled["0"].finished.points.tobytes() != clean["0"].finished.points.tobytes()
    for i in range(12):
        if i % 3:
            same(spoiled[f"{i}"].finished, clean[f"{i}"].finished)


def test_draws_from_the_generators_that_everybody_shares_repeat_and_leave_the_callers_alone():
    tasks = [task(f"{i}", index=i % 2) for i in range(6)]
    for made in tasks:
        made.spec.update(optimizer={"name": "draws"}, stream=3)
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    before = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    here, there = outcomes(Serial(), tasks), outcomes(Local(2), reversed(tasks))
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before  # noqa: NPY002
    for i in range(6):
        assert here[f"{i}"].finished.points.tobytes() == here[f"{i % 2}"].finished.points.tobytes()
        assert here[f"{i}"].finished.points.tobytes() == there[f"{i}"].finished.points.tobytes()


FLOOD = """
import sys
sys.path.insert(0, {folder!r})
from optlab.executors.local import Local
from test_executors import task
whats = ["flood", "nothing", "flood"]
tasks = [task(f"{{i}}", what, index=i, stop={{"seconds": 60.0}}) for i, what in enumerate(whats)]
found = [o.finished.row["status"] for o in Local(1).run(tasks)]
assert found == ["MAX_ITERATIONS"] * 3, found
"""


@pytest.mark.parametrize("reader", [True, False])
def test_a_flood_of_output_is_cut_and_waits_for_nobody(tmp_path, reader):
    code = FLOOD.format(folder=str(Path(__file__).parent))
    with (tmp_path / "errors").open("wb") as errors:
        parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=errors)
        if reader:
            said, _ = parent.communicate(timeout=60)
        else:
            assert parent.wait(60) == 0
            said = parent.stdout.read()
            parent.stdout.close()
    assert parent.returncode == 0
    shown = len(said) + (tmp_path / "errors").stat().st_size
    assert 60_000 < shown < 2 * 100_000 + 4 * 5_000
    assert said.startswith(b"xxxx")
    assert not reader or b"is not shown" in said + (tmp_path / "errors").read_bytes()


def test_workers_do_without_the_process_they_are_forked_from_and_replace_it():
    tasks = [task(f"{i}", index=i, pause=0.01) for i in range(20)]
    running = Local(2).run(tasks)
    seen = [next(running)]
    (mother,) = (pid for pid, parent in family().items() if parent == os.getpid())
    os.kill(mother, signal.SIGKILL)
    for pid in workers():
        os.kill(pid, signal.SIGKILL)
    seen += running
    assert sorted(int(o.task.key) for o in seen) == list(range(20))
    assert {o.kind for o in seen} == {"ok"}


def test_tasks_are_drawn_as_they_are_needed():
    drawn = []

    def endless():
        for i in itertools.count():
            drawn.append(i)
            yield task(f"{i}", index=i)

    for executor in (Serial(), Local(2), Auto(2, patience=0.01)):
        drawn.clear()
        running = executor.run(endless())
        assert len(list(itertools.islice(running, 100))) == 100
        running.close()
        assert len(drawn) <= 100 + 3 * (local.MOST + 1)  # a batch with each worker, and one that is done but not taken


def test_closing_early_ends_every_process():
    running = Local(2).run(task(f"{i}", "sleep" if i == 1 else "nothing", index=i) for i in itertools.count())
    next(running)
    assert family()
    running.close()
    deadline = time.monotonic() + 10
    while family() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not family()


CALLER = """
import os, sys
from optlab.executors.local import Local
sys.path.insert(0, {folder!r})
from test_executors import task
for outcome in Local(2).run(task(f"{{i}}", "sleep", index=i) for i in range(4)):
    pass
"""


def test_no_process_outlives_a_killed_parent():
    code = CALLER.format(folder=str(Path(__file__).parent))
    parent = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while len(family()) < 6 and time.monotonic() < deadline:
        time.sleep(0.1)
    below = set(family()) - {parent.pid}
    parent.kill()
    parent.wait()
    assert len(below) >= 5
    while any(Path(f"/proc/{pid}").exists() for pid in below) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]


def test_workers_do_not_import_what_called_them_and_have_one_thread(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "print('imported', flush=True)\n"
        "from optlab.executors.local import Local\n"
        "from test_executors import task\n"
        "print(sorted(o.kind for o in Local(2).run([task('a'), task('b', index=1)])))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.split("\n") == ["imported", "['ok', 'ok']", ""]


@pytest.mark.parametrize("before", ["", "import os, sys, time; os.close(int(sys.argv[1])); time.sleep(0.3); "])
def test_a_system_on_which_workers_cannot_start_is_said(monkeypatch, before):
    from optlab.executors import nursery

    monkeypatch.setattr(nursery, "START", before + "raise SystemExit(3)")  # also where its code comes after its end
    with pytest.raises(OptlabError, match="ended with exit code 3"):
        list(Local(2).run([task("a", plugins=())]))


def test_without_fork_runs_are_executed_here_and_it_is_said(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.warns(RuntimeWarning, match="memory is not limited"):
        found = outcomes(Local(2), [task("a", method="bfgs", plugins=())])
    assert found["a"].kind == "ok"


def test_few_quick_runs_of_our_own_methods_start_no_process_and_plugins_do():
    def processes(tasks):
        running = Auto(2).run(tasks)
        next(running)
        there = len(family())
        running.close()
        return there

    assert processes([task("a", method="bfgs", plugins=())]) == 0
    assert processes([task("a")]) > 0
    assert processes([task("a", method="bfgs", plugins=(), stop={"seconds": 5.0})]) > 0


def test_tasks_that_wait_behind_a_long_one_go_to_an_idle_worker(monkeypatch):
    monkeypatch.setattr(local, "CHUNK", 1.0)
    quick = [task(f"{i}", index=i) for i in range(40)]  # from which many are handed over at a time
    others = [task(f"other {i}", index=i, pause=0.005) for i in range(10)]
    finished = [o.task.key for o in Local(2).run([*quick, task("long", pause=0.25), *others])]
    assert len(finished) == 51
    assert finished[-1] == "long"
