"""The dask executor: the same tables as here, from workers that come, go and are killed."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import family, same

import optlab
from optlab import runner
from optlab.core.status import InputError, OptlabError
from optlab.executors.base import Task
from optlab.executors.dask import Dask
from optlab.executors.parcel import Parcel
from optlab.executors.serial import Serial
from optlab.experiment import from_dict

pytest.importorskip("distributed", reason="the extra cluster")
psutil = pytest.importorskip("psutil", reason="a dependency of distributed")
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="child processes need fork"),
    pytest.mark.filterwarnings("default::DeprecationWarning:distributed"),
]
PLUGIN = str(Path(__file__).with_name("nasty_methods.py"))
LONGEST = 60.0


def task(name, what="nothing", *, index=0, stop=None, plugins=(PLUGIN,), **settings):
    spec = {
        "problem": {"name": "kappa5"},
        "optimizer": {"name": "nasty", "what": what, **settings},
        "columns": ["suboptimality"],
        "label": name,
        "start": {"kind": "random", "index": index, "radius": 1.0},
        "start_label": f"random {index}",
        "seed": 0,
        "stop": {"iterations": 20, **(stop or {})},
        "record": {},
    }
    return Task(name, spec, plugins)


def outcomes(executor, tasks):
    found = list(executor.run(tasks))
    assert len({o.task.key for o in found}) == len(found)
    return {o.task.key: o for o in found}


def tree(pid):
    """Return a process and those below it."""
    return [pid, *family(pid)]


def open_to(pid):
    """Return the addresses at which a process listens."""
    return {c.laddr.ip for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN}


class Cluster:
    """A scheduler and workers, each a process of its own on 127.0.0.1."""

    def __init__(self, folder, *security, protocol="tcp"):
        self.security, self.processes, self.folder = security, [], folder
        file = folder / "scheduler.json"
        tls = [word.replace("--tls-ca", "--tls-ca-file") for word in security]
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
        self._start(
            *command,
            "--protocol",
            protocol,
            "--no-dashboard",
            "--dashboard-address",
            "127.0.0.1:0",
            "--scheduler-file",
            str(file),
            *tls,
        )
        found = self._until(lambda: file.exists() and re.search(r'"address": "([^"]+)"', file.read_text()))
        self.address = found[1]

    def worker(self, *options):
        command = [sys.executable, "-m", "optlab", "worker", "--scheduler", self.address, "--workers", "1"]
        process = self._start(*command, *self.security, *options)
        line = process.stdout.readline()
        assert line.startswith("worker "), line
        assert open_to(process.pid) == {"127.0.0.1"}
        return process

    def _start(self, *command):
        env = {**os.environ, "TMPDIR": str(self.folder)}  # what a killed worker cannot remove
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
        self.processes.append(process)
        return process

    def _until(self, condition):
        deadline = time.monotonic() + LONGEST
        while not (found := condition()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return found

    def close(self):
        for process in self.processes:
            for pid in tree(process.pid):
                with_one(pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()


def with_one(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.close()


def test_without_a_scheduler_everything_is_here_and_the_tables_are_those_of_serial(tmp_path):
    data = {
        "name": "t",
        "plugins": [PLUGIN],
        "problems": ["kappa5", {"name": "quadratic", "n": 3}],
        "optimizers": ["bfgs", "newton", {"name": "nasty", "what": "nothing"}],
        "starts": {"random": 3},
        "stop": {"iterations": 30},
        "columns": ["suboptimality", "optimal_step"],
        "executor": {"name": "dask", "workers": 2},
    }
    tables = []
    for folder, executor in (("a", None), ("b", "serial")):
        results = runner.execute(from_dict(data, tmp_path), folder=tmp_path / folder, executor=executor, progress=False)
        tables.append((results.runs.drop(columns="seconds"), results.iterations.drop(columns="seconds")))
    for a, b in zip(*tables, strict=True):
        assert a.to_csv() == b.to_csv()


def test_without_a_scheduler_nothing_beyond_this_machine_can_reach_it():
    tasks = [task(f"{i}", "nothing", index=i) for i in range(2)]
    assert {(outcome.kind, *open_to(os.getpid())) for outcome in Dask(workers=1).run(tasks)} == {("ok", "127.0.0.1")}


def test_all_runs_arrive_once_though_a_worker_and_all_below_it_are_killed_midway(cluster):
    first, _ = cluster.worker(), cluster.worker()
    bad = {3: "segfault", 11: "loop", 17: "exit", 23: "loop_in_c"}
    tasks = [
        task(f"{i}", bad.get(i, "nothing"), index=i, pause=0.002, stop={"seconds": 0.5} if i in (11, 23) else None)
        for i in range(60)
    ]
    running = Dask(cluster.address).run(tasks)
    found = list(itertools.islice(running, 20))
    for pid in tree(first.pid):
        with_one(pid, signal.SIGKILL)
    found += running
    assert sorted(int(o.task.key) for o in found) == list(range(60))
    quiet = outcomes(Serial(), [t for i, t in enumerate(tasks) if i not in bad])
    for o in found:
        what = bad.get(int(o.task.key), "nothing")
        if what == "nothing":
            same(o.finished, quiet[o.task.key].finished)
        else:
            assert o.finished.row["status"] == ("TIMEOUT" if "loop" in what else "KILLED")
            assert o.finished.iterations["k"].tolist() == list(range(6))


def listening(pid):
    """Return the addresses, as the kernel writes them, at which a process waits for connections by TCP."""
    own = {str(f.readlink()) for f in Path(f"/proc/{pid}/fd").iterdir() if f.is_symlink()}
    lines = [
        line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]
    ]
    return {line[1].split(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in own}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="Linux tells who listens where")
def test_nothing_is_open_to_other_machines(cluster):
    inside = "0100007F"  # 127.0.0.1
    worker = cluster.worker()
    assert listening(worker.pid) == {inside}
    running = Dask(workers=1).run(task(f"{i}", index=i) for i in range(3))
    next(running)
    assert listening(os.getpid()) <= {inside}
    running.close()


def test_plugins_travel_with_what_they_import_and_errors_name_the_files_they_came_from(cluster, tmp_path):
    folder = tmp_path / "mine"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "__init__.py").write_text("")
    (folder / "parts" / "lengths.py").write_text("LENGTH = 0.01\n")
    (folder / "helper.py").write_text("from parts.lengths import LENGTH\n")
    text = Path(PLUGIN).read_text().replace("import numpy as np\n", "import helper\nimport numpy as np\n")
    text = text.replace("np.linalg.norm([self.step_size])", "helper.LENGTH")
    text = text.replace('"nothing": lambda: None', '"nothing": lambda: 1 / 0')
    plugin = folder / "mine.py"
    plugin.write_text(text)
    here = outcomes(Serial(), [task("a", plugins=(str(plugin),))])["a"]
    cluster.worker()
    away = tmp_path / "away"
    shutil.move(folder, away)  # out of the worker's reach before it has ever seen it
    parcel_root = away / "mine.py"
    there = outcomes(Dask(cluster.address), [task("a", plugins=(str(parcel_root),))])["a"]
    assert there.finished.row["status"] == here.finished.row["status"] == "ERROR"
    assert str(parcel_root) in there.finished.row["traceback"]
    assert there.finished.row["traceback"].replace(str(away), str(folder)) == here.finished.row["traceback"]
    assert there.finished.iterations["f"].tobytes() == here.finished.iterations["f"].tobytes()


def test_a_parcel_is_named_by_what_it_holds(tmp_path):
    path = tmp_path / "one.py"
    path.write_text("import optlab\nimport two\n")
    (tmp_path / "two.py").write_text("A = 1\n")
    first = Parcel.of((str(path),))
    assert set(first.files) == {"one.py", "two.py"}
    assert Parcel.of((str(path),)) == first
    (tmp_path / "two.py").write_text("A = 2\n")
    second = Parcel.of((str(path),))
    assert second.name != first.name
    places = [parcel.unpack() for parcel in (first, second, second)]
    assert places[0] != places[1] == places[2]
    assert Path(places[0][0]).with_name("two.py").read_text() == "A = 1\n"
    assert first.at_home(f"in {places[0][0]}, line 3") == f"in {path.resolve()}, line 3"


def test_closing_early_ends_what_runs_on_the_cluster(cluster):
    worker = cluster.worker()
    running = Dask(cluster.address).run(task(f"{i}", "sleep" if i else "nothing", index=i) for i in itertools.count())
    next(running)
    before = len(tree(worker.pid))
    running.close()
    deadline = time.monotonic() + 15
    while len(tree(worker.pid)) >= before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(tree(worker.pid)) < before


def test_the_command_line_runs_an_experiment_on_a_cluster_by_tls_and_others_are_refused(tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    security = ("--tls-ca", str(cert), "--tls-cert", str(cert), "--tls-key", str(key))
    cluster = Cluster(tmp_path, *security, protocol="tls")
    try:
        cluster.worker()
        assert cluster.address.startswith("tls://")
        (tmp_path / "e.yaml").write_text("problems: [kappa5]\noptimizers: [bfgs]\n")
        run = [sys.executable, "-m", "optlab", "run", "e.yaml", "--scheduler", cluster.address]
        done = subprocess.run([*run, *security], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        assert "CONVERGED" in done.stdout
        plain = cluster.address.replace("tls://", "tcp://")
        with pytest.raises(OptlabError, match="no dask scheduler answers"):
            list(Dask(plain, patience=2.0).run([task("a")]))
    finally:
        cluster.close()


def test_mistakes_about_a_cluster_are_said(tmp_path):
    with pytest.raises(OptlabError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(Dask("tcp://127.0.0.1:9", patience=1.0).run([task("a")]))
    with pytest.raises(InputError, match="tls_key is not given"):
        list(Dask("tls://127.0.0.1:9", tls_ca=PLUGIN, tls_cert=PLUGIN).run([task("a")]))
    with pytest.raises(InputError, match="no file"):
        list(Dask("tls://127.0.0.1:9", tls_ca=str(tmp_path / "no.pem")).run([task("a")]))
    with pytest.raises(optlab.OptlabError, match="scheduler"):
        from_dict({"problems": ["kappa5"], "optimizers": ["bfgs"], "executor": {"name": "dask", "shceduler": "x"}})


def test_a_worker_with_another_optlab_is_refused(monkeypatch):
    from optlab.executors import dask

    monkeypatch.setattr(dask, "installed", lambda: "something else")
    with pytest.raises(OptlabError, match="has other sources of optlab"):
        list(Dask(workers=1).run([task("a")]))


def test_a_batch_that_is_lost_goes_one_by_one_and_a_run_that_costs_worker_after_worker_is_given_up():
    from distributed import KilledWorker

    from optlab.executors.dask import Batch, Dispatch

    class Client:
        status = "running"

    class Future:
        status = "error"

        def __init__(self, error):
            self.error = error

        def exception(self):
            return self.error

    dispatch = Dispatch(Client(), iter(()))
    gone = Future(KilledWorker("task", None, 3))
    assert list(dispatch._lost(Batch([task("a"), task("b")]), gone)) == []
    assert [[t.key for t in batch.tasks] for batch in dispatch.again] == [["a"], ["b"]]
    (outcome,) = dispatch._lost(dispatch.again.popleft(), gone)
    assert (outcome.task.key, outcome.kind, outcome.attempts) == ("a", "killed", 4)
    for _ in range(3):
        assert list(dispatch._lost(dispatch.again.popleft(), Future(ValueError("odd")))) == []
    (outcome,) = dispatch._lost(dispatch.again.popleft(), Future(ValueError("odd")))
    assert (outcome.kind, outcome.reason) == ("error", "ValueError: odd")


def test_a_scheduler_belongs_to_dask_alone(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from optlab.cli import main

    monkeypatch.chdir(tmp_path)
    Path("e.yaml").write_text("problems: [kappa5]\noptimizers: [bfgs]\n")
    done = CliRunner().invoke(main, ["run", "e.yaml", "--executor", "local", "--scheduler", "tcp://127.0.0.1:1"])
    assert done.exit_code == 2
    assert "--scheduler is for --executor dask, not for local" in done.output
