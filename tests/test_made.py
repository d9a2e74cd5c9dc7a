"""Verdicts, figures and report: made again where something they depend on has changed, and only there."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

import optlab
from optlab import made

EXPERIMENT = """
name: small
description: What it was for.
plugins: [plots.py]
problems: [kappa5]
optimizers: [bfgs, {name: gradient_descent, step_size: 0.1}]
stop: {iterations: 5}
plots: [counted]
expect:
  - {runs: {label: bfgs}, column: iterations, max: {"<=": 5}}
"""
PLOTS = """
    from dataclasses import dataclass
    from optlab import Plot
    from words import TITLE

    @dataclass(frozen=True)
    class Counted(Plot):
        caption = "A title."

        def draw(self, data):
            from matplotlib.figure import Figure

            figure = Figure()
            figure.suptitle(TITLE)
            return figure

        def table(self, data):
            return data.runs[["label"]]
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "e.yaml").write_text(EXPERIMENT)
    (tmp_path / "plots.py").write_text(textwrap.dedent(PLOTS))
    (tmp_path / "words.py").write_text("TITLE = 'one'\n")
    return tmp_path


def run(home, **more):
    return optlab.run(home / "e.yaml", folder=home / "r", executor="serial", progress=False, **more)


def times(home):
    names = ("report.html", "expectations.json", "figures/counted.svg", "tables/runs.csv")
    return {name: (home / "r" / name).stat().st_mtime_ns for name in names}


def test_what_nothing_has_changed_of_is_left_as_it_is(home):
    first = run(home)
    before = times(home)
    again = run(home)
    assert (first.current, again.current) == (False, True)
    assert (again.executed, again.reused) == (0, 2)
    assert times(home) == before
    assert again.verdicts == first.verdicts
    assert [verdict.met for verdict in again.verdicts] == [True]


def edit(home, name, old, new):
    path = home / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


CHANGES = {
    "the description": lambda home: edit(home, "e.yaml", "What it was for.", "What it is for."),
    "an expectation": lambda home: edit(home, "e.yaml", '"<=": 5', '"<=": 0'),
    "a plot more": lambda home: edit(home, "e.yaml", "[counted]", "[counted, convergence]"),
    "a run less": lambda home: edit(home, "e.yaml", "[bfgs, {name: gradient_descent, step_size: 0.1}]", "[bfgs]"),
    "a setting": lambda home: edit(home, "e.yaml", "step_size: 0.1", "step_size: 0.2"),
    "the code of a plot": lambda home: edit(home, "plots.py", "A title.", "The title."),
    "what a plot imports": lambda home: edit(home, "words.py", "one", "two"),
    "a figure that is gone": lambda home: (home / "r/figures/counted.png").unlink(),
    "a report edited by hand": lambda home: edit(home, "r/report.html", "What it was for.", "Mine."),
    "a table of the report": lambda home: (home / "r/tables/runs.csv").write_text("mine"),
    "the verdicts": lambda home: (home / "r/expectations.json").unlink(),
    "another machine": lambda home: (home / "r").rename(home / "s") and (home / "s").rename(home / "r") and
                                    (home / "r" / made.MADE).write_text("{}"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_anything_that_is_shown_makes_all_again(home, change):
    run(home)
    before = times(home)
    CHANGES[change](home)
    changed = run(home)
    assert not changed.current
    now = times(home)
    assert all(now[name] > before[name] for name in before)
    page = (home / "r/report.html").read_text(encoding="utf-8")
    assert ("What it is for." in page) == (change == "the description")
    assert [verdict.met for verdict in changed.verdicts] == [change != "an expectation"]
    assert "mine" not in (home / "r/tables/runs.csv").read_text(encoding="utf-8")
    assert run(home).current


def test_a_folder_under_another_name_is_described_anew(home):
    run(home)
    (home / "r").rename(home / "other")
    moved = optlab.run(home / "e.yaml", folder=home / "other", executor="serial", progress=False)
    assert (moved.executed, moved.current) == (0, False)


@pytest.mark.parametrize("wish", [{"fresh": True}, {"retry": "all"}])
def test_what_is_run_again_is_shown_again(home, wish):
    run(home)
    assert not run(home, **wish).current


def test_a_plot_that_could_not_be_drawn_is_tried_again(home):
    edit(home, "plots.py", "figure.suptitle(TITLE)", "raise RuntimeError('missing')")
    for _ in range(2):
        results = run(home)
        assert not results.current
        assert "missing" in (home / "r/report.html").read_text(encoding="utf-8")


def test_the_command_that_draws_always_draws(home):
    results = run(home)
    before = times(home)
    optlab.api.report(results)
    assert times(home)["report.html"] > before["report.html"]
    assert run(home).current


def test_a_second_run_imports_neither_pandas_nor_matplotlib(home):
    words = ["run", str(home / "e.yaml"), "--results", str(home / "r"), "--executor", "serial"]
    code = (
        "import sys; from optlab.cli import main; main(sys.argv[1:], standalone_mode=False);"
        "print(*sorted({'pandas', 'matplotlib'} & set(sys.modules)), file=sys.stderr)"
    )
    said = []
    for expected in ("matplotlib pandas", ""):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        assert done.stderr.strip() == expected
        said.append([line for line in done.stdout.splitlines() if not line.startswith("reused")])
    assert said[0] == said[1]
