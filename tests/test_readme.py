"""Everything the README shows is executed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def blocks():
    return BLOCK.findall((ROOT / "README.md").read_text())


def the_python_examples_run(blocks, folder):
    texts = [text for kind, name, text in blocks if kind == "python" and not name]
    said = []
    for text in texts:
        done = subprocess.run(
            [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert len(said) == 5
    assert said[0].startswith("holds  stationarity")
    assert "0.666667    0.666667" in said[0]  # the multiplier, and the price
    assert said[1].startswith("[nan  0.] [1. 0.]")
    assert re.search(r"CONVERGED +1000", said[3])
    assert "True" in said[3]
    assert said[4].startswith("CONVERGED [1.")


def test_the_files_and_commands_of_the_readme_work(blocks, tmp_path):
    for _, name, text in blocks:
        if name:
            (tmp_path / name).write_text(text)
    script = "".join(text for kind, _, text in blocks if kind == "sh")
    commands = [shlex.split(line, comments=True) for line in script.splitlines()]
    assert [c[1] for c in commands] == [
        "run", "check", "list", "show", "list", "show", "check", "run", "results", "query", "merge",
        "run", "compare",
    ]  # fmt: skip
    commands += [["optlab", "run", "robust.yaml"], ["optlab", "run", "fair.yaml"]]
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "optlab", *command[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "results" / "mine"
    runs = pd.read_parquet(folder / "runs.parquet")
    assert {"my_descent", "my_momentum", "bfgs"} == set(runs["optimizer"])
    assert (runs["status"] == "CONVERGED").sum() >= 9
    assert (folder / "report.html").is_file()
    assert (tmp_path / "himmelblau.svg").is_file()
    both = pd.read_parquet(tmp_path / "results" / "both" / "runs.parquet")
    others = pd.read_parquet(tmp_path / "results" / "class" / "runs.parquet")
    assert len(both) == len(set(both["run"])) == len(runs) + len(others)
    fair = pd.read_parquet(tmp_path / "results" / "fair" / "runs.parquet")
    assert set(fair["label"]) == {"adam tuned", "gradient_descent tuned", "scipy_bfgs"}
    robust = pd.read_parquet(tmp_path / "results" / "robust" / "runs.parquet")
    assert len(robust) >= 3 * 35
    assert set(robust["problem.transforms"]) == {"none", "rotation", "noise"}
    the_python_examples_run(blocks, tmp_path)


def test_the_number_of_problems_is_true(blocks):
    from optlab.registry import Catalogue

    said = re.search(r"The catalogue: (\d+) problems", (ROOT / "README.md").read_text())
    assert said
    assert int(said[1]) == len(Catalogue().names("problems"))


def test_every_link_and_picture_exists():
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (ROOT / target).exists(), target


def test_an_optimizer_is_six_lines(blocks):
    text = next(text for _, name, text in blocks if name == "my_optimizer.py")
    first = text.split("@dataclass(frozen=True)")[1].strip().splitlines()
    assert len([line for line in first if line.strip()]) + 1 <= 6
