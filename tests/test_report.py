"""The report: one file, no network, everything said, nothing unescaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from optlab import runner
from optlab.experiment import from_dict, load
from optlab.plots.convergence import Convergence
from optlab.plots.save import Picture, draw_all
from optlab.plots.svg import inline
from optlab.plots.trajectories import Trajectories
from optlab.report import write_report

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
    assert "http" not in text
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
