"""Suites and selections in YAML, and the lists, pages and pictures of the catalogue."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from optlab.cli import main
from optlab.config.selection import Select
from optlab.config.text import ConfigError
from optlab.experiment import from_dict
from optlab.plots.portrait import portrait
from optlab.registry import Catalogue, suites

CATALOGUE = Catalogue()


def names(*problems):
    experiment = from_dict({"problems": list(problems), "optimizers": ["bfgs"]})
    return [run.problem["name"] for run in experiment.runs()]


def faults(*problems):
    with pytest.raises(ConfigError) as caught:
        from_dict({"problems": list(problems), "optimizers": ["bfgs"]})
    return "\n".join(str(fault) for fault in caught.value.errors)


def optlab(*words):
    return CliRunner().invoke(main, list(words))


def entries():
    return [CATALOGUE.entry("problems", name) for name in CATALOGUE.names("problems")]


def test_a_suite_is_every_problem_that_names_it():
    for suite, members in suites(CATALOGUE).items():
        assert names({"suite": suite}) == members
        assert all(suite in CATALOGUE.entry("problems", name).attributes["suites"] for name in members)
    assert {"mgh", "hs", "textbook", "ml", "scalable", "linear_algebra", "constrained"} <= set(suites(CATALOGUE))


def test_settings_go_to_the_problems_that_have_them():
    runs = from_dict({"problems": [{"suite": "scalable", "n": 24}], "optimizers": ["lbfgs"]}).runs()
    assert {run.problem["n"] for run in runs} == {24}
    mixed = from_dict({"problems": [{"suite": "mgh", "m": 20, "exclude": ["watson"]}], "optimizers": ["bfgs"]}).runs()
    assert any("m" in run.problem for run in mixed)
    assert any("m" not in run.problem for run in mixed)
    swept = names({"suite": "scalable", "n": {"grid": [24, 48]}})
    assert len(swept) == 2 * len(suites(CATALOGUE)["scalable"])


def test_a_zip_takes_the_settings_that_a_problem_has():
    item = {"suite": "ml", "zip": [["n", "m"]], "n": {"grid": [3, 4]}, "m": {"grid": [15, 20]}}
    runs = from_dict({"problems": [item], "optimizers": ["bfgs"]}).runs()
    settings = {name: [] for name in suites(CATALOGUE)["ml"]}
    for run in runs:
        settings[run.problem["name"]].append((run.problem.get("n"), run.problem.get("m")))
    assert settings["ridge"] == [(3, 15), (4, 20)]
    assert [m for _, m in settings["gaussian_mixture"]] == [15, 20]  # which has no n
    assert "zip names 'k'" in faults(item | {"zip": [["n", "k"]]})


def test_the_schema_takes_every_selection():
    schema = Select.model_json_schema()
    assert {"type": "integer"} in schema["properties"]["n"]["anyOf"]


def test_selection_by_tags_constraints_size_and_facts():
    nonconvex = names({"select": {"tags": ["nonconvex"], "constraints": "none"}})
    assert nonconvex == [e.name for e in entries() if "nonconvex" in e.attributes.get("tags", ())
                         and not e.attributes.get("constraints")]  # fmt: skip
    assert "himmelblau" in nonconvex
    small = names({"select": {"suite": "mgh", "n": {"max": 3}}})
    assert small
    assert all(CATALOGUE.make("problems", name).n <= 3 for name in small)
    assert set(names({"select": {"suite": "mgh", "n": {"min": 4}}})) == set(suites(CATALOGUE)["mgh"]) - set(small)
    assert all(CATALOGUE.make("problems", name).n == 2 for name in names({"select": {"suite": "hs", "n": 2}}))
    equality = names({"select": {"constraints": ["equality"]}})
    assert "hs7" in equality
    assert all(set(CATALOGUE.entry("problems", n).attributes["constraints"]) == {"equality"} for n in equality)
    assert not set(names({"select": {"constraints": "any"}})) & set(names({"select": {"constraints": "none"}}))
    known = names({"select": {"suite": "textbook", "known": ["optimum", "solution"], "without": "multimodal"}})
    assert "himmelblau" not in known
    assert all(CATALOGUE.make("problems", name).known.solution is not None for name in known)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"suite": "mhg"}, "unknown suite 'mhg'; did you mean 'mgh'?"),
        ({"suite": "mgh", "k": 3}, "none of these .* problems has a setting 'k'"),
        ({"suite": "mgh", "exclude": ["wod"]}, "'wod' is not among them; did you mean 'wood'?"),
        ({"suite": "mgh", "name": "wood"}, "not name and suite"),
        ({"select": {"tags": ["nonconvx"]}}, "there is no 'nonconvx'; did you mean 'nonconvex'?"),
        ({"select": {"constraints": "non"}}, "there is no 'non'"),
        ({"select": {"size": 3}}, "select has no key 'size'"),
        ({"select": {"n": {"max": 0}}}, "must be >= 1, given 0"),
        ({"select": {"suite": "mgh", "n": {"min": 10**6}}}, "none of the .* problems selected has such an n"),
        ({"select": {"tags": ["nonconvex"], "without": ["nonconvex"]}}, "no problem of the catalogue is all of this"),
        ({"suite": "mgh", "n": -3}, "n must be"),
        ({"select": "convex"}, "select is a mapping such as .*given 'convex'"),
        ({"select": {"n": "big"}}, "n must be a whole number, or .*given 'big'"),
        ({"select": {"n": {"mx": 3}}}, "n has no key 'mx'; did you mean 'max'?"),
        ({"select": {"n": {"min": 5, "max": 3}}}, "min must be at most max = 3, given 5"),
    ],
)
def test_wrong_selections_are_explained(item, message):
    import re

    assert re.search(message, faults(item)), faults(item)


# --- the command line -----------------------------------------------------------------------------


def test_the_list_has_150_problems_by_suite_without_numpy():
    code = (
        "import sys; from optlab.cli import main\n"
        "try: main(['list', 'problems'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numpy', 'pandas', 'scipy') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines()[-1] == "[]"
    listed = {line.split()[0] for line in shown.splitlines() if line.strip()}
    assert set(CATALOGUE.names("problems")) <= listed
    assert len(CATALOGUE.names("problems")) >= 150
    headings = [line for line in shown.splitlines() if line.startswith(("hs:", "mgh:", "scalable:", "ml:"))]
    assert len(headings) == 4
    row = next(line for line in shown.splitlines() if line.startswith("hs7 "))
    assert row.split()[1:3] == ["2", "equality"]


def test_lists_can_be_narrowed():
    shown = optlab("list", "problems", "--tag", "nonconvex", "--suite", "textbook")
    assert shown.exit_code == 0
    assert "himmelblau" in shown.output
    assert "kappa5" not in shown.output
    wrong = optlab("list", "problems", "--tag", "nonconvx")
    assert wrong.exit_code == 2
    assert "did you mean 'nonconvex'?" in wrong.output
    assert optlab("list", "optimizers", "--facts").exit_code == 2
    facts = optlab("list", "problems", "--facts", "--suite", "mgh").output
    assert "a sum of squares that is zero" in facts


def test_a_problem_has_a_page_and_a_picture(tmp_path):
    for name in ("himmelblau", "double_well", "watson", "hs7", "hs24", "cq_failure"):
        picture = tmp_path / f"{name}.svg"
        shown = optlab("show", name, "--plot", str(picture))
        assert shown.exit_code == 0, shown.output
        assert "f* = " in shown.output
        assert "Hessian" in shown.output
        assert "by hand" in shown.output
        assert picture.read_text().startswith("<?xml")
    curve = tmp_path / "v.png"
    assert optlab("show", "rosenbrock", "--v-curve", str(curve)).exit_code == 0
    assert curve.read_bytes().startswith(b"\x89PNG")
    assert optlab("show", "rosenbrock", "--v-curve", str(tmp_path / "v.gif")).exit_code == 2
    assert "maximum:" in optlab("show", "himmelblau").output
    axes = portrait(CATALOGUE.make("problems", "monkey_saddle")).axes[0]
    assert axes.get_xlim()[0] < 0 < axes.get_xlim()[1], "the point that the picture is about is in it"
    for name, file, message in (
        ("bfgs", "x.png", "which is an optimizer"),
        ("wood", "x.gif", "is a .svg, .png or .pdf"),
    ):
        wrong = optlab("show", name, "--plot", str(tmp_path / file))
        assert wrong.exit_code == 2
        assert message in wrong.output


def test_a_suite_is_checked_in_a_line_each():
    shown = optlab("check", "linear_algebra")
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("ok    problem") >= len(suites(CATALOGUE)["linear_algebra"])
    assert "all passed" in shown.output


def test_anyones_file_is_checked(tmp_path):
    file = Path(tmp_path / "mine.py")
    text = (
        "import numpy as np\nfrom dataclasses import dataclass\nimport optlab\n\n\n@dataclass(frozen=True)\n"
        "class Mine(optlab.ProblemBase):\n    '''A bowl.'''\n\n    def value(self, x):\n        return x @ x\n\n"
        "    def gradient(self, x):\n        return 2 * x\n\n    def start(self):\n        return np.ones(3)\n\n"
        "    def facts(self):\n        return optlab.Facts(solution=np.zeros(3), optimum=0.0)\n"
    )
    file.write_text(text)
    assert optlab("check", str(file)).exit_code == 0
    file.write_text(text.replace("return 2 * x", "return 2 * x * (1.0, 1.0, 0.999)"))
    wrong = optlab("check", str(file))
    assert wrong.exit_code == 1
    assert "FAIL  gradient against differences" in wrong.output
    assert "entry 2" in wrong.output
