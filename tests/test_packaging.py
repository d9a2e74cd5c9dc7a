"""The package list, the wheel, and what a newcomer's folder sees."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def on_disk(folder, package):
    for path in [folder, *sorted(p for p in folder.rglob("*") if p.is_dir())]:
        if any(path.glob("*.py")):
            yield ".".join((package, *path.relative_to(folder).parts)), path


def test_every_folder_with_code_is_a_listed_package(project):
    found = {**dict(on_disk(ROOT / "optlab", "optlab")), **dict(on_disk(ROOT / "problems", "optlab_problems"))}
    assert set(project["tool"]["setuptools"]["packages"]) == set(found)
    without = [name for name, path in found.items() if not (path / "__init__.py").is_file()]
    assert not without


def test_nothing_imports_the_catalogue_by_its_folder_name():
    for path in [*ROOT.glob("optlab/**/*.py"), *ROOT.glob("problems/**/*.py"), *ROOT.glob("tests/*.py")]:
        for line in path.read_text().splitlines():
            assert not line.startswith(("import problems", "from problems")), path


def test_the_lock_holds_names_versions_and_hashes_only():
    text = (ROOT / "requirements.lock").read_text()
    assert "http" not in text
    assert "--index" not in text
    assert "sha256:" in text


CALL_EVERYTHING = """
import sys
import optlab, optlab_problems
for module in (optlab, optlab_problems):
    assert module.__file__.startswith(sys.argv[1]), module.__file__
for name in optlab.__all__:
    getattr(optlab, name)
for kind in ("optimizers", "problems", "columns", "plots", "searches", "sets", "executors"):
    assert optlab.names(kind), kind
result = optlab.minimize("rosenbrock", "bfgs", columns=["condition_number"])
assert result.success, result.message
experiment = {"name": "w", "problems": ["kappa5"], "optimizers": ["newton"], "plots": ["convergence"]}
results = optlab.run(experiment, progress=False)
assert (results.folder / "report.html").is_file()
assert optlab.kkt(optlab.problem("kappa5"), [0.0, 0.0]).stationarity == 0
"""


def test_the_wheel_alone_has_every_public_name(tmp_path):
    source = tmp_path / "source"
    for name in ("optlab", "problems"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path / "dist"),
        str(source),
    ]
    done = subprocess.run(build, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"optlab/py.typed", "optlab/report/page.html", "optlab/plots/optlab.mplstyle"} <= names
    assert not [name for name in names if name.startswith(("tests/", "problems/", "experiments/"))]
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    zipfile.ZipFile(wheel).extractall(installed)
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    call = subprocess.run(
        [sys.executable, "-c", CALL_EVERYTHING, str(installed)],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert call.returncode == 0, call.stderr


TYPED = """
from dataclasses import dataclass

import optlab


@dataclass(frozen=True)
class MyDescent(optlab.Optimizer):
    step_size: float = 0.1

    def step(self, oracle: optlab.Oracle, state: optlab.State) -> optlab.State:
        return state.moved(oracle, direction=-state.g, step_size=self.step_size)


problem = optlab.Problem(lambda x: float(x @ x), start=[1.0, 2.0])
result = optlab.minimize(problem, MyDescent(), stop=optlab.stop.Stationary() | optlab.stop.Iterations(10))
reveal_type(result)
reveal_type([record.f for record in optlab.iterate(problem, "bfgs")])
reveal_type(optlab.load("results").runs)
reveal_type(optlab.Status.CONVERGED.success)
result.nonsense
"""


def test_a_users_file_is_checked_against_our_types(tmp_path):
    (tmp_path / "user.py").write_text(TYPED)
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "user.py"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    revealed = [line.split('"')[1].replace("builtins.", "") for line in done.stdout.splitlines() if "Revealed" in line]
    frame = "pandas.core.frame.DataFrame"
    assert revealed == ["optlab.api.Result", "list[float]", frame, "bool"], done.stdout
    assert 'error: "Result" has no attribute "nonsense"' in done.stdout
    assert "Found 1 error" in done.stdout
