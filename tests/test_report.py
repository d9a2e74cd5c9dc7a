"""The report: one file, no network, everything said, nothing unescaped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import optlab
from optlab import runner
from optlab.experiment import from_dict, load
from optlab.plots.convergence import Convergence
from optlab.plots.save import Picture, draw_all
from optlab.plots.series import named
from optlab.plots.svg import inline
from optlab.plots.trajectories import Trajectories
from optlab.report import pictures, write_report
from optlab.report.answers import sentences
from optlab.report.endings import why
from optlab.report.markup import table
from optlab.report.scores import by_problem, ranking
from optlab.report.standing import stand

EXPERIMENT = {
    "name": "small",
    "description": "A bowl & a valley, <b>with</b> $HOME in it.",
    "problems": ["kappa5", "rosenbrock"],
    "optimizers": [
        {"name": "gradient_descent", "step_size": 0.3, "label": "GD <i>0.3</i>"},
        {"name": "newton_damped", "label": "Newton"},
        {"name": "projected_gradient", "label": "Projected"},
    ],
    "starts": {"standard": True, "scaled": [2]},
    "stop": {"iterations": 60},
    "columns": ["suboptimality"],
}
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """Parses a page strictly: every element closes, ids are unique."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.references, self.tags, self.texts = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attrs, closed=False):
        named = dict(attrs)
        self.tags.append((tag, named))
        self.ids += [named["id"]] if "id" in named else []
        self.references += [named[k] for k in ("href", "src", "xlink:href") if k in named]
        self.references += re.findall(r"url\(([^)]*)\)", " ".join(str(v) for v in named.values()))
        if tag not in VOID and not closed:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs, closed=True)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "script" not in self.open and "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "small"
    results = runner.execute(from_dict(EXPERIMENT), folder=folder, executor="serial", progress=False)
    figures = draw_all([Convergence(), Trajectories(), Convergence(x="seconds")], results, folder / "figures")
    verdicts = [
        SimpleNamespace(claim="Newton solves it, f < 1", met=True, seen="CONVERGED (4×)"),
        SimpleNamespace(claim="GD solves it", met=False, seen="2 of 4 do not meet it"),
    ]
    path = write_report(results, folder, [*figures, Picture("odd", problem="ValueError: <no>")], verdicts)
    return results, path, path.read_text(encoding="utf-8")


def test_the_report_is_one_file_that_needs_no_network(written):
    _, path, text = written
    page = Page(text)
    assert path.name == "report.html"
    assert len(text) < 2_000_000
    assert "://" not in text
    assert not [tag for tag, named in page.tags if tag in ("link", "iframe") or (tag == "script" and "src" in named)]
    assert not re.search(r"@import|\$[a-z]+ ", text.replace("$HOME", ""))


def test_figures_are_inline_and_their_ids_do_not_clash(written):
    _, path, text = written
    page = Page(text)
    assert sum(tag == "svg" for tag, _ in page.tags) == 3
    inner = [r.removeprefix("#") for r in page.references if r.startswith("#")]
    assert len(inner) > 50
    assert set(inner) <= set(page.ids)
    links = [r for r in page.references if not r.startswith(("#", "data:"))]
    assert {"figures/convergence.csv", "figures/convergence-2.png", "runs.parquet", "experiment.yaml"} <= set(links)
    assert all((path.parent / link).is_file() for link in links)
    assert all(tag.islower() or tag == "clippath" for tag, _ in page.tags)
    assert Convergence().caption.split(":")[0] in page.text
    assert {"figures/convergence.pdf", "tables/ranking.csv", "tables/problems.tex", "tables/runs.md"} <= set(links)


def test_text_from_users_is_escaped(written):
    _, _, text = written
    assert "A bowl &amp; a valley, &lt;b&gt;with&lt;/b&gt; $HOME in it." in text
    assert "<i>0.3" not in text
    assert "GD &lt;i&gt;0.3&lt;/i&gt;" in text
    assert "ValueError: &lt;no&gt;" in text


def test_expectations_are_shown_met_or_not(written):
    page = Page(written[2])
    assert "✓ met Newton solves it, f < 1 Seen: CONVERGED (4×)" in page.text
    assert "✗ unmet GD solves it Seen: 2 of 4 do not meet it" in page.text
    assert "1 of 2 expectations were met." in page.text


def test_every_run_and_every_reason_is_there(written):
    results, _, text = written
    page = Page(text)
    runs = results.runs
    ran = runs[runs["status"] != "SKIPPED"]
    assert f"{(runs['status'] == 'CONVERGED').sum()} of {len(ran)} runs converged" in page.text
    assert "4 more pairs of problem and method do not fit" in page.text
    for message in runs.loc[runs["status"] != "CONVERGED", "message"]:
        assert " ".join(message.split()) in page.text
    table = text[text.index('<table id="table-runs" class="sortable">') :]
    assert table[: table.index("</table>")].count("<tr>") == len(runs) + 1


def test_where_and_how_to_run_it_again_without_private_paths(written):
    results, path, text = written
    page = Page(text)
    assert "optlab run experiment.yaml" in page.text
    assert "numpy " in page.text
    assert str(path.parent) not in text
    assert results.environment["system"] in page.text


def test_a_report_without_figures_or_expectations_says_so(written, tmp_path):
    text = write_report(written[0], tmp_path).read_text(encoding="utf-8")
    page = Page(text)
    assert "This experiment states none." in page.text
    assert "This experiment asks for none." in page.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "tables"]


class Worked:
    """Three methods on two problems, worked by hand: f = 0.1^k, four evaluations of f, one gradient's worth, each."""

    folder, name, description, environment = Path("worked"), "worked", "", {}

    def __init__(self, runs):
        rows, paths = [], []
        for line, panel, steps, status in runs:
            key = f"{line} {panel}"
            rows.append({"run": key, "label": line, "optimizer": line, "problem": panel, "start": "standard", "seed": 0,
                         "status": status, "message": f"why {steps}"})  # fmt: skip
            k = np.arange(0 if status == "SKIPPED" else steps + 1)
            f = np.where(k == steps, 0.0, 1.0) if status == "CONVERGED" else np.ones(len(k))
            paths.append(pd.DataFrame({"run": key, "k": k, "f": f, "n_f": 4 * k, "stationarity": f}))
        self.runs, self.iterations = pd.DataFrame(rows), pd.concat(paths)

    def problem(self, run):
        facts = {"P": {"optimum": 0.0}, "Q": {}}[run[-1]]
        return optlab.Problem(lambda x: x @ x, start=np.ones(3), **facts)


THREE = [
    ("A", "P", 2, "CONVERGED"), ("B", "P", 4, "CONVERGED"), ("C", "P", 9, "DIVERGED"),
    ("A", "Q", 4, "CONVERGED"), ("B", "Q", 4, "CONVERGED"), ("C", "Q", 8, "CONVERGED"),
]  # fmt: skip


def test_who_won_is_as_worked_by_hand():
    results = Worked(THREE)
    standing, runs = stand(results), named(results.runs)
    assert standing.costs.to_numpy().tolist() == [[2, 4, np.inf], [4, 4, 8]]
    assert standing.order == ["A", "B", "C"]
    assert sentences(standing, runs) == [
        "A is first of 3 methods: it solved 2 of 2 cases, as many as B, at the least typical cost; last is C with 1.",
        "Cheapest most often, counted in gradient equivalents: A, on 2 of 2.",
        "Where both solve, B costs 1.5 times as much as A in the median.",
        "2 problems cannot tell a lead from luck; it takes 6 that decide.",
        "The minimum is known, and proven, for 1 of 2 problems; for Q it is the best found here, not proven.",
        "1 run ended short of convergence: 1 DIVERGED.",
    ]
    table = ranking(standing, runs).frame.set_index("method")
    assert table["solved"].tolist() == [2, 2, 1]
    assert table["cheapest on"].tolist() == [2, 1, 0]
    assert table["typical cost"].tolist() == [1.0, 1.5, 2.0]
    assert table["first is cheaper, %"].tolist()[1:] == [75.0, 100.0]
    assert table["broke down"].tolist() == [0, 0, 1]
    rows = by_problem(standing).frame.set_index("problem")
    assert rows.loc["P", ["first", "cost", "next", "times", "unsolved by"]].tolist() == ["A", 2.0, "B", 2.0, "C"]
    assert rows.loc["Q", ["first", "cost", "next", "times"]].tolist() == ["A and B", 4.0, "C", 2.0]
    assert rows["how that is known"].tolist() == ["stated with the problem", "best found, not proven"]
    assert rows["minimum"].tolist() == [0.0, 0.0]


def test_a_lead_is_sure_when_enough_problems_decide_and_not_before():
    class Many(Worked):
        def problem(self, run):
            return optlab.Problem(lambda x: x @ x, start=np.ones(3), optimum=0.0)

    for number, words in ((6, "is sure (95 % interval over problems) against B."), (5, "5 problems cannot tell")):
        runs = [(m, f"P{i}", 2 + 2 * (m == "B"), "CONVERGED") for i in range(number) for m in "AB"]
        results = Many(runs)
        assert any(words in text for text in sentences(stand(results), named(results.runs)))


def test_what_nobody_solved_what_converged_elsewhere_and_what_did_not_fit_is_said():
    runs = [("A", "P", 3, "CONVERGED"), ("B", "P", 3, "CONVERGED"), ("C", "P", 0, "SKIPPED")]
    results = Worked(runs)
    results.iterations["f"] = 1.0  # both stand still, where f* = 0
    standing, named_runs = stand(results), named(results.runs)
    said = " ".join(sentences(standing, named_runs))
    assert "None of 3 methods solved any of 1 case." in said
    assert "2 runs converged, but not to the minimum" in said
    assert "Nobody solved 1 case, of P." in said
    table = ranking(standing, named_runs).frame.set_index("method")
    assert table["elsewhere"].tolist() == [1, 1, 0]
    assert table["does not fit"].tolist() == [0, 0, 1]
    assert table["of"].tolist() == [1, 1, 0]
    assert by_problem(standing).frame["unsolved by"].tolist() == ["A and B"]


def test_a_best_point_of_runs_that_broke_down_is_said_to_be_just_that():
    results = Worked([("A", "Q", 3, "DIVERGED"), ("B", "Q", 4, "ERROR")])
    said = sentences(stand(results), named(results.runs))
    assert "On Q no run converged: solved means there as good as the best point that any run reached." in said
    results = Worked([("A", "Q", 3, "CONVERGED"), ("B", "Q", 4, "ERROR")])
    assert not any("no run converged" in text for text in sentences(stand(results), named(results.runs)))


def test_where_no_method_fits_nobody_is_ranked():
    results = Worked([(m, p, 0, "SKIPPED") for p in "PQ" for m in "AB"])
    assert sentences(stand(results), named(results.runs)) == ["No method fits any of 2 cases: nothing was run."]


def test_failures_are_grouped_by_cause():
    results = Worked([("A", "P", 7, "MAX_ITERATIONS"), ("B", "P", 8, "MAX_ITERATIONS"), ("C", "P", 3, "DIVERGED")])
    frame = why(named(results.runs)).frame
    assert frame[["status", "runs", "reason"]].to_numpy().tolist() == [
        ["MAX_ITERATIONS", 2, "why 7"],
        ["DIVERGED", 1, "why 3"],
    ]
    assert frame["methods"].tolist() == ["A: 1, B: 1", "C: 1"]
    assert frame["which"].tolist() == ["A on P, B on P", "C on P"]


def test_a_table_escapes_marks_numbers_and_has_no_nan():
    frame = pd.DataFrame({"method": ["<b>"], "status": ["DIVERGED"], "f": [np.nan], "n": [1e9], "reason": ["a & b"]})
    shown = table(frame, "x < y", sortable=True, name="t")
    assert '<td>&lt;b&gt;</td><td><span class="bad">DIVERGED</span></td><td class="number" data-value=""></td>' in shown
    assert '<td class="number" data-value="1000000000.0">1e+09</td><td class="text">a &amp; b</td>' in shown
    assert "x &lt; y" in shown
    Page(shown)


def test_a_drawing_too_large_is_a_picture_inside_the_page(written, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "LARGEST_SVG", 1000)
    results = written[0]
    (picture,) = draw_all([Convergence()], results, tmp_path / "figures")
    shown = pictures.figure(picture, tmp_path, 1)
    kind, data = re.search(r'src="data:image/(\w+);base64,([^"]*)"', shown).groups()
    assert (kind, b64decode(data)[8:12]) == ("webp", b"WEBP")
    assert "<svg" not in shown
    assert len(shown) < picture.files[1].stat().st_size


def test_a_picture_higher_than_webp_allows_is_made_smaller(tmp_path):
    from io import BytesIO

    from PIL import Image

    Image.new("RGB", (40, 20_000), "white").save(tmp_path / "tall.png")
    shown = pictures._image(tmp_path / "tall.png", "tall")
    with Image.open(BytesIO(b64decode(re.search(r'base64,([^"]*)"', shown).group(1)))) as dots:
        assert dots.size[1] == 16_383
    assert 'width="40" height="20000"' in shown


def test_figures_have_the_same_bytes_in_another_process(written, tmp_path):
    folder = written[1].parent
    code = (
        "import sys, pathlib, optlab\nfrom optlab.plots.save import draw_all\n"
        "from optlab.plots.convergence import Convergence\n"
        "draw_all([Convergence()], optlab.load(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", code, folder, tmp_path], env=environment, check=True)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"convergence.{kind}" for kind in ("csv", "pdf", "png", "svg", "txt")]
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / "figures" / name).read_bytes(), name


def test_results_and_a_single_run_show_themselves_in_a_notebook(written):
    assert "<h4>small</h4>" in written[0]._repr_html_()
    result = optlab.minimize("rosenbrock", "bfgs")
    shown = result._repr_html_()
    Page(shown)
    assert "CONVERGED" in shown
    assert f"{result.iterations}" in shown
    assert "evaluations of f" in shown
    assert len(shown) < 4000
    big = optlab.minimize(optlab.problem("rosenbrock", n=100), "lbfgs")._repr_html_()
    assert "…" in big
    assert len(big) < 4000


def test_inline_svg_gets_its_own_ids():
    head = '<?xml?><svg width="10pt" viewBox="0 0 1 1"><title>t</title><style>*{}</style>'
    svg = head + '<g id="a"/><use xlink:href="#a" clip-path="url(#b)"/></svg>\n'
    assert inline(svg, "x-2") == (
        '<svg role="img" aria-label="x-2" viewBox="0 0 1 1" style="--width: 10pt">'
        '<g id="x_2-a"/><use href="#x_2-a" clip-path="url(#x_2-b)"/></svg>'
    )


def test_a_column_that_fails_and_a_change_for_this_time_are_in_the_report(tmp_path):
    plugin = (
        "import optlab\nclass Odd(optlab.Column):\n    names = ('odd',)\n    def compute(self, trace, problem): 1 / 0\n"
    )
    (tmp_path / "odd.py").write_text(plugin)
    (tmp_path / "e.yaml").write_text("plugins: [odd.py]\nproblems: [kappa5]\noptimizers: [bfgs]\ncolumns: [odd]\n")
    experiment = load(tmp_path / "e.yaml", ["stop.iterations=2"])
    results = runner.execute(experiment, folder=tmp_path / "r", executor="serial", progress=False)
    text = Page(write_report(results, tmp_path / "r").read_text(encoding="utf-8")).text
    assert "Columns that could not be computed, and why." in text
    assert "odd: ZeroDivisionError" in text
    assert "optlab run e.yaml stop.iterations=2 --results again" in text


def test_a_problem_whose_facts_fail_does_not_cost_the_report(tmp_path):
    plugin = (
        "import numpy as np, optlab\nclass Odd(optlab.ProblemBase):\n    def value(self, x): return x @ x\n"
        "    def start(self): return np.ones(2)\n    def facts(self): 1 / 0\n"
    )
    (tmp_path / "odd.py").write_text(plugin)
    data = {"plugins": ["odd.py"], "problems": ["odd", "kappa5"], "optimizers": ["bfgs"]}
    results = runner.execute(from_dict(data, tmp_path), folder=tmp_path / "r", executor="serial", progress=False)
    text = Page(write_report(results, tmp_path / "r").read_text(encoding="utf-8")).text
    assert "Nothing can be said of odd: ZeroDivisionError" in text
    assert "bfgs solved 1 of 1 case." in text


def test_a_known_optimum_needs_no_column(tmp_path):
    data = {"problems": ["kappa5"], "optimizers": ["bfgs"]}
    results = runner.execute(from_dict(data), folder=tmp_path / "r", executor="serial", progress=False)
    assert set(Convergence().table(results)["measure"]) == {"f − f*"}
