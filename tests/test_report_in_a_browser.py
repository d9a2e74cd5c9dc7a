"""The report in Chromium, headless, from file://: nothing in the console, nothing asked of a network, tables sort."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from optlab import api, runner
from optlab.experiment import from_dict, load

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
EXPERIMENTS = Path(__file__).parents[1] / "experiments"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--virtual-time-budget=5000",
)  # fmt: skip
BROWSERS_OWN = "not an origin"
"""What the browser asks by itself has this as its initiator; what a page asks does not."""
BIGGER = {
    "name": "bigger",
    "description": "Many runs, kinds of plots that compare methods, and one drawing too large for SVG.",
    "problems": [
        "wood",
        "beale",
        "bard",
        "rosenbrock",
        "gulf",
        "osborne1",
        "helical_valley",
        "powell_singular",
        "watson",
    ],
    "optimizers": ["bfgs", "lbfgs", "newton_damped", "gradient_descent_armijo", "conjugate_gradient"],
    "starts": {"standard": True, "scaled": [2, 5]},
    "stop": {"iterations": 200},
    "columns": ["suboptimality"],
    "plots": ["performance_profile", "pairwise", "convergence"],
}
SORTING = """<script>
var wrong = [], clicks = 0;
document.querySelectorAll("table.sortable").forEach(function (table) {
  table.querySelectorAll("th button").forEach(function (button, place) {
    [1, -1].forEach(function (way) {
      button.click(); clicks += 1;
      var number = button.parentNode.classList.contains("number"), cells = Array.from(table.tBodies[0].rows).map(
        function (row) { var cell = row.cells[place]; return number ? cell.dataset.value : cell.textContent; });
      if (number) cells = cells.filter(function (text) { return text !== ""; }).map(
        function (text) { return Number(text.replace("inf", "Infinity")); });
      for (var i = 1; i < cells.length; i++) {
        var order = number ? Math.sign(cells[i] - cells[i - 1]) : cells[i].localeCompare(cells[i - 1]);
        if (order * way < 0) { wrong.push(table.id + " " + button.textContent); break; }
      }
    });
  });
});
document.body.style.maxWidth = "WIDTHpx";
document.title = JSON.stringify({wrong: wrong, clicks: clicks, body: document.body.scrollWidth});
</script></body>"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    here = tmp_path_factory.mktemp("reports")
    for experiment in (load(EXPERIMENTS / "quickstart.yaml"), from_dict(BIGGER)):
        folder = here / experiment.name
        api.report(runner.execute(experiment, folder=folder, executor="serial", progress=False))
    return here


def opened(page: Path, scratch: Path, *flags: str):
    """Open a page; return its DOM as it is then, what the console said, and the addresses that the page asked for."""
    log = scratch / "net.json"
    command = [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={scratch / 'profile'}", f"--log-net-log={log}", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=100, check=True)
    asked = {
        event["params"]["url"]
        for event in json.loads(log.read_text())["events"]
        if event.get("params", {}).get("initiator", BROWSERS_OWN) != BROWSERS_OWN
    }
    return done.stdout, re.findall(r"CONSOLE[^\n]*", done.stderr), asked


def test_a_page_that_asks_or_complains_would_be_noticed(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text('<img src="http://example.org/x.png"><script>nothing.there()</script>')
    _, said, asked = opened(page, tmp_path)
    assert "ReferenceError" in said[0]
    assert asked == {"http://example.org/x.png"}


@pytest.mark.parametrize("name", ["quickstart", "bigger"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_opens_alone_sorts_and_fits(name, width, reports, tmp_path):
    folder = reports / name
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 2_000_000
    copy = tmp_path / "report.html"
    copy.write_text(text.replace("</body>", SORTING.replace("WIDTH", str(width))), encoding="utf-8")
    dom, said, asked = opened(copy, tmp_path, f"--window-size={width},900")
    assert said == []
    assert asked == set()
    found = json.loads(re.search(r"<title>(.*)</title>", dom).group(1))
    assert found["wrong"] == []
    assert found["clicks"] > 60
    assert ("data:image/webp" in text) == (name == "bigger")
    assert found["body"] <= width  # wide tables and figures scroll in their boxes, the page does not


def test_the_report_prints(reports, tmp_path):
    goal = tmp_path / "report.pdf"
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={goal}"]
    page = (reports / "quickstart/report.html").as_uri()
    subprocess.run([CHROMIUM, *flags, page], capture_output=True, timeout=100, check=True)
    assert goal.read_bytes().startswith(b"%PDF")
