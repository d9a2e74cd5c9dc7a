"""The command line, in process and, where the process matters, in one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from optlab.cli import main
from optlab.registry import ROOTS

EXPERIMENT = """\
name: small
problems: [rosenbrock, {name: quadratic, n: 2, condition: {grid: [1, 10]}}]
optimizers: [{name: gradient_descent, step_size: 1.0e-3, label: GD}, bfgs]
stop: {iterations: 40}
expect:
  - {runs: {label: bfgs}, column: status, all: CONVERGED}
"""
BROKEN = """\
from dataclasses import dataclass
import optlab

@dataclass(frozen=True)
class Broken(optlab.Optimizer):
    def step(self, oracle, state):
        raise RuntimeError("out of ideas")
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    (tmp_path / "e.yaml").write_text(EXPERIMENT)
    return tmp_path


def optlab(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_run_prints_a_table_the_expectations_and_where_things_are(here: Path) -> None:
    result = optlab("run", "e.yaml", "--executor", "serial")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["label", "problem", "status", "iterations", "f", "n_f"]
    assert [line.split()[:4] for line in lines[1:4]] == [
        ["GD", "rosenbrock", "MAX_ITERATIONS", "40"],
        ["bfgs", "rosenbrock", "CONVERGED", lines[2].split()[3]],
        ["GD", "quadratic", "condition=1", "MAX_ITERATIONS"],
    ]
    assert "met    all status = CONVERGED where label = bfgs" in lines
    assert "results  results/small" in lines
    assert "report   results/small/report.html" in lines
    assert max(map(len, lines)) <= 90
    runs = pd.read_parquet(here / "results/small/runs.parquet")
    assert len(runs) == 6
    assert (here / "results/small/report.html").is_file()


def test_strict_minds_an_unmet_expectation(here: Path) -> None:
    quick = ("run", "e.yaml", "stop.iterations=3", "--executor=serial", "--results=out")
    unmet = optlab(*quick)
    assert unmet.exit_code == 0
    assert "UNMET  all status = CONVERGED where label = bfgs" in unmet.stdout
    assert (here / "out/runs.parquet").is_file()
    assert optlab(*quick, "--strict").exit_code == 1
    assert optlab(*quick, "expect=[]", "--strict").exit_code == 0


def test_strict_minds_a_run_in_error_and_retry_runs_it_again(here: Path) -> None:
    (here / "broken.py").write_text(BROKEN)
    command = (
        "run",
        "e.yaml",
        "optimizers=[broken]",
        "expect=[]",
        "--plugin=broken.py",
        "--executor=serial",
        "--strict",
    )
    result = optlab(*command)
    assert result.exit_code == 1
    assert "ERROR: 3 runs: broken on rosenbrock, broken on quadratic: RuntimeError: out of ideas" in result.stderr
    assert set(pd.read_parquet("results/small/runs.parquet")["status"]) == {"ERROR"}
    assert optlab(*command, "--retry", "failed").exit_code == 1
    assert optlab(*command, "--retry", "some").exit_code == 2


def test_three_mistakes_are_printed_and_nothing_runs(here: Path) -> None:
    Path("bad.yaml").write_text(
        "problems: [rosenbrock]\noptimizers:\n- {name: bfsg}\n- {name: gradient_descent, step_size: -1}\nsede: 1\n"
    )
    result = optlab("run", "bad.yaml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "bad.yaml:3:10: unknown optimizer 'bfsg'; did you mean 'bfgs'?\n"
        "    - {name: bfsg}\n"
        "             ^\n"
        "bad.yaml:4:39: step_size must be > 0, given -1\n"
        "    - {name: gradient_descent, step_size: -1}\n"
        "                                          ^\n"
        "bad.yaml:5:1: unknown key 'sede'; did you mean 'seed'?\n"
        "    sede: 1\n"
        "    ^\n"
    )
    assert not (here / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nowhere.yaml"), "nowhere.yaml: cannot be read: No such file or directory"),
        (("run", "e.yaml", "--plugin", "no.py"), "--plugin: plug-in"),
        (("run", "e.yaml", "stop.iteratons=3"), "argument 1: unknown key 'iteratons'; did you mean 'iterations'?"),
        (("run", "e.yaml", "--executor", "lokal"), "unknown executor 'lokal'; did you mean 'local'?"),
        (("run", "e.yaml", "--workers", "0"), "Invalid value for '--workers'"),
        (("run", "e.yaml", "--results", "e.yaml/x"), "cannot be written"),
        (("list", "optimizer"), "'optimizer' is not one of"),
        (("show", "bfsg"), "nothing is named 'bfsg'; did you mean 'bfgs'?"),
        (("check", "strong_wolfe"), "strong_wolfe holds no problem, no optimizer and no set to check"),
        (("check", "nowhere.py"), "does not exist"),
        (
            ("check", "empty.py"),
            "(public classes that extend optlab.ProblemBase, optlab.Optimizer or optlab.ConvexSet)",
        ),
        (("report", "."), "holds no results"),
        (("init", "."), "already holds"),
    ],
)
def test_errors_are_one_clean_message_and_exit_2(here: Path, arguments: tuple[str, ...], message: str) -> None:
    (here / "README.md").touch()
    (here / "empty.py").touch()
    result = optlab(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_dry_run_lists_the_runs_and_writes_nothing(here: Path) -> None:
    result = optlab("run", "e.yaml", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "6 runs; nothing was run"
    assert "GD     quadratic n=2 condition=10.0  standard  0" in result.stdout
    assert not (here / "results").exists()


def test_dry_run_says_what_is_there_already(here: Path) -> None:
    assert optlab("run", "e.yaml", "expect=[]").exit_code == 0
    said = [
        optlab("run", "e.yaml", "--dry-run", *more).output.splitlines()[-1]
        for more in ((), ("--fresh",), ("--retry", "all"), ("--retry", "failed"), ("seeds=[0, 1]",))
    ]
    assert said == [
        "6 runs; 0 would be executed, 6 reused; nothing was run",
        "6 runs; nothing was run",
        "6 runs; nothing was run",
        "6 runs; 0 would be executed, 6 reused; nothing was run",
        "12 runs; 6 would be executed, 6 reused; nothing was run",
    ]


def test_a_folder_whose_experiment_has_only_begun_is_said_to_be_so(here: Path) -> None:
    (here / "results" / "e").mkdir(parents=True)
    (here / "results" / "e" / "experiment.yaml").write_text("name: e")
    result = optlab("results", "results/e")
    assert result.exit_code == 2
    assert "no run of its experiment has finished" in result.stderr


def test_an_interrupted_run_ends_with_130(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from optlab.executors.serial import Serial

    def stop(self: Serial, tasks: object) -> object:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Serial, "run", stop)
    result = optlab("run", "e.yaml", "--executor=serial")
    assert result.exit_code == 130
    assert "interrupted: 0 of 6 runs" in result.stderr


@pytest.mark.parametrize("kind", list(ROOTS))
def test_list_names_every_member_of_a_kind(here: Path, kind: str) -> None:
    (here / "broken.py").write_text(BROKEN)
    result = optlab("list", kind, "--plugin", "broken.py")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 1
    assert ("broken" in result.stdout) is (kind == "optimizers")


def test_show_describes_settings_with_defaults_and_ranges(here: Path) -> None:
    text = optlab("show", "gradient_descent").stdout
    assert "Move against the gradient by a fixed multiple." in text
    assert ["step_size", "float", "0.01", ">", "0"] in [line.split() for line in text.splitlines()]
    assert "gradient_descent.py:" in text
    assert "c2" in optlab("show", "strong_wolfe").stdout


def test_check_reports_on_names_and_files(here: Path) -> None:
    (here / "broken.py").write_text(BROKEN)
    assert optlab("check", "rosenbrock").exit_code == 0
    broken = optlab("check", "broken.py")
    assert broken.exit_code == 1
    assert "out of ideas" in broken.stdout


def test_report_is_written_again(here: Path) -> None:
    optlab("run", "e.yaml", "optimizers=[bfgs]", "--executor=serial")
    report = here / "results/small/report.html"
    report.unlink()
    result = optlab("report", "results/small")
    assert result.exit_code == 0
    assert result.stdout.strip() == "results/small/report.html"
    assert report.is_file()


def test_init_writes_a_folder_that_runs_as_it_is(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert optlab("init", "new").exit_code == 0
    monkeypatch.chdir(here / "new")
    result = optlab("run", "experiment.yaml", "plots=[]", "--strict")
    assert result.exit_code == 0, result.output
    assert set(pd.read_parquet("results/first-steps/runs.parquet")["label"]) == {
        "gradient_descent",
        "my_optimizer",
        "BFGS",
    }
    assert optlab("check", "my_optimizer.py").exit_code == 0
    schema = json.loads(Path("schema.json").read_text())
    assert "my_optimizer" in schema["$defs"]["optimizers"]["anyOf"][0]["enum"]
    assert optlab("schema", "--plugin", "my_optimizer.py").stdout == Path("schema.json").read_text()


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["list", "optimizers"], ["list", "problems"]])
def test_help_and_list_import_nothing_heavy(arguments: list[str]) -> None:
    heavy = ("numpy", "pandas", "pydantic", "scipy", "matplotlib", "ruamel", "pyarrow", "tqdm")
    script = (
        "import sys\nfrom optlab.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"sys.exit(' '.join(m for m in {heavy!r} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == "\n"
    assert done.stdout


def test_a_failure_shows_no_traceback_in_a_process_of_its_own(here: Path) -> None:
    command = [sys.executable, "-c", "from optlab.cli import main; main()", "run", "e.yaml", "seed=x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=here)
    assert done.returncode == 2
    assert done.stderr == "argument 1: seed must be a whole number, given 'x'\n    seed=x\n         ^\n"


def test_a_second_run_says_how_much_it_reused(here: Path) -> None:
    assert "reused" not in optlab("run", "e.yaml").stdout
    assert "reused   6 of 6 runs; what they depend on is unchanged" in optlab("run", "e.yaml").stdout.splitlines()
    (here / "odd.py").write_text(
        "import optlab\nclass Odd(optlab.Column):\n    names = ('odd',)\n    def compute(self, trace, problem): 1 / 0\n"
    )
    result = optlab("run", "e.yaml", "--plugin", "odd.py", "columns=[odd]")
    assert "columns of 6 runs could not all be computed" in result.stdout


def test_show_says_what_inherited_settings_mean(here: Path) -> None:
    lines = optlab("show", "sqp").stdout.splitlines()
    assert "As in LineSearchSQP:" in lines
    assert "trials : int" in lines
    text = optlab("show", "augmented_lagrangian").stdout
    assert text.count("\ninner : Optimizer\n") == text.count("\ntheta : float\n") == 1


def test_list_and_show_do_not_contradict_each_other(here: Path) -> None:
    """What an optimizer made of another one needs follows from that one: the list does not guess."""
    rows = {line.split()[0]: line.split()[1] for line in optlab("list", "optimizers").stdout.splitlines() if line}
    for name in ("augmented_lagrangian", "penalty", "log_barrier"):
        assert rows[name] == "…"
        assert "needs:      gradient, lagrangian_hessian" in optlab("show", name).stdout
    assert rows["sqp_newton"] == "gradient,"
