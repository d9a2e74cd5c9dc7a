"""Every optimizer passes its battery; what is wrong with a student's is named; the page of statuses is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from optlab.checks.check_optimizer import CHECKS, check_optimizer
from optlab.checks.report import Failed, Skipped, carry_out
from optlab.checks.status_table import SITUATIONS, optimizers, page, row
from optlab.checks.tags import IMPLIED, SAME, TAGS, Law, all_tags
from optlab.core.optimizer import Optimizer
from optlab.optimizers.gradient.gradient_descent import GradientDescent
from optlab.optimizers.quasi_newton.bfgs import BFGS
from optlab.registry import Catalogue

ROOT = Path(__file__).parents[1]
CATALOGUE = Catalogue()


@pytest.mark.parametrize("name", CATALOGUE.names("optimizers"))
def test_every_optimizer_passes_its_battery(name):
    cls = CATALOGUE.find("optimizers", name)
    for settings in ({}, *getattr(cls, "variants", ())):
        optimizer = CATALOGUE.make("optimizers", {"name": name, **settings})
        if optimizer.lacks():
            pytest.skip(optimizer.lacks())
        report = check_optimizer(optimizer)
        assert report.passed, str(report)
        assert all(check.detail for check in report.checks if check.skipped), "a skip needs a reason"


# --- tags --------------------------------------------------------------------------------------


def test_every_tag_in_use_is_known_and_every_law_has_known_tags():
    used = {tag for name in CATALOGUE.names("optimizers") for tag in CATALOGUE.make("optimizers", name).properties}
    assert used <= TAGS.keys() | SAME.keys(), used - TAGS.keys() - SAME.keys()
    laws = {tag for check in CHECKS if isinstance(check, Law) for tag in check.tags}
    implied = {tag for tags in IMPLIED.values() for tag in tags}
    assert laws | implied | set(IMPLIED) | set(SAME.values()) <= TAGS.keys()
    assert all_tags(["eps_star"]) == {"optimal_step", "exact_search", "rotation", "permutation", "translation"}


def test_names_of_checks_are_unique():
    names = [check.__name__ for check in CHECKS]
    assert len(set(names)) == len(names)


@dataclass(frozen=True)
class Misspelled(GradientDescent):
    properties: ClassVar = ("monotoneous", "of_my_own")


def test_a_misspelled_tag_is_found():
    report = check_optimizer(Misspelled(), only=["tags are known"])
    assert "'monotoneous'; did you mean 'monotone'?" in report.failures[0].detail
    assert "of_my_own" not in report.failures[0].detail


# --- a tag that a method does not deserve fails its law ------------------------------------------

UNDESERVED = [
    ("gradient_descent", "affine_invariant", "affine maps do not matter"),
    ("gradient_descent", "f_homogeneous", "powers of two in f change no bit"),
    ("gradient_descent", "f_homogeneous", "units of f do not change the verdict"),
    ("gradient_descent", "x_homogeneous", "powers of two in x change no bit"),
    ("gradient_descent", "monotone", "f never rises"),
    ("gradient_descent_armijo", "momentum", "momentum accelerates"),
    ("gradient_descent", "exact_search", "slowest start is as slow as theory says"),
    ("gradient_descent", "newton", "one step solves a quadratic"),
    ("gradient_descent_wolfe", "quasi_newton", "updates fulfil the secant equation"),
    ("gradient_descent_wolfe", "quasi_newton", "exact steps end a quadratic of n variables"),
    ("gradient_descent_wolfe", "conjugate_gradient", "exact steps end a quadratic"),
    ("gradient_descent_exact", "newton", "convergence is quadratic"),
    ("heavy_ball", "fixed_step", "fixed steps contract as theory says"),
    ("adam", "rotation", "rotated variables give rotated iterates"),
    ("bfgs", "affine_invariant", "affine maps do not matter"),
    ("bfgs", "trust_region", "radius is positive and a rejected step stays"),
    ("heavy_ball", "monotone", "f never rises"),
    ("heavy_ball", "adaptive", "first step is the same in every component"),
    ("newton", "escapes_saddle", "an exact saddle start is left"),
    ("newton", "safeguarded", "a wall of nan is no obstacle"),
    ("newton_damped", "escapes_saddle", "an exact saddle start is left"),
]


@pytest.mark.parametrize(("name", "tag", "law"), UNDESERVED, ids=lambda v: v)
def test_a_tag_that_is_not_deserved_fails_its_law(name, tag, law):
    cls = CATALOGUE.find("optimizers", name)
    needs = ("gradient", "hessian") if tag == "newton" else cls.needs
    claims = type(cls.__name__, (cls,), {"properties": (*cls.properties, tag), "needs": needs})
    report = check_optimizer(claims(), only=[law])
    assert [check.name for check in report.failures] == [law], str(report)


# --- expected failures -------------------------------------------------------------------------


@dataclass(frozen=True)
class KnownToRise(GradientDescent):
    """Gradient descent that claims to be monotone, with the truth as data."""

    properties: ClassVar = ("monotone",)
    expected_failures: ClassVar = {"f never rises": "a fixed step may be too long"}


@dataclass(frozen=True)
class WronglyExpected(BFGS):
    expected_failures: ClassVar = {"f never rises": "nobody looked", "f never raises": "misspelled"}


def test_an_expected_failure_is_data_with_its_reason():
    report = check_optimizer(KnownToRise())
    assert report.passed, str(report)
    (expected,) = [check for check in report.checks if check.expected]
    assert expected.detail.startswith("a fixed step may be too long (valley: f rises from ")
    assert "1 failed as expected" in report.last_line
    assert "  xfail  f never rises" in str(report)


def test_an_expected_failure_that_passes_fails():
    report = check_optimizer(WronglyExpected())
    found = {check.name: check.detail for check in report.failures}
    assert "it passes: take it out of expected_failures" in found["f never rises"]
    assert "did you mean 'f never rises'?" in found["f never raises"]
    assert len(found) == 2


def test_an_expected_failure_that_does_not_apply_fails():
    def skips(case):
        raise Skipped("no search")

    report = carry_out("x", [skips], None, {"skips": "known"})
    assert not report.passed
    assert "did not apply (no search)" in report.failures[0].detail


# --- what is wrong is named, with numbers and code that repeats it -----------------------------

STUDENT = """
from __future__ import annotations
from dataclasses import dataclass
import numpy as np
import optlab

@dataclass(frozen=True)
class Mine(optlab.Optimizer):
    properties = {properties}
    step_size: float = 0.05
    momentum: float = 0.5

    def step(self, oracle, state):
        v = np.zeros_like(state.x) if state.memory is None else state.memory
        {body}

    {more}
"""
RIGHT = "v = self.momentum * v - self.step_size * state.g; "
MOVE = "return state.moved(oracle, direction=v / self.step_size, step_size=self.step_size, memory=v)"
LIE = "def stationarity(self, oracle, state): return 0.0"
STUDENTS = {
    "right": (RIGHT + MOVE, "pass", ()),
    "sign": ("v = self.momentum * v + self.step_size * state.g; " + MOVE, "pass",
             ("approaches the solution of a bowl", "momentum repeats the last step")),
    "in place": ("state.x[:] = state.x - self.step_size * state.g; " + MOVE, "pass", ("runs without an error",)),
    "lie": (RIGHT + MOVE, LIE, ("success is true",)),
    "momentum": ("v = self.momentum * (v - self.step_size * state.g); " + MOVE, "pass",
                 ("momentum repeats the last step", "momentum contracts as theory says")),
    "momentum of x": ("v = self.momentum * state.x - self.step_size * state.g; " + MOVE, "pass",
                      ("approaches the solution of a bowl", "momentum repeats the last step")),
}  # fmt: skip


@pytest.mark.parametrize("kind", STUDENTS)
def test_a_students_mistake_is_named(tmp_path, kind):
    body, more, laws = STUDENTS[kind]
    path = tmp_path / "my_optimizer.py"
    path.write_text(STUDENT.format(properties=("heavy_ball", "rotation"), body=body, more=more))
    command = [sys.executable, "-m", "optlab", "check", "my_optimizer.py"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    failed = [line for line in done.stdout.splitlines() if line.startswith("  FAIL")]
    assert done.returncode == (1 if laws else 0), done.stdout + done.stderr
    assert bool(failed) == bool(laws), done.stdout
    for law in laws:
        (line,) = [line for line in failed if line.split("  ")[2].strip() == law]
        assert len(line) > 40 + len(law), line
    if kind == "in place":
        assert "never changed in place" in done.stdout
    if kind == "lie":
        repeat_the_code(done.stdout, tmp_path, env)


def repeat_the_code(printed, folder, env):
    """The two lines below a FAIL run as they stand."""
    first = next(i for i, line in enumerate(printed.splitlines()) if line.strip().startswith("import optlab"))
    code = [line.strip() for line in printed.splitlines()[first : first + 2]]
    assert code[1].startswith("for r in optlab.iterate(")
    done = subprocess.run([sys.executable, "-c", "\n".join(code)], cwd=folder, env=env, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, "\n".join(code) + done.stderr
    assert re.search(r"^0 ", done.stdout, re.MULTILINE)


@dataclass(frozen=True)
class Backwards(BFGS):
    def direction(self, oracle, state):
        return state.g


@dataclass(frozen=True)
class Jump(Optimizer):
    properties: ClassVar = ("f_homogeneous", "rotation", "affine_invariant", "feasible", "monotone", "safeguarded")
    handles: ClassVar = ("set", "bounds")

    def step(self, oracle, state):
        return state.moved(oracle, direction=-np.sign(state.g), step_size=1.5)


def test_the_code_below_each_failure_runs():
    wrong = [check_optimizer(Backwards()), check_optimizer(Jump())]
    codes = {check.name: check.reproduce for report in wrong for check in report.failures if check.reproduce}
    assert len(codes) > 8
    for code in codes.values():
        imports, run = code.splitlines()
        space = {"Backwards": Backwards, "Jump": Jump, "print": lambda *_: None}
        kept = [part for part in imports.split("; ") if "import Backwards" not in part and "import Jump" not in part]
        exec("\n".join([*kept, run]), space)


def test_only_some_checks():
    report = check_optimizer(BFGS(), only=["f never rises"])
    assert [check.name for check in report.checks] == ["f never rises"]


def test_a_check_that_raises_is_a_failure_with_its_code():
    class Case:
        def reproduce(self):
            return "a\nb"

    def breaks(case):
        raise Failed("no")

    report = carry_out("x", [breaks], Case())
    assert str(report).splitlines()[1:4] == ["  FAIL  breaks  no", "        a", "        b"]


# --- the page of statuses ----------------------------------------------------------------------

PAGE = ROOT / "docs" / "statuses.md"
ANEW = "run: python -m optlab.checks.status_table > docs/statuses.md"
ROWS = {line.split(" | ")[0].strip("| "): line for line in PAGE.read_text().splitlines() if line.startswith("| ")}


@pytest.mark.parametrize("name", optimizers(CATALOGUE))
def test_the_statuses_of_an_optimizer_are_those_of_the_page(name):
    found = row(CATALOGUE, name)
    if "foreign" in CATALOGUE.make("optimizers", name).properties:
        assert "ERROR" not in found
        assert found.count("|") == ROWS[name].count("|")
    else:
        assert found == ROWS.get(name), ANEW


def test_the_page_has_these_rows_and_no_others():
    names = optimizers(CATALOGUE)
    assert PAGE.read_text() == page(CATALOGUE, [ROWS.get(name, "") for name in names]), ANEW
    assert len(SITUATIONS) == 11
