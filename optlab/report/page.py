"""The page: what was run, who won, what failed, all runs, figures, how to run it again."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from optlab.core.status import Status
from optlab.plots.save import Picture
from optlab.plots.series import named
from optlab.report import answers, endings, origin, scores
from optlab.report.markup import table
from optlab.report.pictures import figure, links
from optlab.report.reported import Reported
from optlab.report.standing import stand

if TYPE_CHECKING:
    import pandas as pd

    from optlab.expect import Verdict
    from optlab.plots.summary import Summary

PAGE = Path(__file__).with_name("page.html")
TABLES = "tables"
"""Folder of the report's tables as CSV, LaTeX and Markdown."""
OPEN = 100
"""Longer tables of runs are folded."""


def write_report(
    results: Reported, folder: Path, figures: Sequence[Picture] = (), verdicts: Sequence[Verdict] = ()
) -> Path:
    """Write report.html into `folder`, its tables into `folder`/tables, and return its path; an older one is replaced.

    Parameters
    ----------
    results : Reported
        Tables, description and environment.
    figures : sequence of Picture
        Drawn plots; they go into the page.
    verdicts : sequence of Verdict
        The expectations, met or not.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    runs = named(results.runs)
    standing = stand(results)
    parts = {
        "name": escape(results.name),
        "description": escape(results.description),
        "summary": _summary(runs, verdicts),
        "answers": "".join(f"<li>{escape(text)}</li>" for text in answers.sentences(standing, runs)),
        "verdicts": _verdicts(verdicts),
        "ranking": _published("ranking", scores.ranking(standing, runs), folder),
        "problems": _published("problems", scores.by_problem(standing), folder) or "<p>Nothing was run.</p>",
        "figures": "\n".join(figure(picture, folder, i) for i, picture in enumerate(figures, 1))
        or "<p>This experiment asks for none.</p>",
        "statuses": _published("statuses", endings.statuses(runs), folder),
        "failures": _published("failures", endings.why(runs), folder),
        "conditions": _published("conditions", endings.conditions(results, runs), folder),
        "uncomputed": _published("uncomputed", endings.uncomputed(runs), folder),
        "runs": _folded(_published("runs", endings.every(results, runs), folder), len(runs)),
        "again": origin.again(results),
        "files": origin.files(folder),
        "environment": origin.environment(results.environment),
    }
    page = Template(PAGE.read_text(encoding="utf-8")).substitute(parts)
    path = folder / "report.html"
    temporary = folder / "report.html.tmp"
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(path)
    return path


def _summary(runs: pd.DataFrame, verdicts: Sequence[Verdict]) -> str:
    counts = runs["status"].value_counts()
    ran = len(runs) - int(counts.get(Status.SKIPPED.name, 0))
    text = f"{counts.get(Status.CONVERGED.name, 0)} of {ran} runs converged"
    if ran < len(runs):
        text += f"; {len(runs) - ran} more pairs of problem and method do not fit and were skipped"
    if verdicts:
        text += f"; {sum(v.met for v in verdicts)} of {len(verdicts)} expectations were met"
    return text + "."


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return "<p>This experiment states none.</p>"
    items = (
        f'<li><b class="{"good" if v.met else "bad"}">{"✓ met" if v.met else "✗ unmet"}</b>{escape(v.claim)} '
        f'<span class="soft">Seen: {escape(v.seen)}</span></li>'
        for v in verdicts
    )
    return f'<ul class="verdicts">{"".join(items)}</ul>'


def _published(name: str, summary: Summary | None, folder: Path) -> str:
    """Write a table as files and return it as HTML with links to them; nothing where it is empty."""
    if summary is None or summary.frame.empty:
        return ""
    place = folder / TABLES
    place.mkdir(exist_ok=True)
    written = []
    for kind, text in (("csv", summary.csv()), ("tex", summary.latex()), ("md", summary.markdown())):
        written.append(place / f"{name}.{kind}")
        written[-1].write_text(text, encoding="utf-8")
    shown = table(summary.frame, summary.caption, sortable=True, name=f"table-{name}")
    return f'{shown}<p class="soft this-table">This table: {links(written, folder)}</p>'


def _folded(shown: str, rows: int) -> str:
    """A long table behind a line that opens it."""
    return f"<details><summary>{rows} runs, one by one</summary>{shown}</details>" if rows > OPEN else shown
